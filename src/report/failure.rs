//! What a person is told when a phase failed: which, why, and what to do next.

use super::look::{Look, Paint, wrap};
use super::sanitise;
use super::summary::{Failure, Recovery, Summary};
use crate::journal::Diagnosis;
use crate::phase::Phase;

impl Failure {
    /// Returns what failed, in one line: the phase, its command, the exit code or the reason.
    pub fn headline(&self) -> String {
        let command = self.command.as_ref().map_or(String::new(), |command| format!(" in `{command}`"));
        let code =
            self.exit_code.filter(|code| *code != 0).map_or(String::new(), |code| format!(" with exit code {code}"));
        // A reason that is the exit code again is left out.
        let reason = self
            .reason
            .as_ref()
            .filter(|reason| code.is_empty() || !reason.contains("exit code"))
            .map_or(String::new(), |reason| format!(": {reason}"));
        let headline = format!("{} failed{command}{code}{reason}", self.phase);
        sanitise::plain(&headline).into_owned()
    }
}

/// What is left of a codespace whose phase failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remains {
    /// The codespace, as far as it came.
    Codespace,
    /// Nothing: it never came to be.
    Nothing,
    /// The codespace as it was before: its container was to be replaced, and was not.
    Before,
    /// A recovery container in its place.
    Recovery,
    /// The work in it; it has no container any more.
    Work,
    /// No image, and there never was to be more.
    NoImage,
}

/// Returns the text about the phase that failed; nothing where none did.
pub fn failure(summary: &Summary, remains: Remains, look: Look) -> Option<String> {
    let failure = summary.failure.as_ref()?;
    let mut blocks = vec![
        wrap(&failure.headline(), look.width)
            .iter()
            .map(|line| look.paint(Paint::Red, line))
            .collect::<Vec<_>>()
            .join("\n"),
    ];
    blocks.extend(failure.detail.as_ref().map(|detail| detail_of(detail, look)));
    if !failure.excerpt.is_empty() {
        blocks.push(excerpt(&failure.excerpt, look));
    }
    let own = summary.diagnoses.iter().filter(|diagnosis| diagnosis.phase == failure.phase);
    blocks.extend(own.map(|found| diagnosis(found, look)));
    blocks.extend(failure.hint.as_ref().map(|hint| field("hint", hint, look)));
    blocks.extend(summary.recovery.as_ref().and_then(|recovery| no_recovery(recovery, look)));
    blocks.push(next_steps(failure, summary, remains, look));
    Some(blocks.join("\n\n") + "\n")
}

/// Returns lines of a file and a caret, as they are: wrapped, the caret would stand under another place.
fn detail_of(detail: &str, look: Look) -> String {
    let lines = detail.lines().map(|line| look.truncate(&sanitise::plain(line), look.width));
    lines.collect::<Vec<_>>().join("\n")
}

fn excerpt(lines: &[String], look: Look) -> String {
    let title = if lines.len() == 1 { "its last line:".to_owned() } else { format!("its last {} lines:", lines.len()) };
    let lines = lines.iter().map(|line| look.paint(Paint::Dim, &format!("  | {line}")).trim_end().to_owned());
    std::iter::once(title).chain(lines).collect::<Vec<_>>().join("\n")
}

fn diagnosis(diagnosis: &Diagnosis, look: Look) -> String {
    format!("{}\n{}", field("diagnosis", &diagnosis.message, look), field("advice", &diagnosis.advice, look))
}

/// Returns a text under its name, its later lines indented.
fn field(name: &str, text: &str, look: Look) -> String {
    let indent = format!("\n{}", " ".repeat(name.len() + 2));
    let lines = wrap(&sanitise::plain(text), look.width.saturating_sub(name.len() + 2).max(1));
    format!("{}: {}", look.paint(Paint::Bold, name), lines.join(&indent))
}

/// Says that there is no recovery container either.
fn no_recovery(recovery: &Recovery, look: Look) -> Option<String> {
    let reason = recovery.reason.as_ref()?;
    let failed = field("recovery container", &format!("it could not be made either: {reason}"), look);
    let hint = recovery.hint.as_ref().map(|hint| format!("\n{}", field("hint", hint, look)));
    Some(failed + &hint.unwrap_or_default())
}

fn next_steps(failure: &Failure, summary: &Summary, remains: Remains, look: Look) -> String {
    let what = match remains {
        Remains::Nothing => Some("Nothing is left of the codespace."),
        Remains::NoImage => Some("There is no image."),
        Remains::Codespace | Remains::Before | Remains::Recovery | Remains::Work => None,
    };
    if let Some(what) = what {
        let text = format!("{what} What to do next: mend that, and give the same command again.");
        return wrap(&text, look.width).join("\n");
    }
    let name = summary.codespace.as_ref().map_or(String::new(), |name| format!(" -c {name}"));
    let state = match (remains, summary.ready) {
        // GitHub's words.
        (Remains::Recovery, _) if failure.detail.is_some() => {
            "This codespace is currently running in recovery mode due to a configuration error. What to do next:"
        }
        (Remains::Recovery, _) => {
            "This codespace is currently running in recovery mode due to a container error. What to do next:"
        }
        (Remains::Before, _) => "Its container was not replaced: the codespace is as it was. What to do next:",
        (Remains::Work, _) => "It has no container now, and what is in its /workspaces is kept. What to do next:",
        (Remains::Codespace | Remains::Nothing | Remains::NoImage, Some(_)) => {
            "It can be used, but the phases after this one were skipped. What to do next:"
        }
        (Remains::Codespace | Remains::Nothing | Remains::NoImage, None) => {
            "The codespace cannot be used. What to do next:"
        }
    };
    let mut steps = vec![(format!("localspace logs{name}"), "shows everything that was written")];
    if matches!(remains, Remains::Before | Remains::Recovery)
        || (remains == Remains::Codespace && failure.phase > Phase::Create)
    {
        steps.push((format!("localspace exec{name} -- sh"), "opens a shell in it"));
    }
    steps.push(match (remains, &failure.detail) {
        (Remains::Recovery, _) => {
            (format!("localspace rebuild{name}"), "leaves it, once the configuration in /workspaces is mended")
        }
        (Remains::Before | Remains::Work, _) => {
            ("the same command again".to_owned(), "makes its container, once that is mended")
        }
        (Remains::Codespace | Remains::Nothing | Remains::NoImage, Some(_)) => {
            ("the same command again".to_owned(), "makes it anew, once the file is mended and committed")
        }
        (Remains::Codespace | Remains::Nothing | Remains::NoImage, None) => {
            ("the same command again".to_owned(), "tries this phase again, and goes on")
        }
    });
    let column = steps.iter().map(|(command, _)| command.len()).max().unwrap_or(0);
    let has_room = steps.iter().all(|(_, what)| column + what.len() + 4 <= look.width);
    let steps = steps.iter().map(|(command, what)| {
        if has_room { format!("  {command:column$}  {what}") } else { format!("  {command}\n      {what}") }
    });
    wrap(state, look.width).into_iter().chain(steps).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::look::Charset;

    #[test]
    fn what_remains_decides_what_to_do_next() {
        let look = Look { colour: crate::report::Colour::Never, charset: Charset::Ascii, width: 200 };
        let failure = Failure {
            phase: Phase::Create,
            command: None,
            exit_code: None,
            reason: None,
            detail: None,
            hint: None,
            excerpt: Vec::new(),
        };
        let check = |remains, expected: &[&str]| {
            let text = next_steps(&failure, &Summary::default(), remains, look);
            assert!(expected.iter().all(|part| text.contains(part)), "{remains:?}: {text}");
        };
        check(Remains::Codespace, &["cannot be used", "logs", "tries this phase again"]);
        check(Remains::Nothing, &["Nothing is left"]);
        check(Remains::Before, &["as it was", "logs", "exec", "once that is mended"]);
        check(Remains::Recovery, &["in recovery mode due to a container error", "logs", "exec", "localspace rebuild"]);
        check(Remains::Work, &["no container now", "is kept", "logs", "once that is mended"]);
    }
}
