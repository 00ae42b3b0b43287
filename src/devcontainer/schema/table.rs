//! The table of properties. CONFIGURATION.md shows it, and a test holds it to this one.

use super::Kinds;
use super::shape::{Shape, form, is_port_key};
use super::values::{
    APP_PORT, BUILD, COMMAND, CUSTOMIZATIONS, ENV_OR_NULL, FEATURES, FORWARD, HOST, MOUNT, OTHER_PORTS,
    PORT_ATTRIBUTES, SECRETS, TEXT_OR_TEXTS, TEXTS, VARIABLE, WAIT_FOR,
};

/// What becomes of a property in `up`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::devcontainer) enum Fate {
    /// It acts as on Codespaces, or is about what no rehearsal has: an editor, a window, a choice of a person's.
    Fine,
    /// It does not act, in words that a person should know.
    Idle(&'static str),
}

/// One property of a configuration.
#[derive(Debug)]
pub(in crate::devcontainer) struct Property {
    pub(in crate::devcontainer) name: &'static str,
    pub(in crate::devcontainer) kinds: Kinds,
    pub(in crate::devcontainer) shape: Shape,
    pub(in crate::devcontainer) fate: Fate,
    /// The phase in which it acts; "editor" and "-" are none.
    pub(in crate::devcontainer) acts: &'static str,
    /// What Codespaces makes of it otherwise than the reference CLI; empty where nothing.
    pub(in crate::devcontainer) codespaces: &'static str,
}

use Fate::{Fine, Idle};
use Shape::{Any, Bool, Lenient, List, Map, OneOf, Text, Whole};

const fn row(
    name: &'static str,
    kinds: Kinds,
    shape: Shape,
    fate: Fate,
    acts: &'static str,
    codespaces: &'static str,
) -> Property {
    Property { name, kinds, shape, fate, acts, codespaces }
}

const FEATURES_ONLY: Fate = Idle("it acts in Features only, also on GitHub");
const NOT_AFTER_CREATE: &str = "no registry login yet; user secrets are not there in a prebuild";

/// Every property, sorted by name.
pub(in crate::devcontainer) const PROPERTIES: [Property; 47] = [
    row("$schema", Kinds::All, Text, Fine, "-", ""),
    // A slip in the published schema makes it a property of its own.
    row("additionalProperties", Kinds::All, Map(None, &Any), Fine, "-", ""),
    row(
        "appPort",
        Kinds::One,
        APP_PORT,
        Fine,
        "create",
        "the machine's own ports, private to you; here published on this machine, a number on 127.0.0.1 alone",
    ),
    row("build", Kinds::Dockerfile, BUILD, Fine, "image", "no secret is there while an image is built"),
    row("capAdd", Kinds::All, TEXTS, Fine, "create", ""),
    row("containerEnv", Kinds::All, Map(VARIABLE, &Text), Fine, "create", ""),
    row("containerUser", Kinds::All, Text, Fine, "create", ""),
    row("context", Kinds::Dockerfile, Text, Fine, "image", ""),
    // What in it is Codespaces' own is in `INSIDE`.
    row(
        "customizations",
        Kinds::All,
        CUSTOMIZATIONS,
        Fine,
        "editor",
        "`codespaces` in it is read from the file alone, not from image metadata; what `repositories` in it asks for is authorized, or not, when a codespace is made",
    ),
    row("devPort", Kinds::All, Lenient(&Whole(0, 65535)), Fine, "editor", ""),
    row(
        "dockerComposeFile",
        Kinds::Compose,
        TEXT_OR_TEXTS,
        Fine,
        "create",
        "/workspaces is mounted without being asked for",
    ),
    row("dockerFile", Kinds::Dockerfile, Text, Fine, "image", "no secret is there while an image is built"),
    row("entrypoint", Kinds::All, Any, FEATURES_ONLY, "create", ""),
    row("extensions", Kinds::All, Lenient(&TEXTS), Fine, "editor", ""),
    row(
        "features",
        Kinds::All,
        FEATURES,
        Fine,
        "image",
        "their bind mounts are left out; no secret is there while they install",
    ),
    row("forwardPorts", Kinds::All, List(&FORWARD), Fine, "editor", "\"host:port\" entries are not forwarded"),
    row(
        "hostRequirements",
        Kinds::All,
        HOST,
        Fine,
        "image",
        "chooses the machine types that are offered, here a shortage is told; read from the file alone, not from image metadata",
    ),
    row("id", Kinds::All, Any, FEATURES_ONLY, "-", ""),
    row(
        "image",
        Kinds::Image,
        Text,
        Fine,
        "image",
        "a private one is pulled with registry secrets, before anything else",
    ),
    row("init", Kinds::All, Bool, Fine, "create", ""),
    row(
        "initializeCommand",
        Kinds::All,
        COMMAND,
        Fine,
        "initializeCommand",
        "runs on the codespace's machine at every start; here on yours, with your consent",
    ),
    row("mounts", Kinds::All, List(&MOUNT), Fine, "create", "bind mounts are left out, the Docker socket's apart"),
    row("name", Kinds::All, Text, Fine, "-", ""),
    row("onCreateCommand", Kinds::All, COMMAND, Fine, "onCreateCommand", NOT_AFTER_CREATE),
    row("otherPortsAttributes", Kinds::All, OTHER_PORTS, Fine, "editor", ""),
    row("overrideCommand", Kinds::All, Bool, Fine, "create", ""),
    row("overrideFeatureInstallOrder", Kinds::All, TEXTS, Fine, "image", ""),
    row(
        "portsAttributes",
        Kinds::All,
        Map(Some(form(is_port_key, "a port is not empty")), &PORT_ATTRIBUTES),
        Fine,
        "editor",
        "\"host:port\" entries do not act",
    ),
    row("postAttachCommand", Kinds::All, COMMAND, Fine, "postAttachCommand", ""),
    row("postCreateCommand", Kinds::All, COMMAND, Fine, "postCreateCommand", "not in a prebuild"),
    row("postStartCommand", Kinds::All, COMMAND, Fine, "postStartCommand", "not in a prebuild"),
    row("privileged", Kinds::All, Bool, Fine, "create", ""),
    row("remoteEnv", Kinds::All, ENV_OR_NULL, Fine, "onCreateCommand", ""),
    row("remoteUser", Kinds::All, Text, Fine, "onCreateCommand", ""),
    row("runArgs", Kinds::One, TEXTS, Fine, "create", "the network is the host's; bind mounts in them are left out"),
    row("runServices", Kinds::Compose, TEXTS, Fine, "create", ""),
    row(
        "secrets",
        Kinds::All,
        SECRETS,
        Fine,
        "-",
        "asked for when a codespace is made: here `up` tells of those that are not there",
    ),
    row("securityOpt", Kinds::All, TEXTS, Fine, "create", ""),
    row("service", Kinds::Compose, Text, Fine, "create", ""),
    row("settings", Kinds::All, Lenient(&Map(None, &Any)), Fine, "editor", ""),
    row(
        "shutdownAction",
        Kinds::All,
        OneOf(&["none", "stopContainer", "stopCompose"]),
        Fine,
        "-",
        "does not act: a codespace stops by its own rules",
    ),
    row("updateContentCommand", Kinds::All, COMMAND, Fine, "updateContentCommand", NOT_AFTER_CREATE),
    row("updateRemoteUserUID", Kinds::All, Bool, Fine, "create", "never done, but with --bind"),
    row(
        "userEnvProbe",
        Kinds::All,
        OneOf(&["none", "loginShell", "loginInteractiveShell", "interactiveShell"]),
        Fine,
        "onCreateCommand",
        "",
    ),
    row("waitFor", Kinds::All, WAIT_FOR, Fine, "-", "a failure up to it opens a recovery container"),
    row(
        "workspaceFolder",
        Kinds::All,
        Text,
        Fine,
        "onCreateCommand",
        "the folder that is opened; the repository is in /workspaces in any case",
    ),
    row(
        "workspaceMount",
        Kinds::One,
        Text,
        Fine,
        "create",
        "ignored: /workspaces is the machine's; it acts with --bind",
    ),
];

/// Returns a property of a configuration; nothing where it is none.
pub(in crate::devcontainer) fn property(name: &str) -> Option<&'static Property> {
    PROPERTIES.iter().find(|property| property.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_properties_are_sorted() {
        assert!(PROPERTIES.iter().is_sorted_by_key(|property| property.name));
    }

    #[test]
    fn the_documentation_shows_this_table() {
        let docs = include_str!("../../../CONFIGURATION.md");
        let rows: String = PROPERTIES
            .iter()
            .map(|one| {
                let Property { name, kinds, shape, acts, codespaces, .. } = one;
                format!("| `{name}` | {} | {} | {acts} | {codespaces} |\n", kinds.words(), shape.words())
            })
            .collect();
        assert!(docs.contains(&rows), "CONFIGURATION.md should hold these rows:\n{rows}");
    }
}
