//! Who a codespace's commands run as: found in the container's own `/etc/passwd`.

/// A user of the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RemoteUser {
    /// The name, or the number where it has none.
    pub(super) name: String,
    /// The group that is asked for beside it, by name or number.
    pub(super) group: Option<String>,
    /// Its number.
    pub(super) uid: u64,
    /// Its group's number.
    pub(super) gid: u64,
    /// Its home directory.
    pub(super) home: String,
    /// Its login shell.
    pub(super) shell: String,
}

/// Returns the user called `wanted` (a name or a number, with or without `:group`; empty for root), or nothing where there is none.
///
/// As the engine does it: a number needs no line in the file (reference CLI: home is then `/root`; ours is `/`, as the engine's).
pub(super) fn find(passwd: &str, wanted: &str) -> Option<RemoteUser> {
    let (name, asked) = wanted.split_once(':').map_or((wanted, None), |(name, group)| (name, Some(group)));
    let name = if name.is_empty() { "root" } else { name };
    let group = asked.and_then(|group| group.parse().ok());
    let asked = asked.filter(|group| !group.is_empty()).map(str::to_owned);
    let known = passwd.lines().filter_map(parse).find(|user| user.name == name || user.uid.to_string() == name);
    match (known, name.parse::<u64>()) {
        (Some(user), _) => Some(RemoteUser { group: asked, gid: group.unwrap_or(user.gid), ..user }),
        (None, Ok(uid)) => Some(RemoteUser {
            name: name.to_owned(),
            group: asked,
            uid,
            gid: group.unwrap_or(0),
            home: "/".to_owned(),
            shell: "/bin/sh".to_owned(),
        }),
        // Nor is there a root without one: the engine, as the reference CLI calls it, finds none either.
        (None, Err(_)) => None,
    }
}

impl RemoteUser {
    /// Returns who is in charge where no file names anybody.
    pub(super) fn root() -> Self {
        let (name, home, shell) = ("root".to_owned(), "/root".to_owned(), "/bin/sh".to_owned());
        Self { name, group: None, uid: 0, gid: 0, home, shell }
    }

    /// Returns the user as the engine, or [`find`], is told it.
    pub(super) fn called(&self) -> String {
        let group = self.group.as_ref().map(|group| format!(":{group}"));
        self.name.clone() + &group.unwrap_or_default()
    }
}

/// Returns the names of the users a person may log in as, for an error that lists them.
pub(super) fn names(passwd: &str) -> Vec<String> {
    let person = |user: &RemoteUser| user.uid == 0 || (1000..60000).contains(&user.uid);
    passwd.lines().filter_map(parse).filter(person).map(|user| user.name).collect()
}

fn parse(line: &str) -> Option<RemoteUser> {
    let mut fields = line.trim_end().split(':');
    let name = fields.next()?.to_owned();
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    let home = fields.nth(1)?.to_owned();
    let shell = fields.next().filter(|shell| !shell.is_empty()).unwrap_or("/bin/sh").to_owned();
    Some(RemoteUser { name, group: None, uid, gid, home, shell })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str =
        "root:x:0:0:root:/root:/bin/bash\nbroken\nvscode:x:1000:1001:,,,:/home/vscode:/bin/zsh\nnoshell:x:7:7::/:\n";

    fn check(wanted: &str, expected: Option<(u64, u64, &str, &str)>) {
        let found = find(PASSWD, wanted);
        let found = found.as_ref().map(|user| (user.uid, user.gid, user.home.as_str(), user.shell.as_str()));
        assert_eq!(found, expected, "{wanted}");
    }

    #[test]
    fn users_are_found_by_name_and_number() {
        check("", Some((0, 0, "/root", "/bin/bash")));
        check("vscode", Some((1000, 1001, "/home/vscode", "/bin/zsh")));
        check("1000", Some((1000, 1001, "/home/vscode", "/bin/zsh")));
        check("1000:5", Some((1000, 5, "/home/vscode", "/bin/zsh")));
        check("4711", Some((4711, 0, "/", "/bin/sh")));
        check("noshell", Some((7, 7, "/", "/bin/sh")));
        check("nobody-here", None);
        assert_eq!(find("", "root"), None);
        for (wanted, called) in
            [("vscode", "vscode"), ("1000:5", "vscode:5"), ("7:users", "noshell:users"), ("9:", "9")]
        {
            assert_eq!(find(PASSWD, wanted).map(|user| user.called()).as_deref(), Some(called));
        }
    }

    #[test]
    fn the_names_are_those_of_persons() {
        assert_eq!(names(PASSWD), ["root", "vscode"]);
    }
}
