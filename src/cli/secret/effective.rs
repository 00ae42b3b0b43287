//! `localspace secret list --effective`: what a codespace sees of the secrets, and why not the others.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::hub::{HubFile, Whose, here};
use crate::cli::recommended::{Person, about, recommended_here};
use crate::codespace::RepositoryName;
use crate::devcontainer::RecommendedSecret;
use crate::github::hub::{Hub, HubSecret, Visibility};
use crate::github::{
    Branch, Effective, Purpose, SecretName, Standing, Viewer, effective, parts_of_registries, together,
};
use crate::report::{plain, table};

/// A codespace that is asked about, and all secrets of its surroundings.
#[derive(Debug)]
pub(super) struct Asked {
    hub: HubFile,
    secrets: Vec<HubSecret>,
    repository: RepositoryName,
    actor: String,
    branch: Branch,
    /// What the repository recommends, where it is at hand.
    recommended: Vec<RecommendedSecret>,
    /// Who runs this.
    own: String,
}

impl Asked {
    /// Reads the hub's file and the store. A repository is called as the file calls it.
    pub(super) async fn new(
        context: &Context,
        file: Option<&Path>,
        repository: Option<RepositoryName>,
        actor: String,
        fork_pull_request: bool,
    ) -> Result<Self, CliError> {
        let hub = match file {
            Some(file) => HubFile::load(file)?,
            None => HubFile { path: PathBuf::new(), hub: Hub::default() },
        };
        let repository = match repository {
            Some(repository) => repository,
            None => here(context).await?,
        };
        let repository = hub.hub.repository(&repository).map_or(repository.clone(), |(known, _)| known.clone());
        let kept = context.kept_secrets().await?.into_iter().map(HubSecret::from).collect();
        let secrets = together(hub.hub.secrets.clone(), kept)?;
        let branch = if fork_pull_request { Branch::ForksPullRequest } else { Branch::Own };
        let (recommended, own) = (recommended_here(context, &repository).await, context.actor.clone());
        Ok(Self { hub, secrets, repository, actor, branch, recommended, own })
    }

    /// Returns who asks, in a codespace or in a prebuild.
    pub(super) fn viewer(&self, purpose: Purpose) -> Result<Viewer<'_>, CliError> {
        let Self { repository, actor, branch, .. } = self;
        self.hub.viewer(Whose { repository, actor, branch: *branch, purpose })
    }

    /// Returns what becomes of each secret there.
    pub(super) fn decided(&self, viewer: &Viewer<'_>) -> Vec<Effective<'_>> {
        effective(&self.secrets, viewer)
    }

    /// Returns what became of each secret that the repository recommends, and what makes it the codespace's.
    fn recommended<'a>(
        &'a self,
        decided: &'a [Effective<'a>],
    ) -> impl Iterator<Item = (&'a RecommendedSecret, Standing<'a>, Option<String>)> {
        let person = Person { repository: &self.repository, actor: &self.actor, own: &self.own };
        self.recommended.iter().filter_map(move |one| {
            let name: SecretName = one.name.parse().ok()?;
            let known = decided.iter().find(|known| *known.name == name);
            let unseen = known.into_iter().flat_map(|known| known.unseen.iter().copied());
            let standing = Standing::of(known.is_some_and(|known| known.winner.is_some()), unseen);
            Some((one, standing, person.fix(&name, standing)))
        })
    }

    /// Returns the codespace in words.
    pub(super) fn told(&self, visibility: Visibility) -> String {
        let Self { repository, actor, branch, .. } = self;
        let fork = match branch {
            Branch::Own => "",
            Branch::ForksPullRequest => ", of a fork's pull request",
        };
        format!("{actor}'s codespace of {repository} ({visibility}{fork})")
    }
}

/// Returns the document for a program.
pub(super) fn document(asked: &Asked) -> Result<Value, CliError> {
    let viewer = asked.viewer(Purpose::Codespace)?;
    let decided = asked.decided(&viewer);
    let unseen = |one: &Effective<'_>| -> Vec<Value> {
        let object = |(secret, reason): &(&HubSecret, crate::github::Unseen)| {
            let (why, fix) = reason.explain(&viewer);
            let mut object = origin(secret);
            if let Some(fields) = object.as_object_mut() {
                fields.insert("reason".to_owned(), reason.name().into());
                fields.insert("why".to_owned(), why.into());
                fields.extend(fix.map(|fix| ("fix".to_owned(), fix.into())));
            }
            object
        };
        one.unseen.iter().map(object).collect()
    };
    let secret = |one: &Effective<'_>| json!({ "name": one.name.as_str(), "visible": one.winner.map(origin), "notVisible": unseen(one) });
    let registry = |(id, missing): (String, Vec<String>)| json!({ "id": id, "missing": missing });
    let recommended = asked.recommended(&decided).map(|(one, standing, fix)| {
        json!({
            "name": one.name,
            "description": one.description,
            "documentationUrl": one.documentation_url,
            "state": standing.name(),
            "fix": fix,
        })
    });
    Ok(json!({
        "repository": asked.repository.to_string(),
        "visibility": viewer.visibility.name(),
        "user": asked.actor,
        "forkPullRequest": asked.branch == Branch::ForksPullRequest,
        "secrets": decided.iter().map(secret).collect::<Vec<_>>(),
        "recommended": recommended.collect::<Vec<_>>(),
        "registries": parts_of_registries(winners(&decided)).into_iter().map(registry).collect::<Vec<_>>(),
    }))
}

/// Returns where a secret is set.
pub(super) fn origin(secret: &HubSecret) -> Value {
    json!({
        "level": secret.scope.level().name(),
        "owner": secret.scope.owner_name(),
        "place": secret.place.as_ref().map(ToString::to_string),
    })
}

fn winners<'a>(decided: &[Effective<'a>]) -> impl Iterator<Item = &'a str> {
    decided.iter().filter(|one| one.winner.is_some()).map(|one| one.name.as_str()).collect::<Vec<_>>().into_iter()
}

/// Returns it for a person: what is seen, what is not and why, and which registries that makes.
pub(super) fn text(asked: &Asked) -> Result<String, CliError> {
    let viewer = asked.viewer(Purpose::Codespace)?;
    let decided = asked.decided(&viewer);
    let mut text = format!("{} sees of the secrets:\n", asked.told(viewer.visibility));
    let recommended: String = asked
        .recommended(&decided)
        .map(|(one, standing, fix)| {
            let fix = fix.map_or(String::new(), |fix| format!(": {fix}"));
            format!("recommended {}{}: {}{fix}\n", plain(&one.name), plain(&about(one)), standing.name())
        })
        .collect();
    if decided.is_empty() {
        return Ok(format!("{text}  none: nothing is set for it\n{recommended}"));
    }
    let place = |secret: &HubSecret| secret.place.as_ref().map_or("secret set".to_owned(), ToString::to_string);
    let seen = decided.iter().filter_map(|one| {
        let secret = one.winner?;
        Some(vec![format!("  {}", one.name), secret.scope.owner(), place(secret)])
    });
    let seen: Vec<Vec<String>> = seen.collect();
    text += &if seen.is_empty() { "  none\n".to_owned() } else { table(Vec::new(), seen) };
    let unseen =
        decided.iter().flat_map(|one| one.unseen.iter().map(move |(secret, reason)| (one.name, *secret, *reason)));
    let lines: Vec<String> = unseen
        .map(|(name, secret, reason)| {
            let (why, fix) = reason.explain(&viewer);
            let fix = fix.map_or(String::new(), |fix| format!("; {fix}"));
            format!("  {name} of {}: {}: {why}{fix}\n", secret.scope.owner(), reason.name())
        })
        .collect();
    if !lines.is_empty() {
        text += &format!("and does not see:\n{}", lines.concat());
    }
    for (id, missing) in parts_of_registries(winners(&decided)) {
        text += &if missing.is_empty() {
            format!("registry {id}: all three secrets are there\n")
        } else {
            format!("registry {id}: no login, for want of {}\n", missing.join(" and "))
        };
    }
    Ok(text + &recommended)
}
