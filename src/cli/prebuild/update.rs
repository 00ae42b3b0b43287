//! `localspace prebuild update`

use serde_json::{Value, json};

use super::history::{History, Of};
use super::making::{Ended, Made, Optimization, Over, Wish, kept_document, make, say_before, tell_kept};
use super::settings::Flags;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::cli::rehearse::Output;
use crate::codespace::CodespaceName;
use crate::prebuild::Record;
use crate::repository::{self, Source};
use crate::steps::KeptPrebuild;

/// Make a new version of prebuilds over the newest one: the newest commit is brought, and updateContentCommand runs again
///
/// Where the configuration has changed it is made from nothing, and onCreateCommand runs again. A run that fails leaves the last good one. What the one
/// before was made with (--hub, --secrets-file, --github-token, --user, --keep, --allow-secret, --allow-login) is remembered, unless it is said anew.
///
/// Example: localspace prebuild update .
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Prebuilds, or repositories: then all of their branches and configurations that have one
    #[arg(value_name = "NAME|REPO", default_value = ".")]
    targets: Vec<String>,
    #[command(flatten)]
    flags: Flags,
    #[command(flatten)]
    pub(super) output: Output,
}

/// The prebuilds of one branch and configuration.
struct Target {
    of: Of,
    source: Source,
    /// The newest one there is.
    newest: CodespaceName,
}

pub(super) async fn run(args: Args, context: &mut Context) -> Result<u8, CliError> {
    let interrupts = context.interrupts.clone();
    let targets = interrupts.until(targets(&args, context)).await?;
    let (mut code, mut documents) = (0, Vec::new());
    for target in &targets {
        let ended = match Box::pin(update(&args, target, context)).await {
            Ok(ended) => ended,
            // The others are as good as without it.
            Err(error) if targets.len() > 1 && error.kind != Kind::Interrupted => {
                context.ui.say(&error.text());
                documents.push(failed(target, error.message()));
                code = code.max(error.kind.exit_code());
                continue;
            }
            Err(error) => return Err(error),
        };
        code = code.max(told(&args, context, target, &ended, &mut documents)?);
        if code == Kind::Interrupted.exit_code() {
            break;
        }
    }
    if args.output.json {
        context.ui.data(&format!("{}\n", json!({ "prebuilds": documents })))?;
    }
    Ok(code)
}

async fn update(args: &Args, target: &Target, context: &mut Context) -> Result<Ended, CliError> {
    let Target { of, source, newest } = target;
    context
        .ui
        .say(&format!("a new version of the prebuild {newest} of {}\n", of.branch.as_deref().unwrap_or("no branch")));
    let before = History::load(context, &of.key()).settings;
    say_before(context, &before);
    let wish = Wish {
        verb: "prebuild update",
        source,
        reference: of.branch.clone(),
        called: of.repository.parse().ok(),
        config: Some(of.config_path.as_str()).filter(|path| !path.is_empty()),
        over: Over::Newest,
        optimization: Optimization::Kept,
        before: &before,
        flags: &args.flags,
        output: &args.output,
    };
    make(&wish, context).await
}

/// Tells what came of one; returns the exit code.
fn told(
    args: &Args,
    context: &mut Context,
    target: &Target,
    ended: &Ended,
    documents: &mut Vec<Value>,
) -> Result<u8, CliError> {
    match &ended.made {
        Made::Refused { checks, message } => {
            context.ui.say(&format!("the prebuild {} stays as it was\n", target.newest));
            let mut document = failed(target, message);
            if let Some(fields) = document.as_object_mut() {
                fields.insert("checks".to_owned(), json!(checks));
            }
            documents.push(document);
            Ok(Kind::Command.exit_code())
        }
        Made::Failed { phase, kind, reason } => {
            context.ui.say(&format!("the prebuild {} stays as it was\n", target.newest));
            documents.push(failed(target, &format!("{phase}: {reason}")));
            Ok(Kind::from(*kind).exit_code())
        }
        Made::Kept { record, seconds } => {
            tell_kept(context, ended, record, *seconds);
            let mut document = kept_document(ended, record, *seconds);
            if let Some(fields) = document.as_object_mut() {
                fields.insert("over".to_owned(), json!(record.over));
                fields.insert("madeAnewAs".to_owned(), json!(ended.anew));
            }
            documents.push(document);
            if !args.output.json {
                context.ui.data(&format!("{}\n", ended.name))?;
            }
            Ok(0)
        }
    }
}

fn failed(target: &Target, message: &str) -> Value {
    json!({
        "outcome": "error",
        "name": null,
        "kept": target.newest.as_str(),
        "repository": target.of.repository,
        "branch": target.of.branch,
        "config": target.of.config_path,
        "message": message,
    })
}

/// Returns what is to be updated, each branch and configuration once.
async fn targets(args: &Args, context: &mut Context) -> Result<Vec<Target>, CliError> {
    let engine = context.engine()?;
    let kept = KeptPrebuild::all(&engine, &context.home.id()).await?;
    let mut all: Vec<Target> = Vec::new();
    for asked in &args.targets {
        let named = kept.iter().find(|one| one.name.as_str() == asked);
        let source = repository::locate(named.map_or(asked, |one| &one.record.source))?;
        let is_meant = |record: &Record| match named {
            Some(named) => record.is_alike(&named.record),
            None => record.source == source.location,
        };
        let mut any = false;
        // The newest come first.
        for one in kept.iter().filter(|one| is_meant(&one.record)) {
            any = true;
            if !all.iter().any(|target| target.of.has(&one.record)) {
                let of = Of::record(&one.record);
                all.push(Target { of, source: source.clone(), newest: one.name.clone() });
            }
        }
        if !any {
            let message = format!("{} has no prebuild", source.location);
            let hint = format!("`localspace prebuild create {asked}` makes one");
            return Err(CliError::new(Kind::Usage, message, Some(hint)));
        }
    }
    Ok(all)
}
