//! The map of ARCHITECTURE.md and STYLE, held against the source tree.

use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("text");
            let inside = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("inside").to_owned();
            found.push((inside, text));
        }
    }
}

fn all() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found
}

#[test]
fn a_crate_appears_only_where_the_map_says() {
    for (name, places) in [
        ("bollard::", &["src/engine"][..]),
        ("clap::", &["src/cli"]),
        ("indicatif::", &["src/ui"]),
        ("serde_yaml::", &["src/compose"]),
        ("notify::", &["src/journal"]),
        ("hyper::", &["src/feature_store", "src/hub_server"]),
        ("hyper_util::", &["src/feature_store", "src/hub_server"]),
        ("hyper_rustls::", &["src/feature_store"]),
        ("rustls::", &["src/feature_store", "src/hub_server"]),
        ("rcgen::", &["src/hub_server/authority.rs"]),
        ("ring::hmac", &["src/hub_server/proof.rs"]),
        ("url::", &["src/feature_store"]),
        (
            "flate2::",
            &[
                "src/feature_store",
                "src/hub_server/npm",
                "src/redact/content.rs",
                "src/redact/content",
                "src/steps/snapshot/image.rs",
            ],
        ),
        ("ring::digest", &["src/hub_server/npm"]),
        ("saphyr_parser::", &["src/devcontainer/yaml.rs"]),
        ("regex_lite::", &["src/devcontainer/ports.rs", "src/scenario/pattern.rs"]),
        ("schemars::", &["src/scenario"]),
        ("quick_junit::", &["src/report/scenario/junit.rs"]),
        ("jsonc_parser::", &["src/github/secrets_file.rs"]),
        ("serde_saphyr::", &["src/github/hub", "src/scenario"]),
        (" age::", &["src/secret_store"]),
        ("keyring::Entry", &["src/secret_store"]),
    ] {
        for (path, text) in all() {
            let allowed = places.iter().any(|place| path.starts_with(place));
            assert!(allowed || !text.contains(name), "{} uses {name}", path.display());
        }
    }
}

/// rustls panics at its first use where two providers of cryptography are linked in, and none was chosen for the process.
#[test]
fn there_is_one_provider_of_cryptography() {
    let lock = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).expect("a lock file");
    assert!(lock.contains("name = \"ring\"") && !lock.contains("name = \"aws-lc"));
}

#[test]
fn nothing_to_the_right_is_imported_by_anything_to_its_left() {
    for (module, right) in [
        (
            "phase.rs",
            &["plan", "lifecycle", "steps", "engine", "journal", "report", "ui", "cli", "github", "devcontainer"][..],
        ),
        ("devcontainer", &["plan", "lifecycle", "steps", "engine", "journal", "report", "ui", "cli", "github", "home"]),
        (
            "github",
            &[
                "plan",
                "lifecycle",
                "steps",
                "engine",
                "journal",
                "report",
                "ui",
                "cli",
                "devcontainer",
                "home",
                "secret_store",
            ],
        ),
        ("compose", &["plan", "lifecycle", "steps", "engine", "journal", "report", "ui", "cli", "github", "home"]),
        ("journal", &["plan", "lifecycle", "steps", "engine", "report", "ui", "cli", "github", "devcontainer"]),
        ("report", &["plan", "lifecycle", "steps", "engine", "ui", "cli", "github", "devcontainer"]),
        ("lifecycle", &["steps", "engine", "report", "ui", "cli", "github", "devcontainer"]),
        ("plan", &["steps", "engine", "journal", "report", "ui", "cli", "devcontainer"]),
        ("engine", &["plan", "lifecycle", "steps", "report", "ui", "cli", "github", "devcontainer"]),
        ("hub_server", &["plan", "lifecycle", "steps", "engine", "journal", "report", "ui", "cli", "devcontainer"]),
        ("hub_container", &["plan", "lifecycle", "steps", "report", "ui", "cli", "devcontainer"]),
        ("feature_store", &["plan", "lifecycle", "steps", "engine", "journal", "report", "ui", "cli"]),
        ("secret_store", &["plan", "lifecycle", "steps", "engine", "journal", "report", "ui", "cli", "devcontainer"]),
        ("steps", &["report", "ui", "cli"]),
    ] {
        let place = Path::new("src").join(module);
        for (path, text) in
            all().into_iter().filter(|(path, _)| path.starts_with(&place) && !path.ends_with("tests.rs"))
        {
            for other in right {
                let import = format!("crate::{other}");
                let found = text.match_indices(&import).any(|(at, _)| {
                    let after = text.get(at + import.len()..).unwrap_or_default();
                    after.starts_with("::") || after.starts_with(';')
                });
                assert!(!found, "{} uses {other}", path.display());
            }
        }
    }
}

#[test]
fn every_module_has_a_head_and_is_on_the_map() {
    let map = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).expect("the map");
    for (path, text) in all() {
        assert!(text.starts_with("//!"), "{} does not say what it is for", path.display());
        let module = path.components().nth(1).expect("a module").as_os_str().to_string_lossy().replace(".rs", "");
        let known = ["lib", "main"].contains(&module.as_str()) || map.contains(&format!("| `{module}` |"));
        assert!(known, "{module} is not on the map");
    }
}
