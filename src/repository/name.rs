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

#[cfg(test)]
mod tests {
    use super::*;

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
