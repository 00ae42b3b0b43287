//! A repository's dev container configuration: found, read, merged with image metadata, its variables replaced.
//!
//! Knows no Docker, no GitHub and no environment: text and values come in, values go out. Source of the rules: the dev container
//! specification, and `devcontainer-semantics.md` where the reference CLI differs.

mod added;
mod advice;
mod app_port;
mod changes;
mod command;
mod config;
mod configuration;
mod container_source;
mod docker_ignore;
mod dockerfile;
mod document;
mod explain;
pub mod feature;
mod finding;
mod host_requirements;
#[cfg(test)]
mod hostile;
mod identity;
mod image_reference;
mod jsonc;
mod locate;
mod machine;
mod merge;
mod merged;
mod mount;
mod old_properties;
mod ports;
mod properties;
mod read_configuration;
mod reader;
mod recommended;
mod repositories;
mod schema;
mod truthy;
mod variables;
mod workspace;
mod yaml;

pub use added::added;
pub use advice::{Advice, ImageFacts, Known, Named, RepositoryFiles, Script, advise, base_image, uses_variable};
pub use app_port::AppPort;
pub use changes::{changed, fingerprint};
pub use command::{LifecycleCommand, SingleCommand};
pub use config::DevContainer;
pub use configuration::{Configuration, DEFAULT_IMAGE, Kind};
pub use container_source::{ComposeService, ContainerSource, DockerfileBuild};
pub use docker_ignore::{DockerIgnore, IgnoreFault};
pub use dockerfile::{Dockerfile, NamedImage, Syntax, renamed};
pub use document::{ConfigError, Spanned};
pub use explain::{Explained, Source, explain};
pub use finding::{Finding, Rule, Severity};
pub use identity::devcontainer_id;
pub use image_reference::ImageReference;
pub use locate::{Located, locate};
pub use machine::{Machine, shortages, wants_gpu};
pub use merge::{Effective, Entry, Origin, document, merge};
pub use merged::{MergedConfiguration, SourcedCommand, read_label, substitute};
pub use mount::{Mount, MountOptions};
pub use ports::{PortAttributes, Ports};
pub use properties::{Properties, UserEnvProbe};
pub use read_configuration::{Effect, Found, FoundBy, Own, effect};
pub use recommended::RecommendedSecret;
pub use variables::Variables;
