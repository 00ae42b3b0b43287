//! What a run of scenarios has on this machine: a folder with a home for each codespace, and what is left of runs that were killed.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::child::{Program, Until};
use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::home::{Lock, Locked};

/// How long the removal of a case's things may take.
const REMOVAL: Duration = Duration::from_mins(5);

/// The file of a kept case, which says that it is to be kept.
const KEPT: &str = "kept";

/// The file that has the path of a case's hub's file.
const HUB: &str = "hub";

/// The folder of one run, held until it is over.
#[derive(Debug)]
pub(super) struct Ground {
    executable: PathBuf,
    pub(super) folder: PathBuf,
    /// The folder of what can be fetched again, which all of them share: it is kept by digest.
    cache: PathBuf,
    _held: Lock,
}

/// What one case has.
#[derive(Debug, Clone)]
pub(super) struct Plot {
    pub(super) program: Program,
    /// Its folder.
    pub(super) folder: PathBuf,
}

impl Ground {
    /// Makes the folder of a run, once what is left of killed ones is removed.
    pub(super) async fn make(context: &mut Context) -> Result<Self, CliError> {
        let executable = std::env::current_exe()?;
        let all = context.home.tests();
        sweep(context, &executable, &all).await;
        let name = crate::cli::order::fresh_name().to_string();
        let folder = all.join(&name);
        let told = format!("localspace test (process {})", std::process::id());
        let held = match context.home.try_lock_key(&key(&name), &told)? {
            Locked::Yes(lock) => lock,
            Locked::No { holder } => {
                return Err(CliError::new(Kind::Engine, format!("{holder} has the folder of this run"), None));
            }
        };
        std::fs::create_dir_all(&folder)?;
        Ok(Self { executable, folder, cache: context.cache_folder().to_owned(), _held: held })
    }

    /// Makes the folder of a case: a home that shares with others what was fetched, and nothing else.
    pub(super) fn plot(&self, index: usize, attempt: u32) -> std::io::Result<Plot> {
        let folder = self.folder.join(format!("{index}-{attempt}"));
        let home = folder.join("home");
        std::fs::create_dir_all(&home)?;
        std::fs::create_dir_all(&self.cache)?;
        symlink(&self.cache, home.join("cache"))?;
        Ok(Plot { program: Program { executable: self.executable.clone(), home }, folder })
    }

    /// Removes the folder of the run, where nothing in it was kept.
    pub(super) fn leave(self) {
        // One that has something in it stays.
        let _kept = std::fs::remove_dir(&self.folder);
    }
}

impl Plot {
    /// Says that there is a hub to be taken down.
    pub(super) fn has_hub(&self, file: &Path) -> std::io::Result<()> {
        std::fs::write(self.folder.join(HUB), file.as_os_str().as_encoded_bytes())
    }

    /// Says that it is to stay.
    pub(super) fn keep(&self) -> std::io::Result<()> {
        std::fs::write(self.folder.join(KEPT), "")
    }

    /// Removes everything of a case: its codespaces, prebuilds and hub, then its folder. Returns what could not be removed, and why.
    pub(super) async fn remove(&self) -> Result<(), String> {
        let until = Until { cancel: CancellationToken::new(), deadline: Instant::now() + REMOVAL };
        let hub = std::fs::read_to_string(self.folder.join(HUB)).ok();
        let mut calls = Vec::new();
        if has_any(&self.program.home.join("state/codespaces")) {
            calls.push(vec!["delete", "--all"]);
        }
        if has_any(&self.program.home.join("state/prebuilds")) {
            calls.push(vec!["prebuild", "delete", "--all"]);
        }
        if let Some(hub) = &hub {
            calls.push(vec!["hub", "down", "--volumes", hub]);
        }
        for words in calls {
            let told = words.join(" ");
            let ran = self.program.call(words, None, &until, |_| {}).await;
            let ran = ran.map_err(|error| format!("localspace {told}: {error}"))?;
            if ran.code != 0 {
                return Err(format!("localspace {told}: {}", ran.complaint()));
            }
        }
        let folder = self.folder.clone();
        let removed = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(folder)).await;
        removed.unwrap_or_else(|error| Err(std::io::Error::other(error))).map_err(|error| error.to_string())
    }
}

fn has_any(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

/// Returns the key of the lock on a run.
fn key(name: &str) -> String {
    format!("test-{name}")
}

/// Removes what is left of runs whose process is gone, but for what they were to keep. What cannot be removed now is said, and is in nobody's way.
async fn sweep(context: &mut Context, executable: &Path, all: &Path) {
    let Ok(runs) = std::fs::read_dir(all) else { return };
    for run in runs.flatten() {
        let name = run.file_name().to_string_lossy().into_owned();
        let Ok(Locked::Yes(_held)) = context.home.try_lock_key(&key(&name), "localspace test") else { continue };
        let Ok(plots) = std::fs::read_dir(run.path()) else { continue };
        for plot in plots.flatten().map(|plot| plot.path()).filter(|plot| !plot.join(KEPT).exists()) {
            let program = Program { executable: executable.to_owned(), home: plot.join("home") };
            if let Err(why) = (Plot { program, folder: plot }).remove().await {
                context.ui.say(&format!("warning: what a killed run has left could not be removed: {why}\n"));
            }
        }
        // One that has something in it stays.
        let _kept = std::fs::remove_dir(run.path());
    }
}
