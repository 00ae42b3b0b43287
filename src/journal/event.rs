//! What can happen to a codespace, as values: the one stream that the journal, the terminal and the reports read.

use crate::phase::Phase;

/// Something that happened in a run. Texts are redacted before they get here ([`crate::redact`]).
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A verb began to work on the codespace.
    RunStarted(RunStarted),
    /// A new codespace is made of a prebuild, or why it is of none.
    Prebuild(PrebuildUse),
    /// A phase began.
    PhaseStarted { phase: Phase },
    /// A phase was not run, and why: in words for a person ("this is a prebuild: …").
    PhaseSkipped { phase: Phase, reason: String },
    /// A phase ended.
    PhaseFinished(PhaseFinished),
    /// A command of a phase began; its text as it is written in the configuration.
    CommandStarted { phase: Phase, command: Option<String>, text: String },
    /// One of several commands of a phase ended (an entry of an object, or the command of a Feature or image).
    CommandFinished { phase: Phase, command: String, exit_code: i32, seconds: f64 },
    /// Text that a command of `phase` wrote.
    Output(Output),
    /// A step of an image's build began or ended.
    BuildStep(BuildStep),
    /// How far a pull or a build is; meant for a live view, not kept in the journal file.
    Progress { phase: Phase, text: String },
    /// The container runs: as whom commands run in it, and where.
    ContainerReady { user: String, folder: String },
    /// The codespace may be used from here on: the phase that `waitFor` names is over.
    Ready { wait_for: Phase },
    /// A login was written, or was not, and why.
    RegistryLogin(RegistryLogin),
    /// Something a person should know; the run goes on.
    Warning { phase: Option<Phase>, message: String, hint: Option<String> },
    /// Why a phase failed, as far as it can be told, and what to change.
    Diagnosis(Diagnosis),
    /// A codespace, or a prebuild, could not be made: what GitHub says of it.
    CreationFailed { error: CreationError, reason: String },
    /// A recovery container took the place of the codespace's own, or could not be made either.
    RecoveryContainer { outcome: Outcome, seconds: f64, reason: Option<String>, hint: Option<String> },
    /// The verb ended.
    RunFinished { outcome: Outcome, seconds: f64, message: Option<String> },
}

/// The facts a run begins with; what a later run needs to go on is read from the newest of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunStarted {
    /// Why the codespace runs: `create`, `start`, `attach`, ….
    pub occasion: String,
    /// Our version.
    pub version: String,
    /// The process that runs it.
    pub pid: u32,
    /// The secrets file, as an absolute path, so that a later `start` reads it again; never its content.
    pub secrets_file: Option<String>,
    /// The hub's file, in the same way.
    pub hub: Option<String>,
    /// Where the user's own token is from, so that a later `start` has it again: `env` or `gh`; never the token.
    pub github_token: Option<String>,
}

/// Whether a new codespace is made of a prebuild.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrebuildUse {
    /// The prebuild; absent where it is of none.
    pub name: Option<String>,
    /// What that is, or why there is none.
    pub reason: String,
    /// The commits that it has not seen, the newest first: hash and subject.
    pub commits: Vec<String>,
}

/// How a phase ended.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseFinished {
    /// Which one.
    pub phase: Phase,
    /// How.
    pub outcome: Outcome,
    /// Wall time.
    pub seconds: f64,
    /// The exit code of the command that failed, or 0; absent where the phase runs no command.
    pub exit_code: Option<i32>,
    /// Why it failed, in words: one line.
    pub reason: Option<String>,
    /// What shows the reason, in lines: the place in a file, with a caret.
    pub detail: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Text that a command wrote. Joined in order of arrival, the texts of one stream are what the command wrote, save for what
/// was redacted and for bytes that are no UTF-8 (each run of them is one U+FFFD).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// While which phase ran.
    pub phase: Phase,
    /// Which command, where the phase has several: an object's key, a Feature's id.
    pub command: Option<String>,
    /// Where it was written to.
    pub stream: OutputStream,
    /// What was written: a chunk, not necessarily whole lines.
    pub text: String,
}

/// A step of an image's build.
#[derive(Debug, Clone, PartialEq)]
pub struct BuildStep {
    /// While which phase ran.
    pub phase: Phase,
    /// Which: `2/5`, with the stage's name before it where there are several. Its output has this as its command.
    pub step: String,
    /// What it does: `RUN make`.
    pub name: String,
    /// What became of it.
    pub state: StepState,
    /// How long it took, once it is over.
    pub seconds: Option<f64>,
}

/// What became of a step of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepState {
    /// It runs.
    Started,
    /// An earlier build had done it.
    Cached,
    /// It is done.
    Succeeded,
    /// It is not.
    Failed,
}

/// Where a command writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// One registry login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryLogin {
    /// The `<ID>` of the three secrets.
    pub id: String,
    /// The key in the Docker configuration (normalised).
    pub server: String,
    /// The user name.
    pub user: String,
    /// Whether it was written.
    pub outcome: LoginOutcome,
    /// Why not.
    pub reason: Option<String>,
    /// When it is good no longer, where that is known.
    pub expires_at: Option<jiff::Timestamp>,
}

/// What became of a registry login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LoginOutcome {
    /// It stands in the remote user's Docker configuration.
    Written,
    /// It could not be written.
    Failed,
    /// It was left out on purpose: a prebuild, an incomplete triple.
    Skipped,
}

/// Why something failed, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The phase that failed.
    pub phase: Phase,
    /// The rule that recognised it, in kebab case: stable, for programs.
    pub rule: String,
    /// What happened, for a person.
    pub message: String,
    /// What to change.
    pub advice: String,
}

/// GitHub's errors for what could not be made (codespaces-facts.md section 1.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CreationError {
    /// Of a codespace.
    Container,
    /// Of a prebuild.
    Prebuild,
}

/// How something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// As it should.
    Succeeded,
    /// It did not.
    Failed,
}

impl OutputStream {
    /// Returns the stream's name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

impl CreationError {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Container, Self::Prebuild];

    /// Returns the error's code.
    pub const fn code(self) -> u16 {
        match self {
            Self::Container => 1302,
            Self::Prebuild => 1309,
        }
    }

    /// Returns the error's name, as GitHub writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Container => "UnifiedContainersErrorFatalCreatingContainer",
            Self::Prebuild => "UnifiedContainersErrorPrebuilTemplateOnCreateFailed",
        }
    }
}

impl StepState {
    /// Returns the state's name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Cached => "cached",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

impl LoginOutcome {
    /// Returns the outcome's name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

impl Outcome {
    /// Returns the outcome's name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}
