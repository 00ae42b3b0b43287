//! The images of a hub that the Dockerfiles of services name: had through the hub's loopback port before the builds, which are given them as contexts
//! of those names. The Dockerfiles stay as they are.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::binds::escaped;
use super::build::short;
use crate::compose::Model;
use crate::devcontainer::{DevContainer, Dockerfile};
use crate::engine::{EngineError, architecture};
use crate::lifecycle::StepFailure;
use crate::steps::choices::Cache;
use crate::steps::image::pull::{Called, Wanted, get};
use crate::steps::runner::EngineRunner;

/// Images under names of the loopback, for the time of the builds.
#[derive(Debug, Default)]
pub(super) struct OfHub(Vec<String>);

impl OfHub {
    /// Makes the images be there that the services of compose's file are built from, and has it take them; none are there where one of them cannot be
    /// had. `dockerfile` is the text of a service's, where it can be read.
    pub(super) async fn ready(
        runner: &EngineRunner,
        config: &DevContainer,
        model: &Model,
        file: &mut Value,
        dockerfile: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, StepFailure> {
        let mut all = Self::default();
        for (service, build) in built(file) {
            let Some(text) = dockerfile(service) else { continue };
            let images = named(model, service, &text).into_iter().filter(|(image, _)| !has(build, image)).collect();
            let contexts = match all.pulled(runner, config, images).await {
                Ok(contexts) => contexts,
                Err(failure) => {
                    all.end(runner).await?;
                    return Err(failure);
                }
            };
            let given = build.entry("additional_contexts").or_insert_with(|| json!({}));
            if let Some(given) = given.as_object_mut() {
                given.extend(contexts);
            }
        }
        all.ask_for_others(runner, config, file, model, dockerfile).await?;
        Ok(all)
    }

    /// Pulls those of some images that are the hub's; returns the contexts that stand for them.
    async fn pulled(
        &mut self,
        runner: &EngineRunner,
        config: &DevContainer,
        images: Vec<(String, Option<String>)>,
    ) -> Result<Map<String, Value>, StepFailure> {
        let mut contexts = Map::new();
        for (image, platform) in &images {
            let Some(local) = runner.hub.as_ref().and_then(|hub| hub.for_engine(image)) else { continue };
            let (cache, called) = (Cache::Ignored, Called::OnTheLoopback);
            let _image =
                get(runner, config, Wanted { reference: image, platform: platform.as_deref(), cache, called }).await?;
            contexts.insert(short(image).to_owned(), json!(escaped(&format!("docker-image://{local}"))));
            self.0.push(local);
        }
        Ok(contexts)
    }

    /// Where the builds were to ask for their images again, which they would do at the hub with no login, all others are asked for here.
    async fn ask_for_others(
        &self,
        runner: &EngineRunner,
        config: &DevContainer,
        file: &mut Value,
        model: &Model,
        dockerfile: impl Fn(&str) -> Option<String>,
    ) -> Result<(), StepFailure> {
        if self.is_empty() || runner.order.cache == Cache::Used {
            return Ok(());
        }
        for (service, build) in built(file) {
            let Some(text) = dockerfile(service) else { continue };
            for (image, platform) in named(model, service, &text).iter().filter(|(image, _)| !has(build, image)) {
                let (cache, called) = (Cache::Ignored, Called::ByItsName);
                let _image =
                    get(runner, config, Wanted { reference: image, platform: platform.as_deref(), cache, called })
                        .await?;
            }
        }
        Ok(())
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the names away again. What was built from them stays.
    pub(super) async fn end(self, runner: &EngineRunner) -> Result<(), EngineError> {
        for local in self.0 {
            let _gone = runner.engine.remove_image(&local).await?;
        }
        Ok(())
    }
}

/// Returns the services of compose's file that are built, and how.
fn built(file: &mut Value) -> impl Iterator<Item = (&str, &mut Map<String, Value>)> {
    let services = file.get_mut("services").and_then(Value::as_object_mut).into_iter().flatten();
    services.filter_map(|(name, fields)| Some((name.as_str(), fields.get_mut("build")?.as_object_mut()?)))
}

/// Tells whether something else is given for an image: that of another service.
fn has(build: &Map<String, Value>, image: &str) -> bool {
    let all = build.get("additional_contexts").and_then(Value::as_object);
    all.is_some_and(|all| all.contains_key(short(image)))
}

/// Returns the images that a service's Dockerfile names, as far as what is built needs them, and for which platform.
fn named(model: &Model, service: &str, text: &str) -> Vec<(String, Option<String>)> {
    let Some(build) = model.build(service) else { return Vec::new() };
    let args: BTreeMap<String, String> = build.args.into_iter().collect();
    let images = Dockerfile::read(text).images(&args, build.target.as_deref(), architecture());
    let platform = model.text(service, "platform");
    images.into_iter().map(|one| (one.image, one.platform.or_else(|| platform.clone()))).collect()
}
