//! A repository's dev container configuration: found, read, merged with image metadata, its variables replaced.
//!
//! Knows no Docker, no GitHub and no environment: text and values come in, values go out. Source of the rules: the dev container
//! specification, and `devcontainer-semantics.md` where the reference CLI differs.

mod command;
mod config;
mod document;
mod image_reference;
mod known;
mod locate;
mod merged;
mod mount;
mod nearest;
mod properties;
mod reader;
mod remarks;
mod variables;

pub use command::{LifecycleCommand, SingleCommand};
pub use config::DevContainer;
pub use document::{ConfigError, Spanned};
pub use image_reference::ImageReference;
pub use locate::{Located, locate};
pub use merged::{MergedConfiguration, SourcedCommand, merge, read_label, substitute};
pub use mount::Mount;
pub use nearest::nearest;
pub use properties::{Properties, UserEnvProbe};
pub use variables::Variables;
