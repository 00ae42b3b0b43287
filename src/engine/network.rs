//! Networks: found by their labels, and removed.

use std::collections::{BTreeMap, HashMap};

use bollard::query_parameters::{ListContainersOptionsBuilder, ListNetworksOptionsBuilder};

use super::client::Engine;
use super::container::{ContainerId, LabelFilter};
use super::error::EngineError;

/// A network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkSummary {
    /// Its name.
    pub name: String,
    /// The addresses that it has, as `10.0.0.0/24`.
    pub subnets: Vec<String>,
    /// The address of the engine's machine in it.
    pub gateway: Option<String>,
}

/// Whether a container is in a network that it was brought into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// It is.
    Yes,
    /// It has none of its own that could be joined with it.
    NoNetworkOfItsOwn,
}

impl Engine {
    /// Returns every network, with its addresses.
    pub async fn all_networks(&self) -> Result<Vec<NetworkSummary>, EngineError> {
        let listed = self.quick.list_networks(None).await;
        let listed = listed.map_err(|error| self.explain("list", "its networks", error))?;
        let summary = |network: bollard::models::Network| {
            let pools = network.ipam.and_then(|ipam| ipam.config).unwrap_or_default();
            NetworkSummary {
                name: network.name.unwrap_or_default(),
                gateway: pools.iter().find_map(|pool| pool.gateway.clone()),
                subnets: pools.into_iter().filter_map(|pool| pool.subnet).collect(),
            }
        };
        Ok(listed.into_iter().map(summary).collect())
    }

    /// Makes a network, and returns its id. The engine lets several have one name: whoever makes one has looked for it before.
    pub async fn create_network(&self, name: &str, labels: &BTreeMap<String, String>) -> Result<String, EngineError> {
        let request = bollard::models::NetworkCreateRequest {
            name: name.to_owned(),
            labels: Some(labels.clone().into_iter().collect()),
            ..bollard::models::NetworkCreateRequest::default()
        };
        let made = self.docker.create_network(request).await;
        made.map(|made| made.id).map_err(|error| self.explain("make the network", name, error))
    }

    /// Returns the ids of the networks that have every one of the labels.
    pub async fn networks(&self, filters: &[LabelFilter]) -> Result<Vec<String>, EngineError> {
        let labels: Vec<String> = filters.iter().map(|filter| filter.0.clone()).collect();
        let options =
            ListNetworksOptionsBuilder::default().filters(&HashMap::from([("label".to_owned(), labels)])).build();
        let listed = self.quick.list_networks(Some(options)).await;
        let listed = listed.map_err(|error| self.explain("list", "its networks", error))?;
        Ok(listed.into_iter().filter_map(|network| network.id).collect())
    }

    /// Brings a container into a network, in which it may be already.
    pub async fn join_network(&self, network: &str, container: &ContainerId) -> Result<Joined, EngineError> {
        let request = bollard::models::NetworkConnectRequest {
            container: container.as_str().to_owned(),
            ..bollard::models::NetworkConnectRequest::default()
        };
        let Err(error) = self.docker.connect_network(network, request).await else { return Ok(Joined::Yes) };
        let error = self.explain("bring the container into the network", network, error);
        match error.to_string() {
            said if said.contains("already exists in network") => Ok(Joined::Yes),
            // The engine's words for `host`, `none` and `container:…`.
            said if said.contains("cannot be connected") || said.contains("sharing network namespace") => {
                Ok(Joined::NoNetworkOfItsOwn)
            }
            _ => Err(error),
        }
    }

    /// Removes a network; one that is gone is no error. Returns whether it is gone: not so where a container is in it, also one that does not run,
    /// which the engine would let go of and never start again.
    pub async fn remove_unused_network(&self, id: &str, name: &str) -> Result<bool, EngineError> {
        // A container that was never started knows it by its name alone.
        let filters = HashMap::from([("network".to_owned(), vec![id.to_owned(), name.to_owned()])]);
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        let inside = self.quick.list_containers(Some(options)).await;
        if !inside.map_err(|error| self.explain("list", "the containers of a network", error))?.is_empty() {
            return Ok(false);
        }
        match self.remove_network(id).await {
            Ok(()) => Ok(true),
            Err(error) if error.to_string().contains("active endpoints") => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Removes a network; one that is gone is no error.
    pub async fn remove_network(&self, id: &str) -> Result<(), EngineError> {
        match self.docker.remove_network(id).await {
            Ok(()) => Ok(()),
            Err(error) => match self.explain("remove the network", id, error) {
                error if error.is_not_found() => Ok(()),
                error => Err(error),
            },
        }
    }
}
