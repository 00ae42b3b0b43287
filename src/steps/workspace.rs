//! What a new container gets before it starts, all of it at once: the repository, what is beside it in `/workspaces`, the folder for the marks,
//! and the two files of `/etc` that the reference patches.

use std::io::ErrorKind;
use std::path::Path;

use super::order::Order;
use super::pack::{Small, pack};
use super::remote_user::RemoteUser;
use super::{etc, marks, shared};
use crate::engine::{ContainerId, Engine, EngineError, Found, SmallFile};
use crate::lifecycle::{FailureKind, StepFailure};

/// The largest file of `/etc` that is patched, in bytes.
const LARGEST: usize = 1024 * 1024;

/// Returns what `/workspaces` has beside the repository.
pub(super) fn of_volume(order: &Order, owner: &RemoteUser) -> Vec<Small> {
    let top = folder("/workspaces", owner);
    std::iter::once(top).chain(shared::files(order, owner)).collect()
}

/// Returns what the container itself gets.
pub(super) async fn of_container(
    engine: &Engine,
    container: &ContainerId,
    owner: &RemoteUser,
) -> Result<Vec<Small>, EngineError> {
    let mut small = patched(engine, container).await?;
    small.push(folder(marks::FOLDER, owner));
    Ok(small)
}

/// Puts files, and a clone with every file the remote user's, as the folder of that name in `/workspaces`, into a container that was never
/// started. Returns what was left out, in words.
pub(super) async fn fill(
    engine: &Engine,
    container: &ContainerId,
    small: Vec<Small>,
    clone: Option<(&Path, &str)>,
    owner: &RemoteUser,
) -> Result<Option<String>, StepFailure> {
    let clone = clone.map(|(folder, name)| (folder.to_owned(), format!("workspaces/{name}")));
    // From the root: the engine refuses a link that leads out of the folder which it unpacks into.
    let (stream, told) = pack(small, clone, owner);
    let sent = engine.upload(container, "/", stream).await;
    let left_out = match told.await {
        Ok(Err(error)) if error.kind() != ErrorKind::BrokenPipe => {
            let reason = format!("the clone cannot be copied into the container: {error}");
            let hint = Some("nothing may change the clone while it is copied; the same command begins anew".to_owned());
            return Err(StepFailure { hint, ..StepFailure::new(FailureKind::Engine, reason) });
        }
        // A reader that is gone says why itself.
        Ok(Err(_)) | Err(_) => Vec::new(),
        Ok(Ok(left_out)) => left_out,
    };
    sent?;
    let names: Vec<_> = left_out.iter().map(|path| path.display().to_string()).collect();
    let note = format!("sockets, pipes and devices do not go into the codespace: {}", names.join(", "));
    Ok((!names.is_empty()).then_some(note))
}

/// Returns an empty folder, which belongs to root: what compose makes where the source of a bind is not there.
pub(super) fn empty_folder(path: &str) -> Small {
    Small { path: format!("{path}/"), mode: 0o755, owner: (0, 0), content: None }
}

/// Returns a file of the remote user's.
pub(super) fn file(path: &str, text: &str, owner: &RemoteUser) -> Small {
    let path = path.trim_start_matches('/').to_owned();
    Small { path, mode: 0o644, owner: (owner.uid, owner.gid), content: Some(text.as_bytes().to_vec()) }
}

/// Returns `/etc/environment` and `/etc/profile` as they are to be; nothing of one that may stay as it is, or is no plain small text.
async fn patched(engine: &Engine, container: &ContainerId) -> Result<Vec<Small>, EngineError> {
    let read = |path| engine.read_small(container, path, LARGEST);
    let (environment, profile, details) =
        tokio::try_join!(read("/etc/environment"), read("/etc/profile"), engine.inspect(container))?;
    let env = details.map_or(Vec::new(), |details| details.env);
    let new = SmallFile { content: Vec::new(), mode: 0o644, owner: (0, 0) };
    let environment = match environment {
        Found::File(file) => Some(file),
        Found::Nothing => Some(new),
        Found::Other => None,
    };
    let profile = match profile {
        Found::File(file) => Some(file),
        Found::Nothing | Found::Other => None,
    };
    let small = |path: &str, file: Option<SmallFile>, patch: &dyn Fn(&str) -> Option<String>| {
        let SmallFile { content, mode, owner } = file?;
        let content = patch(std::str::from_utf8(&content).ok()?)?.into_bytes();
        Some(Small { path: path.to_owned(), mode, owner, content: Some(content) })
    };
    let environment = small("etc/environment", environment, &|old| etc::environment(old, &env));
    let profile = small("etc/profile", profile, &etc::profile);
    Ok(environment.into_iter().chain(profile).collect())
}

/// Returns a folder of the remote user's.
fn folder(path: &str, owner: &RemoteUser) -> Small {
    let path = format!("{}/", path.trim_start_matches('/'));
    Small { path, mode: 0o755, owner: (owner.uid, owner.gid), content: None }
}
