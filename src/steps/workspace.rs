//! What a new container gets before it starts: the repository, and the folder for the marks.

use std::io::{ErrorKind, Result};
use std::path::Path;

use bytes::Bytes;
use futures_util::Stream;

use super::marks;
use super::pack::{header, pack};
use super::remote_user::RemoteUser;
use crate::engine::{ContainerId, Engine};
use crate::lifecycle::{FailureKind, StepFailure};

/// Puts a clone into a container that was never started, as the folder `name` of `/workspaces`, every file the remote user's. Returns what was
/// left out, in words.
pub(super) async fn fill(
    engine: &Engine,
    container: &ContainerId,
    clone: &Path,
    name: &str,
    owner: &RemoteUser,
) -> std::result::Result<Option<String>, StepFailure> {
    // From the root: the engine refuses a link that leads out of the folder which it unpacks into.
    let (stream, told) = pack(clone.to_owned(), &format!("workspaces/{name}"), owner);
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

/// Returns a tar of one empty folder, which belongs to root: what compose makes where the source of a bind is not there.
pub(super) fn folder(path: &str) -> impl Stream<Item = Result<Bytes>> + use<> {
    one_folder(path, (0, 0))
}

/// Returns a tar of one file.
pub(super) fn file(path: &str, text: &str, owner: &RemoteUser) -> impl Stream<Item = Result<Bytes>> + use<> {
    let size = u64::try_from(text.len()).unwrap_or(u64::MAX);
    let mut header = header(tar::EntryType::Regular, 0o644, size, (owner.uid, owner.gid));
    let mut builder = tar::Builder::new(Vec::new());
    let made = builder.append_data(&mut header, path.trim_start_matches('/'), text.as_bytes());
    futures_util::stream::iter([made.and_then(|()| builder.into_inner()).map(Bytes::from)])
}

/// Returns a tar of the folder that the marks are written into.
pub(super) fn marks_folder(owner: &RemoteUser) -> impl Stream<Item = Result<Bytes>> + use<> {
    one_folder(marks::FOLDER.trim_start_matches('/'), (owner.uid, owner.gid))
}

fn one_folder(path: &str, owner: (u64, u64)) -> impl Stream<Item = Result<Bytes>> + use<> {
    let mut header = header(tar::EntryType::Directory, 0o755, 0, owner);
    let mut builder = tar::Builder::new(Vec::new());
    let path = format!("{path}/");
    let made = builder.append_data(&mut header, path, std::io::empty()).and_then(|()| builder.into_inner());
    futures_util::stream::iter([made.map(Bytes::from)])
}
