//! What was found in a prebuild before it was kept, and whether it may be kept with that.

use serde::{Deserialize, Serialize};

use super::drift::Drift;

/// What the checks of a prebuild have found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Checks {
    /// Secrets that are in it. One that is kept has those alone that were allowed.
    pub leaks: Vec<Leak>,
    /// How many more places there are.
    pub more_leaks: u64,
    /// Registry logins that are in it. One that is kept has them only where that was allowed.
    pub logins: Vec<StoredLogin>,
    /// Secrets that were not looked for, as their values are too short.
    pub too_short: Vec<String>,
    /// Files that its commands have read, whose change does not make it anew.
    pub drift: Drift,
    /// What a person should know of its commands.
    pub advice: Vec<String>,
}

/// A secret that is in a prebuild.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Leak {
    /// Its name.
    pub secret: String,
    /// What it is in.
    pub kind: LeakKind,
    /// Which one: a path in the codespace, or a name.
    pub place: String,
    /// The service whose container it is, in a Compose project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// In which form: `raw`, `base64`, `URL-encoded`, ….
    pub form: String,
    /// The phase that must have written it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
}

/// What a secret is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LeakKind {
    /// A file, its name or what a link leads to: of the container or of a volume.
    File,
    /// A variable of the container.
    Environment,
    /// A label.
    Label,
    /// What made a layer.
    History,
}

/// A registry login that is in a prebuild.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StoredLogin {
    /// The registry.
    pub registry: String,
    /// The file.
    pub file: String,
    /// The phase that must have written it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
}

/// What a prebuild may be kept with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Secrets, by name.
    pub secrets: Vec<String>,
    /// Registry logins.
    pub logins: bool,
}

impl Leak {
    /// Says it in words.
    pub fn text(&self) -> String {
        let Self { secret, kind, place, service, form, phase } = self;
        let what = match kind {
            LeakKind::File => place.clone(),
            LeakKind::Environment => format!("the variable {place} of the container"),
            LeakKind::Label => format!("the label {place}"),
            LeakKind::History => format!("the image's history: {place}"),
        };
        let whose = service.as_ref().map_or(String::new(), |service| format!(" of the service {service}"));
        let by = phase.as_ref().map_or(String::new(), |phase| format!(", written by {phase}"));
        format!("{secret} is in {what}{whose} ({form}){by}")
    }
}

impl StoredLogin {
    /// Says it in words.
    pub fn text(&self) -> String {
        let Self { registry, file, phase } = self;
        let by = phase.as_deref().unwrap_or("a command of onCreateCommand or updateContentCommand");
        format!("{file} has a login to {registry}, which {by} made: whoever has the prebuild has it")
    }
}

impl Checks {
    /// Tells whether a prebuild may not be kept with what is in it.
    pub fn refuse(&self, allowed: &Allowed) -> bool {
        let is_allowed = |leak: &Leak| allowed.secrets.iter().any(|name| name.eq_ignore_ascii_case(&leak.secret));
        let has_secret = !self.leaks.iter().all(is_allowed) || self.more_leaks > 0;
        has_secret || !(allowed.logins || self.logins.is_empty())
    }

    /// Adds what was in the prebuild that one was made over: its layers stay, whatever has become of the files.
    pub fn add_older(&mut self, older: Option<Self>) {
        let Some(older) = older else { return };
        let is_new = |leak: &Leak| {
            !self.leaks.iter().any(|one| Leak { phase: None, ..one.clone() } == Leak { phase: None, ..leak.clone() })
        };
        let leaks: Vec<Leak> = older.leaks.into_iter().filter(is_new).collect();
        self.leaks.extend(leaks);
        let logins: Vec<StoredLogin> = older.logins;
        let is_known = |login: &StoredLogin| {
            self.logins.iter().any(|one| one.registry == login.registry && one.file == login.file)
        };
        let new: Vec<StoredLogin> = logins.into_iter().filter(|login| !is_known(login)).collect();
        self.logins.extend(new);
        self.more_leaks = self.more_leaks.max(older.more_leaks);
    }

    /// Says all of it, a line each; what is in the prebuild comes first.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.leaks.iter().map(|leak| format!("secret: {}", leak.text())).collect();
        if self.more_leaks > 0 {
            lines.push(format!("secret: and {} more places", self.more_leaks));
        }
        lines.extend(self.logins.iter().map(|login| format!("login: {}", login.text())));
        if !self.too_short.is_empty() {
            lines.push(format!("not looked for, being too short: {}", self.too_short.join(", ")));
        }
        lines.extend(self.drift.lines().into_iter().map(|line| format!("drift: {line}")));
        lines.extend(self.advice.iter().map(|line| format!("advice: {line}")));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leak(secret: &str) -> Leak {
        Leak {
            secret: secret.to_owned(),
            kind: LeakKind::File,
            place: "/workspaces/app/.env".to_owned(),
            service: None,
            form: "base64".to_owned(),
            phase: Some("onCreateCommand".to_owned()),
        }
    }

    #[test]
    fn what_is_in_it_is_refused_unless_it_was_allowed() {
        let login =
            StoredLogin { registry: "r.test".to_owned(), file: "/root/.docker/config.json".to_owned(), phase: None };
        let leaks = Checks { leaks: vec![leak("A"), leak("B")], ..Checks::default() };
        let logins = Checks { logins: vec![login], ..Checks::default() };
        let secrets =
            |names: &[&str]| Allowed { secrets: names.iter().map(|&name| name.to_owned()).collect(), logins: false };
        assert!(!Checks::default().refuse(&Allowed::default()));
        assert!(leaks.refuse(&secrets(&["A"])) && !leaks.refuse(&secrets(&["a", "B"])));
        assert!(leaks.refuse(&Allowed { logins: true, ..Allowed::default() }));
        assert!(logins.refuse(&secrets(&["A"])) && !logins.refuse(&Allowed { logins: true, ..Allowed::default() }));
        let more = Checks { more_leaks: 1, ..leaks.clone() };
        assert!(more.refuse(&secrets(&["A", "B"])));
        assert_eq!(
            more.lines(),
            [
                "secret: A is in /workspaces/app/.env (base64), written by onCreateCommand",
                "secret: B is in /workspaces/app/.env (base64), written by onCreateCommand",
                "secret: and 1 more places",
            ]
        );
    }

    #[test]
    fn what_an_older_version_kept_is_read() {
        assert_eq!(serde_json::from_str::<Checks>("{}").expect("read"), Checks::default());
        let all = Checks { leaks: vec![leak("A")], ..Checks::default() };
        assert_eq!(serde_json::from_str::<Checks>(&serde_json::to_string(&all).expect("text")).expect("read"), all);
    }
}
