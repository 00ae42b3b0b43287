//! What is to be said about Features that can be installed: none of it keeps them from it.

use super::Worklist;
use super::node::Asker;
use crate::devcontainer::finding::{Finding, Rule};

/// Adds what is to be said about the Features of a worklist.
pub(super) fn remarks(worklist: &mut Worklist<'_>) {
    let all: Vec<Finding> = (0..worklist.nodes.len()).flat_map(|at| of_node(worklist, at)).collect();
    worklist.findings.extend(all);
}

fn of_node(worklist: &Worklist<'_>, at: usize) -> Vec<Finding> {
    let Some(node) = worklist.nodes.get(at) else { return Vec::new() };
    let (written, metadata) = (&node.request.written, &node.metadata);
    let root = worklist.root(at).unwrap_or(0..1);
    let finding = |rule, span, problem| Finding { rule, span, problem, hint: None };
    let mut findings = Vec::new();
    for fault in node.request.options.faults(&metadata.options) {
        let (span, place) = match node.request.by {
            Asker::File => {
                let path: Vec<&str> = ["features", written].into_iter().chain(fault.option.as_deref()).collect();
                let span = worklist.config.span_at(&path).unwrap_or_else(|| root.clone());
                // What a variable stands for is another thing on another machine.
                if worklist.config.text.get(span.clone()).is_some_and(|text| text.contains("${")) {
                    continue;
                }
                (span, String::new())
            }
            Asker::CommandLine | Asker::Feature(_) => {
                (root.clone(), format!("{}: ", worklist.place(node.request.by, &node.request.span)))
            }
        };
        findings.push(finding(Rule::FeatureOption, span, format!("{place}Feature `{written}`: {}", fault.problem)));
    }
    if metadata.is_deprecated {
        let problem = format!("Feature `{written}` is deprecated: it gets no updates any more");
        findings.push(finding(Rule::Deprecated, root.clone(), problem));
    }
    if let Some(today) = metadata.renamed() {
        let problem = format!("Feature `{written}` has been renamed: today it is called `{today}`");
        findings.push(finding(Rule::Deprecated, root, problem));
    }
    findings
}
