//! The samples' own scenarios: what their README says of them, held against real codespaces.

use std::path::Path;

use crate::support::{Sandbox, commit};

#[test]
fn every_sample_is_what_its_scenarios_say() {
    let mut sandbox = Sandbox::new();
    // What the organization's hub takes its values from.
    for name in ["MONA_PAT", "ACR_PASSWORD", "ECR_SECRET", "DOCKERHUB_TOKEN"] {
        sandbox.set_env(name, &format!("a-value-of-{name}"));
    }
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("devcontainers");
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(samples).expect("samples") {
        let entry = entry.expect("an entry");
        if entry.path().join(".localspace").is_dir() {
            let folder = sandbox.sample(&entry.file_name().to_string_lossy(), &[]);
            commit(&folder);
            folders.push(folder.display().to_string());
        }
    }
    assert!(folders.len() >= 14, "{folders:?}");
    let words: Vec<&str> = ["test", "-j", "2"].into_iter().chain(folders.iter().map(String::as_str)).collect();
    let run = sandbox.command(&words).output().expect("it runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}
