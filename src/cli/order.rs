//! What every run's order has: which codespace, how it is run. What is to be done to it, `clone`, `bind`, `wake` and `remake` say.

use super::context::Context;
use super::run_options::RunOptions;
use super::select::Found;
use crate::codespace::{CodespaceName, RepositoryName, label};
use crate::feature_store::Surroundings;
use crate::github::{Authorization, Branch, Purpose};
use crate::plan::{Attach, InitializeConsent, Occasion};
use crate::repository::{Source, Wanted};
use crate::steps::{BuildOptions, Cache, Dotfiles, ImageUse, LockfileUse, Order, RunArgs, Workspaces};

/// A codespace that is not there yet.
#[derive(Debug)]
pub(super) struct NewCodespace<'a> {
    pub(super) name: CodespaceName,
    pub(super) purpose: Purpose,
    pub(super) source: &'a Source,
    pub(super) wanted: Wanted,
    pub(super) branch: Branch,
    pub(super) config: Option<&'a str>,
    /// What becomes of the lockfile of its Features.
    pub(super) lockfile: LockfileUse,
    pub(super) dotfiles: Option<Dotfiles>,
}

/// Which codespace it is, and of what.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) name: CodespaceName,
    pub(super) repository: RepositoryName,
    pub(super) actor: String,
    /// Where the repository is.
    pub(super) source: String,
    /// The configuration's path in it; empty where there is none.
    pub(super) config_path: String,
    pub(super) purpose: Purpose,
    pub(super) reference: Option<String>,
    pub(super) commit: Option<String>,
    pub(super) branch: Branch,
    pub(super) authorization: Authorization,
}

impl Identity {
    /// Reads it off the labels of one that is there.
    pub(super) fn of(found: &Found) -> Self {
        Self {
            name: found.name.clone(),
            repository: found.label(label::REPOSITORY).parse().unwrap_or_else(|_| RepositoryName::unknown()),
            actor: found.label(label::ACTOR).to_owned(),
            source: found.label(label::SOURCE).to_owned(),
            config_path: found.label(label::CONFIG).to_owned(),
            purpose: found.purpose(),
            reference: found.labelled(label::REF),
            commit: found.labelled(label::COMMIT),
            branch: found.branch(),
            authorization: found.authorization(),
        }
    }

    /// Returns the order that does nothing to the codespace yet.
    pub(super) fn order(self, context: &Context, attach: Attach, options: &RunOptions) -> Order {
        Order {
            environment_file: context.home.environment(&self.name),
            home: context.home.id(),
            name: self.name,
            repository: self.repository,
            actor: self.actor,
            source: self.source,
            config_path: self.config_path,
            purpose: self.purpose,
            reference: self.reference,
            commit: self.commit,
            branch: self.branch,
            authorization: self.authorization,
            attach,
            on_failure: options.on_failure(context),
            timeout: options.timeout_per_phase,
            local_env: context.environment.clone(),
            workspace_folder: String::new(),
            occasion: Occasion::Attach,
            config: None,
            image: None,
            run_args: RunArgs::default(),
            build_options: BuildOptions::default(),
            service: None,
            features: Surroundings::default(),
            lockfile: LockfileUse::default(),
            image_use: ImageUse::Codespace,
            checkout: None,
            tracked: None,
            prebuilt: None,
            without_prebuild: None,
            bind: None,
            initialize: None,
            consent: InitializeConsent::NotGiven,
            container: None,
            died_in: None,
            workspaces: Workspaces::Kept,
            cache: Cache::Used,
            fault: None,
            recovery: None,
            making: Vec::new(),
            dotfiles: None,
            notes: Vec::new(),
        }
    }
}

/// Returns a name that no codespace has.
pub(super) fn fresh_name() -> CodespaceName {
    let mut entropy = [0; 8];
    if getrandom::fill(&mut entropy).is_err() {
        entropy = std::process::id().to_le_bytes().repeat(2).try_into().unwrap_or_default();
    }
    CodespaceName::generate(entropy)
}
