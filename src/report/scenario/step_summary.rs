//! The summary of a step of GitHub Actions: a table, what failed, and a timeline.
//!
//! It is HTML, which GitHub takes in Markdown: nothing in it is read as Markdown then, and a text has to be escaped in one way only.

use std::collections::BTreeMap;

use super::parts::{bad, one_line, seconds, took, whole, word};
use super::text::counts;
use crate::phase::Phase;
use crate::scenario::{CaseOutcome, CaseResult, RunResult, StepResult};

/// What GitHub takes of a step, in bytes.
pub const STEP_SUMMARY: usize = 1024 * 1024;
/// What is kept for the line that says what is left out.
const NOTE: usize = 200;
/// How wide the bars of a timeline are.
const BAR: f64 = 40.0;

/// Returns the summary of a run, in at most `room` bytes: [`STEP_SUMMARY`] less what is in the file.
pub fn step_summary(results: &[CaseResult], run: &RunResult, room: usize) -> String {
    let mut page = Page { text: String::new(), room: room.saturating_sub(NOTE), left_out: 0 };
    page.whole(&format!("### {} in {:.1} s\n\n", counts(run), seconds(run.seconds)));
    let mut sorted: Vec<&CaseResult> = results.iter().collect();
    sorted.sort_by_key(|result| rank(result.outcome));
    table(&sorted, &mut page);
    for result in sorted.iter().filter(|result| !bad(result).is_empty()) {
        page.whole(&details(result));
    }
    timelines(&sorted, &mut page);
    if page.left_out > 0 {
        let note = format!("\n{} parts more have no room here: they are in the log.\n", page.left_out);
        if page.text.len() + note.len() <= room {
            page.text.push_str(&note);
        }
    }
    page.text
}

/// A page that has no more room than it has.
struct Page {
    text: String,
    room: usize,
    left_out: usize,
}

impl Page {
    /// Adds a part, or leaves it out.
    fn whole(&mut self, part: &str) {
        self.list("", [part.to_owned()].into_iter(), "", self.room);
    }

    /// Adds as many parts as have room in `most` bytes, between two texts; nothing where none has.
    fn list(&mut self, head: &str, parts: impl Iterator<Item = String>, end: &str, most: usize) {
        let room = most.min(self.room.saturating_sub(self.text.len()));
        let mut list = head.to_owned();
        for part in parts {
            if list.len() + part.len() + end.len() > room {
                self.left_out += 1;
            } else {
                list.push_str(&part);
            }
        }
        if list.len() > head.len() {
            self.text.push_str(&list);
            self.text.push_str(end);
        }
    }
}

/// What a person looks for first comes first.
const fn rank(outcome: CaseOutcome) -> u8 {
    match outcome {
        CaseOutcome::Failed => 0,
        CaseOutcome::Error => 1,
        CaseOutcome::Flaky => 2,
        CaseOutcome::Interrupted => 3,
        CaseOutcome::Passed => 4,
    }
}

const fn sign(outcome: CaseOutcome) -> &'static str {
    match outcome {
        CaseOutcome::Passed => "✅",
        CaseOutcome::Flaky => "⚠️",
        CaseOutcome::Failed => "❌",
        CaseOutcome::Error => "💥",
        CaseOutcome::Interrupted => "⏹️",
    }
}

fn table(results: &[&CaseResult], page: &mut Page) {
    let times: Vec<_> = results.iter().map(|result| phases(result)).collect();
    let shown: Vec<Phase> =
        Phase::ALL.into_iter().filter(|phase| times.iter().any(|times| times.contains_key(phase))).collect();
    let heads: String = shown.iter().map(|phase| format!("<th>{phase}</th>")).collect();
    let head = format!("<table>\n<tr><th>outcome</th><th>scenario</th><th>seconds</th>{heads}</tr>\n");
    let rows = results.iter().zip(&times).map(|(result, times)| {
        let time = |phase| times.get(phase).map_or_else(String::new, |seconds| format!("{seconds:.1}"));
        let cells = shown.iter().map(|phase| format!("<td align=\"right\">{}</td>", time(phase)));
        format!(
            "<tr><td>{} {}</td><td>{}</td><td align=\"right\">{:.1}</td>{}</tr>\n",
            sign(result.outcome),
            word(result.outcome),
            code(&result.name),
            took(result),
            cells.collect::<String>()
        )
    });
    page.list(&head, rows, "</table>\n\n", page.room / 2);
}

/// Returns how long each phase took at the last try, over all steps.
fn phases(result: &CaseResult) -> BTreeMap<Phase, f64> {
    let mut times = BTreeMap::new();
    for phase in steps(result).iter().flat_map(|step| &step.phases).filter(|phase| phase.outcome != "skipped") {
        *times.entry(phase.phase).or_insert(0.0) += seconds(phase.seconds);
    }
    times
}

fn steps(result: &CaseResult) -> &[StepResult] {
    result.attempts.last().map(|last| last.steps.as_slice()).unwrap_or_default()
}

/// Returns what was not as it is expected in a case.
fn details(result: &CaseResult) -> String {
    let several = result.attempts.len() > 1;
    let mut lines = Vec::new();
    for (number, attempt) in bad(result) {
        lines.extend(several.then(|| format!("try {number}:")));
        lines.extend(attempt.failures.iter().flat_map(whole));
    }
    let repeat = one_line(&result.repeat);
    if !repeat.is_empty() {
        lines.push(format!("repeat: {repeat}"));
    }
    let open = if result.outcome == CaseOutcome::Flaky { "" } else { " open" };
    let (sign, name) = (sign(result.outcome), code(&result.name));
    folded(open, &format!("{sign} {name}"), &lines)
}

/// Returns lines under a title that opens them. A blank line of theirs would end the HTML, but in a `pre` that begins a block.
fn folded(open: &str, title: &str, lines: &[String]) -> String {
    let lines = html(&lines.join("\n"));
    format!("<details{open}><summary>{title}</summary>\n\n<pre>\n{lines}\n</pre>\n\n</details>\n\n")
}

fn timelines(results: &[&CaseResult], page: &mut Page) {
    let parts = results.iter().filter(|result| !phases(result).is_empty()).map(|result| {
        let lines = timeline(result);
        format!("{}\n", html(&lines.join("\n")))
    });
    page.list("<details><summary>timeline</summary>\n\n<pre>\n", parts, "</pre>\n\n</details>\n\n", page.room);
}

/// Returns a line for each phase of a case, with a bar where it was.
fn timeline(result: &CaseResult) -> Vec<String> {
    let ran = |step: &StepResult| step.phases.iter().filter(|phase| phase.outcome != "skipped").count();
    let all: f64 = phases(result).values().sum();
    let all = if all > 0.0 { all } else { 1.0 };
    let (mut lines, mut begins) = (vec![one_line(&result.name)], 0.0);
    for step in steps(result).iter().filter(|step| ran(step) > 0) {
        lines.push(format!("  {}", one_line(&step.name)));
        for phase in step.phases.iter().filter(|phase| phase.outcome != "skipped") {
            let took = seconds(phase.seconds);
            let bar = bar(begins / all, took / all);
            let failed = if phase.outcome == "failed" { "  failed" } else { "" };
            lines.push(format!("    {:20}  {bar}  {took:.1} s{failed}", phase.phase));
            begins += took;
        }
    }
    lines
}

/// Returns a bar of a part of the whole; at least a piece of one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a small number of columns")]
fn bar(begins: f64, part: f64) -> String {
    let all = BAR as usize;
    let from = ((begins * BAR).floor() as usize).min(all - 1);
    let wide = ((part * BAR).round() as usize).clamp(1, all - from);
    format!("{}{}{}", " ".repeat(from), "█".repeat(wide), " ".repeat(all - from - wide))
}

/// Returns a text of one line, as it is.
fn code(text: &str) -> String {
    format!("<code>{}</code>", html(&one_line(text)))
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
