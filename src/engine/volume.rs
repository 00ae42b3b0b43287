//! Volumes: listed and removed. They are made with the containers that have them.

use std::collections::{BTreeMap, HashMap};

use bollard::query_parameters::{ListVolumesOptionsBuilder, RemoveVolumeOptionsBuilder};

use super::client::Engine;
use super::container::LabelFilter;
use super::error::EngineError;

/// What a list says of a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeSummary {
    /// Its name.
    pub name: String,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

impl Engine {
    /// Returns the volumes that have every one of the labels.
    pub async fn volumes(&self, filters: &[LabelFilter]) -> Result<Vec<VolumeSummary>, EngineError> {
        let labels: Vec<String> = filters.iter().map(|filter| filter.0.clone()).collect();
        let options =
            ListVolumesOptionsBuilder::default().filters(&HashMap::from([("label".to_owned(), labels)])).build();
        let listed = self.quick.list_volumes(Some(options)).await;
        let listed = listed.map_err(|error| self.explain("list", "its volumes", error))?;
        let summary = |volume: bollard::models::Volume| VolumeSummary {
            name: volume.name,
            created: volume.created_at.map_or(0, |time| time.timestamp()),
            labels: volume.labels.into_iter().collect(),
        };
        Ok(listed.volumes.unwrap_or_default().into_iter().map(summary).collect())
    }

    /// Removes a volume; one that is gone is no error.
    pub async fn remove_volume(&self, name: &str) -> Result<(), EngineError> {
        let options = RemoveVolumeOptionsBuilder::default().force(true).build();
        match self.docker.remove_volume(name, Some(options)).await {
            Ok(()) => Ok(()),
            Err(error) => match self.explain("remove the volume", name, error) {
                error if error.is_not_found() => Ok(()),
                error => Err(error),
            },
        }
    }
}
