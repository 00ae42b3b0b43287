//! A Feature of the repository: named inside its `.devcontainer` folder, which links may lead out of, and copied from where it lies.
#![allow(clippy::wildcard_enum_match_arm, reason = "the enums matched here are a library's, and may grow")]

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use super::error::Problem;
use super::tree::{Bounds, Fault, Tree};

/// The folder that local Features lie in.
const HOME: &str = ".devcontainer";
/// What makes a folder a Feature.
const METADATA: &str = "devcontainer-feature.json";
/// The largest one, in bytes.
const LARGEST: u64 = 1 << 20;

/// Returns the real folder of a Feature at `path` in the folder `root`. A link may lead to anywhere in the repository, whose top is `top`.
pub(super) fn find(root: &Path, top: &Path, path: &str) -> Result<PathBuf, Problem> {
    let fail = |reason: &str, hint: &str| Problem::Local {
        path: path.to_owned(),
        reason: reason.to_owned(),
        hint: hint.to_owned(),
    };
    let inside = "a Feature of the repository is named in its .devcontainer folder, and lies in the repository";
    if !is_named_inside(path) {
        return Err(fail("it leads out of the .devcontainer folder", inside));
    }
    let top = top.canonicalize().map_err(Problem::disk("look into", top))?;
    let found = root.join(path).canonicalize().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => fail(
            "there is no such folder in the repository",
            "look at the id: it is a path from the configuration's folder",
        ),
        _ => Problem::disk("look into", &root.join(path))(error),
    })?;
    if !found.starts_with(&top) {
        return Err(fail("it is a link that leads out of the repository", inside));
    }
    if !found.is_dir() {
        return Err(fail("it is no folder", inside));
    }
    Ok(found)
}

/// Tells whether a path is that of something in [`HOME`], as it is written.
fn is_named_inside(path: &str) -> bool {
    let mut parts = Path::new(path).components().filter(|part| *part != Component::CurDir);
    parts.next() == Some(Component::Normal(HOME.as_ref()))
        && parts.next().is_some_and(|part| matches!(part, Component::Normal(_)))
        && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// Reads what a Feature's folder says of it.
pub(super) fn metadata(folder: &Path, subject: &str) -> Result<String, Problem> {
    let fail = |reason: String| Problem::NotAFeature { subject: subject.to_owned(), reason };
    let path = folder.join(METADATA);
    let about = match path.symlink_metadata() {
        Ok(about) => about,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(fail(format!("it has no {METADATA}"))),
        Err(error) => return Err(Problem::disk("read", &path)(error)),
    };
    // Opening what is no file may never end.
    let is_file = about.is_file() || (about.is_symlink() && leads_inside(&path, folder));
    if !is_file {
        return Err(fail(format!("its {METADATA} is no file in its folder")));
    }
    let mut text = Vec::new();
    let file = File::open(&path).map_err(Problem::disk("read", &path))?;
    file.take(LARGEST + 1).read_to_end(&mut text).map_err(Problem::disk("read", &path))?;
    if text.len() as u64 > LARGEST {
        return Err(fail(format!("its {METADATA} has more than {LARGEST} bytes")));
    }
    String::from_utf8(text).map_err(|_| fail(format!("its {METADATA} is no UTF-8")))
}

fn leads_inside(link: &Path, folder: &Path) -> bool {
    let real = (link.canonicalize(), folder.canonicalize());
    matches!(real, (Ok(link), Ok(folder)) if link.starts_with(&folder) && link.is_file())
}

/// Copies a Feature's folder into an empty one. Links are copied as links.
pub(super) fn copy(folder: &Path, into: &Path, bounds: Bounds, path: &str) -> Result<(), Problem> {
    let mut tree = Tree::new(into, bounds);
    let mut waiting = vec![PathBuf::new()];
    while let Some(inner) = waiting.pop() {
        let outer = folder.join(&inner);
        let entries = std::fs::read_dir(&outer).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        for entry in entries.map_err(Problem::disk("read", &outer))? {
            let inner = inner.join(entry.file_name());
            let about = entry.metadata().map_err(Problem::disk("read", &entry.path()))?;
            if about.is_dir() {
                waiting.push(inner.clone());
            }
            write(&mut tree, &inner, &entry.path(), &about).map_err(|fault| match fault {
                Fault::Refused(reason) => Problem::Local {
                    path: Path::new(path).join(&inner).display().to_string(),
                    reason,
                    hint: "only what lies in a Feature's own folder is taken".to_owned(),
                },
                Fault::Disk(error) => Problem::disk("copy", &entry.path())(error),
            })?;
        }
    }
    Ok(())
}

fn write(tree: &mut Tree<'_>, inner: &Path, outer: &Path, about: &Metadata) -> Result<(), Fault> {
    if about.is_dir() {
        tree.folder(inner)
    } else if about.is_symlink() {
        tree.link(inner, &outer.read_link()?)
    } else if about.is_file() {
        tree.file(inner, about.permissions().mode(), &mut File::open(outer)?)
    } else {
        Err(Fault::Refused("it is no file, folder or link".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::super::tree::BOUNDS;
    use super::*;

    fn repository() -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("repository");
        std::fs::create_dir_all(root.join(".devcontainer/f/lib")).expect("made");
        std::fs::write(root.join(".devcontainer/f").join(METADATA), "{}").expect("written");
        std::fs::create_dir(folder.path().join("outside")).expect("made");
        std::fs::write(folder.path().join("outside").join(METADATA), "{}").expect("written");
        (folder, root)
    }

    #[test]
    fn a_feature_is_named_inside_devcontainer_and_lies_in_the_repository() {
        let (folder, root) = repository();
        let inside = root.join(".devcontainer");
        symlink("f", inside.join("same")).expect("linked");
        symlink("../../outside", inside.join("out")).expect("linked");
        symlink(folder.path().join("outside"), inside.join("absolute")).expect("linked");
        symlink("..", inside.join("up")).expect("linked");
        symlink("round", inside.join("round")).expect("linked");
        std::fs::write(inside.join("file"), "").expect("written");
        std::fs::create_dir_all(root.join("src/f")).expect("made");
        symlink("../src", inside.join("shared")).expect("linked");
        for (path, expected) in [
            (".devcontainer/f", "found"),
            (".devcontainer/same", "found"),
            (".devcontainer/f/", "found"),
            (".devcontainer/shared/f", "found"),
            (".devcontainer/out", "leads out of the repository"),
            (".devcontainer/absolute", "leads out of the repository"),
            (".devcontainer/../src", "leads out of the .devcontainer folder"),
            (".devcontainer/f/../../src", "leads out of the .devcontainer folder"),
            (".devcontainer", "leads out of the .devcontainer folder"),
            ("src/f", "leads out of the .devcontainer folder"),
            ("/etc", "leads out of the .devcontainer folder"),
            (".devcontainer/gone", "no such folder"),
            (".devcontainer/file", "it is no folder"),
            (".devcontainer/file/x", "no such folder"),
            (".devcontainer/round", "cannot look into"),
        ] {
            match find(&root, &root, path) {
                Ok(found) => assert!(expected == "found" && found.ends_with("f"), "{path}: {found:?}"),
                Err(problem) => assert!(problem.to_string().contains(expected), "{path}: {problem}"),
            }
        }
        std::fs::rename(&inside, folder.path().join("moved")).expect("moved");
        symlink("../moved", &inside).expect("linked");
        let out = |top: &Path| find(&root, top, ".devcontainer/f").map_err(|problem| problem.to_string());
        assert!(out(&root).is_err_and(|problem| problem.contains("out of the repository")));
        // The folder that is opened is one of a larger repository.
        assert!(out(folder.path()).is_ok_and(|found| found.ends_with("moved/f")));
    }

    #[test]
    fn what_a_folder_says_is_read_from_a_file_of_its_own() {
        let (folder, root) = repository();
        let feature = root.join(".devcontainer/f");
        let file = feature.join(METADATA);
        assert_eq!(metadata(&feature, "./f").expect("read"), "{}");
        std::fs::rename(&file, feature.join("lib/real.json")).expect("moved");
        let read = || metadata(&feature, "./f").map_err(|problem| problem.to_string());
        assert_eq!(read(), Err("./f is no Feature: it has no devcontainer-feature.json".to_owned()));
        symlink("lib/real.json", &file).expect("linked");
        assert_eq!(read().as_deref(), Ok("{}"));
        let replace = |make: &dyn Fn()| {
            std::fs::remove_file(&file).expect("removed");
            make();
        };
        replace(&|| symlink(folder.path().join("outside").join(METADATA), &file).expect("linked"));
        assert!(read().is_err_and(|problem| problem.contains("no file in its folder")));
        replace(&|| std::fs::write(&file, b"\xff").expect("written"));
        assert!(read().is_err_and(|problem| problem.contains("no UTF-8")));
        replace(&|| File::create(&file).and_then(|file| file.set_len(LARGEST + 1)).expect("made"));
        assert!(read().is_err_and(|problem| problem.contains("more than 1048576 bytes")));
        replace(&|| drop(std::os::unix::net::UnixListener::bind(&file).expect("bound")));
        assert!(read().is_err_and(|problem| problem.contains("no file in its folder")));
    }

    #[test]
    fn a_folder_is_copied_and_not_left() {
        let (folder, root) = repository();
        let feature = root.join(".devcontainer/f");
        std::fs::write(feature.join("lib/run"), "x").expect("written");
        std::fs::set_permissions(feature.join("lib/run"), PermissionsExt::from_mode(0o755)).expect("set");
        symlink("../lib/run", feature.join("lib/link")).expect("linked");
        let into = folder.path().join("into");
        std::fs::create_dir(&into).expect("made");
        copy(&feature, &into, BOUNDS, "./f").expect("copied");
        assert_eq!(into.join("lib/run").metadata().expect("there").permissions().mode() & 0o777, 0o755);
        assert_eq!(std::fs::read_to_string(into.join("lib/link")).expect("there"), "x");
        for (name, target) in [("a", "../../../../outside"), ("b", "/etc/passwd")] {
            symlink(target, feature.join(name)).expect("linked");
            let again = tempfile::tempdir().expect("a folder");
            let problem = copy(&feature, again.path(), BOUNDS, "./f").expect_err("refused").to_string();
            assert!(problem.starts_with(&format!("./f/{name}: it is a link that leads out")), "{problem}");
            std::fs::remove_file(feature.join(name)).expect("removed");
        }
        let _socket = std::os::unix::net::UnixListener::bind(feature.join("socket")).expect("bound");
        let again = tempfile::tempdir().expect("a folder");
        let problem = copy(&feature, again.path(), BOUNDS, "./f").expect_err("refused").to_string();
        assert_eq!(problem, "./f/socket: it is no file, folder or link");
    }
}
