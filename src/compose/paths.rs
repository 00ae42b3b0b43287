//! Where a path leads: into the repository, or out of it.

use std::path::{Component, Path, PathBuf};

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// To something in the repository: its path there, links followed.
    Inside(PathBuf),
    /// To nothing yet, in the repository: its path there.
    Missing(PathBuf),
    /// Out of the repository.
    Outside,
}

/// Returns where an absolute path leads, seen from the repository's folder, which is given without links.
pub fn way(root: &Path, path: &Path) -> Way {
    let path = &flat(path);
    let Ok(below) = path.strip_prefix(root) else { return Way::Outside };
    if let Ok(real) = path.canonicalize() {
        return real.strip_prefix(root).map_or(Way::Outside, |below| Way::Inside(below.to_owned()));
    }
    // A link that leads nowhere may lead out all the same.
    if path.ancestors().take_while(|part| part.starts_with(root)).any(Path::is_symlink) {
        return Way::Outside;
    }
    Way::Missing(below.to_owned())
}

/// Returns a path without `.` and `..`, as compose takes them away: links are not looked at.
pub(super) fn flat(path: &Path) -> PathBuf {
    let mut flat = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(flat.pop()),
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => flat.push(part),
        }
    }
    flat
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_path_leads_into_the_repository_or_out_of_it() {
        let outside = tempfile::tempdir().expect("a folder");
        let top = outside.path().canonicalize().expect("there");
        let root = top.join("app");
        std::fs::create_dir_all(root.join("a/b")).expect("made");
        std::fs::write(top.join("secret"), "").expect("written");
        symlink("../secret", root.join("out")).expect("linked");
        symlink("..", root.join("up")).expect("linked");
        symlink("a/b", root.join("in")).expect("linked");
        symlink("/nowhere", root.join("dangling")).expect("linked");
        let check = |path: &str, expected: Way| assert_eq!(way(&root, &root.join(path)), expected, "{path}");
        check("a/b", Way::Inside("a/b".into()));
        check("in", Way::Inside("a/b".into()));
        check("a/../a/./b/", Way::Inside("a/b".into()));
        check("", Way::Inside(PathBuf::new()));
        check("a/data", Way::Missing("a/data".into()));
        for path in ["..", "../app2", "../secret", "/etc/passwd", "out", "up/secret", "up/x", "dangling", "dangling/x"]
        {
            check(path, Way::Outside);
        }
    }
}
