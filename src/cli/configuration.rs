//! The configuration file of a repository: where it is in the clone, and its text.
//!
//! It is read on this machine, with its user's rights, so what is read has to lie in the clone.

use std::io::Read;
use std::path::{Component, Path};

use super::error::{CliError, Kind};
use crate::devcontainer::{Located, locate};
use crate::repository::Source;

/// The largest configuration that is read, in bytes.
pub(super) const LARGEST: usize = 1024 * 1024;

/// Returns the configuration's path in a clone.
pub(super) fn find(clone: &Path, source: &Source, wanted: Option<&str>) -> Result<String, CliError> {
    if let Some(wanted) = wanted {
        let parts = Path::new(wanted).components();
        let mut parts = parts.filter(|part| *part != Component::CurDir);
        if parts.all(|part| matches!(part, Component::Normal(_))) && is_there(clone, wanted) {
            return Ok(wanted.trim_start_matches("./").to_owned());
        }
        let message = format!("there is no configuration {wanted} in the repository");
        let hint = "give its path in the repository, as it is committed".to_owned();
        return Err(CliError::new(Kind::Usage, message, Some(hint)));
    }
    match look(clone) {
        Located::One(path) => Ok(path),
        Located::Several(paths) => {
            let hint = format!("choose one with --config: {}", paths.join(", "));
            Err(CliError::new(Kind::Usage, "the repository has several configurations", Some(hint)))
        }
        Located::None => Err(none(source)),
    }
}

fn look(folder: &Path) -> Located {
    let folders = std::fs::read_dir(folder.join(".devcontainer"))
        .map(|entries| entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect::<Vec<_>>());
    locate(|path| is_there(folder, path), &folders.unwrap_or_default())
}

/// A link counts, wherever it leads: [`read`] says what is wrong with it.
fn is_there(folder: &Path, path: &str) -> bool {
    folder.join(path).symlink_metadata().is_ok_and(|about| about.is_file() || about.is_symlink())
}

/// Returns the error for a repository without a configuration; where it is a folder of one that has a configuration, that one may be meant.
fn none(source: &Source) -> CliError {
    let top = source.top_around().filter(|top| look(top) != Located::None);
    let Some(top) = top.map(|top| top.display().to_string()) else {
        let hint = "commit a .devcontainer/devcontainer.json; for example {\"image\": \"mcr.microsoft.com/devcontainers/base:debian\"}";
        return CliError::new(Kind::Usage, "the repository has no devcontainer.json", Some(hint.to_owned()));
    };
    let message = format!("{} has no devcontainer.json", source.location);
    let quoted = if top.contains(|character: char| !character.is_ascii_alphanumeric() && !"/._-+".contains(character)) {
        format!("'{}'", top.replace('\'', r"'\''"))
    } else {
        top.clone()
    };
    let hint = format!("the repository around it, {top}, has one: `localspace up {quoted}`");
    CliError::new(Kind::Usage, message, Some(hint))
}

/// Reads the configuration at a path in a clone.
pub(super) fn read(clone: &Path, name: &str) -> Result<String, CliError> {
    let fail = |error: std::io::Error| CliError::new(Kind::Usage, format!("cannot read {name}: {error}"), None);
    let path = clone.join(name).canonicalize();
    let inside = clone.canonicalize().is_ok_and(|clone| path.as_ref().is_ok_and(|path| path.starts_with(clone)));
    if !inside && is_behind_link(clone, name) {
        let message = format!("{name} is a link that leads to no file of the repository: it is not read");
        let hint = "commit the file itself, or a link to one that is committed too".to_owned();
        return Err(CliError::new(Kind::Usage, message, Some(hint)));
    }
    let path = path.map_err(fail)?;
    let mut bytes = Vec::new();
    let most = u64::try_from(LARGEST).unwrap_or(u64::MAX).saturating_add(1);
    std::fs::File::open(&path).and_then(|file| file.take(most).read_to_end(&mut bytes)).map_err(fail)?;
    if bytes.len() > LARGEST {
        return Err(CliError::new(Kind::Usage, format!("{name} is larger than {LARGEST} bytes"), None));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line =
            error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|byte| **byte == b'\n').count();
        let message = format!("{name}:{}: the file is not UTF-8", line + 1);
        CliError::new(Kind::Usage, message, Some("store it as UTF-8".to_owned()))
    })
}

/// Tells whether a part of the path is a link.
fn is_behind_link(clone: &Path, name: &str) -> bool {
    Path::new(name).ancestors().any(|part| clone.join(part).is_symlink())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::repository::locate;

    fn clone() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join(".devcontainer")).expect("made");
        folder
    }

    #[test]
    fn a_link_out_of_the_clone_is_refused_and_not_read() {
        let outside = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(outside.path().join("devcontainer.json"), "secret").expect("written");
        let name = ".devcontainer/devcontainer.json";
        let check = |make: &dyn Fn(&Path)| {
            let clone = clone();
            make(clone.path());
            let source = locate(&clone.path().display().to_string()).expect("there");
            assert_eq!(find(clone.path(), &source, None).expect("found"), name);
            assert_eq!(find(clone.path(), &source, Some(name)).expect("found"), name);
            let error = read(clone.path(), name).expect_err("refused").text();
            assert!(error.contains("leads to no file of the repository"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        };
        check(&|clone| symlink(outside.path().join("devcontainer.json"), clone.join(name)).expect("linked"));
        check(&|clone| symlink("/nowhere/at/all", clone.join(name)).expect("linked"));
        check(&|clone| {
            std::fs::remove_dir(clone.join(".devcontainer")).expect("removed");
            symlink(outside.path(), clone.join(".devcontainer")).expect("linked");
        });
    }

    #[test]
    fn a_link_inside_the_clone_is_followed() {
        let clone = clone();
        std::fs::write(clone.path().join("base.json"), "{}").expect("written");
        symlink("../base.json", clone.path().join(".devcontainer/devcontainer.json")).expect("linked");
        assert_eq!(read(clone.path(), ".devcontainer/devcontainer.json").expect("read"), "{}");
    }

    #[test]
    fn a_folder_of_a_repository_with_a_configuration_is_told_of_it() {
        let top = clone();
        for folder in [".git/objects", ".git/refs", "src", "it's"] {
            std::fs::create_dir_all(top.path().join(folder)).expect("made");
        }
        std::fs::write(top.path().join(".git/HEAD"), "ref: refs/heads/main\n").expect("written");
        let text = |folder: &str| {
            let source = locate(&top.path().join(folder).display().to_string()).expect("there");
            find(clone().path(), &source, None).expect_err("none").text()
        };
        assert!(text("src").contains("commit a .devcontainer/devcontainer.json"), "{}", text("src"));
        std::fs::write(top.path().join(".devcontainer/devcontainer.json"), "{}").expect("written");
        let path = top.path().canonicalize().expect("a path").display().to_string();
        assert!(text("src").contains(&format!("`localspace up {path}`")), "{}", text("src"));
    }
}
