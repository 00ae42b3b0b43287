//! A run of scenarios: on a terminal a line for each that runs, under those that are over; else a line as each ends.

use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;

use super::facts::width_of;
use super::plain::one_line;
use super::say;
use crate::journal::Clock;
use crate::phase::Phase;
use crate::report::scenario::{Text, counts};
use crate::report::{Charset, Look, Paint, table};
use crate::scenario::{CaseOutcome, CaseResult, RunResult, TestEvent};

/// Times a second.
const REDRAWS: u8 = 12;
/// As many of those that run have a line.
const LINES: usize = 16;
/// A scenario's name is cut to leave room for what it does, but not to less than that.
const NAME: usize = 12;
/// How wide a time is, with what stands between the columns.
const TIME: usize = "999:59".len() + 4;

/// Shows a run of scenarios, from its events.
pub struct Scenarios {
    view: View,
    text: Text,
    // Shared with the ticker's thread, which draws: never locked while the bar is called.
    board: Arc<Mutex<Board>>,
    /// Those that did not simply pass: they may be named once more at the end.
    bad: Vec<CaseResult>,
}

enum View {
    Live(ProgressBar),
    Plain(Box<dyn Write + Send>),
}

/// What is known of the run.
struct Board {
    look: Look,
    clock: Clock,
    cases: usize,
    run: RunResult,
    running: Vec<Running>,
}

/// A case that runs.
struct Running {
    name: String,
    attempt: u32,
    since: Timestamp,
    step: String,
    phase: Option<Phase>,
    /// At how many minutes it was last said that it still runs.
    told: i64,
}

impl Scenarios {
    /// Shows a run on this process's standard error, which is a terminal.
    pub(super) fn on_stderr(text: Text, clock: Clock) -> Self {
        let width = move || width_of(std::io::stderr()).unwrap_or(text.look.width);
        let scenarios = Self::live(ProgressDrawTarget::stderr_with_hz(REDRAWS), text, width, clock);
        if let View::Live(bar) = &scenarios.view {
            bar.enable_steady_tick(Duration::from_millis(1000 / u64::from(REDRAWS)));
        }
        scenarios
    }

    /// Shows a run on `target`, which is drawn on when a case ends and at [`Scenarios::draw`].
    pub(super) fn live(
        target: ProgressDrawTarget,
        text: Text,
        width: impl Fn() -> usize + Clone + Send + Sync + 'static,
        clock: Clock,
    ) -> Self {
        let board = Board::new(text.look, clock);
        let drawn = Arc::clone(&board);
        let draw = move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
            // One column less: a full line makes some terminals begin the next.
            let frame = lock(&drawn).frame(width().saturating_sub(1));
            out.write_str(&frame).ok();
        };
        // The template is a constant: it is never the fallback.
        let style = ProgressStyle::with_template("{frame}").unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = ProgressBar::with_draw_target(None, target).with_style(style.with_key("frame", draw));
        Self { view: View::Live(bar), text, board, bad: Vec::new() }
    }

    /// Shows a run in lines that are written to `stderr`.
    pub(super) fn plain(stderr: Box<dyn Write + Send>, text: Text, clock: Clock) -> Self {
        Self { view: View::Plain(stderr), text, board: Board::new(text.look, clock), bad: Vec::new() }
    }

    /// Takes what happened.
    pub fn event(&mut self, event: &TestEvent) {
        match event {
            TestEvent::RunStarted { cases, .. } => lock(&self.board).cases = *cases,
            TestEvent::CaseStarted { name, attempt } => lock(&self.board).begins(name, *attempt),
            TestEvent::StepStarted { name, step } => {
                lock(&self.board).running(name, |running| {
                    running.step.clone_from(step);
                    running.phase = None;
                });
            }
            TestEvent::PhaseStarted { name, phase } => {
                lock(&self.board).running(name, |running| running.phase = Some(*phase));
            }
            TestEvent::CaseFinished(result) => {
                lock(&self.board).ends(result);
                self.say(&self.text.case(result));
                if result.outcome != CaseOutcome::Passed {
                    self.bad.push(result.as_ref().clone());
                }
            }
            TestEvent::RunFinished(run) => {
                let end = self.text.end(&self.bad, run);
                self.say(&end);
                self.finish();
            }
        }
    }

    /// Says of each case that has run for another minute that it still does, where nobody sees that it does. To be called now and then.
    pub fn still_running(&mut self) {
        if let View::Plain(stderr) = &mut self.view {
            let lines = lock(&self.board).still_running();
            if !lines.is_empty() {
                say(stderr, &self.text.log.guard(lines));
            }
        }
    }

    /// Says something between what is shown.
    pub fn say(&mut self, text: &str) {
        match &mut self.view {
            View::Live(bar) if bar.is_finished() => say(&mut std::io::stderr(), text),
            View::Live(bar) => bar.println(text.trim_end_matches('\n')),
            View::Plain(stderr) => say(stderr, text),
        }
    }

    /// Draws a frame now.
    pub fn draw(&self) {
        if let View::Live(bar) = &self.view {
            bar.tick();
        }
    }

    /// Takes away what is drawn. The end of the run does it too.
    pub fn finish(&mut self) {
        if let View::Live(bar) = &self.view {
            bar.disable_steady_tick();
            bar.finish_and_clear();
        }
    }
}

impl Drop for Scenarios {
    /// A run that is given up leaves no half-drawn lines.
    fn drop(&mut self) {
        self.finish();
    }
}

impl std::fmt::Debug for Scenarios {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Scenarios").field("text", &self.text).finish_non_exhaustive()
    }
}

impl Board {
    fn new(look: Look, clock: Clock) -> Arc<Mutex<Self>> {
        let (run, running) = (RunResult::default(), Vec::new());
        Arc::new(Mutex::new(Self { look, clock, cases: 0, run, running }))
    }

    fn begins(&mut self, name: &str, attempt: u32) {
        self.running.retain(|running| running.name != name);
        let (name, since) = (name.to_owned(), self.clock.now());
        self.running.push(Running { name, attempt, since, step: String::new(), phase: None, told: 0 });
    }

    fn running(&mut self, name: &str, change: impl FnOnce(&mut Running)) {
        if let Some(running) = self.running.iter_mut().find(|running| running.name == name) {
            change(running);
        }
    }

    fn ends(&mut self, result: &CaseResult) {
        self.running.retain(|running| running.name != result.name);
        self.run.count(result.outcome);
    }

    fn still_running(&mut self) -> String {
        let now = self.clock.now();
        let mut lines = String::new();
        for running in &mut self.running {
            let minutes = running.seconds(now) / 60;
            if minutes > running.told {
                running.told = minutes;
                let line = format!("still runs after {minutes} min: {}  {}", one_line(&running.name), running.does());
                lines.push_str(line.trim_end());
                lines.push('\n');
            }
        }
        lines
    }

    fn frame(&self, width: usize) -> String {
        let now = self.clock.now();
        let does: Vec<String> = self.running.iter().take(LINES).map(Running::does).collect();
        let widest = does.iter().map(|does| does.width()).max().unwrap_or(0);
        let name = width.saturating_sub(TIME + widest).max(NAME);
        let row = |(running, does): (&Running, String)| {
            let seconds = running.seconds(now);
            let time = format!("{:>3}:{:02}", seconds / 60, seconds % 60);
            vec![time, self.look.truncate(&one_line(&running.name), name), does]
        };
        let rows: Vec<_> = self.running.iter().zip(does).map(row).collect();
        let mut lines: Vec<String> =
            table(Vec::new(), rows).lines().map(|line| self.look.truncate(line, width)).collect();
        let more = match self.running.len().saturating_sub(LINES) {
            0 => String::new(),
            more => format!(", {more} more run"),
        };
        let over = self.run.total();
        let so_far = if over == 0 { String::new() } else { format!(": {}", counts(&self.run)) };
        let last = format!("{over} of {} are over{so_far}{more}", self.cases.max(over + self.running.len()));
        let spinner = self.spinner(now.as_millisecond());
        let last = self.look.truncate(&last, width.saturating_sub(2));
        lines.push(format!("{} {}", self.look.paint(Paint::Yellow, spinner), self.look.paint(Paint::Dim, &last)));
        lines.join("\n")
    }

    fn spinner(&self, milliseconds: i64) -> &'static str {
        let signs: &[&str] = match self.look.charset {
            Charset::Utf8 => &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
            Charset::Ascii => &["|", "/", "-", "\\"],
        };
        let turn = usize::try_from(milliseconds / 100).unwrap_or(0) % signs.len();
        signs.get(turn).copied().unwrap_or_default()
    }
}

impl Running {
    fn seconds(&self, now: Timestamp) -> i64 {
        now.duration_since(self.since).as_secs().max(0)
    }

    /// Returns what it does: its step and phase.
    fn does(&self) -> String {
        let attempt = if self.attempt > 1 { format!("try {}", self.attempt) } else { String::new() };
        let phase = self.phase.map_or("", Phase::name).to_owned();
        let parts = [attempt, one_line(&self.step), phase];
        parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(": ")
    }
}

/// A thread that panicked while it held the lock left a board that is whole enough to be drawn.
fn lock(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}
