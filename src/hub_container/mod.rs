//! The container of a hub: made, found, asked, removed. What runs in it is [`crate::hub_server`].
//!
//! What a codespace of a hub needs of it stands in [`RunningHub`]: [`RunningHub::place`] tells its network, its address, its registries' names and
//! the authority to trust; [`RunningHub::issue_token`] and [`RunningHub::revoke_token`] are a codespace's `GITHUB_TOKEN`.

mod error;
mod identity;
mod names;
mod publish;
mod removal;
mod running;
mod up;

pub use crate::hub_server::admin::Explained;
pub use error::HubError;
pub use identity::HubId;
pub use publish::Published;
pub use removal::{Kept, remove, sweep_network};
pub use running::{HubPlace, RunningHub};
pub use up::{UpOrder, up};

use crate::engine::{ContainerSummary, Engine, EngineError, LabelFilter};

/// The image that has the storage's program.
pub const STORAGE_IMAGE: &str = "registry:2";

/// Returns the containers of every hub of a home.
pub async fn all(engine: &Engine, home: &str) -> Result<Vec<ContainerSummary>, EngineError> {
    use crate::codespace::label;
    engine.containers(&[LabelFilter::has(label::HUB), LabelFilter::is(label::HOME, home)]).await
}
