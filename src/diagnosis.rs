//! Why something failed, told from what it printed (codespaces-facts.md sections 3.4 and 5). Pure.

use crate::github::{Purpose, Registries, RegistryServer};
use crate::journal::Diagnosis;
use crate::phase::Phase;

/// Something that failed.
#[derive(Debug, Clone, Copy)]
pub struct Failed<'a> {
    /// In which phase.
    pub phase: Phase,
    /// What the container is for.
    pub purpose: Purpose,
    /// The command's exit code.
    pub exit_code: Option<i32>,
    /// The last of what it printed, without secrets.
    pub output: &'a str,
    /// The registries that the codespace may log in to.
    pub registries: &'a Registries,
}

/// Why a registry would not give an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    NoLogin,
    NoPermission,
    BadCredential,
    Expired,
    RateLimit,
}

/// Texts of registries and of Docker, most telling first. `denied` alone is a login without permission, doubled it is a bad one.
const REFUSALS: [(&str, Refusal); 13] = [
    ("toomanyrequests", Refusal::RateLimit),
    ("authorization token has expired", Refusal::Expired),
    ("denied: denied", Refusal::BadCredential),
    ("incorrect username or password", Refusal::BadCredential),
    ("User cannot be authenticated with the token", Refusal::BadCredential),
    ("no basic auth credentials", Refusal::NoLogin),
    ("may require 'docker login'", Refusal::NoLogin),
    ("authentication required", Refusal::NoLogin),
    ("authentication token not provided", Refusal::NoLogin),
    (": unauthorized", Refusal::NoLogin),
    ("denied: permission_denied", Refusal::NoPermission),
    ("403 Forbidden", Refusal::NoPermission),
    (": denied", Refusal::NoPermission),
];

/// Returns the diagnosis of a failure, where its output tells one.
pub fn diagnose(failed: &Failed<'_>) -> Option<Diagnosis> {
    refused_pull(failed)
        .or_else(|| missing_engine(failed))
        .or_else(|| full_disk(failed))
        .or_else(|| command_itself(failed))
}

fn diagnosis(failed: &Failed<'_>, rule: &str, message: String, advice: String) -> Diagnosis {
    Diagnosis { phase: failed.phase, rule: rule.to_owned(), message, advice }
}

fn refused_pull(failed: &Failed<'_>) -> Option<Diagnosis> {
    let (line, refusal) = failed.output.lines().rev().find_map(|line| {
        REFUSALS.iter().find(|(text, _)| line.contains(text)).map(|(_, refusal)| (line.trim(), *refusal))
    })?;
    let server = server_of(line);
    let at = server.as_ref().map_or_else(|| "a registry".to_owned(), ToString::to_string);
    if refusal == Refusal::RateLimit {
        let advice = "log in to the registry with its three secrets, or wait".to_owned();
        return Some(diagnosis(failed, "rate-limited", format!("{at} limits how often it is pulled from"), advice));
    }
    if matches!(failed.phase, Phase::OnCreateCommand | Phase::UpdateContentCommand) {
        return Some(too_early(failed, &at));
    }
    let known = server.as_ref().and_then(|server| failed.registries.complete.iter().find(|one| one.server == *server));
    Some(match (known, refusal) {
        (None, _) if server.is_some() || failed.registries.complete.is_empty() => {
            no_login(failed, server.as_ref(), &at)
        }
        (_, Refusal::NoPermission) => diagnosis(
            failed,
            "no-permission-for-image",
            format!("the login to {at} is good, and may not pull this image"),
            "give its user or token read access to the image".to_owned(),
        ),
        (_, Refusal::Expired) => diagnosis(
            failed,
            "token-expired",
            format!("the token for {at} has expired"),
            "set the PASSWORD secret to a new one, then stop and start the codespace".to_owned(),
        ),
        (_, Refusal::NoLogin | Refusal::BadCredential | Refusal::RateLimit) => diagnosis(
            failed,
            "login-refused",
            format!("{at} refused the login that the secrets make"),
            format!(
                "try `docker login -u USER {at}` with exactly the values of the secrets; if that works, they are not what the secrets hold"
            ),
        ),
    })
}

/// The rule this product is about (source document, "Pulling a Docker image into your codespace").
fn too_early(failed: &Failed<'_>, at: &str) -> Diagnosis {
    let phase = failed.phase;
    let (message, advice) = match failed.purpose {
        Purpose::Codespace => (
            format!(
                "{phase} pulled a private image from {at}: Codespaces logs in to registries only after updateContentCommand, before postCreateCommand"
            ),
            format!("move the pull from {phase} to postCreateCommand, postStartCommand or postAttachCommand"),
        ),
        Purpose::Prebuild => (
            format!("{phase} pulled a private image from {at}: a prebuild is never logged in to a registry"),
            format!(
                "move the pull from {phase} to postCreateCommand, which runs in the codespace that is made from the prebuild"
            ),
        ),
    };
    diagnosis(failed, "pull-before-registry-login", message, advice)
}

fn no_login(failed: &Failed<'_>, server: Option<&RegistryServer>, at: &str) -> Diagnosis {
    let half = failed
        .registries
        .incomplete
        .iter()
        .find(|one| server.is_none() || one.server.is_none() || one.server.as_ref() == server);
    let advice = match half {
        Some(half) => format!(
            "the registry {} lacks {}: set it, then stop and start the codespace",
            half.id,
            half.missing.join(" and ")
        ),
        None => format!(
            "set three secrets, <ID>_CONTAINER_REGISTRY_SERVER (= {at}), <ID>_CONTAINER_REGISTRY_USER and <ID>_CONTAINER_REGISTRY_PASSWORD"
        ),
    };
    diagnosis(
        failed,
        "no-login-for-server",
        format!("{at} wants a login, and no three secrets make one for it"),
        advice,
    )
}

/// Reads the server out of a refusal: `Head "https://HOST/v2/…": …`, or `pull access denied for HOST/…`.
fn server_of(line: &str) -> Option<RegistryServer> {
    if let Some((_, after)) = line.split_once("://") {
        let host = after.split(['/', '"', ' ']).next().filter(|host| !host.is_empty())?;
        return Some(RegistryServer::normalise(host.trim_end_matches(':')));
    }
    let (_, after) = line.split_once("denied for ")?;
    Some(RegistryServer::of_image(after.split([',', ' ']).next()?))
}

fn missing_engine(failed: &Failed<'_>) -> Option<Diagnosis> {
    failed.output.contains("Cannot connect to the Docker daemon").then(|| {
        diagnosis(
            failed,
            "no-docker-in-the-container",
            "no Docker Engine answers inside the container".to_owned(),
            "use an image with Docker in it, or the Feature ghcr.io/devcontainers/features/docker-in-docker".to_owned(),
        )
    })
}

fn full_disk(failed: &Failed<'_>) -> Option<Diagnosis> {
    failed.output.to_lowercase().contains("no space left on device").then(|| {
        let advice = "free space on the engine's disk: `docker system df` shows what takes it".to_owned();
        diagnosis(failed, "no-space-left", "the disk is full".to_owned(), advice)
    })
}

fn command_itself(failed: &Failed<'_>) -> Option<Diagnosis> {
    let crlf = failed.output.contains("\\r: not found")
        || failed.output.contains("\r': No such file")
        || failed.output.contains("^M");
    let (rule, message, advice) = match failed.exit_code? {
        126 | 127 if crlf => (
            "crlf-line-endings",
            "the script's lines end in CR LF",
            "store it with LF: `*.sh text eol=lf` in .gitattributes",
        ),
        126 => (
            "not-executable",
            "the command was found, and may not be executed",
            "`git update-index --chmod=+x FILE`, and look at its first line",
        ),
        127 => (
            "command-not-found",
            "a command was not found",
            "install it in the image or in an earlier phase; look at the PATH of the remote user",
        ),
        _ => return None,
    };
    Some(diagnosis(failed, rule, message.to_owned(), advice.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::{IncompleteRegistry, Registry};
    use crate::redact::Secret;

    fn registries() -> Registries {
        let registry = Registry {
            id: "A".to_owned(),
            server: RegistryServer::normalise("a.example"),
            user: "me".to_owned(),
            password: Secret::new("pw".to_owned()),
        };
        let missing = vec!["B_CONTAINER_REGISTRY_USER".to_owned()];
        let half =
            IncompleteRegistry { id: "B".to_owned(), server: Some(RegistryServer::normalise("b.example")), missing };
        Registries { complete: vec![registry], incomplete: vec![half], notes: Vec::new() }
    }

    fn check(phase: Phase, output: &str, rule: &str, part: &str) {
        let registries = registries();
        let failed = Failed { phase, purpose: Purpose::Codespace, exit_code: Some(1), output, registries: &registries };
        let found = diagnose(&failed).unwrap_or_else(|| panic!("nothing said of {output}"));
        assert_eq!(found.rule, rule, "{output}");
        assert!(format!("{} {}", found.message, found.advice).contains(part), "{found:?}");
    }

    #[test]
    fn a_pull_before_the_login_is_told_where_to_go() {
        let refusals = [
            "Error response from daemon: Head \"https://a.example/v2/o/i/manifests/t\": no basic auth credentials",
            "Error response from daemon: Head \"https://a.example/v2/o/i/manifests/t\": unauthorized",
            "Error response from daemon: Head \"https://a.example/v2/o/i/manifests/t\": denied",
            "pull access denied for a.example/x, repository does not exist or may require 'docker login': denied: requested access",
            "Head \"https://a.example/v2/r/manifests/t\": unauthorized: authentication required, visit https://aka.ms/acr/authorization",
        ];
        for phase in [Phase::OnCreateCommand, Phase::UpdateContentCommand] {
            for output in refusals {
                check(phase, output, "pull-before-registry-login", "postCreateCommand");
                check(phase, output, "pull-before-registry-login", &format!("from {phase}"));
                check(phase, output, "pull-before-registry-login", "a.example");
            }
        }
    }

    #[test]
    fn after_the_login_it_is_told_whose_fault_it_is() {
        let phase = Phase::PostCreateCommand;
        check(phase, "Head \"https://c.example/v2/\": unauthorized", "no-login-for-server", "c.example");
        check(
            phase,
            "Head \"https://b.example/v2/\": unauthorized",
            "no-login-for-server",
            "B_CONTAINER_REGISTRY_USER",
        );
        check(phase, "Head \"https://a.example/v2/x\": unauthorized", "login-refused", "a.example");
        check(phase, "Head \"https://a.example/v2/x\": denied", "no-permission-for-image", "a.example");
        check(phase, "Get \"https://a.example/v2/\": denied: denied", "login-refused", "docker login");
        check(phase, "https://a.example: Your authorization token has expired.", "token-expired", "a.example");
        check(phase, "toomanyrequests: You have reached", "rate-limited", "limits");
        check(
            phase,
            "Cannot connect to the Docker daemon at unix:///x",
            "no-docker-in-the-container",
            "docker-in-docker",
        );
        check(phase, "cp: x: No space left on device", "no-space-left", "disk");
    }

    #[test]
    fn a_prebuild_is_told_that_it_never_logs_in() {
        let registries = registries();
        let output = "no basic auth credentials";
        let failed = Failed {
            phase: Phase::OnCreateCommand,
            purpose: Purpose::Prebuild,
            exit_code: Some(1),
            output,
            registries: &registries,
        };
        assert!(diagnose(&failed).expect("told").message.contains("never"));
    }

    #[test]
    fn what_says_nothing_gets_no_diagnosis() {
        let registries = registries();
        let failed = |exit_code, output| Failed {
            phase: Phase::PostCreateCommand,
            purpose: Purpose::Codespace,
            exit_code,
            output,
            registries: &registries,
        };
        assert_eq!(diagnose(&failed(Some(1), "make: *** [all] Error 2")), None);
        assert_eq!(diagnose(&failed(Some(127), "")).map(|one| one.rule), Some("command-not-found".to_owned()));
        assert_eq!(
            diagnose(&failed(Some(127), "/bin/bash\r': No such file")).map(|one| one.rule),
            Some("crlf-line-endings".to_owned())
        );
    }
}
