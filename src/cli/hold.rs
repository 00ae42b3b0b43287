//! Two processes on one codespace: the second says who holds it, and waits (DESIGN section 5).

use super::context::Context;
use super::error::{CliError, Kind};
use super::select::{self, Found, Selector};
use crate::engine::Engine;
use crate::home::{Home, HomeError, Lock, Locked};

/// Holds a codespace, or the making of one, for a verb; where another process has it, says who and waits.
pub(super) async fn hold(context: &mut Context, verb: &str, key: String) -> Result<Lock, CliError> {
    hold_in(context, context.home.clone(), verb, key).await
}

/// Holds what `key` names in any home.
pub(super) async fn hold_in(context: &mut Context, home: Home, verb: &str, key: String) -> Result<Lock, CliError> {
    let told = format!("localspace {verb} (process {})", std::process::id());
    match home.try_lock_key(&key, &told)? {
        Locked::Yes(lock) => return Ok(lock),
        Locked::No { holder } => context.ui.say(&format!("waiting for {holder}\n")),
    }
    awaited(move || home.lock(&key, &told)).await
}

/// Holds a prebuild so that it stays while something is made of it; where another process removes it, says so and waits.
pub(super) async fn share(context: &mut Context, verb: &str, key: String) -> Result<Lock, CliError> {
    let told = format!("localspace {verb} (process {})", std::process::id());
    match context.home.try_share(&key, &told)? {
        Locked::Yes(lock) => return Ok(lock),
        Locked::No { holder } => context.ui.say(&format!("waiting for {holder}\n")),
    }
    let home = context.home.clone();
    awaited(move || home.share(&key, &told)).await
}

/// Waits on a thread of its own, which an interrupt leaves behind: it goes with the process.
async fn awaited(hold: impl FnOnce() -> Result<Locked, HomeError> + Send + 'static) -> Result<Lock, CliError> {
    match tokio::task::spawn_blocking(hold).await {
        Ok(Ok(Locked::Yes(lock))) => Ok(lock),
        Ok(Err(error)) => Err(error.into()),
        Ok(Ok(Locked::No { .. })) | Err(_) => Err(CliError::new(Kind::Engine, "the lock could not be had", None)),
    }
}

/// Returns the codespace that is meant, held for a verb that makes or starts its container.
pub(super) async fn hold_one(
    context: &mut Context,
    verb: &str,
    selector: &Selector,
    engine: &Engine,
) -> Result<(Found, Lock), CliError> {
    let found = select::one(context, selector, engine).await?;
    let held = hold(context, verb, found.name.to_string()).await?;
    let _awaited = select::await_unfinished(context, engine, &found.name).await?;
    // Whoever held it may have made, started or removed it.
    let found = select::one(context, &Selector { codespace: Some(found.name) }, engine).await?;
    Ok((found, held))
}
