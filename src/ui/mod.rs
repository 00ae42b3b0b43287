//! The terminal: what is shown to a person while a codespace works, and what is asked.
//!
//! [`Ui`] decides once, from [`Facts`], whether there are colours and live lines. Standard output is data, standard error is
//! people. The events of a run are shown by one of two sinks, [`Live`] or [`Plain`], those of scenarios by [`Scenarios`].

mod choose;
mod confirm;
mod facts;
mod hidden;
mod live;
mod plain;
mod recent;
mod scenarios;

use std::io::{self, Write};

use tokio::io::{AsyncBufRead, AsyncReadExt};

pub use confirm::Answer;
pub use facts::{Facts, Stream};
pub use live::Live;
pub use plain::Plain;
pub use scenarios::Scenarios;

use crate::journal::{Clock, Sink};
use crate::redact::Secret;
use crate::report::Look;
use crate::report::scenario::{Log, Text};

/// How wide text is where there is no terminal.
const WIDTH: usize = 100;

/// The terminal, or what stands in its place.
pub struct Ui {
    progress: Progress,
    out: Look,
    err: Look,
    questions: Questions,
    stdin: Stream,
    stdout: Stream,
    streams: Streams,
}

/// The three standard streams.
pub struct Streams {
    pub stdin: Box<dyn AsyncBufRead + Send + Sync + Unpin>,
    pub stdout: Box<dyn Write + Send + Sync>,
    pub stderr: Box<dyn Write + Send + Sync>,
}

/// How a run is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Live,
    Plain,
}

/// Whether somebody is there to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Questions {
    MayBeAsked,
    NobodyThere,
}

/// Whether data that was written is still wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    There,
    /// It closed the pipe; a stream of data may end.
    Gone,
}

impl Ui {
    /// Returns the terminal of this process.
    pub fn new(facts: &Facts) -> Self {
        let streams = Streams {
            stdin: Box::new(tokio::io::BufReader::new(tokio::io::stdin())),
            stdout: Box::new(io::stdout()),
            stderr: Box::new(io::stderr()),
        };
        Self::with_streams(facts, streams)
    }

    /// Returns what shows nothing, and where nobody answers.
    pub fn silent() -> Self {
        let streams =
            Streams { stdin: Box::new(tokio::io::empty()), stdout: Box::new(io::sink()), stderr: Box::new(io::sink()) };
        Self::with_streams(&Facts::of_nobody(), streams)
    }

    /// Returns a terminal that these streams make up.
    pub fn with_streams(facts: &Facts, streams: Streams) -> Self {
        let asks = facts.stdin == Stream::Terminal && facts.stderr == Stream::Terminal;
        Self {
            progress: if facts.is_lively(facts.stderr) { Progress::Live } else { Progress::Plain },
            out: facts.look(facts.stdout, facts::width_of(io::stdout()).unwrap_or(WIDTH)),
            err: facts.look(facts.stderr, facts::width_of(io::stderr()).unwrap_or(WIDTH)),
            questions: if asks { Questions::MayBeAsked } else { Questions::NobodyThere },
            stdin: facts.stdin,
            stdout: facts.stdout,
            streams,
        }
    }

    /// Returns how text on standard output looks.
    pub const fn out_look(&self) -> Look {
        self.out
    }

    /// Returns how text on standard error looks.
    pub const fn err_look(&self) -> Look {
        self.err
    }

    /// Returns what standard output is: people read a terminal, programs the rest.
    pub const fn out_stream(&self) -> Stream {
        self.stdout
    }

    /// Writes data to standard output, as it is. That the reader closed the pipe is no error.
    pub fn data(&mut self, text: &str) -> io::Result<Reader> {
        let stdout = &mut self.streams.stdout;
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Ok(()) => Ok(Reader::There),
            Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
            Err(cause) => Err(cause),
        }
    }

    /// Writes text for a person to standard error, as it is; not while a [`Live`] sink shows a run. Where that fails, nobody
    /// could be told.
    pub fn say(&mut self, text: &str) {
        say(&mut self.streams.stderr, text);
    }

    /// Returns the sink that shows a run's events on this process's standard error.
    pub fn sink(&self, clock: Clock) -> Box<dyn Sink> {
        match self.progress {
            Progress::Live => Box::new(Live::on_stderr(self.err, clock)),
            Progress::Plain => Box::new(Plain::new(Box::new(io::stderr()))),
        }
    }

    /// Returns what shows a run of scenarios on this process's standard error; `tries` are how many each has.
    pub fn scenarios(&self, clock: Clock, log: Log, tries: Option<u32>) -> Scenarios {
        let text = Text { look: self.err, log, tries };
        match self.progress {
            Progress::Live => Scenarios::on_stderr(text, clock),
            Progress::Plain => Scenarios::plain(Box::new(io::stderr()), text, clock),
        }
    }

    /// Asks a question that is answered with yes or no; what is no answer is asked again.
    pub async fn confirm(&mut self, question: &str) -> io::Result<Answer> {
        match self.questions {
            Questions::MayBeAsked => {
                confirm::ask(self.streams.stdin.as_mut(), self.streams.stderr.as_mut(), question).await
            }
            Questions::NobodyThere => Ok(Answer::NobodyThere),
        }
    }
}

impl Ui {
    /// Reads a value that nobody is to see: asks for it on a terminal, else takes all that comes, up to `most` bytes.
    pub async fn hidden(&mut self, question: &str, most: usize) -> io::Result<Secret<String>> {
        let Streams { stdin, stderr, .. } = &mut self.streams;
        match self.stdin {
            Stream::Terminal => hidden::ask(stdin.as_mut(), stderr.as_mut(), question).await,
            Stream::Other => {
                let mut text = String::new();
                let read = stdin.take(most as u64).read_to_string(&mut text).await;
                let text = Secret::new(text);
                read.map(|_| text)
            }
        }
    }

    /// Asks which of several is meant; nothing where nobody is there, or none was chosen.
    pub async fn choose(&mut self, question: &str, choices: &[String]) -> io::Result<Option<usize>> {
        match self.questions {
            Questions::MayBeAsked => {
                let (stdin, stderr) = (self.streams.stdin.as_mut(), self.streams.stderr.as_mut());
                choose::ask(stdin, stderr, question, choices).await
            }
            Questions::NobodyThere => Ok(None),
        }
    }
}

impl std::fmt::Debug for Ui {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Ui").field("progress", &self.progress).field("out", &self.out).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Streams {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Streams")
    }
}

/// Writes whole, in one call, so that another process's text does not come between.
fn say(stderr: &mut dyn Write, text: &str) {
    stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush()).ok();
}

#[cfg(test)]
mod tests;
