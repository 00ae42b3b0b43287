//! A build that came to no image: whose fault it is, and what shows it. Pure.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::devcontainer::{Dockerfile, Syntax};
use crate::engine::{BuildFailure, Refusal, refusal};
use crate::lifecycle::{FailureKind, StepFailure};

/// How many lines of a step are shown.
const SHOWN: usize = 12;
/// How much of an instruction is told in one line, in characters.
const NAMED: usize = 60;

/// Why a build failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::steps) enum Cause {
    /// A step's command ended with this exit code.
    Command(i32),
    /// A registry would not give an image: which, and how it said so.
    Image(String, Option<Refusal>),
    /// The image that reads the Dockerfile (`# syntax`) cannot be had.
    Frontend(String, Option<Refusal>),
    /// The Dockerfile does not mean anything, at this line (counted from 0).
    Line(usize),
    /// The engine has no room.
    FullDisk,
    /// The engine could not give a step its network.
    NoNetwork,
    /// The engine did not reach whom it was to get something from.
    OutOfReach,
    /// Something else, in BuildKit's words.
    Other,
}

/// What the engine says where a step's own network cannot be made.
const NO_NETWORK: [&str; 7] = [
    "network bridge not found",
    "failed to create endpoint",
    "failed to set up container networking",
    "failed to create network namespace",
    "error creating network namespace",
    "could not find an available, non-overlapping IPv4 address pool",
    "iptables failed",
];

/// What the engine says where its own connection fails: a command of the Dockerfile has words of its own in no such message.
const OUT_OF_REACH: [&str; 9] = [
    "dial tcp",
    "no such host",
    "i/o timeout",
    "connection refused",
    "connection reset by peer",
    "network is unreachable",
    "no route to host",
    "TLS handshake timeout",
    "context deadline exceeded",
];

impl Cause {
    /// Reads BuildKit's words.
    pub(in crate::steps) fn of(message: &str) -> Self {
        if let Some((_, code)) = message.rsplit_once("did not complete successfully: exit code: ") {
            let code: String = code.chars().take_while(char::is_ascii_digit).collect();
            return Self::Command(code.parse().unwrap_or(1));
        }
        if message.contains("no space left on device") {
            return Self::FullDisk;
        }
        if let Some(at) = between(message, "parse error on line ", ":").and_then(|line| line.parse::<usize>().ok()) {
            return Self::Line(at.saturating_sub(1));
        }
        for start in ["failed to resolve source metadata for ", "load metadata for "] {
            let Some(image) = between(message, start, ": ") else { continue };
            return if image.contains("docker/dockerfile") || message.contains("frontend") {
                Self::Frontend(image.to_owned(), refusal(message))
            } else {
                Self::Image(image.to_owned(), refusal(message))
            };
        }
        let says = |words: &[&str]| words.iter().any(|words| message.contains(words));
        match (says(&NO_NETWORK), says(&OUT_OF_REACH)) {
            (true, _) => Self::NoNetwork,
            (false, true) => Self::OutOfReach,
            (false, false) => Self::Other,
        }
    }
}

impl Cause {
    /// Returns the image that a registry refused to give.
    pub(super) fn refused_image(&self) -> Option<&str> {
        match self {
            Self::Image(image, Some(Refusal::Denied)) | Self::Frontend(image, Some(Refusal::Denied)) => Some(image),
            Self::Image(..)
            | Self::Frontend(..)
            | Self::Command(_)
            | Self::Line(_)
            | Self::FullDisk
            | Self::NoNetwork
            | Self::OutOfReach
            | Self::Other => None,
        }
    }

    /// Returns the exit code of the command that failed.
    pub(super) fn exit_code(&self) -> Option<i32> {
        match self {
            Self::Command(code) => Some(*code),
            Self::Image(..)
            | Self::Frontend(..)
            | Self::Line(_)
            | Self::FullDisk
            | Self::NoNetwork
            | Self::OutOfReach
            | Self::Other => None,
        }
    }

    /// Tells whether it is the engine that failed, and no file of the repository.
    pub(in crate::steps) fn is_the_engines(&self) -> bool {
        match self {
            Self::FullDisk | Self::NoNetwork | Self::OutOfReach => true,
            Self::Image(..) | Self::Frontend(..) | Self::Command(_) | Self::Line(_) | Self::Other => false,
        }
    }

    /// Tells whether nobody answered who could have given the image that reads the Dockerfile.
    pub(super) fn is_frontend_out_of_reach(&self) -> bool {
        matches!(self, Self::Frontend(_, None))
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split(end).next().filter(|text| !text.is_empty())
}

/// A Dockerfile that was built, for what is said about it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Built<'a> {
    /// Its path in the repository.
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) args: &'a BTreeMap<String, String>,
    pub(super) architecture: &'a str,
}

impl Built<'_> {
    /// Returns what a failure comes to.
    pub(super) fn failure(&self, failed: &BuildFailure) -> StepFailure {
        let dockerfile = Dockerfile::read(self.text);
        let said = last_words(&failed.message);
        let step = failed.step.as_ref();
        let lines_of_step = step.and_then(|step| dockerfile.lines_of_step(&step.step, &step.name));
        match Cause::of(&failed.message) {
            Cause::Command(code) => {
                let name = step.map_or("a step", |step| step.name.as_str());
                StepFailure { exit_code: Some(code), ..self.at(lines_of_step, &format!("`{}` failed", short(name))) }
            }
            Cause::Image(image, Some(Refusal::NotFound)) => {
                let lines = dockerfile.lines_of_image(self.args, self.architecture, &image);
                self.at(lines, &format!("there is no image {image}: {said}"))
            }
            Cause::Image(image, refused) => {
                let lines = dockerfile.lines_of_image(self.args, self.architecture, &image);
                let (kind, what) = whose(refused);
                StepFailure { kind, ..self.at(lines, &format!("{what} the image {image}: {said}")) }
            }
            Cause::Frontend(image, refused) => {
                let lines = Syntax::of(self.text).map(|syntax| syntax.line..syntax.line + 1);
                let (kind, what) = whose(refused);
                StepFailure {
                    kind,
                    ..self.at(lines, &format!("{what} the image {image}, which reads the Dockerfile: {said}"))
                }
            }
            Cause::Line(line) => self.at(Some(line..line + 1), said),
            Cause::FullDisk => StepFailure {
                kind: FailureKind::Engine,
                hint: Some("free space on the engine's disk: `docker system df` shows what takes it".to_owned()),
                ..self.at(lines_of_step, said)
            },
            Cause::NoNetwork => {
                let problem = format!("the engine could not give the step a network: {said}");
                let hint = "the engine's own network is at fault: `docker run --rm IMAGE true` shows it too".to_owned();
                StepFailure { kind: FailureKind::Engine, hint: Some(hint), ..self.at(lines_of_step, &problem) }
            }
            Cause::OutOfReach => {
                let problem = format!("the engine could not get what the step needs: {said}");
                let hint = "try again once the engine reaches it; the engine gets it, so its proxy and its names count"
                    .to_owned();
                StepFailure { kind: FailureKind::Engine, hint: Some(hint), ..self.at(lines_of_step, &problem) }
            }
            Cause::Other => self.at(lines_of_step, said),
        }
    }

    /// Returns a failure of something that these lines name.
    pub(super) fn placed(&self, failure: StepFailure, lines: Range<usize>) -> StepFailure {
        let StepFailure { kind, exit_code, hint, reason, .. } = failure;
        StepFailure { kind, exit_code, hint, ..self.at(Some(lines), &reason) }
    }

    /// Returns a failure of the configuration's at these lines.
    fn at(&self, lines: Option<Range<usize>>, problem: &str) -> StepFailure {
        let place = lines.as_ref().map_or(String::new(), |lines| format!(":{}", lines.start + 1));
        let reason = format!("{}{place}: {problem}", self.file);
        let detail = lines.and_then(|lines| excerpt(self.text, &lines));
        StepFailure { detail, ..StepFailure::new(FailureKind::Configuration, reason) }
    }
}

/// A registry that refuses is told from one that cannot be reached.
const fn whose(refused: Option<Refusal>) -> (FailureKind, &'static str) {
    match refused {
        Some(Refusal::Denied) => (FailureKind::Registry, "the registry refused"),
        Some(Refusal::NotFound) => (FailureKind::Configuration, "there is no"),
        None => (FailureKind::Engine, "the engine could not get"),
    }
}

/// Returns lines of a file with their numbers.
fn excerpt(text: &str, lines: &Range<usize>) -> Option<String> {
    let width = lines.end.to_string().len();
    let shown = text.lines().enumerate().skip(lines.start).take(lines.len().min(SHOWN));
    let mut shown: Vec<String> = shown.map(|(at, line)| format!(" {:width$} | {line}", at + 1)).collect();
    if lines.len() > SHOWN {
        shown.push(format!(" {:width$} | …", ""));
    }
    (!shown.is_empty()).then(|| shown.join("\n"))
}

/// Returns BuildKit's own words without those of what it was called by.
fn last_words(message: &str) -> &str {
    const AROUND: [&str; 3] =
        ["failed to solve: ", "rpc error: code = Unknown desc = ", "failed to solve with frontend dockerfile.v0: "];
    let mut said = message.trim();
    while let Some(rest) = AROUND.iter().find_map(|around| said.strip_prefix(around)) {
        said = rest;
    }
    said
}

fn short(name: &str) -> String {
    let line = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= NAMED { line } else { line.chars().take(NAMED - 1).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::FailedStep;

    const TEXT: &str = "ARG BASE=acme.test/base\nFROM $BASE AS dev\nRUN make \\\n  all\nFROM busybox\n";

    fn failure(message: &str, step: Option<(&str, &str)>) -> StepFailure {
        let step = step.map(|(step, name)| FailedStep { step: step.to_owned(), name: name.to_owned() });
        let built = Built { file: "d/Dockerfile", text: TEXT, args: &BTreeMap::new(), architecture: "amd64" };
        built.failure(&BuildFailure { message: message.to_owned(), step })
    }

    #[test]
    fn a_failure_has_its_lines_and_whose_fault_it_is() {
        use FailureKind::{Configuration, Engine, Registry};
        for (message, kind, reason) in [
            (
                "failed to solve: process \"/bin/sh -c make all\" did not complete successfully: exit code: 2",
                Configuration,
                "d/Dockerfile:3: `RUN make all` failed",
            ),
            (
                "failed to solve: busybox: failed to resolve source metadata for docker.io/library/busybox:latest: docker.io/library/busybox:latest: not found",
                Configuration,
                "d/Dockerfile:5: there is no image docker.io/library/busybox:latest: busybox: failed",
            ),
            (
                "failed to solve: acme.test/base: failed to resolve source metadata for acme.test/base:latest: failed to authorize: 401 Unauthorized",
                Registry,
                "d/Dockerfile:2: the registry refused the image acme.test/base:latest",
            ),
            (
                "acme.test/base: failed to resolve source metadata for acme.test/base:latest: failed to do request: dial tcp: no such host",
                Engine,
                "d/Dockerfile:2: the engine could not get the image acme.test/base:latest",
            ),
            (
                "dockerfile parse error on line 3: unknown instruction: RUNN",
                Configuration,
                "d/Dockerfile:3: dockerfile parse error on line 3: unknown instruction: RUNN",
            ),
            (
                "failed to compute cache key: failed to calculate checksum of ref x: \"/nofile\": not found",
                Configuration,
                "d/Dockerfile:3: failed to compute cache key",
            ),
            ("write /x: no space left on device", Engine, "d/Dockerfile:3: write /x: no space left"),
            (
                "failed to solve: process \"/bin/sh -c make all\" did not complete successfully: failed to create endpoint x on network bridge: adding interface v to bridge docker0 failed",
                Engine,
                "d/Dockerfile:3: the engine could not give the step a network: process",
            ),
            (
                "failed to solve: failed to load cache key: Get \"https://a.test/x\": dial tcp: lookup a.test: no such host",
                Engine,
                "d/Dockerfile:3: the engine could not get what the step needs: failed to load cache key",
            ),
            (
                "process \"/bin/sh -c curl a.test # i/o timeout\" did not complete successfully: exit code: 6",
                Configuration,
                "d/Dockerfile:3: `RUN make all` failed",
            ),
        ] {
            let failed = failure(message, Some(("dev 2/2", "RUN make   all")));
            assert_eq!(failed.kind, kind, "{message}");
            assert!(failed.reason.starts_with(reason), "{}", failed.reason);
        }
    }

    #[test]
    fn a_step_is_shown_with_all_its_lines() {
        let failed =
            failure("process x did not complete successfully: exit code: 2", Some(("dev 2/2", "RUN make   all")));
        assert_eq!((failed.exit_code, failed.detail.as_deref()), (Some(2), Some(" 3 | RUN make \\\n 4 |   all")));
        let failed = failure("something else", None);
        assert_eq!((failed.reason.as_str(), failed.detail), ("d/Dockerfile: something else", None));
        let long = "RUN a\n".repeat(30);
        assert_eq!(excerpt(&long, &(0..30)).expect("lines").lines().count(), SHOWN + 1);
        assert_eq!(excerpt(&long, &(90..95)), None);
    }
}
