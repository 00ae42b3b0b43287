//! What is left of runs that were killed before there was anything of their codespace but a journal: its image was being built or pulled. And of those
//! that were to make a prebuild, at any point.

use super::context::Context;
use super::removal::{is_empty, remove};
use super::select;
use crate::codespace::CodespaceName;
use crate::engine::Engine;
use crate::home::Locked;
use crate::journal::{Event, read_outline};
use crate::phase::Phase;
use crate::plan::Occasion;

/// What the journal of `localspace build` calls its occasion.
pub(super) const BUILD: &str = "build";

/// Removes what is left of such runs; `verb` is whose it is to do so, `named` a codespace that it sees to itself.
pub(super) async fn sweep(context: &Context, engine: &Engine, verb: &str, named: Option<&CodespaceName>) {
    let told = format!("localspace {verb} (process {})", std::process::id());
    for name in context.home.codespaces().iter().filter(|name| Some(*name) != named) {
        if !(context.home.is_for_prebuild(name) || is_unborn(context, name)) {
            continue;
        }
        // Who builds for it holds it.
        let Ok(Locked::Yes(_held)) = context.home.try_lock(name, &told) else { continue };
        // What cannot be removed now can be later: it is in nobody's way.
        if context.home.is_for_prebuild(name) {
            let _awaited = select::await_unfinished(context, engine, name).await;
            let _gone = remove(context, engine, name).await;
        } else if is_unborn(context, name) && is_empty(context, engine, name).await.unwrap_or(false) {
            let _gone = remove(context, engine, name).await;
        }
    }
}

/// Tells whether a codespace never had a container, on whichever engine: no run of it came so far.
fn is_unborn(context: &Context, name: &CodespaceName) -> bool {
    let Ok(mut records) = read_outline(&context.home.journal(name), 0) else { return false };
    records.all(|record| record.is_ok_and(|record| !tells_of_container(&record.event)))
}

fn tells_of_container(event: &Event) -> bool {
    if let Event::RunStarted(run) = event {
        return ![BUILD, Occasion::Create.name()].contains(&run.occasion.as_str());
    }
    matches!(
        event,
        Event::PhaseStarted { phase: Phase::Create } | Event::ContainerReady { .. } | Event::RecoveryContainer { .. }
    )
}
