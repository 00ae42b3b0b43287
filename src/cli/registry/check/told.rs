//! What is told of a registry, to a person and to a program.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::diagnosis::{HiddenSecret, Verdict};
use crate::report::{moment, plain};

/// A registry and its verdict.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) id: String,
    pub(super) server: String,
    pub(super) user: String,
    pub(super) verdict: Verdict,
    /// Until when the login is good that the codespace has.
    pub(super) expires_at: Option<Timestamp>,
    /// Its secrets that the codespace does not see.
    pub(super) hidden: Vec<HiddenSecret>,
}

impl Told {
    pub(super) const fn is_good(&self) -> bool {
        self.verdict.is_good
    }

    pub(super) fn document(&self) -> Value {
        let Verdict { name, is_good, evidence, next } = &self.verdict;
        let mut row = Map::new();
        let mut put = |name: &str, value: Value| row.insert(name.to_owned(), value);
        put("id", self.id.clone().into());
        put("server", self.server.clone().into());
        put("user", self.user.clone().into());
        put("verdict", (*name).into());
        put("ok", (*is_good).into());
        put("evidence", evidence.clone().into());
        put("next", next.clone().into());
        if let Some(end) = self.expires_at {
            put("expiresAt", end.to_string().into());
        }
        if !self.hidden.is_empty() {
            put("notVisible", self.hidden.iter().map(hidden).collect());
        }
        row.into()
    }

    pub(super) fn text(&self) -> String {
        let Verdict { name, is_good, evidence, next } = &self.verdict;
        let until =
            self.expires_at.filter(|_| *is_good).map_or(String::new(), |end| format!(", good until {}", moment(end)));
        let server = if self.server.is_empty() { String::new() } else { format!("  {}", plain(&self.server)) };
        let next = if *is_good { String::new() } else { format!("  next: {}\n", plain(next)) };
        format!("{}{server}: {name}\n  {}{until}\n{next}", plain(&self.id), plain(evidence))
    }
}

fn hidden(secret: &HiddenSecret) -> Value {
    let HiddenSecret { name, owner, place, reason, why, fix, instead } = secret;
    json!({
        "name": name, "owner": owner, "place": place, "reason": reason.name(), "why": why, "fix": fix, "instead": instead,
    })
}
