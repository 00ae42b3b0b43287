//! What a clone does not have, as on GitHub, and a person may miss.

use std::path::Path;

use super::git::Git;
use super::{Content, RepositoryError};

/// The largest `.gitattributes` that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// Returns a note for each.
pub(super) async fn notes(clone: &Path, content: Content) -> Result<Vec<String>, RepositoryError> {
    let mut notes = Vec::new();
    // Codespaces: submodules are not checked out, and no setting makes it so (microsoft/vscode#109050, Mudlet/Mudlet#5419).
    if is_file(&clone.join(".gitmodules")) {
        notes.push(
            "submodules are empty, as on GitHub: `git submodule update --init --recursive` in onCreateCommand fetches them"
                .to_owned(),
        );
    }
    // Files as they lie there have been through their filters.
    let filters = if content == Content::Committed { filters(clone) } else { Vec::new() };
    for filter in filters {
        // Codespaces: nothing is said of filters; users have to `git lfs pull` (devcontainers/features#1379), so none runs at its clone.
        notes.push(if filter == "lfs" {
            "files in Git LFS are pointers, as the clone runs no filter: `git lfs install && git lfs pull` in onCreateCommand fetches them"
                .to_owned()
        } else {
            format!("files with the filter `{filter}` of .gitattributes are as they are stored, as the clone runs no filter")
        });
    }
    if is_file(&clone.join(".git/shallow")) {
        notes.push(
            "the repository's history is cut off here (a shallow clone), and so it is in the codespace".to_owned(),
        );
    }
    if is_partial(clone) {
        // So that git asks its remote for what is missing, and does not take it for damage.
        Git::ours(clone).verb("config").args(["remote.origin.promisor", "true"]).run().await?;
        notes.push(
            "the repository is a partial clone: objects that were never fetched here are missing in the codespace too"
                .to_owned(),
        );
    }
    Ok(notes)
}

/// A link is not followed: it may lead out of the clone.
fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|about| about.is_file())
}

/// Returns the names of the filters that the attributes of the top folder name, where nearly all repositories have them.
fn filters(clone: &Path) -> Vec<String> {
    let path = clone.join(".gitattributes");
    let small = path.symlink_metadata().is_ok_and(|about| about.is_file() && about.len() <= LARGEST);
    let text = if small { std::fs::read(&path).unwrap_or_default() } else { Vec::new() };
    let text = String::from_utf8_lossy(&text).into_owned();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let words = lines.flat_map(|line| line.split_whitespace().skip(1));
    let mut names: Vec<String> = words.filter_map(|word| word.strip_prefix("filter=")).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

fn is_partial(clone: &Path) -> bool {
    let packs = std::fs::read_dir(clone.join(".git/objects/pack")).into_iter().flatten().flatten();
    packs.into_iter().any(|entry| entry.path().extension().is_some_and(|extension| extension == "promisor"))
}
