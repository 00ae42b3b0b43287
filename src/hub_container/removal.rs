//! A hub taken down.

use super::identity::HubId;
use super::publish::{sweep, sweep_pulled};
use crate::codespace::label;
use crate::engine::{Engine, EngineError};

/// What of a hub stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// What is stored: packages, its authority, its tokens.
    Volume,
    /// Nothing.
    Nothing,
}

/// Removes the network of a hub that was taken down while a codespace was in it, once nothing is.
pub async fn sweep_network(engine: &Engine, id: &HubId) -> Result<(), EngineError> {
    if engine.containers(&id.filters()).await?.is_empty() {
        for network in engine.networks(&id.filters()).await? {
            let _in_use = engine.remove_unused_network(&network, &id.name()).await?;
        }
    }
    Ok(())
}

/// Removes a hub's container and its network, and what is stored if that is not kept. Returns whether the network is gone: not so while a codespace is
/// in it, running or not.
pub async fn remove(engine: &Engine, id: &HubId, kept: Kept) -> Result<bool, EngineError> {
    for container in engine.containers(&id.filters()).await? {
        if let Some(port) = container.labels.get(label::HUB_PORT) {
            sweep(engine, port).await?;
            sweep_pulled(engine, port).await?;
        }
        engine.remove(&container.id).await?;
    }
    let mut gone = true;
    for network in engine.networks(&id.filters()).await? {
        gone &= engine.remove_unused_network(&network, &id.name()).await?;
    }
    if kept == Kept::Nothing {
        for volume in engine.volumes(&id.filters()).await? {
            engine.remove_volume(&volume.name).await?;
        }
    }
    Ok(gone)
}
