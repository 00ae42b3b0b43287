//! A repository's files for `config --check`: what leads out of the repository is none of them.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use super::place::Place;
use crate::cli::configuration;
use crate::devcontainer::{Named, RepositoryFiles, Script};

/// How much of a script is looked at, in bytes.
const START: u64 = 64 * 1024;

/// How many folders of `.devcontainer` are looked into for what is misplaced.
const MOST: usize = 200;

/// The files around a configuration.
#[derive(Debug)]
pub(super) struct Files<'a> {
    pub(super) place: &'a Place,
}

impl Files<'_> {
    /// Returns a path from the repository's top, of one that is given from the folder that is opened.
    pub(super) fn as_from_top(&self, path: &str) -> String {
        joined(&self.place.inside(), path).map_or_else(|| path.to_owned(), |whole| whole.display().to_string())
    }
}

impl RepositoryFiles for Files<'_> {
    fn script(&self, path: &str) -> Option<Script> {
        let folder = self.place.files();
        let whole = folder.join(path).canonicalize().ok()?;
        let about = whole.metadata().ok()?;
        if !about.is_file() || !whole.starts_with(folder.canonicalize().ok()?) {
            return None;
        }
        let mut start = Vec::new();
        std::fs::File::open(&whole).ok()?.take(START).read_to_end(&mut start).ok()?;
        Some(Script { start, is_executable: about.permissions().mode() & 0o111 != 0 })
    }

    fn beside(&self, path: &str) -> Named {
        let config = self.place.path();
        let path = joined(config.parent().unwrap_or(Path::new("")), path);
        let Some(path) = path.filter(|path| self.place.root().join(path).is_file()) else { return Named::Missing };
        match path.to_str().map(|name| configuration::read(self.place.root(), name)) {
            Some(Ok(text)) => Named::There { path: self.as_from_folder(&path), text },
            Some(Err(_)) | None => Named::Unreadable,
        }
    }

    fn text(&self, path: &str) -> Option<String> {
        let folder = self.place.files();
        folder.join(path).is_file().then(|| configuration::read(folder, path).ok()).flatten()
    }

    fn misplaced(&self) -> Vec<String> {
        let folder = self.place.files();
        let is_there = |path: &String| folder.join(path).is_file();
        let mut found: Vec<String> = ["devcontainer.json", ".devcontainer/devcontainer.jsonc"]
            .map(str::to_owned)
            .into_iter()
            .filter(is_there)
            .collect();
        for outer in folders(&folder.join(".devcontainer")) {
            let inner = folders(&folder.join(".devcontainer").join(&outer)).into_iter();
            found
                .extend(inner.map(|inner| format!(".devcontainer/{outer}/{inner}/devcontainer.json")).filter(is_there));
        }
        found
    }
}

impl Files<'_> {
    /// Returns a path from the folder that is opened, of one from the repository's top.
    fn as_from_folder(&self, path: &Path) -> String {
        let inside = self.place.inside();
        match path.strip_prefix(&inside) {
            Ok(path) => path.display().to_string(),
            Err(_) => "../".repeat(inside.components().count()) + &path.display().to_string(),
        }
    }
}

/// Returns the names of a folder's folders, in order.
fn folders(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().take(MOST);
    let is_folder = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    let mut names: Vec<String> =
        entries.filter(is_folder).filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// Returns a path that is given from a folder, without `.` and `..`; nothing where it leads out of the top.
pub(super) fn joined(folder: &Path, path: &str) -> Option<PathBuf> {
    let mut whole = folder.to_owned();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(part) => whole.push(part),
            Component::CurDir => {}
            Component::ParentDir => {
                if !whole.pop() {
                    return None;
                }
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_configuration_names_lies_beside_it_and_in_the_repository() {
        for (path, expected) in [
            ("Dockerfile", Some(".devcontainer/Dockerfile")),
            ("./a/../Dockerfile", Some(".devcontainer/Dockerfile")),
            ("../docker/Dockerfile", Some("docker/Dockerfile")),
            ("../../Dockerfile", None),
            ("/etc/passwd", None),
        ] {
            assert_eq!(joined(Path::new(".devcontainer"), path).as_deref(), expected.map(Path::new), "{path}");
        }
    }
}
