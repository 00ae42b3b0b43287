//! What the published schema says of configurations (draft 2019-09), beside what is said here.

use serde_json::Value;

use crate::devcontainer::{Configuration, Finding, Known, RepositoryFiles, Severity, advise};

/// A repository of which nothing can be read.
struct Nothing;

impl RepositoryFiles for Nothing {}

const VERDICTS: &str = include_str!("../../../integration/vectors/config/schema-verdicts.json");

/// Where the schema is not followed, and why (CONFIGURATION.md, "Decisions").
const DECIDED: [(&str, &str); 13] = [
    ("only remoteUser", "Codespaces takes its default image"),
    ("only features", "Codespaces takes its default image"),
    ("only $schema and name", "Codespaces takes its default image"),
    ("dockerFile", "an older name is told what it is called today"),
    ("dockerFile with context and build", "an older name is told what it is called today"),
    ("compose without workspaceFolder", "the reference opens /, Codespaces the repository's folder"),
    ("forwardPorts host:port", "Codespaces does not forward it"),
    ("mount object without type", "the reference and the engine take it"),
    ("mount object tmpfs", "the reference and the engine take it"),
    ("mount object external", "the reference reads it"),
    ("postAttachCommand as waitFor", "the reference takes it"),
    ("hostRequirements", "no machine of Codespaces has a terabyte"),
    ("features any", "a number or null is no option, and the reference breaks over null"),
];

#[test]
fn what_the_published_schema_refuses_is_told() {
    let verdicts: Vec<Value> = serde_json::from_str(VERDICTS).expect("verdicts");
    let mut differs = Vec::new();
    for verdict in &verdicts {
        let name = verdict["name"].as_str().expect("a name");
        let is_note = |finding: &Finding| finding.rule.severity() == Severity::Note;
        let clean = Configuration::read(&verdict["instance"].to_string(), "f").is_ok_and(|config| {
            advise(&config, &Nothing, &Known::default()).iter().all(|one| one.findings.iter().all(is_note))
        });
        if clean != (verdict["valid"] == true) {
            differs.push(name);
        }
    }
    assert_eq!(differs, DECIDED.map(|(name, _)| name));
}
