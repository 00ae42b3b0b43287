//! `customizations.codespaces.repositories`: what a codespace asks for, who authorizes it, and what its token may then pull.

use serde_json::{Value, json};

use super::Hub;
use crate::support::{Ran, Sandbox, docker, tree};

const HUB: &str = "
users: {mona: {}}
organizations: {acme: {members: [mona]}}
repositories:
  acme/app: {visibility: private}
  acme/lib: {visibility: private}
packages:
  ghcr.io/acme/lib: {repository: acme/lib, image: 'busybox:1'}
";

/// Returns a configuration that asks for this.
fn config(image: &str, asked: &Value, post_create: &str) -> String {
    json!({
        "image": image,
        "customizations": {"codespaces": {"repositories": asked}},
        "postCreateCommand": post_create,
    })
    .to_string()
}

fn flags<'a>(hub: &'a Hub<'_>) -> [&'a str; 7] {
    ["--hub", &hub.file, "--repository", "acme/app", "--user", "mona", "--no-attach"]
}

fn view(sandbox: &Sandbox, name: &str) -> (Value, String) {
    let document = sandbox.run(&["view", "-c", name, "--json"]).expect(0).json();
    (document["permissions"].clone(), sandbox.run(&["view", "-c", name]).expect(0).stdout)
}

#[test]
fn a_codespace_pulls_what_it_was_authorized_to_and_keeps_that_for_its_life() {
    let sandbox = Sandbox::new();
    let hub = Hub::up(&sandbox, HUB);
    let pull = "docker pull -q ghcr.io/acme/lib:1 >/var/tmp/pulled 2>&1; echo $? >>/var/tmp/pulled";
    let asked = json!({"acme/lib": {"permissions": {"packages": "read"}}});
    let image = "mcr.microsoft.com/devcontainers/universal:linux";
    let repository = sandbox.repository("r", &config(image, &asked, pull));
    let pulled = |name: &str| docker(&["exec", name, "cat", "/var/tmp/pulled"]).expect(0).stdout;
    // Nobody is there to be asked.
    let without = sandbox.name("without");
    let up = sandbox.up(&repository, &without, &flags(&hub)).expect(0);
    let words = "asks for acme/lib: packages read: it is not authorized, and the codespace is made without (--default-permissions";
    assert!(up.stderr.contains(words), "{}", up.stderr);
    assert!(pulled(&without).ends_with("denied\n1\n"), "{}", pulled(&without));
    let (document, text) = view(&sandbox, &without);
    let expected = json!({"outcome": "refused", "repositories": {"acme/lib": {"packages": "read"}}});
    assert_eq!(document, expected);
    assert!(text.contains("acme/lib: packages read (not authorized)"), "{text}");

    let with = sandbox.name("with");
    let up = sandbox.up(&repository, &with, &[&flags(&hub)[..], &["--default-permissions"]].concat()).expect(0);
    assert!(!up.stderr.contains("customizations.codespaces.repositories"), "{}", up.stderr);
    assert!(pulled(&with).ends_with("\n0\n"), "{}", pulled(&with));
    assert_eq!(view(&sandbox, &with).0["outcome"], "granted");
    let push = "docker push -q ghcr.io/acme/lib:1 2>&1 || docker rmi ghcr.io/acme/lib:1 >/dev/null";
    let pushed = sandbox.inside(&with, push);
    assert!(pushed.contains("installation not allowed to Write organization package"), "{pushed}");
    // The next token has it too; and what is authorized since is no concern of a codespace that is there, rebuilt or not.
    for name in [&with, &without] {
        let _stopped = sandbox.run(&["stop", "-c", name]).expect(0);
        let _started = sandbox.run(&["start", "-c", name]).expect(0);
    }
    let _pulled = sandbox.inside(&with, "docker pull -q ghcr.io/acme/lib:1");
    let again = sandbox.up(&repository, &without, &["--default-permissions", "--no-attach"]).expect(0);
    assert!(again.stderr.contains("--default-permissions changes nothing of"), "{}", again.stderr);
    let rebuilt = sandbox.run(&["rebuild", "-c", &without]).expect(0);
    assert!(pulled(&without).ends_with("denied\n1\n"), "{}", pulled(&without));
    assert!(!rebuilt.stderr.contains("takes effect in a new codespace"), "{}", rebuilt.stderr);
    // It was remembered for the next one.
    let next = sandbox.name("next");
    let _up = sandbox.up(&repository, &next, &flags(&hub)).expect(0);
    assert!(pulled(&next).ends_with("\n0\n"), "{}", pulled(&next));
}

/// Writes another configuration and commits it.
fn change(repository: &std::path::Path, config: &str) {
    std::fs::write(repository.join(".devcontainer/devcontainer.json"), config).expect("written");
    crate::support::commit(repository);
}

#[test]
fn on_a_terminal_it_is_asked_once_for_each_set() {
    let sandbox = Sandbox::new();
    let hub = Hub::up(&sandbox, HUB);
    let one = json!({"acme/lib": {"permissions": {"packages": "read"}}});
    let repository = sandbox.repository("r", &config("busybox:1", &one, ""));
    let folder = repository.display().to_string();
    let up = |at: &str, answer: Option<&str>| {
        let name = sandbox.name(at);
        let mut terminal = sandbox.terminal(&[&["up", &folder, "--name", &name][..], &flags(&hub)].concat());
        if let Some(answer) = answer {
            terminal.until("authorize them? [y/N] ");
            terminal.type_in(answer);
        }
        let (code, shown) = terminal.end();
        assert_eq!((code, shown.contains("authorize them?")), (0, answer.is_some()), "{shown}");
        (view(&sandbox, &name).0["outcome"].as_str().expect("an outcome").to_owned(), shown)
    };
    let (outcome, shown) = up("no", Some("n\n"));
    let words = "You must authorize or deny additional permissions requested by this codespace before continuing.";
    assert!(outcome == "refused" && shown.contains(words), "{shown}");
    let (outcome, shown) = up("still-no", None);
    assert!(outcome == "refused" && shown.contains("--default-permissions"), "{shown}");
    let more = json!({"acme/lib": {"permissions": {"packages": "read", "contents": "write"}}});
    change(&repository, &config("busybox:1", &more, ""));
    assert_eq!(up("yes", Some("yes\n")).0, "granted");
    assert_eq!(up("still-yes", None).0, "granted");
    let answers = tree(&sandbox.path("localspace/config/permissions"));
    assert!(answers.len() == 1 && answers.values().all(|(mode, _, _)| mode & 0o777 == 0o600), "{answers:?}");
}

#[test]
fn what_can_never_be_granted_is_said_and_a_prebuild_has_no_wildcard() {
    let sandbox = Sandbox::new();
    let hub = Hub::up(&sandbox, HUB);
    let asked = json!({
        "acme/*": {"permissions": {"packages": "read", "workflows": "read"}},
        "other/lib": {"permissions": "read-all"},
        "acme/lib": {"permissions": {"packages": "write"}},
    });
    let repository = sandbox.repository("r", &config("busybox:1", &asked, ""));
    let up = |at: &str, more: &[&str]| -> (Ran, Value) {
        let name = sandbox.name(at);
        let up = sandbox.up(&repository, &name, &[&flags(&hub)[..], &["--default-permissions"], more].concat());
        (up.expect(0), view(&sandbox, &name).0)
    };
    let (ran, permissions) = up("codespace", &[]);
    for words in [
        "workflows` is expected to be one of write",
        "packages` is expected to be one of read",
        "acme/app is given no access to other/lib",
    ] {
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    assert_eq!(permissions, json!({"outcome": "granted", "repositories": {"acme/*": {"packages": "read"}}}));
    let (ran, permissions) = up("prebuild", &["--as-prebuild"]);
    assert!(ran.stderr.contains("a prebuild is given no access to acme/*"), "{}", ran.stderr);
    assert_eq!(permissions, Value::Null);
}

#[test]
fn without_a_hub_it_is_said_once_that_there_is_no_token_to_widen() {
    let sandbox = Sandbox::new();
    let asked = json!({"acme/lib": {"permissions": "read-all"}});
    let repository = sandbox.repository("r", &config("busybox:1", &asked, ""));
    let name = sandbox.name("none");
    let up = sandbox.up(&repository, &name, &["--repository", "acme/app"]).expect(0);
    let words = "asks for acme/lib: read-all: there is no GitHub here whose token that could widen";
    assert!(up.stderr.contains(words) && !up.stderr.contains("not authorized"), "{}", up.stderr);
    assert_eq!(view(&sandbox, &name).0, json!({"outcome": "refused", "repositories": {"acme/lib": "read-all"}}));
    let again = sandbox.up(&repository, &name, &[]).expect(0);
    let rebuilt = sandbox.run(&["rebuild", "-c", &name]).expect(0);
    let property = "customizations.codespaces.repositories";
    assert!(
        !again.stderr.contains(property) && !rebuilt.stderr.contains(property),
        "{}{}",
        again.stderr,
        rebuilt.stderr
    );
}
