//! Networks: found by their labels, and removed.

use std::collections::HashMap;

use bollard::query_parameters::ListNetworksOptionsBuilder;

use super::client::Engine;
use super::container::LabelFilter;
use super::error::EngineError;

impl Engine {
    /// Returns the ids of the networks that have every one of the labels.
    pub async fn networks(&self, filters: &[LabelFilter]) -> Result<Vec<String>, EngineError> {
        let labels: Vec<String> = filters.iter().map(|filter| filter.0.clone()).collect();
        let options =
            ListNetworksOptionsBuilder::default().filters(&HashMap::from([("label".to_owned(), labels)])).build();
        let listed = self.quick.list_networks(Some(options)).await;
        let listed = listed.map_err(|error| self.explain("list", "its networks", error))?;
        Ok(listed.into_iter().filter_map(|network| network.id).collect())
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
