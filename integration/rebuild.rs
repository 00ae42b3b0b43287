//! `rebuild`: another container around the same `/workspaces`, from the configuration that lies there. What that container is, and whose the
//! work, is said by the scenarios of `devcontainers/lifecycle`.

mod configuration;
mod killed;

use serde_json::json;

use crate::support::{PASSWORD, Ran, Registry, Sandbox, docker, left_of, triple};

/// Every hook says that it ran, in the container and in `/workspaces`.
fn hooks() -> serde_json::Value {
    let say = |number: u8| format!("echo {number} >>~/ran; echo {number} >>all");
    json!({
        "image": "busybox:1",
        "mounts": [{"type": "volume", "source": "cache", "target": "/cache"}],
        "onCreateCommand": say(1), "updateContentCommand": say(2), "postCreateCommand": say(3), "postStartCommand": say(4),
        "postAttachCommand": say(5),
    })
}

/// Returns the id of a codespace's container.
fn container(name: &str) -> String {
    docker(&["ps", "-aq", "--no-trunc", "--filter", &format!("label=localspace.codespace={name}")]).expect(0).stdout
}

impl Sandbox {
    /// Makes a codespace of one configuration.
    fn codespace(&self, name: &str, config: &serde_json::Value) -> String {
        let repository = self.repository(name, &config.to_string());
        let name = self.name(name);
        let _up = self.up(&repository, &name, &[]).expect(0);
        name
    }

    /// Writes the configuration in `/workspaces`, uncommitted.
    fn write_config(&self, name: &str, text: &str) {
        let script = "cat >.devcontainer/devcontainer.json";
        let mut command = self.command(&["exec", "-c", name, "--", "sh", "-c", script]);
        let mut child = command.stdin(std::process::Stdio::piped()).spawn().expect("localspace runs");
        let mut stdin = child.stdin.take().expect("piped");
        std::io::Write::write_all(&mut stdin, text.as_bytes()).expect("written");
        drop(stdin);
        assert!(child.wait().expect("ended").success());
    }

    fn rebuild(&self, name: &str, more: &[&str]) -> Ran {
        self.run(&[&["rebuild", "-c", name, "--json"][..], more].concat())
    }

    /// Checks that a rebuild which failed left everything as it was.
    #[track_caller]
    fn is_as_it_was(&self, name: &str, before: &str) {
        assert_eq!(container(name), before);
        let view = self.run(&["view", "-c", name, "--json"]).expect(0).json();
        assert_eq!((&view["state"], &view["usable"]), (&"Available".into(), &true.into()), "{view}");
        assert_eq!(self.inside(name, "cat ~/mine"), "mine\n");
    }
}

#[test]
fn it_is_one_codespace_still_with_what_has_succeeded_in_its_new_container() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &hooks().to_string());
    let name = sandbox.name("rebuilt");
    let _up = sandbox.up(&repository, &name, &[]).expect(0);
    let before = container(&name);
    let _rebuilt = sandbox.rebuild(&name, &[]).expect(0);
    assert_ne!(container(&name), before);
    let again = sandbox.up(&repository, &name, &["--no-attach"]).expect(0);
    assert_eq!(again.phases(), "--+------");
    let list = sandbox.run(&["list", "--json"]).expect(0).json();
    assert_eq!(list.as_array().expect("a list").len(), 1);
    assert_eq!(list[0]["gitStatus"]["ref"], "main");
    assert_eq!(list[0]["gitStatus"]["commit"].as_str().map(str::len), Some(40));
}

#[test]
fn it_does_not_matter_whether_there_is_a_container_and_what_it_does() {
    let sandbox = Sandbox::new();
    let name = sandbox.codespace("any", &hooks());
    let _work = sandbox.inside(&name, "echo work >work");
    for (state, make) in [
        ("stopped", &["stop", &name][..]),
        ("paused", &["pause", &name]),
        ("killed", &["kill", &name]),
        ("removed", &["rm", "-f", &name]),
    ] {
        let _done = docker(make).expect(0);
        let rebuilt = sandbox.rebuild(&name, &["--no-attach"]).expect(0);
        assert_eq!(rebuilt.phases(), "-++++-++-", "{state}");
        assert_eq!(sandbox.inside(&name, "cat work; tr -d '\\n' <~/ran"), "work\n1234", "{state}");
    }
    let images = docker(&["images", "-q", "localspace-look"]).expect(0).stdout;
    assert_eq!(images, "");
    let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    assert_eq!(left_of(&name), "");
}

#[test]
fn up_takes_the_work_up_again_as_a_rebuild_would() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &hooks().to_string());
    let name = sandbox.name("gone");
    let _up = sandbox.up(&repository, &name, &[]).expect(0);
    let mut config = hooks();
    config["containerEnv"] = json!({"NEW": "yes"});
    sandbox.write_config(&name, &config.to_string());
    let _gone = docker(&["rm", "-f", &name]).expect(0);
    let up = sandbox.up(&repository, &name, &[]).expect(0);
    assert!(up.stderr.contains("its /workspaces is left as it is"), "{}", up.stderr);
    assert_eq!(sandbox.inside(&name, "echo $NEW"), "yes\n");
}

#[test]
fn what_is_wrong_with_the_configuration_leaves_the_container_as_it_was() {
    let sandbox = Sandbox::new();
    let name = sandbox.codespace("wrong", &hooks());
    let _mine = sandbox.inside(&name, "echo mine >~/mine");
    let before = container(&name);
    let with = |property: &str, value: serde_json::Value| {
        let mut config = hooks();
        config[property] = value;
        config.to_string()
    };
    let large = with("name", json!("x".repeat(1 << 20)));
    let check = |config: &str, code: i32, said: &str| {
        sandbox.write_config(&name, config);
        let rebuilt = sandbox.rebuild(&name, &[]).expect(code);
        assert!(rebuilt.stderr.contains(said), "{said}: {}", rebuilt.stderr);
        sandbox.is_as_it_was(&name, &before);
    };
    check("{\"image\": 1}", 2, "devcontainer.json:1:11: `image` is expected to be a string");
    check("", 2, "is empty");
    check(&large, 2, "is larger than 1048576 bytes");
    check(&with("waitFor", json!("never")), 2, "`waitFor` is expected to be");
    check(&with("runArgs", json!(["--nonsense"])), 2, "`--nonsense` is no flag");
    check(&with("image", json!("localhost:1/none/such:1")), 3, "Its container was not replaced");
    check(&with("remoteUser", json!("nobody-here")), 2, "the image has no user `nobody-here`");
    check(&with("runArgs", json!(["--env-file", "none.env"])), 2, "the repository has no file none.env");
    let _gone = sandbox.inside(&name, "rm .devcontainer/devcontainer.json");
    let rebuilt = sandbox.rebuild(&name, &[]).expect(2);
    assert!(
        rebuilt.stderr.contains("devcontainer.json of") && rebuilt.stderr.contains("git checkout"),
        "{}",
        rebuilt.stderr
    );
    sandbox.is_as_it_was(&name, &before);
    // Another one that is found without being asked for takes its place.
    let _moved = sandbox
        .inside(&name, "echo '{\"image\": \"busybox:1\", \"containerEnv\": {\"A\": \"moved\"}}' >.devcontainer.json");
    let rebuilt = sandbox.rebuild(&name, &[]).expect(0);
    assert!(rebuilt.stderr.contains("the configuration is .devcontainer.json"), "{}", rebuilt.stderr);
    assert_eq!(sandbox.inside(&name, "echo $A"), "moved\n");
}

#[test]
fn a_container_that_cannot_be_started_is_mended_by_the_next_one() {
    let sandbox = Sandbox::new();
    let network = sandbox.name("network");
    let name = sandbox.codespace("start", &hooks());
    let _work = sandbox.inside(&name, "echo work >work");
    let mut config = hooks();
    config["runArgs"] = json!([format!("--network={network}")]);
    sandbox.write_config(&name, &config.to_string());
    let rebuilt = sandbox.rebuild(&name, &[]).expect(3);
    assert!(rebuilt.stderr.contains("what is in its /workspaces is kept"), "{}", rebuilt.stderr);
    assert_eq!(container(&name), "");
    let _made = docker(&["network", "create", &network]).expect(0);
    let mended = sandbox.rebuild(&name, &[]);
    let _gone = docker(&["network", "disconnect", "-f", &network, &name]);
    let _gone = docker(&["network", "rm", &network]).expect(0);
    assert_eq!(mended.expect(0).phases(), "-++++-+++");
    assert_eq!(sandbox.inside(&name, "cat work"), "work\n");
}

#[test]
fn in_full_the_image_is_pulled_and_only_the_work_stays() {
    let sandbox = Sandbox::new();
    let name = sandbox.codespace("full", &hooks());
    let _mine = sandbox.inside(&name, "echo mine >~/mine; echo work >work; echo cached >/cache/it");
    let before = container(&name);
    // An image that is there and that no registry has: without --full it would do.
    let image = format!("localhost:1/localspace-test/{name}:1");
    let _tagged = docker(&["tag", "busybox:1", &image]).expect(0);
    let mut config = hooks();
    config["image"] = json!(image);
    sandbox.write_config(&name, &config.to_string());
    let failed = sandbox.rebuild(&name, &["--full"]).expect(3);
    assert_eq!(failed.phases(), "-x-------");
    sandbox.is_as_it_was(&name, &before);
    assert_eq!(sandbox.inside(&name, "cat /cache/it"), "cached\n");
    let plain = sandbox.rebuild(&name, &[]);
    let _untagged = docker(&["rmi", &image]);
    assert_eq!(plain.expect(0).phases(), "-++++-+++");
    assert_eq!(sandbox.inside(&name, "cat /cache/it"), "cached\n");
}

#[test]
fn files_that_are_not_committed_are_there_for_what_runs_on_this_machine() {
    let mut sandbox = Sandbox::new();
    let told = sandbox.path("told");
    sandbox.set_env("TOLD", &told.display().to_string());
    let mut config = hooks();
    config["initializeCommand"] =
        json!("ls -A >$TOLD; cat uncommitted >>$TOLD; cat evil/passwd >>$TOLD 2>/dev/null; readlink evil >>$TOLD");
    config["runArgs"] = json!(["--env-file", "uncommitted"]);
    let repository = sandbox.repository("files", &config.to_string());
    std::fs::write(repository.join("uncommitted"), "A=committed\n").expect("written");
    crate::support::commit(&repository);
    let name = sandbox.name("files");
    let _up = sandbox.up(&repository, &name, &[]).expect(0);
    // What lies there is not trusted: no link is followed, and a pipe does not hold anybody up. Links and pipes may have two names, too.
    let _work = sandbox.inside(
        &name,
        "echo A=mine >uncommitted; mkfifo pipe; ln -s /etc evil; mkdir -m 000 closed; ln uncommitted twice; ln pipe pipe2; ln evil evil2",
    );
    let rebuilt = sandbox.rebuild(&name, &["--allow-initialize"]).expect(0);
    assert_eq!(rebuilt.phases(), "+++++-+++");
    let told = std::fs::read_to_string(&told).expect("it ran");
    assert_eq!(told.lines().filter(|line| line.contains("A=mine")).count(), 1, "{told}");
    assert!(told.ends_with("/etc\n") && told.contains("twice\n") && !told.contains("pipe"), "{told}");
    assert_eq!(sandbox.inside(&name, "echo $A"), "mine\n");
    let folders = std::fs::read_dir(sandbox.path("localspace/state/codespaces").join(&name)).expect("a folder");
    let left: Vec<_> = folders
        .flatten()
        .map(|entry| entry.file_name())
        .filter(|name| name.to_string_lossy().starts_with("clone-"))
        .collect();
    assert_eq!(left, [] as [std::ffi::OsString; 0]);
}

#[test]
fn a_command_that_is_interrupted_or_fails_is_gone_on_with() {
    let sandbox = Sandbox::new();
    let mut config = hooks();
    config["updateContentCommand"] = json!("echo begun; [ -e ok ] || { [ -e fail ] && exit 7; sleep 300; }");
    let repository = sandbox.repository("again", &config.to_string());
    std::fs::write(repository.join("ok"), "").expect("written");
    crate::support::commit(&repository);
    let name = sandbox.name("again");
    let _up = sandbox.up(&repository, &name, &[]).expect(0);
    let _work = sandbox.inside(&name, "rm ok");
    let mut rebuild = sandbox.watch(&["rebuild", "-c", &name, "--json"]);
    rebuild.until_output("begun");
    rebuild.signal("INT");
    assert_eq!(rebuild.end().0.expect(130).phases(), "-+++x----");
    let _work = sandbox.inside(&name, "touch fail");
    assert_eq!(sandbox.up(&repository, &name, &[]).expect(1).phases(), "--+-x----");
    let _work = sandbox.inside(&name, "touch ok");
    assert_eq!(sandbox.up(&repository, &name, &[]).expect(0).phases(), "--+-+-+++");
    assert_eq!(sandbox.inside(&name, "grep -c 1 ~/ran"), "1\n");
}

#[test]
fn what_was_never_finished_cannot_be_rebuilt_and_is_undone() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &hooks().to_string()).display().to_string();
    let name = sandbox.name("never");
    let mut run = sandbox.watch(&["up", &repository, "--name", &name]);
    run.until_event("phaseStarted", "create");
    run.kill();
    let rebuilt = sandbox.rebuild(&name, &[]);
    if rebuilt.code == 0 {
        // The container came to be all the same.
        return;
    }
    assert!(
        ["was never finished", "there is no codespace"].iter().any(|said| rebuilt.stderr.contains(said)),
        "{rebuilt:?}"
    );
    assert_eq!(left_of(&name), "");
}

#[test]
fn in_full_a_stale_image_is_replaced_and_volumes_go_but_for_the_work() {
    let (registry, sandbox) = (Registry::start(), Sandbox::new());
    let server = format!("localhost:{}", registry.port);
    let image = format!("{server}/acme/base:1");
    let secrets = sandbox.file("s.env", &triple("ACME", &server, PASSWORD));
    let mut config = hooks();
    config["image"] = json!(image);
    let repository = sandbox.repository("stale", &config.to_string());
    let name = sandbox.name("stale");
    let _tagged = docker(&["tag", "busybox:1", &image]).expect(0);
    let _up = sandbox.up(&repository, &name, &["--secrets-file", &secrets]).expect(0);
    let look = "cat work; ls /cache; cat /etc/acme 2>/dev/null || echo stale";
    let _work = sandbox.inside(&name, "echo work >work; touch /cache/it");
    let _rebuilt = sandbox.rebuild(&name, &["--no-attach"]).expect(0);
    assert_eq!(sandbox.inside(&name, look), "work\nit\nstale\n");
    let rebuilt = sandbox.rebuild(&name, &["--full"]).expect(0);
    assert_eq!(rebuilt.phases(), "-++++++++");
    assert_eq!(sandbox.inside(&name, look), "work\nmade by acme\n");
    let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    assert_eq!(left_of(&name), "");
    let _gone = docker(&["rmi", &image]);
}
