//! A Docker Compose project of a repository: which files it has, what they come to, and the `docker compose` that says so.
//!
//! What a file means is decided by `docker compose config` alone. The files are the repository's, and compose reads them on this machine with
//! its user's rights, so they are looked through before (`confine`): nothing outside the repository is read, and what compose is given of
//! this machine is where programs and the engine are ([`Docker`]). What comes back is a [`Model`]; what a codespace makes of it is decided in
//! [`crate::steps`].

mod confine;
mod error;
mod files;
mod model;
mod paths;
mod profiles;
mod read;
mod request;
mod run;

pub use error::ComposeError;
pub use model::{Build, Model};
pub use paths::{Way, way};
pub use profiles::INLINE;
pub use read::{Project, read};
pub use request::Request;
pub use run::{Docker, Ends, Said, end, end_leftover};
