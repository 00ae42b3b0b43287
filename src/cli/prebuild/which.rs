//! Which repository, branch and configuration a prebuild is of, as it is typed.

use crate::codespace::RepositoryName;

/// Which repository, branch and configuration a prebuild is of.
#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// The folder of a repository, or anything that git can clone
    #[arg(value_name = "REPO", default_value = ".")]
    pub(super) repository: String,
    /// The branch, tag or commit to check out
    #[arg(long = "ref", value_name = "REF")]
    pub(super) reference: Option<String>,
    /// The configuration, as a path in the repository
    #[arg(long, value_name = "PATH")]
    config: Option<String>,
    /// What the repository is called on GitHub
    #[arg(long = "repository", value_name = "OWNER/NAME")]
    pub(super) called: Option<RepositoryName>,
}

impl Which {
    /// Returns the configuration's path, as it is kept.
    pub(super) fn config(&self) -> Option<&str> {
        self.config.as_deref().map(|path| path.trim_start_matches("./"))
    }
}
