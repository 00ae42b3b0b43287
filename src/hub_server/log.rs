//! The hub's log: who wanted what, and what it came to. No value of a login is in it, and nothing that a client chose but names that were read.

use std::fmt::Display;
use std::io::Write;

use super::access::{Reason, Who};
use super::refusal::Refusal;
use super::site::Site;
use crate::github::packages::Action;

fn line(text: impl Display) {
    // Nobody reads it: there is nobody to tell.
    writeln!(std::io::stderr().lock(), "{text}").ok();
}

/// Tells of a decision about a repository.
pub(super) fn decision(who: &Who, action: Action, (site, path): (&Site, &str), decision: Result<Reason, Refusal>) {
    let (word, rule) = match decision {
        Ok(rule) => ("allowed", rule),
        Err(refusal) => ("refused", refusal.name()),
    };
    line(format_args!("{} {}/{path} by {who}: {word}: {rule}", action.name(), site.name));
}

/// Tells of a login that is no good.
pub(super) fn login(site: &Site, refusal: Refusal) {
    line(format_args!("login to {}: refused: {}", site.name, refusal.name()));
}

/// Tells of something that has happened.
pub(super) fn note(text: impl Display) {
    line(text);
}

/// Tells of something that went wrong.
pub(super) fn problem(error: &dyn std::error::Error) {
    line(format_args!("error: {error}"));
}
