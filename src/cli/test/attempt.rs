//! One case, tried once: its steps, each done by localspace itself in a home of the case's own, and what was not as it is expected.

use std::ffi::OsString;
use std::time::Instant;

use tokio::sync::mpsc::Sender;

use super::child::{Cut, Ran, Until};
use super::find::Planned;
use super::ground::Plot;
use super::look;
use super::watch::{Watch, spent, times};
use super::words::{Whose, given, of_repository, of_run, secret_words, words};
use crate::cli::context::Context;
use crate::cli::order::fresh_name;
use crate::codespace::CodespaceName;
use crate::phase::Phase;
use crate::redact::{Redactor, Secret};
use crate::repository::{Checkout, Content, Wanted, check_out, locate};
use crate::scenario::{
    Action, Answers, CaseOutcome, Failure, Of, Push, Questions, Seen, SeenCommand, Spot, Step, StepResult, TestEvent,
    Value, check, life,
};

/// The exit code of a call that had no engine, or no hub.
const NO_ENGINE: i32 = 3;

/// One try.
pub(super) struct Attempt<'a> {
    pub(super) planned: &'a Planned,
    pub(super) plot: &'a Plot,
    /// What a verb starts from in the case's home.
    pub(super) context: Context,
    pub(super) settings: &'a Settings,
    pub(super) until: Until,
    pub(super) tell: &'a Sender<TestEvent>,
    state: State,
}

/// What all cases of a run have in common.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// Whether uncommitted files are taken too.
    pub(super) working_tree: bool,
    /// Who runs it, where a scenario names nobody.
    pub(super) actor: String,
    /// This machine's environment, for values that are there.
    pub(super) environment: std::collections::BTreeMap<String, String>,
}

/// What there is so far.
#[derive(Default)]
struct State {
    codespace: Option<CodespaceName>,
    /// The prebuild that was made last, and what was seen of that.
    prebuild: Option<(String, Seen)>,
    /// The repository that commits are pushed to.
    pushed: Option<Checkout>,
    steps: Vec<StepResult>,
    failures: Vec<Failure>,
    /// Hide secrets in what was looked at.
    hide: Vec<Redactor>,
}

/// What a try came to.
pub(super) struct Tried {
    pub(super) outcome: CaseOutcome,
    pub(super) steps: Vec<StepResult>,
    pub(super) failures: Vec<Failure>,
    /// The codespace that is there at its end.
    pub(super) codespace: Option<CodespaceName>,
    /// Hide secrets in what was looked at.
    pub(super) hide: Vec<Redactor>,
}

/// Why a step could not be looked at.
pub(super) enum Stop {
    /// An interrupt, or the time.
    Cut(Cut),
    /// It could not be done: why.
    Broken(String),
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

impl<'a> Attempt<'a> {
    /// Returns a try that has not begun.
    pub(super) fn new(
        planned: &'a Planned,
        (plot, context): (&'a Plot, Context),
        settings: &'a Settings,
        until: Until,
        tell: &'a Sender<TestEvent>,
    ) -> Self {
        Self { planned, plot, context, settings, until, tell, state: State::default() }
    }

    /// Does the steps until one is not as it is expected.
    pub(super) async fn run(mut self) -> Tried {
        if let Err(stop) = self.prepare().await {
            let outcome = self.stopped(self.planned.scenario.name().spot, "hub", stop);
            return self.over(outcome);
        }
        let mut outcome = CaseOutcome::Passed;
        for step in life(&self.planned.scenario, &self.planned.case) {
            let name = step.action.name();
            let told = TestEvent::StepStarted { name: self.planned.case.name.clone(), step: name.to_owned() };
            let _nobody_listens = self.tell.send(told).await;
            match Box::pin(self.step(&step)).await {
                Ok(seen) => {
                    let (seconds, phases) = (seen.seconds, times(&seen));
                    self.state.steps.push(StepResult { name: name.to_owned(), seconds, phases });
                    let file = &self.planned.scenario.file;
                    let wrong = check(&step, &seen).into_iter().map(|one| Failure::of(one, file, name));
                    self.state.failures.extend(wrong);
                }
                Err(stop) => outcome = self.stopped(step.spot, name, stop),
            }
            if outcome == CaseOutcome::Passed && !self.state.failures.is_empty() {
                outcome = CaseOutcome::Failed;
            }
            if outcome != CaseOutcome::Passed {
                break;
            }
        }
        self.over(outcome)
    }

    /// Makes the codespace and looks at it, whatever the scenario expects.
    pub(super) async fn see(mut self, questions: &Questions) -> Result<(Seen, Option<CodespaceName>), Stop> {
        self.prepare().await?;
        let mut seen = self.create(Of::Nothing).await?;
        seen.container = self.look(questions).await;
        Ok((seen, self.state.codespace))
    }

    fn over(self, outcome: CaseOutcome) -> Tried {
        let State { codespace, steps, failures, hide, .. } = self.state;
        Tried { outcome, steps, failures, codespace, hide }
    }

    /// Keeps why a step could not be looked at, and returns what that makes of the case.
    fn stopped(&mut self, spot: Spot, name: &str, stop: Stop) -> CaseOutcome {
        let (why, hint) = match stop {
            Stop::Cut(Cut::Interrupted) => return CaseOutcome::Interrupted,
            Stop::Cut(Cut::TimedOut) => {
                let time = self.planned.scenario.timeout().as_secs();
                let hint = "`timeout` in the scenario is how long it may take".to_owned();
                (format!("it is not over after {time} s"), Some(hint))
            }
            Stop::Broken(why) => (why, None),
        };
        let failure = Failure::trouble(&self.planned.scenario.file, spot, name, why);
        self.state.failures.push(Failure { hint, ..failure });
        CaseOutcome::Error
    }

    /// Starts the hub, and makes the repository that is pushed to.
    async fn prepare(&mut self) -> Result<(), Stop> {
        if let Some(hub) = &self.planned.hub {
            self.plot.has_hub(hub)?;
            let words = [OsString::from("hub"), "up".into(), hub.into(), "--json".into()];
            let ran = self.plot.program.call(words, None, &self.until, |_| {}).await?;
            done(&ran)?;
        }
        let scenario = &self.planned.scenario;
        let pushes = life(scenario, &self.planned.case).iter().any(|step| matches!(step.action, Action::Push(_)));
        if pushes {
            let broken = |error: crate::repository::RepositoryError| Stop::Broken(error.to_string());
            let source = locate(&self.planned.repository.display().to_string()).map_err(broken)?;
            let wanted = Wanted {
                reference: scenario.reference().map(str::to_owned),
                content: if self.settings.working_tree { Content::WorkingTree } else { Content::Committed },
                name: scenario.repository.clone(),
                owner: self.of().actor.to_owned(),
            };
            let clone = Box::pin(check_out(&source, &wanted, &self.plot.folder.join("repository"))).await;
            self.state.pushed = Some(clone.map_err(broken)?);
        }
        Ok(())
    }

    /// Returns whom and what the calls are for.
    fn of(&self) -> Whose<'_> {
        let actor = self.planned.case.user.as_deref().unwrap_or(&self.settings.actor);
        Whose { planned: self.planned, actor }
    }

    async fn step(&mut self, step: &Step) -> Result<Seen, Stop> {
        let mut seen = match &step.action {
            Action::Create(of) => self.create(*of).await?,
            Action::Prebuild => self.prebuild().await?,
            Action::Start => self.again(words(["start", "-c", self.codespace()?.as_str()])).await?,
            Action::Rebuild { full } => {
                let full = full.then(|| "--full".into());
                let words = words(["rebuild", "-c", self.codespace()?.as_str()]).into_iter().chain(full);
                self.again(words.collect()).await?
            }
            Action::Stop => self.plain(words(["stop", "-c", self.codespace()?.as_str()]), None).await?,
            Action::Exec(command) => self.exec(command).await?,
            Action::SetSecret { secret, value } => {
                let value = self.value(value)?;
                let words = secret_words("set", secret, self.of());
                self.plain(words, Some(&value)).await?
            }
            Action::DeleteSecret(secret) => self.plain(secret_words("delete", secret, self.of()), None).await?,
            Action::Push(push) => self.push(push).await?,
        };
        if let Some(questions) = step.expect.as_ref().and_then(|expect| expect.value.questions()) {
            seen.container = self.look(&questions).await;
        }
        let asks = step.expect.as_ref().is_some_and(|expect| expect.value.asks_for_leaks());
        if let (true, Some(name)) = (asks && !matches!(step.action, Action::Prebuild), &self.state.codespace) {
            match Box::pin(look::leaks(&mut self.context, name)).await {
                Ok(leaks) => seen.leaks.extend(leaks),
                Err(why) => seen.leaks.push(format!("the codespace could not be looked at: {why}")),
            }
        }
        Ok(seen)
    }

    /// Looks at the codespace, where there is one.
    async fn look(&mut self, questions: &Questions) -> Option<Result<Answers, String>> {
        let name = self.state.codespace.as_ref()?;
        let (program, hide) = (&self.plot.program, &mut self.state.hide);
        Some(Box::pin(look::look(&mut self.context, program, name, questions, &self.until, hide)).await)
    }

    fn codespace(&self) -> Result<CodespaceName, Stop> {
        self.state.codespace.clone().ok_or_else(|| Stop::Broken("there is no codespace".to_owned()))
    }

    /// Returns the folder of the repository, or where it is pushed to.
    fn repository(&self) -> OsString {
        let pushed = self.state.pushed.as_ref().map(|checkout| checkout.path().to_owned());
        pushed.unwrap_or_else(|| self.planned.repository.clone()).into()
    }

    async fn create(&mut self, of: Of) -> Result<Seen, Stop> {
        if let Some(old) = self.state.codespace.take() {
            self.plain(words(["delete", "-c", old.as_str()]), None).await?;
        }
        let name = fresh_name();
        let scenario = &self.planned.scenario;
        let mut all = vec![OsString::from("up"), self.repository(), "--name".into(), name.as_str().into()];
        all.extend(of_repository(self.of(), self.state.pushed.as_ref()));
        let prebuild = match (of, &self.state.prebuild) {
            (Of::LastPrebuild, Some((prebuild, _))) => prebuild.as_str(),
            (Of::WhatFits, Some(_)) => "auto",
            (Of::Nothing, _) | (_, None) => "never",
        };
        all.extend(["--prebuild".into(), prebuild.into()]);
        // As a fork's pull request, which GitHub gives no secret.
        let is_bare = scenario.is_fork_pull_request() || !self.planned.case.with_secrets;
        all.extend(is_bare.then(|| OsString::from("--fork-pull-request")));
        all.extend(self.recovery());
        all.extend(self.settings.working_tree.then(|| OsString::from("--working-tree")));
        self.state.codespace = Some(name);
        let (mut seen, _) = self.lead(all).await?;
        if let Some((_, before)) = self.state.prebuild.as_ref().filter(|_| seen.prebuild.name.is_some()) {
            seen.in_prebuild = before.phases.clone();
            let hooks = |phase: Phase| phase >= Phase::RegistryLogin;
            let without = spent(&before.phases, |phase| !hooks(phase)) + spent(&seen.phases, hooks);
            seen.prebuild.saves = (without > 0.0).then(|| 100.0 * (1.0 - seen.seconds / without));
        }
        Ok(seen)
    }

    async fn prebuild(&mut self) -> Result<Seen, Stop> {
        let mut all = vec![OsString::from("prebuild")];
        if let Some((last, _)) = &self.state.prebuild {
            // What it is of, it knows.
            all.extend(words(["update", last]));
            all.extend(given(self.of()));
        } else {
            all.extend([OsString::from("create"), self.repository()]);
            all.extend(of_repository(self.of(), self.state.pushed.as_ref()));
        }
        let (mut seen, ran) = self.lead(all).await?;
        let mut document: serde_json::Value = serde_json::from_str(ran.stdout.text.trim()).unwrap_or_default();
        if let Some(updated) = document.get_mut("prebuilds").and_then(|all| all.get_mut(0)) {
            document = updated.take();
        }
        let list = |name: &str| document["checks"][name].as_array().cloned().unwrap_or_default();
        let text = |value: &serde_json::Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        seen.leaks.extend(list("leaks").iter().map(|leak| {
            format!(
                "{} in the prebuild's {} {} ({})",
                text(leak, "secret"),
                text(leak, "kind"),
                text(leak, "place"),
                text(leak, "form")
            )
        }));
        seen.leaks.extend(
            list("logins").iter().map(|login| {
                format!("a login to {} in the prebuild's {}", text(login, "registry"), text(login, "file"))
            }),
        );
        if let Some(name) = document["name"].as_str() {
            let kept = Seen { container: None, ..seen.clone() };
            self.state.prebuild = Some((name.to_owned(), kept));
        }
        Ok(seen)
    }

    /// Leads the codespace that is there through its phases again.
    async fn again(&mut self, mut all: Vec<OsString>) -> Result<Seen, Stop> {
        all.extend(self.recovery());
        Ok(self.lead(all).await?.0)
    }

    fn recovery(&self) -> Option<OsString> {
        self.planned.scenario.recovers().then(|| "--recovery".into())
    }

    /// Calls a verb that leads a codespace through its phases.
    async fn lead(&mut self, mut all: Vec<OsString>) -> Result<(Seen, Ran), Stop> {
        all.extend(of_run(self.of()));
        all.extend(["--json".into(), "--events".into(), "/dev/stdout".into()]);
        let mut watch = Watch::default();
        let name = &self.planned.case.name;
        let told = |phase| {
            // A view that is behind is none that anybody waits for.
            let _behind = self.tell.try_send(TestEvent::PhaseStarted { name: name.clone(), phase });
        };
        let ran = self
            .plot
            .program
            .call(all, None, &self.until, |record| watch.add(record).into_iter().for_each(told))
            .await?;
        if let Some(cut) = ran.cut {
            return Err(Stop::Cut(cut));
        }
        let seen = watch.seen(&ran);
        // Where it never came to a phase, nothing of the repository was tried.
        if ran.code == NO_ENGINE && seen.phases.is_empty() {
            return Err(Stop::Broken(seen.message));
        }
        Ok((seen, ran))
    }

    /// Calls a verb that has no phases; it has to succeed.
    async fn plain(&self, words: Vec<OsString>, input: Option<&Secret<String>>) -> Result<Seen, Stop> {
        let ran = self.plot.program.call(words, input, &self.until, |_| {}).await?;
        done(&ran)?;
        Ok(Seen { seconds: ran.seconds, ..Seen::default() })
    }

    async fn exec(&self, command: &str) -> Result<Seen, Stop> {
        let ran = self.plot.program.exec(&self.codespace()?, command, &self.until).await?;
        if let Some(cut) = ran.cut {
            return Err(Stop::Cut(cut));
        }
        let seconds = ran.seconds;
        let command = SeenCommand { exit: ran.code, stdout: ran.stdout, stderr: ran.stderr };
        Ok(Seen { seconds, command: Some(command), ..Seen::default() })
    }

    fn value(&self, value: &Value) -> Result<Secret<String>, Stop> {
        match value {
            Value::Given(value) => Ok(value.clone()),
            Value::Environment(name) => {
                let value = self.settings.environment.get(name).cloned().map(Secret::new);
                value.ok_or_else(|| Stop::Broken(format!("the variable {name} is not set")))
            }
        }
    }

    async fn push(&self, push: &Push) -> Result<Seen, Stop> {
        let began = Instant::now();
        let Some(checkout) = &self.state.pushed else { return Err(Stop::Broken("there is no repository".to_owned())) };
        let pushed = match push {
            Push::Files { files, message } => checkout.push_files(files, message).await,
            Push::Reference(reference) => {
                let source = locate(&self.planned.repository.display().to_string());
                match source {
                    Ok(source) => checkout.push_reference(&source, reference).await,
                    Err(error) => Err(error),
                }
            }
        };
        pushed.map_err(|error| Stop::Broken(error.to_string()))?;
        Ok(Seen { seconds: began.elapsed().as_secs_f64(), ..Seen::default() })
    }
}

/// Returns nothing where a call did what it was to do.
fn done(ran: &Ran) -> Result<(), Stop> {
    match (ran.cut, ran.code) {
        (Some(cut), _) => Err(Stop::Cut(cut)),
        (None, 0) => Ok(()),
        (None, _) => Err(Stop::Broken(ran.complaint())),
    }
}
