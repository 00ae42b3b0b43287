//! The configuration file of a repository: where it is in the clone, and its text.
//!
//! It is read on this machine, with its user's rights, so what is read has to lie in the clone.

use std::io::Read;
use std::path::{Component, Path, PathBuf};

use super::error::{CliError, Kind};
use crate::devcontainer::{Located, locate};
use crate::report::plain;
use crate::repository::Source;
use crate::ui::Ui;

/// The largest configuration that is read, in bytes.
pub(super) const LARGEST: usize = 1024 * 1024;

/// Returns the configuration's path in a clone; nothing where there is none. Of several, a person is asked which one is meant.
pub(super) async fn find(
    ui: &mut Ui,
    clone: &Path,
    source: &Source,
    wanted: Option<&str>,
) -> Result<Option<String>, CliError> {
    if let Some(wanted) = wanted {
        let parts = Path::new(wanted).components();
        let mut parts = parts.filter(|part| *part != Component::CurDir);
        if parts.all(|part| matches!(part, Component::Normal(_))) && is_there(clone, wanted) {
            return Ok(Some(wanted.trim_start_matches("./").to_owned()));
        }
        let message = format!("there is no configuration {wanted} in the repository");
        let hint = "give its path in the repository, as it is committed".to_owned();
        return Err(CliError::new(Kind::Usage, message, Some(hint)));
    }
    match look(clone) {
        Located::One(path) => Ok(Some(path)),
        Located::Several(paths) => {
            let question = "the repository has several configurations:";
            let shown: Vec<String> = paths.iter().map(|path| plain(path).into_owned()).collect();
            if let Ok(Some(chosen)) = ui.choose(question, &shown).await {
                return Ok(paths.get(chosen).cloned());
            }
            let hint = format!("choose one with --config: {}", paths.join(", "));
            Err(CliError::new(Kind::Usage, "the repository has several configurations", Some(hint)))
        }
        Located::None => none(source).map_or(Ok(None), Err),
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

/// Returns the error for a folder of a repository that has no configuration where the one around it has: that one may be meant.
fn none(source: &Source) -> Option<CliError> {
    let top = source.top_around().filter(|top| look(top) != Located::None)?.display().to_string();
    let message = format!("{} has no devcontainer.json", source.location);
    let quoted = if top.contains(|character: char| !character.is_ascii_alphanumeric() && !"/._-+".contains(character)) {
        format!("'{}'", top.replace('\'', r"'\''"))
    } else {
        top.clone()
    };
    let hint = format!("the repository around it, {top}, has one: `localspace up {quoted}`");
    Some(CliError::new(Kind::Usage, message, Some(hint)))
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
        return Err(too_large(name));
    }
    text(bytes, name)
}

/// Says that a configuration is larger than it may be.
pub(super) fn too_large(name: &str) -> CliError {
    CliError::new(Kind::Usage, format!("{name} is larger than {LARGEST} bytes"), None)
}

/// Returns a configuration's text.
pub(super) fn text(bytes: Vec<u8>, name: &str) -> Result<String, CliError> {
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

/// Returns a path from the root, without `.` and `..`, links as they are: what the reference calls a folder.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, CliError> {
    let mut whole = PathBuf::new();
    for part in std::path::absolute(path)?.components() {
        if part == Component::ParentDir {
            whole.pop();
        } else {
            whole.push(part);
        }
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::repository::locate;
    use crate::ui::{Facts, Stream};

    fn clone() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join(".devcontainer")).expect("made");
        folder
    }

    fn found(clone: &Path, source: &Source, wanted: Option<&str>) -> Result<Option<String>, CliError> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let facts = Facts::of_process(|_| None);
        let facts = Facts { stdin: Stream::Other, ..facts };
        runtime.block_on(find(&mut Ui::new(&facts), clone, source, wanted))
    }

    #[test]
    fn several_configurations_are_listed_where_nobody_can_be_asked() {
        let clone = clone();
        for name in ["a", "b"] {
            std::fs::create_dir(clone.path().join(".devcontainer").join(name)).expect("made");
            std::fs::write(clone.path().join(format!(".devcontainer/{name}/devcontainer.json")), "{}")
                .expect("written");
        }
        let source = locate(&clone.path().display().to_string()).expect("there");
        let error = found(clone.path(), &source, None).expect_err("several").text();
        let both = "--config: .devcontainer/a/devcontainer.json, .devcontainer/b/devcontainer.json";
        assert!(error.contains(both), "{error}");
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
            assert_eq!(found(clone.path(), &source, None).expect("found").as_deref(), Some(name));
            assert_eq!(found(clone.path(), &source, Some(name)).expect("found").as_deref(), Some(name));
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
        let source = |folder: &str| locate(&top.path().join(folder).display().to_string()).expect("there");
        assert_eq!(found(clone().path(), &source("src"), None).expect("none is no error"), None);
        let text = |folder: &str| found(clone().path(), &source(folder), None).expect_err("another one").text();
        std::fs::write(top.path().join(".devcontainer/devcontainer.json"), "{}").expect("written");
        let path = top.path().canonicalize().expect("a path").display().to_string();
        assert!(text("src").contains(&format!("`localspace up {path}`")), "{}", text("src"));
    }
}
