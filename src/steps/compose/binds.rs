//! What a service mounts of the repository, as a part of the codespace's `/workspaces`.
//!
//! Codespaces' compose binds its machine's clone. Here the clone on this machine is gone once it is in the volume, and the engine may be
//! elsewhere: a bind of the repository is a part of that volume (Engine 26, `volume.subpath`).

use std::path::Path;

use serde_json::{Value, json};

use crate::compose::{Way, way};

/// The key of the volume of `/workspaces` in a project; no other is called so, as a key of compose's has no space.
pub(super) const WORKSPACES: &str = "localspace.workspaces";

/// Where the Docker socket is.
const SOCKETS: [&str; 2] = ["/var/run/docker.sock", "/run/docker.sock"];

/// The repository on this machine, and in the volume.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repository<'a> {
    /// Its folder on this machine, without links.
    pub(super) root: &'a Path,
    /// Its folder in the volume.
    pub(super) name: &'a str,
}

/// What becomes of a bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bound {
    /// It stays a bind: the Docker socket.
    AsItIs,
    /// A part of the volume; the whole where the path is empty.
    Part {
        /// The path in the volume.
        path: String,
        /// Whether that is not in the repository: compose would make the folder.
        missing: bool,
    },
    /// It is of something else on this machine.
    Outside,
}

impl Repository<'_> {
    /// Returns what a bind of a path is.
    pub(super) fn bound(&self, source: &str) -> Bound {
        if SOCKETS.contains(&source) {
            return Bound::AsItIs;
        }
        let part = |below: &Path, missing| {
            let path = Path::new(self.name).join(below).display().to_string();
            Bound::Part { path: path.trim_end_matches('/').to_owned(), missing }
        };
        // The folder around the clone is GitHub's workspace folder too: `../..:/workspaces` in the common templates.
        if self.root.parent().is_some_and(|around| around == Path::new(source)) {
            return Bound::Part { path: String::new(), missing: false };
        }
        match way(self.root, Path::new(source)) {
            Way::Inside(below) => part(&below, false),
            Way::Missing(below) => part(&below, true),
            Way::Outside => Bound::Outside,
        }
    }
}

/// Returns the mount of a part of the volume.
pub(super) fn part(path: &str, target: &str, read_only: bool) -> Value {
    let mut mount = json!({ "type": "volume", "source": WORKSPACES, "target": target, "volume": { "nocopy": true } });
    if let Some(volume) = mount.get_mut("volume").and_then(Value::as_object_mut).filter(|_| !path.is_empty()) {
        volume.insert("subpath".to_owned(), escaped(path).into());
    }
    if let Some(fields) = mount.as_object_mut().filter(|_| read_only) {
        fields.insert("read_only".to_owned(), true.into());
    }
    mount
}

/// Returns a text as compose reads it back: it replaces variables in the file that it is given.
pub(super) fn escaped(text: &str) -> String {
    text.replace('$', "$$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bind_of_the_repository_is_a_part_of_the_volume() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("there").join("app");
        std::fs::create_dir_all(root.join("db")).expect("made");
        std::fs::write(root.join("db/init.sql"), "").expect("written");
        std::os::unix::fs::symlink("db", root.join("link")).expect("linked");
        std::os::unix::fs::symlink("/etc", root.join("out")).expect("linked");
        let repository = Repository { root: &root, name: "app" };
        let part = |path: &str, missing| Bound::Part { path: path.to_owned(), missing };
        for (source, expected) in [
            ("ROOT", part("app", false)),
            ("ROOT/db/init.sql", part("app/db/init.sql", false)),
            ("ROOT/link/init.sql", part("app/db/init.sql", false)),
            ("ROOT/data/pg", part("app/data/pg", true)),
            ("ROOT/..", Bound::Outside),
            ("AROUND", part("", false)),
            ("AROUND/other", Bound::Outside),
            ("ROOT/out/passwd", Bound::Outside),
            ("/etc", Bound::Outside),
            ("/", Bound::Outside),
            ("/var/run/docker.sock", Bound::AsItIs),
        ] {
            let around = root.parent().expect("one").display().to_string();
            let source = source.replace("ROOT", &root.display().to_string()).replace("AROUND", &around);
            assert_eq!(repository.bound(&source), expected, "{source}");
        }
    }
}
