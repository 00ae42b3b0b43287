//! What was found in a prebuild before it was kept, and whether it may be kept with that.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::drift::Drift;

/// What the checks of a prebuild have found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Checks {
    /// Secrets that are in it. One that is kept has those alone that were allowed.
    pub leaks: Vec<Leak>,
    /// How many more places there are of a secret that is named in some.
    pub more_leaks: BTreeMap<String, u64>,
    /// Registry logins that are in it. One that is kept has them only where that was allowed.
    pub logins: Vec<StoredLogin>,
    /// Secrets that were not looked for, as their values are too short.
    pub too_short: Vec<String>,
    /// What could not be looked through, or not to its end.
    pub unread: Vec<String>,
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
    /// A file of a layer of the image, whether or not it is there yet.
    Layer,
    /// A variable of the container.
    Environment,
    /// What runs in the container first.
    Command,
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
    /// The image that its container was made from has it.
    #[serde(default)]
    pub of_image: bool,
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
            LeakKind::Layer => format!("{place} in a layer of the image"),
            LeakKind::Environment => format!("the variable {place} of the container"),
            LeakKind::Command => format!("{place} of the container"),
            LeakKind::Label => format!("the label {place}"),
            LeakKind::History => format!("{place} of the image's history"),
        };
        let whose = service.as_ref().map_or(String::new(), |service| format!(" of the service {service}"));
        let by = phase.as_ref().map_or(String::new(), |phase| format!(", written by {phase}"));
        format!("{secret} is in {what}{whose} ({form}){by}")
    }
}

impl StoredLogin {
    /// Says it in words.
    pub fn text(&self) -> String {
        let Self { registry, file, of_image, phase } = self;
        let by = match phase.as_deref() {
            _ if *of_image => "is in the image".to_owned(),
            phase => format!("{} made", phase.unwrap_or("a command of onCreateCommand or updateContentCommand")),
        };
        format!("{file} has a login to {registry}, which {by}: whoever has the prebuild has it")
    }
}

impl Checks {
    /// Returns the secrets that are in it.
    pub fn secrets(&self) -> BTreeSet<&str> {
        self.leaks.iter().map(|leak| &leak.secret).chain(self.more_leaks.keys()).map(String::as_str).collect()
    }

    /// Tells whether a prebuild may not be kept with what is in it.
    pub fn refuse(&self, allowed: &Allowed) -> bool {
        self.refusal(allowed).is_some()
    }

    /// Says what is in a prebuild that it may not be kept with; nothing where it may be kept.
    pub fn refusal(&self, allowed: &Allowed) -> Option<String> {
        let is_allowed = |secret: &str| allowed.secrets.iter().any(|name| name.eq_ignore_ascii_case(secret));
        let mut secrets = self.secrets();
        secrets.retain(|secret| !is_allowed(secret));
        let registries = self.logins.iter().filter(|_| !allowed.logins).map(|login| login.registry.as_str());
        let registries: BTreeSet<&str> = registries.collect();
        let named = |one: &str, several: &str, names: &BTreeSet<&str>| {
            let names: Vec<&str> = names.iter().copied().collect();
            let what = if names.len() == 1 { one } else { several };
            (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
        };
        let parts = [named("the secret", "the secrets", &secrets), named("a login to", "logins to", &registries)];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let verb = if secrets.len() + registries.len() > 1 { "are" } else { "is" };
        (!parts.is_empty()).then(|| format!("{} {verb} in it", parts.join(" and ")))
    }

    /// Adds what was in the prebuild that one was made over: its layers stay, whatever has become of the files.
    pub fn add_older(&mut self, older: Option<Self>) {
        let Some(older) = older else { return };
        // Its own files are a layer by now; the older finding tells more.
        let is_same = |layer: &Leak, file: &Leak| {
            file.kind == LeakKind::File && *layer == Leak { kind: LeakKind::Layer, phase: None, ..file.clone() }
        };
        self.leaks.retain(|leak| !older.leaks.iter().any(|one| is_same(leak, one)));
        let is_new = |leak: &Leak| {
            !self.leaks.iter().any(|one| Leak { phase: None, ..one.clone() } == Leak { phase: None, ..leak.clone() })
        };
        let leaks: Vec<Leak> = older.leaks.into_iter().filter(is_new).collect();
        self.leaks.extend(leaks);
        let is_same = |one: &StoredLogin, other: &StoredLogin| one.registry == other.registry && one.file == other.file;
        self.logins.retain(|login| !(login.of_image && older.logins.iter().any(|one| is_same(one, login))));
        let is_new = |login: &StoredLogin| !self.logins.iter().any(|one| is_same(one, login));
        let new: Vec<StoredLogin> = older.logins.into_iter().filter(is_new).collect();
        self.logins.extend(new);
        for (secret, more) in older.more_leaks {
            let known = self.more_leaks.entry(secret).or_default();
            *known = more.max(*known);
        }
    }

    /// Says all of it, a line each; what is in the prebuild comes first.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.leaks.iter().map(|leak| format!("secret: {}", leak.text())).collect();
        let more = self.more_leaks.iter().map(|(secret, more)| format!("secret: {secret} is in {more} more places"));
        lines.extend(more);
        lines.extend(self.logins.iter().map(|login| format!("login: {}", login.text())));
        if !self.too_short.is_empty() {
            lines.push(format!("not looked for, being too short: {}", self.too_short.join(", ")));
        }
        lines.extend(self.unread.iter().map(|what| format!("not looked through: {what}")));
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
        let login = StoredLogin {
            registry: "r.test".to_owned(),
            file: "/root/.docker/config.json".to_owned(),
            of_image: true,
            phase: None,
        };
        let leaks = Checks { leaks: vec![leak("A"), leak("B")], ..Checks::default() };
        let logins = Checks { logins: vec![login], ..Checks::default() };
        let secrets =
            |names: &[&str]| Allowed { secrets: names.iter().map(|&name| name.to_owned()).collect(), logins: false };
        assert!(!Checks::default().refuse(&Allowed::default()));
        assert!(leaks.refuse(&secrets(&["A"])) && !leaks.refuse(&secrets(&["a", "B"])));
        assert!(leaks.refuse(&Allowed { logins: true, ..Allowed::default() }));
        assert!(logins.refuse(&secrets(&["A"])) && !logins.refuse(&Allowed { logins: true, ..Allowed::default() }));
        let both = Checks { logins: logins.logins.clone(), ..leaks.clone() };
        let told = |allowed: &Allowed| both.refusal(allowed).expect("refused");
        assert_eq!(told(&Allowed::default()), "the secrets A, B and a login to r.test are in it");
        assert_eq!(told(&secrets(&["A", "B"])), "a login to r.test is in it");
        assert_eq!(told(&Allowed { secrets: vec!["b".to_owned()], logins: true }), "the secret A is in it");
        let more = Checks { more_leaks: [("C".to_owned(), 1)].into(), ..leaks.clone() };
        assert!(more.refuse(&secrets(&["A", "B"])) && !more.refuse(&secrets(&["A", "B", "C"])));
        assert_eq!(
            more.lines(),
            [
                "secret: A is in /workspaces/app/.env (base64), written by onCreateCommand",
                "secret: B is in /workspaces/app/.env (base64), written by onCreateCommand",
                "secret: C is in 1 more places",
            ]
        );
    }

    #[test]
    fn what_was_in_the_prebuild_before_is_told_once() {
        let of = |kind, place: &str, phase: Option<&str>| Leak {
            kind,
            place: place.to_owned(),
            phase: phase.map(str::to_owned),
            ..leak("A")
        };
        let checks = |leaks: &[Leak]| Checks { leaks: leaks.to_vec(), ..Checks::default() };
        let file = of(LeakKind::File, "/x", Some("onCreateCommand"));
        let gone = of(LeakKind::File, "/gone", None);
        let other = of(LeakKind::Layer, "/y", None);
        let mut now = checks(&[of(LeakKind::Layer, "/x", None), other.clone()]);
        now.add_older(Some(checks(&[file.clone(), gone.clone()])));
        assert_eq!(now, checks(&[other, file, gone]));
    }

    #[test]
    fn what_an_older_version_kept_is_read() {
        assert_eq!(serde_json::from_str::<Checks>("{}").expect("read"), Checks::default());
        let all = Checks { leaks: vec![leak("A")], ..Checks::default() };
        assert_eq!(serde_json::from_str::<Checks>(&serde_json::to_string(&all).expect("text")).expect("read"), all);
    }
}
