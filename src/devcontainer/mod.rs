//! A repository's dev container configuration: found, read, merged with image metadata, its variables replaced.
//!
//! Knows no Docker, no GitHub and no environment: text and values come in, values go out. Source of the rules: the dev container
//! specification, and `devcontainer-semantics.md` where the reference CLI differs.

mod config;
mod document;
mod locate;
mod merged;
mod properties;
mod variables;

pub use config::DevContainer;
pub use document::{ConfigError, Spanned};
pub use locate::{Located, locate};
pub use merged::{MergedConfiguration, SourcedCommand, merge, read_label, substitute};
pub use properties::{LifecycleCommand, Mount, Properties, SingleCommand, UserEnvProbe};
pub use variables::Variables;
