//! A program that a shell could not run: exit codes 126 and 127.

use super::output::Output;
use super::{Failed, diagnosis};
use crate::journal::Diagnosis;

/// Returns the line in which the shell says so, and what to do. The exit code alone says nothing: any program may end with it.
pub(super) fn refused(failed: &Failed<'_>, output: &Output) -> Option<(usize, Diagnosis)> {
    let code = failed.exit_code.filter(|code| [126, 127].contains(code))?;
    let phase = failed.phase;
    // A carriage return is no part of a line that a terminal shows, so it is looked for in what was printed.
    let crlf = failed.output.split('\n').enumerate().filter(|(_, line)| has_carriage_return(line)).last();
    if let Some((at, _)) = crlf {
        let message = format!("{phase} ran a script whose lines end in CR LF");
        let advice = "store it with LF: `*.sh text eol=lf` in .gitattributes".to_owned();
        return Some((at, diagnosis(failed, "crlf-line-endings", message, advice)));
    }
    let (at, fault) = output.last(|_, line| Fault::of(line, code))?;
    let (rule, message, advice) = match fault {
        Fault::Interpreter(script) => (
            "command-not-found",
            format!("{phase} ran `{script}`, whose first line names a program that is not there"),
            "install that program in the image; or store the script with LF, if its lines end in CR LF",
        ),
        Fault::WrongFormat(program) => (
            "not-executable",
            format!("{phase} ran `{program}`, which is no program for this machine"),
            "it is built for another kind of processor, or is a script without a first line `#!…`",
        ),
        Fault::NotAllowed(program) => (
            "not-executable",
            format!("{phase} found `{program}`, which may not be executed"),
            "`git update-index --chmod=+x FILE`, and look at its first line",
        ),
        Fault::NotFound(program) if program.contains('/') => (
            "command-not-found",
            format!("{phase} did not find `{program}`, or what its first line names"),
            "look at the path, which is taken from the workspace folder, and whether the script's lines end in CR LF",
        ),
        Fault::NotFound(program) => (
            "command-not-found",
            format!("{phase} did not find the command `{program}`"),
            "install it in the image or in an earlier phase; look at the PATH of the remote user",
        ),
    };
    Some((at, diagnosis(failed, rule, message, advice.to_owned())))
}

/// Tells a shell's words about a name that ends in a carriage return; bash and `env` write it as `\r`.
fn has_carriage_return(line: &str) -> bool {
    const WORDS: [&str; 8] = [
        "\r: not found",
        "\r: No such file",
        "\r': No such file",
        "\\r': No such file",
        "\\r’: No such file",
        "\\r': command not found",
        "\r: command not found",
        "^M: bad interpreter",
    ];
    WORDS.iter().any(|words| line.contains(words))
}

/// What runs programs by name, and says so when it cannot.
const SHELLS: [&str; 9] = ["sh", "ash", "bash", "dash", "ksh", "mksh", "zsh", "busybox", "env"];

/// What a shell says of a program that it cannot run.
#[derive(Debug, PartialEq, Eq)]
enum Fault {
    NotFound(String),
    NotAllowed(String),
    WrongFormat(String),
    /// The program that a script's first line names is not there.
    Interpreter(String),
}

impl Fault {
    /// Reads a line that fits the exit code.
    fn of(line: &str, code: i32) -> Option<Self> {
        let fault = Self::of_engine(line).or_else(|| Self::of_other_shell(line)).or_else(|| Self::of_shell(line))?;
        let fits = match fault {
            Self::NotFound(_) => code == 127 || line.contains("in $PATH"),
            Self::NotAllowed(_) | Self::WrongFormat(_) => code == 126,
            Self::Interpreter(_) => true,
        };
        fits.then_some(fault)
    }

    /// `docker exec`: `exec: "PROGRAM": executable file not found in $PATH`.
    fn of_engine(line: &str) -> Option<Self> {
        let (front, _) = line.split_once("\": executable file not found in $PATH")?;
        let (_, program) = front.rsplit_once("exec: \"")?;
        Some(Self::NotFound(program.to_owned()))
    }

    /// `zsh:1: command not found: PROGRAM`, `fish: Unknown command: PROGRAM`.
    fn of_other_shell(line: &str) -> Option<Self> {
        let program = match line.split_once(": command not found: ") {
            Some((who, program)) => Some(program).filter(|_| who.starts_with("zsh")),
            None => line.strip_prefix("fish: Unknown command: "),
        };
        program.filter(|program| !program.contains(' ')).map(|program| Self::NotFound(program.to_owned()))
    }

    /// dash, bash, busybox, `env`: `WHO: [line N: | N: ][exec: ]PROGRAM: what is wrong`.
    fn of_shell(line: &str) -> Option<Self> {
        let (front, what) = line.rsplit_once(": ")?;
        let make: fn(String) -> Self = match what {
            "not found" | "command not found" | "No such file or directory" => Self::NotFound,
            "Permission denied" | "Is a directory" => Self::NotAllowed,
            "Exec format error" | "exec format error" => Self::WrongFormat,
            "required file not found" => Self::Interpreter,
            _ => return None,
        };
        // bash says two things of a file that is there.
        let (front, make): (&str, fn(String) -> Self) = match front.rsplit_once(": ") {
            Some((front, "bad interpreter")) => (front.rsplit_once(": ")?.0, Self::Interpreter),
            Some((front, "cannot execute" | "cannot execute binary file")) => (front, make),
            Some(_) | None => (front, make),
        };
        let (before, program) = front.rsplit_once(": ")?;
        let program = program.strip_prefix("can't execute ").unwrap_or(program);
        let program = program.trim_matches(['\'', '‘', '’', '"', '`']);
        let who = before.split(": ").next().unwrap_or_default();
        let is_number = |part: &str| part.trim_start_matches("line ").bytes().all(|byte| byte.is_ascii_digit());
        // A program that misses a file says so in the same form: a shell has its own name there, or the number of a line.
        let name = who.rsplit('/').next().unwrap_or_default().trim_start_matches('-');
        let is_shells = SHELLS.contains(&name) || before.split(": ").skip(1).any(is_number);
        (is_shells && !program.contains(' ') && !is_number(program)).then(|| make(program.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_each_shell_are_read() {
        use Fault::{Interpreter, NotAllowed, NotFound, WrongFormat};
        let fault = |make: fn(String) -> Fault, program: &str| Some(make(program.to_owned()));
        for (line, code, expected) in [
            ("sh: 1: foo: not found", 127, fault(NotFound, "foo")),
            ("/bin/sh: 1: exec: foo: not found", 127, fault(NotFound, "foo")),
            ("./setup.sh: 3: foo: not found", 127, fault(NotFound, "foo")),
            ("/bin/sh: foo: not found", 127, fault(NotFound, "foo")),
            ("bash: line 1: foo: command not found", 127, fault(NotFound, "foo")),
            ("./setup.sh: line 12: foo: command not found", 127, fault(NotFound, "foo")),
            ("bash: ./setup.sh: No such file or directory", 127, fault(NotFound, "./setup.sh")),
            ("env: ‘foo’: No such file or directory", 127, fault(NotFound, "foo")),
            ("/usr/bin/env: 'python3': No such file or directory", 127, fault(NotFound, "python3")),
            ("env: can't execute 'foo': No such file or directory", 127, fault(NotFound, "foo")),
            ("zsh:1: command not found: foo", 127, fault(NotFound, "foo")),
            ("fish: Unknown command: foo", 127, fault(NotFound, "foo")),
            (
                "OCI runtime exec failed: exec failed: unable to start container process: exec: \"foo\": executable file not found in $PATH: unknown",
                126,
                fault(NotFound, "foo"),
            ),
            ("sh: 1: ./setup.sh: Permission denied", 126, fault(NotAllowed, "./setup.sh")),
            ("/bin/bash: line 1: ./setup.sh: Permission denied", 126, fault(NotAllowed, "./setup.sh")),
            ("bash: line 1: /workspaces: Is a directory", 126, fault(NotAllowed, "/workspaces")),
            ("bash: line 1: ./x: cannot execute binary file: Exec format error", 126, fault(WrongFormat, "./x")),
            ("sh: 1: ./x: Exec format error", 126, fault(WrongFormat, "./x")),
            ("bash: ./x: /opt/none: bad interpreter: No such file or directory", 126, fault(Interpreter, "./x")),
            ("bash: line 1: ./x: cannot execute: required file not found", 127, fault(Interpreter, "./x")),
        ] {
            assert_eq!(Fault::of(line, code), expected, "{line}");
        }
        for (line, code) in [
            ("sh: 1: foo: not found", 126),
            ("sh: 1: ./setup.sh: Permission denied", 127),
            ("404: page not found", 127),
            ("error: config: key not found: x", 127),
            ("cat: /x: No such file or directory", 127),
            ("rm: /x: Permission denied", 126),
            ("Error: the module foo: not found", 127),
            (": not found", 127),
            ("bash: line 3: not found", 127),
            ("", 127),
        ] {
            assert_eq!(Fault::of(line, code), None, "{line}");
        }
    }
}
