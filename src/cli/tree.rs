//! `localspace tree`, which runs in a container that has volumes

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::{CliError, Kind};
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
}

pub(super) fn run(args: Args, context: &mut Context) -> Result<u8, CliError> {
    let Verb::Copy { folders, remove_in, remove } = args.verb;
    let failed = |error: &dyn std::error::Error| CliError::new(Kind::Engine, error.to_string(), None);
    let mut copied = Vec::new();
    for pair in folders.chunks(2) {
        let [from, to] = pair else {
            return Err(CliError::new(Kind::Usage, "each folder wants one that it is copied into", None));
        };
        copied.push(tree::copy(from, to).map_err(|error| failed(&error))?);
    }
    if let (Some(folder), Some(list)) = (remove_in, remove) {
        let list = std::fs::read(list)?;
        let paths = list.split(|byte| *byte == 0).filter(|path| !path.is_empty());
        for path in paths.map(|path| Path::new(OsStr::from_bytes(path))) {
            tree::remove(&folder, path).map_err(|error| failed(&error))?;
        }
    }
    let text = serde_json::to_string(&copied).map_err(std::io::Error::other)?;
    context.ui.data(&format!("{text}\n"))?;
    Ok(0)
}
