//! Which hub is meant: one for each file, in each home. Pure.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::codespace::label;
use crate::engine::LabelFilter;

/// A hub, by its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubId {
    file: String,
    home: String,
}

impl HubId {
    /// Returns the hub of a file, whose absolute path this is, for a home.
    pub fn new(file: &Path, home: &str) -> Self {
        Self { file: file.display().to_string(), home: home.to_owned() }
    }

    /// Returns the file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Returns what its container, its network and its volume are called.
    pub fn name(&self) -> String {
        let digest = self.digest();
        let hex: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        format!("localspace-hub-{hex}")
    }

    /// Returns the labels of all that is its.
    pub fn labels(&self) -> BTreeMap<String, String> {
        BTreeMap::from([(label::HUB.to_owned(), self.file.clone()), (label::HOME.to_owned(), self.home.clone())])
    }

    /// Returns what finds all that is its.
    pub fn filters(&self) -> [LabelFilter; 2] {
        [LabelFilter::is(label::HUB, &self.file), LabelFilter::is(label::HOME, &self.home)]
    }

    /// Returns ports to try one after the other: always the same for one hub, and below those that systems hand out by themselves.
    pub(super) fn ports(&self) -> impl Iterator<Item = u16> + use<> {
        const FIRST: u16 = 20_000;
        const MANY: u16 = 12_000;
        let digest = self.digest();
        let start = digest.iter().skip(6).take(2).fold(0, |sum, byte| (sum << 8) | u16::from(*byte)) % MANY;
        // A step that has no part in common with the number of ports.
        (0..20_u16).map(move |step| {
            let moved = (u32::from(start) + u32::from(step) * 1_009) % u32::from(MANY);
            FIRST + u16::try_from(moved).unwrap_or_default()
        })
    }

    fn digest(&self) -> Vec<u8> {
        Sha256::digest(format!("{}\0{}", self.home, self.file).as_bytes()).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hub_is_its_files_and_its_homes() {
        let id = |file: &str, home: &str| HubId::new(Path::new(file), home);
        assert_eq!(id("/a/hub.yaml", "/h").name(), id("/a/hub.yaml", "/h").name());
        assert_ne!(id("/a/hub.yaml", "/h").name(), id("/b/hub.yaml", "/h").name());
        assert_ne!(id("/a/hub.yaml", "/h").name(), id("/a/hub.yaml", "/i").name());
        let ports: std::collections::BTreeSet<u16> = id("/a/hub.yaml", "/h").ports().collect();
        assert_eq!(ports.len(), 20);
        assert!(ports.iter().all(|port| (20_000..32_000).contains(port)));
    }
}
