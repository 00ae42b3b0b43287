//! `localspace registry check`

use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::cli::in_hub::{InHub, Token};
use crate::cli::inside::Inside;
use crate::cli::secrets::{StartedWith, redactor};
use crate::cli::select::{Found, Selector};
use crate::diagnosis::{LoginVerdict, oddities};
use crate::ecr;
use crate::engine::{ContainerId, Engine};
use crate::github::{Purpose, RefusedRegistry, Registry, World, auth};
use crate::redact::Redactor;
use crate::report::plain;
use crate::steps::{Kept, LoginTrial, Tried};

/// Does each login of a codespace work, and if not, whose fault is it
///
/// It tries `docker login` in the codespace, with exactly the values that its secrets have now, and compares them with what the codespace has.
///
/// Example: localspace registry check -c brisk-parakeet-x7k2p9 --image acme.azurecr.io/api:1
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    selector: Selector,
    /// An image that is pulled with the login to its registry
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// What is said of one registry.
#[derive(Debug)]
struct Checked {
    id: String,
    server: String,
    user: String,
    verdict: &'static str,
    is_good: bool,
    evidence: String,
    next: String,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let (inside, content) = Inside::open(context, &args.selector).await?;
    let newer = StartedWith::of(content.secrets.clone(), &inside.kept).newer;
    let Inside { engine, found, whose, before, kept, .. } = &inside;
    let token = Token::Kept(kept.token.clone());
    let mut in_hub = InHub::of_codespace(context, engine, before.hub.as_deref(), whose, token).await;
    if let Some(warning) = &in_hub.warning {
        context.ui.say(&format!("warning: {}\n", plain(warning)));
    }
    let (mut world, _) = inside
        .own_token(context)
        .await
        .complete(in_hub.complete(context, World::new(content.secrets)).await, &whose.actor);
    ecr::exchange_all(&mut world.registries, &context.ecr).await;
    let config: Value = serde_json::from_slice(&inside.docker_config().await?).unwrap_or_default();
    let filter = redactor(&world, &[]);
    let check =
        Check { engine, container: &inside.container, found, kept, config: &config, newer: &newer, filter: &filter };
    let mut all = Vec::new();
    for registry in &world.registries.complete {
        let image = args.image.as_deref().filter(|image| registry.server.serves(image));
        all.push(check.login(registry, &world, image).await?);
    }
    all.extend(world.registries.refused.iter().map(refused));
    all.extend(world.registries.incomplete.iter().map(|half| Checked {
        id: half.id.clone(),
        server: half.server.as_ref().map(ToString::to_string).unwrap_or_default(),
        user: String::new(),
        verdict: "incomplete",
        is_good: false,
        evidence: half.lack(),
        next: "set all three of SERVER, USER and PASSWORD with one ID, at levels that this codespace sees (`localspace secret list --effective`)".to_owned(),
    }));
    if args.json {
        let rows: Vec<Value> = all.iter().map(Checked::document).collect();
        context.ui.data(&format!("{}\n", json!({ "name": found.name.as_str(), "registries": rows })))?;
    } else if all.is_empty() {
        context.ui.say("no secrets of the codespace make a registry: it takes three, <ID>_CONTAINER_REGISTRY_SERVER, _USER and _PASSWORD\n");
    } else {
        context.ui.data(&all.iter().map(Checked::text).collect::<String>())?;
    }
    Ok(if all.iter().all(|one| one.is_good) { 0 } else { Kind::Registry.exit_code() })
}

/// What a login is held against.
struct Check<'a> {
    engine: &'a Engine,
    container: &'a ContainerId,
    found: &'a Found,
    kept: &'a Kept,
    config: &'a Value,
    newer: &'a [String],
    filter: &'a Redactor,
}

impl Check<'_> {
    async fn login(&self, registry: &Registry, world: &World, image: Option<&str>) -> Result<Checked, CliError> {
        let (user, password) = registry.credentials();
        let trial = LoginTrial { server: registry.server.config_key(), user, password, image };
        let tried = trial.run(self.engine, self.container, &self.kept.user).await?;
        let checked = |verdict, is_good, evidence: String, next: String| Checked {
            id: registry.id.clone(),
            server: registry.server.to_string(),
            user: registry.user.clone(),
            verdict,
            is_good,
            evidence: self.filter.redact(&evidence).into_owned(),
            next,
        };
        let Tried::Login { is_good, said, refused_image } = tried else {
            let next = "make the codespace from an image, or with a Feature, that has Docker-in-Docker".to_owned();
            let evidence =
                "there is no docker in the codespace, or no engine behind it: nothing in it could use the login"
                    .to_owned();
            return Ok(checked("no-docker", false, evidence, next));
        };
        let verdict = LoginVerdict::of_docker(is_good, &said);
        if verdict != LoginVerdict::Good {
            let odd = oddities(&registry.id, &world.secrets).into_iter().next();
            let (odd, next) = odd
                .map_or((String::new(), verdict.next(&registry.id, &registry.server)), |(odd, next)| {
                    (format!("; {odd}"), next)
                });
            return Ok(checked(verdict.name(), false, format!("docker login said: {said}{odd}"), next));
        }
        if let Some(said) = refused_image {
            let evidence = format!("the login is good, and docker pull said: {said}");
            let next = "give the login's user or token the right to read this image; `localspace registry explain` knows those of ghcr.io".to_owned();
            return Ok(checked("image-refused", false, evidence, next));
        }
        if let Some((evidence, next)) = self.differs(registry) {
            return Ok(checked("codespace-has-other-values", false, evidence, next));
        }
        Ok(checked(
            "login-good",
            true,
            "docker login: Login Succeeded, and the codespace has the same login".to_owned(),
            verdict.next(&registry.id, &registry.server),
        ))
    }

    /// Returns how what the codespace has differs from a login that works, and what to do.
    fn differs(&self, registry: &Registry) -> Option<(String, String)> {
        let name = &self.found.name;
        let stored = self.config.get("auths").and_then(|auths| auths.get(registry.server.config_key()));
        let stored = stored.and_then(|login| login.get("auth")).and_then(Value::as_str);
        let restart = format!("localspace stop -c {name} && localspace start -c {name}");
        let is_newer = |secret: &&String| secret.starts_with(&format!("{}_CONTAINER_REGISTRY_", registry.id));
        if let Some(secret) = self.newer.iter().find(is_newer) {
            return Some((format!("the login is good, and {secret} was set after the codespace was started"), restart));
        }
        match stored {
            None if self.found.purpose() == Purpose::Prebuild => Some((
                "the login is good, and a prebuild is never logged in".to_owned(),
                "make a codespace, and pull from postCreateCommand on".to_owned(),
            )),
            None => Some((
                "the login is good, and the codespace's ~/.docker/config.json has none for this server".to_owned(),
                format!("localspace registry refresh -c {name}"),
            )),
            // Each exchange of an access key gives another token.
            Some(_) if registry.token.is_some() => None,
            Some(stored) if stored != auth(registry).expose() => Some((
                "the login is good, and something else in the codespace has put another one in its place".to_owned(),
                format!("localspace registry refresh -c {name}"),
            )),
            Some(_) => None,
        }
    }
}

fn refused(refused: &RefusedRegistry) -> Checked {
    let Registry { id, server, user, .. } = &refused.registry;
    Checked {
        id: id.clone(),
        server: server.to_string(),
        user: user.clone(),
        verdict: "access-key-refused",
        is_good: false,
        evidence: refused.reason.clone(),
        next: refused.hint.clone(),
    }
}

impl Checked {
    fn document(&self) -> Value {
        json!({
            "id": self.id, "server": self.server, "user": self.user, "verdict": self.verdict, "ok": self.is_good,
            "evidence": self.evidence, "next": self.next,
        })
    }

    fn text(&self) -> String {
        let next = if self.is_good { String::new() } else { format!("  next: {}\n", plain(&self.next)) };
        let (id, server, evidence) = (plain(&self.id), plain(&self.server), plain(&self.evidence));
        format!("{id}  {server}: {}\n  {evidence}\n{next}", self.verdict)
    }
}
