//! The order to make a codespace of a clone: what GitHub does.

use super::configuration;
use super::context::Context;
use super::error::CliError;
use super::made::{Made, variables};
use super::order::{Identity, NewCodespace};
use super::run_options::{RunOptions, consent};
use crate::devcontainer::{Configuration, DevContainer};
use crate::github::Authorization;
use crate::plan::{Attach, Occasion};
use crate::repository;
use crate::steps::{Order, Workspaces};

/// Clones the repository, reads its configuration, and returns the order to make a codespace of them.
pub(super) async fn order(
    context: &mut Context,
    new: NewCodespace<'_>,
    attach: Attach,
    options: &RunOptions,
) -> Result<Order, CliError> {
    let checkout = repository::check_out(new.source, &new.wanted, &context.room_for_clone(&new.name).await).await?;
    let config_path = configuration::find(&mut context.ui, checkout.path(), new.source, new.config).await?;
    let folder = format!("/workspaces/{}", checkout.name.name());
    let read = || match &config_path {
        Some(path) => Ok(DevContainer::parse(&configuration::read(checkout.path(), path)?, path)?),
        None => Ok(DevContainer::of(&Configuration::none())?),
    };
    let variables = variables(context, folder.clone());
    let made = read().and_then(|config| Made::of(config, &variables, &folder));
    let (made, fault) = Made::or_recovery(made, &options.on_failure(context), &variables, &folder)?;
    let consent = consent(context, options, made.config.initialize.as_ref(), &checkout.name).await;
    let notes = made.notes_of_clone().into_iter().chain(checkout.notes.iter().cloned()).collect();
    let identity = Identity {
        name: new.name,
        repository: checkout.name.clone(),
        actor: new.wanted.owner,
        source: new.source.location.clone(),
        config_path: config_path.unwrap_or_default(),
        purpose: new.purpose,
        reference: checkout.reference.clone(),
        commit: checkout.commit.clone(),
        branch: new.branch,
        authorization: Authorization::NotAsked,
    };
    Ok(Order {
        occasion: Occasion::Create,
        lockfile: new.lockfile,
        dotfiles: new.dotfiles,
        checkout: Some(checkout),
        workspaces: Workspaces::Empty,
        fault,
        consent,
        notes,
        ..made.order(context, identity.order(context, attach, options))
    })
}
