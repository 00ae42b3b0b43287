//! From BuildKit's status to what a person sees of a build: its steps, what they print, and how far a pull is.

use std::collections::HashMap;

use bollard::moby::buildkit::v1::{StatusResponse, Vertex, VertexLog, VertexStatus};

use crate::journal::{OutputStream, StepState};

/// Something that happens in a build.
#[derive(Debug, Clone, PartialEq)]
pub enum BuildEvent {
    /// A step began or ended.
    Step {
        /// Which: `2/5`, with the stage's name before it where there are several.
        step: String,
        /// What it does: `RUN make`.
        name: String,
        /// What became of it.
        state: StepState,
        /// How long it took, once it is over.
        seconds: Option<f64>,
    },
    /// A step wrote something.
    Output {
        /// Which step.
        step: String,
        /// Where to.
        stream: OutputStream,
        /// What.
        bytes: Vec<u8>,
    },
    /// How far it is, in words.
    Progress(String),
}

/// A step that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedStep {
    /// Which: `2/5`, `dev 2/5`; empty where it is none of the Dockerfile's.
    pub step: String,
    /// What it does.
    pub name: String,
}

/// The steps of a build.
#[derive(Debug, Default)]
pub(super) struct Steps {
    all: HashMap<String, Step>,
    failed: Option<FailedStep>,
}

#[derive(Debug)]
struct Step {
    /// As in [`FailedStep`].
    id: String,
    name: String,
    state: Option<StepState>,
    /// Of each layer or file, how much has come and how much there is, in bytes.
    parts: HashMap<String, (i64, i64)>,
}

impl Steps {
    /// Takes what BuildKit says, and returns what is new in it.
    pub(super) fn update(&mut self, status: StatusResponse) -> Vec<BuildEvent> {
        let mut events = Vec::new();
        for vertex in status.vertexes {
            events.extend(self.vertex(&vertex));
        }
        for status in status.statuses {
            events.extend(self.status(status));
        }
        events.extend(status.logs.into_iter().filter_map(|log| self.log(log)));
        events
    }

    /// Returns the step that failed, where one did.
    pub(super) fn failed(&mut self) -> Option<FailedStep> {
        self.failed.take()
    }

    fn vertex(&mut self, vertex: &Vertex) -> Vec<BuildEvent> {
        let (step, name) = split(&vertex.name);
        let known = self.all.entry(vertex.digest.clone()).or_insert_with(|| Step {
            id: step.to_owned(),
            name: name.to_owned(),
            state: None,
            parts: HashMap::new(),
        });
        let state = match (&vertex.started, &vertex.completed) {
            // What another step's failure ended has not failed itself.
            (_, Some(_)) if vertex.error.contains("context canceled") => return Vec::new(),
            (_, Some(_)) if !vertex.error.is_empty() => StepState::Failed,
            (_, Some(_)) if vertex.cached => StepState::Cached,
            (_, Some(_)) => StepState::Succeeded,
            (Some(_), None) => StepState::Started,
            (None, None) => return Vec::new(),
        };
        if state == StepState::Failed && self.failed.is_none() {
            self.failed = Some(FailedStep { step: step.to_owned(), name: name.to_owned() });
        }
        // A step that is over may be told of again, and one may begin in parts.
        let is_news = known.state != Some(state) && known.state.is_none_or(|known| known == StepState::Started);
        if !is_news {
            return Vec::new();
        }
        let began = known.state.is_some();
        known.state = Some(state);
        let progress = BuildEvent::Progress(vertex.name.clone());
        if step.is_empty() {
            return vec![progress];
        }
        let event = |state, seconds| BuildEvent::Step { step: step.to_owned(), name: name.to_owned(), state, seconds };
        match state {
            StepState::Started => vec![event(state, None), progress],
            StepState::Cached => vec![event(state, None)],
            StepState::Succeeded | StepState::Failed => {
                let begin = (!began).then(|| event(StepState::Started, None));
                begin.into_iter().chain([event(state, seconds(vertex))]).collect()
            }
        }
    }

    fn status(&mut self, status: VertexStatus) -> Option<BuildEvent> {
        let step = self.all.get_mut(&status.vertex)?;
        // What has no size is no download.
        if status.total <= 0 {
            return None;
        }
        step.parts.insert(status.id, (status.current, status.total));
        let sum = |part: fn(&(i64, i64)) -> i64| step.parts.values().map(part).sum::<i64>() / 1_000_000;
        let (current, total) = (sum(|part| part.0), sum(|part| part.1));
        Some(BuildEvent::Progress(format!("{}: {current} of {total} MB", step.name)))
    }

    fn log(&self, log: VertexLog) -> Option<BuildEvent> {
        let step = self.all.get(&log.vertex)?.id.clone();
        let stream = if log.stream == 2 { OutputStream::Stderr } else { OutputStream::Stdout };
        (!log.msg.is_empty()).then_some(BuildEvent::Output { step, stream, bytes: log.msg })
    }
}

/// Splits `[dev 2/5] RUN make` into which step it is and what it does. What is none of the Dockerfile's own steps is no step.
fn split(name: &str) -> (&str, &str) {
    let Some((inner, rest)) = name.strip_prefix('[').and_then(|name| name.split_once("] ")) else { return ("", name) };
    let count = inner.rsplit(' ').next().unwrap_or_default();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match count.split_once('/') {
        Some((at, of)) if is_number(at) && is_number(of) => (inner.trim(), rest),
        _ => ("", name),
    }
}

fn seconds(vertex: &Vertex) -> Option<f64> {
    let (started, completed) = (vertex.started.as_ref()?, vertex.completed.as_ref()?);
    let whole = std::time::Duration::from_secs(u64::try_from(completed.seconds - started.seconds).ok()?).as_secs_f64();
    Some((whole + f64::from(completed.nanos - started.nanos) / 1e9).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vertex(name: &str, started: i64, completed: Option<i64>) -> Vertex {
        let mut vertex = Vertex { digest: name.to_owned(), name: name.to_owned(), ..Vertex::default() };
        vertex.started.get_or_insert_default().seconds = started;
        if let Some(seconds) = completed {
            vertex.completed.get_or_insert_default().seconds = seconds;
        }
        vertex
    }

    fn told(steps: &mut Steps, vertexes: Vec<Vertex>) -> Vec<String> {
        let events = steps.update(StatusResponse { vertexes, ..StatusResponse::default() });
        let text = |event| match event {
            BuildEvent::Step { step, name, state, seconds } => {
                format!(
                    "{step} {name} {}{}",
                    state.name(),
                    seconds.map_or(String::new(), |seconds| format!(" {seconds}"))
                )
            }
            BuildEvent::Output { .. } | BuildEvent::Progress(_) => String::new(),
        };
        events.into_iter().map(text).filter(|text| !text.is_empty()).collect()
    }

    #[test]
    fn a_step_begins_and_ends_once() {
        let mut steps = Steps::default();
        assert_eq!(told(&mut steps, vec![vertex("[2/3] RUN a", 1, None)]), ["2/3 RUN a started"]);
        assert_eq!(told(&mut steps, vec![vertex("[2/3] RUN a", 1, None)]), [""; 0]);
        assert_eq!(told(&mut steps, vec![vertex("[2/3] RUN a", 1, Some(3))]), ["2/3 RUN a succeeded 2"]);
        assert_eq!(told(&mut steps, vec![vertex("[2/3] RUN a", 1, Some(3))]), [""; 0]);
        let cached = Vertex { cached: true, ..vertex("[dev 3/3] RUN b", 3, Some(3)) };
        assert_eq!(told(&mut steps, vec![cached]), ["dev 3/3 RUN b cached"]);
        assert_eq!(told(&mut steps, vec![vertex("[internal] load metadata for x", 1, Some(3))]), [""; 0]);
        assert_eq!(steps.failed(), None);
    }

    #[test]
    fn what_failed_is_known_and_what_that_ended_is_not_it() {
        let mut steps = Steps::default();
        let ended = |name: &str, error: &str| Vertex { error: error.to_owned(), ..vertex(name, 1, Some(2)) };
        let vertexes = vec![ended("[a 2/2] RUN slow", "context canceled"), ended("[b 2/2] RUN false", "exit code: 1")];
        assert_eq!(told(&mut steps, vertexes), ["b 2/2 RUN false started", "b 2/2 RUN false failed 1"]);
        assert_eq!(steps.failed(), Some(FailedStep { step: "b 2/2".to_owned(), name: "RUN false".to_owned() }));
    }

    #[test]
    fn a_name_that_is_no_step_is_none() {
        for (name, expected) in [
            ("[2/5] RUN a] b", ("2/5", "RUN a] b")),
            ("[linux/arm64 dev  2/10] COPY . .", ("linux/arm64 dev  2/10", "COPY . .")),
            ("[internal] load .dockerignore", ("", "[internal] load .dockerignore")),
            ("[auth] a/b:pull", ("", "[auth] a/b:pull")),
            ("exporting to image", ("", "exporting to image")),
            ("[", ("", "[")),
            ("[/] x", ("", "[/] x")),
        ] {
            assert_eq!(split(name), expected, "{name}");
        }
    }
}
