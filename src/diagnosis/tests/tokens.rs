//! Tokens that have ended.

use super::super::*;
use crate::github::Registry;
use crate::redact::Secret;

/// Who gets the next token decides what to do: GitHub for an access key, its owner for a token.
#[test]
fn a_token_of_awss_that_has_expired_is_told_how_to_get_another() {
    let server = "1.dkr.ecr.eu-west-1.amazonaws.com";
    let output = format!(
        "Error response from daemon: pull access denied for {server}/api, repository does not exist or may require 'docker login': denied: Your authorization token has expired. Reauthenticate and try again."
    );
    for (user, advice) in [("AKIA", "`localspace registry refresh`"), ("AWS", "set E_CONTAINER_REGISTRY_USER and")] {
        let registry = Registry {
            id: "E".to_owned(),
            server: RegistryServer::normalise(server),
            user: user.to_owned(),
            password: Secret::new("pw".to_owned()),
            token: None,
        };
        let registries = Registries { complete: vec![registry], ..Registries::default() };
        let (phase, purpose) = (Phase::PostAttachCommand, Purpose::Codespace);
        let failed =
            Failed { phase, purpose, command: "", exit_code: Some(1), output: &output, registries: &registries };
        let found = diagnose(&failed).expect("told");
        assert!(found.rule == "token-expired" && found.advice.contains(advice), "{found:?}");
    }
}
