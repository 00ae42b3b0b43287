//! `localspace prebuild`

mod advice;
mod create;
mod delete;
mod figures;
pub(super) mod history;
mod list;
mod making;
mod report;
mod settings;
mod standing;
mod update;
mod view;
mod which;
mod would_run;

use super::context::Context;
use super::error::CliError;

/// Make codespaces ahead, as GitHub's prebuilds do: what has run up to updateContentCommand is kept, and new codespaces begin there
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Create(Box<create::Args>),
    Update(Box<update::Args>),
    List(list::Args),
    View(view::Args),
    WouldRun(would_run::Args),
    Report(Box<report::Args>),
    Delete(delete::Args),
}

impl Args {
    /// Tells whether standard output is for a program.
    pub(super) const fn wants_json(&self) -> bool {
        match &self.verb {
            Verb::Create(args) => args.output.json,
            Verb::Update(args) => args.output.json,
            Verb::List(args) => args.json,
            Verb::View(args) => args.json,
            Verb::WouldRun(args) => args.json,
            Verb::Report(args) => args.output.json,
            Verb::Delete(args) => args.json,
        }
    }
}

pub(super) async fn run(args: Args, context: &mut Context) -> Result<u8, CliError> {
    let interrupts = context.interrupts.clone();
    match args.verb {
        Verb::Create(args) => Box::pin(create::run(*args, context)).await,
        Verb::Update(args) => Box::pin(update::run(*args, context)).await,
        Verb::Report(args) => Box::pin(report::run(*args, context)).await,
        Verb::List(args) => interrupts.until(list::run(&args, context)).await,
        Verb::View(args) => interrupts.until(Box::pin(view::run(&args, context))).await,
        Verb::WouldRun(args) => interrupts.until(Box::pin(would_run::run(&args, context))).await,
        Verb::Delete(args) => interrupts.until(delete::run(&args, context)).await,
    }
}
