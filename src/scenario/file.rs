//! A scenario's file as it is written: every name that may stand in it, and where it stands. The doc comments are what an editor shows
//! (`localspace test --schema`).

use schemars::JsonSchema;
use serde::Deserialize;

use super::at::At;
use super::expect::Expect;
use super::forms::{Entries, Given, WordOr, given};
use super::limit::Time;

/// A scenario: what must be true of a repository's codespace.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "localspace scenario")]
#[allow(clippy::struct_excessive_bools, reason = "each is a name of the format")]
pub(super) struct ScenarioFile {
    /// The version of this format; 1.
    pub(super) version: Option<At<u64>>,
    /// What must be true, in words. No two scenarios of a run have one name.
    pub(super) name: At<String>,
    /// What the repository is called on GitHub: OWNER/NAME.
    pub(super) repository: Option<At<String>>,
    /// The folder of the repository, from this file on; by default the repository that this file is in. A folder below its top is taken as a
    /// repository of its own.
    pub(super) path: Option<At<String>>,
    /// The dev container configuration, as a path in the repository.
    pub(super) config: Option<At<String>>,
    /// The branch, tag or commit.
    #[serde(rename = "ref")]
    pub(super) reference: Option<At<String>>,
    /// The file of the hub (the simulated GitHub), from this file on.
    pub(super) hub: Option<At<String>>,
    /// A file of secrets (JSON or .env), from this file on.
    pub(super) secrets_file: Option<At<String>>,
    /// The GitHub user that the codespace is for.
    pub(super) user: Option<At<String>>,
    /// What becomes of the permissions that `customizations.codespaces.repositories` asks for.
    pub(super) permissions: Option<Permissions>,
    /// Whether `initializeCommand` may run, on this machine.
    #[serde(default)]
    pub(super) allow_initialize: bool,
    /// The branch is a pull request's from a fork.
    #[serde(default)]
    pub(super) fork_pull_request: bool,
    /// A recovery container takes the place of one that cannot be made.
    #[serde(default)]
    pub(super) recovery: bool,
    /// How long the scenario may take; 30m by default.
    pub(super) timeout: Option<Time>,
    /// How long each phase may take.
    pub(super) timeout_per_phase: Option<Time>,
    /// Each is one codespace that everything is held against; `create` by default.
    pub(super) runs: Option<At<Vec<At<RunWord>>>>,
    /// Every combination of these is one codespace.
    pub(super) matrix: Option<At<MatrixEntry>>,
    /// What must be true once the codespace is there.
    pub(super) expect: Option<At<Expect>>,
    /// What happens after it was made, in order.
    pub(super) steps: Option<At<Vec<StepItem>>>,
}

/// A step: a word, or a map that says more.
pub(super) type StepItem = At<WordOr<StepWord, StepEntry>>;

/// What becomes of a question for permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Permissions {
    /// They are granted.
    Granted,
    /// They are not.
    Refused,
}

/// How a codespace comes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum RunWord {
    /// It is made with no prebuild.
    Create,
    /// A prebuild is made, and the codespace of that.
    Prebuild,
}

impl std::fmt::Display for RunWord {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Create => "create",
            Self::Prebuild => "prebuild",
        })
    }
}

/// Every combination of these is one codespace.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MatrixEntry {
    /// Dev container configurations, as paths in the repository.
    pub(super) config: Option<At<Vec<At<String>>>>,
    /// GitHub users.
    pub(super) user: Option<At<Vec<At<String>>>>,
    /// With a prebuild, without one, or both.
    pub(super) prebuild: Option<At<Vec<At<bool>>>>,
    /// With secrets (the hub and the secrets file), without them, or both.
    pub(super) secrets: Option<At<Vec<At<bool>>>>,
}

/// A step that wants no more said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum StepWord {
    /// The codespace is made.
    Create,
    /// A prebuild is made, or made anew over the last one.
    Prebuild,
    /// The codespace is stopped.
    Stop,
    /// The codespace is started.
    Start,
    /// The codespace's container is made anew.
    Rebuild,
}

/// One step: one of `create`, `prebuild`, `stop`, `start`, `rebuild`, `exec`, `secret` and `push`, and what must be true after it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StepEntry {
    /// The codespace is made; one that is there is removed before.
    #[serde(default, deserialize_with = "given")]
    pub(super) create: Option<Given<CreateEntry>>,
    /// A prebuild is made, or made anew over the last one.
    #[serde(default, deserialize_with = "given")]
    pub(super) prebuild: Option<Given<NothingEntry>>,
    /// The codespace is stopped.
    #[serde(default, deserialize_with = "given")]
    pub(super) stop: Option<Given<NothingEntry>>,
    /// The codespace is started.
    #[serde(default, deserialize_with = "given")]
    pub(super) start: Option<Given<NothingEntry>>,
    /// The codespace's container is made anew.
    #[serde(default, deserialize_with = "given")]
    pub(super) rebuild: Option<Given<RebuildEntry>>,
    /// A command runs in the codespace, as its user would run it.
    pub(super) exec: Option<At<String>>,
    /// A secret is set or removed on GitHub.
    pub(super) secret: Option<At<SecretEntry>>,
    /// A commit is pushed to the repository: a branch, tag or commit that it has, or files of a new one.
    pub(super) push: Option<At<WordOr<String, PushEntry>>>,
    /// What must be true after it.
    pub(super) expect: Option<At<Expect>>,
}

/// How a codespace is made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateEntry {
    /// Of a prebuild that an earlier step has made, where one fits (`auto`), or of none (`never`).
    pub(super) prebuild: Option<PrebuildWord>,
}

/// Whether a prebuild is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum PrebuildWord {
    /// One that fits.
    Auto,
    /// None.
    Never,
}

/// Nothing more is said.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NothingEntry {}

/// How a container is made anew.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RebuildEntry {
    /// Nothing that an engine has kept of the build is used.
    #[serde(default)]
    pub(super) full: bool,
}

/// A secret: `set` with a value, or `delete`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretEntry {
    /// The secret's name.
    pub(super) set: Option<At<String>>,
    /// The secret's name.
    pub(super) delete: Option<At<String>>,
    /// Its value.
    pub(super) value: Option<At<String>>,
    /// The variable of this machine's environment that has its value.
    pub(super) value_from_env: Option<At<String>>,
    /// The organization whose secret it is; by default it is the user's.
    pub(super) organization: Option<At<String>>,
    /// The repository whose secret it is, or, for a user's or an organization's, that may have it.
    pub(super) repository: Option<At<String>>,
}

/// A new commit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PushEntry {
    /// What its files hold, by path; null removes one.
    pub(super) files: At<Entries<Option<String>>>,
    /// Its message.
    pub(super) message: Option<String>,
}
