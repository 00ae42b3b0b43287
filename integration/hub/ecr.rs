//! AWS's tokens, which end: known in advance, told once they have, and made anew by a refresh and by each start.

use serde_json::Value;

use super::Hub;
use crate::support::Sandbox;

const SERVER: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";

/// A token lives long enough for a start, a push and a pull, and is waited out twice.
const HUB: &str = "
users: {mona: {}}
repositories: {mona/app: }
registries:
  123456789012.dkr.ecr.us-east-1.amazonaws.com: {expires_after: 15s, access_keys: [{id: AKIAEXAMPLE, secret: aws-secret-key}]}
secrets:
  - {name: ECR_CONTAINER_REGISTRY_SERVER, repository: mona/app, value: 123456789012.dkr.ecr.us-east-1.amazonaws.com}
  - {name: ECR_CONTAINER_REGISTRY_USER, repository: mona/app, value: AKIAEXAMPLE}
  - {name: ECR_CONTAINER_REGISTRY_PASSWORD, repository: mona/app, value: aws-secret-key}
";

const CONFIG: &str = r#"{
    "image": "mcr.microsoft.com/devcontainers/universal:linux",
    "postAttachCommand": "docker pull -q 123456789012.dkr.ecr.us-east-1.amazonaws.com/api:1"
}"#;

const EXPIRED: &str = "denied: Your authorization token has expired. Reauthenticate and try again.";

/// Waits until a pull is refused, which asks each time; returns what was said.
fn until_refused(sandbox: &Sandbox, name: &str) -> String {
    let pulling = format!("while docker pull -q {SERVER}/api:1 >/dev/null 2>/tmp/said; do :; done; cat /tmp/said");
    sandbox.inside(name, &format!("timeout 60 sh -c '{pulling}'"))
}

#[test]
fn a_token_ends_and_is_made_anew_by_a_refresh_and_by_a_start() {
    let sandbox = Sandbox::new();
    let hub = Hub::up(&sandbox, HUB);
    let name = sandbox.name("app");
    let folder = sandbox.repository("r", CONFIG);
    let options = ["--hub", &hub.file, "--repository", "mona/app", "--user", "mona"];
    let up = sandbox.up(&folder, &name, &[&options[..], &["--no-attach"]].concat()).expect(0);
    let document = up.json();
    let login = document["registries"].as_array().expect("a list").iter().find(|one| one["id"] == "ECR").expect("one");
    let end: jiff::Timestamp = login["expiresAt"].as_str().expect("a time").parse().expect("RFC 3339");
    assert!((-60..=15).contains(&(end.as_second() - jiff::Timestamp::now().as_second())), "{login}");
    assert!(up.stderr.contains("ECR until 2"), "{}", up.stderr);
    let view = || -> Value {
        let all = sandbox.run(&["view", "-c", &name, "--json"]).expect(0).json()["logins"].clone();
        all.as_array().expect("a list").iter().find(|one| one["id"] == "ECR").cloned().expect("one")
    };
    let refresh = format!("localspace registry refresh -c {name}");
    let _refreshed = sandbox.run(&["registry", "refresh", "-c", &name]).expect(0);
    let image = format!("{SERVER}/api:1");
    let push = format!("tar -C /bin -c true | docker import - {image} >/dev/null && docker push -q {image}");
    let pull = format!("docker rmi {image} >/dev/null 2>&1; docker pull -q {image}");
    let _pushed = sandbox.inside(&name, &format!("{push} && {pull}"));
    assert_eq!(view()["expired"], false, "{}", view());
    // It has ended: AWS says so, and everything that is asked about it does.
    let said = until_refused(&sandbox, &name);
    assert!(said.contains(EXPIRED), "{said}");
    let told = view();
    assert_eq!((&told["expired"], &told["next"]), (&true.into(), &refresh.as_str().into()), "{told}");
    let text = sandbox.run(&["view", "-c", &name]).expect(0).stdout;
    assert!(text.contains(&format!("ECR at {SERVER}: expired at 2")) && text.contains(&refresh), "{text}");
    let checked = sandbox.run(&["registry", "check", "-c", &name, "--json"]).expect(4).json()["registries"].clone();
    let checked = checked.as_array().expect("a list").iter().find(|one| one["id"] == "ECR").cloned().expect("one");
    assert_eq!(
        (&checked["verdict"], &checked["next"]),
        (&"token-expired".into(), &refresh.as_str().into()),
        "{checked}"
    );
    assert!(checked["evidence"].as_str().is_some_and(|text| text.contains(EXPIRED)), "{checked}");
    let attached = sandbox.up(&folder, &name, &options).expect(1);
    let diagnosis = attached.json()["diagnoses"][0].clone();
    assert_eq!((&diagnosis["rule"], &diagnosis["phase"]), (&"token-expired".into(), &"postAttachCommand".into()));
    assert!(diagnosis["advice"].as_str().is_some_and(|text| text.contains("registry refresh")), "{diagnosis}");
    let _refreshed = sandbox.run(&["registry", "refresh", "-c", &name]).expect(0);
    let _pulled = sandbox.inside(&name, &pull);
    let said = until_refused(&sandbox, &name);
    assert!(said.contains(EXPIRED), "{said}");
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let start = format!("localspace start -c {name}");
    assert_eq!(view()["next"], start.as_str());
    let _started = sandbox.run(&["start", "-c", &name]).expect(0);
    let _pulled = sandbox.inside(&name, &pull);
}
