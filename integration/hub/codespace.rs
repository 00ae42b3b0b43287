//! Codespaces in a hub: an unmodified repository reaches its registries under their own names, by GitHub's rules.

use serde_json::json;

use super::Hub;
use crate::support::{Sandbox, docker};

const HUB: &str = "
users: {mona: {}}
organizations: {acme: {members: [mona]}}
repositories:
  acme/app: {visibility: private}
  acme/web: {visibility: private}
packages:
  ghcr.io/acme/api: {repository: acme/app, image: 'busybox:1'}
  ghcr.io/acme/other: {visibility: private, image: 'busybox:1'}
registries:
  acme.azurecr.io: {accounts: [{user: robot, password: acr-password}]}
  123456789012.dkr.ecr.us-east-1.amazonaws.com: {access_keys: [{id: AKIAEXAMPLE, secret: aws-secret-key}]}
secrets:
  - {name: ACR_CONTAINER_REGISTRY_SERVER, organization: acme, visibility: all, value: acme.azurecr.io}
  - {name: ACR_CONTAINER_REGISTRY_USER, repository: acme/app, value: robot}
  - {name: ACR_CONTAINER_REGISTRY_PASSWORD, user: mona, repositories: [acme/app], value: acr-password}
  - {name: ECR_CONTAINER_REGISTRY_SERVER, organization: acme, visibility: all, value: 123456789012.dkr.ecr.us-east-1.amazonaws.com}
  - {name: ECR_CONTAINER_REGISTRY_USER, organization: acme, visibility: all, value: AKIAEXAMPLE}
  - {name: ECR_CONTAINER_REGISTRY_PASSWORD, organization: acme, visibility: all, value: aws-secret-key}
";

const CONFIG: &str = r#"{
    "image": "mcr.microsoft.com/devcontainers/universal:linux",
    "onCreateCommand": "! docker pull -q ghcr.io/acme/api:1 2>early.txt",
    "postCreateCommand": "sh .devcontainer/pull.sh >late.txt 2>&1"
}"#;

const PULL: &str = "set -ex
docker pull -q ghcr.io/acme/api:1
for to in acme.azurecr.io/tools/api:1 123456789012.dkr.ecr.us-east-1.amazonaws.com/api:1; do
    docker tag ghcr.io/acme/api:1 $to
    docker push -q $to
    docker rmi $to
    docker pull -q $to
done
! docker pull -q ghcr.io/acme/other:1
docker tag ghcr.io/acme/api:1 ghcr.io/acme/mine:1
! docker push -q ghcr.io/acme/mine:1
# The system's programs trust the hub, too.
curl -s -o /dev/null -w '%{http_code}\\n' https://ghcr.io/v2/
";

fn up<'a>(sandbox: &'a Sandbox, hub: &Hub<'_>, config: &str, repository: &str, name: &'a str) -> crate::support::Ran {
    let folder = sandbox.repository(name, config);
    std::fs::write(folder.join(".devcontainer/pull.sh"), PULL).expect("written");
    let more = ["--hub", &hub.file, "--repository", repository, "--user", "mona", "--working-tree"];
    sandbox.up(&folder, name, &more)
}

#[test]
fn its_images_are_pulled_after_the_login_under_their_own_names() {
    let sandbox = Sandbox::new();
    let hub = Hub::up(&sandbox, HUB);
    let name = sandbox.name("app");
    let up = up(&sandbox, &hub, CONFIG, "acme/app", &name).expect(0);
    let inside = |text: &str| sandbox.inside(&name, text);
    let early = inside("cat early.txt");
    assert!(early.contains("https://ghcr.io/v2/acme/api/manifests/1\": unauthorized"), "{early}");
    let late = inside("cat late.txt");
    for said in ["manifests/1\": denied", "denied: installation not allowed to Create organization package", "401\n"] {
        assert!(late.contains(said), "{said}: {late}");
    }
    let document = up.json();
    let registries = document["registries"].as_array().expect("a list");
    let written = |id: &str| registries.iter().any(|one| one["id"] == id && one["outcome"] == "written");
    assert!(written("ACR") && written("ECR") && written("GITHUB_TOKEN"), "{registries:?}");
    // A token is in the environment, and shown nowhere.
    assert_eq!(inside("echo \"$GITHUB_TOKEN\"; echo \"$GITHUB_TOKEN\" >/workspaces/old"), "***\n");
    let logs = sandbox.run(&["logs", "-c", &name]).expect(0).stdout;
    let token = docker(&["exec", &container(&name), "cat", "/workspaces/old"]).expect(0).stdout;
    assert!(token.trim().len() > 20 && !logs.contains(token.trim()), "{token}");
    // It is another one after a start, and the first one is dead.
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let _started = sandbox.run(&["start", "-c", &name]).expect(0);
    assert_eq!(inside("test \"$GITHUB_TOKEN\" != \"$(cat /workspaces/old)\" && echo new"), "new\n");
    let login = |password: &str| {
        let text = format!("{password} | docker --config /tmp/x login -u mona --password-stdin ghcr.io 2>&1 || true");
        inside(&text)
    };
    assert!(login("cat /workspaces/old").contains("denied: denied"), "{}", login("cat /workspaces/old"));
    assert!(login("echo $GITHUB_TOKEN").contains("Login Succeeded"));
    let _pulled = inside("docker rmi ghcr.io/acme/api:1 >/dev/null; docker pull -q ghcr.io/acme/api:1");
}

/// The engine is not reconfigured, and asks by the same rules.
#[test]
fn a_private_base_image_of_the_hub_is_pulled_by_the_engine() {
    let sandbox = Sandbox::new();
    let hub = Hub::up(&sandbox, HUB);
    let image = "ghcr.io/acme/api:1";
    let config = json!({ "image": image }).to_string();
    let refused = up(&sandbox, &hub, &config, "acme/web", &sandbox.name("web")).expect(4);
    assert!(refused.stderr.contains("the registry refused the image ghcr.io/acme/api:1"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("localhost:"), "{}", refused.stderr);
    let name = sandbox.name("app");
    let _up = up(&sandbox, &hub, &config, "acme/app", &name).expect(0);
    // Who may not have it is refused, also where the engine has it by now; and a Dockerfile may begin with it.
    let again = up(&sandbox, &hub, &config, "acme/web", &sandbox.name("again")).expect(4);
    assert!(again.stderr.contains("the registry refused the image"), "{}", again.stderr);
    let built = sandbox.name("built");
    let folder = sandbox.repository("b", r#"{"build": {"dockerfile": "Dockerfile"}}"#);
    std::fs::write(folder.join(".devcontainer/Dockerfile"), format!("FROM {image}\nRUN echo {built} >/built\n"))
        .expect("written");
    let more = ["--hub", &hub.file, "--repository", "acme/app", "--user", "mona", "--working-tree"];
    let _up = sandbox.up(&folder, &built, &more).expect(0);
    assert_eq!(sandbox.inside(&built, "cat /built"), format!("{built}\n"));
    let names = docker(&["images", "--format", "{{.Repository}}"]).stdout;
    assert!(
        names.lines().any(|one| one == "ghcr.io/acme/api") && !names.contains(&format!("localhost:{}", hub.port()))
    );
    let _gone = docker(&["rmi", "-f", image]);
}

/// A file that nobody has brought up gives secrets and no registries, and says so.
#[test]
fn a_hub_that_does_not_run_is_said_and_what_to_do() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("hub.yaml", HUB);
    let name = sandbox.name("none");
    let folder = sandbox.repository("r", r#"{"image": "busybox:1", "postCreateCommand": "test -z \"$GITHUB_TOKEN\""}"#);
    let more = ["--hub", &file, "--repository", "acme/app", "--user", "mona"];
    let up = sandbox.up(&folder, &name, &more).expect(0);
    assert!(
        up.stderr.contains("the codespace is in no hub") && up.stderr.contains("localspace hub up"),
        "{}",
        up.stderr
    );
}

/// A token is a start's: whoever attaches to a codespace that was started before its hub is told so, and a start makes all of it good.
#[test]
fn a_hub_that_comes_up_later_gives_its_token_at_the_next_start() {
    let sandbox = Sandbox::new();
    let hub = Hub { sandbox: &sandbox, file: sandbox.file("hub.yaml", HUB) };
    let name = sandbox.name("early");
    let config = r#"{"image": "busybox:1", "postAttachCommand": "echo attached:${#GITHUB_TOKEN} >>attached.txt"}"#;
    let folder = sandbox.repository("r", config);
    let more = ["--hub", &hub.file, "--repository", "acme/app", "--user", "mona"];
    let first = sandbox.up(&folder, &name, &more).expect(0);
    assert!(first.stderr.contains("the codespace is in no hub"), "{}", first.stderr);
    let _up = hub.again().expect(0);
    let tokens = || sandbox.inside(&name, "echo ${#GITHUB_TOKEN}; cat attached.txt; cat ~/.docker/config.json 2>&1");
    let again = sandbox.up(&folder, &name, &[]).expect(0);
    for said in ["it has no GITHUB_TOKEN", &format!("localspace stop -c {name} && localspace start -c {name}")] {
        assert!(again.stderr.contains(said), "{}", again.stderr);
    }
    let before = tokens();
    assert!(before.starts_with("0\nattached:0\nattached:0\n") && !before.contains("ghcr.io"), "{before}");
    // It is in the hub's network all the same: what is public there is reached.
    let _found = sandbox.inside(&name, "grep -q . /etc/docker/certs.d/ghcr.io/ca.crt && nslookup ghcr.io");
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let _started = sandbox.up(&folder, &name, &[]).expect(0);
    let after = tokens();
    assert!(!after.starts_with("0\n") && !after.trim_end().contains("attached:0\n{"), "{after}");
    assert!(after.contains("\"ghcr.io\""), "{after}");
}

/// Whatever failed, the recovery container is in the hub as the codespace would be: that is where it is mended.
#[test]
fn a_recovery_container_is_in_the_hub() {
    let sandbox = Sandbox::new();
    let hub = Hub::up(&sandbox, HUB);
    let name = sandbox.name("app");
    let folder = sandbox.repository("r", r#"{"image": "ghcr.io/acme/other:1"}"#);
    let more = ["--hub", &hub.file, "--repository", "acme/app", "--user", "mona", "--recovery"];
    let up = sandbox.up(&folder, &name, &more).expect(4);
    assert!(up.stderr.contains("the registry refused the image ghcr.io/acme/other:1"), "{}", up.stderr);
    let said = sandbox.inside(
        &name,
        "test -n \"$GITHUB_TOKEN\" && cat ~/.docker/config.json; grep -c BEGIN /etc/docker/certs.d/ghcr.io/ca.crt; \
         getent hosts ghcr.io; echo $CODESPACES_RECOVERY_CONTAINER",
    );
    let address = hub.status()["address"].as_str().expect("a text").to_owned();
    for part in ["\"ghcr.io\"", "\"acme.azurecr.io\"", "}1\n", &address, "true\n"] {
        assert!(said.replace("}\n1\n", "}1\n").contains(part), "{part}: {said}");
    }
}

fn container(name: &str) -> String {
    let label = format!("label=localspace.codespace={name}");
    docker(&["ps", "-q", "--filter", &label]).stdout.trim().to_owned()
}
