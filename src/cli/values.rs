//! The values of a hub's secrets that stand elsewhere: in a variable, in a file, or in what a command prints. No error shows one.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt;
use tokio::process::{ChildStderr, Command};

use super::error::{CliError, Kind};
use crate::github::MAX_VALUE;
use crate::github::hub::{HubSecret, ValueSource};
use crate::redact::{Redactor, Secret};
use crate::report::plain;
use crate::secret_store::KEY;

/// How long a command may take to print a value.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long what a program has said is waited for, once it has ended.
const GRACE: Duration = Duration::from_secs(1);

/// How much of it is shown, in bytes.
const MOST_SAID: u64 = 2048;

/// The most that is read: a value and a few line ends.
const MOST: u64 = MAX_VALUE as u64 + 16;

/// Returns a secret's value, as it is on this machine now.
pub(super) async fn get(
    secret: &HubSecret,
    environment: &BTreeMap<String, String>,
) -> Result<Secret<String>, CliError> {
    let folder = secret.place.as_ref().and_then(|place| Path::new(&place.file).parent()).unwrap_or(Path::new(""));
    of(&secret.value, folder, environment).await.map_err(|problem| {
        let place = secret.place.as_ref().map_or(String::new(), |place| format!("{place}: "));
        let message =
            format!("{place}the value of {} of {} cannot be had: {problem}", secret.name, secret.scope.owner());
        CliError::new(Kind::Usage, message, Some(hint(&secret.value)))
    })
}

/// Returns a value of a file in this folder, as it is on this machine now, or why it cannot be had.
pub(super) async fn of(
    source: &ValueSource,
    folder: &Path,
    environment: &BTreeMap<String, String>,
) -> Result<Secret<String>, String> {
    let got = match source {
        ValueSource::Given(value) => Ok(Secret::new(value.expose().clone().into_bytes())),
        ValueSource::Env(name) => match environment.get(name) {
            Some(value) => Ok(Secret::new(value.clone().into_bytes())),
            None => Err(format!("the variable {name} is not set")),
        },
        ValueSource::File(path) => read(path).map_err(|error| format!("cannot read {}: {error}", path.display())),
        ValueSource::Command(command) => print(command, folder).await,
    };
    got.and_then(|bytes| text(&bytes))
}

fn hint(source: &ValueSource) -> String {
    match source {
        ValueSource::Given(_) => "give it another value, or none: leave the secret out".to_owned(),
        ValueSource::File(_) => "the file holds the value and nothing else".to_owned(),
        ValueSource::Env(name) => format!("set {name} for this command, and for each `start` of the codespace"),
        ValueSource::Command(command) => format!("run it to see why: {command}"),
    }
}

/// Makes a value of what was read, as `$(…)` does in a shell: without the line ends at its end, which no login would take.
pub(super) fn text(bytes: &Secret<Vec<u8>>) -> Result<Secret<String>, String> {
    let text = std::str::from_utf8(bytes.expose()).map_err(|_| "it is no UTF-8".to_owned())?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.contains('\0') {
        return Err("it has a NUL in it, which no variable can hold".to_owned());
    }
    if text.len() > MAX_VALUE {
        return Err("it is larger than 48 KB, the most that GitHub takes".to_owned());
    }
    Ok(Secret::new(text.to_owned()))
}

fn read(path: &Path) -> std::io::Result<Secret<Vec<u8>>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MOST).read_to_end(&mut bytes)?;
    Ok(Secret::new(bytes))
}

/// Ends a command with all its processes where it is left before its end.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        let _gone = self.0.map(|group| kill_process_group(group, Signal::KILL));
    }
}

/// Runs a command in the folder of the hub's file. What it writes to standard error may be about a value, so nobody sees it.
async fn print(command: &str, folder: &Path) -> Result<Secret<Vec<u8>>, String> {
    let mut process = Command::new("/bin/sh");
    process.args(["-c", command]).stderr(Stdio::null());
    if !folder.as_os_str().is_empty() {
        process.current_dir(folder);
    }
    printed(process, "the command").await
}

/// Runs a program for the value that it prints. Where its standard error is a pipe, what it says there is shown if it fails; `called` is what it is
/// called then.
pub(super) async fn printed(mut process: Command, called: &str) -> Result<Secret<Vec<u8>>, String> {
    process.stdin(Stdio::null()).stdout(Stdio::piped()).env_remove(KEY);
    let spawned = process.process_group(0).kill_on_drop(true).spawn();
    let mut child = spawned.map_err(|error| format!("{called} cannot be run: {error}"))?;
    let mut group = Group(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw));
    let stdout = child.stdout.take();
    let saying = child.stderr.take().map(|stderr| tokio::spawn(said(stderr)));
    let printing = async {
        let mut bytes = Vec::new();
        if let Some(stdout) = stdout {
            stdout.take(MOST).read_to_end(&mut bytes).await?;
        }
        // What has printed more than a value is not waited for: it is ended.
        let status = if bytes.len() as u64 == MOST { None } else { Some(child.wait().await?) };
        Ok::<_, std::io::Error>((Secret::new(bytes), status))
    };
    let Ok(printed) = tokio::time::timeout(PATIENCE, printing).await else {
        return Err(format!("{called} has not ended after {} s", PATIENCE.as_secs()));
    };
    let (bytes, status) = printed.map_err(|error| error.to_string())?;
    match status {
        Some(status) if status.success() => {
            group.0 = None;
            Ok(bytes)
        }
        Some(status) => {
            let said = match saying {
                Some(saying) => {
                    tokio::time::timeout(GRACE, saying).await.map_or(String::new(), Result::unwrap_or_default)
                }
                None => String::new(),
            };
            let how = status.code().map_or("a signal".to_owned(), |code| format!("exit code {code}"));
            Err(format!("{called} ended with {how}{}", shown(&said, &bytes)))
        }
        None => Ok(bytes),
    }
}

/// Reads what a program says to people; what is too much is let go of.
async fn said(mut stderr: ChildStderr) -> String {
    let mut bytes = Vec::new();
    let _broken = (&mut stderr).take(MOST_SAID).read_to_end(&mut bytes).await;
    let _rest = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns what a program has said, on one line, without what it has printed.
fn shown(said: &str, printed: &Secret<Vec<u8>>) -> String {
    let printed = String::from_utf8_lossy(printed.expose());
    let redactor = Redactor::new(printed.lines().map(str::trim));
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() { String::new() } else { format!(", and said: {}", plain(&redactor.redact(&lines.join("; ")))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::hub::parse;

    fn got(value: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("hub.yaml");
        std::fs::write(folder.path().join("a.txt"), "of a file\r\n\n").expect("written");
        std::fs::write(folder.path().join("binary"), [0xff, 0xfe]).expect("written");
        let text = format!("repositories: {{a/b: }}\nsecrets:\n  - {{name: A, repository: a/b, {value}}}\n");
        let hub = parse(&text, &file.display().to_string()).expect("a hub");
        let environment =
            [("SET", "of a variable"), ("EMPTY", "")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let got = runtime.block_on(get(&hub.secrets[0], &environment.into()));
        let folder = format!("{}/", folder.path().display());
        got.map(|value| value.expose().clone()).map_err(|error| error.text().replace(&folder, ""))
    }

    #[test]
    fn a_value_is_had_from_where_the_file_says() {
        for (value, expected) in [
            ("value: given", "given"),
            ("value: \"given\\n\"", "given"),
            ("value_from: {env: SET}", "of a variable"),
            ("value_from: {file: a.txt}", "of a file"),
            ("value_from: {command: 'cat a.txt; printf \"\\n\\n\"'}", "of a file"),
            ("value_from: {command: 'printf \"a\\nb\\n\"'}", "a\nb"),
        ] {
            assert_eq!(got(value).as_deref(), Ok(expected), "{value}");
        }
        let most = format!("value_from: {{command: 'head -c {MAX_VALUE} /dev/zero | tr \"\\0\" x'}}");
        assert_eq!(got(&most).map(|value| value.len()), Ok(MAX_VALUE));
    }

    #[test]
    fn what_cannot_be_had_is_named_with_its_place_and_without_its_text() {
        let more = format!("value_from: {{command: 'head -c {} /dev/zero | tr \"\\0\" x'}}", MAX_VALUE + 1);
        for (value, words) in [
            ("value: ''", "it is empty"),
            ("value: \"hunter2\\0\"", "NUL"),
            ("value_from: {env: NOT_SET}", "the variable NOT_SET is not set"),
            ("value_from: {env: EMPTY}", "it is empty"),
            ("value_from: {file: none.txt}", "cannot read none.txt"),
            ("value_from: {file: binary}", "no UTF-8"),
            ("value_from: {command: 'echo hunter2; echo hunter2 >&2; exit 3'}", "exit code 3"),
            ("value_from: {command: 'kill -9 $$'}", "a signal"),
            ("value_from: {command: 'true'}", "it is empty"),
            ("value_from: {command: 'printf \"a\\000b\"'}", "NUL"),
            ("value_from: {command: 'yes'}", "larger than 48 KB"),
            (more.as_str(), "larger than 48 KB"),
        ] {
            let error = got(value).expect_err(value);
            assert!(
                error.starts_with("error: hub.yaml:3:12: the value of A of repository a/b cannot be had: "),
                "{error}"
            );
            let message = error.lines().next().unwrap_or_default();
            assert!(message.contains(words) && !message.contains("hunter2"), "{error}");
        }
    }
}
