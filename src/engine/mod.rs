//! One Docker Engine: the only module that knows bollard.
//!
//! Everything here is a plain question or order to the engine ("inspect", "create", "run this in that container"); what they are
//! for is decided in [`crate::steps`]. Types that leave this module are ours.
//!
//! * [`endpoint`]: which engine, by the rules of the `docker` command;
//! * [`Engine`]: the connection, and what it is asked about images, containers and volumes;
//! * [`ExecSession`]: one command in a container, its streams and its end.

mod archive;
mod build;
mod client;
mod container;
pub mod endpoint;
mod error;
mod exec;
mod extra;
mod image;
mod limits;
mod network;
mod snapshot;
mod spec;
mod volume;

pub use archive::{Found, SmallFile};
pub use build::{Build, BuildEvent, BuildFailure, BuildSpec, FailedStep, Reuse};
pub use client::{Engine, EngineMachine, EngineVersion, architecture};
pub use container::{
    ContainerDetails, ContainerId, ContainerState, ContainerSummary, LabelFilter, MountedVolume, Printed,
};
pub use endpoint::Endpoint;
pub use error::EngineError;
pub use exec::{Chunk, ExecInput, ExecOutput, ExecSession, ExecSpec, Powers, TerminalSize};
pub use extra::{CgroupNamespace, ExtraOptions, GpuRequest, PortSpec, Ulimit};
pub use image::{ImageDetails, ImageSummary, Pull, Push, Refusal, RegistryCredentials, refusal};
pub use limits::{DiskLimits, HealthCheck};
pub use network::{Joined, NetworkSummary};
pub use snapshot::{LabelledImage, Layer, RanToEnd};
pub use spec::{ContainerSpec, MountDetails, MountKind, MountSpec, Restart, StandardInput};
pub use volume::VolumeSummary;
