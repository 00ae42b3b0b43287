//! How a shell takes its text and leaves the rest of its standard input to the command that it becomes.
//!
//! The text ends with a line of its own that nobody can guess. A shell reads a pipe byte by byte up to the end of a line, so what comes
//! after that line is the command's. A text that is cut short, because who sent it died, is not run.

use super::end_mark::EndMark;
use super::script::{Words, become_command};

/// The last line of both programs.
const RUN: &str = "eval \"$localspace_text\"";

/// A command of the user's own, with our standard streams.
#[derive(Debug)]
pub(crate) struct Intake<'a> {
    /// The program and its arguments.
    pub(crate) words: &'a [String],
    /// The folder it runs in.
    pub(crate) folder: &'a str,
    /// The variables it sees beside the container's own; nothing unsets one.
    pub(crate) env: &'a [(String, Option<String>)],
    /// What its processes are known by.
    pub(crate) mark: &'a EndMark,
}

impl Intake<'_> {
    /// Returns the argument of `/bin/sh -c`: nothing in it is secret. The text is to be sent when [`Self::ready`] has come.
    pub(crate) fn program(&self) -> String {
        format!("printf %s {}\n{}", self.ready(), self.intake())
    }

    fn intake(&self) -> String {
        let end = self.end();
        format!(
            "localspace_text=\n\
             while :; do\n\
             IFS= read -r localspace_line || exit 1\n\
             [ \"$localspace_line\" = {end} ] && break\n\
             localspace_text=\"$localspace_text$localspace_line\n\"\n\
             done\n\
             {RUN}"
        )
    }

    /// Returns the same for a shell with a terminal: it is told to be silent and to hand every byte on until the text has been taken.
    pub(crate) fn program_with_terminal(&self) -> String {
        let ready = self.ready();
        let quiet = format!("localspace_stty=$(stty -g) && stty raw -echo || exit 1\nprintf %s {ready}\n");
        let taken = self.intake();
        let taken = taken.strip_suffix(RUN).unwrap_or(&taken);
        format!("{quiet}{taken}stty \"$localspace_stty\"\n{RUN}")
    }

    /// Returns what a shell prints when it takes the text.
    pub(crate) fn ready(&self) -> String {
        format!("ready-{}", self.mark.as_str())
    }

    /// Returns what is to be sent before anything else.
    pub(crate) fn text(&self) -> String {
        let command = become_command(Words::Exec(self.words), self.folder, self.env, &cookie(self.mark));
        format!("{command}\n{}\n", self.end())
    }

    fn end(&self) -> String {
        format!("end-{}", self.mark.as_str())
    }
}

/// Returns what the processes of the user's command with this mark are known by.
pub(crate) fn cookie(mark: &EndMark) -> String {
    format!("exec:{}", mark.as_str())
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Output, Stdio};

    use super::*;

    fn run(words: &[&str], input: impl FnOnce(String) -> Vec<u8>) -> Output {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let mark = EndMark::new([9; 16]);
        let env = [("A".to_owned(), Some("it's\n$x".to_owned())), ("npm_config.x".to_owned(), Some("y z".to_owned()))];
        let intake = Intake { words: &words, folder: "/", env: &env, mark: &mark };
        let mut child = Command::new("sh")
            .args(["-c", &intake.program()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("sh runs");
        let (mut stdin, input) = (child.stdin.take().expect("piped"), input(intake.text()));
        // A shell that would not run a text does not read on.
        let writing = std::thread::spawn(move || stdin.write_all(&input).ok());
        let mut output = child.wait_with_output().expect("ended");
        let _gone = writing.join();
        let ready = intake.ready();
        assert!(output.stdout.starts_with(ready.as_bytes()), "{output:?}");
        output.stdout.drain(..ready.len());
        output
    }

    #[test]
    fn the_command_reads_what_comes_after_the_text_byte_for_byte() {
        let rest: Vec<u8> = (0..=255_u8).cycle().take(200_000).collect();
        let sent = rest.clone();
        let output = run(&["cat"], |text| [text.into_bytes(), sent].concat());
        assert!(output.stdout == rest, "{} bytes", output.stdout.len());
    }

    #[test]
    fn the_environment_the_arguments_and_the_exit_code_are_the_commands() {
        let script = "printf '%s|' \"$A\" \"$PWD\" \"$@\"; exit 7";
        let output = run(&["sh", "-c", script, "-", "a b", "$HOME", ""], String::into_bytes);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "it's\n$x|/|a b|$HOME||");
        assert_eq!(output.status.code(), Some(7));
        let output = run(&["env"], String::into_bytes);
        assert!(String::from_utf8_lossy(&output.stdout).contains("\nnpm_config.x=y z\n"), "{output:?}");
        assert_eq!(run(&["not-a-program"], String::into_bytes).status.code(), Some(127));
    }

    #[test]
    fn a_text_that_was_cut_short_runs_nothing() {
        for cut in 1..60 {
            let output = run(&["echo", "ran"], |text| text.as_bytes()[..text.len() - cut].to_vec());
            assert_eq!(String::from_utf8_lossy(&output.stdout), "", "cut by {cut}");
        }
    }
}
