//! `localspace build`

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::json;

use super::clone;
use super::context::Context;
use super::error::{CliError, Kind};
use super::hold::hold;
use super::hub::Whose;
use super::in_hub::{Holder, InHub, Token};
use super::order::{NewCodespace, fresh_name};
use super::rehearse::{self, Output};
use super::removal::remove;
use super::run_options::RunOptions;
use super::secrets::{Secrets, redactor};
use super::sources::{SecretFlags, Sources};
use super::unborn;
use crate::codespace::{CodespaceName, RepositoryName};
use crate::devcontainer::ImageReference;
use crate::ecr;
use crate::engine::Engine;
use crate::github::{Branch, Purpose, World};
use crate::journal::{Event, Outcome, PhaseFinished, Recorder, RunStarted};
use crate::lifecycle::{FailureKind, StepFailure, StepRunner};
use crate::phase::Phase;
use crate::plan::Attach;
use crate::report::{Remains, failure};
use crate::repository::{self, Content, Wanted};
use crate::steps::{BuildOptions, Cache, EngineRunner, ImageUse, LockfileUse, Order};

/// Build a repository's image alone, Features and metadata label included
///
/// Example: localspace build . --image-name acme/app-dev:1
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the contract")]
pub(super) struct Args {
    /// The folder of a repository, or anything that git can clone
    #[arg(value_name = "REPO", default_value = ".")]
    repository: String,
    /// The folder, as the reference CLI is told it
    #[arg(long, value_name = "PATH", conflicts_with = "repository")]
    workspace_folder: Option<String>,
    /// What the image is called; may be given several times
    #[arg(long = "image-name", value_name = "NAME", required = true, value_parser = name)]
    names: Vec<ImageReference>,
    /// Take nothing from earlier builds, and ask for base images again
    #[arg(long)]
    no_cache: bool,
    /// The platform that the image is for, such as linux/arm64
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<String>,
    /// A label of the image; may be given several times
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = label)]
    labels: Vec<(String, String)>,
    /// An image whose steps may be taken; may be given several times
    #[arg(long, value_name = "IMAGE")]
    cache_from: Vec<String>,
    /// The configuration, as a path in the repository
    #[arg(long, value_name = "PATH")]
    config: Option<String>,
    /// The branch, tag or commit to check out
    #[arg(long = "ref", value_name = "REF")]
    reference: Option<String>,
    /// What the repository is called on GitHub
    #[arg(long = "repository", value_name = "OWNER/NAME")]
    called: Option<RepositoryName>,
    #[command(flatten)]
    secrets: SecretFlags,
    /// Take uncommitted files too
    #[arg(long)]
    working_tree: bool,
    /// Fail where the lockfile of the Features is missing or would change
    #[arg(long)]
    frozen_lockfile: bool,
    /// Print the result as one JSON object on standard output
    #[arg(long)]
    pub(super) json: bool,
    // The reference CLI's, which only the `docker buildx` command can do.
    #[arg(long, hide = true)]
    push: bool,
    #[arg(long, hide = true, value_name = "OUTPUT")]
    output: Option<String>,
    #[arg(long, hide = true, value_name = "CACHE")]
    cache_to: Option<String>,
}

pub(super) async fn run(args: Args, context: &mut Context) -> Result<u8, CliError> {
    args.can_be_done()?;
    let engine = context.engine()?;
    let name = fresh_name();
    unborn::sweep(context, &engine, "build", None).await;
    let _held = hold(context, "build", name.to_string()).await?;
    let interrupts = context.interrupts.clone();
    let built = match interrupts.until(Box::pin(ready(&args, context, &name))).await {
        Ok((order, secrets)) => Box::pin(build(&args, context, &engine, order, secrets)).await,
        Err(error) => Err(error),
    };
    // What is under the name for the time of the build goes, however that ended.
    let removed = remove(context, &engine, &name).await;
    let code = built?;
    removed.map(|()| code)
}

/// Clones the repository and reads its configuration.
async fn ready(args: &Args, context: &mut Context, name: &CodespaceName) -> Result<(Order, Secrets), CliError> {
    let sources = Sources::given(&args.secrets)?;
    let source = repository::locate(args.workspace_folder.as_ref().unwrap_or(&args.repository))?;
    let new = NewCodespace {
        name: name.clone(),
        purpose: Purpose::Codespace,
        source: &source,
        wanted: args.wanted(context),
        branch: Branch::Own,
        config: args.config.as_deref().map(|path| path.trim_start_matches("./")),
        dotfiles: None,
        lockfile: if args.frozen_lockfile { LockfileUse::Frozen } else { LockfileUse::Told },
    };
    let attach = Attach::No("an image is built alone");
    let order = clone::order(context, new, attach, &RunOptions::of_image()).await?;
    let order = args.image(order)?;
    let secrets = sources.secrets(context, Whose::of(&order)).await?;
    Ok((order, secrets))
}

/// Builds the image and says what came of it. An interrupt is the run's to see.
async fn build(
    args: &Args,
    context: &mut Context,
    engine: &Engine,
    order: Order,
    secrets: Secrets,
) -> Result<u8, CliError> {
    let name = &order.name.clone();
    context.home.make(name)?;
    let output = Output { json: args.json, events: None };
    let sinks = rehearse::sinks(context, name, &output).await?;
    let cancel = context.interrupts.run();
    let (recorder, recording) = Recorder::start(context.clock.clone(), sinks, cancel.clone());
    let mut in_hub = InHub::of(context, engine, secrets.hub.as_deref(), Holder::of(&order), Token::New).await;
    let world = in_hub.complete(context, World::new(secrets.content.secrets)).await;
    let (mut world, overruled) = secrets.token.complete(world, &order.actor);
    let _interrupted = cancel.run_until_cancelled(ecr::exchange_all(&mut world.registries, &context.ecr)).await;
    let redactor = redactor(&world, &[]);
    let of_secrets = secrets.content.warnings.into_iter().chain(in_hub.warning).chain(overruled);
    let texts = of_secrets.chain(order.notes.iter().cloned());
    begin(&recorder, texts, &world, redactor.too_short()).await;
    let mut runner = EngineRunner::new(engine.clone(), order, world, recorder.clone(), redactor, cancel);
    runner = runner.in_hub(in_hub.access);
    let began = Instant::now();
    let ended = Box::pin(runner.image()).await;
    finish(&recorder, ended.as_ref().err(), began).await;
    runner.finish().await;
    drop(recorder);
    recording.finish().await?;
    match ended {
        Ok(_) => args.name(context, engine).await,
        Err(failed) => args.fail(context, name, &failed),
    }
}

async fn begin(recorder: &Recorder, texts: impl Iterator<Item = String>, world: &World, too_short: usize) {
    let run = RunStarted {
        occasion: unborn::BUILD.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        secrets_file: None,
        hub: None,
        github_token: None,
    };
    recorder.record(Event::RunStarted(run)).await;
    super::notices::before(recorder, texts, &world.registries, too_short).await;
    recorder.record(Event::PhaseStarted { phase: Phase::Image }).await;
}

async fn finish(recorder: &Recorder, failed: Option<&StepFailure>, began: Instant) {
    let finished = PhaseFinished {
        phase: Phase::Image,
        outcome: if failed.is_some() { Outcome::Failed } else { Outcome::Succeeded },
        seconds: began.elapsed().as_secs_f64(),
        exit_code: failed.and_then(|failed| failed.exit_code),
        reason: failed.map(|failed| failed.reason.clone()),
        detail: failed.and_then(|failed| failed.detail.clone()),
        hint: failed.and_then(|failed| failed.hint.clone()),
    };
    recorder.record(Event::PhaseFinished(finished)).await;
}

impl Args {
    /// Names what the engine's interface cannot do.
    fn can_be_done(&self) -> Result<(), CliError> {
        let flags = [
            ("--push", self.push, "push the image with `docker push` when it is built"),
            ("--output", self.output.is_some(), "save the image with `docker save` when it is built"),
            ("--cache-to", self.cache_to.is_some(), "the engine keeps its own cache; --cache-from takes an image's"),
        ];
        match flags.into_iter().find(|(_, given, _)| *given) {
            Some((flag, _, hint)) => {
                let message = format!(
                    "{flag} is for the `docker buildx` command alone: the engine's own interface has nothing like it"
                );
                Err(CliError::new(Kind::Usage, message, Some(hint.to_owned())))
            }
            None => Ok(()),
        }
    }

    fn wanted(&self, context: &Context) -> Wanted {
        Wanted {
            reference: self.reference.clone(),
            content: if self.working_tree { Content::WorkingTree } else { Content::Committed },
            name: self.called.clone(),
            owner: context.actor.clone(),
        }
    }

    /// Returns the order for the image alone.
    fn image(&self, order: Order) -> Result<Order, CliError> {
        let given = BuildOptions::given(self.platform.clone(), &self.cache_from)
            .map_err(|problem| CliError::new(Kind::Usage, problem, None))?;
        let labels: BTreeMap<String, String> = self.labels.iter().cloned().collect();
        Ok(Order {
            build_options: order.build_options.clone().and(given),
            image_use: ImageUse::Alone {
                name: self.names.first().map_or_else(String::new, ToString::to_string),
                labels,
            },
            cache: if self.no_cache { Cache::Ignored } else { Cache::Used },
            initialize: None,
            ..order
        })
    }

    /// Gives the image its other names, and says what it is called.
    async fn name(&self, context: &mut Context, engine: &Engine) -> Result<u8, CliError> {
        let names: Vec<String> = self.names.iter().map(ToString::to_string).collect();
        if let Some((first, others)) = names.split_first() {
            for other in others {
                engine.tag(first, other).await?;
            }
        }
        if self.json {
            context.ui.data(&format!("{}\n", json!({ "outcome": "success", "imageName": names })))?;
        } else {
            context.ui.data(&(names.join("\n") + "\n"))?;
        }
        Ok(0)
    }

    /// Says why there is no image.
    fn fail(&self, context: &mut Context, name: &CodespaceName, failed: &StepFailure) -> Result<u8, CliError> {
        let summary = rehearse::summary(context, name)?;
        if let Some(text) = failure(&summary, Remains::NoImage, context.ui.err_look()) {
            context.ui.say(&format!("\n{text}"));
        }
        if self.json {
            let document = json!({ "outcome": "error", "message": failed.reason, "description": failed.hint });
            context.ui.data(&format!("{document}\n"))?;
        }
        if failed.kind == FailureKind::Interrupted {
            context.ui.say("interrupted\n");
        }
        Ok(Kind::from(failed.kind).exit_code())
    }
}

fn name(text: &str) -> Result<ImageReference, String> {
    if text.contains('@') {
        return Err("an image is called by a name and a tag, not by a digest".to_owned());
    }
    ImageReference::parse(text)
}

fn label(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    if name.is_empty() {
        return Err("expected NAME=VALUE".to_owned());
    }
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_a_name_and_a_label_has_one_too() {
        assert_eq!(name("acme/app:1").map(|name| name.to_string()), Ok("acme/app:1".to_owned()));
        for text in ["", "Acme/App", "a@sha256:00", "a:b:c", "https://a"] {
            assert!(name(text).is_err(), "{text}");
        }
        for (text, expected) in [("a=b=c", ("a", "b=c")), ("a", ("a", "")), ("a=", ("a", ""))] {
            let (name, value) = label(text).expect(text);
            assert_eq!((name.as_str(), value.as_str()), expected);
        }
        assert!(label("=b").is_err() && label("").is_err());
    }
}
