//! Whose the work is: the remote user's, whoever that is by now.

use crate::engine::{ContainerId, EngineError};
use crate::lifecycle::StepFailure;
use crate::phase::Phase;
use crate::shell_word::quote;
use crate::steps::gate::{Gate, ROOT, fresh_mark};
use crate::steps::remote_user::RemoteUser;
use crate::steps::runner::EngineRunner;

/// Gives what is in `/workspaces` of the user that the container before had to the one that this container has; what others own stays theirs.
pub(in crate::steps) async fn hand_over(
    runner: &EngineRunner,
    container: &ContainerId,
    user: &RemoteUser,
    binds: &[String],
) -> Result<(), StepFailure> {
    let folder = runner.order.repository_folder();
    let Some((before, _)) = runner.engine.owner(container, &folder).await?.filter(|(uid, _)| *uid != user.uid) else {
        return Ok(());
    };
    let RemoteUser { name, uid, gid, .. } = user;
    // What is of this machine's is not the codespace's to give.
    let but = but(binds);
    // The folder itself comes last: as long as it is the other one's, this is not over.
    let script = format!("find {} -depth -user {before}{but} -exec chown -h {uid}:{gid} {{}} +", quote(&folder));
    let (code, printed) = as_root(runner, container, &script).await?;
    if code != 0 {
        let said = String::from_utf8_lossy(&printed).trim().to_owned();
        let message = format!("{folder} could not be given to {name}: {said}");
        runner.warn(Phase::Create, message, Some(format!("it belongs to the user number {before}"))).await;
    }
    Ok(())
}

/// Returns the conditions of `find` for everything but what is of this machine's.
pub(super) fn but(binds: &[String]) -> String {
    binds.iter().map(|at| format!(" ! -path {} ! -path {}", quote(at), quote(&format!("{at}/*")))).collect()
}

/// Runs a command of ours as root; returns its exit code and what it printed.
pub(super) async fn as_root(
    runner: &EngineRunner,
    container: &ContainerId,
    script: &str,
) -> Result<(i32, Vec<u8>), EngineError> {
    let mark = fresh_mark();
    let text = format!("{{\n{script}\ncode=$?\n{}\n}}\n", mark.script());
    Gate::open(&runner.engine, container, ROOT).await?.run_to_end(&text, &mark).await
}
