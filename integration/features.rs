//! Features, installed in an image by the program itself and seen in the container.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{FeatureRegistry, Image, PASSWORD, Sandbox, commit, docker, left_of, triple};

/// A Feature of the repository: its folder, what it says of itself, its script.
type Local<'a> = (&'a str, Value, &'a str);

fn repository(sandbox: &Sandbox, name: &str, config: &Value, features: &[Local<'_>]) -> PathBuf {
    let folder = sandbox.path(name);
    let write = |path: &str, text: &str| {
        let path = folder.join(".devcontainer").join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    write("devcontainer.json", &config.to_string());
    for (name, metadata, script) in features {
        write(&format!("{name}/devcontainer-feature.json"), &metadata.to_string());
        write(&format!("{name}/install.sh"), &format!("#!/bin/sh\nset -e\n{script}\n"));
        let script = folder.join(format!(".devcontainer/{name}/install.sh"));
        std::fs::set_permissions(script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("set");
    }
    commit(&folder);
    folder
}

fn images_of(name: &str) -> String {
    let filter = format!("reference=localspace/{name}");
    docker(&["images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", &filter]).stdout
}

fn nothing_is_left(name: &str) {
    assert_eq!((images_of(name), left_of(name)), (String::new(), String::new()));
}

#[test]
fn a_sample_has_features_of_its_own() {
    let sandbox = Sandbox::new();
    let folder = sandbox.sample("features", &[]);
    commit(&folder);
    let name = sandbox.name("sample");
    let up = sandbox.up(&folder, &name, &[]).expect(0);
    assert!(up.stderr.contains("image: [./shout] Feature Shout: "), "{}", up.stderr);
    let logs = sandbox.run(&["logs", "-c", &name]).expect(0).stdout;
    assert!(logs.contains("it's $5, vscode of /home/vscode"), "{logs}");
    assert!(logs.contains("IT'S $5, VSCODE OF /HOME/VSCODE!"), "{logs}");
    assert_eq!(sandbox.inside(&name, "test -s /var/tmp/greeter-started && git status --short && id -un"), "vscode\n");
    let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    nothing_is_left(&name);
}

#[test]
fn options_users_and_order_are_seen_in_the_container() {
    let sandbox = Sandbox::new();
    let odd = "a \"quoted\" 'word' $HOME `id` \\ and\na line";
    let config = json!({
        "build": {"dockerfile": "Dockerfile"},
        "remoteUser": "nobody",
        "containerEnv": {"OWN": "has \"$HOME\""},
        "features": {"./last": {"odd": odd}, "./first": {}, "./middle": "7"},
        "overrideFeatureInstallOrder": ["./first"],
        "postCreateCommand": "echo own"
    });
    let note = |name: &str| format!("echo {name} >>/order");
    let folder = repository(
        &sandbox,
        "r",
        &config,
        &[
            (
                "last",
                json!({"id": "last", "version": "1.0.0", "installsAfter": ["./middle"], "options": {"odd": {"type": "string", "default": ""}},
                    "postCreateCommand": "echo last", "containerEnv": {"LAST": "${PATH}:/last"}}),
                "echo last >>/order; printf %s \"$ODD\" >/odd; echo \"$_REMOTE_USER $_REMOTE_USER_HOME $_CONTAINER_USER\" >/users; pwd >/where",
            ),
            (
                "middle",
                json!({"id": "middle", "version": "1.0.0", "options": {"version": {"type": "string", "default": "1"}}}),
                "echo middle $VERSION >>/order",
            ),
            ("first", json!({"id": "first", "version": "1.0.0"}), &note("first")),
        ],
    );
    std::fs::write(folder.join(".devcontainer/Dockerfile"), "FROM busybox:1\nRUN mkdir /made\n").expect("written");
    std::fs::remove_dir_all(folder.join(".git")).expect("removed");
    commit(&folder);
    let name = sandbox.name("order");
    let _up = sandbox.up(&folder, &name, &[]).expect(0);
    assert_eq!(sandbox.inside(&name, "cat /order"), "first\nmiddle 7\nlast\n");
    assert_eq!(sandbox.inside(&name, "cat /odd"), odd);
    assert_eq!(sandbox.inside(&name, "cat /users"), "nobody /home root\n");
    assert_eq!(
        sandbox.inside(&name, "ls -d /made /tmp/dev-container-features/*"),
        "/made\n/tmp/dev-container-features/devcontainer-features.builtin.env\n"
    );
    assert_eq!(sandbox.inside(&name, "echo \"$OWN\"; echo ${LAST##*:}"), "has \"$HOME\"\n/last\n");
    let logs = sandbox.run(&["logs", "-c", &name]).expect(0).stdout;
    let (last, own) = (logs.rfind("[./last] last"), logs.rfind(": own"));
    assert!(last.is_some() && last < own, "{logs}");
    let label =
        docker(&["inspect", "-f", "{{index .Config.Labels \"devcontainer.metadata\"}}", &format!("localspace/{name}")])
            .stdout;
    let entries: Value = serde_json::from_str(&label).expect("JSON");
    let ids: Vec<&str> = entries.as_array().expect("a list").iter().filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(ids, ["./first", "./middle", "./last"]);
}

#[test]
fn a_feature_that_fails_to_install_is_named_with_its_output() {
    let sandbox = Sandbox::new();
    let config = json!({"image": "busybox:1", "features": {"./good": {}, "./bad": {}}});
    let bad = json!({"id": "bad", "name": "Bad", "version": "1.0.0", "documentationURL": "https://acme.test/bad"});
    let good = json!({"id": "good", "version": "1.0.0"});
    let script = "echo begun; ls /none; exit 9";
    let folder = repository(&sandbox, "r", &config, &[("bad", bad, script), ("good", good, "true")]);
    let name = sandbox.name("bad");
    let up = sandbox.up(&folder, &name, &[]).expect(2);
    assert_eq!(up.phases(), "-x-------");
    assert_eq!(up.json()["phases"][1]["exitCode"], 1);
    for shown in [
        "image failed in `./bad` with exit code 1: .devcontainer/devcontainer.json:1:",
        "the Feature `./bad` (Bad) failed to install",
        "  | begun\n",
        "  | ls: /none: No such file or directory\n",
        "hint: its documentation is at https://acme.test/bad",
        "^^^^",
    ] {
        let text = up.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        let wanted = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(&wanted), "{shown}: {}", up.stderr);
    }
    nothing_is_left(&name);
}

#[test]
fn what_is_no_feature_is_told_before_anything_is_made() {
    let sandbox = Sandbox::new();
    for (at, (id, code, problem)) in
        [("./none", 2, "./none"), ("../outside", 2, "outside"), ("localhost:1/acme/features/x:1", 4, "localhost:1")]
            .into_iter()
            .enumerate()
    {
        let folder = repository(&sandbox, &format!("r{at}"), &json!({"image": "busybox:1", "features": {id: {}}}), &[]);
        let name = sandbox.name(&format!("none{at}"));
        let up = sandbox.up(&folder, &name, &[]).expect(code);
        assert!(up.stderr.contains("devcontainer.json:1:") && up.stderr.contains(problem), "{id}: {}", up.stderr);
        nothing_is_left(&name);
    }
}

const FILES: [(&str, &str); 2] = [
    ("devcontainer-feature.json", r#"{"id": "tool", "version": "1.2.3", "name": "Tool"}"#),
    ("install.sh", "#!/bin/sh\necho from the registry >/tool\n"),
];

fn lockfile(folder: &Path) -> PathBuf {
    folder.join(".devcontainer/devcontainer-lock.json")
}

#[test]
fn a_lockfile_that_leads_out_of_the_repository_is_not_read() {
    let sandbox = Sandbox::new();
    let config = json!({"image": "busybox:1", "features": {"localhost:1/acme/features/x:1": {}}});
    let folder = repository(&sandbox, "r", &config, &[]);
    std::os::unix::fs::symlink("/etc/passwd", lockfile(&folder)).expect("linked");
    std::fs::remove_dir_all(folder.join(".git")).expect("removed");
    commit(&folder);
    let name = sandbox.name("led");
    let folder = folder.display().to_string();
    let expected = ".devcontainer/devcontainer-lock.json is no file of the repository: it is left alone\n";
    let refused = sandbox.run(&["up", &folder, "--name", &name]).expect(2);
    assert!(refused.stderr.contains(expected), "{}", refused.stderr);
    assert!(refused.stderr.contains("hint: put the file itself there, or remove it"), "{}", refused.stderr);
    let explained = sandbox.run(&["config", &folder, "--explain", "--json"]).expect(0);
    assert!(explained.stderr.contains(expected) && !explained.stdout.contains("root:"), "{explained:?}");
    nothing_is_left(&name);
}

#[test]
fn a_private_feature_is_got_with_the_codespaces_secrets_locked_and_needs_no_registry_the_second_time() {
    let (registry, sandbox) = (FeatureRegistry::start(), Sandbox::new());
    let digest = registry.publish("acme/features/tool", &["1"], &FILES);
    let server = format!("localhost:{}", registry.guarded);
    let id = format!("{server}/acme/features/tool:1");
    let folder = repository(&sandbox, "r", &json!({"image": "busybox:1", "features": {&id: {}}}), &[]);
    let name = sandbox.name("private");
    let refused = sandbox.up(&folder, &name, &[]).expect(4);
    assert!(refused.stderr.contains(&id), "{}", refused.stderr);
    nothing_is_left(&name);
    let secrets = sandbox.file("s.env", &triple("ACME", &server, PASSWORD));
    let up = sandbox.up(&folder, &name, &["--frozen-lockfile", "--secrets-file", &secrets]).expect(2);
    assert!(up.stderr.contains("there is no lockfile"), "{}", up.stderr);
    // An image alone leaves the repository as it is, and says so.
    let image = format!("localspace-test/{}:1", sandbox.name("image"));
    let path = folder.display().to_string();
    let words = ["build", "--workspace-folder", &path, "--image-name", &image, "--secrets-file", &secrets];
    let built = sandbox.run(&words);
    let _gone = docker(&["rmi", &image]);
    assert!(built.expect(0).stderr.contains("devcontainer-lock.json is not there") && !lockfile(&folder).exists());
    let _up = sandbox.up(&folder, &name, &["--secrets-file", &secrets]).expect(0);
    assert_eq!(sandbox.inside(&name, "cat /tool"), "from the registry\n");
    let lock = sandbox.inside(&name, "cat .devcontainer/devcontainer-lock.json");
    assert!(lock.contains(&digest.to_string()), "{lock}");
    // Another version since then is not what the lockfile says.
    let other = [("devcontainer-feature.json", r#"{"id": "tool", "version": "1.3.0"}"#), ("install.sh", "exit 1\n")];
    let _other = registry.publish("acme/features/tool", &["1"], &other);
    std::fs::write(lockfile(&folder), lock).expect("written");
    std::fs::remove_dir_all(folder.join(".git")).expect("removed");
    commit(&folder);
    registry.stop();
    let second = sandbox.name("offline");
    let _up = sandbox.up(&folder, &second, &["--frozen-lockfile", "--secrets-file", &secrets]).expect(0);
    assert_eq!(sandbox.inside(&second, "cat /tool"), "from the registry\n");
    // A Feature that is added in the codespace is locked there too.
    let change = format!(
        "echo '{{\"image\": \"busybox:1\", \"features\": {{\"{id}\": {{}}, \"./own\": {{}}}}}}' >.devcontainer/devcontainer.json; \
        mkdir .devcontainer/own; echo '{{\"id\": \"own\", \"name\": \"Own\", \"version\": \"1.0.0\"}}' >.devcontainer/own/devcontainer-feature.json; \
        printf '#!/bin/sh\\necho own >/own\\n' >.devcontainer/own/install.sh; chmod 755 .devcontainer/own/install.sh; \
        rm .devcontainer/devcontainer-lock.json"
    );
    let _changed = sandbox.inside(&name, &change);
    let _rebuilt = sandbox.run(&["rebuild", "-c", &name]).expect(0);
    let lock = "cat /own; stat -c %a .devcontainer/devcontainer-lock.json; grep -c integrity .devcontainer/devcontainer-lock.json";
    assert_eq!(sandbox.inside(&name, lock), "own\n644\n1\n");
    // The registry's login is in no file of the image.
    let history = docker(&["history", "--no-trunc", &format!("localspace/{second}")]).stdout;
    assert!(!history.contains(PASSWORD), "{history}");
}

#[test]
fn what_is_below_has_its_own_user_and_metadata() {
    let text = "FROM busybox:1\nUSER nobody\nLABEL devcontainer.metadata='[{\"remoteEnv\": {\"BELOW\": \"1\"}}]'\n";
    let image = Image::build(text, &[]);
    let sandbox = Sandbox::new();
    let feature = json!({"id": "f", "version": "1.0.0", "capAdd": ["SYS_PTRACE"], "init": true, "mounts": [{"type": "volume", "source": "data", "target": "/data"}]});
    let config = json!({"image": image.0, "features": {"./f": {}}});
    let folder = repository(&sandbox, "r", &config, &[("f", feature, "id -un >/installer")]);
    let name = sandbox.name("below");
    let up = sandbox.up(&folder, &name, &[]).expect(0);
    assert_eq!(up.json()["remoteUser"], "nobody");
    assert_eq!(sandbox.inside(&name, "cat /installer; id -un; echo $BELOW; ls -d /data"), "root\nnobody\n1\n/data\n");
    let made = docker(&["inspect", "-f", "{{.HostConfig.CapAdd}} {{.HostConfig.Init}} {{.Config.User}}", &name])
        .expect(0)
        .stdout;
    assert!(made.contains("SYS_PTRACE") && made.contains("true"), "{made}");
}

#[test]
fn a_service_of_compose_has_features_too() {
    let sandbox = Sandbox::new();
    let config = json!({"dockerComposeFile": "compose.yml", "service": "app", "workspaceFolder": "/workspaces/r",
        "features": {"./f": {}}, "postCreateCommand": "cat /installer"});
    let feature = json!({"id": "f", "name": "F", "version": "1.0.0", "entrypoint": "touch /var/begun"});
    let script = "echo \"$_REMOTE_USER\" >/installer";
    let folder = repository(&sandbox, "r", &config, &[("f", feature, script)]);
    let compose = "services: {app: {image: 'busybox:1', command: sleep infinity}, other: {image: 'busybox:1', command: sleep infinity}}";
    std::fs::write(folder.join(".devcontainer/compose.yml"), compose).expect("written");
    std::fs::remove_dir_all(folder.join(".git")).expect("removed");
    commit(&folder);
    let name = sandbox.name("compose");
    let _up = sandbox.up(&folder, &name, &[]).expect(0);
    assert_eq!(sandbox.inside(&name, "cat /installer; ls /var/begun"), "root\n/var/begun\n");
    let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    nothing_is_left(&name);
}
