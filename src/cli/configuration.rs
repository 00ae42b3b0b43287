//! The configuration file of a repository: where it is in the clone, and its text.
//!
//! It is read on this machine, with its user's rights, so what is read has to lie in the clone.

use std::io::{ErrorKind, Read};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use super::error::{CliError, Kind};
use crate::devcontainer::{ConfigError, Located, locate};
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

/// Returns the path of the one configuration of a repository; nothing where there is none, or a choice.
pub(super) fn only(folder: &Path) -> Option<String> {
    match look(folder) {
        Located::One(path) => Some(path),
        Located::Several(_) | Located::None => None,
    }
}

fn look(folder: &Path) -> Located {
    let folders = std::fs::read_dir(folder.join(".devcontainer"))
        .map(|entries| entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect::<Vec<_>>());
    locate(|path| is_there(folder, path), &folders.unwrap_or_default())
}

/// Whatever is there counts, and what cannot be looked at: [`read`] says what is wrong with it.
fn is_there(folder: &Path, path: &str) -> bool {
    let about = folder.join(path).symlink_metadata();
    about.map_or_else(|error| !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory), |_| true)
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

/// Why a file cannot be read as a configuration.
#[derive(Debug)]
pub(super) enum Fault {
    /// Something stands in it.
    Inside(Box<ConfigError>),
    /// It is no file that can be read.
    Whole {
        /// Its path, for people.
        file: String,
        /// What is wrong with it.
        problem: String,
        /// What to do about it.
        hint: String,
    },
}

impl Fault {
    fn whole(file: &str, problem: impl Into<String>, hint: &str) -> Self {
        Self::Whole { file: file.to_owned(), problem: problem.into(), hint: hint.to_owned() }
    }

    fn of_disk(file: &str, error: &std::io::Error) -> Self {
        if error.kind() == ErrorKind::NotFound {
            return Self::whole(file, "there is no such file", "look at its path");
        }
        let hint = if error.kind() == ErrorKind::PermissionDenied {
            "give yourself the right to read it and the folders that it lies in"
        } else {
            "look at the disk that it lies on"
        };
        Self::whole(file, format!("it cannot be read: {error}"), hint)
    }

    /// Says that a configuration is larger than it may be.
    pub(super) fn too_large(file: &str) -> Self {
        let hint = "a configuration has a few kilobytes; move what is large into files that it names";
        Self::whole(file, format!("it is larger than {LARGEST} bytes"), hint)
    }
}

impl From<ConfigError> for Fault {
    fn from(error: ConfigError) -> Self {
        Self::Inside(Box::new(error))
    }
}

impl From<Fault> for CliError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Inside(error) => (*error).into(),
            Fault::Whole { file, problem, hint } => Self::new(Kind::Usage, format!("{file}: {problem}"), Some(hint)),
        }
    }
}

/// Reads the configuration at a path in a clone.
pub(super) fn read(clone: &Path, name: &str) -> Result<String, Fault> {
    let fail = |error: std::io::Error| Fault::of_disk(name, &error);
    let path = clone.join(name).canonicalize();
    let inside = clone.canonicalize().is_ok_and(|clone| path.as_ref().is_ok_and(|path| path.starts_with(clone)));
    if !inside && is_behind_link(clone, name) {
        let problem = "it is a link that leads to no file of the repository, and is not read";
        return Err(Fault::whole(name, problem, "commit the file itself, or a link to one that is committed too"));
    }
    let path = path.map_err(fail)?;
    let about = path.metadata().map_err(fail)?;
    if !about.is_file() {
        let problem = if about.is_dir() { "it is a folder, not a file" } else { "it is no file" };
        return Err(Fault::whole(name, problem, "move it away, or put a configuration in its place"));
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(LARGEST).unwrap_or(u64::MAX).saturating_add(1);
    std::fs::File::open(&path).and_then(|file| file.take(most).read_to_end(&mut bytes)).map_err(fail)?;
    if bytes.len() > LARGEST {
        return Err(Fault::too_large(name));
    }
    text(bytes, name)
}

/// Returns a configuration's text, which is UTF-8.
pub(super) fn text(bytes: Vec<u8>, name: &str) -> Result<String, Fault> {
    let utf_16 = utf_16(&bytes);
    let bytes = match String::from_utf8(bytes) {
        Ok(text) if utf_16.is_none() => return Ok(text),
        Ok(text) => text.into_bytes(),
        Err(error) => error.into_bytes(),
    };
    let fail = |text: String, span: Range<usize>, problem: String, from: &str| {
        let hint = Some(format!("store it as UTF-8: iconv -f {from} -t UTF-8 {name} >new && mv new {name}"));
        Err(ConfigError { file: name.to_owned(), text, span, problem, hint }.into())
    };
    if let Some(text) = utf_16 {
        return fail(text, 0..0, "the file is UTF-16, not UTF-8".to_owned(), "UTF-16");
    }
    let mut shown = String::new();
    let mut first = None;
    for chunk in bytes.utf8_chunks() {
        shown.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let start = shown.len();
            shown.push(char::from(*byte));
            first.get_or_insert((start..shown.len(), *byte));
        }
    }
    let (span, byte) = first.unwrap_or((0..0, 0));
    let latin = if byte < 0xA0 { String::new() } else { format!(", which is {} in Latin-1", char::from(byte)) };
    fail(shown, span, format!("the file is not UTF-8: there is the byte 0x{byte:02X}{latin}"), "ISO-8859-1")
}

/// Returns the text of what is UTF-16, with a mark at its start or with the first character of every configuration.
fn utf_16(bytes: &[u8]) -> Option<String> {
    let pair = |order: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(order).collect();
        String::from_utf16_lossy(&units).trim_start_matches('\u{feff}').to_owned()
    };
    match bytes {
        [0xFF, 0xFE, ..] | [b'{', 0, ..] => Some(pair(u16::from_le_bytes)),
        [0xFE, 0xFF, ..] | [0, b'{', ..] => Some(pair(u16::from_be_bytes)),
        _ => None,
    }
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
            let error = CliError::from(read(clone.path(), name).expect_err("refused")).text();
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
    fn what_is_no_file_is_no_silence() {
        let name = ".devcontainer/devcontainer.json";
        let check = |make: &dyn Fn(&Path), expected: &str| {
            let clone = clone();
            make(&clone.path().join(name));
            let source = locate(&clone.path().display().to_string()).expect("there");
            assert_eq!(found(clone.path(), &source, None).expect("found").as_deref(), Some(name));
            let error = CliError::from(read(clone.path(), name).expect_err("no file")).text();
            assert!(error.contains(expected) && error.contains("hint: "), "{error}");
        };
        check(&|path| std::fs::create_dir(path).expect("made"), "devcontainer.json: it is a folder, not a file");
        let socket = |path: &Path| drop(std::os::unix::net::UnixListener::bind(path).expect("bound"));
        check(&socket, "devcontainer.json: it is no file");
        let large = |path: &Path| std::fs::write(path, " ".repeat(LARGEST + 1)).expect("written");
        check(&large, "it is larger than 1048576 bytes");
    }

    #[test]
    fn another_encoding_is_named_with_its_place() {
        let wrong = |bytes: &[u8]| CliError::from(text(bytes.to_vec(), "d.json").expect_err("not UTF-8")).text();
        let latin = wrong(b"{\n  \"name\": \"caf\xE9\"\n}");
        let line = "error: d.json:2:15: the file is not UTF-8: there is the byte 0xE9, which is \u{e9} in Latin-1\n";
        assert!(latin.starts_with(line), "{latin}");
        assert!(latin.contains("  \"name\": \"caf\u{e9}\"\n") && latin.contains(" ^\n"), "{latin}");
        assert!(wrong(b"{\"a\": \"\x93\"}").contains("the byte 0x93\n"), "{}", wrong(b"{\"a\": \"\x93\"}"));
        let units = |mark: &str, order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            format!("{mark}{{\"a\": 1}}").encode_utf16().flat_map(order).collect()
        };
        for mark in ["\u{feff}", ""] {
            for bytes in [units(mark, u16::to_le_bytes), units(mark, u16::to_be_bytes)] {
                let error = wrong(&bytes);
                assert!(error.contains("d.json:1:1: the file is UTF-16") && error.contains("{\"a\": 1}"), "{error}");
            }
        }
        assert_eq!(text(b"\xEF\xBB\xBF{}".to_vec(), "d").ok().as_deref(), Some("\u{feff}{}"));
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
