//! May a codespace pull: real pulls by an engine in the hub's network, which agree with what `registry explain` says of the same file.

use super::{Hub, Nested};
use crate::support::{Sandbox, docker};

/// Each row of codespaces-facts.md section 3.1, as a package.
const HUB: &str = "
users: {mona: {tokens: [{name: ci, scopes: [write:packages], value: pat}]}}
organizations: {acme: {members: [mona]}, globex: }
repositories:
  acme/app: {visibility: private}
  acme/inner: {visibility: internal}
  acme/site: {visibility: public}
  globex/tool: {visibility: private}
packages:
  ghcr.io/acme/public: {visibility: public, image: 'busybox:1'}
  ghcr.io/acme/own: {repository: acme/app, image: 'busybox:1'}
  ghcr.io/acme/selected: {repository: acme/app, published_by: pat, inherit_access: true, image: 'busybox:1'}
  ghcr.io/acme/unselected: {repository: acme/app, inherit_access: false, image: 'busybox:1'}
  ghcr.io/acme/by-token: {repository: acme/app, published_by: pat, image: 'busybox:1'}
  ghcr.io/acme/internal: {visibility: internal, image: 'busybox:1'}
  ghcr.io/acme/listed: {visibility: private, codespaces_access: [acme/site, globex/tool], image: 'busybox:1'}
  ghcr.io/acme/private: {visibility: private, image: 'busybox:1'}
";

const PACKAGES: [&str; 9] =
    ["public", "own", "selected", "unselected", "by-token", "internal", "listed", "private", "nothing"];

#[test]
fn an_engine_may_pull_what_explain_says_and_never_push() {
    let sandbox = Sandbox::new();
    let hub = Hub::up(&sandbox, HUB);
    let engine = Nested::start(&hub, &[]);
    let mut rules = std::collections::BTreeSet::new();
    // Where it is launched, and of which repository it may read the packages.
    for (repository, permission) in [
        ("acme/app", ""),
        ("acme/inner", ""),
        ("acme/inner", "acme/app"),
        ("acme/site", ""),
        ("acme/site", "acme/app"),
        ("globex/tool", ""),
    ] {
        let login = format!("{repository}-{permission}").replace('/', "-");
        let permissions = if permission.is_empty() { String::new() } else { format!("{permission}: packages read") };
        let token = hub.token_with(&login, repository, 600, &permissions);
        let _in = engine.login(&login, "ghcr.io", "mona", &token).expect(0);
        for package in PACKAGES {
            let image = format!("ghcr.io/acme/{package}:1");
            let words = [
                "registry",
                "explain",
                &image,
                "--hub",
                &hub.file,
                "--repository",
                repository,
                "--user",
                "mona",
                "--json",
            ];
            let more = if permission.is_empty() { &[][..] } else { &["--permission", permission] };
            let explained = sandbox.run(&[&words, more].concat()).expect(0).json();
            let pulled = engine.docker(&login, &format!("pull -q {image}"));
            if !permission.is_empty() && ["own", "selected"].contains(&package) {
                let expected =
                    if repository == "acme/inner" { "inherited-access" } else { "public-repository-needs-access-list" };
                assert_eq!(explained["rule"], expected, "{image} from {repository}");
            }
            let what = format!("{image} from {repository} with {permission}: {explained} {pulled:?}");
            assert_eq!(pulled.code == 0, explained["allowed"].as_bool().expect("a decision"), "{what}");
            assert!(pulled.code == 0 || pulled.stderr.trim().ends_with(": denied"), "{what}");
            rules.insert(explained["rule"].as_str().expect("a rule").to_owned());
            if pulled.code == 0 {
                let pushed = engine.docker(&login, &format!("push -q {image}"));
                assert!(
                    pushed.stderr.contains("denied: installation not allowed to Write organization package"),
                    "{pushed:?}"
                );
                let _gone = engine.docker(&login, &format!("rmi {image}")).expect(0);
            }
        }
    }
    let all = [
        "codespaces-access-list",
        "different-organization",
        "inherit-access-unselected",
        "inherited-access",
        "internal-to-organization",
        "not-in-codespaces-access-list",
        "public-package",
        "public-repository-needs-access-list",
        "published-with-pat",
        "same-repository",
        "unknown-package",
    ];
    assert_eq!(rules.iter().map(String::as_str).collect::<Vec<_>>(), all);
    // The rule is in the hub's log, for whoever wonders.
    let log = hub.log();
    let line =
        "pull ghcr.io/acme/private by mona's codespace globex-tool- of globex/tool: refused: different-organization";
    assert!(log.contains(line), "{log}");
    // Nobody at all may pull what is public, and nothing else.
    let _public = engine.docker("nobody", "pull -q ghcr.io/acme/public:1").expect(0);
    let _private = engine.docker("nobody", "pull -q ghcr.io/acme/own:1").expect(1);
}

/// What was refused is mended while the hub runs, and by its file.
#[test]
fn access_that_is_added_is_had_at_once() {
    let sandbox = Sandbox::new();
    let hub = Hub::up(&sandbox, HUB);
    let engine = Nested::start(&hub, &["ghcr.io"]);
    let _in = engine.login("site", "ghcr.io", "mona", &hub.token("site", "acme/site", 600)).expect(0);
    let pull = |package: &str| engine.docker("site", &format!("pull -q ghcr.io/acme/{package}:1"));
    let _refused = pull("internal").expect(1);
    let grant = serde_json::json!({"do": "grant", "package": "ghcr.io/acme/internal", "repository": "acme/site"});
    assert_eq!(hub.ask(&grant)["is"], "done");
    let _pulled = pull("internal").expect(0);
    let _refused = pull("private").expect(1);
    let text = HUB.replace("ghcr.io/acme/private: {", "ghcr.io/acme/private: {codespaces_access: [acme/site], ");
    let _file = sandbox.file("hub.yaml", &text);
    let _up = hub.again().expect(0);
    let _pulled = pull("private").expect(0);
    let _pulled = pull("internal").expect(0);
    let unknown = serde_json::json!({"do": "grant", "package": "ghcr.io/acme/nothing", "repository": "acme/site"});
    assert_eq!(hub.ask(&unknown)["is"], "failed");
}

/// The engine that the hub itself runs on is not told of its authority: it goes through the loopback, by the same rules.
#[test]
fn the_engine_of_the_machine_pulls_through_the_loopback() {
    let sandbox = Sandbox::new();
    let hub = Hub::up(&sandbox, HUB);
    let server = format!("localhost:{}", hub.port());
    let folder = sandbox.path("docker").display().to_string();
    let engine = |words: &[&str]| docker(&[&["--config", &folder][..], words].concat());
    let pull = |package: &str| {
        let image = format!("{server}/ghcr.io/acme/{package}:1");
        let ran = engine(&["pull", "-q", &image]);
        let _gone = docker(&["rmi", &image]);
        ran
    };
    let _public = pull("public").expect(0);
    let refused = pull("own").expect(1).stderr;
    assert!(refused.trim().ends_with(": unauthorized"), "{refused}");
    let bad = engine(&["login", "-u", "mona", "-p", "wrong", &server]).expect(1).stderr;
    assert!(bad.trim().ends_with("denied: denied"), "{bad}");
    let _in = engine(&["login", "-u", "mona", "-p", &hub.token("c1", "acme/app", 600), &server]).expect(0);
    let _own = pull("own").expect(0);
    let refused = pull("private").expect(1).stderr;
    assert!(refused.trim().ends_with(": denied"), "{refused}");
    let published = docker(&[
        "inspect",
        "-f",
        "{{json .HostConfig.PortBindings}} {{.HostConfig.RestartPolicy.Name}}",
        &hub.container(),
    ]);
    let published = published.expect(0).stdout;
    assert!(published.contains("127.0.0.1") && published.contains("unless-stopped"), "{published}");
}
