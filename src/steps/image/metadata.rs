//! The metadata label as it stands in an image: the one thing that is added to what a Dockerfile makes.

use std::path::PathBuf;

use super::build::{Outcome, Shown, build};
use super::dockerfile::details;
use super::name;
use crate::devcontainer::feature::label_only;
use crate::devcontainer::{Entry, ImageReference};
use crate::engine::{BuildSpec, ImageDetails};
use crate::lifecycle::{FailureKind, StepFailure};
use crate::steps::pack::Tar;
use crate::steps::runner::EngineRunner;

/// Makes the image from one called `base`, with a label of all that its metadata says (`entries`). Where that is nothing, its labels are the codespace's
/// alone.
pub(super) async fn labelled(
    runner: &EngineRunner,
    base: &str,
    entries: &[Entry],
) -> Result<ImageDetails, StepFailure> {
    let reference = ImageReference::parse(base).map_err(|problem| StepFailure::new(FailureKind::Engine, problem))?;
    let dockerfile = label_only(&reference, entries).unwrap_or_else(|| format!("FROM {base}\n"));
    let context = Tar::of_folders(Vec::new(), vec![(PathBuf::from("Dockerfile"), dockerfile.into_bytes())]);
    let spec = BuildSpec {
        dockerfile: "Dockerfile".to_owned(),
        name: name::whole(&runner.order),
        labels: name::labels(&runner.order),
        platform: name::platform(&runner.order).map(str::to_owned),
        ..BuildSpec::default()
    };
    match build(runner, &spec, context, Shown::Nothing).await? {
        Outcome::Built(id) => details(runner, &id).await,
        Outcome::Failed { failure, .. } => {
            let reason = format!("the image could not be labelled: {}", failure.message);
            Err(StepFailure::new(FailureKind::Engine, reason))
        }
    }
}
