//! The metadata label as it stands in an image: the one thing that is added to what a Dockerfile makes.

use std::path::PathBuf;

use super::build::{Outcome, Steps, build};
use super::dockerfile::details;
use super::name;
use crate::codespace::label;
use crate::devcontainer::Entry;
use crate::engine::{BuildSpec, ImageDetails};
use crate::lifecycle::{FailureKind, StepFailure};
use crate::steps::pack::Tar;
use crate::steps::runner::EngineRunner;

/// Puts a label on the image called `base`: what its metadata says (`entries`), and the configuration's own part.
pub(super) async fn labelled(
    runner: &EngineRunner,
    base: &str,
    entries: &[Entry],
) -> Result<ImageDetails, StepFailure> {
    let file = (PathBuf::from("Dockerfile"), format!("FROM {base}\n").into_bytes());
    let context = Tar::of_files(vec![file]);
    let mut labels = name::labels(&runner.order);
    labels.extend(text(entries).map(|text| (label::METADATA.to_owned(), text)));
    let spec = BuildSpec {
        dockerfile: "Dockerfile".to_owned(),
        name: name::whole(&runner.order),
        labels,
        platform: runner.order.run_args.platform().map(str::to_owned),
        ..BuildSpec::default()
    };
    match build(runner, &spec, context, Steps::Hidden).await? {
        Outcome::Built(id) => details(runner, &id).await,
        Outcome::Failed { failure, .. } => {
            let reason = format!("the image could not be labelled: {}", failure.message);
            Err(StepFailure::new(FailureKind::Engine, reason))
        }
    }
}

/// Returns the label's text as the reference writes it into an image: a blank after each bracket and comma between entries
/// (devcontainer-semantics.md section 1.3); nothing where there are no entries.
pub(super) fn text(entries: &[Entry]) -> Option<String> {
    let text = |entry: &Entry| serde_json::Value::Object(entry.properties.clone()).to_string();
    let all: Vec<String> = entries.iter().filter(|entry| !entry.properties.is_empty()).map(text).collect();
    (!all.is_empty()).then(|| format!("[ {} ]", all.join(", ")))
}
