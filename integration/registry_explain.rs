//! `registry explain`: the decision of the simulated GitHub's file, without an engine.

use serde_json::{Value, json};

use crate::support::{Ran, Sandbox, run};

/// An organization with the seven permission cases of the source document, and its neighbours.
const HUB: &str = "
users:
  mona: {tokens: [{name: ci, scopes: [write:packages], value: hunter2}]}
organizations:
  acme: {members: [mona]}
  globex:
repositories:
  acme/app: {visibility: private}
  acme/site: {visibility: public}
  globex/tool: {visibility: private}
packages:
  ghcr.io/acme/public: {visibility: public}
  ghcr.io/acme/app: {repository: acme/app}
  ghcr.io/acme/unselected: {repository: acme/app, inherit_access: false}
  ghcr.io/acme/by-token: {repository: acme/app, published_by: pat}
  ghcr.io/acme/internal: {visibility: internal}
  ghcr.io/acme/listed: {visibility: private, codespaces_access: [acme/site]}
  ghcr.io/acme/private: {visibility: private}
";

fn explain(sandbox: &Sandbox, words: &[&str]) -> Ran {
    let file = sandbox.file("hub.yaml", HUB);
    sandbox.run(&[&["registry", "explain", "--hub", &file][..], words].concat())
}

#[test]
fn each_case_has_its_rule() {
    let sandbox = Sandbox::new();
    for (package, repository, allowed, rule) in [
        ("public", "globex/tool", true, "public-package"),
        ("app", "acme/app", true, "same-repository"),
        ("unselected", "acme/app", false, "inherit-access-unselected"),
        ("by-token", "acme/app", false, "published-with-pat"),
        ("internal", "acme/app", true, "internal-to-organization"),
        ("internal", "acme/site", false, "public-repository-needs-access-list"),
        ("listed", "acme/site", true, "codespaces-access-list"),
        ("private", "acme/app", false, "not-in-codespaces-access-list"),
        ("private", "globex/tool", false, "different-organization"),
        ("nothing", "acme/app", false, "unknown-package"),
    ] {
        let image = format!("ghcr.io/acme/{package}:1");
        let words = [&image, "--repository", repository, "--user", "mona", "--json"];
        let mut document = explain(&sandbox, &words).expect(0).json();
        let fix = document.as_object_mut().and_then(|fields| fields.remove("fix"));
        let expected = json!({
            "image": image, "repository": repository, "user": "mona", "action": "pull", "allowed": allowed, "rule": rule,
        });
        assert_eq!(document, expected);
        assert_eq!(fix.as_ref().and_then(Value::as_str).is_some(), !allowed, "{image} from {repository}: {fix:?}");
    }
}

#[test]
fn a_refusal_says_what_to_change_and_a_push_is_refused() {
    let sandbox = Sandbox::new();
    let refused = explain(&sandbox, &["ghcr.io/acme/by-token", "--repository", "ACME/app", "--user", "mona"]).expect(0);
    for part in [
        "mona's codespace of acme/app may not pull ghcr.io/acme/by-token",
        "rule: published-with-pat",
        "https://github.com/orgs/acme/packages/container/by-token/settings",
        "`codespaces_access: [acme/app]`",
    ] {
        assert!(refused.stdout.contains(part), "{}", refused.stdout);
    }
    let push = ["ghcr.io/acme/app:2", "--repository", "acme/app", "--push", "--json"];
    let push = explain(&sandbox, &push).expect(0).json();
    assert_eq!((&push["action"], &push["allowed"]), (&json!("push"), &json!(false)));
    assert!(push["fix"].as_str().is_some_and(|fix| fix.contains("write:packages")), "{push}");
}

#[test]
fn what_cannot_be_asked_is_told_with_its_place_and_shows_no_value() {
    let sandbox = Sandbox::new();
    let repository = ["ghcr.io/acme/app", "--repository", "acme/ap"];
    let unknown = explain(&sandbox, &repository).expect(2);
    assert!(unknown.stderr.contains("acme/app, acme/site, globex/tool"), "{}", unknown.stderr);
    let other = explain(&sandbox, &["acme.azurecr.io/app:1", "--repository", "acme/app"]).expect(2);
    assert!(other.stderr.contains("<ID>_CONTAINER_REGISTRY_"), "{}", other.stderr);
    let broken = HUB.replace("scopes: [write:packages]", "scope: [write:packages]");
    let _file = sandbox.file("broken.yaml", &broken);
    let broken = sandbox.run(&["registry", "explain", "ghcr.io/acme/app", "--hub", "broken.yaml", "--json"]).expect(2);
    assert!(broken.stderr.contains("broken.yaml:3:30: ") && !broken.stderr.contains("hunter2"), "{}", broken.stderr);
    assert_eq!(broken.json()["outcome"], "error");
    let missing = sandbox.run(&["registry", "explain", "ghcr.io/acme/app", "--hub", "missing.yaml"]).expect(2);
    assert!(missing.stderr.contains("missing.yaml"), "{}", missing.stderr);
}

/// The repository is that of the working directory.
#[test]
fn a_folders_own_repository_is_asked_about() {
    let sandbox = Sandbox::new();
    let folder = sandbox.repository("app", "{}").display().to_string();
    run("git", &["-C", &folder, "remote", "add", "origin", "https://github.com/acme/app.git"]);
    let file = sandbox.file("hub.yaml", HUB);
    let mut command = sandbox.command(&["registry", "explain", "ghcr.io/acme/app", "--hub", &file, "--json"]);
    let asked = Ran::of(command.current_dir(&folder).output().expect("run")).expect(0).json();
    assert_eq!((&asked["repository"], &asked["rule"]), (&json!("acme/app"), &json!("same-repository")));
}
