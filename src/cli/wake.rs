//! The order to wake a codespace that is there.

use super::configuration;
use super::context::Context;
use super::error::CliError;
use super::order::Identity;
use super::run_options::{RunOptions, consent};
use super::select::{Found, State};
use crate::codespace::label;
use crate::devcontainer::{Configuration, DevContainer, changed};
use crate::engine::{Engine, EngineError};
use crate::plan::{Attach, InitializeConsent, Occasion};
use crate::repository::{self, Checkout, Content, Wanted};
use crate::steps::Order;

/// Returns the order to wake a codespace that is there.
pub(super) async fn order(
    context: &mut Context,
    engine: &Engine,
    found: &Found,
    attach: Attach,
    options: &RunOptions,
) -> Result<Order, CliError> {
    let container = found.container()?.clone();
    for unfinished in &found.unfinished {
        engine.remove(unfinished).await?;
    }
    let mut order = Order {
        workspace_folder: found.label(label::WORKSPACE_FOLDER).to_owned(),
        occasion: if found.state == State::Running { Occasion::Attach } else { Occasion::Start },
        service: found.labelled(label::SERVICE),
        container: Some(container),
        bind: found.bind(),
        ..Identity::of(found).order(context, attach, options)
    };
    if found.is_in_recovery() {
        order.notes.push(format!(
            "This codespace is currently running in recovery mode due to a container error: mend the configuration in its /workspaces, then `localspace rebuild -c {}`",
            found.name
        ));
    }
    let is_start = order.occasion == Occasion::Start;
    if let Some(configuration) = configuration_of(engine, &mut order).await? {
        order.notes.extend(changed_note(found, &configuration));
        match DevContainer::of(&configuration) {
            Ok(config) => order.initialize = config.initialize.filter(|_| is_start),
            Err(error) => order.notes.push(format!("an initializeCommand is not looked for: {}", error.problem)),
        }
        order.consent = consent(context, options, order.initialize.as_ref(), &order.repository).await;
        if order.consent == InitializeConsent::Given && order.bind.is_none() {
            order.checkout = Some(clone_for_initialize(context, &order).await?);
        }
    }
    Ok(order)
}

/// Reads a codespace's own configuration: its `initializeCommand` is in no label, and it may have changed. One that cannot be read is told of: a
/// person who works in the codespace may be in the middle of changing it.
async fn configuration_of(engine: &Engine, order: &mut Order) -> Result<Option<Configuration>, CliError> {
    let Some(container) = order.container.as_ref().filter(|_| !order.config_path.is_empty()) else { return Ok(None) };
    let file = format!("{}/{}", order.repository_folder(), order.config_path);
    let text = match &order.bind {
        Some(bind) => configuration::read(&bind.folder, &order.config_path)
            .map_err(|fault| CliError::from(fault).message().to_owned()),
        None => match engine.read_file(container, &file, configuration::LARGEST).await {
            Ok(Some(bytes)) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Ok(None) => Err(format!("{file} is gone")),
            Err(EngineError::TooLarge { .. }) => Err(format!("{file} is too large")),
            Err(error) => return Err(error.into()),
        },
    };
    let read = text.and_then(|text| Configuration::read(&text, &order.config_path).map_err(|error| error.problem));
    match read {
        Ok(configuration) => Ok(Some(configuration)),
        Err(problem) => {
            order.notes.push(format!("an initializeCommand is not looked for: {problem}"));
            Ok(None)
        }
    }
}

/// Returns what a person should know of a configuration that has changed since the container was made from it.
fn changed_note(found: &Found, configuration: &Configuration) -> Option<String> {
    let names = changed(found.label(label::FINGERPRINT), configuration);
    (!names.is_empty() && !found.is_in_recovery()).then(|| {
        let (names, name) = (names.join(", "), &found.name);
        format!(
            "{names} changed in {} since the container was made: it takes effect at `localspace rebuild -c {name}`",
            found.label(label::CONFIG)
        )
    })
}

/// Clones the repository again, at the commit that the codespace was made from.
async fn clone_for_initialize(context: &Context, order: &Order) -> Result<Checkout, CliError> {
    let source = repository::locate(&order.source)?;
    let wanted = Wanted {
        reference: order.commit.clone().filter(|_| source.has_commits()),
        content: Content::Committed,
        name: Some(order.repository.clone()),
        owner: order.actor.clone(),
    };
    Ok(repository::check_out(&source, &wanted, &context.room_for_clone(&order.name).await).await?)
}
