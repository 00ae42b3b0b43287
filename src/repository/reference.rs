//! What `--ref` stands for: a branch, a tag, a commit, or anything else that git takes for one.

use std::path::Path;

use super::RepositoryError;
use super::git::Git;
use super::locate::Repository;

/// How many names an error lists.
const NAMES: usize = 10;

/// What is to be checked out.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A branch, by its name.
    Branch(String),
    /// A commit, by its hash.
    Commit(String),
}

/// Refuses what git could take for an option, and what is no name at all.
pub(super) fn check(reference: &str) -> Result<(), RepositoryError> {
    if reference.is_empty() || reference.starts_with('-') || reference.contains(char::is_control) {
        return Err(RepositoryError::BadReference { reference: reference.to_owned() });
    }
    Ok(())
}

/// Returns the branch that a reference names, where it can name one.
pub(super) fn as_branch(reference: &str) -> &str {
    reference.strip_prefix("refs/heads/").unwrap_or(reference)
}

/// Returns the hash of the commit that a text stands for.
pub(super) async fn commit(git: Git, text: &str) -> Option<String> {
    let words = ["-q", "--verify", "--end-of-options"];
    git.verb("rev-parse").args(words).arg(format!("{text}^{{commit}}")).text().await.ok()
}

/// Tells whether a clone has a branch of the repository that it was made from.
async fn has_branch(clone: &Path, branch: &str) -> bool {
    let name = format!("refs/remotes/origin/{branch}");
    Git::ours(clone).verb("show-ref").args(["-q", "--verify", "--", &name]).run().await.is_ok()
}

/// Returns the error for a reference that is not there: with the names that are near it, then those that were written to last.
pub(super) async fn missing(git: Git, reference: &str, location: &str) -> RepositoryError {
    let format = ["--sort=-creatordate", "--format=%(refname)"];
    let places = ["refs/heads", "refs/tags", "refs/remotes/origin"];
    let listed = git.verb("for-each-ref").args(format).args(places).text().await.unwrap_or_default();
    let (reference, location) = (reference.to_owned(), location.to_owned());
    RepositoryError::NoReference { names: nearest(&reference, &listed), reference, location }
}

fn nearest(reference: &str, listed: &str) -> Vec<String> {
    let mut names: Vec<&str> = Vec::new();
    for name in listed.lines() {
        let short = ["refs/heads/", "refs/tags/", "refs/remotes/origin/"].iter().find_map(|at| name.strip_prefix(at));
        names.extend(short.filter(|short| *short != "HEAD" && !names.contains(short)));
    }
    let short = as_branch(reference).trim_start_matches("refs/tags/");
    // The sort is stable: within a rank the newest stays first.
    names.sort_by_key(|name| {
        let distance = distance(short, name);
        if distance <= short.len().div_ceil(3) {
            distance
        } else if name.contains(short) || short.contains(name) {
            short.len()
        } else {
            usize::MAX
        }
    });
    names.into_iter().take(NAMES).map(str::to_owned).collect()
}

/// Returns how many characters are to be changed, put in or taken out to make one text of the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut costs: Vec<usize> = (0..=other.len()).collect();
    for (row, from) in one.chars().enumerate() {
        let mut diagonal = row;
        let mut left = row + 1;
        for (to, cost) in other.iter().zip(costs.iter_mut().skip(1)) {
            let changed = diagonal + usize::from(from != *to);
            diagonal = *cost;
            left = changed.min(diagonal + 1).min(left + 1);
            *cost = left;
        }
        if let Some(first) = costs.first_mut() {
            *first = row + 1;
        }
    }
    costs.last().copied().unwrap_or_default()
}

/// Checks a target out in a clone.
pub(super) async fn check_out(clone: &Path, target: &Target) -> Result<(), RepositoryError> {
    let git = Git::ours(clone).verb("checkout").arg("-q");
    let git = match target {
        Target::Branch(name) => git.args(["-B", name, "--track", &format!("refs/remotes/origin/{name}")]),
        Target::Commit(hash) => git.args(["--detach", hash]),
    };
    git.run().await.map(drop)
}

/// Finds a reference of a repository on this machine; what its clone lacks is fetched into it.
pub(super) async fn find_local(
    reference: &str,
    source: &Repository,
    clone: &Path,
    settings: &Path,
) -> Result<Option<Target>, RepositoryError> {
    let branch = as_branch(reference);
    if has_branch(clone, branch).await {
        return Ok(Some(Target::Branch(branch.to_owned())));
    }
    let fetch = |what: String| Git::ours(clone).settings(settings).verb("fetch").args(["-q", "origin", &what]).run();
    if let Some(hash) = commit(Git::reading(source), reference).await {
        if commit(Git::ours(clone), &hash).await.is_none() {
            fetch(hash.clone()).await?;
        }
        return Ok(Some(Target::Commit(hash)));
    }
    // A branch that was never checked out here is one of the repository's on GitHub all the same.
    let name = format!("refs/remotes/origin/{branch}");
    if Git::reading(source).verb("show-ref").args(["-q", "--verify", "--", &name]).run().await.is_err() {
        return Ok(None);
    }
    fetch(format!("+{name}:{name}")).await?;
    Ok(Some(Target::Branch(branch.to_owned())))
}

/// Finds a reference in the clone of a repository elsewhere; `fetch` is what asks the server for one more thing.
pub(super) async fn find_remote(reference: &str, clone: &Path, fetch: Git) -> Option<Target> {
    let branch = as_branch(reference);
    if has_branch(clone, branch).await {
        return Some(Target::Branch(branch.to_owned()));
    }
    for text in [reference.to_owned(), format!("origin/{reference}")] {
        if let Some(hash) = commit(Git::ours(clone), &text).await {
            return Some(Target::Commit(hash));
        }
    }
    // The head of a pull request, and a commit that is on no branch any more, are there only for who asks for them.
    let is_hash = reference.len() >= 40 && reference.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash || reference.starts_with("refs/") {
        fetch.verb("fetch").args(["-q", "origin", reference]).run().await.ok()?;
        return commit(Git::ours(clone), "FETCH_HEAD").await.map(Target::Commit);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_come_first_then_new_ones() {
        let listed = "refs/heads/new\nrefs/remotes/origin/HEAD\nrefs/remotes/origin/new\nrefs/tags/v1\nrefs/heads/feature/login\nrefs/heads/main";
        for (reference, expected) in [
            ("mian", &["main", "new", "v1", "feature/login"][..]),
            ("login", &["feature/login", "new", "v1", "main"]),
            ("refs/tags/v2", &["v1", "new", "feature/login", "main"]),
            ("other", &["new", "v1", "feature/login", "main"]),
        ] {
            assert_eq!(nearest(reference, listed), expected, "{reference}");
        }
        let many: String = (0..30).map(|number| format!("refs/heads/b{number}\n")).collect();
        assert_eq!(nearest("x", &many).len(), NAMES);
    }

    #[test]
    fn what_looks_like_an_option_is_refused() {
        for reference in ["-x", "--help", "", "a\nb"] {
            assert!(check(reference).is_err(), "{reference}");
        }
        assert!(check("HEAD~1").is_ok() && check("feature/-x").is_ok());
    }

    #[test]
    fn a_distance_counts_changes() {
        for (one, other, expected) in [("", "", 0), ("a", "", 1), ("main", "mian", 2), ("kitten", "sitting", 3)] {
            assert_eq!(distance(one, other), expected);
        }
    }
}
