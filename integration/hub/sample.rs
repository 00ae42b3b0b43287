//! The sample with an organization: seven packages, and three more registries whose secrets are at three levels.

use serde_json::{Value, json};

use crate::support::{Sandbox, commit, docker};

#[test]
fn an_organizations_codespace_pulls_what_it_may_from_four_registries() {
    let mut sandbox = Sandbox::new();
    for name in ["MONA_PAT", "ACR_PASSWORD", "ECR_SECRET", "DOCKERHUB_TOKEN"] {
        sandbox.set_env(name, &format!("value-of-{}", name.to_lowercase()));
    }
    let repository = sandbox.sample("organization", &[]);
    commit(&repository);
    let file = repository.join("hub.yaml").display().to_string();
    let _down = Down(&sandbox, &file);
    let _hub = sandbox.run(&["hub", "up", &file]).expect(0);
    let allowed = |package: &str| {
        let image = format!("ghcr.io/acme/{package}:1");
        let explain = ["registry", "explain", &image, "--hub", &file, "--repository", "acme/app", "--json"];
        let explained = sandbox.run(&[&explain[..], &["--user", "mona"]].concat()).expect(0).json();
        explained["rule"].as_str().expect("a rule").to_owned()
    };
    let name = sandbox.name("app");
    let options = ["--hub", &file, "--repository", "acme/app", "--user", "mona"];
    let up = sandbox.up(&repository, &name, &options).expect(0);
    let document = up.json();
    let registries: Vec<(&Value, &Value)> = document["registries"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (&one["server"], &one["outcome"]))
        .collect();
    for server in
        ["acme.azurecr.io", "123456789012.dkr.ecr.us-east-1.amazonaws.com", "https://index.docker.io/v1/", "ghcr.io"]
    {
        assert!(registries.contains(&(&json!(server), &json!("written"))), "{server}: {registries:?}");
    }
    // What it may pull with its own token alone, and what not, is what `registry explain` says.
    for (package, rule) in [
        ("app-base", "same-repository"),
        ("app-tools", "published-with-pat"),
        ("app-extras", "inherited-access"),
        ("shared", "internal-to-organization"),
        ("api", "codespaces-access-list"),
        ("ledger", "not-in-codespaces-access-list"),
        ("site", "public-package"),
    ] {
        assert_eq!(allowed(package), rule, "{package}");
        let pull = format!("docker pull -q ghcr.io/acme/{package}:1 2>&1 || echo refused");
        let is_refused = sandbox.inside(&name, &pull).contains("denied\nrefused");
        assert_eq!(is_refused, ["app-tools", "ledger"].contains(&package), "{package}");
    }
    // A hub that goes first leaves its network to the last codespace of it.
    let network = docker(&["network", "ls", "-q", "--filter", &format!("label=localspace.hub={file}")]);
    let down = sandbox.run(&["hub", "down", "-v", &file]).expect(0);
    assert!(down.stderr.contains("stays, as something is in it"), "{}", down.stderr);
    let _deleted = sandbox.run(&["delete", "-c", &name]).expect(0);
    let _gone = docker(&["network", "inspect", network.stdout.trim()]).expect(1);
}

/// Takes the hub down, whatever became of the test.
struct Down<'a>(&'a Sandbox, &'a str);

impl Drop for Down<'_> {
    fn drop(&mut self) {
        let _gone = self.0.run(&["hub", "down", "-v", self.1]);
    }
}
