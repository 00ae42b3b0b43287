//! What a repository is called on GitHub, told from where it is.

use crate::codespace::RepositoryName;

/// Returns `OWNER/NAME` from a remote's URL; where that tells none, from the folder's name and `owner`.
pub(super) fn name_of(remote: Option<&str>, location: &str, owner: &str) -> RepositoryName {
    let tail = |text: &str| {
        let text = text.trim_end_matches('/').trim_end_matches(".git");
        let mut parts = text.rsplit(['/', ':']);
        let (name, owner) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        format!("{owner}/{name}").parse().ok()
    };
    // A path of this machine tells no owner.
    let is_elsewhere =
        |remote: &&str| !remote.starts_with("file://") && (remote.contains("://") || remote.contains('@'));
    let from_remote = remote.filter(is_elsewhere).and_then(tail);
    let clean = |text: &str| -> String {
        let keep = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
        text.chars().map(|character| if keep(character) { character } else { '-' }).collect()
    };
    let folder = location.trim_end_matches('/').rsplit('/').next().unwrap_or_default().trim_end_matches(".git");
    from_remote
        .or_else(|| format!("{}/{}", clean(owner), clean(folder)).parse().ok())
        .unwrap_or_else(RepositoryName::unknown)
}

/// Returns what a repository is called on GitHub, from its remote's URL; nothing where that is elsewhere.
pub(super) fn on_github(remote: &str) -> Option<RepositoryName> {
    let (scheme, rest) = remote.split_once("://").unwrap_or(("", remote));
    let rest = rest.split_once('@').filter(|(login, _)| !login.contains('/')).map_or(rest, |(_, rest)| rest);
    let (host, path) = rest.split_at(rest.find(['/', ':'])?);
    let path = match path.strip_prefix(':') {
        // A port, or the path as `git@github.com:acme/app` has it.
        Some(path) if scheme.is_empty() => path,
        Some(port) => port.split_once('/')?.1,
        None if scheme.is_empty() => return None,
        None => path,
    };
    let is_github = ["github.com", "www.github.com", "ssh.github.com"].iter().any(|one| host.eq_ignore_ascii_case(one));
    let path = path.trim_matches('/');
    if is_github { path.strip_suffix(".git").unwrap_or(path).parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_is_githubs_or_elsewhere() {
        for remote in [
            "https://github.com/acme/app.git",
            "https://mona@GitHub.com/acme/app",
            "git@github.com:acme/app.git",
            "github.com:acme/app/",
            "ssh://git@github.com/acme/app",
            "ssh://git@ssh.github.com:443/acme/app.git",
        ] {
            assert_eq!(on_github(remote).map(|name| name.to_string()).as_deref(), Some("acme/app"), "{remote}");
        }
        for remote in [
            "",
            "app",
            "/github.com/acme/app",
            "github.com/acme/app",
            "https://gitlab.com/acme/app",
            "https://github.com.example/acme/app",
            "https://example.com/x@github.com/acme/app",
            "https://github.com/acme",
            "https://github.com/a/b/c",
            "file:///github.com/acme/app",
            "https://github.com:",
            "\u{e9}:\u{e9}",
        ] {
            assert_eq!(on_github(remote), None, "{remote}");
        }
    }

    #[test]
    fn the_name_is_the_remotes_or_the_folders() {
        for (remote, location, expected) in [
            (Some("https://github.com/acme/app.git"), "/x", "acme/app"),
            (Some("git@github.com:acme/app.git"), "/x", "acme/app"),
            (Some("ssh://git@github.com/acme/app/"), "/x", "acme/app"),
            (Some("/somewhere/else"), "/home/me/app", "mona/app"),
            (Some("file:///srv/git/app.git"), "file:///srv/git/app.git", "mona/app"),
            (None, "/home/me/my app", "mona/my-app"),
            (None, "/", "local/repository"),
        ] {
            assert_eq!(name_of(remote, location, "mona").to_string(), expected, "{remote:?} {location}");
        }
    }
}
