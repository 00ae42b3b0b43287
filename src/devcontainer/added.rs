//! What Codespaces adds to every configuration by itself, and what becomes of it here (codespaces-facts.md sections 1.2, 1.7 and 1.8).

use super::explain::{Explained, Source};

/// Property, value, phase, and how it is here where it is not as on GitHub.
const ADDED: [(&str, &str, &str, &str); 9] = [
    ("containerEnv", "CODESPACES, ContainerVersion, RepositoryName", "create", ""),
    (
        "remoteEnv",
        "CODESPACE_NAME, CODESPACE_VSCODE_FOLDER, CLOUDENV_ENVIRONMENT_ID, GITHUB_*, GIT_COMMITTER_*",
        "onCreateCommand",
        "GITHUB_TOKEN is here in a hub alone (`up --hub`), since nobody else would take it",
    ),
    ("runArgs", "--hostname codespaces-<6 digits>", "create", ""),
    ("runArgs", "--cap-add sys_nice", "create", ""),
    (
        "runArgs",
        "--network host",
        "create",
        "not here: the container has a network of its own on this engine; `localspace ports forward` reaches into it",
    ),
    ("mounts", "/workspaces", "create", "here a volume, on GitHub a folder of the codespace's machine"),
    ("mounts", "/workspaces/.codespaces", "create", "here without the files that hold secrets"),
    ("mounts", "/tmp", "create", "here a folder of the container; emptied by a stop all the same"),
    ("updateRemoteUserUID", "false", "create", ""),
];

/// Returns what Codespaces adds, in the form of an explanation.
pub fn added() -> Vec<Explained> {
    let row = |(property, value, acts, codespaces): (&str, &str, &'static str, &'static str)| Explained {
        property: property.to_owned(),
        value: value.into(),
        source: Source::Codespaces,
        acts,
        codespaces,
    };
    ADDED.map(row).into()
}
