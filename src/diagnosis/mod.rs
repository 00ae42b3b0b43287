//! Why something failed, told from what it printed (codespaces-facts.md sections 3.4 and 5). Pure.
//!
//! A diagnosis that is wrong is worse than none: a text counts only in a frame that its program alone has (`frame`, `command`, `program`), and only
//! where no other work failed after it (`output`). Of several causes, the one that was printed last is told.

mod advice;
mod command;
mod expiry;
mod frame;
mod login;
mod output;
mod packages;
mod program;
mod registry;
mod verdict;

pub use expiry::{Standing, renewal};
use frame::{Action, Refused};
pub use login::{LoginVerdict, Oddity, misnamed, odd_value};
use output::Output;
use registry::{OwnLogin, Refusal};
pub use verdict::{Examined, Findings, HiddenSecret, Stored, Trial, Verdict, verdict};

use crate::github::{Purpose, Registries, RegistryServer};
use crate::journal::Diagnosis;
use crate::phase::Phase;

/// Something that failed.
#[derive(Debug, Clone, Copy)]
pub struct Failed<'a> {
    /// In which phase.
    pub phase: Phase,
    /// What the container is for.
    pub purpose: Purpose,
    /// The command as it was given; empty where there is none.
    pub command: &'a str,
    /// The command's exit code.
    pub exit_code: Option<i32>,
    /// The last of what it printed, without secrets.
    pub output: &'a str,
    /// The registries that the codespace may log in to.
    pub registries: &'a Registries,
}

/// Returns the diagnosis of a command that failed, where its output tells one.
pub fn diagnose(failed: &Failed<'_>) -> Option<Diagnosis> {
    let output = Output::of(failed.output);
    let refused =
        registry::refusal(&output, failed.command).map(|(at, refusal)| (at, advice::explain(failed, &refusal)));
    let causes = [
        refused,
        packages::refused(failed, &output),
        command::engine(failed, &output),
        command::full_disk(failed, &output),
        program::refused(failed, &output),
    ];
    causes.into_iter().flatten().max_by_key(|(at, _)| *at).map(|(_, diagnosis)| diagnosis)
}

/// Returns the diagnosis of an image that a registry would not give the engine itself; `failed.output` is what the engine said of it.
pub fn diagnose_pull(failed: &Failed<'_>, image: &str) -> Diagnosis {
    // That it is a refusal is known; its frame is the engine's answer.
    let why = frame::Refusal::of(failed.output).unwrap_or(frame::Refusal::NoLogin);
    let server = Some(RegistryServer::of_image(image));
    let refused = Refused { why, action: Some(Action::Pull), server, image: Some(image.to_owned()) };
    advice::explain(failed, &Refusal { refused, action: Action::Pull, login: OwnLogin::None })
}

fn diagnosis(failed: &Failed<'_>, rule: &str, message: String, advice: String) -> Diagnosis {
    Diagnosis { phase: failed.phase, rule: rule.to_owned(), message, advice }
}

#[cfg(test)]
mod tests;
