//! What is to be read of a repository: its Compose project.

use std::ops::Range;
use std::path::Path;

use crate::devcontainer::{ComposeService, ConfigError};

/// What is to be read.
#[derive(Debug)]
pub struct Request<'a> {
    /// The repository's folder on this machine, an absolute path without links.
    pub root: &'a Path,
    /// The folder that is opened, in it or the same: where compose runs.
    pub folder: &'a Path,
    /// The configuration's path in the repository.
    pub config: &'a str,
    /// The configuration's text.
    pub text: &'a str,
    /// What it says of the project, variables replaced.
    pub service: &'a ComposeService,
    /// What the project is called.
    pub name: &'a str,
}

impl Request<'_> {
    /// Returns an error about a place in the configuration.
    pub fn error(&self, span: Range<usize>, problem: String, hint: Option<String>) -> ConfigError {
        ConfigError { file: self.config.to_owned(), text: self.text.to_owned(), span, problem, hint }
    }
}
