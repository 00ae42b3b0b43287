//! Every property that a configuration may have, and what becomes of it here.

/// What becomes of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It acts as on Codespaces, or is about what no rehearsal has: an editor, a window, a choice of a person's.
    Fine,
    /// It does not act, in words that a person should know.
    Idle(&'static str),
    /// A codespace without it would be another one than on GitHub: an error, with what is not supported.
    Refused(&'static str),
}

use Fate::{Fine, Idle, Refused};

/// Source: devContainer.base.schema.json, and the older names that the reference still reads.
const PROPERTIES: [(&str, Fate); 46] = [
    ("$schema", Fine),
    ("appPort", Idle("this version publishes no port for it: runArgs --publish does")),
    ("build", Refused("building an image")),
    ("capAdd", Fine),
    ("containerEnv", Fine),
    ("containerUser", Fine),
    // Only with `dockerFile`.
    ("context", Fine),
    // An editor's settings and extensions; what in it is Codespaces' own is in `INSIDE`.
    ("customizations", Fine),
    ("devPort", Fine),
    ("dockerComposeFile", Refused("Docker Compose")),
    ("dockerFile", Refused("building an image")),
    ("entrypoint", Idle("it acts in Features only, also on GitHub")),
    ("extensions", Fine),
    ("features", Refused("installing Features")),
    ("forwardPorts", Idle("this version forwards no port: runArgs --publish makes one reachable")),
    ("hostRequirements", Idle("this version does not hold this machine against it")),
    ("id", Idle("it acts in Features only, also on GitHub")),
    ("image", Fine),
    ("init", Fine),
    ("initializeCommand", Fine),
    ("mounts", Fine),
    ("name", Fine),
    ("onCreateCommand", Fine),
    // How a forwarded port is shown and opened: an editor's business.
    ("otherPortsAttributes", Fine),
    ("overrideCommand", Fine),
    // Only with `features`.
    ("overrideFeatureInstallOrder", Fine),
    ("portsAttributes", Fine),
    ("postAttachCommand", Fine),
    ("postCreateCommand", Fine),
    ("postStartCommand", Fine),
    ("privileged", Fine),
    ("remoteEnv", Fine),
    ("remoteUser", Fine),
    ("runArgs", Fine),
    // Only with `dockerComposeFile`.
    ("runServices", Fine),
    (
        "secrets",
        Idle("Codespaces asks for these when a codespace is made, this version does not: --secrets-file gives them"),
    ),
    ("securityOpt", Fine),
    ("service", Fine),
    ("settings", Fine),
    // What happens when an editor's window is closed.
    ("shutdownAction", Fine),
    ("updateContentCommand", Fine),
    // Codespaces never does it (codespaces-facts.md section 1.2: `--update-remote-user-uid-default never`).
    ("updateRemoteUserUID", Fine),
    ("userEnvProbe", Fine),
    ("waitFor", Fine),
    ("workspaceFolder", Fine),
    ("workspaceMount", Refused("a workspace mount of one's own")),
];

/// What does not act deep inside a property.
const INSIDE: [(&[&str], &str); 1] = [(
    &["customizations", "codespaces", "repositories"],
    "this version gives the container no GITHUB_TOKEN, so no permission in other repositories either",
)];

/// Returns what becomes of a property; nothing where it is none.
pub(super) fn fate(name: &str) -> Option<Fate> {
    PROPERTIES.iter().find(|(known, _)| *known == name).map(|(_, fate)| *fate)
}

/// Returns why what stands at a path inside a property does not act; nothing where it does, or matters to nobody here.
pub(super) fn idle_inside(path: &[&str]) -> Option<&'static str> {
    INSIDE.iter().find(|(known, _)| *known == path).map(|(_, why)| *why)
}

/// Returns the name of every property.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    PROPERTIES.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_properties_are_sorted() {
        assert!(names().is_sorted());
    }
}
