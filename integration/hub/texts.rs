//! What a `docker` says that is refused: the real registries' words, under their own names (codespaces-facts.md section 3.4).

use serde_json::{Value, json};

use super::{Hub, Nested, refusal};
use crate::support::Sandbox;

const HUB: &str = "
users:
  mona: {tokens: [{name: w, scopes: [write:packages], value: pat-of-mona}, {name: r, scopes: [read:packages], value: reads-only}]}
  eve: {tokens: [{name: w, scopes: [write:packages], value: pat-of-eve}]}
organizations: {acme: {members: [mona]}}
repositories: {acme/api: , acme/app: }
packages:
  ghcr.io/acme/api: {repository: acme/api, image: 'busybox:1'}
registries:
  acme.azurecr.io: {accounts: [{user: robot, password: pw}]}
  registry.acme.test: {accounts: [{user: robot, password: pw}]}
  docker.io: {accounts: [{user: robot, password: pw}]}
  123456789012.dkr.ecr.us-east-1.amazonaws.com: {access_keys: [{id: AKIAEXAMPLE, secret: pw}]}
";

#[test]
fn github_refuses_in_its_own_words() {
    let sandbox = Sandbox::new();
    let hub = Hub::up(&sandbox, HUB);
    let engine = Nested::start(&hub, &["ghcr.io"]);
    let daemon = "Error response from daemon: ";
    let head = format!("{daemon}Head \"https://ghcr.io/v2/acme/api/manifests/1\": ");
    let pull = |login: &str| refusal(engine.docker(login, "pull ghcr.io/acme/api:1"));
    let push = |login: &str, image: &str| {
        let _tagged = engine.docker(login, &format!("tag ghcr.io/acme/api:1 {image}")).expect(0);
        refusal(engine.docker(login, &format!("push {image}")))
    };
    let token = hub.token("c1", "acme/api", 600);
    for (login, password) in
        [("mona", "pat-of-mona"), ("reads", "reads-only"), ("eve", "pat-of-eve"), ("codespace", &token)]
    {
        let _in = engine.login(login, "ghcr.io", "anybody", password).expect(0);
    }
    let refused = engine.login("bad", "ghcr.io", "mona", "wrong");
    assert_eq!(refusal(refused), format!("{daemon}Get \"https://ghcr.io/v2/\": denied: denied"));
    assert_eq!(pull("nobody"), format!("{head}unauthorized"));
    assert_eq!(pull("eve"), format!("{head}denied"));
    let _pulled = engine.docker("codespace", "pull ghcr.io/acme/api:1").expect(0);
    let _pulled = engine.docker("reads", "pull ghcr.io/acme/api:1").expect(0);
    for (login, image, words) in [
        ("codespace", "ghcr.io/acme/api:2", "denied: installation not allowed to Write organization package"),
        ("codespace", "ghcr.io/acme/new:1", "denied: installation not allowed to Create organization package"),
        (
            "reads",
            "ghcr.io/acme/api:2",
            "denied: permission_denied: The token provided does not match expected scopes.",
        ),
        ("eve", "ghcr.io/acme/api:2", "denied: permission_denied: write_package"),
        ("eve", "ghcr.io/acme/new:1", "denied: permission_denied: create_package"),
        (
            "nobody",
            "ghcr.io/acme/api:2",
            "unauthorized: unauthenticated: User cannot be authenticated with the token provided.",
        ),
    ] {
        assert_eq!(push(login, image), words, "{login} pushes {image}");
    }
    let _taken = engine.docker("mona", "tag ghcr.io/acme/api:1 ghcr.io/acme/new:1").expect(0);
    let _taken = engine.docker("mona", "push ghcr.io/acme/new:1").expect(0);
    // Another new one says where it is from, which links it, and lets it inherit nothing all the same.
    let source = "LABEL org.opencontainers.image.source=https://github.com/acme/app";
    let made = format!("tar -C /bin -c true | docker import -c '{source}' - ghcr.io/acme/tool:1");
    let _made = engine.shell(&made).expect(0);
    let _pushed = engine.docker("mona", "push ghcr.io/acme/tool:1").expect(0);
    let packages = hub.status()["packages"].clone();
    let package = |name: &str, repository: Value| {
        let expected = json!({"name": name, "visibility": "private", "publishedBy": "pat", "repository": repository});
        assert!(packages.as_array().expect("a list").contains(&expected), "{packages}");
    };
    package("ghcr.io/acme/new", Value::Null);
    package("ghcr.io/acme/tool", json!("acme/app"));
    // A login that has ended is refused whatever is asked for.
    let _done = hub.ask(&json!({"do": "revokeCodespaceToken", "codespace": "c1"}));
    assert_eq!(pull("codespace"), format!("{head}denied: denied"));
    let log = hub.log();
    assert!(!log.contains(&token) && !log.contains("pat-of") && !log.contains("wrong"), "{log}");
    assert!(log.contains("push ghcr.io/acme/new by mona: allowed: user-access"), "{log}");
}

#[test]
fn other_registries_refuse_in_theirs() {
    let sandbox = Sandbox::new();
    let hub = Hub::up(&sandbox, HUB);
    let engine = Nested::start(&hub, &[]);
    let daemon = "Error response from daemon: ";
    let pull = |login: &str, image: &str| refusal(engine.docker(login, &format!("pull {image}")));
    let sign_in = |login: &str, server: &str, user: &str, password: &str| engine.login(login, server, user, password);
    let acr = "unauthorized: authentication required, visit https://aka.ms/acr/authorization for more information.";
    let head = |host: &str| format!("{daemon}Head \"https://{host}/v2/x/manifests/1\": ");
    assert_eq!(pull("nobody", "acme.azurecr.io/x:1"), head("acme.azurecr.io") + acr);
    let refused = refusal(sign_in("bad", "acme.azurecr.io", "robot", "wrong"));
    assert_eq!(refused, format!("{daemon}Get \"https://acme.azurecr.io/v2/\": {acr}"));

    assert_eq!(pull("nobody", "registry.acme.test/x:1"), head("registry.acme.test") + "no basic auth credentials");
    let refused = refusal(sign_in("bad", "registry.acme.test", "robot", "wrong"));
    let login = "login attempt to https://registry.acme.test/v2/ failed with status: 401 Unauthorized";
    assert_eq!(refused, format!("{daemon}{login}"));

    let denied =
        "repository does not exist or may require 'docker login': denied: requested access to the resource is denied";
    assert_eq!(pull("nobody", "robot/x:1"), format!("{daemon}pull access denied for robot/x, {denied}"));
    let refused = refusal(sign_in("bad", "", "robot", "wrong"));
    assert_eq!(
        refused,
        format!("{daemon}Get \"https://registry-1.docker.io/v2/\": unauthorized: incorrect username or password")
    );

    let ecr = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
    assert_eq!(pull("nobody", &format!("{ecr}/x:1")), head(ecr) + "no basic auth credentials");
    let password = |seconds: i64| {
        let account = json!({"do": "issueRegistryPassword", "registry": ecr, "user": "AWS", "account": "AKIAEXAMPLE", "seconds": seconds});
        hub.ask(&account)["value"].as_str().expect("a password").to_owned()
    };
    let _in = sign_in("aws", ecr, "AWS", &password(600)).expect(0);
    let _in = sign_in("bad", ecr, "AWS", &password(0)).expect(1);
    // Docker keeps no login that was refused: this one was good once.
    let old = format!("printf AWS:%s '{}' | base64 -w0", password(0));
    let config = format!(
        "mkdir -p /logins/old && printf '{{\"auths\":{{\"{ecr}\":{{\"auth\":\"%s\"}}}}}}' \"$({old})\" >/logins/old/config.json"
    );
    let _written = engine.shell(&config).expect(0);
    let expired = "denied: Your authorization token has expired. Reauthenticate and try again.";
    let prefix =
        format!("{daemon}pull access denied for {ecr}/x, repository does not exist or may require 'docker login': ");
    assert_eq!(pull("old", &format!("{ecr}/x:1")), prefix + expired);

    // Whoever is logged in pushes and pulls.
    let _made = engine.shell("tar -C /bin -c true | docker import - made:1").expect(0);
    for (login, server) in [("acr", "acme.azurecr.io"), ("plain", "registry.acme.test"), ("hub", "")] {
        let _in = sign_in(login, server, "robot", "pw").expect(0);
    }
    for (login, image) in [
        ("acr", "acme.azurecr.io/x:1"),
        ("plain", "registry.acme.test/x:1"),
        ("hub", "robot/x:1"),
        ("aws", "123456789012.dkr.ecr.us-east-1.amazonaws.com/x:1"),
    ] {
        let _tagged = engine.docker(login, &format!("tag made:1 {image}")).expect(0);
        let _pushed = engine.docker(login, &format!("push {image}")).expect(0);
        let _pulled = engine.docker(login, &format!("pull {image}")).expect(0);
    }
}
