//! The simulated GitHub around a codespace: its secrets and registries. Knows no Docker.
//!
//! [`World`] is what one codespace may see; which of it reaches which phase is decided here.

mod authorization;
mod docker_config;
mod ecr;
mod effective;
mod fingerprint;
pub mod hub;
pub mod packages;
mod recommended;
mod registry;
mod secret;
mod secrets_file;

pub use authorization::{Authorization, Request};
pub use docker_config::{DockerConfigError, Merged, auth, logged_in, login_of, logins, merge, stored_auth};
pub use ecr::{EcrServer, EcrToken};
pub use effective::{Branch, Effective, TooManySecrets, Unknown, Unseen, Viewer, effective, together};
pub use fingerprint::Fingerprints;
pub use recommended::Standing;
pub use registry::{
    DOCKER_HUB, IncompleteRegistry, RefusedRegistry, Registries, Registry, RegistryServer, parts_of_registries,
    registries,
};
pub use secret::{CodespaceSecret, InvalidSecretName, MAX_SECRETS, MAX_VALUE, SecretLevel, SecretName};
pub use secrets_file::{SecretsFile, SecretsFileError, load as load_secrets, parse as parse_secrets};

use crate::phase::Phase;
use crate::redact::Secret;

/// What a container is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To be worked in.
    Codespace,
    /// To be kept as a snapshot.
    Prebuild,
}

impl Purpose {
    /// Returns the purpose's name, in labels.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Codespace => "codespace",
            Self::Prebuild => "prebuild",
        }
    }
}

/// What a codespace of one repository and one actor may see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct World {
    /// Its secrets.
    pub secrets: Vec<CodespaceSecret>,
    /// The registries that they make.
    pub registries: Registries,
    /// Its own token, where there is a GitHub that takes it.
    pub token: Option<CodespaceToken>,
}

/// A codespace's own token: `GITHUB_TOKEN`, with which it may pull the packages that its repository and user may, with no secret of anybody's
/// (source document, "Accessing packages stored in registries with granular permissions").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodespaceToken {
    /// The token.
    pub value: Secret<String>,
    /// The user for whom it speaks.
    pub user: String,
    /// Who gave it.
    pub from: TokenFrom,
}

/// Who gave a codespace its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFrom {
    /// A hub: it ends with the codespace's stop.
    Hub,
    /// The user, who has it on this machine: it is kept nowhere else.
    ThisMachine,
    /// The repository's secret `CODESPACES_PREBUILD_TOKEN`: a prebuild's alone.
    Secret,
}

impl CodespaceToken {
    /// The variable that it is in.
    pub const NAME: &'static str = "GITHUB_TOKEN";

    /// Returns the name of what it is from.
    pub const fn source(&self) -> &'static str {
        match self.from {
            TokenFrom::Secret => "CODESPACES_PREBUILD_TOKEN",
            TokenFrom::Hub | TokenFrom::ThisMachine => Self::NAME,
        }
    }
}

impl World {
    /// Returns the world that a set of secrets makes.
    pub fn new(secrets: Vec<CodespaceSecret>) -> Self {
        let registries = registries(&secrets);
        Self { secrets, registries, token: None }
    }

    /// Returns the world with a token of the codespace's: it is the login to GitHub's registry, where no three secrets make another one.
    #[must_use]
    pub fn with_token(mut self, token: CodespaceToken) -> Self {
        let server = RegistryServer::normalise(hub::GHCR);
        let is_known = |known: &[Registry]| known.iter().any(|registry| registry.server == server);
        if !is_known(&self.registries.complete) {
            let (user, password) = (token.user.clone(), token.value.clone());
            let id = CodespaceToken::NAME.to_owned();
            self.registries.complete.push(Registry { id, server, user, password, token: None });
        }
        self.token = Some(token);
        self
    }

    /// Takes `CODESPACES_PREBUILD_TOKEN` out of the secrets: a prebuild has it as its token, in the place of any other, and a codespace does not have it
    /// at all (codespaces-facts.md section 1.6).
    #[must_use]
    pub fn with_token_of_prebuilds(mut self, purpose: Purpose, user: &str) -> Self {
        let Some(at) = self.secrets.iter().position(|secret| secret.name.is_of_prebuilds()) else { return self };
        let CodespaceSecret { value, level, .. } = self.secrets.remove(at);
        if purpose == Purpose::Codespace || level == SecretLevel::User {
            return self;
        }
        let user = user.to_owned();
        self.with_token(CodespaceToken { value, user, from: TokenFrom::Secret })
    }

    /// Returns the variables that secrets and the token are in, in a phase's environment; `env` is what it has beside them, which may hold another
    /// token (codespaces-facts.md section 5, row 27: it counts).
    pub fn variables(
        &self,
        phase: Phase,
        purpose: Purpose,
        env: &[(String, Option<String>)],
    ) -> Vec<(String, Option<String>)> {
        let secrets = self.environment(phase, purpose);
        let secrets = secrets.map(|secret| (secret.name.to_string(), Some(secret.value.expose().clone())));
        let has_own = env.iter().any(|(name, value)| name == CodespaceToken::NAME && value.is_some());
        let token = self.token.as_ref().filter(|_| phase >= Phase::OnCreateCommand && !has_own);
        let token = token.map(|token| (CodespaceToken::NAME.to_owned(), Some(token.value.expose().clone())));
        secrets.chain(token).collect()
    }

    /// Returns the secrets that are in the environment of `phase` (DESIGN section 2, "Secrets by phase").
    pub fn environment(&self, phase: Phase, purpose: Purpose) -> impl Iterator<Item = &CodespaceSecret> {
        self.secrets.iter().filter(move |secret| reaches(secret.level, phase, purpose))
    }
}

/// Tells whether a secret of a level is in the environment of a phase.
pub fn reaches(level: SecretLevel, phase: Phase, purpose: Purpose) -> bool {
    // A prebuild is nobody's: a user's secrets are not there (source: "Allowing a prebuild to access other repositories").
    phase >= Phase::OnCreateCommand && (purpose == Purpose::Codespace || level != SecretLevel::User)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_reach_the_phases_that_design_says() {
        let secret = |name: &str, level| CodespaceSecret {
            name: name.parse().expect("a name"),
            value: Secret::new("x".to_owned()),
            level,
        };
        let world = World::new(vec![
            secret("O", SecretLevel::Organization),
            secret("R", SecretLevel::Repository),
            secret("U", SecretLevel::User),
        ]);
        let seen = |phase, purpose| world.environment(phase, purpose).map(|one| one.name.as_str()).collect::<String>();
        for phase in [Phase::InitializeCommand, Phase::Image, Phase::Create] {
            assert_eq!(seen(phase, Purpose::Codespace), "", "{phase}");
        }
        for phase in [Phase::OnCreateCommand, Phase::UpdateContentCommand] {
            assert_eq!(seen(phase, Purpose::Codespace), "ORU", "{phase}");
            assert_eq!(seen(phase, Purpose::Prebuild), "OR", "{phase}");
        }
        assert_eq!(seen(Phase::PostCreateCommand, Purpose::Codespace), "ORU");
    }

    #[test]
    fn the_token_of_prebuilds_is_a_prebuilds_and_nobody_elses() {
        let secret = CodespaceSecret {
            name: "CODESPACES_PREBUILD_TOKEN".parse().expect("a name"),
            value: Secret::new("ghp_x".to_owned()),
            level: SecretLevel::Repository,
        };
        let of = |purpose| World::new(vec![secret.clone()]).with_token_of_prebuilds(purpose, "mona");
        assert_eq!(of(Purpose::Codespace), World::default());
        let prebuild = of(Purpose::Prebuild);
        assert!(prebuild.secrets.is_empty());
        assert_eq!(
            prebuild.registries.complete.iter().map(|one| one.server.config_key()).collect::<Vec<_>>(),
            ["ghcr.io"]
        );
        let variables = prebuild.variables(Phase::OnCreateCommand, Purpose::Prebuild, &[]);
        assert_eq!(variables, [("GITHUB_TOKEN".to_owned(), Some("ghp_x".to_owned()))]);
    }
}
