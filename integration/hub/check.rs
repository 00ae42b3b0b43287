//! `registry check`: a real login for each registry of a codespace, and whose fault it is where one does not work.

use serde_json::Value;

use super::Hub;
use crate::support::Sandbox;

const HUB: &str = "
users: {mona: {}}
organizations: {acme: {members: [mona]}}
repositories: {acme/app: {visibility: private}}
packages:
  ghcr.io/acme/api: {repository: acme/app, image: 'busybox:1'}
  ghcr.io/acme/ledger: {visibility: private, image: 'busybox:1'}
registries:
  acme.azurecr.io: {accounts: [{user: robot, password: good-password}, {user: robot2, password: other-password}]}
";

fn acr(server: &str, user: &str, password: &str) -> String {
    format!(
        "ACR_CONTAINER_REGISTRY_SERVER={server}\nACR_CONTAINER_REGISTRY_USER={user}\nACR_CONTAINER_REGISTRY_PASSWORD={password}\n"
    )
}

#[test]
fn each_cause_has_its_verdict_its_evidence_and_one_next_step() {
    let sandbox = Sandbox::new();
    let hub = Hub::up(&sandbox, HUB);
    let name = sandbox.name("app");
    let folder = sandbox.repository("r", r#"{"image": "mcr.microsoft.com/devcontainers/universal:linux"}"#);
    let secrets = sandbox.file("s.env", &acr("acme.azurecr.io", "robot", "good-password"));
    let options = ["--hub", &hub.file, "--repository", "acme/app", "--user", "mona", "--secrets-file", &secrets];
    let _up = sandbox.up(&folder, &name, &options).expect(0);
    let check = |text: &str, more: &[&str], code: i32| {
        let _file = sandbox.file("s.env", text);
        sandbox.run(&[&["registry", "check", "-c", &name, "--json"], more].concat()).expect(code)
    };
    let of = |ran: &crate::support::Ran, id: &str| -> Value {
        let all = ran.json()["registries"].clone();
        all.as_array().expect("a list").iter().find(|one| one["id"] == id).cloned().expect(id)
    };
    let good = acr("acme.azurecr.io", "robot", "good-password");
    let all_good = check(&good, &[], 0);
    assert_eq!(of(&all_good, "ACR")["verdict"], "login-good");
    assert_eq!(of(&all_good, "GITHUB_TOKEN")["verdict"], "login-good");
    for (text, verdict, evidence, next) in [
        (
            acr("acme.azurecr.io", "robot", "wrong-password"),
            "login-refused",
            "docker login said: ",
            "make a new token at acme.azurecr.io",
        ),
        (
            acr("acme.azurecr.io", "robot", "'\"good-password\"'"),
            "login-refused",
            "stands in quotes",
            "set ACR_CONTAINER_REGISTRY_PASSWORD again",
        ),
        (
            acr("nowhere.invalid", "robot", "good-password"),
            "server-unreachable",
            "nowhere.invalid",
            "look at the name in ACR_CONTAINER_REGISTRY_SERVER",
        ),
        (
            acr("acme.azurecr.io", "robot2", "other-password"),
            "codespace-has-other-values",
            "was set after the codespace was started",
            "localspace stop -c",
        ),
    ] {
        let ran = check(&text, &[], 4);
        let told = of(&ran, "ACR");
        assert_eq!(told["verdict"], verdict, "{told}");
        assert!(told["evidence"].as_str().is_some_and(|text| text.contains(evidence)), "{told}");
        assert!(told["next"].as_str().is_some_and(|text| text.contains(next)), "{told}");
        assert!(!ran.stdout.contains("wrong-password") && !ran.stdout.contains("good-password"), "{}", ran.stdout);
    }
    let half = check("ACR_CONTAINER_REGISTRY_SERVER=acme.azurecr.io\n", &[], 4);
    assert_eq!(of(&half, "ACR")["verdict"], "incomplete");
    // A good login, and an image that it may not pull.
    let image = check(&good, &["--image", "ghcr.io/acme/ledger:1"], 4);
    assert_eq!(of(&image, "GITHUB_TOKEN")["verdict"], "image-refused");
    let _pulled = check(&good, &["--image", "ghcr.io/acme/api:1"], 0);
    // Somebody in the codespace has removed the login.
    let _gone = sandbox.inside(&name, "docker logout acme.azurecr.io");
    let told = of(&check(&good, &[], 4), "ACR");
    assert_eq!(told["verdict"], "codespace-has-other-values");
    let _refreshed = sandbox.run(&["registry", "refresh", "-c", &name]).expect(0);
    let _good = check(&good, &[], 0);
    let text = sandbox.run(&["registry", "check", "-c", &name]).expect(0).stdout;
    assert!(text.contains("ACR  acme.azurecr.io: login-good\n"), "{text}");
}
