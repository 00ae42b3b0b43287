//! This program beside volumes, where they are: in a container with nothing else in it.

use std::collections::BTreeMap;

use super::SnapshotError;
use crate::engine::{ContainerSpec, Engine, ExtraOptions, MountDetails, MountKind, MountSpec, RanToEnd, StandardInput};
use crate::program::{Entry, Executable, tar};
use crate::redact::Secret;
use crate::steps::disk::look_image;

/// What is to be done.
#[derive(Debug)]
pub(in crate::steps) struct Alone {
    /// Whose work it is: the container's and the image's name.
    pub(in crate::steps) name: String,
    /// What it is, in the container's name.
    pub(in crate::steps) what: &'static str,
    /// The container's labels.
    pub(in crate::steps) labels: BTreeMap<String, String>,
    /// The program's arguments.
    pub(in crate::steps) words: Vec<String>,
    /// What it sees.
    pub(in crate::steps) mounts: Vec<MountSpec>,
    /// Files beside the program.
    pub(in crate::steps) entries: Vec<Entry>,
    /// What it is sent.
    pub(in crate::steps) input: Option<Secret<String>>,
}

/// Returns a mount of a volume that is there, to be read alone.
pub(in crate::steps) fn to_be_read(volume: &str, target: String) -> MountSpec {
    MountSpec {
        kind: MountKind::Volume,
        source: Some(volume.to_owned()),
        target,
        read_only: true,
        labels: BTreeMap::new(),
        details: MountDetails { no_copy: true, ..MountDetails::default() },
    }
}

impl Alone {
    /// Does it; returns what the program printed, or why it failed, in its words.
    pub(in crate::steps) async fn run(self, engine: &Engine) -> Result<Result<Vec<u8>, String>, SnapshotError> {
        let program = Executable::of_process().map_err(SnapshotError::Program)?;
        let image = look_image(&self.name);
        engine.make_empty_image(&image).await?;
        let ran = self.through(engine, &program, &image).await;
        let _in_use = engine.remove_image(&image).await?;
        let ran = ran?;
        if ran.exit_code == 0 {
            return Ok(Ok(ran.stdout));
        }
        let said = String::from_utf8_lossy(&ran.stderr).trim().to_owned();
        let said = said.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        Ok(Err(if said.is_empty() { format!("it ended with exit code {}", ran.exit_code) } else { said }))
    }

    async fn through(self, engine: &Engine, program: &Executable, image: &str) -> Result<RanToEnd, SnapshotError> {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        let mut command = program.command(&words);
        let arguments = command.split_off(1);
        let spec = ContainerSpec {
            name: format!("{}_{}", self.name, self.what),
            image: image.to_owned(),
            labels: self.labels,
            entrypoint: command,
            command: arguments,
            mounts: self.mounts,
            input: if self.input.is_some() { StandardInput::Sent } else { StandardInput::None },
            extra: ExtraOptions {
                networks: vec!["none".to_owned()],
                // For the attributes that a nested engine's file system has.
                cap_add: vec!["SYS_ADMIN".to_owned(), "MKNOD".to_owned(), "SETFCAP".to_owned()],
                ..ExtraOptions::default()
            },
            ..ContainerSpec::default()
        };
        let entries: Vec<Entry> = program.entries().into_iter().chain(self.entries).collect();
        let id = engine.create(spec).await?;
        let ran = async {
            engine.upload(&id, "/", tar(entries)).await?;
            match &self.input {
                Some(input) => engine.run_with_input(&id, input.expose().as_bytes()).await,
                None => engine.run_to_end(&id).await,
            }
        };
        let ran = ran.await;
        engine.remove(&id).await?;
        Ok(ran?)
    }
}
