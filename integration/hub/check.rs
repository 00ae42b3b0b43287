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
        // Docker takes this name, and what a codespace does with it is not to be relied on.
        (
            acr("https://acme.azurecr.io", "robot", "good-password"),
            "server-misnamed",
            "docker login said: Login Succeeded",
            "set ACR_CONTAINER_REGISTRY_SERVER to acme.azurecr.io",
        ),
        (acr("acme", "robot", "good-password"), "server-misnamed", "a dot or a port", "the registry's whole name"),
        (
            acr("acme.azurecr.io", "' robot'", "good-password"),
            "odd-value",
            "ACR_CONTAINER_REGISTRY_USER has blanks around it",
            "set ACR_CONTAINER_REGISTRY_USER again",
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

const SERVER: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";

/// The same hub with other secrets, and other rights in the repository.
fn with(secrets: &str, access: &str) -> String {
    format!(
        "
users: {{mona: {{}}, eve: {{}}}}
organizations: {{acme: {{members: [mona]}}}}
repositories: {{acme/app: {{visibility: private, access: {{{access}}}}}, acme/web: }}
registries:
  acme.azurecr.io: {{accounts: [{{user: robot, password: good-password}}]}}
  {SERVER}: {{access_keys: [{{id: AKIAEXAMPLE, secret: aws-secret-key}}]}}
secrets:
  - {{name: ACR_CONTAINER_REGISTRY_SERVER, organization: acme, visibility: all, value: acme.azurecr.io}}
  - {{name: ACR_CONTAINER_REGISTRY_USER, organization: acme, visibility: all, value: robot}}
{secrets}"
    )
}

/// Why a secret is not there, or is not the one that was meant, is in the verdict of its registry.
#[test]
fn what_a_codespace_does_not_see_is_told_where_it_is_missed() {
    let sandbox = Sandbox::new();
    let password =
        |owner: &str, more: &str| format!("  - {{name: ACR_CONTAINER_REGISTRY_PASSWORD, {owner}, {more}}}\n");
    let good = password("repository: acme/app", "value: good-password");
    let hub = Hub::up(&sandbox, &with(&good, ""));
    let name = sandbox.name("app");
    let folder = sandbox.repository("r", r#"{"image": "mcr.microsoft.com/devcontainers/universal:linux"}"#);
    let options = ["--hub", &hub.file, "--repository", "acme/app", "--user", "mona"];
    let _up = sandbox.up(&folder, &name, &options).expect(0);
    let check = |secrets: &str, access: &str, id: &str| {
        let _file = sandbox.file("hub.yaml", &with(secrets, access));
        let ran = sandbox.run(&["registry", "check", "-c", &name, "--json"]).expect(4);
        assert!(!ran.stdout.contains("good-password") && !ran.stdout.contains("wrong"), "{}", ran.stdout);
        let all = ran.json()["registries"].clone();
        all.as_array().expect("a list").iter().find(|one| one["id"] == id).cloned().expect(id)
    };
    let shadowing = good.clone() + &password("user: mona, repositories: [acme/app]", "value: wrong-password");
    let nothing = format!("  - {{name: ECR_CONTAINER_REGISTRY_SERVER, user: mona, value: {SERVER}}}\n");
    for (secrets, access, id, verdict, evidence, next) in [
        (
            password("user: mona, repositories: [acme/web]", "value: good-password"),
            "",
            "ACR",
            "incomplete",
            "PASSWORD is missing; ACR_CONTAINER_REGISTRY_PASSWORD of user mona: it is not assigned to acme/app",
            "add acme/app to its repositories (ACR_CONTAINER_REGISTRY_PASSWORD of user mona, ",
        ),
        (
            password("organization: acme, visibility: selected, repositories: [acme/web]", "value: good-password"),
            "",
            "ACR",
            "incomplete",
            "acme/app is none of its selected repositories",
            "add acme/app to its repositories",
        ),
        (
            good.clone(),
            "mona: read",
            "ACR",
            "incomplete",
            "mona may not write to acme/app",
            "give mona write access to acme/app",
        ),
        (
            shadowing,
            "",
            "ACR",
            "login-refused",
            "of repository acme/app: the user's secret of this name counts: the lowest level wins; with what is shadowed docker login succeeds",
            "delete or correct ACR_CONTAINER_REGISTRY_PASSWORD of user mona (",
        ),
        (
            nothing,
            "",
            "ECR",
            "incomplete",
            "SERVER of user mona: it is not assigned",
            "add acme/app to its repositories",
        ),
    ] {
        let told = check(&secrets, access, id);
        assert_eq!(told["verdict"], verdict, "{told}");
        assert!(told["evidence"].as_str().is_some_and(|text| text.contains(evidence)), "{told}");
        assert!(told["next"].as_str().is_some_and(|text| text.contains(next)), "{told}");
        assert!(told["notVisible"][0]["reason"].is_string(), "{told}");
    }
    // A token of one's own that has ended: AWS says so, and it says so itself.
    let question = serde_json::json!({"do": "issueRegistryPassword", "registry": SERVER, "user": "AWS", "account": "AKIAEXAMPLE", "seconds": 0});
    let token = hub.ask(&question)["value"].as_str().expect("a token").to_owned();
    let own = format!(
        "{good}  - {{name: ECR_CONTAINER_REGISTRY_SERVER, repository: acme/app, value: {SERVER}}}
  - {{name: ECR_CONTAINER_REGISTRY_USER, repository: acme/app, value: AWS}}
  - {{name: ECR_CONTAINER_REGISTRY_PASSWORD, repository: acme/app, value: {token}}}\n"
    );
    let told = check(&own, "", "ECR");
    assert_eq!(told["verdict"], "token-expired", "{told}");
    let expired = "denied: Your authorization token has expired. Reauthenticate and try again.";
    assert!(told["evidence"].as_str().is_some_and(|text| text.contains(expired)), "{told}");
    assert!(told["next"].as_str().is_some_and(|text| text.contains("of an access key")), "{told}");
}

/// GitHub gives a fork's pull request no secret: each registry that somebody expects says so.
#[test]
fn a_forks_pull_request_has_no_login_and_each_registry_says_why() {
    let sandbox = Sandbox::new();
    let password = "  - {name: ACR_CONTAINER_REGISTRY_PASSWORD, repository: acme/app, value: good-password}\n";
    let file = sandbox.file("hub.yaml", &with(password, ""));
    let name = sandbox.name("fork");
    let folder = sandbox.repository("r", r#"{"image": "busybox:1"}"#);
    let options = ["--hub", &file, "--repository", "acme/app", "--user", "mona", "--fork-pull-request"];
    let _up = sandbox.up(&folder, &name, &options).expect(0);
    let ran = sandbox.run(&["registry", "check", "-c", &name]).expect(4);
    for words in ["ACR: incomplete\n", "the branch is a fork's pull request", "next: have the codespace of a branch"] {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
}
