//! What is checked out in a clone.

use std::path::Path;

use super::git::Git;

/// A commit, and the branch it is the head of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// The full hash; absent before the first commit.
    pub(super) commit: Option<String>,
    /// Absent where no branch is checked out.
    pub(super) branch: Option<String>,
}

impl Head {
    /// Reads what git has just written; what is not there as a file is asked for.
    pub(super) async fn of(clone: &Path) -> Self {
        let read = |name: &str| {
            let text = std::fs::read_to_string(clone.join(".git").join(name)).ok()?;
            Some(text.trim_end().to_owned())
        };
        let head = read("HEAD").unwrap_or_default();
        let name = head.strip_prefix("ref: ");
        let branch = name.and_then(|name| name.strip_prefix("refs/heads/")).map(str::to_owned);
        let is_hash = |text: &String| text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let commit = match name.map_or(Some(head.clone()), read).filter(is_hash) {
            Some(commit) => Some(commit),
            None => Git::ours(clone).verb("rev-parse").args(["-q", "--verify", "HEAD"]).text().await.ok(),
        };
        Self { commit, branch }
    }
}
