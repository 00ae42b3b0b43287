//! What is tried in the codespace for each registry.

use jiff::Timestamp;

use super::told::Told;
use crate::cli::error::CliError;
use crate::cli::inside::Inside;
use crate::cli::sources::Hidden;
use crate::diagnosis::{Examined, Findings, HiddenSecret, Stored, Trial, misnamed, odd_value, verdict};
use crate::github::{
    CodespaceSecret, EcrToken, IncompleteRegistry, RefusedRegistry, Registry, World, auth, login_of, registries,
    stored_auth,
};
use crate::redact::{Redactor, Secret};
use crate::steps::{LoginTrial, Tried};

/// A codespace's registries, and what their logins are held against.
#[derive(Debug)]
pub(super) struct Tries<'a> {
    pub(super) inside: &'a Inside,
    pub(super) world: &'a World,
    /// The codespace's Docker configuration.
    pub(super) config: &'a str,
    /// The names of the secrets that were set after its start.
    pub(super) newer: &'a [String],
    pub(super) hidden: &'a [Hidden],
    /// Of those, the ones that another one stands in the place of, with their values.
    pub(super) shadowed: &'a [CodespaceSecret],
    pub(super) filter: &'a Redactor,
}

impl Tries<'_> {
    /// Tries the login of a registry, and the pull of an image of it.
    pub(super) async fn login(&self, registry: &Registry, image: Option<&str>) -> Result<Told, CliError> {
        let image = image.filter(|image| registry.server.serves(image));
        let (user, password) = registry.credentials();
        let Tried::Login { is_good, said, refused_image } = self.run(registry, user, password, image).await? else {
            return Ok(self.told(registry, Findings::NoDocker));
        };
        let found = Findings::Tried(Trial {
            shadowed_is_good: !is_good && self.shadowed_is_good(registry).await?,
            newer: self.newer.iter().find(|name| is_of(name, &registry.id)).map(String::as_str),
            stored: if is_good { self.stored(registry).await? } else { Stored::Same },
            is_good,
            said: &said,
            refused_image: refused_image.as_deref(),
        });
        Ok(self.told(registry, found))
    }

    /// Tells of an access key that AWS does not exchange.
    pub(super) fn refused(&self, refused: &RefusedRegistry) -> Told {
        let RefusedRegistry { registry, reason, hint } = refused;
        self.told(registry, Findings::KeyRefused { reason, hint })
    }

    /// Tells of a registry that lacks secrets.
    pub(super) fn incomplete(&self, half: &IncompleteRegistry) -> Told {
        let found = Findings::Incomplete { missing: &half.missing, lack: half.lack() };
        let hidden = self.hidden(&half.id);
        let verdict = verdict(&Examined {
            id: &half.id,
            server: half.server.as_ref(),
            user: "",
            codespace: &self.inside.found.name,
            purpose: self.inside.found.purpose(),
            hidden: &hidden,
            misnamed: None,
            odd: None,
            found,
        });
        let server = half.server.as_ref().map(ToString::to_string).unwrap_or_default();
        Told { id: half.id.clone(), server, user: String::new(), verdict, expires_at: None, hidden }
    }

    fn told(&self, registry: &Registry, found: Findings<'_>) -> Told {
        let Registry { id, server, user, .. } = registry;
        let hidden = self.hidden(id);
        let mut verdict = verdict(&Examined {
            id,
            server: Some(server),
            user,
            codespace: &self.inside.found.name,
            purpose: self.inside.found.purpose(),
            hidden: &hidden,
            misnamed: misnamed(id, &self.world.secrets),
            odd: odd_value(id, &self.world.secrets),
            found,
        });
        verdict.evidence = self.filter.redact(&verdict.evidence).into_owned();
        let expires_at = self.expires_at(registry);
        Told { id: id.clone(), server: server.to_string(), user: user.clone(), verdict, expires_at, hidden }
    }

    fn hidden(&self, id: &str) -> Vec<HiddenSecret> {
        self.hidden.iter().filter(|one| is_of(&one.told.name, id)).map(|one| one.told.clone()).collect()
    }

    async fn run(
        &self,
        registry: &Registry,
        user: &str,
        password: &Secret<String>,
        image: Option<&str>,
    ) -> Result<Tried, CliError> {
        let server = registry.server.config_key();
        // AWS says why at a pull alone.
        let probe = registry.server.ecr().map(|_| format!("{server}/registry-check:none"));
        let trial = LoginTrial { server, user, password, image, probe: probe.as_deref() };
        let Inside { engine, container, kept, .. } = self.inside;
        Ok(trial.run(engine, container, &kept.user).await?)
    }

    /// Tells whether docker takes the values that others stand in the place of.
    async fn shadowed_is_good(&self, registry: &Registry) -> Result<bool, CliError> {
        let of_registry = |secret: &&CodespaceSecret| is_of(secret.name.as_str(), &registry.id);
        let shadowed: Vec<&CodespaceSecret> = self.shadowed.iter().filter(of_registry).collect();
        let others = self.world.secrets.iter().filter(of_registry);
        let others = others.filter(|one| shadowed.iter().all(|other| other.name != one.name));
        let secrets: Vec<CodespaceSecret> = others.chain(shadowed.iter().copied()).cloned().collect();
        let Some(registry) = registries(&secrets).complete.pop().filter(|_| !shadowed.is_empty()) else {
            return Ok(false);
        };
        let tried = self.run(&registry, &registry.user, &registry.password, None).await?;
        Ok(matches!(tried, Tried::Login { is_good: true, .. }))
    }

    /// Returns what the codespace has, against a login that works. Each exchange of an access key gives another token, so that of the codespace is tried.
    async fn stored(&self, registry: &Registry) -> Result<Stored, CliError> {
        let Some(stored) = stored_auth(self.config, &registry.server) else { return Ok(Stored::Absent) };
        if stored == auth(registry) {
            return Ok(Stored::Same);
        }
        let Some((user, password)) = login_of(&stored).filter(|_| registry.token.is_some()) else {
            return Ok(Stored::Other);
        };
        Ok(match self.run(registry, &user, &password, None).await? {
            Tried::Login { is_good: false, said, .. } => Stored::Refused(said),
            Tried::Login { .. } | Tried::NoDocker => Stored::Same,
        })
    }

    /// Returns until when the login is good that the codespace has, where it is one of AWS's tokens.
    fn expires_at(&self, registry: &Registry) -> Option<Timestamp> {
        let (_, token) = stored_auth(self.config, &registry.server).as_ref().and_then(login_of)?;
        registry.server.ecr().and_then(|_| EcrToken::end_of(token.expose()))
    }
}

/// Tells whether a secret is one of a registry's three.
fn is_of(name: &str, id: &str) -> bool {
    name.rsplit_once("_CONTAINER_REGISTRY_").is_some_and(|(of, _)| of == id)
}
