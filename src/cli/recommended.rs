//! The secrets that a repository recommends: which of them a codespace lacks, and what sets them. They are a user's, and always optional.

use super::configuration;
use super::context::Context;
use super::secrets::Secrets;
use crate::codespace::RepositoryName;
use crate::devcontainer::{Configuration, RecommendedSecret};
use crate::github::hub::{HubSecret, SecretScope};
use crate::github::{Branch, Purpose, SecretName, Standing, Unseen};
use crate::repository::{self, Content, Wanted};
use crate::steps::Order;

/// How many are told of one by one, and how much of what each is for, in characters.
const MOST: usize = 10;
const LONGEST: usize = 200;

/// For whose codespace of which repository secrets are recommended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Person<'a> {
    pub(super) repository: &'a RepositoryName,
    pub(super) actor: &'a str,
    /// Who runs this.
    pub(super) own: &'a str,
}

impl Person<'_> {
    /// Returns what makes a secret the codespace's; nothing where it is.
    pub(super) fn fix(&self, name: &SecretName, standing: Standing<'_>) -> Option<String> {
        let user = if self.actor == self.own { "--user".to_owned() } else { format!("--user={}", self.actor) };
        let set = |repositories: &str| format!("localspace secret set {name} {user} --repos {repositories}");
        let repository = self.repository.to_string();
        match standing {
            Standing::Assigned => None,
            Standing::NotSet => Some(set(&repository)),
            Standing::NotAssigned(HubSecret { place: Some(place), .. }) => {
                Some(format!("add {repository} to its repositories ({place})"))
            }
            Standing::NotAssigned(HubSecret { scope, .. }) => {
                let before: &[RepositoryName] = match scope {
                    SecretScope::User { repositories, .. } => repositories,
                    SecretScope::Repository(_) | SecretScope::Organization { .. } => &[],
                };
                let all: Vec<String> = before.iter().map(ToString::to_string).chain([repository]).collect();
                Some(set(&all.join(",")))
            }
        }
    }
}

/// Returns what a person should know of the recommended secrets that a new codespace lacks, in one notice.
pub(super) fn notice(context: &Context, order: &Order, secrets: &Secrets) -> Option<String> {
    let of_nobody = |reason: Unseen| matches!(reason, Unseen::NoWriteAccess | Unseen::ForksPullRequest);
    let gets_none = order.branch == Branch::ForksPullRequest
        || order.purpose == Purpose::Prebuild
        || secrets.hidden.iter().any(|one| of_nobody(one.told.reason));
    let recommended = order.config.as_ref().filter(|_| !gets_none)?.recommended.iter();
    let person = Person { repository: &order.repository, actor: &order.actor, own: &context.actor };
    let mut lacking: Vec<String> = recommended
        .filter_map(|one| {
            // A name that can be none is told of with the configuration.
            let name: SecretName = one.name.parse().ok()?;
            let is_seen = secrets.content.secrets.iter().any(|secret| secret.name == name);
            let unseen = secrets.hidden.iter().filter(|hidden| hidden.secret.name == name);
            let standing = Standing::of(is_seen, unseen.map(|hidden| (&hidden.secret, hidden.told.reason)));
            let fix = person.fix(&name, standing)?;
            Some(format!("{name}{}: {fix}", about(one)))
        })
        .collect();
    let others = lacking.len().saturating_sub(MOST);
    lacking.truncate(MOST);
    if others > 0 {
        lacking.push(format!("and {others} more"));
    }
    (!lacking.is_empty()).then(|| {
        let many = if lacking.len() == 1 { "a secret that is not there" } else { "secrets that are not there" };
        format!("the repository recommends {many}, and does without: {}", lacking.join("; "))
    })
}

/// Returns what is told of a recommended secret, in brackets.
pub(super) fn about(one: &RecommendedSecret) -> String {
    let short = |text: &String| match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.clone(),
    };
    let parts: Vec<String> = [&one.description, &one.documentation_url].into_iter().flatten().map(short).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}

/// Returns the secrets that a repository recommends, where it is that of the working directory and has one configuration.
pub(super) async fn recommended_here(context: &Context, repository: &RepositoryName) -> Vec<RecommendedSecret> {
    let Ok(source) = repository::locate(".") else { return Vec::new() };
    let wanted = Wanted { reference: None, content: Content::WorkingTree, name: None, owner: context.actor.clone() };
    let Some(tree) = repository::look(&source, &wanted).await.ok().filter(|tree| tree.name.is(repository)) else {
        return Vec::new();
    };
    let Some(path) = configuration::only(&tree.top) else { return Vec::new() };
    let text = configuration::read(&tree.top, &path).ok();
    let read = text.and_then(|text| Configuration::read(&text, &path).ok());
    read.map_or(Vec::new(), |configuration| configuration.recommended())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_secret_is_for_is_told_shortly() {
        let told = |description: Option<&str>, url: Option<&str>| {
            let (description, documentation_url) = (description.map(str::to_owned), url.map(str::to_owned));
            about(&RecommendedSecret { name: "A".to_owned(), description, documentation_url })
        };
        assert_eq!(told(None, None), "");
        assert_eq!(told(Some("a key"), None), " (a key)");
        assert_eq!(told(Some("a key"), Some("https://a.example")), " (a key, https://a.example)");
        assert_eq!(told(Some(&"é".repeat(201)), None), format!(" ({}…)", "é".repeat(200)));
    }
}
