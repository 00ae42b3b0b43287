//! `--github-token`: a token of the user's own in the place of the one that GitHub gives a codespace, where no hub gives one. Where it is from is
//! remembered, its value is not.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

use serde::{Deserialize, Serialize};
use tokio::process::Command;

use super::error::{CliError, Kind};
use super::values;
use crate::github::hub::ValueSource;
use crate::github::{CodespaceToken, TokenFrom, World};
use crate::redact::Secret;

/// The variables that a token may be in: the first that is set counts.
const VARIABLES: [&str; 2] = [CodespaceToken::NAME, "GH_TOKEN"];

/// Where a token is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum TokenSource {
    /// The variable `GITHUB_TOKEN` of this process, else `GH_TOKEN`
    Env,
    /// What `gh auth token` prints
    Gh,
}

/// The token of a run.
#[derive(Debug, Default)]
pub(super) struct OwnToken {
    /// Where it is from, for the next run.
    pub(super) source: Option<TokenSource>,
    value: Option<Secret<String>>,
}

impl TokenSource {
    /// Returns its name, in the journal.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Env => "env",
            Self::Gh => "gh",
        }
    }

    /// Returns the source of a name.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        [Self::Env, Self::Gh].into_iter().find(|source| source.name() == name)
    }

    async fn get(self, environment: &BTreeMap<String, String>) -> Result<Secret<String>, CliError> {
        let got = match self {
            Self::Env => of_variable(environment).await,
            Self::Gh => of_gh().await,
        };
        got.and_then(token).map_err(|problem| {
            let message = format!("--github-token {}: there is no token: {problem}", self.name());
            let hint = match self {
                Self::Env => "set GITHUB_TOKEN or GH_TOKEN for this command, or take --github-token gh",
                Self::Gh => "install gh, log in with `gh auth login`, and look at `gh auth status`; or set GITHUB_TOKEN and take --github-token env",
            };
            CliError::new(Kind::Usage, message, Some(hint.to_owned()))
        })
    }
}

impl OwnToken {
    /// Gets the token that is asked for.
    pub(super) async fn asked_for(
        source: TokenSource,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, CliError> {
        let value = source.get(environment).await?;
        Ok(Self { source: Some(source), value: Some(value) })
    }

    /// Gets the token that the run before had. One that is not to be had is told of: the codespace is there, and can be used without.
    pub(super) async fn again(
        source: Option<TokenSource>,
        environment: &BTreeMap<String, String>,
    ) -> (Self, Option<String>) {
        let Some(asked) = source else { return (Self::default(), None) };
        match asked.get(environment).await {
            Ok(value) => (Self { source, value: Some(value) }, None),
            Err(error) => {
                // The next run looks for it again.
                let warning = format!("{}: it goes on without ({})", error.message(), error.hint().unwrap_or_default());
                (Self { source, value: None }, Some(warning))
            }
        }
    }

    /// Returns the world with this token, and what a person should know: a hub's own one counts over it.
    pub(super) fn complete(self, world: World, actor: &str) -> (World, Option<String>) {
        let Some(value) = self.value else { return (world, None) };
        if let Some(token) = &world.token {
            let whose = match token.from {
                TokenFrom::Secret => "the secret CODESPACES_PREBUILD_TOKEN",
                TokenFrom::Hub | TokenFrom::ThisMachine => "the hub's",
            };
            let note = format!("GITHUB_TOKEN is {whose}: it counts over --github-token");
            return (world, Some(note));
        }
        let token = CodespaceToken { value, user: actor.to_owned(), from: TokenFrom::ThisMachine };
        (world.with_token(token), None)
    }
}

async fn of_variable(environment: &BTreeMap<String, String>) -> Result<Secret<String>, String> {
    let is_set = |name: &&str| environment.get(*name).is_some_and(|value| !value.is_empty());
    let name = VARIABLES.into_iter().find(is_set);
    let name = name.ok_or_else(|| format!("neither {} is set", VARIABLES.join(" nor ")))?;
    values::of(&ValueSource::Env(name.to_owned()), Path::new(""), environment).await
}

async fn of_gh() -> Result<Secret<String>, String> {
    let mut gh = Command::new("gh");
    gh.args(["auth", "token"]).env("GH_PROMPT_DISABLED", "1").stderr(Stdio::piped());
    values::text(&values::printed(gh, "`gh auth token`").await?)
}

fn token(value: Secret<String>) -> Result<Secret<String>, String> {
    let is_one = value.expose().bytes().all(|byte| byte.is_ascii_graphic());
    if is_one { Ok(value) } else { Err("what is there is none: no token has white space in it".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn got(source: TokenSource, environment: &[(&str, &str)]) -> Result<String, String> {
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let got = runtime.block_on(OwnToken::asked_for(source, &environment));
        got.map(|own| own.value.expect("one").expose().clone()).map_err(|error| error.text())
    }

    #[test]
    fn a_variable_is_taken_by_its_rank() {
        for (environment, expected) in [
            (&[("GITHUB_TOKEN", "ghp_one"), ("GH_TOKEN", "ghp_two")][..], "ghp_one"),
            (&[("GITHUB_TOKEN", ""), ("GH_TOKEN", "ghp_two\n")], "ghp_two"),
        ] {
            assert_eq!(got(TokenSource::Env, environment).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn what_is_no_token_is_an_error_that_does_not_show_it() {
        for (environment, words) in [
            (&[][..], "neither GITHUB_TOKEN nor GH_TOKEN is set"),
            (&[("GITHUB_TOKEN", "\n")], "it is empty"),
            (&[("GITHUB_TOKEN", "hunter2 hunter2")], "white space"),
        ] {
            let error = got(TokenSource::Env, environment).expect_err(words);
            assert!(error.contains(words) && error.contains("set GITHUB_TOKEN or GH_TOKEN"), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_source_is_known_by_its_name() {
        for source in [TokenSource::Env, TokenSource::Gh] {
            assert_eq!(TokenSource::of_name(source.name()), Some(source));
        }
        assert_eq!(TokenSource::of_name("other"), None);
    }

    #[test]
    fn a_hubs_token_counts_over_it() {
        let own = || OwnToken { source: Some(TokenSource::Env), value: Some(Secret::new("own".to_owned())) };
        let token = CodespaceToken { value: Secret::new("hub".to_owned()), user: "a".to_owned(), from: TokenFrom::Hub };
        let of_hub = World::default().with_token(token);
        let (world, note) = own().complete(of_hub, "mona");
        assert_eq!(world.token.map(|token| token.from), Some(TokenFrom::Hub));
        assert!(note.is_some());
        let (world, note) = own().complete(World::default(), "mona");
        assert_eq!((world.token.map(|token| token.user), note), (Some("mona".to_owned()), None));
    }
}
