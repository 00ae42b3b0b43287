//! What a service mounts of the repository, as a part of the codespace's `/workspaces`.
//!
//! Codespaces' compose binds its machine's clone. Here the clone on this machine is gone once it is in the volume, and the engine may be
//! elsewhere: a bind of the repository is a part of that volume (Engine 26, `volume.subpath`). A working tree that is mounted itself (`--bind`) stays
//! where it is, as with the reference CLI; what is outside of it is no more a codespace's than before.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::compose::{Way, way};

/// The key of the volume of `/workspaces` in a project; no other is called so, as a key of compose's has no space.
pub(super) const WORKSPACES: &str = "localspace.workspaces";

/// Where the Docker socket is.
const SOCKETS: [&str; 2] = ["/var/run/docker.sock", "/run/docker.sock"];

/// The repository on this machine, and in the codespace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repository<'a> {
    /// Its folder on this machine, without links.
    pub(super) root: &'a Path,
    /// What its folder is called in `/workspaces`.
    pub(super) name: &'a str,
    /// Where the codespace has it from.
    pub(super) lies: Lies,
}

/// Where what a codespace has of its repository lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lies {
    /// In the volume of `/workspaces`: a clone.
    InVolume,
    /// In its folder on this machine: the working tree itself.
    Here,
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
    /// A path of the working tree itself.
    Tree {
        /// The path on this machine, without links where it is there.
        source: PathBuf,
        /// What is to be put behind the place where it is mounted.
        below: Option<String>,
        /// Whether it is not there: compose would make the folder.
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
        let part = |below: &Path, missing| match self.lies {
            Lies::InVolume => {
                let path = Path::new(self.name).join(below).display().to_string();
                Bound::Part { path: path.trim_end_matches('/').to_owned(), missing }
            }
            Lies::Here => {
                Bound::Tree { source: self.root.components().chain(below.components()).collect(), below: None, missing }
            }
        };
        if self.is_around(source) {
            return match self.lies {
                Lies::InVolume => Bound::Part { path: String::new(), missing: false },
                // Reference CLI: all that lies beside the repository too.
                Lies::Here => {
                    Bound::Tree { source: self.root.to_owned(), below: Some(self.name.to_owned()), missing: false }
                }
            };
        }
        match way(self.root, Path::new(source)) {
            Way::Inside(below) => part(&below, false),
            Way::Missing(below) => part(&below, true),
            Way::Outside => Bound::Outside,
        }
    }

    /// The folder around the clone is GitHub's workspace folder too: `../..:/workspaces` in the common templates.
    fn is_around(&self, source: &str) -> bool {
        self.root.parent().is_some_and(|around| around == Path::new(source))
    }

    /// Returns where a service has the whole of the repository; of several places the one that `opened` is in.
    pub(super) fn place(&self, service: &Map<String, Value>, opened: &str) -> Option<String> {
        let place = |volume: &Value| {
            let text = |field: &str| volume.get(field).and_then(Value::as_str).unwrap_or_default().replace("$$", "$");
            let (source, target) = (text("source"), text("target"));
            let target = target.trim_end_matches('/');
            let is_whole = || way(self.root, Path::new(&source)) == Way::Inside(PathBuf::new());
            match text("type") == "bind" {
                true if self.is_around(&source) => Some(format!("{target}/{}", self.name)),
                true if is_whole() => Some(target.to_owned()),
                true | false => None,
            }
        };
        let volumes = service.get("volumes").and_then(Value::as_array).into_iter().flatten();
        let places: Vec<String> = volumes.filter_map(place).collect();
        places.iter().find(|place| Path::new(opened).starts_with(place)).or(places.first()).cloned()
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
        let repository = Repository { root: &root, name: "app", lies: Lies::InVolume };
        let part = |path: &str, missing| Bound::Part { path: path.to_owned(), missing };
        let tree = |below: &str, missing| {
            let source = root.components().chain(Path::new(below).components()).collect();
            Bound::Tree { source, below: None, missing }
        };
        let around = Bound::Tree { source: root.clone(), below: Some("app".to_owned()), missing: false };
        for (source, cloned, itself) in [
            ("ROOT", part("app", false), tree("", false)),
            ("ROOT/db/init.sql", part("app/db/init.sql", false), tree("db/init.sql", false)),
            ("ROOT/link/init.sql", part("app/db/init.sql", false), tree("db/init.sql", false)),
            ("ROOT/data/pg", part("app/data/pg", true), tree("data/pg", true)),
            ("ROOT/..", Bound::Outside, Bound::Outside),
            ("AROUND", part("", false), around),
            ("AROUND/other", Bound::Outside, Bound::Outside),
            ("ROOT/out/passwd", Bound::Outside, Bound::Outside),
            ("/etc", Bound::Outside, Bound::Outside),
            ("/", Bound::Outside, Bound::Outside),
            ("/var/run/docker.sock", Bound::AsItIs, Bound::AsItIs),
        ] {
            let around = root.parent().expect("one").display().to_string();
            let source = source.replace("ROOT", &root.display().to_string()).replace("AROUND", &around);
            assert_eq!(repository.bound(&source), cloned, "{source}");
            assert_eq!(Repository { lies: Lies::Here, ..repository }.bound(&source), itself, "{source}");
        }
        let place = |volumes: &[(&str, &str)], opened: &str| {
            let volumes: Vec<Value> = volumes
                .iter()
                .map(|(source, target)| json!({"type": "bind", "source": source, "target": target}))
                .collect();
            let service = json!({ "volumes": volumes });
            repository.place(service.as_object().expect("an object"), opened)
        };
        let (root, around) = (root.display().to_string(), root.parent().expect("one").display().to_string());
        let both = [(around.as_str(), "/workspaces/"), (root.as_str(), "/workspace")];
        assert_eq!(place(&both, "/workspace/api").as_deref(), Some("/workspace"));
        assert_eq!(place(&both, "/").as_deref(), Some("/workspaces/app"));
        assert_eq!(place(&both, "/workspaces/apples").as_deref(), Some("/workspaces/app"));
        assert_eq!(place(&[(&format!("{root}/db"), "/db"), ("/etc", "/host")], "/db"), None);
    }
}
