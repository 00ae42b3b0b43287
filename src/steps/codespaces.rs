//! What Codespaces gives every container of its own accord: its environment, its host name, its powers (codespaces-facts.md sections 1.2
//! and 1.7). Pure.

use sha2::{Digest, Sha256};

use super::order::Order;
use crate::engine::ContainerSpec;

/// The agent's own number for how it makes containers.
const CONTAINER_VERSION: &str = "13";

/// Returns what every process of the container has in its environment. Everything else is in commands and shells alone.
pub(super) fn container_env(order: &Order) -> Vec<String> {
    vec![
        "CODESPACES=true".to_owned(),
        format!("ContainerVersion={CONTAINER_VERSION}"),
        format!("RepositoryName={}", order.repository.name()),
    ]
}

/// Returns what lifecycle commands and shells have beside that.
///
/// `GITHUB_TOKEN` is not among it: it is a secret of the run's, where the codespace is in a hub.
pub(super) fn command_env(order: &Order) -> Vec<(String, Option<String>)> {
    let actor = &order.actor;
    [
        ("CLOUDENV_ENVIRONMENT_ID", environment_id(order)),
        ("CODESPACE_NAME", order.name.to_string()),
        ("CODESPACE_VSCODE_FOLDER", order.workspace_folder.clone()),
        ("GITHUB_API_URL", "https://api.github.com".to_owned()),
        ("GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN", "app.github.dev".to_owned()),
        ("GITHUB_GRAPHQL_URL", "https://api.github.com/graphql".to_owned()),
        ("GITHUB_REPOSITORY", order.repository.to_string()),
        ("GITHUB_SERVER_URL", "https://github.com".to_owned()),
        ("GITHUB_USER", actor.clone()),
        ("GIT_COMMITTER_EMAIL", format!("{actor}@users.noreply.github.com")),
        ("GIT_COMMITTER_NAME", actor.clone()),
    ]
    .map(|(name, value)| (name.to_owned(), Some(value)))
    .into()
}

/// Gives a container its host name and its power, where its flags do not say otherwise.
///
/// On GitHub the network is the host's as well: here that would be this machine's, so it is not.
pub(super) fn apply(order: &Order, spec: &mut ContainerSpec) {
    let extra = &mut spec.extra;
    let shares = |mode: Option<&str>| mode.is_some_and(|mode| mode == "host" || mode.starts_with("container:"));
    let network = extra.networks.first().map(String::as_str);
    // The engine refuses a host name, or a host, where those of another are shared.
    if spec.hostname.is_none() && !shares(extra.uts.as_deref()) && !shares(network) {
        let name = format!("codespaces-{}", hex(&digest(order), 3));
        extra.hosts.push(format!("{name}:127.0.0.1"));
        spec.hostname = Some(name);
    }
    if !extra.cap_add.iter().any(|one| ["SYS_NICE", "CAP_SYS_NICE", "ALL"].contains(&one.to_ascii_uppercase().as_str()))
    {
        extra.cap_add.push("SYS_NICE".to_owned());
    }
}

/// Returns the codespace's id, a UUID, the same for as long as it lives.
pub(super) fn environment_id(order: &Order) -> String {
    let digits = hex(&digest(order), 16);
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    // The digits of version 8 say that the others are somebody's own.
    format!("{}-{}-8{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

fn digest(order: &Order) -> Vec<u8> {
    Sha256::new().chain_update(&order.home).chain_update([0]).chain_update(order.name.as_str()).finalize().to_vec()
}

fn hex(bytes: &[u8], count: usize) -> String {
    bytes.iter().take(count).map(|byte| format!("{byte:02x}")).collect()
}
