//! What a configuration asks of the machine: said before anything is created, and the GPU where there is one.

use std::collections::BTreeMap;

use serde_json::Value;

use super::runner::EngineRunner;
use crate::devcontainer::{Machine, shortages, wants_gpu};
use crate::engine::{ContainerSpec, EngineError, GpuRequest};
use crate::phase::Phase;

/// The runtime by which an engine is known to have GPUs, as the reference knows it.
const RUNTIME: &str = "nvidia";

/// Says what this machine lacks of `hostRequirements`. (Codespaces reads them from the file alone, not from an image's metadata.)
///
/// Codespaces offers no machine then. Here it is a warning: what is rehearsed may well need less than what is asked for.
pub(super) async fn check(runner: &mut EngineRunner) -> Result<(), EngineError> {
    let wanted = wanted(runner).cloned();
    if wanted.is_none() && runner.order.run_args.gpus().is_none() {
        return Ok(());
    }
    let machine = runner.engine.machine().await?;
    runner.has_gpus = machine.runtimes.iter().any(|runtime| runtime == RUNTIME);
    let machine = Machine {
        cpus: machine.cpus,
        memory: machine.memory,
        free_storage: machine.free_storage,
        gpus: runner.has_gpus,
    };
    for lacking in wanted.map_or(Vec::new(), |wanted| shortages(&wanted, &machine)) {
        let message = format!("hostRequirements want {lacking}: on GitHub, no machine type without it is offered");
        runner.warn(Phase::Image, message, None).await;
    }
    Ok(())
}

/// Gives a container the engine's GPUs where they are asked for; says so where there are none.
pub(super) async fn gpus(runner: &EngineRunner, spec: &mut ContainerSpec) {
    let flag = runner.order.run_args.gpus();
    if let (Some(flag), false) = (flag, runner.has_gpus)
        && let Some(config) = &runner.order.config
    {
        let problem = "runArgs: `--gpus` is left out: this engine has no GPU for containers; on a machine without one, docker refuses it";
        runner.warn(Phase::Create, config.error(flag.span.clone(), problem, None).to_string(), None).await;
    }
    if runner.has_gpus {
        let all = || GpuRequest {
            count: -1,
            driver: String::new(),
            ids: Vec::new(),
            capabilities: vec!["gpu".to_owned()],
            options: BTreeMap::new(),
        };
        let by_requirement = wanted(runner).is_some_and(wants_gpu).then(all);
        spec.extra.gpus = flag.map(|flag| flag.value.clone()).or(by_requirement);
    }
}

fn wanted(runner: &EngineRunner) -> Option<&Value> {
    runner.order.config.as_ref()?.entry.properties.get("hostRequirements")
}
