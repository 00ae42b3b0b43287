//! Cases, several at a time: who runs when, what is told of it, and that nothing stays.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::Args;
use super::attempt::{Attempt, Settings, Tried};
use super::child::Until;
use super::find::Planned;
use super::ground::Ground;
use super::place::add_places;
use super::reports::Reports;
use super::secrets::{hide, redactor};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::scenario::{Attempt as AttemptResult, CaseOutcome, CaseResult, Failure, RunResult, TestEvent};
use crate::shell_word::plain_or_quoted;

/// How much memory a codespace is taken to want, in bytes.
const MEMORY: u64 = 1024 * 1024 * 1024;

/// How often it is said what has not ended.
const REMINDER: Duration = Duration::from_secs(20);

/// How many events may wait for whoever shows them.
const BEHIND: usize = 256;

/// What each case's task has.
struct Case {
    planned: Planned,
    index: usize,
    ground: Arc<Ground>,
    /// What a case's own is made of.
    context: Context,
    settings: Arc<Settings>,
    retries: u32,
    keep: bool,
    cancel: tokio_util::sync::CancellationToken,
    tell: mpsc::Sender<TestEvent>,
}

/// Runs cases, tells what happens, and returns what they came to.
pub(super) async fn run(
    planned: Vec<Planned>,
    args: &Args,
    settings: Settings,
    context: &mut Context,
) -> Result<RunResult, CliError> {
    let began = Instant::now();
    let engine = context.engine()?;
    let machine = engine.machine().await?;
    let jobs = args.jobs.map_or_else(|| bears(machine.cpus, machine.memory), usize::from).min(planned.len().max(1));
    let ground = Arc::new(Ground::make(context).await?);
    let (tell, mut told) = mpsc::channel(BEHIND);
    let time = context.clock.now().to_string();
    let mut reports = Reports::of(args, context);
    let started = TestEvent::RunStarted { version: TestEvent::VERSION, time, cases: planned.len(), jobs };
    reports.tell(context, &started)?;
    let (settings, room) = (Arc::new(settings), Arc::new(Semaphore::new(jobs)));
    let mut tasks = JoinSet::new();
    for (index, planned) in planned.into_iter().enumerate() {
        let case = Case {
            planned,
            index,
            ground: Arc::clone(&ground),
            context: context.in_home(&ground.folder),
            settings: Arc::clone(&settings),
            retries: u32::from(args.retries),
            keep: args.keep,
            cancel: context.interrupts.run(),
            tell: tell.clone(),
        };
        let room = Arc::clone(&room);
        tasks.spawn(async move {
            let _permit = room.acquire_owned().await;
            let (tell, result) = (case.tell.clone(), Box::pin(case.run()).await);
            let _nobody_listens = tell.send(TestEvent::CaseFinished(Box::new(result))).await;
        });
    }
    drop(tell);
    let mut result = RunResult::default();
    let interrupts = context.interrupts.clone();
    let mut minutes = tokio::time::interval(REMINDER);
    loop {
        let event = tokio::select! {
            event = told.recv() => event,
            _minute = minutes.tick() => {
                reports.remind();
                continue;
            }
            // What is left the next run removes.
            () = interrupts.second() => None,
        };
        let Some(event) = event else { break };
        if let TestEvent::CaseFinished(case) = &event {
            result.count(case.outcome);
        }
        reports.tell(context, &event)?;
    }
    tasks.abort_all();
    while let Some(ended) = tasks.join_next().await {
        if ended.is_err_and(|error| error.is_panic()) {
            // What it has made the next run removes.
            context.ui.say("error: localspace itself broke down in a scenario\n");
            result.count(CaseOutcome::Error);
        }
    }
    if let Some(ground) = Arc::into_inner(ground) {
        ground.leave();
    }
    result.seconds = began.elapsed().as_secs_f64();
    reports.tell(context, &TestEvent::RunFinished(result.clone()))?;
    Ok(result)
}

/// Returns how many codespaces an engine's machine bears at a time. Half of a codespace's life is a wait for the kernel or the engine, so that a processor
/// has work for two.
fn bears(cpus: u64, memory: u64) -> usize {
    let count = cpus.saturating_mul(2).min(memory / MEMORY).max(1);
    usize::try_from(count).unwrap_or(1)
}

impl Case {
    /// Tries it until it passes, as often as is asked for.
    async fn run(mut self) -> CaseResult {
        let mut attempts = Vec::new();
        let mut outcome = CaseOutcome::Interrupted;
        for number in 1..=self.retries + 1 {
            if self.cancel.is_cancelled() {
                break;
            }
            let started = TestEvent::CaseStarted { name: self.planned.case.name.clone(), attempt: number };
            let _nobody_listens = self.tell.send(started).await;
            let attempt = self.attempt(number).await;
            outcome = attempt.outcome;
            attempts.push(attempt);
            match outcome {
                CaseOutcome::Passed | CaseOutcome::Flaky | CaseOutcome::Interrupted => break,
                CaseOutcome::Failed | CaseOutcome::Error => {}
            }
        }
        if outcome == CaseOutcome::Passed && attempts.len() > 1 {
            outcome = CaseOutcome::Flaky;
        }
        let name = self.planned.case.name.clone();
        let repeat = format!(
            "localspace test {} --filter {} --keep",
            plain_or_quoted(&self.planned.scenario.file),
            plain_or_quoted(&name)
        );
        let line = self.planned.scenario.name().spot.line;
        CaseResult { name, file: self.planned.scenario.file.clone(), line, outcome, attempts, repeat }
    }

    /// Tries it once, and removes what it has made.
    async fn attempt(&mut self, number: u32) -> AttemptResult {
        let (began, time) = (Instant::now(), self.context.clock.now().to_string());
        let mut result = AttemptResult {
            outcome: CaseOutcome::Error,
            time,
            seconds: 0.0,
            steps: Vec::new(),
            failures: Vec::new(),
            kept: None,
        };
        match self.ground.plot(self.index, number) {
            Err(error) => result.failures.push(self.trouble("prepare", error.to_string())),
            Ok(plot) => {
                let deadline = Instant::now() + self.planned.scenario.timeout();
                let until = Until { cancel: self.cancel.clone(), deadline };
                let context = self.context.in_home(&plot.program.home);
                let attempt = Attempt::new(&self.planned, (&plot, context), &self.settings, until, &self.tell);
                let Tried { outcome, steps, failures, codespace, hide: filters } = Box::pin(attempt.run()).await;
                (result.outcome, result.steps, result.failures) = (outcome, steps, failures);
                for filter in &filters {
                    result.failures.iter_mut().for_each(|failure| hide(failure, filter));
                }
                if self.keep {
                    let home = plot.program.home.display().to_string();
                    let opened = codespace.map(|name| {
                        format!("LOCALSPACE_HOME={} localspace exec -c {name} -- sh", plain_or_quoted(&home))
                    });
                    result.kept = Some(opened.unwrap_or(home));
                    let _told = plot.keep();
                } else if let Err(why) = plot.remove().await {
                    result.failures.push(self.trouble("remove", why));
                    if result.outcome == CaseOutcome::Passed {
                        result.outcome = CaseOutcome::Error;
                    }
                }
            }
        }
        if !result.failures.is_empty() {
            let redactor = redactor(&self.planned, &self.settings).await;
            result.failures.iter_mut().for_each(|failure| hide(failure, &redactor));
            add_places(&mut result.failures, &self.planned);
        }
        result.seconds = began.elapsed().as_secs_f64();
        result
    }

    /// Returns what there is to say of something that is no step.
    fn trouble(&self, what: &str, why: String) -> Failure {
        let scenario = &self.planned.scenario;
        Failure::trouble(&scenario.file, scenario.name().spot, what, why)
    }
}
