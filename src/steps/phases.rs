//! What the phase machine asks for, each step in a module of its own.

use super::runner::{EngineRunner, no_container};
use super::{create, heard, hook, image, initialize, login, requirements};
use crate::devcontainer::MergedConfiguration;
use crate::lifecycle::{ContentReady, FailureKind, HookPlan, OpeningPlan, StepFailure, StepResult, StepRunner};
use crate::phase::Hook;
use crate::plan::{self, Marks};

impl StepRunner for EngineRunner {
    fn opening(&mut self) -> OpeningPlan {
        let order = &self.order;
        let prebuild = order.prebuilt.as_ref().map(|one| one.kept.name.as_str());
        plan::opening(order.occasion, order.initialize.is_some(), order.consent, prebuild)
    }

    async fn initialize(&mut self) -> StepResult {
        self.uninterrupted()?;
        initialize::run(self).await.map(|()| Some(0))
    }

    async fn image(&mut self) -> StepResult {
        self.uninterrupted()?;
        requirements::check(self).await?;
        Box::pin(image::ready(self)).await.map(|()| None)
    }

    async fn create(&mut self) -> StepResult {
        self.uninterrupted()?;
        Box::pin(create::ready(self)).await?;
        heard::listen(self).await;
        Ok(None)
    }

    fn hooks(&mut self) -> HookPlan {
        match &self.running {
            Some(running) => self.plan(&running.merged, &running.marks),
            None => self.plan(&MergedConfiguration::default(), &Marks::default()),
        }
    }

    async fn hook(&mut self, hook: Hook) -> StepResult {
        self.uninterrupted()?;
        heard::begin(self, hook);
        let ran = Box::pin(hook::run(self, hook)).await.map(|()| Some(0));
        if ran.is_ok() {
            heard::end(self, hook).await;
        }
        ran
    }

    async fn login(&mut self, ready: &ContentReady<'_>) -> StepResult {
        self.uninterrupted()?;
        let Some(running) = &mut self.running else { return Err(no_container()) };
        let ahead = running.ahead.next().await;
        let registries = &self.world.registries.complete;
        let written = login::write(ready, running, registries, ahead).await;
        match written {
            Ok(()) => Ok(None),
            Err(login::LoginError::Engine(error)) => Err(error.into()),
            Err(error) => Err(StepFailure {
                hint: Some("mend or remove the file in the codespace, then stop and start it".to_owned()),
                ..StepFailure::new(FailureKind::Registry, error.to_string())
            }),
        }
    }
}
