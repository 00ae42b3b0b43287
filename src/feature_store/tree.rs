//! A Feature's files, written into a folder of our own: nothing outside of it is written or led to, and there is an end to it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use super::links;

/// The most that is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Files, folders and links.
    pub(super) entries: usize,
    /// Bytes, all files together.
    pub(super) bytes: u64,
    /// Folders in folders.
    pub(super) depth: usize,
}

/// Room for any Feature: the largest known ones bring a few megabytes.
pub(super) const BOUNDS: Bounds = Bounds { entries: 20_000, bytes: 1 << 30, depth: 64 };

/// A tree that is being written.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    root: &'a Path,
    bounds: Bounds,
    entries: usize,
    bytes: u64,
}

/// Why an entry is not written.
#[derive(Debug)]
pub(super) enum Fault {
    /// It is not taken, in words that fit behind its path.
    Refused(String),
    /// It could not be read or written.
    Disk(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

fn refused<T>(reason: &str) -> Result<T, Fault> {
    Err(Fault::Refused(reason.to_owned()))
}

impl<'a> Tree<'a> {
    /// Begins one in an empty folder.
    pub(super) fn new(root: &'a Path, bounds: Bounds) -> Self {
        Self { root, bounds, entries: 0, bytes: 0 }
    }

    /// Makes a folder; the tree's own is there already.
    pub(super) fn folder(&mut self, path: &Path) -> Result<(), Fault> {
        let (parts, full) = self.place(path)?;
        if parts == 0 {
            return Ok(());
        }
        self.count()?;
        self.make_folders(&full)
    }

    /// Writes a file, of what `content` has. Only the bits of `mode` that say who may do what count, and its owner may always read and write.
    pub(super) fn file(&mut self, path: &Path, mode: u32, content: &mut impl Read) -> Result<(), Fault> {
        let full = self.new_entry(path)?;
        let mode = (mode & 0o777) | 0o600;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&full)?;
        let left = self.bounds.bytes - self.bytes;
        let count = io::copy(&mut content.take(left + 1), &mut file)?;
        if count > left {
            return refused(&format!("its files have more than {} bytes in all", self.bounds.bytes));
        }
        self.bytes += count;
        file.set_permissions(PermissionsExt::from_mode(mode))?;
        Ok(())
    }

    /// Makes a symbolic link.
    pub(super) fn link(&mut self, path: &Path, target: &Path) -> Result<(), Fault> {
        let full = self.new_entry(path)?;
        let (parts, _) = self.place(path)?;
        if !links::stays(parts - 1, target) {
            return refused(&format!("it is a link that leads out of the Feature, to {}", target.display()));
        }
        symlink(target, &full)?;
        Ok(())
    }

    /// Writes a file that is another's equal: one that the tree has already.
    pub(super) fn copy(&mut self, path: &Path, of: &Path) -> Result<(), Fault> {
        let ((_, from), (_, to)) = (self.place(of)?, self.place(path)?);
        if from == to {
            return refused("it is a link to itself");
        }
        self.no_links_around(&from)?;
        let Ok(about) = from.symlink_metadata() else { return refused("it is a link to a file that is not there") };
        if !about.is_file() {
            return refused("it is a link to what is no file");
        }
        let mut content = File::open(&from)?;
        self.file(path, about.permissions().mode(), &mut content)
    }

    /// Makes room for an entry: its folders, and nothing of its name.
    fn new_entry(&mut self, path: &Path) -> Result<PathBuf, Fault> {
        let (parts, full) = self.place(path)?;
        if parts == 0 {
            return refused("it is the Feature's folder, and no folder");
        }
        self.count()?;
        self.make_folders(full.parent().unwrap_or(self.root))?;
        match full.symlink_metadata() {
            Ok(about) if about.is_dir() => return refused("it is a folder already"),
            // The last of several counts, as for tar.
            Ok(_) => std::fs::remove_file(&full)?,
            Err(_) => {}
        }
        Ok(full)
    }

    /// Returns how many parts a path has, and where it is on the disk.
    fn place(&self, path: &Path) -> Result<(usize, PathBuf), Fault> {
        let mut full = self.root.to_owned();
        let mut parts = 0;
        for part in path.components() {
            match part {
                Component::CurDir => {}
                Component::Normal(name) => {
                    full.push(name);
                    parts += 1;
                }
                Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                    return refused("its path leads out of the Feature");
                }
            }
        }
        if parts > self.bounds.depth {
            return refused(&format!("it is in more than {} folders", self.bounds.depth));
        }
        Ok((parts, full))
    }

    fn count(&mut self) -> Result<(), Fault> {
        self.entries += 1;
        if self.entries > self.bounds.entries {
            return refused(&format!("there are more than {} files", self.bounds.entries));
        }
        Ok(())
    }

    /// Makes the folders that are not there; a link or a file in place of one is not followed.
    fn make_folders(&self, folder: &Path) -> Result<(), Fault> {
        self.no_links_around(&folder.join("x"))?;
        std::fs::create_dir_all(folder)?;
        Ok(())
    }

    fn no_links_around(&self, full: &Path) -> Result<(), Fault> {
        for folder in
            full.ancestors().skip(1).take_while(|folder| folder.starts_with(self.root) && *folder != self.root)
        {
            match folder.symlink_metadata() {
                Ok(about) if !about.is_dir() => return refused("what is around it is no folder"),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Bounds = Bounds { entries: 8, bytes: 10, depth: 3 };

    fn refusal(result: Result<(), Fault>) -> String {
        match result {
            Err(Fault::Refused(reason)) => reason,
            Err(Fault::Disk(error)) => format!("disk: {error}"),
            Ok(()) => "taken".to_owned(),
        }
    }

    #[test]
    fn files_are_written_with_their_modes() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut tree = Tree::new(folder.path(), SMALL);
        for (path, mode, expected) in [("a/x", 0o4755, 0o755), ("./a/y", 0o000, 0o600), ("a/x", 0o644, 0o644)] {
            tree.file(Path::new(path), mode, &mut &b"123"[..]).expect("written");
            let about = folder.path().join(path).metadata().expect("there");
            assert_eq!(about.permissions().mode() & 0o7777, expected, "{path}");
        }
        tree.copy(Path::new("z"), Path::new("a/x")).expect_err("ten bytes are all");
    }

    #[test]
    fn nothing_is_written_outside() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("root");
        std::fs::create_dir(&root).expect("made");
        let mut tree = Tree::new(&root, BOUNDS);
        let mut file = |path: &str| refusal(tree.file(Path::new(path), 0o644, &mut &b"x"[..]));
        for path in ["../x", "/x", "a/../../x", "a/.."] {
            assert_eq!(file(path), "its path leads out of the Feature", "{path}");
        }
        assert_eq!(file("."), "it is the Feature's folder, and no folder");
        assert_eq!(std::fs::read_dir(folder.path()).expect("there").count(), 1);
    }

    #[test]
    fn a_link_is_neither_followed_nor_led_out_by() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("root");
        std::fs::create_dir(&root).expect("made");
        let mut tree = Tree::new(&root, BOUNDS);
        let link =
            |tree: &mut Tree<'_>, path: &str, target: &str| refusal(tree.link(Path::new(path), Path::new(target)));
        assert_eq!(link(&mut tree, "here", "."), "it is a link that leads out of the Feature, to .");
        assert_eq!(link(&mut tree, "d/up", ".."), "taken");
        assert_eq!(link(&mut tree, "out", "d/up/.."), "it is a link that leads out of the Feature, to d/up/..");
        assert!(link(&mut tree, "etc", "/etc").contains("leads out"));
        // Through a link that stays inside, nothing is written either.
        assert_eq!(refusal(tree.file(Path::new("d/up/x"), 0o644, &mut &b""[..])), "what is around it is no folder");
        assert_eq!(refusal(tree.folder(Path::new("d/up/y"))), "what is around it is no folder");
        assert_eq!(refusal(tree.folder(Path::new("d/up"))), "what is around it is no folder");
        assert_eq!(refusal(tree.copy(Path::new("z"), Path::new("d/up/x"))), "what is around it is no folder");
        // A file takes the place of a link, and not of what it leads to.
        assert_eq!(link(&mut tree, "l", "d/target"), "taken");
        assert_eq!(refusal(tree.file(Path::new("l"), 0o644, &mut &b"new"[..])), "taken");
        assert!(!root.join("d/target").exists() && root.join("l").symlink_metadata().expect("there").is_file());
        assert_eq!(refusal(tree.copy(Path::new("q"), Path::new("d/up"))), "it is a link to what is no file");
        assert_eq!(refusal(tree.copy(Path::new("q"), Path::new("gone"))), "it is a link to a file that is not there");
        assert_eq!(refusal(tree.copy(Path::new("l"), Path::new("l"))), "it is a link to itself");
    }

    #[test]
    fn there_is_an_end_to_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut tree = Tree::new(folder.path(), SMALL);
        assert_eq!(refusal(tree.file(Path::new("a/b/c/d"), 0, &mut &b""[..])), "it is in more than 3 folders");
        let endless = refusal(tree.file(Path::new("a"), 0, &mut std::io::repeat(b'x')));
        assert_eq!(endless, "its files have more than 10 bytes in all");
        let mut last = String::new();
        for name in 0..10 {
            last = refusal(tree.folder(Path::new(&name.to_string())));
        }
        assert_eq!(last, "there are more than 8 files");
    }
}
