//! The program of a shell that waits for its texts.
//!
//! Such a shell takes any number of texts in between, each up to a line that it is told, and runs each in a shell of its own; then a last one, which
//! is the rest of its standard input. It may be opened long before its last text comes. One that was opened before an earlier hook ran
//! `usermod -aG docker` is not in the new group: so it remembers the container's group file, and a text can ask whether that has changed. (Variables
//! have a prefix of ours, since one that the container exports would reach the command with another value.)

use super::end_mark::EndMark;

/// The exit code by which a shell that was opened ahead says that the container's groups have changed since.
pub(crate) const STALE: i32 = 222;

/// The argument of `/bin/sh -c`: nothing in it is secret.
pub(crate) const PROGRAM: &str = "localspace_groups() {
[ -r /etc/group ] || return 0
while IFS= read -r localspace_line; do printf '%s;' \"$localspace_line\"; done </etc/group
}
localspace_then=$(localspace_groups)
while IFS= read -r localspace_line; do
case $localspace_line in last) eval \"$(cat)\"; exit ;; esac
localspace_end=${localspace_line#until }
localspace_text=
while IFS= read -r localspace_line || exit 1; do
[ \"$localspace_line\" = \"$localspace_end\" ] && break
localspace_text=\"$localspace_text$localspace_line
\"
done
( eval \"$localspace_text\" ) </dev/null
done";

/// Returns what such a shell is to be sent for the last text.
pub(crate) fn last(text: &str) -> String {
    format!("last\n{text}")
}

/// Returns what such a shell is to be sent for a text in between, which writes `mark` at its end.
pub(crate) fn in_between(text: &str, mark: &EndMark) -> String {
    let end = format!("end-{}", mark.as_str());
    format!("until {end}\n{text}\n{end}\n")
}

/// Returns the beginning of a text that is for a shell which is not stale.
pub(super) fn unless_stale() -> String {
    format!("[ \"$localspace_then\" = \"$(localspace_groups)\" ] || exit {STALE}\n")
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    fn run(input: &str) -> String {
        let mut child = Command::new("sh")
            .args(["-c", PROGRAM])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh runs");
        child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("written");
        String::from_utf8_lossy(&child.wait_with_output().expect("ended").stdout).into_owned()
    }

    #[test]
    fn texts_in_between_leave_nothing_for_the_last_one() {
        let marks = [EndMark::new([1; 16]), EndMark::new([2; 16])];
        let first = in_between("A=1; cd /tmp; echo one; cat; exit 7", &marks[0]);
        let second = in_between("if true; then\n  echo 'two\n'\nfi", &marks[1]);
        assert_eq!(run(&(first + &second + &last("echo \"$A|$(pwd | wc -l)\"\n"))), "one\ntwo\n\n|1\n");
    }

    #[test]
    fn a_text_in_between_that_was_cut_short_runs_nothing() {
        let whole = in_between("echo ran", &EndMark::new([1; 16]));
        for end in 1..whole.len() - 1 {
            assert_eq!(run(&whole[..end]), "", "cut at {end}");
        }
    }
}
