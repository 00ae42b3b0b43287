//! Files from one folder into another, which is empty: nothing there is written over, and nothing is written through a link.

use std::collections::{HashMap, HashSet};
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::RepositoryError;

/// Which files.
#[derive(Debug)]
pub(super) enum Names {
    /// These, as paths in the folder.
    These(Vec<PathBuf>),
    /// All that are there.
    All,
}

/// Copies files and symbolic links with their modes and times; returns what is neither. What is gone meanwhile is left out.
pub(super) async fn copy(from: &Path, to: &Path, names: Names) -> Result<Vec<PathBuf>, RepositoryError> {
    let (from, to) = (from.to_owned(), to.to_owned());
    // A thread cannot be dropped: it is told that nobody waits for it any more.
    let given_up = CancellationToken::new();
    let _guard = given_up.clone().drop_guard();
    let copied = tokio::task::spawn_blocking(move || {
        let mut copier = Copier::new(from, to, given_up);
        match names {
            Names::These(names) => names.iter().try_for_each(|name| copier.take(name))?,
            Names::All => copier.take_folder(Path::new(""))?,
        }
        Ok(copier.neither)
    });
    copied.await.unwrap_or_else(|panic| Err(disk("copy", Path::new("the working tree"))(std::io::Error::other(panic))))
}

struct Copier {
    from: PathBuf,
    to: PathBuf,
    given_up: CancellationToken,
    /// Folders that were made there: only into those is anything written, so never through a link.
    made: HashSet<PathBuf>,
    /// Whether a path is a folder here, and no part of it a link: git knows nothing behind one.
    folders: HashMap<PathBuf, bool>,
    neither: Vec<PathBuf>,
}

fn disk(operation: &'static str, path: &Path) -> impl Fn(std::io::Error) -> RepositoryError {
    let path = path.display().to_string();
    move |source| RepositoryError::Disk { operation, path: path.clone(), source }
}

impl Copier {
    fn new(from: PathBuf, to: PathBuf, given_up: CancellationToken) -> Self {
        let (made, folders) = (HashSet::from([PathBuf::new()]), HashMap::from([(PathBuf::new(), true)]));
        Self { from, to, given_up, made, folders, neither: Vec::new() }
    }

    fn take(&mut self, name: &Path) -> Result<(), RepositoryError> {
        let inside = name.parent().unwrap_or(Path::new(""));
        if !self.is_folder(inside) || self.given_up.is_cancelled() {
            return Ok(());
        }
        let source = self.from.join(name);
        let about = match source.symlink_metadata() {
            Ok(about) => about,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(disk("read", &source)(error)),
        };
        let target = self.to.join(name);
        if about.is_symlink() {
            self.make(inside)?;
            let link = fs::read_link(&source).map_err(disk("read", &source))?;
            std::os::unix::fs::symlink(link, &target).map_err(disk("write", &target))
        } else if about.is_file() {
            self.make(inside)?;
            let mut reading = fs::File::open(&source).map_err(disk("read", &source))?;
            let options = OpenOptions::new().write(true).create_new(true).mode(0o600).clone();
            let mut writing = options.open(&target).map_err(disk("write", &target))?;
            std::io::copy(&mut reading, &mut writing).map_err(disk("copy", &source))?;
            let times = about.modified().map(|modified| fs::FileTimes::new().set_modified(modified));
            times.and_then(|times| writing.set_times(times)).map_err(disk("write", &target))?;
            let mode = Permissions::from_mode(about.mode() & 0o777);
            writing.set_permissions(mode).map_err(disk("write", &target))
        } else {
            // The folder of a submodule, or one where git knows a file.
            if !about.is_dir() {
                self.neither.push(name.to_owned());
            }
            Ok(())
        }
    }

    /// Takes everything in a folder.
    fn take_folder(&mut self, inside: &Path) -> Result<(), RepositoryError> {
        let folder = self.from.join(inside);
        let identity = |path: &Path| path.symlink_metadata().map(|about| (about.dev(), about.ino())).ok();
        // The copy itself may lie in the folder that is copied.
        if identity(&folder) == identity(&self.to) || self.given_up.is_cancelled() {
            return Ok(());
        }
        self.make(inside)?;
        for entry in fs::read_dir(&folder).map_err(disk("read", &folder))? {
            let entry = entry.map_err(disk("read", &folder))?;
            let name = inside.join(entry.file_name());
            if entry.file_type().map_err(disk("read", &folder))?.is_dir() {
                self.take_folder(&name)?;
            } else {
                self.take(&name)?;
            }
        }
        Ok(())
    }

    fn is_folder(&mut self, path: &Path) -> bool {
        if let Some(known) = self.folders.get(path) {
            return *known;
        }
        let known = path.parent().is_some_and(|inside| self.is_folder(inside))
            && self.from.join(path).symlink_metadata().is_ok_and(|about| about.is_dir());
        self.folders.insert(path.to_owned(), known);
        known
    }

    /// Makes a folder there, and those around it.
    fn make(&mut self, path: &Path) -> Result<(), RepositoryError> {
        if self.made.contains(path) {
            return Ok(());
        }
        if let Some(inside) = path.parent() {
            self.make(inside)?;
        }
        let target = self.to.join(path);
        DirBuilder::new().mode(0o700).create(&target).map_err(disk("make", &target))?;
        let mode = self.from.join(path).symlink_metadata().map_or(0o755, |about| about.mode() & 0o777 | 0o700);
        fs::set_permissions(&target, Permissions::from_mode(mode)).map_err(disk("make", &target))?;
        self.made.insert(path.to_owned());
        Ok(())
    }
}
