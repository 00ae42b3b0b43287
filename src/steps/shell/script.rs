//! The text of one command: where, with which environment, and what is reported at its end.

use super::end_mark::EndMark;
use super::kill::COOKIE;
use super::waiting::unless_stale;
use crate::shell_word::{Naming, quote};

/// One command to run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Words<'a> {
    /// Through a shell.
    Shell(&'a str),
    /// Without one.
    Exec(&'a [String]),
}

impl Words<'_> {
    /// Returns the command for a person.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Shell(text) => (*text).to_owned(),
            Self::Exec(words) => words.join(" "),
        }
    }
}

/// When the shell was opened that runs a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opened {
    /// For this command, just now.
    Now,
    /// Ahead, while other commands ran.
    Ahead,
}

/// What a command runs with.
#[derive(Debug)]
pub(crate) struct Script<'a> {
    /// The command.
    pub(crate) command: Words<'a>,
    /// The folder it runs in.
    pub(crate) folder: &'a str,
    /// The variables it sees beside the container's own; nothing unsets one.
    pub(crate) env: &'a [(String, Option<String>)],
    /// The file that is written when it has succeeded, and what is put into it.
    pub(crate) success: Option<(&'a str, &'a str)>,
    /// Whether its shell has been waiting since before other commands ran.
    pub(crate) opened: Opened,
    /// What its processes are known by.
    pub(crate) cookie: String,
    /// How its end is told.
    pub(crate) mark: &'a EndMark,
}

impl Script<'_> {
    /// Returns the text for a shell's standard input.
    ///
    /// It is one group of commands whose end is its last line: a text that was cut short, because who sent it died, is a syntax
    /// error, and nothing of it runs.
    pub(crate) fn text(&self) -> String {
        let mut text = String::from("{\n");
        if self.opened == Opened::Ahead {
            text.push_str(&unless_stale());
        }
        text.push_str("(\n");
        text.push_str(&become_command(self.command, self.folder, self.env, &self.cookie));
        text.push_str("\n) </dev/null\ncode=$?\n");
        if let Some((file, content)) = self.success {
            text.push_str(&format!("[ $code = 0 ] && printf %s {} >{}\n", quote(content), quote(file)));
        }
        text.push_str(&self.mark.script());
        text.push_str("\nexit $code\n}\n");
        text
    }
}

/// Returns the text by which a shell becomes a command: in its folder, with its environment and the cookie that its processes are known by.
pub(super) fn become_command(
    command: Words<'_>,
    folder: &str,
    env: &[(String, Option<String>)],
    cookie: &str,
) -> String {
    let mut text = format!("cd {} || exit 1\nexport {COOKIE}={}\n", quote(folder), quote(cookie));
    text.push_str(&environment(env));
    text.push_str("exec");
    if env.iter().any(|(name, _)| Naming::of(name) != Naming::Any) {
        text.push_str(" env \"$@\"");
    }
    match command {
        Words::Shell(command) => text.push_str(&format!(" /bin/sh -c {}", quote(command))),
        Words::Exec(words) => words.iter().for_each(|word| text.push_str(&format!(" {}", quote(word)))),
    }
    text
}

/// Returns the text that exports and unsets what a shell can, and leaves the rest as the words for `env`.
///
/// What `env` sets stands in its arguments until it has become the command, for the container's processes to see: only what cannot be set
/// otherwise goes that way. (No name of a secret is none for a shell.)
fn environment(env: &[(String, Option<String>)]) -> String {
    let mut text = String::new();
    let mut unset = String::new();
    let mut set = String::new();
    for (name, value) in env {
        let (plain, words, rest) = match value {
            Some(value) => {
                let word = quote(&format!("{name}={value}"));
                (format!("export {name}={}", quote(value)), format!("set -- \"$@\" {word}"), &mut set)
            }
            None => (format!("unset {name}"), format!("set -- \"$@\" -u {}", quote(name)), &mut unset),
        };
        match Naming::of(name) {
            Naming::Any => text.push_str(&format!("{plain}\n")),
            Naming::AnyButBash => {
                rest.push_str(&format!("if [ \"${{BASH_VERSION-}}\" ]; then {words}; else {plain}; fi\n"));
            }
            Naming::None => rest.push_str(&format!("{words}\n")),
        }
    }
    if unset.is_empty() && set.is_empty() {
        return text;
    }
    // `env` takes what is to be unset before what is to be set.
    text + "set --\n" + &unset + &set
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Output, Stdio};

    use super::super::end_mark::Found;
    use super::super::waiting::{PROGRAM, last};
    use super::*;

    fn run(text: &str) -> Output {
        run_in("sh".as_ref(), text)
    }

    fn run_in(shell: &std::path::Path, text: &str) -> Output {
        let mut child = Command::new(shell)
            .args(["-c", PROGRAM])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("sh runs");
        child.stdin.take().expect("piped").write_all(last(text).as_bytes()).expect("written");
        child.wait_with_output().expect("ended")
    }

    fn check(command: Words<'_>, env: &[(String, Option<String>)], expected: &str, code: i32) {
        let mark = EndMark::new([9; 16]);
        let script = Script {
            command,
            folder: "/",
            env,
            success: None,
            opened: Opened::Ahead,
            cookie: "test".to_owned(),
            mark: &mark,
        };
        let output = run(&script.text());
        match mark.finder().push(&output.stdout) {
            Found::End { output, exit_code, .. } => {
                assert_eq!((String::from_utf8_lossy(&output).as_ref(), exit_code), (expected, code));
            }
            Found::Output(_) => panic!("no mark: {output:?}"),
        }
        assert_eq!(output.status.code(), Some(code));
    }

    #[test]
    fn a_string_goes_through_a_shell_and_an_array_does_not() {
        let words = ["printf".to_owned(), "%s|".to_owned(), "$HOME".to_owned(), "a b".to_owned()];
        check(Words::Exec(&words), &[], "$HOME|a b|", 0);
        check(Words::Shell("echo $((1 + 1)); exit 7"), &[], "2\n", 7);
        check(Words::Exec(&["not-a-program".to_owned()]), &[], "", 127);
    }

    #[test]
    fn the_environment_is_set_unset_and_may_have_unusual_names() {
        let env = [("A".to_owned(), Some("it's\n$x".to_owned())), ("HOME".to_owned(), None)];
        check(Words::Shell("printf '%s|%s|' \"$A\" \"${HOME-unset}\""), &env, "it's\n$x|unset|", 0);
    }

    #[test]
    fn a_variable_that_no_shell_can_name_reaches_a_program() {
        let env = [("npm_config.x".to_owned(), Some("y z".to_owned()))];
        let words = ["grep", "-az", "^npm_config", "/proc/self/environ"].map(str::to_owned);
        check(Words::Exec(&words), &env, "npm_config.x=y z\0", 0);
    }

    #[test]
    fn what_bash_holds_for_read_only_reaches_a_program_all_the_same() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let as_sh = folder.path().join("sh");
        std::os::unix::fs::symlink("/bin/bash", &as_sh).expect("linked");
        let variable = |name: &str, value: Option<&str>| (name.to_owned(), value.map(str::to_owned));
        let env = [
            variable("a.b", Some("c d")),
            variable("UID", Some("it's 1000")),
            variable("EUID", None),
            variable("x.y", None),
            variable("PPID", Some("7")),
            variable("HOME", Some("/h")),
        ];
        let words = ["env".to_owned()];
        let mark = EndMark::new([9; 16]);
        let text = Script {
            command: Words::Exec(&words),
            folder: "/",
            env: &env,
            success: None,
            opened: Opened::Now,
            cookie: "test".to_owned(),
            mark: &mark,
        }
        .text();
        for shell in [as_sh.as_path(), "/bin/sh".as_ref()] {
            let output = run_in(shell, &text);
            let printed = String::from_utf8_lossy(&output.stdout).into_owned();
            let lines: Vec<&str> = printed.lines().collect();
            for line in ["a.b=c d", "UID=it's 1000", "PPID=7", "HOME=/h"] {
                assert!(lines.contains(&line), "{line}: {output:?}");
            }
            assert!(!printed.contains("\nEUID="), "{output:?}");
            assert_eq!(output.status.code(), Some(0), "{output:?}");
        }
    }

    #[test]
    fn standard_input_is_empty() {
        check(Words::Shell("cat; echo over"), &[], "over\n", 0);
    }

    #[test]
    fn a_text_that_was_cut_short_runs_nothing() {
        let mark = EndMark::new([9; 16]);
        let script = Script {
            command: Words::Shell("echo ran"),
            folder: "/",
            env: &[],
            success: None,
            opened: Opened::Ahead,
            cookie: "test".to_owned(),
            mark: &mark,
        };
        let text = script.text();
        for end in 0..text.len() - 2 {
            let Some(cut) = text.get(..end) else { continue };
            let output = run(cut);
            assert!(!String::from_utf8_lossy(&output.stdout).contains("ran"), "cut at {end}: {output:?}");
        }
    }

    #[test]
    fn success_is_marked_and_failure_is_not() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let file = folder.path().join("mark");
        let path = file.to_str().expect("utf-8");
        let mark = EndMark::new([9; 16]);
        let script = |command| Script {
            command,
            folder: "/",
            env: &[],
            success: Some((path, "now")),
            opened: Opened::Now,
            cookie: "test".to_owned(),
            mark: &mark,
        };
        run(&script(Words::Shell("false")).text());
        assert!(!file.exists());
        run(&script(Words::Shell("true")).text());
        assert_eq!(std::fs::read_to_string(&file).expect("written"), "now");
    }
}
