//! `updateRemoteUserUID`: the remote user gets the number that the user has on this machine, so that what they make in a working tree that is mounted
//! is that user's (devcontainer-semantics.md section 1.5). Pure.
//!
//! Reference CLI: matches names by their beginning, so that `dev` changes `webdev` too; here they are exact.

/// A user's number and its group's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ids {
    /// The user's.
    pub uid: u64,
    /// The group's.
    pub gid: u64,
}

/// The two files as they are to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Accounts {
    pub(super) passwd: String,
    pub(super) group: String,
}

/// Tells whether a user may be given another number: one that has a name and is not root.
pub(super) fn may_change(user: &str) -> bool {
    let name = user.split(':').next().unwrap_or_default();
    !name.is_empty() && name != "root" && !name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns `/etc/passwd` and `/etc/group` in which `user` has other numbers; nothing where there is nothing to change. A number that somebody else
/// has is not taken: without the user's, the group's is not changed either.
pub(super) fn changed(passwd: &str, group: &str, user: &str, wanted: Ids) -> Option<Accounts> {
    let users = || passwd.lines().filter_map(numbers);
    let (_, own) = users().find(|(name, _)| *name == user)?;
    let is_taken = users().any(|(name, ids)| name != user && ids.uid == wanted.uid);
    let groups = || group.lines().filter_map(|line| Some((line, field(line, 2)?.parse::<u64>().ok()?)));
    let group_is_taken = groups().any(|(_, gid)| gid == wanted.gid) && own.gid != wanted.gid;
    let gid = if group_is_taken { own.gid } else { wanted.gid };
    if is_taken || own == (Ids { uid: wanted.uid, gid }) {
        return None;
    }
    let (uid_text, gid_text) = (wanted.uid.to_string(), gid.to_string());
    let passwd = lines(passwd, |line| match numbers(line) {
        Some((name, _)) if name == user => with(&with(line, 2, &uid_text), 3, &gid_text),
        Some(_) | None => line.to_owned(),
    });
    let group = lines(group, |line| match field(line, 2).and_then(|gid| gid.parse::<u64>().ok()) {
        Some(gid) if gid == own.gid => with(line, 2, &gid_text),
        Some(_) | None => line.to_owned(),
    });
    Some(Accounts { passwd, group })
}

/// Returns a user's name and numbers.
fn numbers(line: &str) -> Option<(&str, Ids)> {
    let ids = Ids { uid: field(line, 2)?.parse().ok()?, gid: field(line, 3)?.parse().ok()? };
    Some((field(line, 0)?, ids))
}

fn field(line: &str, at: usize) -> Option<&str> {
    line.split(':').nth(at)
}

/// Returns a line with another text in one of its fields.
fn with(line: &str, at: usize, text: &str) -> String {
    let fields = line.split(':').enumerate().map(|(number, field)| if number == at { text } else { field });
    fields.collect::<Vec<_>>().join(":")
}

fn lines(text: &str, change: impl Fn(&str) -> String) -> String {
    let mut changed: String = text.split('\n').map(change).collect::<Vec<_>>().join("\n");
    if !changed.ends_with('\n') {
        changed.push('\n');
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\nwebdev:x:1001:1001::/home/webdev:/bin/sh\nbroken\n\
        dev:x:1000:1000:,,,:/home/dev:/bin/zsh\ndaemon:x:2:7::/:\n";
    const GROUP: &str = "root:x:0:\ndev:x:1000:\nalso:x:1000:dev\nwebdev:x:1001:\nstaff:x:50:\n";

    /// Returns the lines that have changed.
    fn diff(before: &str, after: &str) -> Vec<String> {
        assert_eq!(before.lines().count(), after.lines().count());
        before
            .lines()
            .zip(after.lines())
            .filter(|(before, after)| before != after)
            .map(|(_, after)| after.to_owned())
            .collect()
    }

    fn check(user: &str, uid: u64, gid: u64, expected: Option<(&[&str], &[&str])>) {
        let changed = changed(PASSWD, GROUP, user, Ids { uid, gid });
        let told = changed.map(|accounts| (diff(PASSWD, &accounts.passwd), diff(GROUP, &accounts.group)));
        let expected = expected.map(|(passwd, group)| {
            let owned = |lines: &[&str]| lines.iter().map(ToString::to_string).collect::<Vec<_>>();
            (owned(passwd), owned(group))
        });
        assert_eq!(told, expected, "{user} {uid} {gid}");
    }

    /// The table of the reference's behaviour, with exact names.
    #[test]
    fn a_user_gets_numbers_that_are_nobody_elses() {
        check("nobody-here", 501, 501, None);
        check("dev", 1000, 1000, None);
        // The number is another's: nothing, not even the group's.
        check("dev", 1001, 501, None);
        check("dev", 0, 0, None);
        // The group is another's: the user's alone.
        check("dev", 501, 50, Some((&["dev:x:501:1000:,,,:/home/dev:/bin/zsh"], &[])));
        check("dev", 1000, 50, None);
        // Both; every line of the group.
        let groups: &[&str] = &["dev:x:502:", "also:x:502:dev"];
        check("dev", 501, 502, Some((&["dev:x:501:502:,,,:/home/dev:/bin/zsh"], groups)));
        check("dev", 1000, 502, Some((&["dev:x:1000:502:,,,:/home/dev:/bin/zsh"], groups)));
        check("dev", 501, 1000, Some((&["dev:x:501:1000:,,,:/home/dev:/bin/zsh"], &[])));
        // A name that is the end or the beginning of another's.
        check("web", 501, 501, None);
        // A group that no line names.
        check("daemon", 501, 501, Some((&["daemon:x:501:501::/:"], &[])));
    }

    #[test]
    fn root_and_numbers_stay_what_they_are() {
        for (user, expected) in [
            ("", false),
            ("root", false),
            ("0", false),
            ("1000", false),
            ("1000:50", false),
            ("root:dev", false),
            ("dev", true),
            ("dev:staff", true),
            ("d0", true),
        ] {
            assert_eq!(may_change(user), expected, "{user}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(passwd in "(?s).{0,200}", group in "(?s).{0,200}", user in ".{0,10}") {
            let _accounts = changed(&passwd, &group, &user, Ids { uid: 1, gid: 2 });
        }
    }
}
