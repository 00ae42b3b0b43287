//! Where a repository is, told from the disk alone: no git runs, so nothing that belongs to another user is in the way.

use std::ffi::OsStr;
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::address::{is_address, split};
use super::{Kind, RepositoryError, Source};

/// A repository on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repository {
    /// The top folder of its files; a bare one has none.
    pub(super) top: Option<PathBuf>,
    /// The folder that git keeps it in.
    pub(super) git_dir: PathBuf,
}

/// The longest `.git` file that is read, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Returns the folder that is opened with a path: that of a `*.code-workspace` file, or the path itself.
pub fn opened(path: &Path) -> &Path {
    let is_workspace = path.extension().is_some_and(|extension| extension == "code-workspace");
    let folder = path.parent().filter(|_| is_workspace).unwrap_or(path);
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

/// Returns what a folder's `.git` names, where that is a file.
pub fn named_git_dir(folder: &Path) -> Option<String> {
    let content = std::fs::File::open(folder.join(".git")).ok()?;
    let mut text = String::new();
    content.take(LONGEST).read_to_string(&mut text).ok()?;
    text.lines().find_map(|line| line.strip_prefix("gitdir:")).map(|named| named.trim().to_owned())
}

/// Finds out where a repository is, without cloning it: what tells whether there is a codespace of it already.
pub fn locate(source: &str) -> Result<Source, RepositoryError> {
    let folder = match opened(Path::new(source)).canonicalize() {
        Ok(folder) if folder.is_dir() => folder,
        Err(error) if error.kind() == ErrorKind::NotFound && is_address(source) => {
            let (location, login) = split(source);
            return Ok(Source { location, kind: Kind::Remote { login } });
        }
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(RepositoryError::Disk { operation: "open", path: source.to_owned(), source: error });
        }
        Ok(_) | Err(_) => return Err(RepositoryError::Missing { path: split(source).0 }),
    };
    let location = folder.display().to_string();
    let found = folder.ancestors().find_map(|top| Some((top.to_owned(), git_dir(&top.join(".git"))?)));
    let kind = match found {
        Some((top, git_dir)) if top == folder => Kind::Local(Repository { top: Some(top), git_dir }),
        _ if is_git_dir(&folder) => Kind::Local(Repository { top: None, git_dir: folder }),
        Some((top, git_dir)) => {
            let prefix = folder.strip_prefix(&top).unwrap_or(&folder).to_owned();
            Kind::Inside { around: Repository { top: Some(top), git_dir }, prefix }
        }
        None => Kind::Plain(folder),
    };
    Ok(Source { location, kind })
}

/// Returns the folder that a `.git` stands for: itself, or what it names as a file (a worktree, a submodule).
fn git_dir(dot_git: &Path) -> Option<PathBuf> {
    if dot_git.is_dir() {
        return is_git_dir(dot_git).then(|| dot_git.canonicalize().unwrap_or_else(|_| dot_git.to_owned()));
    }
    let mut content = Vec::new();
    std::fs::File::open(dot_git).ok()?.take(LONGEST).read_to_end(&mut content).ok()?;
    let named = content.strip_prefix(b"gitdir:")?.trim_ascii();
    let named = dot_git.parent()?.join(OsStr::from_bytes(named));
    // One that is not there is git's to tell of.
    Some(named.canonicalize().unwrap_or(named))
}

/// Tells whether git keeps a repository in a folder; one that may not be looked into is git's to tell of.
fn is_git_dir(folder: &Path) -> bool {
    let there = |name: &str| match folder.join(name).symlink_metadata() {
        Ok(_) => true,
        Err(error) => error.kind() == ErrorKind::PermissionDenied,
    };
    there("HEAD") && (there("commondir") || (there("objects") && there("refs")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_file_stands_for_its_folder() {
        for (path, expected) in [
            ("a/b.code-workspace", "a"),
            ("b.code-workspace", "."),
            ("a/code-workspace", "a/code-workspace"),
            ("a", "a"),
            (".", "."),
        ] {
            assert_eq!(opened(Path::new(path)), Path::new(expected), "{path}");
        }
    }

    #[test]
    fn a_git_file_names_a_folder() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(named_git_dir(folder.path()), None);
        std::fs::write(folder.path().join(".git"), "gitdir: ../r/.git/worktrees/w\n").expect("written");
        assert_eq!(named_git_dir(folder.path()).as_deref(), Some("../r/.git/worktrees/w"));
    }
}
