//! What is done to the processes of a container, and at its stop.

use std::time::Duration;

use super::gate::{Gate, ROOT, fresh_mark};
use super::shell::kill_script;
use crate::engine::{ContainerId, Engine, EngineError, Powers};

/// How long the end of processes is waited for: they have two seconds from `SIGTERM` to `SIGKILL`.
const WITHIN: Duration = Duration::from_secs(10);

/// How many seconds a container has to end by itself.
pub(super) const STOP_GRACE: i32 = 10;

/// Ends every process whose cookie begins with one of `cookies`; returns the numbers of those that are left all the same.
///
/// Root of a container may not see the environment of another user's process: that takes a privileged command.
pub(super) async fn end(
    engine: &Engine,
    container: &ContainerId,
    cookies: &[String],
) -> Result<Vec<String>, EngineError> {
    let gate = match Gate::open_as(engine, container, ROOT, Powers::All).await {
        Ok(gate) => gate,
        // An engine whose policy forbids it: better some of them than none.
        Err(EngineError::Refused { .. }) => Gate::open(engine, container, ROOT).await?,
        Err(error) => return Err(error),
    };
    let mark = fresh_mark();
    let text = kill_script(cookies, &mark);
    let Ok(ended) = tokio::time::timeout(WITHIN, gate.run_to_end(&text, &mark)).await else { return Ok(Vec::new()) };
    let (_, printed) = ended?;
    Ok(String::from_utf8_lossy(&printed).split_whitespace().map(str::to_owned).collect())
}

/// Stops a container as a codespace is stopped: `/tmp` is empty afterwards (codespaces-facts.md section 1.4), but for what is mounted there.
pub async fn stop(engine: &Engine, container: &ContainerId) -> Result<(), EngineError> {
    engine.unpause(container).await?;
    // What is mounted there is not the codespace's `/tmp`, and may be of this machine.
    let text = "mounts=$(cat /proc/self/mounts)\n\
         case \"$mounts\" in ''|*' /tmp '*) ;; *)\n\
         if command -v find; then\n\
         find /tmp -xdev -mindepth 1 ! -type d -exec rm -f {} +\n\
         find /tmp -xdev -mindepth 1 -depth -type d -exec rmdir {} +\n\
         else case \"$mounts\" in *' /tmp/'*) ;; *) for f in /tmp/* /tmp/.[!.]* /tmp/..?*; do rm -rf \"$f\"; done ;; esac; fi ;; esac >/dev/null 2>&1\n";
    let _nothing = Gate::open(engine, container, ROOT).await?.print(text).await?;
    engine.stop(container, STOP_GRACE).await
}
