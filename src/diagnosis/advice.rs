//! What a registry's refusal means in a phase, and what to do about it.

use super::expiry::access_key;
use super::frame::{Action, Refusal as Why};
use super::registry::{OwnLogin, Refusal};
use super::{Failed, diagnosis};
use crate::github::{DOCKER_HUB, EcrServer, IncompleteRegistry, Purpose, RefusedRegistry, Registry, RegistryServer};
use crate::journal::Diagnosis;
use crate::phase::Phase;

/// Returns the diagnosis of a refusal.
pub(super) fn explain(failed: &Failed<'_>, refusal: &Refusal) -> Diagnosis {
    let told = Told { failed, refusal };
    match refusal.action {
        Action::Login => told.own_login(),
        Action::Push => told.push(),
        Action::Pull if refusal.refused.why == Why::RateLimit => told.rate_limit(),
        Action::Pull if told.is_early() && refusal.login == OwnLogin::None => told.too_early(),
        Action::Pull => told.pull(),
    }
}

/// A refusal and where it happened, for a text about them.
struct Told<'a> {
    failed: &'a Failed<'a>,
    refusal: &'a Refusal,
}

impl Told<'_> {
    fn server(&self) -> Option<&RegistryServer> {
        self.refusal.refused.server.as_ref()
    }

    /// Returns the registry's name for a person.
    fn at(&self) -> String {
        self.server().map_or_else(|| "a registry".to_owned(), name)
    }

    /// Returns what was to be pulled or pushed.
    fn image(&self, adjective: &str) -> String {
        match (&self.refusal.refused.image, self.server()) {
            (Some(image), Some(server)) if server.config_key() == DOCKER_HUB => {
                format!("the {adjective}image {image} of Docker Hub")
            }
            (Some(image), _) => format!("the {adjective}image {image}"),
            (None, _) => {
                let article = if adjective.is_empty() { "an" } else { "a" };
                format!("{article} {adjective}image from {}", self.at())
            }
        }
    }

    /// Returns who wanted it.
    fn who(&self) -> String {
        if self.failed.phase == Phase::Image {
            return "the engine, in the phase image,".to_owned();
        }
        self.failed.phase.to_string()
    }

    /// Tells whether the registry logins are not there yet.
    fn is_early(&self) -> bool {
        matches!(self.failed.phase, Phase::OnCreateCommand | Phase::UpdateContentCommand)
    }

    fn registry(&self) -> Option<&Registry> {
        let server = self.server()?;
        self.failed.registries.complete.iter().find(|registry| registry.server == *server)
    }

    /// Returns the registry whose access key AWS did not exchange.
    fn refused(&self) -> Option<&RefusedRegistry> {
        let server = self.server()?;
        self.failed.registries.refused.iter().find(|refused| refused.registry.server == *server)
    }

    fn say(&self, rule: &str, message: String, advice: String) -> Diagnosis {
        diagnosis(self.failed, rule, message, advice)
    }

    /// The rule this product is about (source document, "Pulling a Docker image into your codespace").
    fn too_early(&self) -> Diagnosis {
        let (phase, image) = (self.failed.phase, self.image("private "));
        let (message, mut advice) = match self.failed.purpose {
            Purpose::Codespace => (
                format!(
                    "{phase} pulled {image}: Codespaces logs in to registries only after updateContentCommand, before postCreateCommand"
                ),
                format!("move the pull from {phase} to postCreateCommand, postStartCommand or postAttachCommand"),
            ),
            Purpose::Prebuild => (
                format!("{phase} pulled {image}: a prebuild is never logged in to a registry"),
                format!(
                    "move the pull from {phase} to postCreateCommand, which runs in the codespace that is made from the prebuild"
                ),
            ),
        };
        if let Why::BadCredential | Why::Expired = self.refusal.refused.why {
            let server = argument(self.server());
            advice
                .push_str(&format!("; what is stored there as a login is refused, `docker logout{server}` removes it"));
        }
        if self.server().is_some() && self.registry().is_none() {
            advice.push_str(&format!("; and {}", self.secrets()));
        }
        self.say("pull-before-registry-login", message, advice)
    }

    fn pull(&self) -> Diagnosis {
        if self.server().is_none() && !self.failed.registries.complete.is_empty() {
            return self.pull_from_somewhere();
        }
        let (at, image, who) = (self.at(), self.image(""), self.who());
        if let Some(RefusedRegistry { registry, reason, hint }) = self.refused() {
            let id = &registry.id;
            let message =
                format!("{who} pulled {image}: there is no login to {at} for the access key of {id}, as {reason}");
            return self.say("access-key-refused", message, hint.clone());
        }
        match (self.registry(), self.refusal.refused.why) {
            (None, Why::BadCredential | Why::Expired) => self.say(
                "login-refused",
                format!("{who} pulled {image}: {at} refused the login that is stored there, and no secrets of the codespace make it"),
                format!("`docker logout{}` removes it; {}", argument(self.server()), self.secrets()),
            ),
            (None, Why::NoPermission) if self.refusal.login == OwnLogin::Made => self.no_permission("its own login"),
            (None, Why::NoLogin | Why::NoLoginOrNoImage | Why::NoPermission | Why::RateLimit) => self.no_login(),
            (Some(_), Why::NoPermission) => self.no_permission("the login"),
            (Some(_), Why::NoLoginOrNoImage) => self.say(
                "no-permission-for-image",
                format!("{who} pulled {image}: the login to {at} is there, and {at} has no such image, or may not show it"),
                "look at the image's name and tag; if they are right, give the login's user or token read access to it".to_owned(),
            ),
            (Some(registry), Why::Expired) => self.say(
                "token-expired",
                format!("{who} pulled {image}: the token for {at} has expired"),
                match registry.server.ecr() {
                    Some(_) if registry.user == EcrServer::USER => access_key(&registry.id),
                    Some(_) => "`localspace registry refresh` gets another one for the access key, and so does each start".to_owned(),
                    None => format!(
                        "set {}_CONTAINER_REGISTRY_PASSWORD to a new one, then stop and start the codespace",
                        registry.id
                    ),
                },
            ),
            (Some(registry), Why::NoLogin | Why::BadCredential | Why::RateLimit) => self.say(
                "login-refused",
                format!("{who} pulled {image}: {at} refused the login that the secrets of {} make", registry.id),
                format!(
                    "try `docker login -u USER{}` with exactly the values of the secrets; if that works, they are not what the secrets hold",
                    argument(self.server())
                ),
            ),
        }
    }

    /// A registry that is not named, where there are logins.
    fn pull_from_somewhere(&self) -> Diagnosis {
        let known = &self.failed.registries.complete;
        let servers: Vec<String> = known.iter().map(|registry| name(&registry.server)).collect();
        let servers = servers.join(" and ");
        self.say(
            "login-refused",
            format!(
                "{} pulled an image, and its registry refused the codespace's login, or wants one that no three secrets make",
                self.who()
            ),
            format!(
                "there are logins to {servers}: if it is one of them, try `docker login` with exactly the values of the secrets; else {}",
                self.secrets()
            ),
        )
    }

    fn no_permission(&self, whose: &str) -> Diagnosis {
        let (at, image, who) = (self.at(), self.image(""), self.who());
        self.say(
            "no-permission-for-image",
            format!("{who} pulled {image}: {whose} to {at} is good, and may not pull this image"),
            format!("give its user or token read access to the image{}", packages(self.server())),
        )
    }

    fn no_login(&self) -> Diagnosis {
        let (at, image, who) = (self.at(), self.image(""), self.who());
        let or_none = match self.refusal.refused.why {
            Why::NoLoginOrNoImage => format!(" (if {at} has that image at all)"),
            Why::NoLogin | Why::NoPermission | Why::BadCredential | Why::Expired | Why::RateLimit => String::new(),
        };
        let message = format!(
            "{who} pulled {image}: {at} wants a login{or_none}, and no three secrets of the codespace make one for it"
        );
        self.say("no-login-for-server", message, self.secrets())
    }

    /// Returns how to make a login for the server.
    fn secrets(&self) -> String {
        let server = self.server();
        let half = self
            .failed
            .registries
            .incomplete
            .iter()
            .find(|one| server.is_none() || one.server.is_none() || one.server.as_ref() == server);
        let levels = match self.failed.purpose {
            Purpose::Codespace => "",
            Purpose::Prebuild => ", as secrets of the repository or the organization, for a prebuild sees no user's",
        };
        let seamless = match server.map(RegistryServer::config_key) {
            Some("ghcr.io") => {
                "GitHub gives a codespace access to what its repository may read there, this version does not: "
            }
            Some(_) | None => "",
        };
        let lacks = |half: &IncompleteRegistry| {
            let set = if half.missing.len() == 1 { "set it" } else { "set them" };
            format!("the registry {} lacks {}: {set}{levels}", half.id, half.missing.join(" and "))
        };
        match (half, self.failed.phase) {
            (Some(half), Phase::Image) => lacks(half),
            (Some(half), _) => format!("{}, then stop and start the codespace", lacks(half)),
            (None, _) => format!(
                "{seamless}set three secrets{levels}: <ID>_CONTAINER_REGISTRY_SERVER{}, <ID>_CONTAINER_REGISTRY_USER and <ID>_CONTAINER_REGISTRY_PASSWORD",
                server.map_or_else(String::new, |server| format!(" (= {server})"))
            ),
        }
    }

    fn rate_limit(&self) -> Diagnosis {
        let (at, image, who) = (self.at(), self.image(""), self.who());
        let advice = match (self.is_early(), self.failed.purpose, self.registry()) {
            (true, Purpose::Prebuild, _) => {
                "wait, or move the pull to postCreateCommand: a prebuild is never logged in, and who is has a higher limit".to_owned()
            }
            (true, Purpose::Codespace, _) => {
                "wait, or move the pull to postCreateCommand, where the codespace is logged in: who is has a higher limit".to_owned()
            }
            (false, _, Some(_)) => "wait: the login's own limit is used up".to_owned(),
            (false, _, None) => format!("wait, or log in, which has a higher limit: {}", self.secrets()),
        };
        self.say("rate-limited", format!("{who} pulled {image}: {at} limits how often it is pulled from"), advice)
    }

    fn push(&self) -> Diagnosis {
        let (at, image, who) = (self.at(), self.image(""), self.who());
        let not_yet = match (self.is_early() && self.refusal.login == OwnLogin::None, self.failed.purpose) {
            (true, Purpose::Codespace) => ", and in a phase after updateContentCommand, for no login is there before",
            (true, Purpose::Prebuild) => {
                ", and in the codespace that is made from the prebuild, for a prebuild is never logged in"
            }
            (false, _) => "",
        };
        // Source document, "Publishing a package from a codespace".
        let advice = if self.server().is_some_and(|server| server.config_key() == "ghcr.io") {
            format!(
                "a codespace's own access to ghcr.io is for pulling: push with a personal access token (classic) that has write:packages, or from GitHub Actions{not_yet}"
            )
        } else {
            format!("push as a user or with a token that may write there{not_yet}")
        };
        self.say("push-refused", format!("{who} pushed {image}: {at} did not take it"), advice)
    }

    /// The command's own `docker login`.
    fn own_login(&self) -> Diagnosis {
        let (at, who) = (self.at(), self.who());
        let instead = match (self.failed.purpose, self.is_early()) {
            (Purpose::Prebuild, _) => "a prebuild is never logged in by Codespaces itself; the codespace that is made from it is, with three secrets".to_owned(),
            (Purpose::Codespace, true) => "without one, Codespaces logs in after updateContentCommand, with three secrets".to_owned(),
            (Purpose::Codespace, false) => match self.registry() {
                Some(registry) => format!("it need not log in: the secrets of {} have done that", registry.id),
                None => format!("it need not log in itself: {}", self.secrets()),
            },
        };
        self.say(
            "own-login-refused",
            format!("{who} logged in to {at} itself, and {at} refused the user or the password that it gave"),
            format!("look at what it passes to `docker login`; {instead}"),
        )
    }
}

fn name(server: &RegistryServer) -> String {
    if server.config_key() == DOCKER_HUB { "Docker Hub".to_owned() } else { server.to_string() }
}

/// Returns the server as the last argument of `docker login`; Docker Hub's goes without saying.
fn argument(server: Option<&RegistryServer>) -> String {
    server.filter(|server| server.config_key() != DOCKER_HUB).map_or_else(String::new, |server| format!(" {server}"))
}

/// Returns where GitHub's own registry keeps who may pull.
fn packages(server: Option<&RegistryServer>) -> &'static str {
    match server.map(RegistryServer::config_key) {
        Some("ghcr.io") => {
            ": on GitHub, in the package's settings, \"Manage Codespaces access\" (`localspace registry explain` names the rule)"
        }
        Some(_) | None => "",
    }
}
