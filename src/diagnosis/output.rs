//! The last of what a command printed, and whether a line of it is what the command failed of.

/// How many lines of other work may follow the line that a command failed of: what it says of it in its own words, and clears up.
const AFTERWORDS: usize = 5;

/// Lines as a terminal would be left with them.
#[derive(Debug)]
pub(super) struct Output {
    lines: Vec<String>,
}

impl Output {
    /// Reads what was printed.
    pub(super) fn of(text: &str) -> Self {
        Self { lines: text.split('\n').map(clean).collect() }
    }

    /// Returns a line; empty where there is none.
    pub(super) fn line(&self, at: usize) -> &str {
        self.lines.get(at).map_or("", String::as_str)
    }

    /// Returns the lines before one, the nearest first.
    pub(super) fn before(&self, at: usize) -> impl Iterator<Item = &str> {
        self.lines.iter().take(at).rev().map(String::as_str)
    }

    /// Returns the last line that `read` makes something of, and what it makes.
    pub(super) fn last<T>(&self, read: impl Fn(usize, &str) -> Option<T>) -> Option<(usize, T)> {
        self.lines.iter().enumerate().rev().find_map(|(at, line)| Some((at, read(at, line)?)))
    }

    /// Tells whether a command failed of a line, as far as what comes after it tells: not where other work came, and failed in its turn.
    ///
    /// `about` tells a line that is about the same thing. A line that says no more than that something failed is nobody's.
    pub(super) fn is_cause(&self, at: usize, about: impl Fn(&str) -> bool) -> bool {
        let after = self.lines.iter().skip(at + 1).map(String::as_str);
        let after: Vec<&str> = after.filter(|line| !is_closing(line)).collect();
        let Some(last) = after.last() else { return true };
        if after.iter().any(|line| OVERCOME.iter().any(|sign| line.contains(sign))) {
            return false;
        }
        about(last) || (after.len() <= AFTERWORDS && !after.iter().any(|line| is_failure(line) && !about(line)))
    }
}

/// What says that a login or a pull that was refused has been made up for.
const OVERCOME: [&str; 3] = ["Status: Downloaded newer image", "Status: Image is up to date", "Login Succeeded"];

/// Returns a line without escape sequences and what was written over with carriage returns.
fn clean(line: &str) -> String {
    let line = line.trim_end_matches('\r');
    let line = line.rsplit('\r').next().unwrap_or(line);
    let mut shown = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            // ECMA-48: a control sequence ends with its first letter.
            let mut sequence = characters.clone();
            if sequence.next() == Some('[') {
                let ended = sequence.by_ref().any(|one| ('@'..='~').contains(&one));
                if ended {
                    characters = sequence;
                }
            }
        } else if !character.is_control() || character == '\t' {
            shown.push(character);
        }
    }
    shown.trim_end().to_owned()
}

/// What tools print after a failure that says nothing of its own: where to read on, and which step it was.
const CLOSING: [&str; 32] = [
    "tar: exiting with ",
    "e: sub-process ",
    "errors were encountered while processing",
    "see 'docker ",
    "run 'docker ",
    "view build details:",
    "dockerfile:",
    "npm err! code ",
    "npm err! path ",
    "npm err! command ",
    "npm err! errno ",
    "npm err! lifecycle ",
    "npm err! workspace ",
    "npm err! location ",
    "npm err! a complete log",
    "npm err!     ",
    "npm err! 403 in most cases",
    "npm err! 403 or one of your dependencies",
    "npm err! 403 on a server",
    "npm err! exit status",
    "npm err! failed at the ",
    "npm err! this is probably not",
    "npm err! to correct this",
    "npm err! unable to authenticate",
    "info visit ",
    "error command failed",
    "[error] to see ",
    "[error] re-run ",
    "[error] for more ",
    "[error] [help ",
    "[error] after correcting",
    "elifecycle ",
];

/// Words that say no more than that something has failed.
const EMPTY_WORDS: [&str; 42] = [
    "a",
    "aborted",
    "aborting",
    "an",
    "and",
    "bootstrap",
    "build",
    "code",
    "command",
    "container",
    "could",
    "dev",
    "did",
    "encountered",
    "environment",
    "error",
    "errors",
    "exit",
    "exited",
    "exiting",
    "failed",
    "failure",
    "fatal",
    "finish",
    "giving",
    "hook",
    "in",
    "install",
    "not",
    "of",
    "process",
    "recipe",
    "returned",
    "script",
    "setup",
    "status",
    "step",
    "task",
    "the",
    "up",
    "with",
    "completed",
];

/// Tells a line that closes a failure and says nothing of its own.
fn is_closing(line: &str) -> bool {
    let lower = line.trim().to_ascii_lowercase().replace("npm error ", "npm err! ");
    let lower = lower.as_str();
    // A rule, a prompt of `set -x`, a frame of buildx's picture of a Dockerfile.
    let is_picture = lower.chars().all(|one| !one.is_alphanumeric())
        || lower.starts_with("+ ")
        || lower.starts_with("> ")
        || lower.split_once(" | ").is_some_and(|(number, _)| number.trim().bytes().all(|byte| byte.is_ascii_digit()));
    let is_make = lower.starts_with("make") && (lower.contains("***") || lower.contains("ing directory"));
    is_picture || is_make || CLOSING.iter().any(|start| lower.starts_with(start)) || says_nothing(lower)
}

/// Tells a line all of whose words are empty ones, names in quotes and numbers apart: ``error: Recipe `pull` failed on line 3``.
fn says_nothing(lower: &str) -> bool {
    let outside: String = lower.split(['`', '"', '\'']).step_by(2).collect::<Vec<_>>().join(" ");
    let mut words = outside.split(|one: char| !one.is_alphanumeric()).filter(|word| !word.is_empty());
    words.all(|word| {
        EMPTY_WORDS.contains(&word)
            || word.starts_with(|first: char| first.is_ascii_digit())
            || word == "on"
            || word == "line"
    })
}

/// Signs that a line tells of a failure.
const FAILURES: [&str; 26] = [
    "error",
    "fatal",
    "fail",
    "exception",
    "panic",
    "traceback",
    "abort",
    "cannot",
    "can't",
    "could not",
    "couldn't",
    "not found",
    "no such",
    "denied",
    "refused",
    "unable",
    "invalid",
    "undefined",
    "unexpected",
    "missing",
    "expected",
    "✗",
    "✘",
    "✖",
    "e: ",
    "killed",
];

fn is_failure(line: &str) -> bool {
    let lower = line.to_lowercase();
    FAILURES.iter().any(|sign| lower.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_what_a_terminal_would_be_left_with() {
        let output = Output::of("10%\r20%\rdone\r\n\u{1b}[31mred\u{1b}[0m\n\u{1b}x\n");
        assert_eq!(output.lines, ["done", "red", "x", ""]);
    }

    #[test]
    fn a_line_is_the_cause_unless_other_work_failed_after_it() {
        let about = |line: &str| line.contains("docker");
        for (after, expected) in [
            ("", true),
            ("\n\n------\n", true),
            ("See 'docker run --help'.", true),
            ("make: *** [Makefile:3: pull] Error 1", true),
            ("make[1]: Leaving directory '/x'\nmake: *** [all] Error 2", true),
            (
                "npm error code 1\nnpm error path /x\nnpm error command failed\nnpm error command sh -c docker pull x",
                true,
            ),
            ("npm ERR! code 1\nnpm ERR! A complete log of this run can be found in: /x", true),
            ("error: Recipe `pull` failed on line 3 with exit code 1", true),
            ("ERROR: setup failed", true),
            ("Process exited with exit status 1.", true),
            ("cleaning up\nbye", true),
            (
                "Traceback (most recent call last):\n  File \"x.py\", line 3, in <module>\nsubprocess.CalledProcessError: Command '['docker']'",
                true,
            ),
            ("main.c:1: error: expected ';'", false),
            ("going on\nmain.c:1: error: expected ';'\ncompilation terminated.", false),
            ("npm error code E404\nnpm error 404 Not Found - GET https://registry.npmjs.org/left-pad", false),
            ("  1 failing\n  AssertionError: expected 3 to equal 4", false),
            ("one\ntwo\nthree\nfour\nfive\nsix", false),
            ("Login Succeeded\nStatus: Downloaded newer image for x\nbye", false),
        ] {
            let output = Output::of(&format!("the line\n{after}"));
            assert_eq!(output.is_cause(0, about), expected, "{after}");
        }
    }
}
