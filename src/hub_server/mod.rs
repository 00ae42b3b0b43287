//! Answers as the registries of a simulated GitHub: `ghcr.io` and every other one that the hub's file names, over TLS under their own names, and on
//! one more port in plain HTTP for the engine of the machine, which is not reconfigured.
//!
//! It runs in the hub's container. The storage is a real registry (distribution) behind it; who may do what is decided here:
//!
//! * `site`: which registry is meant, and whose manners it has; `request`: what is asked of it;
//! * `access`: whether that is allowed; `refusal`: the real one's words where it is not;
//! * `npm`: GitHub's registry of npm's packages, which has a protocol and a storage of its own;
//! * [`admin`]: what `localspace` itself asks of a hub that runs.

mod access;
pub mod admin;
mod authority;
mod backend;
mod bearer;
mod desk;
mod forward;
mod learn;
mod listen;
mod log;
mod npm;
mod proof;
mod quiet;
mod refusal;
mod reply;
mod request;
mod site;
mod store;
mod token;
mod world;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tokio_util::sync::CancellationToken;

pub use access::Publication;
pub use site::{Site, Sites};

use crate::codespace::RepositoryName;
use crate::github::hub::{Hub, PackageName, PublishedBy, Visibility};
use access::Who;
use authority::{Authority, Names};
use backend::Backend;
use store::{Store, StoredPackage};
use world::World;

/// The port of the entrance without TLS, inside the container.
pub const LOOPBACK: u16 = 80;

/// Where a hub that runs finds its things.
#[derive(Debug, Clone)]
pub struct Places {
    /// The hub's file, in which every value stands.
    pub model: PathBuf,
    /// What outlives the container.
    pub data: PathBuf,
    /// What does not.
    pub runtime: PathBuf,
}

/// Why a hub does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A file, or a program.
    #[error("cannot {operation} {path}: {reason}")]
    Failed {
        /// What was tried.
        operation: &'static str,
        /// With what.
        path: String,
        /// Why.
        reason: String,
    },
    /// A name of a registry that nobody could ask for.
    #[error("{name} cannot be served as a registry: it wants a host name, in lower case, and perhaps a port")]
    Unfit {
        /// The name.
        name: String,
    },
    /// The certificates.
    #[error("cannot make a certificate: {reason}")]
    Certificate {
        /// Why.
        reason: String,
    },
    /// The storage.
    #[error("the hub's storage does not run: {reason}")]
    Storage {
        /// Why.
        reason: String,
    },
    /// A port.
    #[error("cannot listen on port {port}: {reason}")]
    Port {
        /// Which one.
        port: u16,
        /// Why.
        reason: String,
    },
}

/// Returns what makes an error of what went wrong with a file.
fn failed<E: std::fmt::Display>(operation: &'static str, path: &Path) -> impl FnOnce(E) -> ServeError {
    let path = path.display().to_string();
    move |error| ServeError::Failed { operation, path, reason: error.to_string() }
}

/// A hub that runs.
#[derive(Debug)]
struct Server {
    places: Places,
    authority: Authority,
    names: Arc<Names>,
    backend: Backend,
    store: tokio::sync::Mutex<Store>,
    npm: npm::Shelf,
    // A std lock: it is held for as long as a pointer takes to copy, and never across an await.
    world: RwLock<Arc<World>>,
}

/// Serves until it is cancelled, or something that it cannot do without ends.
pub async fn serve(places: Places, ended: CancellationToken) -> Result<(), ServeError> {
    std::fs::create_dir_all(&places.data).map_err(failed("make", &places.data))?;
    std::fs::create_dir_all(&places.runtime).map_err(failed("make", &places.runtime))?;
    let authority = Authority::of(&places.data)?;
    let store = Store::open(&places.data)?;
    let world = World::read(&places.model, &store)?;
    let (names, ports) = (Arc::new(Names::new(&authority, world.sites.hosts())?), world.sites.ports());
    let (backend, mut storage) = Backend::start(&places.data, &places.runtime).await?;
    let (store, world) = (tokio::sync::Mutex::new(store), RwLock::new(Arc::new(world)));
    let npm = npm::Shelf::new(&places.data);
    let server = Arc::new(Server { places, authority, names, backend, store, npm, world });
    let listening = listen::open(&server, &ports).await?;
    log::note("ready");
    let over = tokio::select! {
        () = ended.cancelled() => Ok(()),
        never = listening => match never {},
        error = storage.ended() => Err(error),
    };
    storage.end().await;
    over
}

impl Server {
    fn world(&self) -> Arc<World> {
        self.world.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins to answer from what is stored now.
    fn renew(&self, store: &Store) -> Result<(), ServeError> {
        let world = self.world().renewed(store)?;
        *self.world.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(world);
        Ok(())
    }

    /// Begins to answer from what the file says now, which is there whole.
    fn reload(&self, store: &Store) -> Result<(), ServeError> {
        let world = World::read(&self.places.model, store)?;
        self.names.set(&self.authority, world.sites.hosts())?;
        *self.world.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(world);
        Ok(())
    }

    /// Takes note of a push to a package: one that was not there becomes one.
    async fn published(&self, name: &PackageName, who: &Who, source: Option<RepositoryName>) -> Result<(), ServeError> {
        if self.world().hub.packages.contains_key(name) {
            return Ok(());
        }
        let mut store = self.store.lock().await;
        if self.world().hub.packages.contains_key(name) {
            return Ok(());
        }
        let package = new_package(&self.world().hub, name, who, source);
        log::note(format_args!("{name} is a new package, {}", package.visibility));
        store.add_package(name, package)?;
        self.renew(&store)
    }
}

/// Returns what a package is when it is first pushed (codespaces-facts.md section 3.1, "Inherit default").
fn new_package(hub: &Hub, name: &PackageName, who: &Who, source: Option<RepositoryName>) -> StoredPackage {
    let known = |wanted: &RepositoryName| {
        let is_own = wanted.owner().eq_ignore_ascii_case(name.owner());
        hub.repository(wanted).filter(|_| is_own)
    };
    let private = |repository: Option<RepositoryName>| {
        let linked = repository.as_ref().and_then(known).map(|(name, _)| name.to_string());
        let published_by = PublishedBy::PersonalAccessToken;
        StoredPackage { visibility: Visibility::Private, published_by, repository: linked }
    };
    match who {
        Who::Publisher(publication) => {
            let named = publication.repository.as_ref().and_then(|text| text.parse().ok());
            match (publication.published_by, named.as_ref().and_then(known)) {
                // Source document: "if the repository is public, the package is also public".
                (PublishedBy::Actions, Some((linked, repository))) => StoredPackage {
                    visibility: repository.visibility,
                    published_by: PublishedBy::Actions,
                    repository: Some(linked.to_string()),
                },
                (PublishedBy::Actions | PublishedBy::PersonalAccessToken, _) => private(named.or(source)),
            }
        }
        Who::Anonymous | Who::Codespace { .. } | Who::User { .. } | Who::Account { .. } => private(source),
    }
}
