//! What each phase does to a real container.
//!
//! [`EngineRunner`] carries the phases out ([`crate::lifecycle::StepRunner`]) for an [`Order`], each phase in a module of its own:
//! `initialize`, `image`, `create`, `hook`, `login`. `create` ends with what is known of a container that runs (`running`): who the
//! remote user is, what a login shell of theirs has in its environment (`probe`), what has succeeded there (`marks`). Part of it is `kept`.
//!
//! A command of a hook (`command`) and a command of the user's own (`session`) run in a shell that takes its text from standard input
//! (`gate`). The shell text itself is made in `shell`, and is pure. `processes` ends them, and stops the container.

mod choices;
mod codespaces;
mod command;
mod compose;
mod container;
mod create;
mod creation_log;
mod disk;
mod dotfiles;
mod etc;
mod failure;
mod flags;
mod gate;
mod heard;
mod hook;
mod hub;
mod image;
mod image_facts;
mod initialize;
mod kept;
mod limits;
mod login;
mod login_trial;
mod marks;
mod named_file;
mod order;
mod pack;
mod phases;
mod ports;
mod probe;
mod processes;
mod pump;
mod recovery;
mod remote_user;
mod requirements;
mod run_args;
mod runner;
mod running;
mod session;
mod settle;
mod shared;
mod shell;
mod snapshot;
mod uid;
mod unpack;
mod workspace;

pub use choices::{Cache, Dotfiles, ImageUse, LockfileUse, OnFailure, Workspaces};
pub use compose::end as end_compose;
pub use creation_log::LogPiece;
pub use disk::{Disk, DiskError, look_image};
pub use dotfiles::DOTFILES;
pub use hub::HubAccess;
pub use image::{BuildOptions, image_base, image_repository};
pub use image_facts::image_facts;
pub use kept::Kept;
pub use login_trial::{LoginTrial, Tried};
pub use order::{Bind, Order, found_by};
pub use ports::{Listener, Relays, listening};
pub use processes::stop;
pub use recovery::{RECOVERY_IMAGE, recovery_configuration};
pub use run_args::RunArgs;
pub use runner::EngineRunner;
pub use session::{Session, SessionOrder};
pub use snapshot::{
    Keepsake, KeptPrebuild, Prebuilt, SnapshotError, Taken, Taking, remove as remove_prebuild,
    sweep as sweep_prebuilds, sweep_among as sweep_prebuilds_among,
};
pub use uid::Ids;
