//! What the phase machine needs done, as a trait: a real engine does it ([`crate::steps`]), or a recording one in a test.

use super::machine::ContentReady;
use crate::phase::{Hook, Phase};

/// Carries out single phases. Order, outcome and records are the machine's business, not the runner's.
pub trait StepRunner: Send {
    /// Returns which of the first three phases are to be done. Asked once, before all.
    fn opening(&mut self) -> OpeningPlan;

    /// Runs `initializeCommand` on the host.
    fn initialize(&mut self) -> impl Future<Output = StepResult> + Send;

    /// Makes the image be there.
    fn image(&mut self) -> impl Future<Output = StepResult> + Send;

    /// Makes the container be there, running, with the repository in it.
    fn create(&mut self) -> impl Future<Output = StepResult> + Send;

    /// Returns what is to be done from `onCreateCommand` on. Asked once, when the container is there.
    fn hooks(&mut self) -> HookPlan;

    /// Runs every command of a hook, one after the other.
    fn hook(&mut self, hook: Hook) -> impl Future<Output = StepResult> + Send;

    /// Writes the logins into the remote user's Docker configuration. `ready` is the proof that they may be there.
    fn login(&mut self, ready: &ContentReady<'_>) -> impl Future<Output = StepResult> + Send;
}

/// Opens a recovery container in the place of a codespace that could not be made.
pub trait Recover: StepRunner {
    /// Makes the recovery container. What the runner knows of hooks and logins is about it from then on.
    fn recover(&mut self) -> impl Future<Output = Result<(), StepFailure>> + Send;
}

/// How a step ended: the exit code of its last command, where it runs commands.
pub type StepResult = Result<Option<i32>, StepFailure>;

/// A step that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepFailure {
    /// Whose fault it is: decides the program's exit code.
    pub kind: FailureKind,
    /// The command's exit code.
    pub exit_code: Option<i32>,
    /// What happened, in one line.
    pub reason: String,
    /// What shows it, in lines: the place in a file.
    pub detail: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl StepFailure {
    /// Returns a failure that no command's exit code tells of.
    pub fn new(kind: FailureKind, reason: String) -> Self {
        Self { kind, exit_code: None, reason, detail: None, hint: None }
    }
}

/// Whose fault a failure is (DESIGN section 4, exit codes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// A lifecycle command's.
    Command,
    /// The configuration's.
    Configuration,
    /// The engine's, or this machine's.
    Engine,
    /// A registry's, or a credential's.
    Registry,
    /// Nobody's: the user interrupted it.
    Interrupted,
}

/// What is to be done before `onCreateCommand`. Made by [`crate::plan`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningPlan {
    /// `initializeCommand`.
    pub initialize: Planned,
    /// `image`.
    pub image: Planned,
    /// `create`.
    pub create: Planned,
}

/// What is to be done from `onCreateCommand` on. Made by [`crate::plan`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookPlan {
    /// After which phase the codespace may be used.
    pub wait_for: Phase,
    /// `onCreateCommand`.
    pub on_create: Planned,
    /// `updateContentCommand`.
    pub update_content: Planned,
    /// `registryLogin`.
    pub login: Planned,
    /// `postCreateCommand`.
    pub post_create: Planned,
    /// `postStartCommand`.
    pub post_start: Planned,
    /// `postAttachCommand`.
    pub post_attach: Planned,
}

/// Whether a phase is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Planned {
    /// It is.
    Run,
    /// It is not, and why, in words.
    Skip(String),
}
