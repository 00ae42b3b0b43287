//! `--github-token` against a registry that is `ghcr.io`: a hub that the codespace is not told of stands for the real one.

use serde_json::json;

use super::Hub;
use crate::support::{Sandbox, docker};

const HUB: &str = "
users: {mona: {tokens: [{name: dev, scopes: [read:packages], value: ghp-of-mona-0123}]}}
organizations: {acme: {members: [mona]}}
repositories: {acme/app: {visibility: private}}
packages: {ghcr.io/acme/api: {image: 'busybox:1'}}
";

#[test]
fn a_nested_engine_pulls_from_ghcr_with_a_token_of_the_users_own() {
    let mut sandbox = Sandbox::new();
    sandbox.set_env("GITHUB_TOKEN", "ghp-of-mona-0123");
    let sandbox = sandbox;
    let hub = Hub::up(&sandbox, HUB);
    let status = hub.status();
    let config = json!({
        "image": "mcr.microsoft.com/devcontainers/universal:linux",
        "runArgs": [format!("--network={}", status["network"].as_str().expect("a network"))],
        "onCreateCommand": "sudo mkdir -p /etc/docker/certs.d/ghcr.io && sudo cp .devcontainer/ca.crt /etc/docker/certs.d/ghcr.io/ && ! docker pull -q ghcr.io/acme/api:1",
        "postCreateCommand": "docker pull -q ghcr.io/acme/api:1",
    });
    let folder = sandbox.repository("r", &config.to_string());
    let authority = status["caCertificate"].as_str().expect("a certificate");
    std::fs::write(folder.join(".devcontainer/ca.crt"), authority).expect("written");
    let name = sandbox.name("own");
    let flags = ["--working-tree", "--github-token", "env", "--user", "mona"];
    let up = sandbox.up(&folder, &name, &flags).expect(0);
    assert_eq!(up.phases(), "-+++-++--");
    // A hub that the codespace is told of gives a token of its own, and that is said.
    let hosted = sandbox.name("hosted");
    let plain =
        sandbox.repository("p", r#"{"image": "busybox:1", "postCreateCommand": "echo $GITHUB_TOKEN >/var/token"}"#);
    let flags = ["--hub", &hub.file, "--repository", "acme/app", "--user", "mona", "--github-token", "env"];
    let up = sandbox.up(&plain, &hosted, &flags).expect(0);
    assert!(up.stderr.contains("it counts over --github-token"), "{}", up.stderr);
    let token = docker(&["exec", &hosted, "cat", "/var/token"]).expect(0).stdout;
    assert!(token.starts_with("ghu_"), "{token}");
}
