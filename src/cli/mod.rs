//! The command line: one file per verb, from arguments through a call to output. The only readers of the process's environment.

mod bind;
mod build;
mod clone;
mod config;
mod configuration;
mod context;
mod creation_log;
mod delete;
mod doctor;
mod dotfiles;
mod error;
mod exec;
mod features;
mod github_token;
mod hold;
mod hub;
mod hubs;
mod in_hub;
mod inside;
mod interrupt;
mod list;
mod logs;
mod made;
mod notices;
mod order;
mod permissions;
mod ports;
mod prebuild;
mod prebuilt;
mod rebuild;
mod recommended;
mod recovery;
mod reference_flags;
mod registry;
mod rehearse;
mod remake;
mod removal;
mod report;
mod run_options;
mod secret;
mod secrets;
mod select;
mod shell;
mod sources;
mod start;
mod status;
mod stop;
mod test;
mod tree;
mod unborn;
mod up;
mod values;
mod view;
mod wake;

use clap::{Parser, Subcommand};

use context::Context;
pub use error::{CliError, Kind};

/// Rehearse GitHub Codespaces on your own Docker
///
/// Takes a repository with a devcontainer.json and drives a real container through a codespace's whole life: create, onCreateCommand,
/// updateContentCommand, registry login, postCreateCommand, postStartCommand, postAttachCommand.
#[derive(Debug, Parser)]
#[command(
    name = "localspace",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Up(up::Args),
    #[command(visible_alias = "ls")]
    List(list::Args),
    View(view::Args),
    Logs(logs::Args),
    Exec(exec::Args),
    Ports(ports::Args),
    Stop(stop::Args),
    Start(start::Args),
    Rebuild(rebuild::Args),
    Delete(delete::Args),
    Build(build::Args),
    #[command(visible_alias = "read-configuration")]
    Config(config::Args),
    Registry(registry::Args),
    Secret(secret::Args),
    Hub(hubs::Args),
    Prebuild(prebuild::Args),
    Report(report::Args),
    Test(test::Args),
    #[command(hide = true)]
    Tree(tree::Args),
    Doctor(doctor::Args),
}

impl Verb {
    /// Tells whether standard output is for a program.
    const fn wants_json(&self) -> bool {
        match self {
            Self::Up(args) => args.output.json,
            Self::Start(args) => args.output.json,
            Self::Rebuild(args) => args.output.json,
            Self::List(args) => args.json,
            Self::View(args) => args.json,
            Self::Logs(args) => args.json,
            Self::Ports(args) => args.json,
            Self::Stop(args) => args.json,
            Self::Delete(args) => args.json,
            Self::Build(args) => args.json,
            Self::Config(args) => args.wants_json(),
            Self::Registry(args) => args.wants_json(),
            Self::Secret(args) => args.wants_json(),
            Self::Hub(args) => args.wants_json(),
            Self::Prebuild(args) => args.wants_json(),
            Self::Report(args) => args.wants_json(),
            Self::Test(args) => args.wants_json(),
            Self::Tree(_) => true,
            Self::Doctor(args) => args.json,
            Self::Exec(_) => false,
        }
    }
}

/// Runs the program on the process's arguments and environment; returns its exit code.
pub fn run() -> u8 {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let error = reference_flags::explained(error);
            // `--help` and `--version` are data, the rest is for people; clap knows which. A closed pipe is no error.
            let _shown = error.print();
            return if error.use_stderr() { Kind::Usage.exit_code() } else { 0 };
        }
    };
    let Ok(runtime) = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() else {
        return Kind::Engine.exit_code();
    };
    let wants_json = arguments.verb.wants_json();
    let (ended, mut context) = runtime.block_on(async {
        let mut context = Context::of_process();
        (dispatch(arguments.verb, &mut context).await, context)
    });
    // A thread that waits for standard input would hold us up for ever.
    runtime.shutdown_background();
    match ended {
        Ok(code) => code,
        Err(error) => {
            if wants_json {
                // Whatever goes wrong, standard output holds one document. That nobody reads it is no error of its own.
                let _nobody_reads = context.ui.data(&format!("{}\n", error.document()));
            }
            context.ui.say(&error.text());
            error.kind.exit_code()
        }
    }
}

async fn dispatch(verb: Verb, context: &mut Context) -> Result<u8, CliError> {
    let interrupts = context.interrupts.clone();
    match verb {
        // These have something to end, or to keep, when they are interrupted.
        Verb::Up(args) => Box::pin(up::run(args, context)).await,
        Verb::Start(args) => Box::pin(start::run(args, context)).await,
        Verb::Rebuild(args) => Box::pin(rebuild::run(args, context)).await,
        Verb::Exec(args) => Box::pin(exec::run(args, context)).await,
        Verb::Build(args) => Box::pin(build::run(args, context)).await,
        Verb::Ports(args) => Box::pin(ports::run(args, context)).await,
        Verb::Hub(args) => Box::pin(hubs::run(args, context)).await,
        Verb::Prebuild(args) => Box::pin(prebuild::run(args, context)).await,
        Verb::Test(args) => Box::pin(test::run(args, context)).await,
        Verb::Tree(args) => tree::run(args, context),
        Verb::Report(args) => report::run(&args, context),
        Verb::List(args) => interrupts.until(list::run(&args, context)).await,
        Verb::View(args) => interrupts.until(view::run(&args, context)).await,
        Verb::Logs(args) => interrupts.until(logs::run(&args, context)).await,
        Verb::Stop(args) => interrupts.until(stop::run(&args, context)).await,
        Verb::Delete(args) => interrupts.until(delete::run(&args, context)).await,
        Verb::Config(args) => interrupts.until(Box::pin(config::run(&args, context))).await,
        Verb::Registry(args) => interrupts.until(Box::pin(registry::run(&args, context))).await,
        Verb::Secret(args) => interrupts.until(Box::pin(secret::run(&args, context))).await,
        Verb::Doctor(args) => interrupts.until(doctor::run(&args, context)).await,
    }
}
