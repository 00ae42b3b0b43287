//! What goes into the build of an image that Features are installed in: the Dockerfile, and the files beside their folders.
//!
//! Everything is in one build context: each Feature's folder under its consecutive id, and the generated files of [`Build::files`], which
//! win over files of those names in a Feature. Named contexts are not needed, which an engine's own build endpoint does not have.

mod dockerfile;
mod env_files;
mod script;

pub use dockerfile::label_only;

use super::order::Feature;
use crate::devcontainer::document::ConfigError;
use crate::devcontainer::merge::Entry;
use crate::devcontainer::{Configuration, ImageReference};

/// Where Features lie while they are installed, as in images that the reference builds.
const FOLDER: &str = "/tmp/dev-container-features";
/// Where the build context is seen from a step.
const MOUNTED: &str = "/tmp/build-features-src";
/// Who the users are, for every Feature.
const BUILTIN_ENV: &str = "devcontainer-features.builtin.env";
/// The options, beside each Feature.
const FEATURE_ENV: &str = "devcontainer-features.env";
/// The script that runs a Feature's own.
const WRAPPER: &str = "devcontainer-features-install.sh";
/// The script that looks the users' homes up.
const HOMES: &str = "devcontainer-features-homes.sh";

/// What Features are installed in, and for whom.
#[derive(Debug, Clone, Copy)]
pub struct Installation<'a> {
    /// The image that they are installed in.
    pub base: &'a ImageReference,
    /// Its user; empty for root. The new image has it too.
    pub base_user: &'a str,
    /// Whom the container runs as.
    pub container_user: &'a str,
    /// Whom commands run as.
    pub remote_user: &'a str,
    /// The Features, in order.
    pub features: &'a [Feature],
    /// The metadata of the new image, raw: the base image's, the Features', the configuration's.
    pub entries: &'a [Entry],
    /// The configuration's own `containerEnv`, variables replaced.
    pub container_env: &'a [(String, String)],
    /// The configuration, for what is wrong in it.
    pub config: &'a Configuration,
}

/// An image build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The Dockerfile.
    pub dockerfile: String,
    /// Files of the build context, beside or in the Features' folders.
    pub files: Vec<GeneratedFile>,
    /// The Features' folders in the build context, in their order.
    pub folders: Vec<String>,
}

/// A file of the build context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Its path in the context.
    pub path: String,
    /// What is in it.
    pub text: String,
}

impl Installation<'_> {
    /// Returns the build. An error is a variable that no Dockerfile can hold.
    pub fn build(&self) -> Result<Build, ConfigError> {
        let folders: Vec<String> = self.features.iter().enumerate().map(|(at, one)| one.consecutive_id(at)).collect();
        let file = |path: String, text: String| GeneratedFile { path, text };
        let mut files = vec![
            file(BUILTIN_ENV.to_owned(), env_files::builtin(self.container_user, self.remote_user)),
            file(HOMES.to_owned(), script::HOMES_SCRIPT.to_owned()),
        ];
        for (feature, folder) in self.features.iter().zip(&folders) {
            let values = feature.options.values(&feature.metadata.options);
            files.push(file(format!("{folder}/{FEATURE_ENV}"), env_files::options(&values)));
            files.push(file(format!("{folder}/{WRAPPER}"), script::wrapper(feature, folder, &values)));
        }
        Ok(Build { dockerfile: self.dockerfile(&folders)?, files, folders })
    }
}

impl Feature {
    /// Returns what its folder is called, which its place in the order makes unique.
    pub fn consecutive_id(&self, at: usize) -> String {
        format!("{}_{at}", self.metadata.id)
    }
}

/// Returns a user without the group: what passwd knows.
fn name_of(user: &str) -> &str {
    let name = user.split(':').next().unwrap_or_default();
    if name.is_empty() { "root" } else { name }
}

#[cfg(test)]
mod tests;
