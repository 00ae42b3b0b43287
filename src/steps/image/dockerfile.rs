//! An image that is built from the repository's own Dockerfile.

use super::build::{Outcome, Shown, build};
use super::context::{Context, Frontend};
use super::failure::{Built, Cause};
use super::name;
use super::stand_ins::StandIns;
use crate::devcontainer::{DevContainer, DockerfileBuild, Spanned, Syntax, Variables};
use crate::diagnosis::{Failed, diagnose, diagnose_pull};
use crate::engine::{BuildFailure, BuildSpec, ImageDetails, Reuse, architecture};
use crate::journal::Event;
use crate::lifecycle::{FailureKind, StepFailure};
use crate::phase::Phase;
use crate::steps::choices::Cache;
use crate::steps::pack::Tar;
use crate::steps::runner::EngineRunner;

/// Builds the Dockerfile of a configuration, and says what is known of the image.
pub(super) async fn ready(
    runner: &EngineRunner,
    config: &DevContainer,
    written: &DockerfileBuild,
) -> Result<ImageDetails, StepFailure> {
    let Some(files) = runner.order.files() else {
        return Err(StepFailure::new(FailureKind::Engine, "there is nothing to build from".to_owned()));
    };
    let written = replaced(written, &runner.variables());
    let options = &runner.order.build_options;
    let by_option =
        options.target().map(|target| Spanned { value: target.to_owned(), span: written.dockerfile.span.clone() });
    let place = (files, runner.order.folder_of_files());
    let target = by_option.as_ref().or(written.target.as_ref());
    let context = Context::find(config, &written, target, (place.0, &place.1))?;
    let mut spec = BuildSpec {
        name: name::base(&runner.order),
        target: written.target.map(|target| target.value),
        args: written.args.into_iter().collect(),
        cache_from: cache_from(config, &written.cache_from)?,
        labels: name::labels(&runner.order),
        platform: name::platform(&runner.order).map(str::to_owned),
        ..BuildSpec::default()
    };
    options.apply(&mut spec);
    if runner.order.cache == Cache::Ignored {
        spec.reuse = Reuse::Nothing;
    }
    let stand_ins = StandIns::ready(runner, config, &context, &mut spec).await?;
    let built = Box::pin(with_either_frontend(runner, &context, &mut spec, &stand_ins)).await;
    stand_ins.end(runner).await?;
    built
}

/// Builds, with the engine's own frontend where the one of the Dockerfile's cannot be had.
async fn with_either_frontend(
    runner: &EngineRunner,
    context: &Context,
    spec: &mut BuildSpec,
    stand_ins: &StandIns,
) -> Result<ImageDetails, StepFailure> {
    let mut outcome = attempt(runner, context, spec, (Frontend::AsWritten, stand_ins)).await?;
    if let Outcome::Failed { failure, .. } = &outcome
        && is_frontend_out_of_reach(context, failure)
    {
        told_of_frontend(runner, context).await;
        outcome = attempt(runner, context, spec, (Frontend::Own, stand_ins)).await?;
    }
    match outcome {
        Outcome::Built(id) => details(runner, &id).await,
        Outcome::Failed { failure, output } => Err(failed(runner, context, spec, (&failure, &output)).await),
    }
}

async fn attempt(
    runner: &EngineRunner,
    context: &Context,
    spec: &mut BuildSpec,
    (frontend, stand_ins): (Frontend, &StandIns),
) -> Result<Outcome, StepFailure> {
    let (dockerfile, more) = context.dockerfile(frontend, stand_ins);
    spec.dockerfile = dockerfile;
    let files = Tar::of_context(context.folder.clone(), context.ignore.clone(), more);
    build(runner, spec, files, Shown::AsTheyAre).await
}

/// Returns what is known of an image that was just built.
pub(super) async fn details(runner: &EngineRunner, id: &str) -> Result<ImageDetails, StepFailure> {
    let gone = || {
        StepFailure::new(
            FailureKind::Engine,
            "the engine has no image after its build: something else removes it".to_owned(),
        )
    };
    runner.engine.image(id).await?.ok_or_else(gone)
}

/// Tells whether the build failed only because the image of `# syntax` cannot be reached, where the engine's own frontend can stand in.
/// (issue: BuildKit pulls it even where its own would do; without a network no such Dockerfile could be built.)
fn is_frontend_out_of_reach(context: &Context, failure: &BuildFailure) -> bool {
    Cause::of(&failure.message).is_frontend_out_of_reach()
        && Syntax::of(&context.text).is_some_and(|syntax| syntax.is_dockers_own())
}

async fn told_of_frontend(runner: &EngineRunner, context: &Context) {
    let image = Syntax::of(&context.text).map_or_else(String::new, |syntax| syntax.image);
    let message = format!(
        "{}: the image {image} of its `# syntax` could not be reached: the engine's own frontend reads it instead",
        context.file
    );
    runner.warn(Phase::Image, message, None).await;
}

/// Returns the failure of a build, and records why it failed, as far as its words tell.
async fn failed(
    runner: &EngineRunner,
    context: &Context,
    spec: &BuildSpec,
    (failure, output): (&BuildFailure, &str),
) -> StepFailure {
    let built = Built { file: &context.file, text: &context.text, args: &spec.args, architecture: architecture() };
    diagnosed(runner, failure, output).await;
    built.failure(failure)
}

/// Records the diagnosis of a build that failed, where there is one.
pub(super) async fn diagnosed(runner: &EngineRunner, failure: &BuildFailure, output: &str) {
    let about = |output, exit_code| Failed {
        phase: Phase::Image,
        purpose: runner.order.purpose,
        command: "",
        exit_code,
        output,
        registries: &runner.world.registries,
    };
    let cause = Cause::of(&failure.message);
    let diagnosis = match (cause.exit_code(), cause.refused_image()) {
        (Some(code), _) => diagnose(&about(output, Some(code))),
        (None, Some(image)) => Some(diagnose_pull(&about(&failure.message, None), image)),
        (None, None) => None,
    };
    if let Some(diagnosis) = diagnosis {
        runner.record.record(Event::Diagnosis(diagnosis)).await;
    }
}

/// Returns a build with its variables replaced.
fn replaced(build: &DockerfileBuild, variables: &Variables) -> DockerfileBuild {
    let text = |text: &Spanned<String>| Spanned { value: variables.apply(&text.value), span: text.span.clone() };
    DockerfileBuild {
        dockerfile: text(&build.dockerfile),
        context: build.context.as_ref().map(text),
        target: build.target.as_ref().map(text),
        args: build.args.iter().map(|(name, value)| (name.clone(), variables.apply(value))).collect(),
        cache_from: build.cache_from.iter().map(text).collect(),
        options: build.options.clone(),
    }
}

fn cache_from(config: &DevContainer, written: &[Spanned<String>]) -> Result<Vec<String>, StepFailure> {
    let one = |cache: &Spanned<String>| {
        let fail = |problem| config.error(cache.span.clone(), format!("cacheFrom: {problem}"), None);
        super::options::cache(&cache.value).map_err(|problem| StepFailure::from(fail(problem)))
    };
    written.iter().map(one).collect()
}
