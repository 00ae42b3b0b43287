//! The hub that a codespace is in: its network, trust in its authority, the token that it gave (DESIGN section 6).

use super::gate::Gate;
use super::runner::EngineRunner;
use crate::codespace::RepositoryName;
use crate::engine::{ContainerId, EngineError, Joined};
use crate::feature_store::Loopback;
use crate::hub_container::{Explained, HubPlace, RunningHub};
use crate::lifecycle::StepFailure;
use crate::phase::Phase;
use crate::shell_word::quote;

/// Where the authority's certificate is for programs that look at no system's trust.
const CERTIFICATE: &str = "/etc/localspace/hub-ca.crt";

/// The variable by which Node.js finds it, which has a trust of its own: npm is one of its programs.
pub(super) const NODE_TRUST: (&str, &str) = ("NODE_EXTRA_CA_CERTS", CERTIFICATE);

/// A hub that runs, for one codespace of it.
#[derive(Debug, Clone)]
pub struct HubAccess {
    /// Where it is.
    pub place: HubPlace,
    /// Itself, to be asked.
    pub hub: RunningHub,
}

/// Why a hub does not give a codespace a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    /// The rule's name, and what it says of this package.
    pub(super) why: String,
    /// What changes it.
    pub(super) fix: Option<String>,
}

impl HubAccess {
    /// Returns the name under which the engine itself has an image of one of the hub's registries; nothing for any other image. In the hub's
    /// network it has its own name; the engine is in none.
    pub(super) fn for_engine(&self, reference: &str) -> Option<String> {
        for_engine(&self.place, reference)
    }

    /// Returns the registry that the engine asks.
    pub(super) fn server_for_engine(&self) -> String {
        format!("localhost:{}", self.place.port)
    }

    /// Returns where Features of the hub's registries are asked for.
    pub(super) fn for_features(&self) -> Loopback {
        let registries = self.place.about.registries.iter().map(|name| (name.clone(), HubPlace::folder_of(name)));
        Loopback { server: self.server_for_engine(), registries: registries.collect() }
    }

    /// Returns the rule by which a codespace of a repository may not have an image; nothing where that is not of GitHub's registry, may be had, or the hub
    /// does not say.
    pub(super) async fn refusal(&self, image: &str, repository: &RepositoryName) -> Option<Rule> {
        let explained = self.hub.explain(image, repository).await.ok()??;
        let Explained { is_allowed, rule, why, fix } = explained;
        (!is_allowed).then(|| Rule { why: format!("{rule}: {why}"), fix })
    }
}

impl EngineRunner {
    /// Returns what the engine said of a hub's images, with their own names. (BuildKit names a step as the first build did that wanted it, which may have been
    /// one of another hub's.)
    pub(super) fn own_names(&self, said: &str) -> String {
        self.hub.as_ref().map_or_else(|| said.to_owned(), |hub| hub.place.own_names(said))
    }
}

fn for_engine(place: &HubPlace, reference: &str) -> Option<String> {
    let (host, _) = reference.split_once('/')?;
    let is_here = place.about.hosts.iter().any(|name| name.eq_ignore_ascii_case(host));
    if is_here { place.local(reference) } else { None }
}

/// Brings a container that never ran into its hub's network. A nested engine that asks for a name before the hub's are known would go on asking
/// elsewhere for some seconds: Go reads `resolv.conf` anew every five. Where it cannot be in a network, [`join`] says so.
pub(super) async fn enter(runner: &EngineRunner, container: &ContainerId) -> Result<(), StepFailure> {
    if let Some(hub) = &runner.hub {
        let _said_later = runner.engine.join_network(&hub.place.network, container).await?;
    }
    Ok(())
}

/// Brings a container that runs into its hub's network, and lets what runs in it trust the hub. Neither wants a restart of anything.
pub(super) async fn join(runner: &EngineRunner, container: &ContainerId) -> Result<(), StepFailure> {
    let Some(hub) = &runner.hub else { return Ok(()) };
    match runner.engine.join_network(&hub.place.network, container).await? {
        Joined::Yes => {}
        Joined::NoNetworkOfItsOwn => {
            let message =
                "the container has the network of another one, or none: the hub's registries are not reached from it";
            let hint = "leave `--network=host`, `container:…` or `none` out of runArgs".to_owned();
            runner.warn(Phase::Create, message.to_owned(), Some(hint)).await;
        }
    }
    match trust(runner, container, hub).await {
        Ok(said) if said.is_empty() => Ok(()),
        Ok(said) => {
            let message = format!("the hub's authority is not trusted everywhere: {said}");
            runner.warn(Phase::Create, message, None).await;
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Puts the authority's certificate where a nested engine looks for it, and where the system's programs do. Returns what could not be done, in the
/// container's words.
async fn trust(runner: &EngineRunner, container: &ContainerId, hub: &HubAccess) -> Result<String, EngineError> {
    let text = script(&hub.place.about.ca_certificate, &hub.place.about.hosts);
    let said = Gate::open(&runner.engine, container, "root").await?.print(&text).await?;
    Ok(said.trim().to_owned())
}

/// What is there already is left as it is: to make a system's trust anew takes a second.
fn script(certificate: &str, hosts: &[String]) -> String {
    let hosts: Vec<String> = hosts.iter().map(|host| quote(host)).collect();
    format!(
        "{{\nca={ca}\n\
         put() {{ [ \"$(cat \"$1\" 2>/dev/null)\" = \"$ca\" ] && return 1; mkdir -p \"${{1%/*}}\" && printf '%s\\n' \"$ca\" >\"$1\"; }}\n\
         put {CERTIFICATE}\n\
         for host in {hosts}; do put \"/etc/docker/certs.d/$host/ca.crt\"; done\n\
         if command -v update-ca-certificates >/dev/null; then\n\
         put /usr/local/share/ca-certificates/localspace-hub.crt && update-ca-certificates >/dev/null 2>&1\n\
         elif command -v update-ca-trust >/dev/null; then\n\
         put /etc/pki/ca-trust/source/anchors/localspace-hub.crt && update-ca-trust >/dev/null 2>&1\n\
         else\nline=$(printf '%s\\n' \"$ca\" | sed -n 2p)\n\
         for all in /etc/ssl/certs/ca-certificates.crt /etc/ssl/cert.pem /etc/pki/tls/certs/ca-bundle.crt; do\n\
         [ -f \"$all\" ] && ! grep -qF \"$line\" \"$all\" && printf '%s\\n' \"$ca\" >>\"$all\"\ndone\nfi\n}} 2>&1\n:\n",
        ca = quote(certificate.trim()),
        hosts = hosts.join(" "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub_server::admin::About;

    #[test]
    fn the_engine_asks_on_the_loopback() {
        let about = About {
            ca_certificate: String::new(),
            registries: vec!["ghcr.io".to_owned()],
            hosts: vec!["ghcr.io".to_owned()],
            packages: Vec::new(),
        };
        let place = HubPlace { network: "n".to_owned(), address: "10.0.0.2".to_owned(), port: 20_001, about };
        assert_eq!(for_engine(&place, "ghcr.io/acme/api:1").as_deref(), Some("localhost:20001/ghcr.io/acme/api:1"));
        for other in ["busybox:1", "acme.azurecr.io/x", "acme/ghcr.io"] {
            assert_eq!(for_engine(&place, other), None, "{other}");
        }
    }
}
