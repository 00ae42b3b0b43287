//! A run on a terminal: a line for each phase that is over, and under them a frame of the one that runs.
//!
//! The frame is made when it is drawn, by indicatif's ticker, from a state that the sink's events change. So the terminal is
//! drawn on about twelve times a second however fast a command writes, and the clock goes on when it writes nothing.

use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use jiff::Timestamp;

use super::facts::width_of;
use super::plain::{READY, cause, creation_failed, one_line, recovery_container, warning};
use super::recent::Recent;
use crate::journal::{Clock, Event, Outcome, PhaseFinished, Sink, SinkError};
use crate::phase::Phase;
use crate::report::{Charset, Look, Paint, PhaseOutcome, prebuild, wrap};

/// Times a second.
const REDRAWS: u8 = 12;
/// Between two frames.
const TICK: Duration = Duration::from_millis(1000 / REDRAWS as u64);
/// How many lines of output are under the running phase.
const LINES: usize = 5;
/// Phases' names are this wide, so that what follows them stands in a column.
const NAME: usize = "updateContentCommand".len();

/// Shows a run on a terminal.
#[derive(Debug)]
pub struct Live {
    bar: ProgressBar,
    look: Look,
    // Shared with the ticker's thread, which draws: never locked while the bar is called.
    frame: Arc<Mutex<Frame>>,
    has_failed: bool,
}

#[derive(Debug)]
struct Frame {
    look: Look,
    clock: Clock,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    phase: Phase,
    since: Timestamp,
    /// How far a pull or a build is.
    progress: String,
    recent: Recent,
}

impl Live {
    /// Shows a run on this process's standard error.
    pub fn on_stderr(look: Look, clock: Clock) -> Self {
        let width = move || width_of(std::io::stderr()).unwrap_or(look.width);
        let live = Self::new(ProgressDrawTarget::stderr_with_hz(REDRAWS), look, width, clock);
        live.bar.enable_steady_tick(TICK);
        live
    }

    /// Shows a run on `target`, which is drawn on when a phase ends and at [`Live::draw`].
    pub fn new(
        target: ProgressDrawTarget,
        look: Look,
        width: impl Fn() -> usize + Clone + Send + Sync + 'static,
        clock: Clock,
    ) -> Self {
        let frame = Arc::new(Mutex::new(Frame { look, clock, running: None }));
        let drawn = Arc::clone(&frame);
        let draw = move |_: &ProgressState, out: &mut dyn Write| {
            // One column less: a full line makes some terminals begin the next.
            let text = lock(&drawn).text(width().saturating_sub(1));
            out.write_str(&text).ok();
        };
        // The template is a constant: it is never the fallback.
        let style = ProgressStyle::with_template("{frame}").unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = ProgressBar::with_draw_target(None, target).with_style(style.with_key("frame", draw));
        Self { bar, look, frame, has_failed: false }
    }

    /// Draws a frame now.
    pub fn draw(&self) {
        self.bar.tick();
    }

    fn running(&self, change: impl FnOnce(&mut Running)) {
        if let Some(running) = &mut lock(&self.frame).running {
            change(running);
        }
    }

    fn end(&self, line: &str) {
        lock(&self.frame).running = None;
        self.bar.println(line);
    }

    /// Returns the line of a phase that is over; what has no room beside it goes on under it.
    fn over(&self, phase: Phase, outcome: PhaseOutcome, first: &str, rest: &str) -> String {
        let mark = self.look.paint(Look::paint_of(outcome), self.look.mark(outcome));
        let indent = NAME + 4 + first.len();
        let lines = wrap(rest, self.look.width.saturating_sub(indent).max(1));
        let lines: Vec<String> = match outcome {
            PhaseOutcome::Skipped => lines.iter().map(|line| self.look.paint(Paint::Dim, line)).collect(),
            PhaseOutcome::Succeeded | PhaseOutcome::Failed => lines,
        };
        format!("{mark} {phase:NAME$}  {first}{}", lines.join(&format!("\n{}", " ".repeat(indent))))
            .trim_end()
            .to_owned()
    }

    fn finished(&self, finished: &PhaseFinished) -> String {
        let (seconds, cause) = (format!("{:.1} s  ", finished.seconds), cause(finished).unwrap_or_default());
        self.over(finished.phase, finished.outcome.into(), &seconds, &cause)
    }

    fn warning(&self, message: &str, hint: Option<&str>) -> String {
        let lines = warning(message, hint);
        let lines = lines.iter().flat_map(|line| wrap(line, self.look.width));
        lines.map(|line| self.look.paint(Paint::Yellow, &line)).collect::<Vec<_>>().join("\n")
    }
}

impl Sink for Live {
    fn event(&mut self, time: Timestamp, event: &Event) -> Result<(), SinkError> {
        match event {
            Event::PhaseStarted { phase } => {
                let running =
                    Running { phase: *phase, since: time, progress: String::new(), recent: Recent::new(LINES) };
                lock(&self.frame).running = Some(running);
            }
            Event::PhaseSkipped { .. } if self.has_failed => {}
            Event::PhaseSkipped { phase, reason } => {
                let rest = format!("skipped: {}", one_line(reason));
                self.bar.println(self.over(*phase, PhaseOutcome::Skipped, "", &rest));
            }
            Event::PhaseFinished(finished) => {
                // That nothing comes after a failure is in the table at the end.
                self.has_failed |= finished.outcome == Outcome::Failed;
                self.end(&self.finished(finished));
            }
            Event::BuildStep(step) => self.running(|running| running.recent.step(step)),
            Event::Output(output) => self.running(|running| running.recent.push(output)),
            Event::Progress { text, .. } => self.running(|running| running.progress = one_line(text)),
            Event::Prebuild(used) => self.bar.println(prebuild(used).join("\n")),
            Event::Ready { .. } => self.bar.println(self.look.paint(Paint::Bold, READY)),
            Event::Warning { message, hint, .. } => self.bar.println(self.warning(message, hint.as_deref())),
            Event::CreationFailed { error, .. } => {
                for line in creation_failed(*error) {
                    self.bar.println(self.look.paint(Paint::Yellow, &line));
                }
            }
            Event::RecoveryContainer { outcome, seconds, reason, .. } => {
                self.bar.println(recovery_container(*outcome, *seconds, reason.as_deref()));
            }
            Event::RunStarted(_)
            | Event::CommandStarted { .. }
            | Event::CommandFinished { .. }
            | Event::ContainerReady { .. }
            | Event::RegistryLogin(_)
            | Event::Diagnosis(_)
            | Event::RunFinished { .. } => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        self.bar.disable_steady_tick();
        self.bar.finish_and_clear();
        Ok(())
    }
}

impl Frame {
    fn text(&self, width: usize) -> String {
        let Some(running) = &self.running else { return String::new() };
        let elapsed = self.clock.now().duration_since(running.since);
        let head = format!("{:NAME$}  {} s  {}", running.phase, elapsed.as_secs().max(0), running.progress);
        let mut lines = vec![format!(
            "{} {}",
            self.look.paint(Paint::Yellow, self.spinner(elapsed.as_millis())),
            self.look.truncate(head.trim_end(), width.saturating_sub(2)),
        )];
        for line in running.recent.lines() {
            lines.push(self.look.paint(Paint::Dim, &self.look.truncate(&format!("    {line}"), width)));
        }
        lines.join("\n")
    }

    fn spinner(&self, milliseconds: i128) -> &'static str {
        let signs: &[&str] = match self.look.charset {
            Charset::Utf8 => &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
            Charset::Ascii => &["|", "/", "-", "\\"],
        };
        let turn = usize::try_from(milliseconds / 100).unwrap_or(0) % signs.len();
        signs.get(turn).copied().unwrap_or_default()
    }
}

/// A thread that panicked while it held the lock left a frame that is whole enough to be drawn.
fn lock(frame: &Mutex<Frame>) -> MutexGuard<'_, Frame> {
    frame.lock().unwrap_or_else(PoisonError::into_inner)
}
