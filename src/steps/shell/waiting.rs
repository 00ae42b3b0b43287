//! The program of a shell that waits for its text.
//!
//! Such a shell may be opened long before its text comes. One that was opened before an earlier hook ran `usermod -aG docker` is not in the
//! new group: so it remembers the container's group file, and the text can ask whether that has changed. (Variables have a prefix of ours, since one
//! that the container exports would reach the command with another value.)

/// The exit code by which a shell that was opened ahead says that the container's groups have changed since.
pub(crate) const STALE: i32 = 222;

/// The argument of `/bin/sh -c`: nothing in it is secret.
pub(crate) const PROGRAM: &str = "localspace_groups() {
[ -r /etc/group ] || return 0
while IFS= read -r localspace_line; do printf '%s;' \"$localspace_line\"; done </etc/group
}
localspace_then=$(localspace_groups)
eval \"$(cat)\"";

/// Returns the beginning of a text that is for a shell which is not stale.
pub(super) fn unless_stale() -> String {
    format!("[ \"$localspace_then\" = \"$(localspace_groups)\" ] || exit {STALE}\n")
}
