//! Where a codespace's secrets are from: the hub's file and what `secret set` keeps, by GitHub's rules, and `--secrets-file` on top of both.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::error::CliError;
use super::github_token::{OwnToken, TokenSource};
use super::hub::{HubFile, Whose};
use super::secrets::{Before, Secrets};
use super::values;
use crate::diagnosis::HiddenSecret;
use crate::github::hub::HubSecret;
use crate::github::{
    CodespaceSecret, Effective, Purpose, SecretsFile, Unseen, Viewer, effective, load_secrets, together,
};
use crate::secret_store::KeptSecret;

/// The flags that say where secrets are from.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct SecretFlags {
    /// The simulated GitHub: its secrets that the codespace may see are there, by GitHub's rules
    #[arg(long, value_name = "FILE")]
    hub: Option<PathBuf>,
    /// Secrets as a JSON object or as NAME=VALUE lines, which count over all others
    #[arg(long, value_name = "FILE")]
    secrets_file: Option<PathBuf>,
    /// Where a token of your own is from, which stands for the codespace's where no hub gives one
    #[arg(long, value_name = "FROM")]
    github_token: Option<TokenSource>,
}

/// Where secrets are from, read but for the values that stand elsewhere.
#[derive(Debug, Default)]
pub(super) struct Sources {
    hub: Option<HubFile>,
    file: SecretsOfFile,
    token: Wish,
}

/// Whether the user's own token is wanted.
#[derive(Debug, Clone, Copy, Default)]
enum Wish {
    #[default]
    None,
    /// By this verb's flag.
    Now(TokenSource),
    /// By that of an earlier one.
    Before(TokenSource),
}

/// The secrets file.
#[derive(Debug, Default)]
enum SecretsOfFile {
    #[default]
    NotGiven,
    Read {
        /// Where it can be read again.
        path: Option<PathBuf>,
        content: SecretsFile,
    },
}

impl SecretFlags {
    /// Returns them for a later verb too, which may be called from another folder: what is not given is as it was before.
    pub(super) fn or(&self, before: &Self) -> Self {
        let kept = |path: &PathBuf| {
            let whole = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            // What they are kept in is text.
            PathBuf::from(whole.to_string_lossy().into_owned())
        };
        Self {
            hub: self.hub.as_ref().map(kept).or_else(|| before.hub.clone()),
            secrets_file: self.secrets_file.as_ref().map(kept).or_else(|| before.secrets_file.clone()),
            github_token: self.github_token.or(before.github_token),
        }
    }

    /// Returns a file of these that is gone and not given anew, with its flag.
    pub(super) fn gone(&self, anew: &Self) -> Option<(&'static str, &Path)> {
        let files = [
            ("--hub", &self.hub, anew.hub.is_some()),
            ("--secrets-file", &self.secrets_file, anew.secrets_file.is_some()),
        ];
        let needed = files.into_iter().filter(|(_, _, is_given)| !is_given);
        needed.filter_map(|(flag, file, _)| Some((flag, file.as_deref()?))).find(|(_, file)| !file.is_file())
    }

    /// Returns them as they are typed.
    pub(super) fn words(&self) -> Vec<String> {
        let file = |(flag, file): (&str, &Option<PathBuf>)| Some(format!("{flag} {}", file.as_ref()?.display()));
        let files = [("--hub", &self.hub), ("--secrets-file", &self.secrets_file)].into_iter().filter_map(file);
        let token = self.github_token.map(|source| format!("--github-token {}", source.name()));
        files.chain(token).collect()
    }
}

impl Sources {
    /// Reads what is given.
    pub(super) fn given(flags: &SecretFlags) -> Result<Self, CliError> {
        let hub = flags.hub.as_deref().map(HubFile::load).transpose()?;
        let file = flags.secrets_file.clone().map_or(Ok(SecretsOfFile::NotGiven), read)?;
        let token = flags.github_token.map_or(Wish::None, Wish::Now);
        Ok(Self { hub, file, token })
    }

    /// Reads what was not given and the run before had, where a codespace is there.
    pub(super) fn or_before(self, before: &Before) -> Result<Self, CliError> {
        let hub = match self.hub {
            Some(hub) => Some(hub),
            None => before.hub.as_deref().map(HubFile::load).transpose()?,
        };
        let file = match self.file {
            SecretsOfFile::NotGiven => file_of(before),
            SecretsOfFile::Read { .. } => self.file,
        };
        let token = match self.token {
            Wish::None => before.token.map_or(Wish::None, Wish::Before),
            Wish::Now(_) | Wish::Before(_) => self.token,
        };
        Ok(Self { hub, file, token })
    }

    /// Returns the hub's file, where one is given.
    pub(super) fn hub_file(&self) -> Option<&Path> {
        self.hub.as_ref().map(|hub| hub.path.as_path())
    }

    /// Returns the secrets that the codespace sees, with their values as they are now.
    pub(super) async fn secrets(self, context: &Context, whose: Whose<'_>) -> Result<Secrets, CliError> {
        let (file, content) = self.file.into_parts();
        let SecretsFile { secrets: over, mut warnings } = content;
        let hub = self.hub.unwrap_or_default();
        let kept = context.kept_secrets().await?;
        let seen = Seen::of(&hub, kept, whose, &over)?;
        warnings.extend(seen.remarks);
        let (mut secrets, hidden) = (visible(over, whose.purpose), seen.hidden);
        for secret in seen.secrets {
            let value = values::get(&secret, &context.environment).await?;
            secrets.push(CodespaceSecret { name: secret.name, value, level: secret.scope.level() });
        }
        secrets.sort_by(|one, other| one.name.cmp(&other.name));
        let (token, remark) = match self.token {
            Wish::None => (OwnToken::default(), None),
            Wish::Now(source) => (OwnToken::asked_for(source, &context.environment).await?, None),
            Wish::Before(source) => OwnToken::again(Some(source), &context.environment).await,
        };
        warnings.extend(remark);
        Ok(Secrets { file, hub: hub.again(), token, content: SecretsFile { secrets, warnings }, hidden })
    }
}

/// The secrets of a codespace that is there, as they are now.
#[derive(Debug, Default)]
pub(super) struct SecretsNow {
    pub(super) secrets: Vec<CodespaceSecret>,
    /// What cannot be had, and why.
    pub(super) warnings: Vec<String>,
    /// What a person should know of those that it does not see.
    pub(super) remarks: Vec<String>,
    /// Those that it does not see.
    pub(super) hidden: Vec<Hidden>,
}

/// A secret that a codespace does not see.
#[derive(Debug)]
pub(super) struct Hidden {
    pub(super) secret: HubSecret,
    pub(super) told: HiddenSecret,
}

/// Returns the secrets of a codespace that is there and is only looked at or worked in. What cannot be had is told of: it can be used without.
pub(super) async fn secrets_now(context: &Context, whose: Whose<'_>, before: &Before) -> SecretsNow {
    let (_, SecretsFile { secrets: over, mut warnings }) = file_of(before).into_parts();
    let hub = before.hub.as_deref().map_or_else(|| Ok(HubFile::default()), HubFile::load);
    let (mut secrets, mut remarks, mut hidden) = (Vec::new(), Vec::new(), Vec::new());
    let kept = context.kept_secrets().await;
    match hub.and_then(|hub| Seen::of(&hub, kept?, whose, &over)) {
        Ok(seen) => {
            (remarks, hidden) = (seen.remarks, seen.hidden);
            for secret in seen.secrets {
                match values::get(&secret, &context.environment).await {
                    Ok(value) => {
                        secrets.push(CodespaceSecret { name: secret.name, value, level: secret.scope.level() });
                    }
                    Err(error) => warnings.push(format!("{}: it goes on without", error.message())),
                }
            }
        }
        Err(error) => warnings.push(format!("{}: it goes on without these secrets", error.message())),
    }
    secrets.extend(visible(over, whose.purpose));
    secrets.sort_by(|one, other| one.name.cmp(&other.name));
    SecretsNow { secrets, warnings, remarks, hidden }
}

/// What a codespace sees of a hub's secrets, but for those that its secrets file has too.
struct Seen {
    secrets: Vec<HubSecret>,
    /// What a person should know of those that it does not see.
    remarks: Vec<String>,
    hidden: Vec<Hidden>,
}

impl Seen {
    fn of(hub: &HubFile, kept: Vec<KeptSecret>, whose: Whose<'_>, over: &[CodespaceSecret]) -> Result<Self, CliError> {
        let viewer = hub.viewer(whose)?;
        let all = together(hub.hub.secrets.clone(), kept.into_iter().map(HubSecret::from).collect())?;
        let decided = effective(&all, &viewer);
        let mut remarks: Vec<String> = kept_from_all(&decided, &viewer).into_iter().collect();
        if remarks.is_empty() {
            remarks.extend(decided.iter().filter_map(|one| kept_from_a_registry(one, &viewer)));
        }
        let is_over = |secret: &HubSecret| over.iter().any(|other| other.name == secret.name);
        let winners = decided.iter().filter_map(|one| one.winner).filter(|winner| !is_over(winner));
        let hidden = decided.iter().flat_map(|one| {
            let by_file = one.winner.filter(|winner| is_over(winner)).map(|winner| (winner, Unseen::SecretsFile));
            let unseen = by_file.into_iter().chain(one.unseen.iter().copied());
            unseen.map(|(secret, reason)| Hidden::new(secret, reason, one.winner, &viewer))
        });
        Ok(Self { hidden: hidden.collect(), secrets: winners.cloned().collect(), remarks })
    }
}

impl Hidden {
    fn new(secret: &HubSecret, reason: Unseen, winner: Option<&HubSecret>, viewer: &Viewer<'_>) -> Self {
        let (why, fix) = reason.explain(viewer);
        let place = |secret: &HubSecret| secret.place.as_ref().map(ToString::to_string);
        let instead = match reason {
            Unseen::Shadowed(_) => winner.map(|winner| {
                let place = place(winner).map_or(String::new(), |place| format!(" ({place})"));
                format!("{}{place}", winner.scope.owner())
            }),
            Unseen::SecretsFile => Some("the secrets file".to_owned()),
            Unseen::RepositoryIsPublic
            | Unseen::NotSelected
            | Unseen::NotAssigned
            | Unseen::NoWriteAccess
            | Unseen::ForksPullRequest
            | Unseen::Prebuild
            | Unseen::PrebuildToken => None,
        };
        let told = HiddenSecret {
            name: secret.name.to_string(),
            owner: secret.scope.owner(),
            place: place(secret),
            reason,
            why,
            fix,
            instead,
        };
        Self { secret: secret.clone(), told }
    }
}

impl SecretsOfFile {
    fn into_parts(self) -> (Option<PathBuf>, SecretsFile) {
        match self {
            Self::NotGiven => (None, SecretsFile::default()),
            Self::Read { path, content } => (path, content),
        }
    }
}

/// Says once why none of several secrets is there.
fn kept_from_all(decided: &[Effective<'_>], viewer: &Viewer<'_>) -> Option<String> {
    let mut reasons = decided.iter().flat_map(|one| &one.unseen).map(|(_, reason)| *reason);
    let keeps_all = |reason: &Unseen| matches!(reason, Unseen::NoWriteAccess | Unseen::ForksPullRequest);
    let reason = reasons.find(keeps_all)?;
    Some(format!("no secret of the hub is there: {}", reason.explain(viewer).0))
}

/// Says why a secret of a registry is not there, whose login is left out for it.
fn kept_from_a_registry(one: &Effective<'_>, viewer: &Viewer<'_>) -> Option<String> {
    let (secret, reason) = one.unseen.first().filter(|_| one.winner.is_none())?;
    if !one.name.as_str().contains("_CONTAINER_REGISTRY_") {
        return None;
    }
    let owner = secret.scope.owner();
    Some(format!("{} of {owner} is not there: {}", one.name, reason.explain(viewer).0))
}

/// Returns what a secrets file gives: the token of prebuilds is nothing to a codespace.
fn visible(mut over: Vec<CodespaceSecret>, purpose: Purpose) -> Vec<CodespaceSecret> {
    over.retain(|secret| purpose == Purpose::Prebuild || !secret.name.is_of_prebuilds());
    over
}

/// Reads a secrets file.
fn read(file: PathBuf) -> Result<SecretsOfFile, CliError> {
    let mut content = load_secrets(&file)?;
    if file.is_file() {
        return Ok(SecretsOfFile::Read { path: Some(file.canonicalize().unwrap_or(file)), content });
    }
    // A pipe gives what it has once.
    content.warnings.push(format!(
        "{} is no file that can be read again: `exec` and `start` do without these secrets unless they are given again",
        file.display()
    ));
    Ok(SecretsOfFile::Read { path: None, content })
}

/// Reads the secrets file again that the run before had. One that cannot be read is a warning: the codespace is there, and can be used without.
fn file_of(before: &Before) -> SecretsOfFile {
    let Some(file) = before.secrets_file.clone() else { return SecretsOfFile::NotGiven };
    read(file.clone()).unwrap_or_else(|error| {
        let warnings = vec![format!("{}: it goes on without secrets", error.message())];
        // The next run looks for the file again.
        SecretsOfFile::Read { path: Some(file), content: SecretsFile { warnings, ..SecretsFile::default() } }
    })
}
