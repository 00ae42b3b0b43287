//! The phase machine: a value per state, and transitions that consume it.
//!
//! The order of the phases is the order in which these types can be had from each other, so a wrong order does not compile:
//! a [`ContentReady`] is borrowed from the state after `updateContentCommand` of a codespace, a prebuild has no such state, and a
//! login cannot be written without one (DESIGN section 2; source document, "Pulling a Docker image into your codespace").

use std::marker::PhantomData;
use std::time::Instant;

use super::runner::{FailureKind, HookPlan, OpeningPlan, Planned, StepFailure, StepResult, StepRunner};
use crate::journal::{Event, Outcome, PhaseFinished, Recorder};
use crate::phase::{Hook, Phase};

mod recovery;

/// The life of a codespace in state `S`, made for `P`, carried out by `R`.
#[derive(Debug)]
#[must_use = "a life that is not led on leaves no record of the phases it skips"]
pub struct Lifecycle<S, P, R> {
    state: S,
    run: Run<R>,
    purpose: PhantomData<P>,
}

/// Made to be worked in: goes through every phase.
#[derive(Debug)]
pub enum ForCodespace {}

/// Made to be kept as a snapshot: ends after `updateContentCommand`, and is never logged in.
#[derive(Debug)]
pub enum ForPrebuild {}

/// What a life is made for.
pub trait MadeFor: sealed::MadeFor {
    /// Whether somebody is to work in it, and is told when they may.
    const IS_WORKED_IN: bool;
}

impl MadeFor for ForCodespace {
    const IS_WORKED_IN: bool = true;
}

impl MadeFor for ForPrebuild {
    const IS_WORKED_IN: bool = false;
}

mod sealed {
    pub trait MadeFor {}
    impl MadeFor for super::ForCodespace {}
    impl MadeFor for super::ForPrebuild {}
}

/// Nothing has been done yet.
#[derive(Debug)]
pub struct Requested(OpeningPlan);
/// `initializeCommand` is over.
#[derive(Debug)]
pub struct Initialized(OpeningPlan);
/// The image is there.
#[derive(Debug)]
pub struct Imaged(OpeningPlan);
/// The container runs and holds the repository.
#[derive(Debug)]
pub struct Created(HookPlan);
/// `onCreateCommand` is over.
#[derive(Debug)]
pub struct OnCreated(HookPlan);
/// `updateContentCommand` is over.
#[derive(Debug)]
pub struct ContentUpdated(HookPlan);
/// The registry logins are where they belong.
#[derive(Debug)]
pub struct LoggedIn(HookPlan);
/// `postCreateCommand` is over.
#[derive(Debug)]
pub struct PostCreated(HookPlan);
/// `postStartCommand` is over.
#[derive(Debug)]
pub struct PostStarted(HookPlan);
/// Every phase is over.
#[derive(Debug)]
pub struct Complete(());

/// Proof that `onCreateCommand` and `updateContentCommand` are over, in what is no prebuild: what a registry login may be
/// written with. Only [`Lifecycle::registry_login`] makes one, and [`Ending::recover`] for a container that has no commands; it does not
/// outlive that step.
#[derive(Debug)]
pub struct ContentReady<'run> {
    run: PhantomData<&'run ()>,
    _sealed: (),
}

/// A life that ended before its last phase.
#[derive(Debug)]
pub struct Halted<R> {
    run: Run<R>,
    at: Phase,
    failure: StepFailure,
}

/// How a life that was made for `P` ended.
#[derive(Debug)]
pub struct Ending<P, R> {
    /// What carried it out.
    pub runner: R,
    /// The phase that failed, and how.
    pub failure: Option<(Phase, StepFailure)>,
    /// Whether the codespace may be used: the phase that `waitFor` names is over.
    pub usable: bool,
    /// The phases that were begun, in order.
    pub ran: Vec<Phase>,
    purpose: PhantomData<P>,
}

type Next<S, P, R> = Result<Lifecycle<S, P, R>, Halted<R>>;

#[derive(Debug)]
struct Run<R> {
    runner: R,
    record: Recorder,
    ready: bool,
    ran: Vec<Phase>,
}

/// Leads a codespace through all of its phases.
pub async fn lead_codespace<R: StepRunner>(runner: R, record: Recorder) -> Ending<ForCodespace, R> {
    async fn lead<R: StepRunner>(life: Lifecycle<Requested, ForCodespace, R>) -> Next<Complete, ForCodespace, R> {
        let created = life.initialize_command().await?.image().await?.create().await?;
        let updated = created.on_create_command().await?.update_content_command().await?;
        let logged_in = updated.registry_login().await?;
        logged_in.post_create_command().await?.post_start_command().await?.post_attach_command().await
    }
    match lead(Lifecycle::begin(runner, record)).await {
        Ok(complete) => complete.finish(),
        Err(halted) => halted.finish().await,
    }
}

/// Leads a prebuild through the phases that it has.
pub async fn lead_prebuild<R: StepRunner>(runner: R, record: Recorder) -> Ending<ForPrebuild, R> {
    async fn lead<R: StepRunner>(life: Lifecycle<Requested, ForPrebuild, R>) -> Next<ContentUpdated, ForPrebuild, R> {
        let created = life.initialize_command().await?.image().await?.create().await?;
        created.on_create_command().await?.update_content_command().await
    }
    match lead(Lifecycle::begin(runner, record)).await {
        Ok(updated) => updated.finish_prebuild().await,
        Err(halted) => halted.finish().await,
    }
}

impl<P: MadeFor, R: StepRunner> Lifecycle<Requested, P, R> {
    /// Returns a life at its beginning.
    pub fn begin(mut runner: R, record: Recorder) -> Self {
        let plan = runner.opening();
        Self {
            state: Requested(plan),
            run: Run { runner, record, ready: false, ran: Vec::new() },
            purpose: PhantomData,
        }
    }

    /// Phase 1, on the host.
    pub async fn initialize_command(mut self) -> Next<Initialized, P, R> {
        let Requested(plan) = &self.state;
        let step = match self.run.begin(Phase::InitializeCommand, &plan.initialize).await {
            Some(begun) => begun.end(self.run.runner.initialize().await),
            None => Step::Skipped,
        };
        self.conclude(step, |_, Requested(plan)| Initialized(plan)).await
    }
}

impl<P: MadeFor, R: StepRunner> Lifecycle<Initialized, P, R> {
    /// Phase 2: pull or build.
    pub async fn image(mut self) -> Next<Imaged, P, R> {
        let Initialized(plan) = &self.state;
        let step = match self.run.begin(Phase::Image, &plan.image).await {
            Some(begun) => begun.end(self.run.runner.image().await),
            None => Step::Skipped,
        };
        self.conclude(step, |_, Initialized(plan)| Imaged(plan)).await
    }
}

impl<P: MadeFor, R: StepRunner> Lifecycle<Imaged, P, R> {
    /// Phase 3: the container, with the repository in it.
    pub async fn create(mut self) -> Next<Created, P, R> {
        let Imaged(plan) = &self.state;
        let step = match self.run.begin(Phase::Create, &plan.create).await {
            Some(begun) => begun.end(self.run.runner.create().await),
            None => Step::Skipped,
        };
        let mut created = self.conclude(step, |runner, _| Created(runner.hooks())).await?;
        let wait_for = created.state.0.wait_for;
        // Nothing can be used before there is a container: `waitFor: initializeCommand` means "as soon as there is one".
        if P::IS_WORKED_IN && wait_for <= Phase::Create {
            created.run.announce(wait_for).await;
        }
        Ok(created)
    }
}

impl<P: MadeFor, R: StepRunner> Lifecycle<Created, P, R> {
    /// Phase 4. No registry login is there.
    pub async fn on_create_command(self) -> Next<OnCreated, P, R> {
        let Created(plan) = &self.state;
        let (planned, wait_for) = (plan.on_create.clone(), plan.wait_for);
        self.hook(Hook::OnCreate, planned, wait_for, |Created(plan)| OnCreated(plan)).await
    }
}

impl<P: MadeFor, R: StepRunner> Lifecycle<OnCreated, P, R> {
    /// Phase 5. No registry login is there, so what passes here passes in a prebuild.
    pub async fn update_content_command(self) -> Next<ContentUpdated, P, R> {
        let OnCreated(plan) = &self.state;
        let (planned, wait_for) = (plan.update_content.clone(), plan.wait_for);
        self.hook(Hook::UpdateContent, planned, wait_for, |OnCreated(plan)| ContentUpdated(plan)).await
    }
}

impl<R: StepRunner> Lifecycle<ContentUpdated, ForCodespace, R> {
    /// Phase 6: the only place where the proof is made that a login needs.
    pub async fn registry_login(mut self) -> Next<LoggedIn, ForCodespace, R> {
        let ContentUpdated(plan) = &self.state;
        let step = match self.run.begin(Phase::RegistryLogin, &plan.login).await {
            Some(begun) => {
                let ready = ContentReady { run: PhantomData, _sealed: () };
                begun.end(self.run.runner.login(&ready).await)
            }
            None => Step::Skipped,
        };
        self.conclude(step, |_, ContentUpdated(plan)| LoggedIn(plan)).await
    }
}

impl<R: StepRunner> Lifecycle<ContentUpdated, ForPrebuild, R> {
    /// Ends a prebuild: the later phases are not its own.
    pub async fn finish_prebuild(mut self) -> Ending<ForPrebuild, R> {
        let login = "this is a prebuild: a registry login is never made in one";
        self.run.skip(Phase::RegistryLogin, login).await;
        for phase in [Phase::PostCreateCommand, Phase::PostStartCommand, Phase::PostAttachCommand] {
            self.run.skip(phase, "it runs in the codespace that is made from the prebuild").await;
        }
        self.run.end(None)
    }
}

impl<R: StepRunner> Lifecycle<LoggedIn, ForCodespace, R> {
    /// Phase 7, with the logins.
    pub async fn post_create_command(self) -> Next<PostCreated, ForCodespace, R> {
        let LoggedIn(plan) = &self.state;
        let (planned, wait_for) = (plan.post_create.clone(), plan.wait_for);
        self.hook(Hook::PostCreate, planned, wait_for, |LoggedIn(plan)| PostCreated(plan)).await
    }
}

impl<R: StepRunner> Lifecycle<PostCreated, ForCodespace, R> {
    /// Phase 8, at every start.
    pub async fn post_start_command(self) -> Next<PostStarted, ForCodespace, R> {
        let PostCreated(plan) = &self.state;
        let (planned, wait_for) = (plan.post_start.clone(), plan.wait_for);
        self.hook(Hook::PostStart, planned, wait_for, |PostCreated(plan)| PostStarted(plan)).await
    }
}

impl<R: StepRunner> Lifecycle<PostStarted, ForCodespace, R> {
    /// Phase 9, at every attach.
    pub async fn post_attach_command(self) -> Next<Complete, ForCodespace, R> {
        let PostStarted(plan) = &self.state;
        let (planned, wait_for) = (plan.post_attach.clone(), plan.wait_for);
        self.hook(Hook::PostAttach, planned, wait_for, |PostStarted(_)| Complete(())).await
    }
}

impl<R> Lifecycle<Complete, ForCodespace, R> {
    /// Ends the life.
    pub fn finish(self) -> Ending<ForCodespace, R> {
        self.run.end(None)
    }
}

impl<S, P: MadeFor, R: StepRunner> Lifecycle<S, P, R> {
    async fn hook<T>(
        mut self,
        hook: Hook,
        planned: Planned,
        wait_for: Phase,
        next: impl FnOnce(S) -> T,
    ) -> Next<T, P, R> {
        let step = match self.run.begin(hook.phase(), &planned).await {
            Some(begun) => begun.end(self.run.runner.hook(hook).await),
            None => Step::Skipped,
        };
        let mut after = self.conclude(step, |_, state| next(state)).await?;
        if P::IS_WORKED_IN && hook.phase() == wait_for {
            after.run.announce(wait_for).await;
        }
        Ok(after)
    }

    /// Records how a phase ended and returns the next state, or the end.
    async fn conclude<T>(mut self, step: Step, next: impl FnOnce(&mut R, S) -> T) -> Next<T, P, R> {
        if let Step::Ended { phase, seconds, result } = step {
            let failed = result.as_ref().err();
            let finished = PhaseFinished {
                phase,
                outcome: if failed.is_some() { Outcome::Failed } else { Outcome::Succeeded },
                seconds,
                exit_code: result.as_ref().map_or_else(|failure| failure.exit_code, |exit_code| *exit_code),
                reason: failed.map(|failure| failure.reason.clone()),
                detail: failed.and_then(|failure| failure.detail.clone()),
                hint: failed.and_then(|failure| failure.hint.clone()),
            };
            self.run.record.record(Event::PhaseFinished(finished)).await;
            if let Err(failure) = result {
                return Err(Halted { run: self.run, at: phase, failure });
            }
        }
        let state = next(&mut self.run.runner, self.state);
        Ok(Lifecycle { state, run: self.run, purpose: PhantomData })
    }
}

/// A phase that has begun.
struct Begun {
    phase: Phase,
    at: Instant,
}

/// A phase that is over.
enum Step {
    /// It was never begun; that is recorded already.
    Skipped,
    /// It was run.
    Ended { phase: Phase, seconds: f64, result: StepResult },
}

impl Begun {
    fn end(self, result: StepResult) -> Step {
        Step::Ended { phase: self.phase, seconds: self.at.elapsed().as_secs_f64(), result }
    }
}

impl<R> Run<R> {
    /// Records that a phase begins, or that it is skipped.
    async fn begin(&mut self, phase: Phase, planned: &Planned) -> Option<Begun> {
        match planned {
            Planned::Run => {
                self.ran.push(phase);
                self.record.record(Event::PhaseStarted { phase }).await;
                Some(Begun { phase, at: Instant::now() })
            }
            Planned::Skip(reason) => {
                self.skip(phase, reason).await;
                None
            }
        }
    }

    fn end<P>(self, failure: Option<(Phase, StepFailure)>) -> Ending<P, R> {
        Ending { runner: self.runner, failure, usable: self.ready, ran: self.ran, purpose: PhantomData }
    }

    async fn skip(&mut self, phase: Phase, reason: &str) {
        self.record.record(Event::PhaseSkipped { phase, reason: reason.to_owned() }).await;
    }

    /// Records that the codespace may be used from now on.
    async fn announce(&mut self, wait_for: Phase) {
        self.ready = true;
        self.record.record(Event::Ready { wait_for }).await;
    }
}

impl<R> Halted<R> {
    /// Ends the life: the phases after the failed one are skipped (specification: "If one of the lifecycle scripts fails, any
    /// subsequent scripts will not be executed").
    pub async fn finish<P>(mut self) -> Ending<P, R> {
        let reason = match self.failure.kind {
            FailureKind::Interrupted => format!("{} was interrupted", self.at),
            FailureKind::Command | FailureKind::Configuration | FailureKind::Engine | FailureKind::Registry => {
                format!("{} failed", self.at)
            }
        };
        let after = Phase::ALL.into_iter().filter(|phase| *phase > self.at);
        for phase in after {
            self.run.skip(phase, &reason).await;
        }
        self.run.end(Some((self.at, self.failure)))
    }
}
