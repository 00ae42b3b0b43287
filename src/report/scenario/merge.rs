//! Several runs made one: those of the shards of a CI job.

use std::collections::BTreeMap;

use super::parts::one_line;
use crate::scenario::{Attempt, CaseOutcome, CaseResult, Failure, RunResult, TestEvent};

/// The events of one run, as JSON lines.
#[derive(Debug, Clone, Copy)]
pub struct Stream<'a> {
    /// What it is called: its file.
    pub name: &'a str,
    /// What is in it.
    pub content: &'a [u8],
}

/// What several runs came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// When the first one began, RFC 3339; nothing where none says it.
    pub time: Option<String>,
    /// How many cases were to run.
    pub cases: usize,
    /// How many at a time, all together.
    pub jobs: usize,
    /// The cases, by file and place. One that ran where a stream breaks off is an error, and so are those that did not begin there.
    pub results: Vec<CaseResult>,
    /// What they came to; the time is the longest run's, as they run at once.
    pub run: RunResult,
    /// The streams that break off, and so may lack cases.
    pub unended: Vec<String>,
}

/// Streams that cannot be made one.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A line is no event.
    #[error("{name}:{line}:{column}: this is no event of a run of scenarios: {reason}")]
    NoEvent {
        /// The stream.
        name: String,
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in bytes.
        column: usize,
        /// Why.
        reason: String,
    },
    /// Another localspace wrote it.
    #[error(
        "{name}:{line}: these events are of version {version}, and this localspace reads version {}",
        TestEvent::VERSION
    )]
    Version {
        /// The stream.
        name: String,
        /// Counted from 1.
        line: usize,
        /// Its version.
        version: u32,
    },
    /// A case is there twice.
    #[error("the case `{case}` is in {first} and in {second}")]
    Twice {
        /// Its name.
        case: String,
        /// Where it is first.
        first: String,
        /// And where again.
        second: String,
    },
}

impl MergeError {
    /// Returns what to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NoEvent { .. } => "name files that `localspace test --json` wrote, and nothing else wrote to",
            Self::Version { .. } => "merge with the localspace that ran them",
            Self::Twice { .. } => "name the file of each shard once, and give each shard another `--shard`",
        }
    }
}

impl Merged {
    /// Returns the events of the whole, which are read as those of one run are.
    pub fn events(&self) -> Vec<TestEvent> {
        let started = TestEvent::RunStarted {
            version: TestEvent::VERSION,
            time: self.time.clone().unwrap_or_default(),
            cases: self.cases,
            jobs: self.jobs,
        };
        let finished = self.results.iter().map(|result| TestEvent::CaseFinished(Box::new(result.clone())));
        std::iter::once(started).chain(finished).chain([TestEvent::RunFinished(self.run.clone())]).collect()
    }
}

/// Makes several runs one.
pub fn merge(streams: &[Stream<'_>]) -> Result<Merged, MergeError> {
    let mut merged =
        Merged { time: None, cases: 0, jobs: 0, results: Vec::new(), run: RunResult::default(), unended: Vec::new() };
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    for stream in streams {
        let read = read(stream)?;
        for result in read.results {
            if let Some(first) = names.insert(result.name.clone(), stream.name) {
                let (first, second) = (one_line(first), one_line(stream.name));
                return Err(MergeError::Twice { case: one_line(&result.name), first, second });
            }
            merged.run.count(result.outcome);
            merged.results.push(result);
        }
        merged.time = merged.time.into_iter().chain(read.time).min();
        merged.cases += read.cases;
        merged.jobs += read.jobs;
        merged.run.seconds = merged.run.seconds.max(read.seconds.unwrap_or(0.0));
        merged.unended.extend(read.seconds.is_none().then(|| stream.name.to_owned()));
    }
    merged.cases = merged.cases.max(merged.results.len());
    merged.results.sort_by(|one, other| (&one.file, one.line, &one.name).cmp(&(&other.file, other.line, &other.name)));
    Ok(merged)
}

/// What one stream says.
#[derive(Debug, Default)]
struct Read {
    time: Option<String>,
    cases: usize,
    jobs: usize,
    results: Vec<CaseResult>,
    /// The cases that run, and which try that is.
    running: BTreeMap<String, u32>,
    /// How long the run took; nothing where it did not end.
    seconds: Option<f64>,
}

fn read(stream: &Stream<'_>) -> Result<Read, MergeError> {
    let mut read = Read::default();
    for (at, line) in stream.content.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let is_cut = !line.ends_with(b"\n");
        match serde_json::from_slice(line) {
            Ok(event) => read.event(event, stream.name, at + 1)?,
            // Who wrote it was killed meanwhile.
            Err(error) if is_cut && error.is_eof() => {}
            Err(error) => {
                let (text, place) = (error.to_string(), format!(" at line {} column {}", error.line(), error.column()));
                let (name, reason) = (one_line(stream.name), one_line(text.strip_suffix(&place).unwrap_or(&text)));
                return Err(MergeError::NoEvent { name, line: at + 1, column: error.column().max(1), reason });
            }
        }
    }
    let ran = std::mem::take(&mut read.running).into_iter();
    read.results.extend(
        ran.map(|(name, attempt)| broken_off(name, format!("the run broke off at try {attempt}"), stream.name)),
    );
    if read.seconds.is_none() && (read.cases == 0 || read.results.len() < read.cases) {
        // So that no report of the whole is without what nobody has run.
        let (part, what) = match read.cases - read.results.len().min(read.cases) {
            0 => ("all", "the run broke off before it began".to_owned()),
            left => ("the rest", format!("the run broke off, and {left} of its {} cases did not begin", read.cases)),
        };
        read.results.push(broken_off(format!("{part} of {}", stream.name), what, stream.name));
    }
    Ok(read)
}

impl Read {
    fn event(&mut self, event: TestEvent, name: &str, line: usize) -> Result<(), MergeError> {
        match event {
            TestEvent::RunStarted { version, .. } if version != TestEvent::VERSION => {
                return Err(MergeError::Version { name: one_line(name), line, version });
            }
            TestEvent::RunStarted { time, cases, jobs, .. } => {
                self.time = Some(time).filter(|time| !time.is_empty());
                self.cases += cases;
                self.jobs += jobs;
            }
            TestEvent::CaseStarted { name, attempt } => drop(self.running.insert(name, attempt)),
            TestEvent::StepStarted { .. } | TestEvent::PhaseStarted { .. } => {}
            TestEvent::CaseFinished(result) => {
                self.running.remove(&result.name);
                self.results.push(*result);
            }
            TestEvent::RunFinished(run) => self.seconds = Some(run.seconds),
        }
        Ok(())
    }
}

/// Returns what a case came to whose run was ended by something else.
fn broken_off(name: String, what: String, stream: &str) -> CaseResult {
    let failure = Failure {
        file: stream.to_owned(),
        line: 0,
        column: 0,
        step: String::new(),
        what,
        expected: String::new(),
        actual: String::new(),
        around: Vec::new(),
        phase: None,
        config: None,
        hint: Some("look at the log of the job that ran it: it was killed, or ran out of time or space".to_owned()),
    };
    let attempt = Attempt {
        outcome: CaseOutcome::Error,
        time: String::new(),
        seconds: 0.0,
        steps: Vec::new(),
        failures: vec![failure],
        kept: None,
    };
    CaseResult {
        name,
        file: stream.to_owned(),
        line: 0,
        outcome: CaseOutcome::Error,
        attempts: vec![attempt],
        repeat: String::new(),
    }
}
