//! What is known of a prebuild: kept as a label of its image, so that whoever has the image has all of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::checks::Checks;

/// The version of the record.
const VERSION: u32 = 1;

/// A prebuild that is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Record {
    /// The version of the record: [`Record::version`].
    pub version: u32,
    /// `owner/name` of the repository.
    pub repository: String,
    /// Where that was cloned from.
    pub source: String,
    /// The branch; absent where the commit is on none.
    pub branch: Option<String>,
    /// The commit.
    pub commit: String,
    /// The configuration's path in the repository; empty where there is none.
    pub config_path: String,
    /// A digest of the configuration's files.
    pub configuration: String,
    /// When it was made, RFC 3339.
    pub created: String,
    /// What the container was made from, as far as a codespace of the prebuild has to know it.
    pub image: KeptImage,
    /// The images of the other services of a Compose project, by the services' names.
    pub services: BTreeMap<String, String>,
    /// Its volumes.
    pub volumes: Vec<KeptVolume>,
    /// Its phases that ran, in their order.
    pub phases: Vec<KeptPhase>,
    /// Files of the repository that its commands have changed; absent where that is not known.
    pub changed_files: Option<Vec<String>>,
    /// How many of its image's layers are of its own making, the newest ones: one of each version that it was made over.
    #[serde(default = "one")]
    pub snapshots: u32,
    /// The prebuild that it was made over; absent where it was made from nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<String>,
    /// The images of a nested engine; absent where there is none, or it did not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nested_images: Option<Vec<NestedImage>>,
    /// What was found in it; absent where that was not looked for.
    #[serde(default)]
    pub checks: Option<Checks>,
}

/// An image of a nested engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NestedImage {
    /// What it is called: `<none>:<none>` where it has no name.
    pub name: String,
    /// Its short id.
    pub id: String,
    /// Its size, in that engine's words: `64.1MB`.
    pub size: String,
}

const fn one() -> u32 {
    1
}

/// The image that a prebuild's container was made from. What the engine says of the prebuild's own image has the container's settings in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct KeptImage {
    /// The user its processes run as; empty for root.
    pub user: String,
    /// `NAME=VALUE`.
    pub env: Vec<String>,
    /// Its entrypoint.
    pub entrypoint: Vec<String>,
    /// Its command.
    pub command: Vec<String>,
    /// Its metadata, without the configuration's own part: a JSON array.
    pub metadata: String,
}

/// A volume that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct KeptVolume {
    /// What the engine calls it.
    pub volume: String,
    /// Which volume of a codespace it is.
    pub place: Place,
    /// How many files and folders are in it.
    pub entries: u64,
    /// How many bytes are in its files.
    pub bytes: u64,
    /// Where it is mounted; empty where that is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// The service of a Compose project that has it mounted, where it is another one than the codespace's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
}

/// Which volume of a codespace something is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    /// One that has a name: what comes after the codespace's.
    Named(String),
    /// One that nobody has named.
    Anonymous {
        /// The service whose it is, in a Compose project.
        service: Option<String>,
        /// Where it is mounted.
        target: String,
    },
}

/// A phase that ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct KeptPhase {
    /// Its name.
    pub phase: String,
    /// How long it took.
    pub seconds: f64,
}

/// A record that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It is none of ours.
    #[error("its record cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It is of another version of localspace.
    #[error("its record is of version {0}, and this localspace knows {VERSION}")]
    Version(u32),
}

impl Record {
    /// Returns the version that is written.
    pub const fn version() -> u32 {
        VERSION
    }

    /// Reads the text of a label.
    pub fn parse(text: &str) -> Result<Self, RecordError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } = serde_json::from_str(text)?;
        if version != VERSION {
            return Err(RecordError::Version(version));
        }
        Ok(serde_json::from_str(text)?)
    }

    /// Returns the text of a label.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Returns one that is yet to be filled.
    pub fn empty() -> Self {
        Self {
            version: VERSION,
            repository: String::new(),
            source: String::new(),
            branch: None,
            commit: String::new(),
            config_path: String::new(),
            configuration: String::new(),
            created: String::new(),
            image: KeptImage::default(),
            services: BTreeMap::new(),
            volumes: Vec::new(),
            phases: Vec::new(),
            changed_files: None,
            snapshots: one(),
            over: None,
            nested_images: None,
            checks: None,
        }
    }

    /// Tells whether another one is of the same repository, branch and configuration.
    pub fn is_alike(&self, other: &Self) -> bool {
        self.source == other.source && self.branch == other.branch && self.config_path == other.config_path
    }

    /// Returns how many bytes are in its volumes.
    pub fn volume_bytes(&self) -> u64 {
        self.volumes.iter().map(|volume| volume.bytes).sum()
    }
}

impl NestedImage {
    /// Reads one line of what `docker image ls` was asked for: name, id and size, with a tab between them.
    pub fn parse(line: &str) -> Option<Self> {
        let mut parts = line.split('\t').map(str::to_owned);
        let (name, id, size) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { name, id, size })
    }
}

impl KeptVolume {
    /// Returns what it is of, in a few words.
    pub fn what(&self) -> String {
        let target = if self.target.is_empty() { "a volume" } else { self.target.as_str() };
        match (&self.service, target) {
            (Some(service), _) => format!("{target} of the service {service}"),
            (None, "/workspaces") => "/workspaces: the repository".to_owned(),
            (None, "/var/lib/docker") => "/var/lib/docker: the nested engine".to_owned(),
            (None, _) => target.to_owned(),
        }
    }
}

impl Place {
    /// Tells which volume of a codespace one is, by its name and where a container has it; nothing where it is nobody's or somebody else's.
    pub fn of(codespace: &str, volume: &str, target: &str, service: Option<&str>) -> Option<Self> {
        if let Some(suffix) = volume.strip_prefix(codespace).filter(|suffix| suffix.starts_with(['.', '_'])) {
            return Some(Self::Named(suffix.to_owned()));
        }
        // The engine gives one a digest that has no name.
        let is_digest = volume.len() == 64 && volume.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_digest.then(|| Self::Anonymous { service: service.map(str::to_owned), target: target.to_owned() })
    }

    /// Returns what a codespace's own volume is called that is there.
    pub fn volume_of(&self, codespace: &str) -> String {
        match self {
            Self::Named(suffix) => format!("{codespace}{suffix}"),
            Self::Anonymous { service, target } => {
                use sha2::{Digest as _, Sha256};
                let text = format!("{}\n{target}", service.as_deref().unwrap_or_default());
                let digest: String = Sha256::digest(text).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
                format!("{codespace}_anonymous-{digest}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(place: Place) -> KeptVolume {
        KeptVolume { volume: "v".to_owned(), place, entries: 0, bytes: 0, target: String::new(), service: None }
    }

    #[test]
    fn what_was_not_written_yet_has_a_meaning() {
        let mut record: serde_json::Value = serde_json::from_str(&Record::empty().text()).expect("JSON");
        let _gone = record.as_object_mut().expect("an object").remove("snapshots");
        assert_eq!(Record::parse(&record.to_string()).expect("read"), Record::empty());
    }

    #[test]
    fn a_volume_says_what_it_is() {
        let what = |target: &str, service: Option<&str>| {
            let place = Place::Named("_x".to_owned());
            KeptVolume { target: target.to_owned(), service: service.map(str::to_owned), ..kept(place) }.what()
        };
        assert_eq!(what("/workspaces", None), "/workspaces: the repository");
        assert_eq!(what("/var/lib/docker", None), "/var/lib/docker: the nested engine");
        assert_eq!(what("/data", Some("db")), "/data of the service db");
        assert_eq!(what("", None), "a volume");
        let image = NestedImage { name: "a:1".to_owned(), id: "0".to_owned(), size: "2MB".to_owned() };
        assert_eq!(NestedImage::parse("a:1\t0\t2MB"), Some(image));
        assert_eq!(NestedImage::parse("a:1"), None);
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let place = Place::Anonymous { service: Some("db".to_owned()), target: "/data".to_owned() };
        let volume = KeptVolume { entries: 3, bytes: 9, ..kept(place) };
        let named = KeptVolume { place: Place::Named("_workspaces".to_owned()), ..volume.clone() };
        let phase = KeptPhase { phase: "onCreateCommand".to_owned(), seconds: 1.5 };
        let record =
            Record { commit: "00".to_owned(), volumes: vec![volume, named], phases: vec![phase], ..Record::empty() };
        assert_eq!(Record::parse(&record.text()).expect("read"), record);
        let newer = record.text().replace("\"version\":1", "\"version\":2");
        assert!(matches!(Record::parse(&newer), Err(RecordError::Version(2))));
        for text in ["", "{}", "[]", "{\"version\":1}"] {
            assert!(Record::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_volume_is_known_by_its_name() {
        let digest = "ab".repeat(32);
        let of = |volume: &str| Place::of("calm-lamp", volume, "/data", None);
        assert_eq!(of("calm-lamp_workspaces"), Some(Place::Named("_workspaces".to_owned())));
        assert_eq!(of("calm-lamp.cache.x"), Some(Place::Named(".cache.x".to_owned())));
        assert_eq!(of(&digest), Some(Place::Anonymous { service: None, target: "/data".to_owned() }));
        for other in ["calm-lamp-2_workspaces", "shared", "calm-lamp", ""] {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(Place::Named(".cache".to_owned()).volume_of("new"), "new.cache");
        let one = of(&digest).expect("a place").volume_of("new");
        assert!(one.starts_with("new_anonymous-") && one != of(&digest).expect("a place").volume_of("other"));
    }
}
