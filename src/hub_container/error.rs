//! What can go wrong with a hub's container.

use crate::engine::EngineError;

/// A hub that does not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The engine's fault.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// This program cannot run in a container.
    #[error("this localspace cannot be put into the hub's container: {reason}")]
    Executable {
        /// Why.
        reason: String,
    },
    /// A registry of the file has a name that nobody could ask for.
    #[error("{name} cannot be served as a registry: it wants a host name, in lower case, and perhaps a port")]
    Unfit {
        /// The name.
        name: String,
    },
    /// Its image cannot be had.
    #[error("the image {image} of the hub's storage cannot be pulled: {reason}")]
    Image {
        /// The image.
        image: String,
        /// Why.
        reason: String,
    },
    /// There is no hub of that file.
    #[error("no hub of {file} is up")]
    Down {
        /// The file.
        file: String,
    },
    /// It does not run as it should.
    #[error("the hub does not start: {reason}")]
    Unwell {
        /// What it said last.
        reason: String,
    },
    /// It answered, and would not.
    #[error("the hub would not: {reason}")]
    Refused {
        /// Its words.
        reason: String,
    },
    /// The engine has no such image.
    #[error("the engine has no image {image}")]
    NoImage {
        /// The image.
        image: String,
    },
    /// The image could be published under no name but its last one.
    #[error("the image {image} has no name")]
    Nameless {
        /// The image.
        image: String,
    },
    /// A tarball of npm's that cannot be published.
    #[error("{file} cannot be published: {reason}")]
    Tarball {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// A registry did not take what was pushed.
    #[error("{image} cannot be published: {reason}")]
    Push {
        /// The image's name.
        image: String,
        /// The registry's words.
        reason: String,
    },
}

impl HubError {
    /// Returns what to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Engine(error) => error.hint(),
            Self::Executable { .. } => {
                Some("it is to be a Linux program for the engine's own architecture: run localspace on such a machine".to_owned())
            }
            Self::Unfit { .. } => Some("mend it under `registries` of the hub's file".to_owned()),
            Self::Image { .. } => Some(
                "`make setup` makes a stand-in where nothing can be pulled; LOCALSPACE_HUB_IMAGE names another image that has distribution's registry"
                    .to_owned(),
            ),
            Self::Down { file } => Some(format!("localspace hub up {file}")),
            Self::Unwell { .. } => Some("`localspace hub down`, then `up`, makes it anew; what is stored stays".to_owned()),
            Self::NoImage { .. } => Some("`docker images` shows what it has".to_owned()),
            Self::Nameless { image } => Some(format!("give it one first: docker tag {image} NAME")),
            Self::Tarball { .. } => Some("`npm pack` makes one of a package".to_owned()),
            Self::Refused { .. } | Self::Push { .. } => None,
        }
    }
}
