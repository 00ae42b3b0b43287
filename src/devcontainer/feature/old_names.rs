//! Names that Features had before they were published to a registry, which the reference still takes.

/// Features that are called the same today.
const SAME: [&str; 18] = [
    "aws-cli",
    "azure-cli",
    "desktop-lite",
    "docker-from-docker",
    "docker-in-docker",
    "dotnet",
    "git",
    "git-lfs",
    "github-cli",
    "java",
    "kubectl-helm-minikube",
    "node",
    "powershell",
    "python",
    "ruby",
    "rust",
    "sshd",
    "terraform",
];

/// Features that have another name today.
const RENAMED: [(&str, &str); 2] = [("common", "common-utils"), ("golang", "go")];

/// Returns what an old name is called today; nothing where it is none.
pub(super) fn today(name: &str) -> Option<String> {
    let same = SAME.iter().find(|same| **same == name).copied();
    let name = same.or_else(|| RENAMED.iter().find(|(old, _)| *old == name).map(|(_, new)| *new))?;
    Some(format!("ghcr.io/devcontainers/features/{name}:1"))
}
