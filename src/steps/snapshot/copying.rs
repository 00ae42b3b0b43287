//! Volumes copied into others, where they are: by this program, in a container with nothing else in it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::SnapshotError;
use crate::engine::{ContainerSpec, Engine, ExtraOptions, MountDetails, MountKind, MountSpec};
use crate::program::{Entry, Executable, tar};
use crate::tree::Copied;

/// Where the volumes are in the container.
const FROM: &str = "/from";
const TO: &str = "/to";
/// The list of what goes after the copy.
const REMOVED: &str = "opt/localspace/removed";

/// What is to be copied.
#[derive(Debug)]
pub(super) struct Copying<'a> {
    /// Whose work it is: the container's and the image's name.
    pub(super) name: String,
    /// The container's labels.
    pub(super) labels: BTreeMap<String, String>,
    /// Which volumes, and into which, which are made with their labels.
    pub(super) pairs: Vec<(String, MountSpec)>,
    /// What goes there afterwards: the volume by its place in the list, a folder of it, and paths in that.
    pub(super) removed: Option<(usize, String, &'a [PathBuf])>,
}

impl Copying<'_> {
    /// Copies; returns what each came to.
    pub(super) async fn run(self, engine: &Engine) -> Result<Vec<Copied>, SnapshotError> {
        if self.pairs.is_empty() {
            return Ok(Vec::new());
        }
        let program = Executable::of_process().map_err(SnapshotError::Program)?;
        let image = format!("localspace-look:{}", self.name);
        engine.make_empty_image(&image).await?;
        let copied = self.through(engine, &program, &image).await;
        let _in_use = engine.remove_image(&image).await?;
        copied
    }

    async fn through(self, engine: &Engine, program: &Executable, image: &str) -> Result<Vec<Copied>, SnapshotError> {
        let mut words = vec!["tree".to_owned(), "copy".to_owned()];
        let mut mounts = Vec::new();
        for (at, (from, to)) in self.pairs.iter().enumerate() {
            words.extend([format!("{FROM}/{at}"), format!("{TO}/{at}")]);
            mounts.push(MountSpec {
                kind: MountKind::Volume,
                source: Some(from.clone()),
                target: format!("{FROM}/{at}"),
                read_only: true,
                labels: BTreeMap::new(),
                details: MountDetails::default(),
            });
            let details = MountDetails { no_copy: true, ..MountDetails::default() };
            mounts.push(MountSpec { target: format!("{TO}/{at}"), read_only: false, details, ..to.clone() });
        }
        let mut entries = program.entries();
        if let Some((at, folder, paths)) = &self.removed {
            use std::os::unix::ffi::OsStrExt;
            words.extend([
                "--remove-in".to_owned(),
                format!("{TO}/{at}/{folder}"),
                "--remove".to_owned(),
                format!("/{REMOVED}"),
            ]);
            let list: Vec<u8> = paths.iter().flat_map(|path| [path.as_os_str().as_bytes(), b"\0"].concat()).collect();
            entries.push(Entry::Private(REMOVED.to_owned(), list));
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = program.command(&words);
        let arguments = command.split_off(1);
        let spec = ContainerSpec {
            name: format!("{}_copying", self.name),
            image: image.to_owned(),
            labels: self.labels,
            entrypoint: command,
            command: arguments,
            mounts,
            extra: ExtraOptions {
                networks: vec!["none".to_owned()],
                // For the attributes that a nested engine's file system has.
                cap_add: vec!["SYS_ADMIN".to_owned(), "MKNOD".to_owned(), "SETFCAP".to_owned()],
                ..ExtraOptions::default()
            },
            ..ContainerSpec::default()
        };
        let id = engine.create(spec).await?;
        let ran = async {
            engine.upload(&id, "/", tar(entries)).await?;
            engine.run_to_end(&id).await
        };
        let ran = ran.await;
        engine.remove(&id).await?;
        let ran = ran?;
        match serde_json::from_slice(&ran.stdout) {
            Ok(copied) if ran.exit_code == 0 => Ok(copied),
            _ => {
                let said = String::from_utf8_lossy(&ran.stderr).trim().to_owned();
                let said = said.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
                let said = if said.is_empty() { format!("it ended with exit code {}", ran.exit_code) } else { said };
                Err(SnapshotError::Copy { said })
            }
        }
    }
}
