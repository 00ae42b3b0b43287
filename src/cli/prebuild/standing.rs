//! How a prebuild stands: to the newest commit of its branch, and to the last run.

use std::path::Path;

use super::history::{History, Run};
use crate::cli::context::Context;
use crate::prebuild::{LastRun, Record};
use crate::repository::{self, Content, Source, Wanted};

pub(super) use crate::repository::Standing;

/// What GitHub says of a branch whose prebuild can be used, and while one is made (codespaces-facts.md section 1.6).
pub(super) const READY: &str = "Prebuild ready";
pub(super) const IN_PROGRESS: &str = "Prebuild in progress";

/// Returns how a prebuild's commit stands to the newest one, where the repository is on this machine.
pub(super) async fn of(record: &Record) -> Option<Standing> {
    source(record)?.standing(record.branch.as_deref(), &record.commit).await
}

/// Returns how a prebuild's commit stands to the newest one, by a clone where the repository is elsewhere; nothing where it cannot be reached.
pub(super) async fn of_any(context: &Context, record: &Record, room: &Path) -> Option<Standing> {
    let source = source(record)?;
    if let Some(standing) = source.standing(record.branch.as_deref(), &record.commit).await {
        return Some(standing);
    }
    let wanted = Wanted {
        reference: record.branch.clone(),
        content: Content::Committed,
        name: None,
        owner: context.actor.clone(),
    };
    let checkout = repository::check_out(&source, &wanted, room).await.ok()?;
    let standing = checkout.standing(&record.commit).await;
    checkout.remove().await;
    Some(standing)
}

fn source(record: &Record) -> Option<Source> {
    repository::locate(&record.source).ok().filter(Source::has_commits)
}

/// Returns how the runs of a prebuild's branch and configuration stand: a label, and the last run that failed.
pub(super) fn state(context: &Context, record: &Record) -> (&'static str, Option<Run>) {
    let (History { last: run, optimized, .. }, last) = History::of_record(context, record);
    let failure = run.filter(|run| !run.succeeded);
    match last {
        LastRun::Running => (IN_PROGRESS, failure),
        LastRun::Failed if !optimized => ("Failed", failure),
        LastRun::Failed | LastRun::Succeeded => (READY, failure),
    }
}

/// Returns how many commits are newer, as a cell of a table.
pub(super) fn behind(standing: Option<&Standing>) -> String {
    match standing {
        Some(Standing::Before(commits)) => commits.len().to_string(),
        Some(Standing::Beside) => "not in its history".to_owned(),
        Some(Standing::Unknown) => "commit gone".to_owned(),
        None => "-".to_owned(),
    }
}
