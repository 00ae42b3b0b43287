//! Real git in temporary folders: what a clone holds, whatever the repository is and however the user's git is set.

mod advance;
mod credentials;
mod kinds;
mod references;
mod subfolders;
mod surroundings;
mod working_trees;

use std::cell::RefCell;
use std::ffi::OsString;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::*;

thread_local! {
    static SURROUNDINGS: RefCell<Vec<(&'static str, OsString)>> = const { RefCell::new(Vec::new()) };
}

/// Returns what a test sets in git's environment: as on a user's machine, and not what this machine has.
pub(super) fn surroundings() -> Vec<(&'static str, OsString)> {
    SURROUNDINGS.with_borrow(Clone::clone)
}

/// A user's home, and repositories.
pub(super) struct Place {
    folder: TempDir,
}

impl Place {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let at = |name: &str| folder.path().join("home").join(name).into_os_string();
        let set = [
            ("HOME", at("")),
            ("XDG_CONFIG_HOME", at(".config")),
            ("GIT_CONFIG_GLOBAL", at(".gitconfig")),
            ("GIT_CONFIG_SYSTEM", at("system.gitconfig")),
        ];
        SURROUNDINGS.set(set.to_vec());
        let place = Self { folder };
        place.write("home/.gitconfig", "");
        place.write("home/system.gitconfig", "");
        place
    }

    pub(super) fn set(name: &'static str, value: &str) {
        SURROUNDINGS.with_borrow_mut(|set| set.push((name, value.into())));
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().expect("a path").join(name)
    }

    /// Writes a file, with the folders around it.
    pub(super) fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, content).expect("written");
    }

    /// Writes a program that leaves a file `ran` in the home.
    pub(super) fn trap(&self, name: &str) -> String {
        self.write(name, &format!("#!/bin/sh\necho {name} >>'{}'\nexit 1\n", self.path("home/ran").display()));
        std::fs::set_permissions(self.path(name), PermissionsExt::from_mode(0o755)).expect("set");
        self.path(name).display().to_string()
    }

    /// Returns what a trap left.
    pub(super) fn ran(&self) -> String {
        std::fs::read_to_string(self.path("home/ran")).unwrap_or_default()
    }

    /// Runs git by no settings but the repository's own.
    #[track_caller]
    pub(super) fn git(&self, folder: &str, words: &[&str]) -> String {
        git_in(&self.path(folder), words)
    }

    /// Makes a repository of one commit, of the file `a`, on the branch `main`.
    pub(super) fn repository(&self, name: &str) -> PathBuf {
        self.write(&format!("{name}/a"), "one\n");
        self.git(name, &["init", "-q", "-b", "main"]);
        self.commit(name);
        self.path(name)
    }

    /// Commits everything; returns the hash.
    #[track_caller]
    pub(super) fn commit(&self, name: &str) -> String {
        self.git(name, &["add", "-A"]);
        self.git(name, &["commit", "-q", "--allow-empty", "-m", "a commit"]);
        self.git(name, &["rev-parse", "HEAD"])
    }

    pub(super) async fn clone(&self, source: &str, wanted: Wanted) -> Result<Checkout, RepositoryError> {
        check_out(&locate(source)?, &wanted, &self.path("state")).await
    }

    pub(super) async fn committed(&self, folder: &str) -> Checkout {
        self.clone(&self.path(folder).display().to_string(), wanted(None)).await.expect("cloned")
    }

    pub(super) async fn as_it_lies(&self, folder: &str) -> Checkout {
        let wanted = Wanted { content: Content::WorkingTree, ..wanted(None) };
        self.clone(&self.path(folder).display().to_string(), wanted).await.expect("cloned")
    }
}

pub(super) fn wanted(reference: Option<&str>) -> Wanted {
    let reference = reference.map(str::to_owned);
    Wanted { reference, content: Content::Committed, name: None, owner: "mona".to_owned() }
}

#[track_caller]
pub(super) fn git_in(folder: &Path, words: &[&str]) -> String {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).args(["-c", "user.name=mona", "-c", "user.email=mona@localhost"]).args(words);
    git.args([""; 0]).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C");
    for (name, _) in surroundings() {
        if !name.starts_with("GIT_CONFIG") {
            git.env_remove(name);
        }
    }
    let output = git.output().expect("git runs");
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// Returns what git says is uncommitted in a clone.
#[track_caller]
pub(super) fn status(checkout: &Checkout) -> String {
    git_in(checkout.path(), &["status", "--porcelain"])
}

pub(super) fn read(checkout: &Checkout, name: &str) -> String {
    std::fs::read_to_string(checkout.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(super) fn mode(path: &Path) -> u32 {
    path.symlink_metadata().expect("there").mode() & 0o777
}

#[track_caller]
pub(super) fn refused(result: Result<Checkout, RepositoryError>) -> (String, String) {
    let error = result.expect_err("refused");
    (error.to_string(), error.hint().unwrap_or_default())
}

#[tokio::test]
async fn a_clone_goes_when_it_is_dropped_and_with_it_the_folder_made_for_it() {
    let place = Place::new();
    place.repository("app");
    let checkout = place.committed("app").await;
    let (path, state) = (checkout.path().to_owned(), place.path("state"));
    assert!(path.starts_with(&state) && path.ends_with("app") && path.join("a").exists());
    assert_eq!(mode(&state), 0o700);
    drop(checkout);
    assert!(!path.exists() && !state.exists());
    let checkout = place.committed("app").await;
    place.write("state/journal", "kept");
    checkout.remove().await;
    assert_eq!(std::fs::read_dir(&state).expect("kept").count(), 1);
    // One that fails leaves nothing either.
    let failed = place.clone(&place.path("app").display().to_string(), wanted(Some("none"))).await;
    assert!(failed.is_err());
    assert_eq!(std::fs::read_dir(&state).expect("kept").count(), 1);
}
