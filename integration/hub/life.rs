//! A hub's life: up, again, killed, restarted, down.

use std::sync::atomic::Ordering;

use super::{Hub, Nested, refusal};
use crate::support::{NEXT, Ran, Sandbox, docker};

const HUB: &str = "
users: {mona: {tokens: [{name: ci, scopes: [write:packages], value_from: {env: MONA_PAT}}]}}
organizations: {acme: {members: [mona]}}
repositories: {acme/api: , acme/site: {visibility: public}}
registries: {registry.acme.test: {accounts: [{user: robot, password_from: {file: pw.txt}}]}}
";
const PAT: &str = "pat-of-mona-0123456789";
const PASSWORD: &str = "password-of-robot";

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.set_env("MONA_PAT", PAT);
    let _file = sandbox.file("pw.txt", &format!("{PASSWORD}\n"));
    sandbox
}

#[test]
fn everything_is_there_after_restarts_and_another_container() {
    let sandbox = sandbox();
    let hub = Hub::up(&sandbox, HUB);
    let before = hub.status();
    let local = |image: &str| format!("localhost:{}/{image}", hub.port());
    let publish = |image: &str, how: &[&str]| {
        sandbox.run(&[&["hub", "publish", "busybox:1", image, "--hub", &hub.file, "--json"][..], how].concat())
    };
    let published = publish("ghcr.io/acme/api:1", &["--as", "actions", "--repository", "acme/api"]).expect(0).json();
    assert_eq!(published["local"], local("ghcr.io/acme/api:1").as_str());
    let _published = publish("ghcr.io/acme/site", &["--as", "actions", "--repository", "acme/site"]).expect(0);
    let _published = publish("ghcr.io/acme/by-token:2", &["--as", "pat", "--repository", "acme/api"]).expect(0);
    let refused = publish("ghcr.io/acme/by-token:2", &["--as", "actions", "--repository", "acme/site"]).expect(4);
    assert!(refused.stderr.contains("permission_denied: write_package"), "{}", refused.stderr);
    let token = hub.token("c1", "acme/api", 600);
    let engine = Nested::start(&hub, &[]);
    let _in = engine.login("c1", "ghcr.io", "mona", &token).expect(0);
    let check = |when: &str| {
        for (package, code) in [("api:1", 0), ("site:latest", 0), ("by-token:2", 1)] {
            let ran = engine.docker("c1", &format!("pull -q ghcr.io/acme/{package}"));
            assert_eq!(ran.code, code, "{when}: {package}: {}", ran.stderr);
            let _gone = engine.docker("c1", &format!("rmi ghcr.io/acme/{package}"));
        }
    };
    check("at first");
    let container = hub.container();
    let _restarted = docker(&["restart", "-t", "5", &container]).expect(0);
    let _up = hub.again().expect(0);
    assert_eq!(hub.container(), container);
    check("after a restart");
    let _killed = docker(&["kill", &container]).expect(0);
    let _up = hub.again().expect(0);
    check("after a kill");
    let _down = sandbox.run(&["hub", "down", &hub.file]).expect(0);
    let _up = hub.again().expect(0);
    let _connected = docker(&["network", "connect", hub.status()["network"].as_str().expect("a name"), &engine.name]);
    check("after down and up");
    let after = hub.status();
    for name in ["port", "caCertificate", "network", "packages"] {
        let same = name == "packages" || before[name] == after[name];
        assert!(same, "{name}: {before} {after}");
    }
    assert_eq!(after["packages"].as_array().map(Vec::len), Some(3), "{after}");
}

#[test]
fn nothing_of_a_secret_is_shown_and_nothing_is_left() {
    let sandbox = sandbox();
    let hub = Hub::up(&sandbox, HUB);
    let token = hub.token("c1", "acme/api", 600);
    let container = hub.container();
    let shown = docker(&["inspect", &container]).expect(0).stdout + &hub.log() + &hub.status().to_string();
    for secret in [PAT, PASSWORD, &token] {
        assert!(!shown.contains(secret), "{secret}");
    }
    let name = hub.status()["network"].as_str().expect("a name").to_owned();
    let volume = docker(&["inspect", "-f", "{{range .Mounts}}{{.Name}} {{end}}", &container]).expect(0).stdout;
    assert!(volume.contains(&name), "{volume}");
    let stored = docker(&[
        "exec",
        &container,
        "sh",
        "-c",
        "cat /var/lib/localspace-hub/state.json; stat -c %a /etc/localspace/hub.json",
    ]);
    let stored = stored.expect(0).stdout;
    assert!(!stored.contains(&token) && stored.trim().ends_with("600"), "{stored}");
    let _down = sandbox.run(&["hub", "down", "-v", &hub.file]).expect(0);
    let filter = format!("label=localspace.hub={}", hub.file);
    for kind in [&["ps", "-aq"][..], &["volume", "ls", "-q"], &["network", "ls", "-q"]] {
        let left = docker(&[kind, &["--filter", &filter]].concat()).expect(0).stdout;
        assert_eq!(left, "", "{kind:?}");
    }
    let gone = sandbox.run(&["hub", "status", &hub.file]).expect(3);
    assert!(gone.stderr.contains("hint: localspace hub up"), "{}", gone.stderr);
}

#[test]
fn a_file_that_has_changed_is_taken_over() {
    let sandbox = sandbox();
    let hub = Hub::up(&sandbox, HUB);
    let (container, port) = (hub.container(), hub.port());
    let engine = Nested::start(&hub, &[]);
    let _tagged = engine.shell("tar -C /bin -c true | docker import - registry.acme.test/x:1").expect(0);
    let push = || engine.docker("robot", "push -q registry.acme.test/x:1");
    let _in = engine.login("robot", "registry.acme.test", "robot", PASSWORD).expect(0);
    let _pushed = push().expect(0);
    let _changed = sandbox.file("pw.txt", "another-password");
    let _up = hub.again().expect(0);
    assert_eq!(hub.container(), container, "its file alone is another one");
    let refused = refusal(push());
    assert!(refused.ends_with("unauthorized"), "{refused}");
    let _in = engine.login("robot", "registry.acme.test", "robot", "another-password").expect(0);
    let _pushed = push().expect(0);
    // More names want another container, which takes the place of this one.
    let _file = sandbox.file("hub.yaml", &HUB.replace("registries: {", "registries: {acme.azurecr.io: , "));
    let _up = hub.again().expect(0);
    assert_ne!(hub.container(), container);
    assert_eq!(hub.port(), port);
    let _pulled = engine.docker("robot", "pull -q registry.acme.test/x:1").expect(0);
}

#[test]
fn one_that_was_killed_half_way_is_finished() {
    let sandbox = sandbox();
    let hub = Hub { sandbox: &sandbox, file: sandbox.file("hub.yaml", HUB) };
    let filter = format!("label=localspace.hub={}", hub.file);
    for what in ["network", "container"] {
        // Ended as soon as the engine has made the first and the last of what it makes.
        let mut child = sandbox.spawn(&["hub", "up", &hub.file]);
        until_made(what, &filter);
        child.kill().expect("killed");
        let _reaped = child.wait().expect("ended");
    }
    let _up = hub.again().expect(0);
    assert_eq!(docker(&["ps", "-q", "--filter", &filter]).expect(0).stdout.lines().count(), 1);
    assert_eq!(docker(&["network", "ls", "-q", "--filter", &filter]).expect(0).stdout.lines().count(), 1);
}

/// Returns when there is something of that kind; each question to the engine takes its time.
fn until_made(what: &str, filter: &str) {
    let list: &[&str] = if what == "network" { &["network", "ls", "-q"] } else { &["ps", "-aq"] };
    let is_there = |_: &u32| !docker(&[list, &["--filter", filter]].concat()).expect(0).stdout.is_empty();
    assert!((1..2000).any(|turn| is_there(&turn)), "it was never made");
}

#[test]
fn what_cannot_be_is_said_with_its_place() {
    let mut sandbox = sandbox();
    sandbox.set_env("MONA_PAT", "");
    let file = sandbox.file("hub.yaml", HUB);
    let said = sandbox.run(&["hub", "up", &file]).expect(2).stderr;
    assert!(said.contains("the token ci of mona cannot be had"), "{said}");
    let none =
        sandbox.run(&["hub", "publish", "busybox:1", "ghcr.io/acme/api", "--hub", &file, "--as", "pat"]).expect(3);
    assert!(none.stderr.contains("no hub of"), "{}", none.stderr);
    let other = sandbox.run(&["hub", "publish", "busybox:1", "acme/api", "--hub", &file, "--as", "pat"]).expect(2);
    assert!(other.stderr.contains("is no package of ghcr.io"), "{}", other.stderr);
}

/// A codespace that is stopped would never start again without its network; names that a killed `publish` has left go.
#[test]
fn down_leaves_the_network_of_what_is_stopped_and_takes_what_a_push_has_left() {
    let sandbox = sandbox();
    let hub = Hub::up(&sandbox, HUB);
    let status = hub.status();
    let network = status["network"].as_str().expect("a name").to_owned();
    let left = format!("127.0.0.1:{}/ghcr.io/acme/left:1", status["port"]);
    let _tagged = docker(&["tag", "busybox:1", &left]).expect(0);
    let inside = docker(&["create", "--network", &network, "busybox:1", "true"]).expect(0).stdout.trim().to_owned();
    let said = sandbox.run(&["hub", "down", &hub.file]).expect(0).stderr;
    assert!(said.contains(&format!("the network {network} stays")), "{said}");
    let _none = docker(&["image", "inspect", &left]).expect(1);
    let _up = hub.again().expect(0);
    let started = docker(&["start", "-a", &inside]);
    let _gone = docker(&["rm", "-fv", &inside]).expect(0);
    let _started = started.expect(0);
}

/// An engine of a test's own, which may be killed; it listens on a socket of this machine.
struct OwnEngine {
    name: String,
    folder: tempfile::TempDir,
}

impl OwnEngine {
    fn start() -> Self {
        let name = format!("localspace-test-e{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = tempfile::tempdir().expect("a folder");
        let mount = format!("{}:/shared", folder.path().display());
        let serve = "while :; do rm -f /run/docker.pid /run/docker/containerd/containerd.pid; \
            dockerd -H unix:///shared/docker.sock; done";
        let run =
            ["run", "-d", "--privileged", "--name", &name, "-v", "/var/lib/docker", "-v", &mount, "--entrypoint", "sh"];
        let image = ["mcr.microsoft.com/devcontainers/universal:linux", "-c", serve];
        let _started = docker(&[&run[..], &image].concat()).expect(0);
        let engine = Self { name, folder };
        engine.wait();
        engine
    }

    fn socket(&self) -> String {
        format!("unix://{}/docker.sock", self.folder.path().display())
    }

    fn docker(&self, words: &[&str]) -> Ran {
        docker(&[&["-H", &self.socket()][..], words].concat())
    }

    /// Returns when it answers; each question takes its time.
    fn wait(&self) {
        assert!((0..3000).any(|_| self.docker(&["version"]).code == 0), "it does not answer");
    }

    /// Kills it: every container of it ends too.
    fn kill(&self) {
        let _killed = docker(&["exec", &self.name, "pkill", "-9", "-f", "dockerd|containerd|localspace"]).expect(0);
        self.wait();
    }
}

impl Drop for OwnEngine {
    fn drop(&mut self) {
        let _gone = docker(&["rm", "-fv", &self.name]);
    }
}

#[test]
fn an_engine_that_was_killed_has_its_hub_again_by_itself() {
    let engine = OwnEngine::start();
    let mut sandbox = sandbox();
    let images = sandbox.path("images.tar").display().to_string();
    let _saved = docker(&["save", "-o", &images, "registry:2", "busybox:1"]).expect(0);
    let _loaded = engine.docker(&["load", "-q", "-i", &images]).expect(0);
    sandbox.set_env("DOCKER_HOST", &engine.socket());
    let file = sandbox.file("hub.yaml", "packages: {ghcr.io/acme/open: {visibility: public, image: 'busybox:1'}}\n");
    let _up = sandbox.run(&["hub", "up", &file]).expect(0);
    let before = sandbox.run(&["hub", "status", &file, "--json"]).expect(0).json();
    let image = format!("localhost:{}/ghcr.io/acme/open:1", before[0]["port"]);
    let _pulled = engine.docker(&["pull", "-q", &image]).expect(0);
    engine.kill();
    assert!(
        (0..300).any(|_| engine.docker(&["pull", "-q", &image]).code == 0),
        "{}",
        engine.docker(&["ps", "-a"]).stdout
    );
    let after = sandbox.run(&["hub", "status", &file, "--json"]).expect(0).json();
    for name in ["port", "caCertificate", "packages", "network"] {
        assert_eq!(before[0][name], after[0][name], "{name}");
    }
}
