//! What a scenario expects, as it is written: each name, and where it stands. The doc comments are what an editor shows
//! (`localspace test --schema`).

use schemars::JsonSchema;
use serde::Deserialize;

use super::at::At;
use super::forms::{Entries, Texts, WordOr};
use super::limit::{Seconds, Share};
use super::pattern::{Mode, Patterns};
use crate::phase::Phase;

/// What must be true.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// How it ended.
    pub(super) outcome: Option<At<OutcomeWord>>,
    /// What is said of a failure.
    pub(super) message: Option<At<Text>>,
    /// How long it took.
    pub(super) seconds: Option<At<Seconds>>,
    /// The exit code of the command of `exec`.
    pub(super) exit: Option<At<i32>>,
    /// What the command of `exec` wrote.
    pub(super) stdout: Option<At<Text>>,
    /// What the command of `exec` wrote as errors.
    pub(super) stderr: Option<At<Text>>,
    /// What became of each phase.
    pub(super) phases: Option<At<Phases>>,
    /// What the codespace is and has.
    pub(super) container: Option<At<Container>>,
    /// The rules of `localspace` that have told why something failed; `none` where nothing has to be told.
    pub(super) diagnosis: Option<At<Texts>>,
    /// What is warned of, a line each; `none` where nothing is.
    pub(super) warnings: Option<At<WordOr<NoneWord, Text>>>,
    /// No secret's value is in what the engine knows of the container (variables, labels, command, what made its image), or anywhere in a prebuild.
    pub(super) secrets_leaked: Option<At<NoneWord>>,
    /// What a codespace has of its prebuild.
    pub(super) prebuild: Option<At<PrebuildExpect>>,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OutcomeWord {
    /// As it should.
    Success,
    /// It did not.
    Error,
}

/// None.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum NoneWord {
    /// None.
    None,
}

/// What a text has to be. All of it has to hold.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Text {
    /// It has each of these.
    pub(super) contains: Option<At<Texts>>,
    /// It has none of these.
    pub(super) excludes: Option<At<Texts>>,
    /// Each of these regular expressions is found in it; `^` and `$` are the ends of a line.
    pub(super) matches: Option<At<Patterns>>,
    /// It is this, but for line ends at its end.
    pub(super) equals: Option<At<String>>,
}

/// What became of each phase.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub(super) struct Phases {
    pub(super) initialize_command: Option<At<WordOr<PhaseWord, PhaseExpect>>>,
    pub(super) image: Option<At<WordOr<PhaseWord, PhaseExpect>>>,
    pub(super) create: Option<At<WordOr<PhaseWord, PhaseExpect>>>,
    pub(super) on_create_command: Option<At<WordOr<PhaseWord, PhaseExpect>>>,
    pub(super) update_content_command: Option<At<WordOr<PhaseWord, PhaseExpect>>>,
    pub(super) registry_login: Option<At<WordOr<PhaseWord, PhaseExpect>>>,
    pub(super) post_create_command: Option<At<WordOr<PhaseWord, PhaseExpect>>>,
    pub(super) post_start_command: Option<At<WordOr<PhaseWord, PhaseExpect>>>,
    pub(super) post_attach_command: Option<At<WordOr<PhaseWord, PhaseExpect>>>,
}

/// How a phase ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PhaseWord {
    /// As it should.
    Succeeded,
    /// It did not.
    Failed,
    /// It was not run.
    Skipped,
}

/// What became of a phase.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PhaseExpect {
    /// How it ended.
    pub(super) outcome: Option<At<PhaseWord>>,
    /// The exit code of its command.
    pub(super) exit_code: Option<At<i32>>,
    /// How long it took.
    pub(super) seconds: Option<At<Seconds>>,
    /// What its commands wrote.
    pub(super) stdout: Option<At<Text>>,
    /// What its commands wrote as errors.
    pub(super) stderr: Option<At<Text>>,
    /// Why it failed or was skipped.
    pub(super) reason: Option<At<Text>>,
    /// Of `registryLogin`: the servers that it has logged in to, all of them.
    pub(super) servers: Option<At<Vec<String>>>,
}

/// What a codespace is and has.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Container {
    /// Files, by path: absolute, from the user's home (`~/…`) or from the workspace's folder.
    pub(super) files: Option<At<Entries<There<FileExpect>>>>,
    /// Variables of a shell of the user's: a text that it is, `present`, or `absent`.
    pub(super) env: Option<At<Entries<At<String>>>>,
    /// The user that commands run as.
    pub(super) user: Option<At<String>>,
    /// The folder that is opened.
    pub(super) workspace_folder: Option<At<String>>,
    /// Users that there are.
    pub(super) users: Option<At<Entries<There<UserExpect>>>>,
    /// Ports on which something answers.
    pub(super) ports: Option<At<Vec<At<u16>>>>,
    /// Commands that run in the codespace, as its user would run them.
    pub(super) commands: Option<At<Vec<At<CommandExpect>>>>,
    /// The image that the container was made from, as the engine calls it.
    pub(super) image: Option<At<Text>>,
    /// Labels of the container: a text that it is, `present`, or `absent`.
    pub(super) labels: Option<At<Entries<At<String>>>>,
}

/// Whether something is there, or what it is.
pub(super) type There<T> = At<WordOr<ThereWord, T>>;

/// Whether something is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum ThereWord {
    /// It is.
    Present,
    /// It is not.
    Absent,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum KindWord {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A socket.
    Socket,
}

/// What a file is and has.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileExpect {
    /// What it is.
    #[serde(rename = "type")]
    pub(super) kind: Option<At<KindWord>>,
    /// Its permissions, in octal: "0600".
    pub(super) mode: Option<At<Mode>>,
    /// The user whose it is.
    pub(super) owner: Option<At<String>>,
    /// The group whose it is.
    pub(super) group: Option<At<String>>,
    /// What it holds.
    pub(super) text: Option<At<Text>>,
    /// What it holds as JSON, by path (`auths.ghcr\.io.auth`; a dot in a name has a backslash): a value that it is, `present`, or `absent`.
    pub(super) json: Option<At<Entries<At<serde_json::Value>>>>,
}

/// What a user is.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct UserExpect {
    /// The number of the user.
    pub(super) uid: Option<At<u32>>,
    /// Groups that the user is in.
    pub(super) groups: Option<At<Texts>>,
    /// The user's folder.
    pub(super) home: Option<At<String>>,
    /// The user's shell.
    pub(super) shell: Option<At<String>>,
}

/// A command.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CommandExpect {
    /// Its text, for a shell.
    pub(super) run: At<String>,
    /// Its exit code; 0 by default.
    pub(super) exit: Option<At<i32>>,
    /// What it writes.
    pub(super) stdout: Option<At<Text>>,
    /// What it writes as errors.
    pub(super) stderr: Option<At<Text>>,
}

/// What a codespace has of its prebuild.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PrebuildExpect {
    /// Whether it is made of one.
    pub(super) used: Option<At<bool>>,
    /// Which one and why, or why of none.
    pub(super) reason: Option<At<Text>>,
    /// How many commits are newer than it.
    pub(super) commits_behind: Option<At<u64>>,
    /// How much less time it took than without it, as a part of that time.
    pub(super) saves: Option<At<Share>>,
}

impl Phases {
    /// Returns what is said of each phase, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = (Phase, &At<WordOr<PhaseWord, PhaseExpect>>)> {
        let entries = [
            &self.initialize_command,
            &self.image,
            &self.create,
            &self.on_create_command,
            &self.update_content_command,
            &self.registry_login,
            &self.post_create_command,
            &self.post_start_command,
            &self.post_attach_command,
        ];
        Phase::ALL.into_iter().zip(entries).filter_map(|(phase, entry)| Some((phase, entry.as_ref()?)))
    }
}
