//! A machine held against `hostRequirements`. Pure.

use serde_json::Value;

use super::host_requirements::bytes;
use super::truthy::is_truthy;

/// A machine that a codespace is to run on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Machine {
    /// How many CPUs it has.
    pub cpus: u64,
    /// How much memory, in bytes.
    pub memory: u64,
    /// How much is free on the disk of containers, in bytes; nothing where that cannot be told.
    pub free_storage: Option<u64>,
    /// Whether containers can be given its GPUs.
    pub gpus: bool,
}

/// What a kernel and an engine keep for themselves: of a machine with 8 GB, a sixteenth is not there to be counted.
const KEPT: f64 = 15.0 / 16.0;

const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

/// Returns what a machine lacks of `hostRequirements`, each in words.
///
/// Codespaces: offers only machine types that have it all. Reference CLI: looks at `gpu` alone. Sizes in capital letters count too: what is
/// meant is plain, and what is wrong with the word is told elsewhere.
pub fn shortages(requirements: &Value, machine: &Machine) -> Vec<String> {
    let number = |name: &str| requirements.get(name).and_then(Value::as_f64).unwrap_or_default();
    let size = |name: &str| match requirements.get(name) {
        Some(Value::String(text)) => bytes(&Value::String(text.to_ascii_lowercase())),
        Some(other) => bytes(other),
        None => 0.0,
    };
    #[allow(clippy::cast_precision_loss, reason = "sizes are told with one digit after the point")]
    let (cpus, memory) = (machine.cpus as f64, machine.memory as f64);
    let mut lacking = Vec::new();
    if cpus < number("cpus") {
        lacking.push(format!("{} CPUs, and this engine has {cpus}", number("cpus")));
    }
    if memory < size("memory") * KEPT {
        let (wanted, has) = (size("memory") / GIB, memory / GIB);
        lacking.push(format!("{wanted:.1} GB of memory, and this engine has {has:.1} GB"));
    }
    #[allow(clippy::cast_precision_loss, reason = "sizes are told with one digit after the point")]
    let free = machine.free_storage.map(|free| free as f64);
    if let Some(free) = free.filter(|free| *free < size("storage") * KEPT) {
        let (wanted, has) = (size("storage") / GIB, free / GIB);
        lacking.push(format!("{wanted:.1} GB of storage, and {has:.1} GB are free on this engine's disk"));
    }
    let gpu = requirements.get("gpu").filter(|gpu| is_truthy(gpu));
    if gpu.is_some_and(|gpu| *gpu != "optional") && !machine.gpus {
        lacking.push("a GPU, and this engine gives containers none".to_owned());
    }
    lacking
}

/// Tells whether `hostRequirements` want a GPU where there is one.
pub fn wants_gpu(requirements: &Value) -> bool {
    requirements.get("gpu").is_some_and(is_truthy)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_machine_lacks_is_told_in_numbers() {
        let gib = |count: u64| count << 30;
        let machine = Machine { cpus: 2, memory: gib(8) * 15 / 16, free_storage: Some(gib(20)), gpus: false };
        for (wanted, expected) in [
            (json!({}), &[][..]),
            (json!({"cpus": 2, "memory": "8gb", "storage": "20gb", "gpu": "optional"}), &[]),
            (json!({"cpus": 4}), &["4 CPUs, and this engine has 2"]),
            (json!({"memory": "16GB"}), &["16.0 GB of memory, and this engine has 7.5 GB"]),
            (json!({"memory": 17_179_869_184_u64}), &["16.0 GB of memory, and this engine has 7.5 GB"]),
            (json!({"storage": "32gb"}), &["32.0 GB of storage, and 20.0 GB are free on this engine's disk"]),
            (json!({"gpu": true}), &["a GPU, and this engine gives containers none"]),
            (json!({"gpu": {"cores": 1}}), &["a GPU, and this engine gives containers none"]),
            (json!({"cpus": "x", "memory": "much", "storage": [], "gpu": 0}), &[]),
        ] {
            assert_eq!(shortages(&wanted, &machine), expected, "{wanted}");
        }
        let large = json!({"storage": "1tb", "gpu": true});
        assert_eq!(shortages(&large, &Machine { free_storage: None, gpus: true, ..machine }), [""; 0]);
    }
}
