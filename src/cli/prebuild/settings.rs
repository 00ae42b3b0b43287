//! What the runs of a prebuild are given: remembered, as a prebuild configuration on GitHub keeps its settings. Where something is, and no value.

use serde::{Deserialize, Serialize};

use crate::cli::error::{CliError, Kind};
use crate::cli::run_options::RunOptions;
use crate::cli::sources::SecretFlags;
use crate::prebuild::Allowed;

/// How a prebuild is made.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// The GitHub user who has set it up
    #[arg(long, value_name = "LOGIN")]
    pub(super) user: Option<String>,
    /// Authorize what `customizations.codespaces.repositories` asks for, without asking
    #[arg(long)]
    pub(super) default_permissions: bool,
    /// How many prebuilds of this branch and configuration are kept, 1 to 5; 2, where it was never said
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=5))]
    pub(super) keep: Option<u8>,
    /// Keep the prebuild although this secret is in it; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(super) allow_secret: Vec<String>,
    /// Keep the prebuild although its commands have logged in to a registry
    #[arg(long)]
    pub(super) allow_login: bool,
    #[command(flatten)]
    pub(super) secrets: SecretFlags,
    #[command(flatten)]
    pub(super) options: RunOptions,
}

/// What a run is given, where it is to be given to the next one too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct Settings {
    /// The GitHub user who has set it up.
    pub(super) user: Option<String>,
    /// Where secrets and the token are from.
    pub(super) sources: SecretFlags,
    /// The secrets that it may be kept with, by name.
    allow_secrets: Vec<String>,
    /// Whether it may be kept with logins.
    allow_logins: bool,
}

impl Settings {
    /// Returns what a run has that is given these flags: what is not given is as it was before. A file that is needed and is gone is an error.
    pub(super) fn with(&self, flags: &Flags, actor: &str) -> Result<Self, CliError> {
        if let Some((flag, file)) = self.sources.gone(&flags.secrets) {
            let why = if file.exists() { "is no file that can be read again" } else { "is not there any more" };
            let message = format!("{} {why}, and the prebuild was made with it ({flag})", file.display());
            let hint = format!(
                "put it back, or say with {flag} where it is by now, which is remembered; `localspace prebuild create` makes one without"
            );
            return Err(CliError::new(Kind::Usage, message, Some(hint)));
        }
        let is_silent = flags.allow_secret.is_empty();
        let user = flags.user.clone().or_else(|| self.user.clone());
        Ok(Self {
            user: Some(user.unwrap_or_else(|| actor.to_owned())),
            sources: flags.secrets.or(&self.sources),
            allow_secrets: if is_silent { self.allow_secrets.clone() } else { flags.allow_secret.clone() },
            allow_logins: flags.allow_login || self.allow_logins,
        })
    }

    /// Returns what it may be kept with.
    pub(super) fn allowed(&self) -> Allowed {
        Allowed { secrets: self.allow_secrets.clone(), logins: self.allow_logins }
    }

    /// Returns the flags that give the same; none that says who anybody is that is told nothing else.
    pub(super) fn words(&self, actor: &str) -> Vec<String> {
        let user = self.user.iter().filter(|user| *user != actor).map(|user| format!("--user {user}"));
        let secrets = self.allow_secrets.iter().map(|name| format!("--allow-secret {name}"));
        let logins = self.allow_logins.then(|| "--allow-login".to_owned());
        self.sources.words().into_iter().chain(user).chain(secrets).chain(logins).collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Typed {
        #[command(flatten)]
        flags: Flags,
    }

    fn with(before: &Settings, typed: &[&str]) -> Result<Settings, String> {
        let typed = Typed::parse_from([&["x"], typed].concat());
        before.with(&typed.flags, "octocat").map_err(|error| error.text())
    }

    #[test]
    fn what_is_given_counts_and_what_is_not_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str| {
            let path = folder.path().join(name).display().to_string();
            std::fs::write(&path, "").expect("written");
            path
        };
        let (hub, secrets, other) = (file("hub"), file("secrets"), file("other"));
        let first = with(&Settings::default(), &["--hub", &hub, "--secrets-file", &secrets, "--user", "mona"]);
        let first = first.expect("settings");
        assert_eq!(
            first.words("octocat"),
            [format!("--hub {hub}"), format!("--secrets-file {secrets}"), "--user mona".to_owned()]
        );
        assert_eq!(with(&first, &[]).as_ref(), Ok(&first));
        let more = ["--secrets-file", &other, "--github-token", "env", "--allow-secret", "A", "--allow-login"];
        let second = with(&first, &more).expect("settings");
        assert_eq!(
            second.words("mona"),
            [
                &format!("--hub {hub}"),
                &format!("--secrets-file {other}"),
                "--github-token env",
                "--allow-secret A",
                "--allow-login"
            ]
        );
        let read: Settings = serde_json::from_str(&serde_json::to_string(&second).expect("text")).expect("read");
        assert_eq!(read, second);
        assert_eq!(read.allowed(), Allowed { secrets: vec!["A".to_owned()], logins: true });
        assert_eq!(with(&read, &["--allow-secret", "B"]).expect("settings").allowed().secrets, ["B"]);

        std::fs::remove_file(&other).expect("removed");
        let gone = with(&second, &[]).expect_err("a file is gone");
        assert!(gone.contains(&format!("{other} is not there any more")) && gone.contains("--secrets-file"), "{gone}");
        assert!(with(&second, &["--secrets-file", &secrets]).is_ok());
    }

    #[test]
    fn who_set_it_up_is_remembered_and_said_only_where_it_is_somebody_else() {
        let first = with(&Settings::default(), &[]).expect("settings");
        assert_eq!(first.user.as_deref(), Some("octocat"));
        assert!(first.words("octocat").is_empty());
        assert_eq!(first.words("mona"), ["--user octocat"]);
        assert_eq!(with(&first, &["--user", "mona"]).expect("settings").user.as_deref(), Some("mona"));
    }

    #[test]
    fn a_path_is_the_same_from_everywhere() {
        let kept = with(&Settings::default(), &["--hub", "some/hub.yaml"]).expect("settings");
        let hub = kept.words("octocat").remove(0);
        assert!(hub.starts_with("--hub /") && hub.ends_with("/some/hub.yaml"), "{hub}");
    }
}
