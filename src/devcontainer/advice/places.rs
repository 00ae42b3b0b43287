//! Configurations that stand where Codespaces does not look (facts row 23).

use super::super::finding::{Finding, Rule};
use super::{Advice, RepositoryFiles};

/// Tells of each of them.
pub(super) fn look(files: &dyn RepositoryFiles) -> Vec<Advice> {
    let advice = |path: String| {
        let mut advice = Advice::new(&path, "");
        let problem = "Codespaces does not find this configuration".to_owned();
        let hint = ".devcontainer/devcontainer.json, .devcontainer.json and .devcontainer/<folder>/devcontainer.json are its places";
        advice.findings.push(Finding { rule: Rule::Misplaced, span: 0..0, problem, hint: Some(hint.to_owned()) });
        advice
    };
    files.misplaced().into_iter().map(advice).collect()
}
