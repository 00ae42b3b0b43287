//! Features from a registry that we did not write: by tag and digest, with logins and without, over TLS, and when it is gone.

use std::path::Path;

use localspace::devcontainer::feature::{FeatureId, Named};
use localspace::feature_store::{Content, Digest, Fault, FeatureStore, FetchError, Found, Network, Surroundings};
use localspace::redact::Secret;
use tempfile::TempDir;

use crate::support::{FeatureRegistry, PASSWORD};

const METADATA: &str = r#"{"id":"tool","version":"1.2.3","name":"Tool"}"#;
const FILES: [(&str, &str); 2] = [("devcontainer-feature.json", METADATA), ("install.sh", "echo tool\n")];

/// A machine with a cache of its own.
struct Machine {
    folder: TempDir,
    around: Surroundings,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let around = Surroundings {
            cache: folder.path().join("cache"),
            docker_config: folder.path().to_owned(),
            ..Surroundings::default()
        };
        Self { folder, around }
    }

    fn login(mut self, host: &str, password: &str) -> Self {
        self.around.oci_auth = Some(Secret::new(format!("{host}|robot|{password}")));
        self
    }

    /// Finds a Feature and gets its files, as one run would.
    fn get(&self, written: &str, locked: Option<&Digest>) -> Result<(Found, Content), FetchError> {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let Named { id, .. } = FeatureId::read(written, ".devcontainer").expect(written);
        let store = FeatureStore::new(self.around.clone());
        runtime.block_on(async {
            let found = store.find(&id, written, locked).await?;
            let content = store.content(&found.source, written).await?;
            Ok((found, content))
        })
    }

    #[track_caller]
    fn check(&self, written: &str, locked: Option<&Digest>) -> Found {
        let (found, content) = self.get(written, locked).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(found.metadata, METADATA);
        assert_eq!(std::fs::read_to_string(content.path().join("install.sh")).expect("there"), "echo tool\n");
        found
    }

    #[track_caller]
    fn refusal(&self, written: &str) -> String {
        let error = self.get(written, None).map(drop).expect_err("refused");
        assert_eq!(error.fault(), Fault::Registry);
        let text = format!("{error} ({})", error.hint().unwrap_or_default());
        assert!(!text.contains(PASSWORD), "{text}");
        text
    }
}

fn names(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

#[test]
fn a_feature_is_had_by_tag_and_digest_and_without_its_registry() {
    let registry = FeatureRegistry::start();
    let digest = registry.publish("acme/features/tool", &["1", "latest"], &FILES);
    let open = format!("localhost:{}/acme/features", registry.open);
    let (tag, by_digest) = (format!("{open}/Tool:1"), format!("{open}/tool@{digest}"));
    let machine = Machine::new();
    assert_eq!(machine.check(&tag, None).source.digest(), Some(digest.to_string().as_str()));
    let _found = machine.check(&format!("{open}/tool"), None);
    let _found = Machine::new().check(&by_digest, None);
    assert!(machine.refusal(&format!("{open}/tool:2")).contains("not found: MANIFEST_UNKNOWN"));
    assert!(machine.refusal(&format!("{open}/other")).contains("not found"));

    // What was published anew under the tag is what the next run gets, unless a lockfile names the old one.
    let newer = registry.publish("acme/features/tool", &["1"], &[FILES[0], FILES[1], ("more", "")]);
    assert_eq!(machine.check(&tag, None).source.digest(), Some(newer.to_string().as_str()));
    assert_eq!(machine.check(&tag, Some(&digest)).source.digest(), Some(digest.to_string().as_str()));

    registry.stop();
    assert_eq!(machine.check(&by_digest, None).notes, [""; 0]);
    assert_eq!(machine.check(&tag, Some(&digest)).notes, [""; 0]);
    let found = machine.check(&tag, None);
    assert!(found.notes[0].contains(&newer.to_string()), "{:?}", found.notes);
    assert!(Machine::new().refusal(&tag).contains("had no answer"));
}

#[test]
fn a_private_feature_is_had_with_a_login() {
    let registry = FeatureRegistry::start();
    let _digest = registry.publish("acme/features/tool", &["1"], &FILES);
    let host = format!("localhost:{}", registry.guarded);
    let written = format!("{host}/acme/features/tool:1");
    let without = Machine::new().refusal(&written);
    assert!(without.contains("was refused without a login: 401: UNAUTHORIZED, authentication required"), "{without}");
    let wrong = Machine::new().login(&host, "not-the-password").refusal(&written);
    assert!(wrong.contains("was refused with the login in DEVCONTAINERS_OCI_AUTH: 401"), "{wrong}");
    let _found = Machine::new().login(&host, PASSWORD).check(&written, None);
}

#[test]
fn a_registry_that_is_far_away_is_asked_over_tls() {
    let registry = FeatureRegistry::start();
    let digest = registry.publish("acme/features/tool", &["1"], &FILES);
    let written = "registry.acme.test/acme/features/tool:1";
    let mut machine = Machine::new().login("registry.acme.test", PASSWORD);
    assert!(machine.refusal(written).contains("had no answer"), "there is no such host without the proxy");
    machine.around.network = Network { proxy: Some(Secret::new(registry.proxy())), ..Network::default() };
    let stranger = machine.refusal(written);
    assert!(stranger.contains("invalid peer certificate: UnknownIssuer"), "{stranger}");
    machine.around.network.certificates = Some(registry.certificate());
    assert_eq!(machine.check(written, None).source.digest(), Some(digest.to_string().as_str()));
    machine.around.network.no_proxy = Some("acme.test".to_owned());
    assert!(machine.check(written, None).notes[0].contains("cannot be reached"));
}

#[test]
fn a_feature_that_was_tampered_with_or_means_harm_is_not_unpacked() {
    let registry = FeatureRegistry::start();
    let open = format!("localhost:{}/acme/features", registry.open);
    let layer = b"a layer of sixty-four bytes or so, which is no archive of any kind";
    let _digest = registry.publish_layer("acme/features/changed", &["1"], METADATA, layer);
    registry.tamper(&Digest::of(layer));
    let machine = Machine::new();
    assert!(machine.refusal(&format!("{open}/changed:1")).contains("which its manifest names"));

    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    let mut evil = tar::Builder::new(Vec::new());
    evil.append_link(&mut header, "etc", "../../../../etc").expect("added");
    let _digest = registry.publish_layer("acme/features/evil", &["1"], METADATA, &evil.into_inner().expect("ended"));
    let error = machine.get(&format!("{open}/evil:1"), None).map(drop).expect_err("refused");
    assert!(error.to_string().contains("etc: it is a link that leads out of the Feature"), "{error}");
    assert_eq!(error.fault(), Fault::Configuration);
    assert_eq!(names(&machine.folder.path().join("cache/work")), 0);
}
