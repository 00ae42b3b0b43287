//! What was seen of a codespace after a step, and what has to be looked at for that.

use std::collections::{BTreeMap, BTreeSet};

use super::expect::{Container, Expect, KindWord, OutcomeWord, PhaseWord};
use super::forms::WordOr;
use crate::phase::Phase;

/// What was seen of a step.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// How it ended; absent where it was not to be told.
    pub outcome: Option<OutcomeWord>,
    /// What is said of a failure.
    pub message: String,
    /// How long it took.
    pub seconds: f64,
    /// What became of each phase.
    pub phases: BTreeMap<Phase, SeenPhase>,
    /// What became of each phase in the prebuild that the codespace is made of.
    pub in_prebuild: BTreeMap<Phase, SeenPhase>,
    /// The rules that have told why something failed.
    pub diagnoses: Vec<String>,
    /// What was warned of, a line each.
    pub warnings: Captured,
    /// Where secrets are that must not be there, one line each. No value.
    pub leaks: Vec<String>,
    /// What it has of a prebuild.
    pub prebuild: SeenPrebuild,
    /// The command of `exec`.
    pub command: Option<SeenCommand>,
    /// The codespace; why it could not be looked at, where it could not.
    pub container: Option<Result<Answers, String>>,
}

/// What was seen of a phase.
#[derive(Debug, Clone, Default)]
pub struct SeenPhase {
    /// How it ended.
    pub outcome: Option<PhaseWord>,
    /// The exit code of its command.
    pub exit_code: Option<i32>,
    /// How long it took.
    pub seconds: f64,
    /// Why it failed or was skipped.
    pub reason: Option<String>,
    /// What its commands wrote.
    pub stdout: Captured,
    /// What its commands wrote as errors.
    pub stderr: Captured,
    /// The servers that it has logged in to.
    pub servers: BTreeSet<String>,
}

/// What something wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Captured {
    /// The beginning of it.
    pub text: String,
    /// Whether there was more.
    pub is_cut: bool,
}

/// The most that is kept of what something wrote, in bytes.
const MOST: usize = 8 * 1024 * 1024;

/// What was seen of a prebuild.
#[derive(Debug, Clone, Default)]
pub struct SeenPrebuild {
    /// The one that was used.
    pub name: Option<String>,
    /// Why that one, or why none.
    pub reason: String,
    /// How many commits are newer.
    pub commits_behind: u64,
    /// How much less time it took than without it, in per cent; absent where nothing is there to compare with.
    pub saves: Option<f64>,
}

/// What was seen of a command.
#[derive(Debug, Clone, Default)]
pub struct SeenCommand {
    /// Its exit code.
    pub exit: i32,
    /// What it wrote.
    pub stdout: Captured,
    /// What it wrote as errors.
    pub stderr: Captured,
}

/// What has to be looked at in a codespace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Questions {
    /// Files, and whether their content is wanted.
    pub files: BTreeMap<String, bool>,
    /// Whether variables are wanted, or who the user is and where.
    pub surroundings: bool,
    /// Users.
    pub users: BTreeSet<String>,
    /// Ports.
    pub ports: BTreeSet<u16>,
    /// Commands, in order.
    pub commands: Vec<String>,
    /// Whether the engine has to be asked, for the image and the labels.
    pub engine: bool,
}

/// What was seen there.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// Files that are there.
    pub files: BTreeMap<String, SeenFile>,
    /// Variables.
    pub env: BTreeMap<String, String>,
    /// The user that commands run as.
    pub user: String,
    /// The folder that they run in.
    pub folder: String,
    /// Users that there are.
    pub users: BTreeMap<String, SeenUser>,
    /// Why nothing answers on a port; absent where something does.
    pub ports: BTreeMap<u16, Option<String>>,
    /// Commands, in the order of the questions.
    pub commands: Vec<SeenCommand>,
    /// The image, as the engine calls it.
    pub image: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}

/// What was seen of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeenFile {
    /// What it is; absent where it is something else than a scenario has words for.
    pub kind: Option<KindWord>,
    /// Its permissions.
    pub mode: u32,
    /// The user whose it is.
    pub owner: String,
    /// The group whose it is.
    pub group: String,
    /// What it holds, or why that cannot be read; absent where it was not asked for.
    pub content: Option<Result<Captured, String>>,
}

/// What was seen of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeenUser {
    /// The user's number.
    pub uid: u32,
    /// The names of the groups that the user is in.
    pub groups: BTreeSet<String>,
    /// The user's folder.
    pub home: String,
    /// The user's shell.
    pub shell: String,
}

impl Captured {
    /// Adds text, as long as there is room.
    pub fn push(&mut self, text: &str) {
        let room = MOST.saturating_sub(self.text.len());
        let end = text.floor_char_boundary(room);
        self.text.push_str(text.get(..end).unwrap_or_default());
        self.is_cut |= end < text.len();
    }
}

impl From<&str> for Captured {
    fn from(text: &str) -> Self {
        let mut captured = Self::default();
        captured.push(text);
        captured
    }
}

impl Seen {
    /// Returns what became of a phase: in the codespace, or, where that did not run it again, in its prebuild.
    pub(super) fn phase(&self, phase: Phase) -> Option<&SeenPhase> {
        let own = self.phases.get(&phase);
        let before = self.in_prebuild.get(&phase).filter(|seen| seen.outcome != Some(PhaseWord::Skipped));
        match own {
            Some(seen) if seen.outcome != Some(PhaseWord::Skipped) => own,
            Some(_) | None => before.or(own),
        }
    }
}

impl Expect {
    /// Returns what has to be looked at in the codespace; nothing where nothing is expected of it.
    pub fn questions(&self) -> Option<Questions> {
        let container = &self.container.as_ref()?.value;
        let Container { files, env, user, workspace_folder, users, ports, commands, image, labels } = container;
        let wants_content = |entry: &WordOr<_, super::expect::FileExpect>| match entry {
            WordOr::Word(_) => false,
            WordOr::Map(expect) => expect.text.is_some() || expect.json.is_some(),
        };
        Some(Questions {
            files: files.iter().flat_map(|files| &files.value.0).fold(BTreeMap::new(), |mut all, (path, entry)| {
                all.insert(path.value.clone(), wants_content(&entry.value));
                all
            }),
            surroundings: env.is_some() || user.is_some() || workspace_folder.is_some(),
            users: users.iter().flat_map(|users| &users.value.0).map(|(name, _)| name.value.clone()).collect(),
            ports: ports.iter().flat_map(|ports| &ports.value).map(|port| port.value).collect(),
            commands: commands.iter().flat_map(|all| &all.value).map(|one| one.value.run.value.clone()).collect(),
            engine: image.is_some() || labels.is_some(),
        })
    }

    /// Tells whether leaks have to be looked for.
    pub const fn asks_for_leaks(&self) -> bool {
        self.secrets_leaked.is_some()
    }
}
