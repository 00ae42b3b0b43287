//! What a run may be asked for.

use std::collections::BTreeMap;

/// What is in a codespace's `/workspaces` before its container is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workspaces {
    /// Nothing: the repository is put there.
    Empty,
    /// The work of somebody whose container is replaced, or was removed behind our back: it is left as it is.
    Kept,
}

/// Whether what the engine has of images is good enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cache {
    /// It is.
    Used,
    /// It is not (`rebuild --full`): images are pulled and built anew, and of the volumes only that of `/workspaces` stays.
    Ignored,
}

/// What is done where a codespace cannot be made, up to and including the phase that `waitFor` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnFailure {
    /// What there is of it is kept for a look.
    Keep,
    /// A recovery container of this image takes its place (`--recovery`).
    Recover {
        /// The image.
        image: String,
    },
}

/// What an image is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageUse {
    /// A codespace's container is made from it.
    Codespace,
    /// It is wanted for itself, under a name and with labels of somebody's own.
    Alone {
        /// Its name.
        name: String,
        /// Its labels.
        labels: BTreeMap<String, String>,
    },
}

/// What becomes of the lockfile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LockfileUse {
    /// It is written where it is not that of today.
    #[default]
    Written,
    /// It has to be that of today (`--frozen-lockfile`).
    Frozen,
    /// It stays as it is, and where it is not that of today, that is said: nothing of the repository is left but an image.
    Told,
}

/// Dotfiles that are to be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dotfiles {
    /// Anything that git can clone, as seen from the container.
    pub repository: String,
    /// What installs them; one of the usual scripts where absent.
    pub install: Option<String>,
    /// Where to, in the container.
    pub target: String,
}
