//! Features of a codespace in a hub: had from the hub under their own names, by its rules.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Hub;
use crate::support::{Door, Ran, Sandbox, docker};

const HUB: &str = "
users: {mona: {tokens: [{name: ci, scopes: [write:packages], value: pat-of-mona-0123456789}]}}
organizations: {acme: {members: [mona]}}
repositories: {acme/app: {visibility: private}, acme/web: {visibility: private}}
packages:
  ghcr.io/acme/features/tool: {repository: acme/app}
  ghcr.io/acme/features/base: {visibility: internal}
registries: {r.acme.test: {accounts: [{user: robot, password: r-password}]}}
";

/// What Features do: they leave a word.
fn files(id: &str, word: &str, more: &str) -> [(&'static str, String); 2] {
    let metadata = format!(r#"{{"id": "{id}", "version": "1.0.0", "containerEnv": {{"FROM_{id}": "{word}"}}{more}}}"#);
    [("devcontainer-feature.json", metadata), ("install.sh", format!("echo {word} >>/installed\n"))]
}

/// Publishes a Feature through the loopback, with a login.
fn publish(hub: &Hub<'_>, login: &str, path: &str, files: &[(&str, String)]) -> String {
    let port = hub.port();
    let basic = |headers: &str| format!("Authorization: Basic {}\r\n{headers}", STANDARD.encode(login));
    let asking = Door { port: port.clone(), headers: basic("") };
    let scope = format!("GET /token?service=x&scope=repository:{path}:pull,push");
    let (answer, _) = asking.send(&scope, "", b"", 200);
    let token: serde_json::Value =
        serde_json::from_str(answer.split_once("\r\n\r\n").expect("a body").1).expect("JSON");
    let headers = format!("Authorization: Bearer {}\r\n", token["token"].as_str().expect("a token"));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    Door { port, headers }.publish(path, &["1"], &files).to_string()
}

fn config(features: &[&str]) -> String {
    let features: serde_json::Map<_, _> = features.iter().map(|id| ((*id).to_owned(), serde_json::json!({}))).collect();
    serde_json::json!({ "image": "busybox:1", "features": features }).to_string()
}

struct Codespaces<'a> {
    sandbox: &'a Sandbox,
    hub: &'a Hub<'a>,
}

impl Codespaces<'_> {
    fn run(&self, verb: &[&str], config: &str, repository: &str, more: &[&str]) -> Ran {
        let folder = self.sandbox.path("r");
        if folder.exists() {
            std::fs::write(folder.join(".devcontainer/devcontainer.json"), config).expect("written");
        } else {
            let _made = self.sandbox.repository("r", config);
        }
        let folder = folder.display().to_string();
        let of = ["--hub", &self.hub.file, "--repository", repository, "--working-tree"];
        self.sandbox.run(&[&verb[..1], &[&folder], &verb[1..], &of, more].concat())
    }

    fn up(&self, name: &str, config: &str, repository: &str, more: &[&str]) -> Ran {
        self.run(&["up", "--name", name], config, repository, more)
    }
}

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.set_env("GITHUB_USER", "mona");
    // What this machine has for the real one is not the hub's.
    sandbox.set_env("GITHUB_TOKEN", "token-of-the-real-one");
    sandbox
}

#[test]
fn they_are_the_hubs_by_its_rules_and_keep_their_names() {
    let sandbox = sandbox();
    let hub = Hub::up(&sandbox, HUB);
    let pat = "mona:pat-of-mona-0123456789";
    let base = publish(&hub, pat, "ghcr.io/acme/features/base", &files("base", "base-one", ""));
    let needs = r#", "dependsOn": {"ghcr.io/acme/features/base:1": {}}"#;
    let tool = publish(&hub, pat, "ghcr.io/acme/features/tool", &files("tool", "tool-one", needs));
    let all = Codespaces { sandbox: &sandbox, hub: &hub };
    let (name, of_app) = (sandbox.name("app"), config(&["ghcr.io/acme/features/tool:1"]));
    let up = all.up(&name, &of_app, "acme/app", &[]).expect(0);
    assert!(!up.stderr.contains("localhost:"), "{}", up.stderr);
    assert_eq!(sandbox.inside(&name, "cat /installed; echo $FROM_tool"), "base-one\ntool-one\ntool-one\n");
    let lock = sandbox.inside(&name, "cat .devcontainer/devcontainer-lock.json");
    for part in [format!("\"ghcr.io/acme/features/tool@{tool}\""), format!("\"ghcr.io/acme/features/base@{base}\"")] {
        assert!(lock.contains(&part) && !lock.contains("localhost"), "{part}: {lock}");
    }
    // Who may not have it is refused: also what others were given before, and what a lockfile names by its digest.
    for config in [of_app.clone(), config(&[&format!("ghcr.io/acme/features/tool@{tool}")])] {
        let refused = all.up(&sandbox.name("web"), &config, "acme/web", &[]).expect(4);
        let said = refused.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "ghcr.io/acme/features/tool",
            "was refused with GITHUB_TOKEN: 403",
            "not-in-codespaces-access-list",
            "add acme/web under \"Manage Codespaces access\"",
            "https://ghcr.io/",
        ] {
            assert!(said.contains(part), "{part}: {}", refused.stderr);
        }
        assert!(!said.contains("localhost:"), "{said}");
    }
    // Another one under the same name is the one of the next rebuild.
    let _newer = publish(&hub, pat, "ghcr.io/acme/features/tool", &files("tool", "tool-two", ""));
    let _forgotten = sandbox.inside(&name, "rm .devcontainer/devcontainer-lock.json");
    let _rebuilt = sandbox.run(&["rebuild", "-c", &name]).expect(0);
    assert_eq!(sandbox.inside(&name, "cat /installed"), "tool-two\n");
    // An image alone.
    let image = format!("localspace-test/{name}:1");
    let built = all.run(&["build", "--image-name", &image], &of_app, "acme/app", &[]).expect(0);
    assert!(!built.stderr.contains("localhost:"), "{}", built.stderr);
    let _gone = docker(&["rmi", &image]).expect(0);
    let refused = all.run(&["build", "--image-name", &image], &of_app, "acme/web", &[]).expect(4);
    assert!(refused.stderr.contains("not-in-codespaces-access-list"), "{}", refused.stderr);
}

#[test]
fn those_of_another_registry_want_its_secrets_and_none_stands_in_for_the_real_ones() {
    let sandbox = sandbox();
    let hub = Hub::up(&sandbox, HUB);
    let _tool = publish(&hub, "robot:r-password", "r.acme.test/acme/tool", &files("tool", "of-r", ""));
    let _public =
        publish(&hub, "mona:pat-of-mona-0123456789", "ghcr.io/acme/features/tool", &files("tool", "of-hub", ""));
    let all = Codespaces { sandbox: &sandbox, hub: &hub };
    let of_r = config(&["r.acme.test/acme/tool:1"]);
    let refused = all.up(&sandbox.name("none"), &of_r, "acme/app", &[]).expect(4);
    assert!(refused.stderr.contains("without a login: 401"), "{}", refused.stderr);
    assert!(refused.stderr.contains("ACME_CONTAINER_REGISTRY_SERVER=r.acme.test"), "{}", refused.stderr);
    let secrets = "R_CONTAINER_REGISTRY_SERVER=r.acme.test\nR_CONTAINER_REGISTRY_USER=robot\nR_CONTAINER_REGISTRY_PASSWORD=r-password\n";
    let secrets = sandbox.file("s.env", secrets);
    let name = sandbox.name("app");
    let both = config(&["r.acme.test/acme/tool:1", "ghcr.io/acme/features/tool:1"]);
    let _up = all.up(&name, &both, "acme/app", &["--secrets-file", &secrets]).expect(0);
    assert_eq!(sandbox.inside(&name, "sort /installed"), "of-hub\nof-r\n");
    // The hub is down: its Features were its own, and nothing of them is taken for the real registry's.
    let _down = sandbox.run(&["hub", "down", &hub.file]).expect(0);
    let other = sandbox.name("other");
    let alone =
        all.up(&other, &config(&["r.acme.test/acme/tool:1"]), "acme/app", &["--secrets-file", &secrets]).expect(4);
    assert!(
        alone.stderr.contains("GET https://r.acme.test/v2/acme/tool/manifests/1 had no answer"),
        "{}",
        alone.stderr
    );
}
