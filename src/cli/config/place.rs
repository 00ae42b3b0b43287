//! Where the configuration is that `config` is about: in a folder as it lies, or in a clone.

use std::path::{Component, Path, PathBuf};

use crate::cli::configuration;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::devcontainer::{Found, FoundBy};
use crate::repository::{self, Checkout, Content, Wanted};

/// A folder to read in, and what its files are called.
#[derive(Debug)]
pub(super) struct Place {
    /// How the document names it.
    pub(super) found: Found,
    /// The folder on this machine.
    folder: PathBuf,
    /// The configuration's path in it.
    name: Option<String>,
    /// Its files go with it.
    _clone: Option<(Checkout, tempfile::TempDir)>,
}

impl Place {
    /// Looks for a configuration; a person is asked where there are several.
    pub(super) async fn find(context: &mut Context, repository: &str, wanted: Option<&str>) -> Result<Self, CliError> {
        let source = repository::locate(repository)?;
        let by = if wanted.is_some() { FoundBy::Name } else { FoundBy::Search };
        if source.has_files() {
            let folder = absolute(Path::new(repository))?;
            let wanted = wanted.map(|wanted| inside(&folder, wanted)).transpose()?;
            let name = configuration::find(&mut context.ui, &folder, &source, wanted.as_deref()).await?;
            let top = folder.ancestors().find(|top| top.join(".git").exists()).unwrap_or(&folder);
            let found = Found {
                folder: folder.display().to_string(),
                top: top.display().to_string(),
                file: name.as_ref().map(|name| folder.join(name).display().to_string()),
                by,
            };
            return Ok(Self { found, folder, name, _clone: None });
        }
        let under = tempfile::tempdir()?;
        let asked = Wanted { reference: None, content: Content::Committed, name: None, owner: context.actor.clone() };
        let clone = repository::check_out(&source, &asked, under.path()).await?;
        let name = configuration::find(&mut context.ui, clone.path(), &source, wanted).await?;
        // On GitHub, the clone is on the machine under the same path as in the container.
        let folder = format!("/workspaces/{}", clone.name.name());
        let file = name.as_ref().map(|name| format!("{folder}/{name}"));
        let found = Found { top: folder.clone(), folder, file, by };
        Ok(Self { found, folder: clone.path().to_owned(), name, _clone: Some((clone, under)) })
    }

    /// Returns the folder of this machine that the repository's files are in.
    pub(super) fn files(&self) -> &Path {
        &self.folder
    }

    /// Returns the configuration's text and its path in the repository; nothing where there is none.
    pub(super) fn text(&self) -> Result<Option<(String, String)>, CliError> {
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

/// Returns a path from the root, without `.` and `..`, links as they are: what the reference calls a folder.
fn absolute(path: &Path) -> Result<PathBuf, CliError> {
    let mut whole = PathBuf::new();
    for part in std::path::absolute(path)?.components() {
        if part == Component::ParentDir {
            whole.pop();
        } else {
            whole.push(part);
        }
    }
    Ok(whole)
}
