//! `hostRequirements` that no machine has (facts row 24).

use super::super::finding::{Finding, Rule};
use super::super::host_requirements::bytes;
use super::super::jsonc::Node;
use super::finding;

const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

/// Codespaces' largest machine type: cores, and bytes of memory and of storage.
const LARGEST: [(&str, f64); 3] = [("cpus", 32.0), ("memory", 128.0 * GIB), ("storage", 128.0 * GIB)];

/// Looks at what is required.
pub(super) fn look(root: &Node, findings: &mut Vec<Finding>) {
    let Some(requirements) = root.get("hostRequirements") else { return };
    for (name, most) in LARGEST {
        let Some(member) = requirements.node.get(name) else { continue };
        let value = member.node.to_json();
        let wanted = if name == "cpus" { value.as_f64().unwrap_or_default() } else { bytes(&value) };
        if wanted > most {
            let problem =
                "no machine of Codespaces has that much: the largest type has 32 cores, 128 GB of memory and 128 GB of storage".to_owned();
            findings.push(finding(
                Rule::HostRequirements,
                &member.node,
                problem,
                "ask for less: without a machine that fits, none can be chosen",
            ));
        }
    }
}
