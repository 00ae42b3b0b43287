//! What the services of a project are doing, as the engine tells it.

use crate::codespace::label;
use crate::engine::{ContainerState, ContainerSummary, EngineError, LabelFilter};
use crate::phase::Phase;
use crate::steps::order::found_by;
use crate::steps::runner::EngineRunner;

/// How many lines of a service are shown that has ended.
const LINES: usize = 10;

/// Tells of the services that have ended and should not have: the codespace is there without them.
pub(in crate::steps) async fn look(runner: &EngineRunner) -> Result<(), EngineError> {
    for service in beside(runner).await? {
        if let Some(code) = failed(runner, &service).await? {
            let name = called(&service);
            let last = last_lines(runner, &service).await;
            let message = format!("service {name} has ended with exit code {code}{last}");
            let hint = format!("docker logs {}", service.id);
            runner.warn(Phase::Create, message, Some(hint)).await;
        }
    }
    Ok(())
}

/// Returns what shows why a project did not start: the last lines of its services that ended or are not well.
pub(super) async fn told(runner: &EngineRunner) -> Option<String> {
    let mut text = String::new();
    for service in beside(runner).await.ok()? {
        if failed(runner, &service).await.ok()?.is_some() || service.status.contains("unhealthy") {
            let last = last_lines(runner, &service).await;
            text.push_str(&format!("service {} ({}){last}\n", called(&service), service.status));
        }
    }
    (!text.is_empty()).then(|| text.trim_end().to_owned())
}

/// Removes what a run that died while it made the codespace's container has left of it.
pub(super) async fn clear(runner: &EngineRunner) -> Result<(), EngineError> {
    for container in runner.engine.containers(&filters(runner)).await? {
        let is_own = label::is_own(&container.labels);
        if is_own && Some(&container.id) != runner.order.container.as_ref() {
            runner.engine.remove(&container.id).await?;
        }
    }
    Ok(())
}

/// Removes the containers of the other services, whose volumes are to go.
pub(super) async fn remove(runner: &EngineRunner) -> Result<(), EngineError> {
    for service in beside(runner).await? {
        runner.engine.remove(&service.id).await?;
    }
    Ok(())
}

/// Returns the containers of the other services.
async fn beside(runner: &EngineRunner) -> Result<Vec<ContainerSummary>, EngineError> {
    let mut all = runner.engine.containers(&filters(runner)).await?;
    all.retain(|one| one.labels.contains_key(label::SERVICE) && !label::is_own(&one.labels));
    all.sort_by(|one, other| called(one).cmp(called(other)));
    Ok(all)
}

/// Returns what everything of the codespace is found by.
pub(super) fn filters(runner: &EngineRunner) -> [LabelFilter; 2] {
    found_by(&runner.order.name, &runner.order.home)
}

fn called(service: &ContainerSummary) -> &str {
    service.labels.get(label::SERVICE).map_or("", String::as_str)
}

/// Returns the exit code of a service that ended with one; a service that has done its work is none.
async fn failed(runner: &EngineRunner, service: &ContainerSummary) -> Result<Option<i64>, EngineError> {
    if service.state != ContainerState::Exited && !service.status.starts_with("Restarting") {
        return Ok(None);
    }
    let details = runner.engine.inspect(&service.id).await?;
    Ok(details.map(|details| details.exit_code).filter(|code| *code != 0))
}

/// Returns the last lines of a service, each on a line of its own.
async fn last_lines(runner: &EngineRunner, service: &ContainerSummary) -> String {
    // What cannot be read is not shown: it is not the fault that is told of.
    let lines = runner.engine.last_lines(&service.id, LINES).await.unwrap_or_default();
    let lines = runner.redactor.redact(&lines);
    lines.lines().map(|line| format!("\n  | {line}")).collect()
}
