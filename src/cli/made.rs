//! What a container is made of, as far as a configuration tells.

use super::context::Context;
use super::error::{CliError, Kind};
use crate::devcontainer::{ContainerSource, DevContainer, ImageReference, Variables};
use crate::lifecycle::StepFailure;
use crate::steps::{BuildOptions, OnFailure, Order, RunArgs, recovery_configuration};

/// What a container is made of, as far as a configuration tells.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) config: DevContainer,
    pub(super) image: Option<ImageReference>,
    pub(super) run_args: RunArgs,
    pub(super) build_options: BuildOptions,
    pub(super) workspace_folder: String,
}

impl Made {
    /// Reads a configuration; `folder` is what is opened in the container where it names none.
    pub(super) fn of(config: DevContainer, variables: &Variables, folder: &str) -> Result<Self, CliError> {
        let image = ImageReference::of(&config, variables)?;
        let run_args = match config.source {
            // They are `docker run`'s, and it is told that they have no effect.
            ContainerSource::Compose(_) => RunArgs::default(),
            ContainerSource::Image(_) | ContainerSource::Dockerfile(_) => RunArgs::parse(&config, variables)?,
        };
        let build_options = BuildOptions::parse(&config, variables)?;
        let own = config.workspace_folder.as_ref();
        let workspace_folder = own.map_or(folder.to_owned(), |own| variables.apply(&own.value));
        Ok(Self { config, image, run_args, build_options, workspace_folder })
    }

    /// Returns what was read, or, where a recovery container is to take the place of what cannot be read, that one and what is wrong.
    pub(super) fn or_recovery(
        read: Result<Self, CliError>,
        on_failure: &OnFailure,
        variables: &Variables,
        folder: &str,
    ) -> Result<(Self, Option<StepFailure>), CliError> {
        match (read, on_failure) {
            (Err(fault), OnFailure::Recover { image }) if fault.kind == Kind::Usage => {
                Ok((Self::of(recovery_configuration(image)?, variables, folder)?, Some(fault.into())))
            }
            (read, OnFailure::Recover { .. } | OnFailure::Keep) => Ok((read?, None)),
        }
    }

    /// Returns the order to make a container of it, where `order` says of which codespace.
    pub(super) fn order(self, context: &Context, order: Order) -> Order {
        Order {
            initialize: self.config.initialize.clone(),
            config: Some(self.config),
            image: self.image,
            run_args: self.run_args,
            build_options: self.build_options,
            workspace_folder: self.workspace_folder,
            features: context.feature_surroundings(),
            ..order
        }
    }

    /// Returns what a person should know of it, in words.
    pub(super) fn notes(&self) -> Vec<String> {
        let known = self.config.warnings.iter().chain(self.run_args.warnings());
        known.chain(self.build_options.warnings()).cloned().collect()
    }

    /// Returns what a person should know of it where the repository is not mounted but cloned.
    pub(super) fn notes_of_clone(&self) -> Vec<String> {
        let left_out = self.config.workspace_mount.as_ref().map(|mount| {
            let what =
                "`workspaceMount` is left out, as on Codespaces: the repository is in /workspaces; it acts with --bind";
            self.config.error(mount.span.clone(), what, None).to_string()
        });
        self.notes().into_iter().chain(left_out).collect()
    }
}

/// What variables stand for before there is a container. On GitHub, the clone is on the machine under the same path as in the container.
pub(super) fn variables(context: &Context, folder: String) -> Variables {
    Variables {
        local_env: context.environment.clone(),
        local_folder: Some(folder.clone()),
        container_folder: Some(folder),
        ..Variables::default()
    }
}
