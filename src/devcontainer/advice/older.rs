//! Older names of properties.

use super::super::finding::{Finding, Rule};
use super::super::jsonc::Node;

/// Names that still act, and those that a newer one beside them leaves without effect.
pub(super) fn look(root: &Node, findings: &mut Vec<Finding>) {
    let new_build = root.get("build").and_then(|build| build.node.get("dockerfile")).is_some();
    let old_build = root.get("dockerFile").is_some();
    for (name, acts, newer) in [
        ("extensions", true, "customizations.vscode.extensions"),
        ("settings", true, "customizations.vscode.settings"),
        ("devPort", true, "customizations.vscode.devPort"),
        ("codespaces", false, "customizations.codespaces"),
        ("dockerFile", true, "build.dockerfile"),
        // Only beside `dockerFile`.
        ("context", old_build, "build.context"),
    ] {
        let Some(member) = root.get(name) else { continue };
        let effect = if acts { "is an older name" } else { "has no effect" };
        let problem = format!("`{name}` {effect}: it is `{newer}` today");
        findings.push(Finding {
            rule: Rule::Deprecated,
            span: member.span(),
            problem,
            hint: Some(format!("write `{newer}`")),
        });
    }
    if let (true, Some(member)) = (new_build, root.get("dockerFile")) {
        let problem = "`dockerFile` and `build.dockerfile` are both there: `dockerFile` counts".to_owned();
        findings.push(Finding {
            rule: Rule::Conflict,
            span: member.span(),
            problem,
            hint: Some("keep one of them".to_owned()),
        });
    }
}
