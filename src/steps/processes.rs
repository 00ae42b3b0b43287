//! What is done to the processes of a container, and at its stop.

use std::time::Duration;

use super::gate::{Gate, fresh_mark};
use super::shell::kill_script;
use crate::engine::{ContainerId, Engine, EngineError};

/// How long the end of processes is waited for: they have two seconds from `SIGTERM` to `SIGKILL`.
const WITHIN: Duration = Duration::from_secs(10);

/// How many seconds a container has to end by itself.
const STOP_GRACE: i32 = 10;

/// Ends every process of the command with this mark, or of any command of ours.
pub(super) async fn end(engine: &Engine, container: &ContainerId, mark: Option<&str>) -> Result<(), EngineError> {
    let gate = Gate::open(engine, container, "root").await?;
    let own = fresh_mark();
    let ended = tokio::time::timeout(WITHIN, gate.run_to_end(&kill_script(mark), &own)).await;
    ended.map_or(Ok(()), |ended| ended.map(drop))
}

/// Stops a container as a codespace is stopped: `/tmp` is empty afterwards (codespaces-facts.md section 1.4).
pub async fn stop(engine: &Engine, container: &ContainerId) -> Result<(), EngineError> {
    let mark = fresh_mark();
    let text = format!(
        "{{\nfor f in /tmp/* /tmp/.[!.]* /tmp/..?*; do rm -rf \"$f\"; done 2>/dev/null\ncode=0\n{}\n}}\n",
        mark.script()
    );
    Gate::open(engine, container, "root").await?.run_to_end(&text, &mark).await?;
    engine.stop(container, STOP_GRACE).await
}
