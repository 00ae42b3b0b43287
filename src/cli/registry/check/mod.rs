//! `localspace registry check`

mod told;
mod tries;

use std::collections::BTreeSet;

use serde_json::json;

use self::told::Told;
use self::tries::Tries;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::cli::in_hub::{Holder, InHub, Token};
use crate::cli::inside::Inside;
use crate::cli::secrets::{StartedWith, redactor};
use crate::cli::select::Selector;
use crate::cli::sources::Hidden;
use crate::cli::values;
use crate::ecr;
use crate::github::{CodespaceSecret, IncompleteRegistry, Registries, World, parts_of_registries};
use crate::report::plain;

/// Does each login of a codespace work, and if not, whose fault is it
///
/// It tries `docker login` in the codespace, with exactly the values that its secrets have now, and compares them with what the codespace has.
///
/// Example: localspace registry check -c brisk-parakeet-x7k2p9 --image acme.azurecr.io/api:1
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    selector: Selector,
    /// An image that is pulled with the login to its registry
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

pub(in crate::cli) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let (inside, now) = Inside::open(context, &args.selector).await?;
    let newer = StartedWith::of(now.secrets.clone(), &inside.kept).newer;
    let Inside { engine, whose, before, kept, .. } = &inside;
    let token = Token::Kept(kept.token.clone());
    let mut in_hub = InHub::of(context, engine, before.hub.as_deref(), Holder::of_found(whose), token).await;
    if let Some(warning) = &in_hub.warning {
        context.ui.say(&format!("warning: {}\n", plain(warning)));
    }
    let world = in_hub.complete(context, World::new(now.secrets)).await;
    let (mut world, _) = inside.own_token(context).await.complete(world, &whose.actor);
    ecr::exchange_all(&mut world.registries, &context.ecr).await;
    add_unseen(&mut world.registries, &now.hidden);
    let shadowed = shadowed(context, &now.hidden).await;
    let config = String::from_utf8_lossy(&inside.docker_config().await?).into_owned();
    let more: Vec<_> = shadowed.iter().map(|one| one.value.clone()).collect();
    let tries = Tries {
        inside: &inside,
        world: &world,
        config: &config,
        newer: &newer,
        hidden: &now.hidden,
        shadowed: &shadowed,
        filter: &redactor(&world, &more),
    };
    let mut all: Vec<Told> = Vec::new();
    for registry in &world.registries.complete {
        all.push(tries.login(registry, args.image.as_deref()).await?);
    }
    all.extend(world.registries.refused.iter().map(|refused| tries.refused(refused)));
    all.extend(world.registries.incomplete.iter().map(|half| tries.incomplete(half)));
    if args.json {
        let rows: Vec<_> = all.iter().map(Told::document).collect();
        context.ui.data(&format!("{}\n", json!({ "name": inside.found.name.as_str(), "registries": rows })))?;
    } else if all.is_empty() {
        context.ui.say("no secrets of the codespace make a registry: it takes three, <ID>_CONTAINER_REGISTRY_SERVER, _USER and _PASSWORD\n");
    } else {
        context.ui.data(&all.iter().map(Told::text).collect::<String>())?;
    }
    Ok(if all.iter().all(Told::is_good) { 0 } else { Kind::Registry.exit_code() })
}

/// Adds registries of whose secrets the codespace sees none: somebody has set them, and expects a login.
fn add_unseen(registries: &mut Registries, hidden: &[Hidden]) {
    let known: BTreeSet<String> = registries
        .complete
        .iter()
        .map(|one| &one.id)
        .chain(registries.refused.iter().map(|one| &one.registry.id))
        .chain(registries.incomplete.iter().map(|one| &one.id))
        .cloned()
        .collect();
    let names = hidden.iter().filter(|one| one.told.instead.is_none()).map(|one| one.told.name.as_str());
    for (id, _) in parts_of_registries(names).into_iter().filter(|(id, _)| !known.contains(id)) {
        registries.incomplete.push(IncompleteRegistry::of_nothing(id));
    }
}

/// Returns the secrets that others stand in the place of, with their values; what cannot be had is not tried.
async fn shadowed(context: &Context, hidden: &[Hidden]) -> Vec<CodespaceSecret> {
    let mut shadowed: Vec<CodespaceSecret> = Vec::new();
    for Hidden { secret, told } in hidden.iter().filter(|one| one.told.instead.is_some()) {
        let is_known = shadowed.iter().any(|other| other.name.as_str() == told.name);
        if is_known || !told.name.contains("_CONTAINER_REGISTRY_") {
            continue;
        }
        if let Ok(value) = values::get(secret, &context.environment).await {
            shadowed.push(CodespaceSecret { name: secret.name.clone(), value, level: secret.scope.level() });
        }
    }
    shadowed
}
