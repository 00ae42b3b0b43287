//! The remote user of a container into which a working tree is mounted has the number that the user has on this machine
//! (`updateRemoteUserUID`; the rules: [`crate::steps::uid`]).
//!
//! Reference CLI: builds an image for it. Here the two files are changed in the container before it starts; its first process waits at a pipe until
//! the home directory is the user's too. A run that dies in between leaves the pipe, which says that this is not over.

use std::io::Result as IoResult;

use bytes::Bytes;
use futures_util::Stream;

use super::owner::{as_root, but};
use super::parts::SMALL_FILE;
use crate::devcontainer::MergedConfiguration;
use crate::engine::{ContainerDetails, ContainerId, EngineError};
use crate::lifecycle::StepFailure;
use crate::phase::Phase;
use crate::shell_word::quote;
use crate::steps::container::GATE;
use crate::steps::pack::header;
use crate::steps::remote_user::{self, RemoteUser};
use crate::steps::runner::EngineRunner;
use crate::steps::uid::{Ids, changed, may_change};

const PASSWD: &str = "/etc/passwd";
const GROUP: &str = "/etc/group";

/// Gives the remote user of a container that was never started this machine's numbers, where that is wanted and possible; returns the user as it is then.
pub(in crate::steps) async fn update(
    runner: &EngineRunner,
    container: &ContainerId,
    user: RemoteUser,
    merged: &MergedConfiguration,
    first_user: &str,
) -> Result<RemoteUser, StepFailure> {
    // Reference CLI: one that is given by a number stays what it is.
    let called = merged.remote_user.as_deref().unwrap_or(first_user);
    let Some(ids) = wanted(runner, merged).filter(|_| may_change(called)) else { return Ok(user) };
    let read = async |path: &str| {
        let bytes = runner.engine.read_file(container, path, SMALL_FILE).await?;
        Ok::<_, StepFailure>(String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned())
    };
    let (passwd, group) = (read(PASSWD).await?, read(GROUP).await?);
    let Some(accounts) = changed(&passwd, &group, &user.name, ids) else { return Ok(user) };
    let found = remote_user::find(&accounts.passwd, &user.called()).unwrap_or(user);
    runner.engine.upload(container, "/", files(&[(PASSWD, &accounts.passwd), (GROUP, &accounts.group)])).await?;
    Ok(found)
}

/// Returns the numbers that the remote user is to have.
fn wanted(runner: &EngineRunner, merged: &MergedConfiguration) -> Option<Ids> {
    let bind = runner.order.bind.as_ref()?;
    bind.ids.filter(|_| merged.update_remote_user_uid)
}

/// Returns a tar of the files as they are to be, and of the pipe that the first process waits at.
fn files(files: &[(&str, &str)]) -> impl Stream<Item = IoResult<Bytes>> + use<> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut add = || {
        for (path, content) in files {
            let mut header = header(tar::EntryType::Regular, 0o644, content.len() as u64, (0, 0));
            builder.append_data(&mut header, path.trim_start_matches('/'), content.as_bytes())?;
        }
        let mut pipe = header(tar::EntryType::Fifo, 0o644, 0, (0, 0));
        builder.append_data(&mut pipe, GATE.trim_start_matches('/'), std::io::empty())
    };
    let made = add().and_then(|()| builder.into_inner());
    futures_util::stream::iter([made.map(Bytes::from)])
}

/// Tells whether a container's first process waits, or will, for its user's home directory.
pub(in crate::steps) async fn waits(runner: &EngineRunner, container: &ContainerId) -> Result<bool, EngineError> {
    Ok(runner.order.bind.is_some() && runner.engine.has(container, GATE).await?)
}

/// Gives the remote user their home directory, which belongs to a number that is nobody's by now, and lets the first process go on.
pub(in crate::steps) async fn finish(
    runner: &EngineRunner,
    details: &ContainerDetails,
    user: &RemoteUser,
) -> Result<(), StepFailure> {
    if !waits(runner, &details.id).await? {
        return Ok(());
    }
    let RemoteUser { uid, gid, home, .. } = user;
    // What is of this machine's keeps its owner, wherever it is mounted.
    let is_bound = details.binds.iter().any(|at| home == at || home.starts_with(&format!("{at}/")));
    let give = if is_bound {
        "true".to_owned()
    } else {
        format!("find {} -xdev{} -exec chown -h {uid}:{gid} {{}} +", quote(home), but(&details.binds))
    };
    // Whoever opens a pipe waits for the other end.
    let script = format!("{give}\ncode=$?; : >{GATE}; rm -f {GATE}; (exit $code)");
    let (code, printed) = as_root(runner, &details.id, &script).await?;
    if code != 0 {
        let said = String::from_utf8_lossy(&printed).trim().to_owned();
        let message = format!("{home} could not be given to the number {uid} of {}: {said}", user.name);
        runner.warn(Phase::Create, message, None).await;
    }
    Ok(())
}
