//! The images of a hub that a Dockerfile names: had through the hub's loopback port before the build, which is given the names that they have there.
//!
//! The engine's builder knows nothing of the hub: what it is left to look for under `ghcr.io` it looks for at the real one. Whatever is said of the build
//! has the Dockerfile's own names again.

use super::context::Context;
use super::failure::Built;
use super::pull::{Called, Wanted, get};
use crate::devcontainer::{DevContainer, Dockerfile, NamedImage, renamed};
use crate::engine::{BuildSpec, EngineError, Reuse, architecture};
use crate::lifecycle::StepFailure;
use crate::steps::choices::Cache;
use crate::steps::runner::EngineRunner;

/// The argument that names the image which reads a Dockerfile, in place of its own `# syntax`.
const SYNTAX: &str = "BUILDKIT_SYNTAX";

/// Images under other names, for the time of a build.
#[derive(Debug, Default)]
pub(super) struct StandIns {
    /// What the Dockerfile names, and what it is called for the build.
    named: Vec<(NamedImage, String)>,
    /// The same of an argument.
    syntax: Option<(String, String)>,
}

impl StandIns {
    /// Makes the images of a hub be there that a build wants, and tells the build of them; none are there where one of them cannot be had.
    pub(super) async fn ready(
        runner: &EngineRunner,
        config: &DevContainer,
        context: &Context,
        spec: &mut BuildSpec,
    ) -> Result<Self, StepFailure> {
        let all = Self::of(runner, context, spec);
        if all.is_empty() {
            return Ok(all);
        }
        match all.pull(runner, config, context, spec).await {
            Ok(()) => {
                if let Some((_, local)) = &all.syntax {
                    spec.args.insert(SYNTAX.to_owned(), local.clone());
                }
                Ok(all)
            }
            Err(failure) => {
                all.end(runner).await?;
                Err(failure)
            }
        }
    }

    fn of(runner: &EngineRunner, context: &Context, spec: &BuildSpec) -> Self {
        let Some(hub) = &runner.hub else { return Self::default() };
        let syntax = spec.args.get(SYNTAX).and_then(|image| Some((image.clone(), hub.for_engine(image)?)));
        let named =
            images(context, spec).into_iter().filter_map(|one| hub.for_engine(&one.image).map(|local| (one, local)));
        Self { named: named.collect(), syntax }
    }

    fn is_empty(&self) -> bool {
        self.named.is_empty() && self.syntax.is_none()
    }

    /// Pulls them. Where the build was to ask for its images again, all of them are asked for here: it would ask the hub's with no login, or one for all.
    async fn pull(
        &self,
        runner: &EngineRunner,
        config: &DevContainer,
        context: &Context,
        spec: &mut BuildSpec,
    ) -> Result<(), StepFailure> {
        let is_anew = spec.reuse.asks_again();
        spec.reuse = match spec.reuse {
            Reuse::All | Reuse::Steps => Reuse::All,
            Reuse::BaseImages | Reuse::Nothing => Reuse::BaseImages,
        };
        let platform = spec.platform.clone();
        if let Some((image, _)) = &self.syntax {
            let _image = get(runner, config, wanted(image, None)).await?;
        }
        for one in images(context, spec) {
            if is_anew || self.named.iter().any(|(named, _)| *named == one) {
                let asked = wanted(&one.image, one.platform.as_deref().or(platform.as_deref()));
                let got = get(runner, config, asked).await;
                let built =
                    Built { file: &context.file, text: &context.text, args: &spec.args, architecture: architecture() };
                let _image = got.map_err(|failure| built.placed(failure, one.lines.clone()))?;
            }
        }
        Ok(())
    }

    /// Returns a Dockerfile's text for the build.
    pub(super) fn text(&self, text: &str) -> String {
        let names: Vec<_> = self.named.iter().map(|(one, local)| (one, local.as_str())).collect();
        renamed(text, &names)
    }

    /// Tells whether the Dockerfile's own text will do.
    pub(super) fn has_own_text(&self) -> bool {
        self.named.is_empty()
    }

    /// Takes the names away again. What was built from them stays.
    pub(super) async fn end(self, runner: &EngineRunner) -> Result<(), EngineError> {
        for (_, local) in self.named.into_iter().map(|(one, local)| (one.image, local)).chain(self.syntax) {
            let _gone = runner.engine.remove_image(&local).await?;
        }
        Ok(())
    }
}

fn wanted<'a>(reference: &'a str, platform: Option<&'a str>) -> Wanted<'a> {
    Wanted { reference, platform, cache: Cache::Ignored, called: Called::OnTheLoopback }
}

fn images(context: &Context, spec: &BuildSpec) -> Vec<NamedImage> {
    Dockerfile::read(&context.text).images(&spec.args, spec.target.as_deref(), architecture())
}
