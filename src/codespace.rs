//! What identifies a codespace everywhere: its name, its repository, its actor, and the labels that the engine keeps of it.
//!
//! Labels are the truth about what exists (DESIGN section 5); nothing here knows Docker or the disk.

use std::fmt;
use std::str::FromStr;

/// The name of a codespace: `adjective-noun-suffix`, or the user's own (`--name`).
///
/// It is also the name of its container, the prefix of its volumes' names and the name of its folder on disk, so it is held
/// to what all three allow: lower-case letters, digits and inner hyphens, at most [`CodespaceName::MAX_LEN`] of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodespaceName(String);

/// A text that cannot name a codespace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` cannot name a codespace: use 1 to 48 lower-case letters, digits and hyphens, a letter or digit at both ends"
)]
pub struct InvalidName {
    text: String,
}

impl CodespaceName {
    /// The longest name, in characters (gh: a display name has at most 48).
    pub const MAX_LEN: usize = 48;

    /// Returns a name made from `entropy`, in the form of GitHub's own (codespaces-facts.md section 1.7).
    pub fn generate(entropy: [u8; 8]) -> Self {
        const SUFFIX: &[u8; 32] = b"abcdefghjklmnpqrstuvwxyz23456789";
        let pick = |words: &[&str], byte: u8| words[usize::from(byte) % words.len()].to_owned();
        let suffix: String = entropy[2..].iter().map(|byte| char::from(SUFFIX[usize::from(byte % 32)])).collect();
        Self(format!("{}-{}-{suffix}", pick(&ADJECTIVES, entropy[0]), pick(&NOUNS, entropy[1])))
    }

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CodespaceName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let ends_well = !text.starts_with('-') && !text.ends_with('-');
        if !text.is_empty() && text.len() <= Self::MAX_LEN && ends_well && text.bytes().all(inner) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName { text: text.to_owned() })
        }
    }
}

impl fmt::Display for CodespaceName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A repository as GitHub names it: `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryName {
    owner: String,
    name: String,
}

/// A text that is no `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no repository name: expected OWNER/NAME")]
pub struct InvalidRepository {
    text: String,
}

impl RepositoryName {
    /// Returns the name of a repository whose own is not known.
    pub fn unknown() -> Self {
        Self { owner: "local".to_owned(), name: "repository".to_owned() }
    }

    /// Returns the repository's name without its owner: the folder under `/workspaces`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the user or organization that owns the repository.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Tells whether GitHub takes both for one: case does not count there.
    pub fn is(&self, other: &Self) -> bool {
        self.owner.eq_ignore_ascii_case(&other.owner) && self.name.eq_ignore_ascii_case(&other.name)
    }
}

impl FromStr for RepositoryName {
    type Err = InvalidRepository;

    fn from_str(text: &str) -> Result<Self, InvalidRepository> {
        let part = |part: &str| {
            !part.is_empty()
                && part != "."
                && part != ".."
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        match text.split_once('/') {
            Some((owner, name)) if part(owner) && part(name) => {
                Ok(Self { owner: owner.to_owned(), name: name.to_owned() })
            }
            _ => Err(InvalidRepository { text: text.to_owned() }),
        }
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.owner, self.name)
    }
}

/// The labels of a codespace's container and volumes.
pub mod label {
    /// What our labels, and those that editors know a dev container by, begin with.
    pub const RESERVED: [&str; 2] = ["localspace.", "devcontainer."];
    /// The codespace's name; its presence makes an object of the engine ours.
    pub const CODESPACE: &str = "localspace.codespace";
    /// Where the codespace's state is kept: whose it is, on an engine that several people or tests share.
    pub const HOME: &str = "localspace.home";
    /// The file of a hub: its presence makes an object of the engine a hub's.
    pub const HUB: &str = "localspace.hub";
    /// What a hub's container was made from.
    pub const HUB_MADE_FROM: &str = "localspace.hub_made_from";
    /// The port of the engine's machine, on its loopback, that a hub answers at.
    pub const HUB_PORT: &str = "localspace.hub_port";
    /// `owner/name` of the repository.
    pub const REPOSITORY: &str = "localspace.repository";
    /// The GitHub login the codespace runs for.
    pub const ACTOR: &str = "localspace.actor";
    /// Where the repository was cloned from: an absolute path or a URL.
    pub const SOURCE: &str = "localspace.source";
    /// The branch or tag that was asked for; absent where the commit is on none.
    pub const REF: &str = "localspace.ref";
    /// The commit that was checked out; absent where the folder is no git repository.
    pub const COMMIT: &str = "localspace.commit";
    /// The configuration's path inside the repository.
    pub const CONFIG: &str = "localspace.config";
    /// A digest of each property of the configuration that the container was made from.
    pub const FINGERPRINT: &str = "localspace.fingerprint";
    /// The folder inside the container that the repository is in.
    pub const WORKSPACE_FOLDER: &str = "localspace.workspace_folder";
    /// What the container was made for: `codespace` or `prebuild`.
    pub const PURPOSE: &str = "localspace.purpose";
    /// What the branch is, where it is not the repository's own: `fork`, a pull request's from a fork.
    pub const BRANCH: &str = "localspace.branch";
    /// What came of asking for permissions on other repositories: `granted …` or `refused …`; absent where nothing was asked for.
    pub const PERMISSIONS: &str = "localspace.permissions";
    /// The error for which the container is a recovery container; absent where it is the codespace's own.
    pub const RECOVERY: &str = "localspace.recovery";
    /// The service of a Compose project; only the container of the codespace itself has the labels of its repository too.
    pub const SERVICE: &str = "localspace.service";
    /// The folder in the container that a working tree of this machine is mounted at; absent where the repository was cloned.
    pub const BIND: &str = "localspace.bind";
    /// The prebuild that an object of the engine is of; empty in an image that is made of a codespace's container and is none.
    pub const PREBUILD: &str = "localspace.prebuild";
    /// What is known of a prebuild, as JSON: on its image alone.
    pub const PREBUILD_RECORD: &str = "localspace.prebuild_record";
    /// The prebuild that a codespace was made of.
    pub const FROM_PREBUILD: &str = "localspace.from_prebuild";
    /// Whose look into an image a container is for, which is never started.
    pub const LOOK: &str = "localspace.look";
    /// The reference CLI's label of the local folder, so that editors attach.
    pub const LOCAL_FOLDER: &str = "devcontainer.local_folder";
    /// The reference CLI's label of the configuration file.
    pub const CONFIG_FILE: &str = "devcontainer.config_file";
    /// Tells a codespace's own container from those of the services beside it, which say that they have no source: an image may bring labels too.
    pub fn is_own(labels: &std::collections::BTreeMap<String, String>) -> bool {
        labels.get(SOURCE).is_some_and(|source| !source.is_empty())
    }

    /// The image metadata: a JSON array, raw (image-metadata.md of the specification).
    pub const METADATA: &str = "devcontainer.metadata";
}

const ADJECTIVES: [&str; 32] = [
    "amber",
    "bold",
    "brisk",
    "calm",
    "clever",
    "cosmic",
    "crisp",
    "curly",
    "fluffy",
    "fuzzy",
    "glowing",
    "jubilant",
    "keen",
    "legendary",
    "literate",
    "lucid",
    "mellow",
    "nimble",
    "opulent",
    "organic",
    "plucky",
    "quiet",
    "refactored",
    "scaling",
    "shiny",
    "silver",
    "solid",
    "special",
    "sturdy",
    "super",
    "upgraded",
    "zany",
];

const NOUNS: [&str; 32] = [
    "acorn",
    "barnacle",
    "bassoon",
    "broccoli",
    "capybara",
    "chainsaw",
    "couscous",
    "disco",
    "dollop",
    "eureka",
    "fiesta",
    "fishstick",
    "garbanzo",
    "goggles",
    "guacamole",
    "halibut",
    "journey",
    "lamp",
    "meme",
    "orbit",
    "pancake",
    "parakeet",
    "potato",
    "robot",
    "sniffle",
    "space",
    "spoon",
    "telegram",
    "train",
    "waddle",
    "winner",
    "zebra",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_name_is_a_valid_name() {
        for seed in 0..=255_u8 {
            let name = CodespaceName::generate([seed, seed.wrapping_mul(31), 7, seed, 255, 0, 128, seed]);
            assert_eq!(name.as_str().parse(), Ok(name.clone()), "{name}");
        }
    }

    #[test]
    fn names_that_a_container_or_a_folder_could_not_bear_are_refused() {
        let long = "x".repeat(49);
        for text in ["", "-a", "a-", "A", "a b", "../a", "a/b", "é", "a_b", long.as_str()] {
            assert!(text.parse::<CodespaceName>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_repository_is_owner_and_name() {
        let parsed: RepositoryName = "acme/app.js".parse().expect("valid");
        assert_eq!((parsed.owner(), parsed.name()), ("acme", "app.js"));
        for text in ["", "acme", "acme/", "/app", "acme/app/x", "acme/..", "ac me/app", "acme/a\nb"] {
            assert!(text.parse::<RepositoryName>().is_err(), "{text}");
        }
    }
}
