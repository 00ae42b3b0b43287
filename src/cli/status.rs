//! What state a codespace is in, in `gh codespace`'s words, and what is to be said beside them.

use rustix::process::{Pid, test_kill_process};

use super::context::Context;
use super::select::{self, Found, State};
use crate::phase::Phase;
use crate::plan::Occasion;
use crate::report::{PhaseOutcome, Summary};
use crate::steps::Kept;

/// The state of one codespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Status {
    /// One of GitHub's words (codespaces-facts.md section 4).
    pub(super) word: &'static str,
    /// Whether it may be worked in: it runs, and the phase that `waitFor` names is over.
    pub(super) usable: bool,
    /// The phase that failed in the newest run.
    pub(super) failed: Option<Phase>,
    /// What a person should know beside the word.
    pub(super) remark: Option<String>,
}

/// What is known of a run beside what it came to.
struct Known {
    under_way: bool,
    /// Whether the codespace could be used when it was last heard of.
    is_ready: bool,
}

impl Status {
    /// Returns the status of a codespace whose newest run came to this.
    pub(super) fn of(context: &Context, found: &Found, run: Option<&Summary>) -> Self {
        let under_way = run.is_some_and(is_under_way);
        // A prebuild is never said to be ready.
        let is_ready = match run {
            None => true,
            Some(run) if !under_way && left_as_it_was(context, found, run) => select::was_ready(context, &found.name),
            Some(run) => run.ready.is_some(),
        };
        let mut status = Self::told(found.state, run, &Known { under_way, is_ready });
        if found.is_in_recovery() {
            status.usable = false;
            let remark = status.remark.map_or(String::new(), |remark| format!(": {remark}"));
            status.remark = Some(format!("in recovery mode{remark}"));
        }
        status
    }

    fn told(state: State, run: Option<&Summary>, known: &Known) -> Self {
        let Known { under_way, is_ready } = *known;
        let failed = run.and_then(|run| run.failure.as_ref()).map(|failure| failure.phase);
        let died = run.filter(|run| !under_way && run.run.is_some() && run.end.is_none());
        let word = match (state, under_way) {
            (_, true) if !is_ready && run.is_some_and(is_rebuild) => "Rebuilding",
            (State::Running, true) if !is_ready => "Starting",
            (State::Running, _) => "Available",
            (State::Stopped, _) => "Shutdown",
            (State::NeverStarted, true) => "Provisioning",
            (State::NeverStarted, false) => "Created",
            (State::Leaving, _) => "Deleted",
            (State::Gone, _) => "Unavailable",
        };
        let at = run.and_then(|run| run.running);
        let remark = match (state, failed, died) {
            (State::Gone, ..) if !under_way => Some("its container was removed".to_owned()),
            (_, Some(phase), _) => Some(format!("{phase} failed")),
            (_, None, Some(_)) => {
                Some(at.map_or("its run died".to_owned(), |phase| format!("its run died in {phase}")))
            }
            (_, None, None) if under_way => at.map(|phase| format!("{phase} runs")),
            (_, None, None) => None,
        };
        Self { word, usable: state == State::Running && is_ready, failed, remark }
    }
}

fn is_rebuild(run: &Summary) -> bool {
    run.run.as_ref().is_some_and(|run| run.occasion == Occasion::Rebuild.name())
}

/// Tells whether a run was a rebuild that did not come to replace the container: what is kept of a container is kept when it has come to be.
fn left_as_it_was(context: &Context, found: &Found, run: &Summary) -> bool {
    let made = run.phases.iter().any(|one| one.phase == Phase::Create && one.outcome == PhaseOutcome::Succeeded);
    is_rebuild(run) && !made && Kept::load(&context.home.environment(&found.name), found.container_id()).is_some()
}

/// Tells whether the process that makes a run is still there.
fn is_under_way(run: &Summary) -> bool {
    let pid = run.run.as_ref().filter(|_| run.end.is_none()).and_then(|run| i32::try_from(run.pid).ok());
    // A process that is another user's may not be asked, and is there.
    pid.and_then(Pid::from_raw).is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{End, Failure};

    fn check(state: State, run: Option<&Summary>, under_way: bool, expected: (&str, bool, Option<&str>)) {
        let is_ready = run.is_none_or(|run| run.ready.is_some());
        let status = Status::told(state, run, &Known { under_way, is_ready });
        assert_eq!((status.word, status.usable, status.remark.as_deref()), expected);
    }

    #[test]
    fn a_codespace_is_told_by_its_container_and_its_newest_run() {
        use crate::journal::{Outcome, RunStarted};
        let run = RunStarted {
            occasion: "create".into(),
            version: "0".into(),
            pid: 1,
            secrets_file: None,
            hub: None,
            github_token: None,
        };
        let mut told = Summary::default();
        (told.run, told.running) = (Some(run), Some(Phase::OnCreateCommand));
        check(State::Running, Some(&told), true, ("Starting", false, Some("onCreateCommand runs")));
        check(State::Running, Some(&told), false, ("Available", false, Some("its run died in onCreateCommand")));
        told.run.as_mut().expect("one").occasion = "rebuild".into();
        check(State::Gone, Some(&told), true, ("Rebuilding", false, Some("onCreateCommand runs")));
        check(State::Stopped, Some(&told), true, ("Rebuilding", false, Some("onCreateCommand runs")));
        told.running = None;
        told.end = Some(End { outcome: Outcome::Failed, seconds: 1.0, message: None });
        let phase = Phase::PostCreateCommand;
        told.failure = Some(Failure {
            phase,
            command: None,
            exit_code: None,
            reason: None,
            detail: None,
            hint: None,
            excerpt: Vec::new(),
        });
        told.ready = Some(Phase::UpdateContentCommand);
        check(State::Running, Some(&told), false, ("Available", true, Some("postCreateCommand failed")));
        check(State::Stopped, Some(&told), false, ("Shutdown", false, Some("postCreateCommand failed")));
        check(State::Gone, None, false, ("Unavailable", false, Some("its container was removed")));
        check(State::Running, None, false, ("Available", true, None));
    }
}
