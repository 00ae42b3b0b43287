//! Features from a registry that we did not write: by tag and digest, with logins and without, over TLS, and when it is gone.

use std::net::TcpListener;
use std::path::Path;

use localspace::devcontainer::feature::{FeatureId, Named};
use localspace::feature_store::{Content, Digest, Fault, FeatureStore, FetchError, Found, Network, Surroundings};
use localspace::redact::Secret;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Deadline, FeatureRegistry, PASSWORD, Ran, Sandbox, send};

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

/// Makes a repository that wants this Feature, and returns what shows it.
fn wanting(sandbox: &Sandbox, written: &str) -> [String; 4] {
    let config = json!({ "image": "busybox:1", "features": { written: {} } }).to_string();
    let folder = sandbox.repository("app", &config).display().to_string();
    ["config".to_owned(), folder, "--features".to_owned(), "--json".to_owned()]
}

fn run(sandbox: &Sandbox, args: &[String]) -> Ran {
    sandbox.run(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn the_logins_of_this_machine_are_used_and_a_refusal_names_the_one_that_was() {
    let registry = FeatureRegistry::start();
    let _digest = registry.publish("acme/features/tool", &["1"], &FILES);
    let host = format!("localhost:{}", registry.guarded);
    let written = format!("{host}/acme/features/tool:1");
    let mut sandbox = Sandbox::new();
    let args = wanting(&sandbox, &written);
    let refused = run(&sandbox, &args).expect(4);
    for part in [
        ".devcontainer/devcontainer.json:1:",
        &format!(
            "Feature `{written}`: GET http://{host}/v2/acme/features/tool/manifests/1 was refused without a login: 401: UNAUTHORIZED"
        ),
        "there may be no permission for it, or no login",
        &format!("hint: give its registry as secrets, such as ACME_CONTAINER_REGISTRY_SERVER={host}"),
    ] {
        assert!(refused.stderr.contains(part), "{part}\n{}", refused.stderr);
    }
    assert_eq!(refused.json()["outcome"], "error");

    // A helper in PATH that the Docker configuration names; first one that has another password.
    std::fs::create_dir_all(sandbox.path("home/.docker")).expect("made");
    std::fs::write(sandbox.path("home/.docker/config.json"), r#"{"credsStore": "test"}"#).expect("written");
    let helper = |sandbox: &Sandbox, password: &str| {
        let answer = json!({ "Username": "robot", "Secret": password }).to_string();
        let text = format!(
            "#!/bin/sh\nread -r server || :\n[ \"$1 $server\" = 'get {host}' ] || exit 1\ncat <<'END'\n{answer}\nEND\n"
        );
        sandbox.program_in_path("docker-credential-test", &text)
    };
    let path = helper(&sandbox, "not-the-password");
    sandbox.set_env("PATH", &path);
    let refused = run(&sandbox, &args).expect(4);
    assert!(
        refused.stderr.contains("was refused with the login that docker-credential-test has: 401"),
        "{}",
        refused.stderr
    );
    assert!(!refused.stderr.contains("not-the-password"), "{}", refused.stderr);
    let _path = helper(&sandbox, PASSWORD);
    let shown = run(&sandbox, &args).expect(0);
    assert_eq!(shown.json()["featuresConfiguration"]["featureSets"][0]["features"][0]["id"], "tool");

    // What is told to the program itself comes before that.
    sandbox.set_env("DEVCONTAINERS_OCI_AUTH", &format!("{host}|robot|wrong"));
    let refused = run(&sandbox, &args).expect(4);
    assert!(refused.stderr.contains("with the login in DEVCONTAINERS_OCI_AUTH"), "{}", refused.stderr);
}

#[test]
fn several_processes_at_once_fetch_the_same() {
    let (registry, sandbox) = (FeatureRegistry::start(), Sandbox::new());
    let layer = registry.publish("acme/features/tool", &["1"], &FILES);
    let args = wanting(&sandbox, &format!("localhost:{}/acme/features/tool:1", registry.open));
    let all: Vec<_> = (0..4).map(|_| sandbox.spawn(&args.iter().map(String::as_str).collect::<Vec<_>>())).collect();
    for child in all {
        let _deadline = Deadline::of(child.id());
        let shown = Ran::of(child.wait_with_output().expect("ended")).expect(0);
        assert_eq!(shown.json()["featuresConfiguration"]["featureSets"][0]["computedDigest"], layer.to_string());
        assert_eq!(shown.stderr, "");
    }
    let cache = sandbox.path("localspace/cache/features");
    assert_eq!((names(&cache.join("sha256")), names(&cache.join("names")), names(&cache.join("work"))), (1, 1, 0));
}

#[test]
fn a_registry_that_says_nothing_is_left_at_the_first_interrupt() {
    let sandbox = Sandbox::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let args = wanting(&sandbox, &format!("localhost:{port}/acme/features/tool:1"));
    let child = sandbox.spawn(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let _deadline = Deadline::of(child.id());
    let (_stream, _client) = listener.accept().expect("it asks");
    send("INT", child.id());
    let ended = Ran::of(child.wait_with_output().expect("ended")).expect(130);
    assert!(ended.stderr.ends_with("interrupted\n"), "{}", ended.stderr);
}
