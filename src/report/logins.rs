//! The logins that stand in a codespace: a fold over all its runs.

use crate::journal::{Event, LoginOutcome, Outcome, Record, RegistryLogin};
use crate::phase::Phase;

/// Returns the logins that were written into a codespace's container, the newest of each server. A container that was made anew has none of those
/// before.
pub fn logins(records: impl IntoIterator<Item = Record>) -> Vec<RegistryLogin> {
    let (mut logins, mut makes): (Vec<RegistryLogin>, bool) = (Vec::new(), false);
    for record in records {
        if let Event::RunStarted(run) = &record.event {
            makes = ["create", "rebuild"].contains(&run.occasion.as_str());
        }
        if let Event::PhaseFinished(done) = &record.event
            && makes
            && (done.phase, done.outcome) == (Phase::Create, Outcome::Succeeded)
        {
            logins.clear();
        }
        if let Event::RegistryLogin(login) = record.event
            && login.outcome == LoginOutcome::Written
        {
            logins.retain(|other| other.server != login.server);
            logins.push(login);
        }
    }
    logins
}
