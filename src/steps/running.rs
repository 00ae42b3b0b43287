//! A container that runs, and what the commands in it need to know.

use std::sync::Arc;

use super::command::{Ahead, Place};
use super::remote_user::RemoteUser;
use crate::devcontainer::MergedConfiguration;
use crate::engine::ContainerDetails;
use crate::plan::Marks;

/// A container that runs.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) place: Arc<Place>,
    pub(super) user: RemoteUser,
    /// The remote user's home.
    pub(super) home: String,
    /// When the container was last started, RFC 3339: what a mark of one start holds.
    pub(super) started_at: String,
    pub(super) merged: MergedConfiguration,
    pub(super) marks: Marks,
    /// The variables of every command, secrets apart.
    pub(super) env: Vec<(String, Option<String>)>,
    pub(super) ahead: Ahead,
}

/// What is known of a container before anything has run in it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) details: ContainerDetails,
    pub(super) merged: MergedConfiguration,
    pub(super) user: RemoteUser,
    pub(super) marks: Marks,
}
