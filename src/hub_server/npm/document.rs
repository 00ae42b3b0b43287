//! What is told of a package: its versions and tags, as npm reads them, and a version more. Pure.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA512, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::request::Version;
use crate::github::hub::PackageName;

/// Everything that is told of a package. Where its tarballs are is told at each answer anew: it depends on how the registry is reached.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    #[serde(rename = "dist-tags")]
    tags: BTreeMap<String, String>,
    versions: BTreeMap<String, Value>,
    time: BTreeMap<String, String>,
}

/// A version of a package that is to be published.
#[derive(Debug)]
pub(super) struct Release {
    /// Which one.
    pub(super) version: Version,
    /// Its `package.json`.
    pub(super) manifest: Value,
    /// What it is to be found by beside its number.
    pub(super) tags: Vec<String>,
    /// Its files.
    pub(super) tarball: Vec<u8>,
}

/// Why something cannot be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    /// It is not what `npm publish` sends.
    #[error("it is no package: {0}")]
    Malformed(&'static str),
    /// A version is what it was first.
    #[error("Cannot publish over existing version.")]
    Exists,
}

/// What `npm publish` sends.
#[derive(Deserialize)]
struct Sent<'a> {
    #[serde(rename = "dist-tags", default)]
    tags: BTreeMap<String, String>,
    versions: BTreeMap<String, Value>,
    #[serde(rename = "_attachments", borrow)]
    attachments: BTreeMap<String, Attachment<'a>>,
}

#[derive(Deserialize)]
struct Attachment<'a> {
    #[serde(borrow)]
    data: Cow<'a, str>,
}

impl Release {
    /// Reads what `npm publish` sends for a package: one version, with its tarball.
    pub(super) fn of_body(name: &PackageName, body: &[u8]) -> Result<Self, Unfit> {
        let sent: Sent<'_> = serde_json::from_slice(body).map_err(|_| Unfit::Malformed("its body is not npm's"))?;
        let one = "it has not one version and one tarball";
        let (Some((version, manifest)), 1) = (sent.versions.into_iter().next(), sent.attachments.len()) else {
            return Err(Unfit::Malformed(one));
        };
        let Some(attachment) = sent.attachments.into_values().next() else { return Err(Unfit::Malformed(one)) };
        let tarball = STANDARD.decode(attachment.data.as_bytes());
        let tarball = tarball.map_err(|_| Unfit::Malformed("its tarball is no base64"))?;
        let tags = sent.tags.into_iter().filter(|(_, of)| *of == version).map(|(tag, _)| tag).collect();
        let release = Self::new(name, manifest, tags, tarball)?;
        if release.version.as_str() != version {
            return Err(Unfit::Malformed("its version is another one than its package.json has"));
        }
        release.is_whole().then_some(release).ok_or(Unfit::Malformed("its tarball is not the one that it tells of"))
    }

    /// Makes one of a `package.json`, which has to be the package's.
    pub(super) fn new(name: &PackageName, manifest: Value, tags: Vec<String>, tarball: Vec<u8>) -> Result<Self, Unfit> {
        let text = |field: &str| manifest.get(field).and_then(Value::as_str).unwrap_or_default();
        if PackageName::of_npm(text("name")).as_ref() != Some(name) || text("name").matches('@').count() != 1 {
            return Err(Unfit::Malformed("its package.json has another name"));
        }
        let version = Version::parse(text("version")).ok_or(Unfit::Malformed("its package.json has no version"))?;
        let is_tag = |tag: &String| tag.len() <= 64 && Version::parse(tag).is_none();
        if !tags.iter().all(is_tag) {
            return Err(Unfit::Malformed("a tag of it is no tag"));
        }
        Ok(Self { version, manifest, tags, tarball })
    }

    /// Tells whether the tarball has the digests that were sent with it.
    fn is_whole(&self) -> bool {
        let dist = self.manifest.get("dist");
        let is = |field: &str, ours: &str| {
            dist.and_then(|dist| dist.get(field)).and_then(Value::as_str).is_none_or(|theirs| theirs == ours)
        };
        is("integrity", &integrity(&self.tarball)) && is("shasum", &shasum(&self.tarball))
    }
}

impl Document {
    /// Adds a version, which must not be there yet.
    pub(super) fn add(&mut self, release: &Release, now: &str) -> Result<(), Unfit> {
        let version = release.version.as_str().to_owned();
        if self.versions.contains_key(&version) {
            return Err(Unfit::Exists);
        }
        let mut manifest = release.manifest.clone();
        if let Some(fields) = manifest.as_object_mut() {
            let dist = json!({ "integrity": integrity(&release.tarball), "shasum": shasum(&release.tarball) });
            fields.insert("dist".to_owned(), dist);
        }
        for tag in &release.tags {
            self.tags.insert(tag.clone(), version.clone());
        }
        self.time.insert(version.clone(), now.to_owned());
        self.versions.insert(version, manifest);
        Ok(())
    }

    /// Tells whether a version is there.
    pub(super) fn has(&self, version: &Version) -> bool {
        self.versions.contains_key(version.as_str())
    }

    /// Returns the document as a client gets it that asks at `base`.
    pub(super) fn told(&self, name: &PackageName, base: &str) -> Value {
        let called = format!("@{}/{}", name.owner(), name.name());
        let mut versions = self.versions.clone();
        for (version, manifest) in &mut versions {
            let Some(dist) = manifest.get_mut("dist").and_then(Value::as_object_mut) else { continue };
            let digest = dist.get("shasum").and_then(Value::as_str).unwrap_or_default();
            let tarball = format!("{base}/download/{called}/{version}/{digest}");
            dist.insert("tarball".to_owned(), tarball.into());
        }
        json!({ "_id": called, "name": called, "dist-tags": self.tags, "versions": versions, "time": self.time })
    }
}

/// Returns a tarball's digest as npm's lockfile has it.
fn integrity(tarball: &[u8]) -> String {
    format!("sha512-{}", STANDARD.encode(digest(&SHA512, tarball)))
}

/// Returns the older one.
fn shasum(tarball: &[u8]) -> String {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, tarball).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> PackageName {
        PackageName::of_npm("@acme/lib").expect("a name")
    }

    fn body(version: &str, change: impl FnOnce(&mut Value)) -> Vec<u8> {
        let mut body = json!({
            "name": "@acme/lib",
            "dist-tags": { "latest": version },
            "versions": { version: {
                "name": "@acme/lib", "version": version,
                "dist": { "shasum": shasum(b"files"), "integrity": integrity(b"files"), "tarball": "http://elsewhere" },
            } },
            "_attachments": { "lib.tgz": { "data": STANDARD.encode(b"files"), "length": 5 } },
        });
        change(&mut body);
        body.to_string().into_bytes()
    }

    fn read(version: &str) -> Release {
        Release::of_body(&name(), &body(version, |_| {})).expect("a release")
    }

    #[test]
    fn versions_are_added_once_and_told_with_their_tarballs() {
        let mut document = Document::default();
        document.add(&read("1.0.0"), "then").expect("added");
        document.add(&read("1.1.0"), "later").expect("added");
        assert_eq!(document.add(&read("1.0.0"), "again"), Err(Unfit::Exists));
        let told = document.told(&name(), "https://npm.pkg.github.com");
        assert_eq!(told["dist-tags"]["latest"], "1.1.0");
        let sum = shasum(b"files");
        let tarball = format!("https://npm.pkg.github.com/download/@acme/lib/1.0.0/{sum}");
        assert_eq!(told["versions"]["1.0.0"]["dist"]["tarball"], tarball);
        assert_eq!(told["versions"]["1.0.0"]["dist"]["integrity"], integrity(b"files"));
        let again: Document = serde_json::from_value(serde_json::to_value(&document).expect("text")).expect("read");
        assert_eq!(again, document);
    }

    #[test]
    fn what_is_no_package_is_refused() {
        let refused = |change: fn(&mut Value)| Release::of_body(&name(), &body("1.0.0", change)).err();
        let cases: [fn(&mut Value); 8] = [
            |body| body["versions"]["1.0.0"]["name"] = "@acme/other".into(),
            |body| body["versions"]["1.0.0"]["name"] = "@acme/lib@1".into(),
            |body| body["versions"]["1.0.0"]["version"] = "../1.0.0".into(),
            |body| body["versions"]["1.0.0"]["version"] = "1.0.1".into(),
            |body| body["versions"]["1.0.0"]["dist"]["shasum"] = "00".into(),
            |body| body["_attachments"] = json!({}),
            |body| body["_attachments"]["lib.tgz"]["data"] = "!".into(),
            |body| body["dist-tags"]["2.0.0"] = "1.0.0".into(),
        ];
        for (at, case) in cases.into_iter().enumerate() {
            assert!(matches!(refused(case), Some(Unfit::Malformed(_))), "{at}");
        }
        for text in ["", "{}", "[]", "null"] {
            assert!(Release::of_body(&name(), text.as_bytes()).is_err(), "{text}");
        }
    }
}
