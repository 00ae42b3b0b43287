//! `localspace tree`, which runs in a container that has volumes

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::{CliError, Kind};
use crate::redact::{Searcher, Secret};
use crate::tree;

/// What is to be done with trees of files.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Copy folders into others
    Copy {
        /// A folder, and the one that it is copied into, in turns
        #[arg(required = true, value_name = "FROM TO")]
        folders: Vec<PathBuf>,
        /// The folder that something goes from afterwards
        #[arg(long, requires = "remove")]
        remove_in: Option<PathBuf>,
        /// A file with the paths in that folder, a zero byte after each
        #[arg(long)]
        remove: Option<PathBuf>,
    },
    /// Look through folders for the secrets that are named, with their values, in a JSON object on standard input
    Scan {
        /// The folders
        #[arg(required = true, value_name = "FOLDER")]
        folders: Vec<PathBuf>,
    },
    /// Tell which files of a folder were read since this was last asked
    Reads {
        /// The folder
        folder: PathBuf,
        /// A file with paths in it, a zero byte after each
        list: PathBuf,
    },
}

pub(super) fn run(args: Args, context: &mut Context) -> Result<u8, CliError> {
    let text = match args.verb {
        Verb::Copy { folders, remove_in, remove } => copy(&folders, remove_in, remove)?,
        Verb::Scan { folders } => scan(&folders)?,
        Verb::Reads { folder, list } => text_of(&tree::reads(&folder, &std::fs::read(list)?))?,
    };
    context.ui.data(&format!("{text}\n"))?;
    Ok(0)
}

fn text_of(value: &impl serde::Serialize) -> Result<String, CliError> {
    Ok(serde_json::to_string(value).map_err(std::io::Error::other)?)
}

fn failed(error: &dyn std::error::Error) -> CliError {
    CliError::new(Kind::Engine, error.to_string(), None)
}

fn scan(folders: &[PathBuf]) -> Result<String, CliError> {
    let input = Secret::new(std::io::read_to_string(std::io::stdin().lock())?);
    let secrets: BTreeMap<String, String> = serde_json::from_str(input.expose()).map_err(std::io::Error::other)?;
    let secrets = secrets.into_iter().map(|(name, value)| (name, Secret::new(value)));
    let mut scanned = tree::Scanned::default();
    if let Some(searcher) = Searcher::new(secrets) {
        for (at, folder) in folders.iter().enumerate() {
            scanned.scan(at, folder, &searcher).map_err(|error| failed(&error))?;
        }
    }
    text_of(&scanned)
}

fn copy(folders: &[PathBuf], remove_in: Option<PathBuf>, remove: Option<PathBuf>) -> Result<String, CliError> {
    let mut copied = Vec::new();
    for pair in folders.chunks(2) {
        let [from, to] = pair else {
            return Err(CliError::new(Kind::Usage, "each folder wants one that it is copied into", None));
        };
        let one = tree::copy(from, to).map_err(|error| {
            // Half a copy is of no use, and where the disk is full, an engine that has no space cannot hand on what is said here.
            folders.iter().skip(1).step_by(2).for_each(|to| tree::clear(to));
            failed(&error)
        });
        copied.push(one?);
    }
    if let (Some(folder), Some(list)) = (remove_in, remove) {
        let list = std::fs::read(list)?;
        let paths = list.split(|byte| *byte == 0).filter(|path| !path.is_empty());
        for path in paths.map(|path| Path::new(OsStr::from_bytes(path))) {
            tree::remove(&folder, path).map_err(|error| failed(&error))?;
        }
    }
    text_of(&copied)
}
