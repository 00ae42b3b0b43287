//! Where the configuration is that `config` is about: in a folder as it lies, or in a clone.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::reference::ReferenceFlags;
use crate::cli::configuration::{self, Fault, absolute};
use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::devcontainer::{Found, FoundBy};
use crate::repository::{self, Checkout, Content, Source, Wanted};

/// Where a configuration is said to be that is nowhere.
const DEFAULT_PATH: &str = ".devcontainer/devcontainer.json";

/// What was asked for.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) repository: &'a str,
    /// The configuration's path.
    pub(super) config: Option<&'a str>,
    pub(super) flags: &'a ReferenceFlags,
}

/// A folder to read in, and what its files are called.
#[derive(Debug)]
pub(super) struct Place {
    /// How the document names it.
    pub(super) found: Found,
    /// The folder on this machine.
    folder: PathBuf,
    /// The top folder of the repository around it: what a configuration names may lie there.
    root: PathBuf,
    /// The configuration's path in it.
    name: Option<String>,
    /// Where the repository is.
    source: Source,
    /// What is read in its place.
    instead: Option<PathBuf>,
    /// Its files go with it.
    _clone: Option<(Checkout, tempfile::TempDir)>,
}

impl Place {
    /// Looks for a configuration; a person is asked where there are several.
    pub(super) async fn find(context: &mut Context, asked: &Asked<'_>) -> Result<Self, CliError> {
        let source = repository::locate(asked.repository)?;
        let by = if asked.config.is_some() { FoundBy::Name } else { FoundBy::Search };
        let instead = asked.flags.override_config.clone();
        if source.has_files() {
            let folder = absolute(repository::opened(Path::new(asked.repository)))?;
            let wanted = asked.config.map(|wanted| inside(&folder, wanted)).transpose()?;
            let name = Self::name(context, &folder, &source, wanted.as_deref(), asked).await?;
            let root = folder.ancestors().find(|top| top.join(".git").exists()).unwrap_or(&folder).to_owned();
            let top = if asked.flags.mounts_top() { &root } else { &folder };
            let found = Found {
                folder: folder.display().to_string(),
                top: top.display().to_string(),
                file: name.as_ref().map(|name| folder.join(name).display().to_string()),
                by,
                gitdir: if asked.flags.mounts_common() { repository::named_git_dir(top) } else { None },
            };
            return Ok(Self { found, folder, root, name, source, instead, _clone: None });
        }
        let under = tempfile::tempdir()?;
        let wanted = Wanted { reference: None, content: Content::Committed, name: None, owner: context.actor.clone() };
        let clone = repository::check_out(&source, &wanted, under.path()).await?;
        let name = Self::name(context, clone.path(), &source, asked.config, asked).await?;
        // On GitHub, the clone is on the machine under the same path as in the container.
        let folder = format!("/workspaces/{}", clone.name.name());
        let file = name.as_ref().map(|name| format!("{folder}/{name}"));
        let found = Found { top: folder.clone(), folder, file, by, gitdir: None };
        let files = clone.path().to_owned();
        Ok(Self { found, root: files.clone(), folder: files, name, source, instead, _clone: Some((clone, under)) })
    }

    /// Returns the configuration's path in a folder. What is read in its place needs none there.
    async fn name(
        context: &mut Context,
        folder: &Path,
        source: &Source,
        wanted: Option<&str>,
        asked: &Asked<'_>,
    ) -> Result<Option<String>, CliError> {
        match (configuration::find(&mut context.ui, folder, source, wanted).await, &asked.flags.override_config) {
            (Ok(None), Some(_)) => Ok(Some(DEFAULT_PATH.to_owned())),
            (Err(_), Some(_)) if wanted.is_none() => Ok(Some(DEFAULT_PATH.to_owned())),
            (found, _) => found,
        }
    }

    /// Returns who owns the repository on GitHub.
    pub(super) async fn owner(&self) -> Option<String> {
        repository::owner_on_github(&self.source).await
    }

    /// Returns the folder of this machine that the repository's files are in.
    pub(super) fn files(&self) -> &Path {
        &self.folder
    }

    /// Returns the top folder of the repository that the folder is in.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the path of the opened folder from there.
    pub(super) fn inside(&self) -> PathBuf {
        self.folder.strip_prefix(&self.root).unwrap_or(Path::new("")).to_owned()
    }

    /// Returns the configuration's path from there: what the paths in it are given from.
    pub(super) fn path(&self) -> PathBuf {
        self.inside().join(self.name.as_deref().unwrap_or_default())
    }

    /// Returns the configuration's text, and the path of the file that it is from; nothing where there is none.
    pub(super) fn text(&self) -> Result<Option<(String, String)>, Fault> {
        if let Some(file) = &self.instead {
            // A person named it, wherever it is.
            let whole = file.canonicalize().unwrap_or_else(|_| file.clone());
            let (folder, name) = (whole.parent().unwrap_or(&whole), whole.file_name().and_then(OsStr::to_str));
            let text = configuration::read(folder, name.unwrap_or_default())?;
            return Ok(Some((text, file.display().to_string())));
        }
        let Some(name) = &self.name else { return Ok(None) };
        Ok(Some((configuration::read(&self.folder, name)?, name.clone())))
    }
}

/// Returns a configuration's path in a folder; it may be given as it is there, or as it is from here.
fn inside(folder: &Path, wanted: &str) -> Result<String, CliError> {
    if Path::new(wanted).is_relative() && folder.join(wanted).exists() {
        return Ok(wanted.to_owned());
    }
    let path = absolute(Path::new(wanted))?;
    let inside = path.strip_prefix(folder).ok().and_then(Path::to_str).map(str::to_owned);
    inside.ok_or_else(|| {
        let hint = format!("a configuration is a file in {}", folder.display());
        CliError::new(Kind::Usage, format!("there is no configuration {wanted} in the repository"), Some(hint))
    })
}
