//! Where the command of a phase stands in the configuration of the repository that is tested.

use std::path::Path;

use super::find::Planned;
use crate::devcontainer::Configuration;
use crate::phase::Phase;
use crate::scenario::{ConfigPlace, Failure};

/// Where a configuration is looked for (containers.dev, "devcontainer.json"), where none is named.
const USUAL: [&str; 2] = [".devcontainer/devcontainer.json", ".devcontainer.json"];

/// The largest configuration that is read, in bytes.
const MOST: u64 = 8 * 1024 * 1024;

/// Adds to what is not as it is expected where its phase's command stands. A file that cannot be read has no places.
pub(super) fn add_places(failures: &mut [Failure], planned: &Planned) {
    if failures.iter().all(|failure| failure.phase.is_none()) {
        return;
    }
    let named = planned.case.config.as_deref().map(|path| path.trim_start_matches("./"));
    let paths = named.map_or_else(|| USUAL.to_vec(), |path| vec![path]);
    let Some(file) = paths.iter().map(|path| planned.repository.join(path)).find(|path| path.is_file()) else { return };
    let is_small = file.metadata().is_ok_and(|about| about.len() <= MOST);
    let Some(text) = is_small.then(|| std::fs::read_to_string(&file).ok()).flatten() else { return };
    let shown = shown(&file);
    let Ok(configuration) = Configuration::read(&text, &shown) else { return };
    for failure in failures {
        let place = failure.phase.and_then(property).and_then(|property| configuration.place_of(&[property]));
        failure.config =
            place.map(|(line, column)| ConfigPlace { file: shown.clone(), line: line as u64, column: column as u64 });
    }
}

/// Returns the property that has a phase's command.
const fn property(phase: Phase) -> Option<&'static str> {
    match phase {
        Phase::Image => Some("image"),
        Phase::Create | Phase::RegistryLogin => None,
        Phase::InitializeCommand
        | Phase::OnCreateCommand
        | Phase::UpdateContentCommand
        | Phase::PostCreateCommand
        | Phase::PostStartCommand
        | Phase::PostAttachCommand => Some(phase.name()),
    }
}

/// Returns a path as it is from the folder that the scenarios run in, where it is below that.
pub(super) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}
