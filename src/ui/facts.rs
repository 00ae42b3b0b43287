//! What decides how the terminal is used: passed in, so that a test can be any terminal.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;

use crate::report::{Charset, Colour, Look};

/// What a standard stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Terminal,
    /// A file, a pipe, nothing.
    Other,
}

/// What is known about the surroundings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub stdin: Stream,
    pub stdout: Stream,
    pub stderr: Stream,
    /// `NO_COLOR` (no-color.org): anything but an empty value counts.
    pub no_color: Option<String>,
    /// `CI`, which CI services set.
    pub ci: Option<String>,
    /// `TERM`.
    pub term: Option<String>,
    /// The first of `LC_ALL`, `LC_CTYPE` and `LANG` that is not empty.
    pub locale: Option<String>,
}

impl Facts {
    /// Returns the facts of a process that nobody watches.
    pub const fn of_nobody() -> Self {
        let other = Stream::Other;
        Self { stdin: other, stdout: other, stderr: other, no_color: None, ci: None, term: None, locale: None }
    }

    /// Returns the facts of this process; `environment` reads a variable.
    pub fn of_process(environment: impl Fn(&str) -> Option<String>) -> Self {
        let stream = |is_terminal| if is_terminal { Stream::Terminal } else { Stream::Other };
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        Self {
            stdin: stream(io::stdin().is_terminal()),
            stdout: stream(io::stdout().is_terminal()),
            stderr: stream(io::stderr().is_terminal()),
            no_color: set("NO_COLOR"),
            ci: set("CI"),
            term: set("TERM"),
            locale: ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set),
        }
    }

    /// Returns whether there are colours and live lines on a stream (DESIGN section 4).
    pub(super) fn is_lively(&self, stream: Stream) -> bool {
        let is_set = |value: &Option<String>| value.as_ref().is_some_and(|value| !value.is_empty());
        let can_move = self.term.as_ref().is_some_and(|term| !term.is_empty() && term != "dumb");
        stream == Stream::Terminal && can_move && !is_set(&self.no_color) && !is_set(&self.ci)
    }

    pub(super) fn look(&self, stream: Stream, width: usize) -> Look {
        let colour = if self.is_lively(stream) { Colour::Always } else { Colour::Never };
        Look { width, colour, charset: self.charset() }
    }

    fn charset(&self) -> Charset {
        // POSIX: without a locale it is C. macOS has UTF-8 in any case, and its terminals set LANG.
        let locale = self.locale.as_deref().unwrap_or("C").to_ascii_lowercase();
        if locale.contains("utf-8") || locale.contains("utf8") { Charset::Utf8 } else { Charset::Ascii }
    }
}

/// Returns how many columns a terminal has; nothing where it is none, or does not say.
pub(super) fn width_of(stream: impl AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    (size.ws_col > 0).then(|| usize::from(size.ws_col))
}
