//! The machine against a recording runner: random plans, and the rules that every record must keep.

use proptest::prelude::*;

use super::*;
use crate::journal::{Clock, Event, Outcome, Recorder};
use crate::phase::{Hook, Phase};

/// What a hook of a random plan does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Absent,
    Succeeds,
    Fails,
    /// Never ends by itself: the deadline or the user ends it.
    Hangs(FailureKind),
}

#[derive(Debug, Clone)]
struct Life {
    prebuild: bool,
    wait_for: Phase,
    initialize: Fate,
    image: Fate,
    create: Fate,
    hooks: [Fate; 5],
    login: Fate,
}

/// What the "container" has seen, in order: which steps ran.
#[derive(Debug)]
struct Recording {
    life: Life,
    ran: Vec<Phase>,
}

impl Recording {
    fn step(&mut self, phase: Phase, fate: Fate) -> StepResult {
        self.ran.push(phase);
        let failure = |kind, exit_code| StepFailure { exit_code, ..StepFailure::new(kind, "it did".to_owned()) };
        match fate {
            Fate::Absent | Fate::Succeeds => Ok(Some(0)),
            Fate::Fails => Err(failure(FailureKind::Command, Some(3))),
            Fate::Hangs(kind) => Err(failure(kind, None)),
        }
    }
}

fn planned(fate: Fate) -> Planned {
    if fate == Fate::Absent { Planned::Skip("absent".to_owned()) } else { Planned::Run }
}

impl StepRunner for Recording {
    fn opening(&mut self) -> OpeningPlan {
        OpeningPlan {
            initialize: planned(self.life.initialize),
            image: planned(self.life.image),
            create: planned(self.life.create),
        }
    }

    async fn initialize(&mut self) -> StepResult {
        self.step(Phase::InitializeCommand, self.life.initialize)
    }

    async fn image(&mut self) -> StepResult {
        self.step(Phase::Image, self.life.image)
    }

    async fn create(&mut self) -> StepResult {
        self.step(Phase::Create, self.life.create)
    }

    fn hooks(&mut self) -> HookPlan {
        let [on_create, update_content, post_create, post_start, post_attach] = self.life.hooks.map(planned);
        let login = planned(self.life.login);
        let wait_for = self.life.wait_for;
        HookPlan { wait_for, on_create, update_content, login, post_create, post_start, post_attach }
    }

    async fn hook(&mut self, hook: Hook) -> StepResult {
        self.step(hook.phase(), self.life.hooks[hook as usize])
    }

    async fn login(&mut self, _ready: &ContentReady<'_>) -> StepResult {
        self.step(Phase::RegistryLogin, self.life.login)
    }
}

/// An ending, whatever the life was made for.
struct Ended {
    runner: Recording,
    failure: Option<(Phase, StepFailure)>,
    usable: bool,
    ran: Vec<Phase>,
}

impl<P> From<Ending<P, Recording>> for Ended {
    fn from(ending: Ending<P, Recording>) -> Self {
        let Ending { runner, failure, usable, ran, .. } = ending;
        Self { runner, failure, usable, ran }
    }
}

async fn lead(life: Life) -> (Ended, Vec<Event>) {
    let (recorder, mut events) = Recorder::new(Clock::system());
    let prebuild = life.prebuild;
    let runner = Recording { life, ran: Vec::new() };
    let record = async move {
        let mut all = Vec::new();
        while let Some((_, event)) = events.next().await {
            all.push(event);
        }
        all
    };
    let led = async move {
        if prebuild {
            lead_prebuild(runner, recorder).await.into()
        } else {
            lead_codespace(runner, recorder).await.into()
        }
    };
    tokio::join!(led, record)
}

/// Which way a phase went, as the record tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Succeeded,
    Failed,
    Skipped,
}

/// The rules of DESIGN section 2 that a record is held to, whatever was asked.
fn check_rules(life: &Life, ending: &Ended, events: &[Event]) {
    let mut told: Vec<(Phase, Told)> = Vec::new();
    for event in events {
        if let Event::PhaseSkipped { phase, .. } = event {
            told.push((*phase, Told::Skipped));
        } else if let Event::PhaseFinished(finished) = event {
            let succeeded = finished.outcome == Outcome::Succeeded;
            told.push((finished.phase, if succeeded { Told::Succeeded } else { Told::Failed }));
        }
    }
    // Every phase is told of once, in order.
    assert_eq!(told.iter().map(|(phase, _)| *phase).collect::<Vec<_>>(), Phase::ALL, "{events:?}");
    // What ran is what is told to have run, in the order of the phases.
    let ran: Vec<Phase> = told.iter().filter(|(_, told)| *told != Told::Skipped).map(|(phase, _)| *phase).collect();
    assert_eq!(ran, ending.runner.ran);
    assert_eq!(ran, ending.ran);
    assert!(ran.is_sorted());
    // At most one phase fails, and nothing runs after it.
    let failed = told.iter().position(|(_, told)| *told == Told::Failed);
    assert_eq!(failed.map(|at| told[at].0), ending.failure.as_ref().map(|(phase, _)| *phase));
    if let Some(at) = failed {
        assert!(told[at + 1..].iter().all(|(_, told)| *told == Told::Skipped));
    }
    // A login happens only after onCreateCommand and updateContentCommand are over, and never in a prebuild.
    if ran.contains(&Phase::RegistryLogin) {
        assert!(!life.prebuild);
        let over = |phase| told.iter().any(|(other, told)| *other == phase && *told != Told::Failed);
        assert!(over(Phase::OnCreateCommand) && over(Phase::UpdateContentCommand));
    }
    if life.prebuild {
        assert!(ran.iter().all(|phase| *phase <= Phase::UpdateContentCommand));
    }
    // A codespace may be used as soon as the phase that `waitFor` names is over, and not if that phase or one before it failed; nobody uses a
    // prebuild.
    let ready = events.iter().any(|event| matches!(event, Event::Ready { .. }));
    let failed_at = failed.map(|at| told[at].0);
    let reached = failed_at.is_none_or(|at| at > life.wait_for.max(Phase::Create));
    assert_eq!(ready, reached && !life.prebuild, "{life:?}");
    assert_eq!(ending.usable, ready);
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        2 => Just(Fate::Absent),
        5 => Just(Fate::Succeeds),
        1 => Just(Fate::Fails),
        1 => Just(Fate::Hangs(FailureKind::Command)),
        1 => Just(Fate::Hangs(FailureKind::Interrupted)),
    ]
}

fn life() -> impl Strategy<Value = Life> {
    let wait_for = prop::sample::select(vec![
        Phase::InitializeCommand,
        Phase::OnCreateCommand,
        Phase::UpdateContentCommand,
        Phase::PostCreateCommand,
        Phase::PostStartCommand,
        Phase::PostAttachCommand,
    ]);
    (any::<bool>(), wait_for, [fate(), fate(), fate()], prop::array::uniform5(fate()), fate()).prop_map(
        |(prebuild, wait_for, [initialize, image, create], hooks, login)| Life {
            prebuild,
            wait_for,
            initialize,
            image,
            create,
            hooks,
            login,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_record_keeps_the_rules(life in life()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let (ending, events) = runtime.block_on(lead(life.clone()));
        check_rules(&life, &ending, &events);
    }

    /// Stop and start in between: what has succeeded is skipped, what failed is tried again, and a login is made at every start.
    #[test]
    fn a_life_in_several_runs_keeps_the_rules(first in life(), starts in prop::collection::vec(life(), 0..4)) {
        use crate::plan::{Attach, Facts, Marks, hooks as plan_hooks};
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let mut marks = Marks::default();
        for life in std::iter::once(first.clone()).chain(starts) {
            let life = Life { prebuild: first.prebuild, initialize: Fate::Absent, ..life };
            let purpose = if life.prebuild { crate::github::Purpose::Prebuild } else { crate::github::Purpose::Codespace };
            marks.since_start.clear();
            let commands = Hook::ALL.into_iter().filter(|hook| life.hooks[*hook as usize] != Fate::Absent).collect();
            let registries = usize::from(life.login != Fate::Absent);
            let facts = Facts { prebuild: None, occasion: crate::plan::Occasion::Create, purpose, wait_for: life.wait_for, commands, marks: marks.clone(), registries, refused: 0, attach: Attach::Yes, dotfiles: false };
            let plan = plan_hooks(&facts);
            let skipped = |planned: &Planned, fate| if *planned == Planned::Run { fate } else { Fate::Absent };
            let planned = [&plan.on_create, &plan.update_content, &plan.post_create, &plan.post_start, &plan.post_attach];
            let fates = std::array::from_fn(|at| skipped(planned[at], life.hooks[at]));
            let life = Life { hooks: fates, login: skipped(&plan.login, life.login), ..life };
            let (ending, events) = runtime.block_on(lead(life.clone()));
            check_rules(&life, &ending, &events);
            for phase in &ending.runner.ran {
                let failed = ending.failure.as_ref().is_some_and(|(at, _)| at == phase);
                let again = *phase == Phase::UpdateContentCommand && life.prebuild;
                let once = matches!(phase, Phase::OnCreateCommand | Phase::UpdateContentCommand | Phase::PostCreateCommand);
                assert!(!once || again || !marks.once.contains(phase), "{phase} ran again after it had succeeded");
                if !failed {
                    marks.once.insert(*phase);
                    marks.since_start.insert(*phase);
                }
            }
            let login_ran = ending.runner.ran.contains(&Phase::RegistryLogin);
            let reached = !life.prebuild && ending.failure.as_ref().is_none_or(|(at, _)| *at >= Phase::RegistryLogin);
            assert_eq!(login_ran, reached && registries == 1, "a login is made at every start");
        }
    }
}
