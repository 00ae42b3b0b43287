//! The user's Docker configuration, as far as it knows logins: `auths`, `credHelpers`, `credsStore`.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

use super::credential::{Credential, Found, Login, Origin};
use crate::github::RegistryServer;
use crate::redact::Secret;

/// How long a helper may take; one may ask the user to unlock its store.
const HELPER_WITHIN: Duration = Duration::from_mins(1);

/// The user's Docker configuration.
#[derive(Debug, Default)]
pub(super) struct DockerConfig {
    config: Map<String, Value>,
    /// Why it could not be read.
    fault: Option<String>,
}

impl DockerConfig {
    /// Reads the one in `folder`; one that is not there is empty.
    pub(super) fn read(folder: &Path) -> Self {
        let path = folder.join("config.json");
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text, &path),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(error) => Self { fault: Some(format!("{}: {error}", path.display())), ..Self::default() },
        }
    }

    fn parse(text: &str, path: &Path) -> Self {
        // No text of it is told: it may hold passwords.
        let fault = |line, column| Self {
            fault: Some(format!("{}:{line}:{column}: no JSON object", path.display())),
            ..Self::default()
        };
        match serde_json::from_str(text) {
            Ok(Value::Object(config)) => Self { config, fault: None },
            Ok(_) => fault(1, 1),
            Err(error) => fault(error.line(), error.column()),
        }
    }

    /// Returns the login for a registry. A helper of that registry comes first, then the helper for all, then what the file itself holds
    /// (reference CLI; Docker would not look into the file where there is a helper).
    pub(super) async fn login(&self, server: &RegistryServer) -> Found {
        let mut found = Found { login: None, notes: self.fault.iter().cloned().collect() };
        if let Some(helper) = self.helper(server) {
            match ask(&program(helper), helper, server.config_key()).await {
                Ok(login) => found.login = login,
                Err(note) => found.notes.push(note),
            }
        }
        if found.login.is_none() {
            found.login = self.of_file(server);
        }
        found
    }

    fn helper(&self, server: &RegistryServer) -> Option<&str> {
        let own = self.config.get("credHelpers").and_then(Value::as_object).and_then(|all| of_server(all, server));
        let name = own.or_else(|| self.config.get("credsStore")).and_then(Value::as_str)?;
        // It is the name of a program in PATH, and nothing else.
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        Some(name).filter(|name| !name.is_empty() && name.bytes().all(is_name))
    }

    fn of_file(&self, server: &RegistryServer) -> Option<Login> {
        let entry = of_server(self.config.get("auths")?.as_object()?, server)?;
        let text = |name: &str| entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let login = |credential| Some(Login { origin: Origin::DockerConfig, credential });
        if let Some(token) = text("identitytoken") {
            return login(Credential::Refresh(Secret::new(token.to_owned())));
        }
        let pair = text("auth").and_then(decode);
        let pair = pair.or_else(|| Some((text("username")?.to_owned(), Secret::new(text("password")?.to_owned()))));
        pair.and_then(|(user, password)| login(Credential::Password { user, password }))
    }
}

/// Returns the entry of a server, under whatever form of its name; its own form is preferred.
fn of_server<'a>(entries: &'a Map<String, Value>, server: &RegistryServer) -> Option<&'a Value> {
    let exact = entries.get(server.config_key());
    exact.or_else(|| entries.iter().find(|(key, _)| RegistryServer::normalise(key) == *server).map(|(_, entry)| entry))
}

fn decode(auth: &str) -> Option<(String, Secret<String>)> {
    let bytes = STANDARD.decode(auth.trim()).ok()?;
    let text = Secret::new(String::from_utf8(bytes).ok()?);
    let (user, password) = text.expose().split_once(':')?;
    Some((user.to_owned(), Secret::new(password.trim_end_matches('\0').to_owned())))
}

fn program(helper: &str) -> String {
    format!("docker-credential-{helper}")
}

/// Asks a credential helper, by the protocol of docker-credential-helpers: the server on its input, JSON on its output.
async fn ask(program: &str, helper: &str, server: &str) -> Result<Option<Login>, String> {
    let mut command = Command::new(program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| format!("{program} cannot be run: {error}"))?;
    let mut input = child.stdin.take();
    let answering = async {
        if let Some(input) = &mut input {
            // One that does not read what it is asked has answered already.
            let _asked = input.write_all(server.as_bytes()).await;
        }
        drop(input);
        child.wait_with_output().await
    };
    match timeout(HELPER_WITHIN, answering).await {
        Err(_) => Err(format!("{program} did not answer within {} seconds", HELPER_WITHIN.as_secs())),
        Ok(Err(error)) => Err(format!("{program} cannot be run: {error}")),
        Ok(Ok(output)) if output.status.success() => {
            let answer = Secret::new(output.stdout);
            read_answer(helper, answer.expose())
                .map(Some)
                .ok_or_else(|| format!("{program} gave no login that can be read"))
        }
        Ok(Ok(output)) => {
            not_found(&output.stdout).then_some(None).ok_or_else(|| format!("{program} failed: {}", output.status))
        }
    }
}

fn read_answer(helper: &str, answer: &[u8]) -> Option<Login> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    let (user, secret) = (text("Username")?, Secret::new(text("Secret")?.to_owned()));
    let credential = match user {
        // Docker's sign that the secret is a token for tokens.
        "<token>" => Credential::Refresh(secret),
        user => Credential::Password { user: user.to_owned(), password: secret },
    };
    Some(Login { origin: Origin::Helper(helper.to_owned()), credential })
}

/// Tells whether a helper says that it has nothing, which it does on its output and with an exit code.
fn not_found(output: &[u8]) -> bool {
    String::from_utf8_lossy(output).contains("credentials not found")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> DockerConfig {
        DockerConfig::parse(text, Path::new("config.json"))
    }

    fn shown(login: Option<Login>) -> String {
        match login.map(|login| login.credential) {
            None => "none".to_owned(),
            Some(Credential::Password { user, password }) => format!("{user}:{}", password.expose()),
            Some(Credential::Refresh(token)) => format!("refresh {}", token.expose()),
        }
    }

    #[test]
    fn a_login_is_found_under_every_form_of_its_servers_name() {
        let auth = STANDARD.encode("me:p:w");
        let hub = STANDARD.encode("hub:h\0\0");
        let text = format!(
            r#"{{"auths": {{"https://a.example/v1/": {{"auth": "{auth}"}}, "https://index.docker.io/v1/": {{"auth": "{hub}"}},
                "b.example": {{"auth": "", "username": "u", "password": "p"}}, "c.example": {{"identitytoken": "i", "auth": "{auth}"}},
                "d.example": {{"auth": "***"}}, "e.example": {{}}, "f.example": 1, "g.example:1": {{"auth": "{auth}"}}}}}}"#
        );
        for (registry, expected) in [
            ("a.example", "me:p:w"),
            ("docker.io", "hub:h"),
            ("registry-1.docker.io", "hub:h"),
            ("b.example", "u:p"),
            ("c.example", "refresh i"),
            ("d.example", "none"),
            ("e.example", "none"),
            ("f.example", "none"),
            ("g.example", "none"),
            ("g.example:1", "me:p:w"),
        ] {
            let login = config(&text).of_file(&RegistryServer::normalise(registry));
            assert_eq!(shown(login), expected, "{registry}");
        }
    }

    #[test]
    fn a_helper_is_a_program_and_a_servers_own_comes_first() {
        let text =
            r#"{"credsStore": "all", "credHelpers": {"a.example": "own", "b.example": "../x", "c.example": ""}}"#;
        for (registry, expected) in
            [("a.example", Some("own")), ("b.example", None), ("c.example", None), ("d.example", Some("all"))]
        {
            assert_eq!(config(text).helper(&RegistryServer::normalise(registry)), expected, "{registry}");
        }
    }

    #[test]
    fn a_helpers_answer_is_read() {
        for (answer, expected) in [
            (r#"{"ServerURL": "x", "Username": "me", "Secret": "pw"}"#, "me:pw"),
            (r#"{"Username": "<token>", "Secret": "t"}"#, "refresh t"),
            (r#"{"Username": "me"}"#, "none"),
            ("", "none"),
        ] {
            assert_eq!(shown(read_answer("x", answer.as_bytes())), expected, "{answer}");
        }
    }

    /// Makes a program of a shell's text. Another process writes it, so that no child of this one has it open when it is run.
    fn script(folder: &Path, text: &str) -> String {
        let (source, program) = (folder.join("source"), folder.join("program"));
        std::fs::write(&source, format!("#!/bin/sh\n{text}\n")).expect("written");
        let installed = std::process::Command::new("install").args(["-m", "755"]).args([&source, &program]).status();
        assert!(installed.expect("install runs").success());
        program.display().to_string()
    }

    #[tokio::test]
    async fn a_helper_is_asked_for_the_server_and_answers_in_json() {
        let folder = tempfile::tempdir().expect("a folder");
        let answer = r#"read -r server; printf '{"Username":"%s","Secret":"%s"}' "$1" "$server""#;
        for (text, expected) in [
            (answer, Ok("get:a.example")),
            ("echo credentials not found in native keychain; exit 1", Ok("none")),
            ("echo pass is not initialized; exit 1", Err("failed: exit status: 1")),
            ("echo '{}'", Err("no login that can be read")),
            ("exec <&-; kill -9 $$", Err("failed: signal: 9")),
        ] {
            let login = ask(&script(folder.path(), text), "x", "a.example").await;
            match (login, expected) {
                (Ok(login), Ok(expected)) => assert_eq!(shown(login), expected, "{text}"),
                (Err(note), Err(part)) => assert!(note.contains(part), "{note}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_told_without_its_text() {
        let server = RegistryServer::normalise("a.example");
        let found = config("{\n hunter2").login(&server).await;
        assert_eq!(found.notes, ["config.json:2:2: no JSON object"]);
        let found = config(r#"{"credsStore": "localspace-no-such-helper"}"#).login(&server).await;
        assert!(found.notes[0].starts_with("docker-credential-localspace-no-such-helper cannot be run"), "{found:?}");
        let absent = DockerConfig::read(Path::new("/nonexistent")).login(&server).await;
        assert_eq!(absent, Found::default());
    }
}
