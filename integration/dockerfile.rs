//! Codespaces that are made from the repository's own Dockerfile.

use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::support::{Image, PASSWORD, Registry, Sandbox, commit, docker, left_of, triple};

/// Makes a repository whose configuration builds this Dockerfile; `more` goes into the configuration.
fn repository(sandbox: &Sandbox, name: &str, dockerfile: &str, build: &str, more: &str) -> PathBuf {
    let folder = sandbox.repository(name, &format!("{{\"build\": {{\"dockerfile\": \"Dockerfile\"{build}}}{more}}}"));
    std::fs::write(folder.join(".devcontainer/Dockerfile"), dockerfile).expect("written");
    commit_again(&folder);
    folder
}

fn commit_again(folder: &Path) {
    std::fs::remove_dir_all(folder.join(".git")).expect("removed");
    commit(folder);
}

/// Returns the names of the images that a codespace has.
fn images_of(name: &str) -> String {
    docker(&[
        "images",
        "--format",
        "{{.Repository}}:{{.Tag}}",
        "--filter",
        &format!("label=localspace.codespace={name}"),
    ])
    .stdout
}

#[test]
fn a_dockerfile_is_built_with_its_arguments_and_stage_and_nothing_of_it_is_left_after_delete() {
    let sandbox = Sandbox::new();
    let dockerfile = "ARG BASE=nothing\nFROM ${BASE} AS dev\nARG GREETING\nRUN <<EOF\necho \"$GREETING\" >/greeting\nEOF\n\
        COPY here.txt /copied\nUSER nobody\nFROM dev AS other\nRUN exit 1\n";
    let build = r#", "context": "..", "target": "dev", "args": {"BASE": "busybox:1", "GREETING": "it's ${localEnv:NOBODY:me}"},
        "options": ["--label", "acme.test=1"]"#;
    let folder = repository(&sandbox, "r", dockerfile, build, r#", "postCreateCommand": "id -un""#);
    std::fs::write(folder.join("here.txt"), "here").expect("written");
    commit_again(&folder);
    let name = sandbox.name("built");
    let up = sandbox.up(&folder, &name, &[]).expect(0);
    assert_eq!(up.phases(), "-++---+--");
    assert_eq!(up.json()["remoteUser"], "nobody");
    assert!(up.stderr.contains("image: [dev 2/3] RUN <<EOF"), "{}", up.stderr);
    assert_eq!(sandbox.inside(&name, "cat /greeting /copied"), "it's me\nhere");
    assert_eq!(images_of(&name), format!("localspace/{name}:latest\n"));
    let label = |label: &str| {
        let format = format!("{{{{index .Config.Labels \"{label}\"}}}}");
        docker(&["inspect", "--type", "image", "-f", &format, &format!("localspace/{name}")]).stdout
    };
    assert_eq!(label("acme.test"), "1\n");
    assert_eq!(label("devcontainer.metadata"), "[ {\"postCreateCommand\":\"id -un\"} ]\n");
    let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    assert_eq!((images_of(&name), left_of(&name)), (String::new(), String::new()));
}

#[test]
fn the_metadata_of_the_image_below_comes_first() {
    let image = Image::build(
        "FROM busybox:1\nLABEL devcontainer.metadata='{\"postCreateCommand\": \"echo below >>/root/ran\"}'\n",
        &[],
    );
    let sandbox = Sandbox::new();
    let folder = repository(
        &sandbox,
        "r",
        &format!("FROM {}\n", image.0),
        "",
        r#", "postCreateCommand": "echo own \"$HOME\" >>/root/ran""#,
    );
    let name = sandbox.name("below");
    let _up = sandbox.up(&folder, &name, &[]).expect(0);
    assert_eq!(sandbox.inside(&name, "cat /root/ran"), "below\nown /root\n");
    let label = docker(&[
        "inspect",
        "--type",
        "image",
        "-f",
        "{{index .Config.Labels \"devcontainer.metadata\"}}",
        &format!("localspace/{name}"),
    ]);
    let own = r#"{"postCreateCommand":"echo own \"$HOME\" >>/root/ran"}"#;
    assert_eq!(label.stdout, format!("[ {{\"postCreateCommand\":\"echo below >>/root/ran\"}}, {own} ]\n"));
}

#[test]
fn a_step_that_fails_is_shown_with_its_lines_and_its_output_and_nothing_is_left() {
    let sandbox = Sandbox::new();
    let dockerfile = "FROM busybox:1\nRUN echo first\nRUN echo said; \\\n  ls /no; exit 7\n";
    let folder = repository(&sandbox, "r", dockerfile, "", "");
    let name = sandbox.name("fails");
    let up = sandbox.up(&folder, &name, &[]).expect(2);
    assert_eq!(up.phases(), "-x-------");
    assert_eq!(up.json()["phases"][1]["exitCode"], 7);
    for shown in [
        "image failed in `3/3` with exit code 7: .devcontainer/Dockerfile:3: `RUN echo said; ls /no; exit 7`",
        " 3 | RUN echo said; \\\n 4 |   ls /no; exit 7",
        "  | said\n",
        "  | ls: /no: No such file or directory\n",
        "image: [2/3] RUN echo first",
        "Nothing is left of the codespace",
    ] {
        assert!(up.stderr.contains(shown), "{shown}: {}", up.stderr);
    }
    assert_eq!((images_of(&name), left_of(&name)), (String::new(), String::new()));
}

#[test]
fn what_cannot_be_built_is_told_before_anything_is_made() {
    let sandbox = Sandbox::new();
    for (at, (dockerfile, build, problem)) in [
        (
            "FROM busybox:1\n",
            r#", "target": "dve""#,
            "devcontainer.json:1:50: .devcontainer/Dockerfile has no stage `dve`",
        ),
        ("RUN true\n", "", ".devcontainer/Dockerfile has no FROM"),
        ("FROM busybox:1\n", r#", "context": "../..""#, "lies outside the repository"),
        ("FROM busybox:1\n", r#", "options": ["--secret=id=a"]"#, "`--secret` hands a secret to the build"),
        (
            "FROM busybox:1\nRUNN x\n",
            "",
            ".devcontainer/Dockerfile:2: dockerfile parse error on line 2: unknown instruction: RUNN",
        ),
        ("FROM busybox:1\nCOPY none /\n", "", ".devcontainer/Dockerfile:2: failed to compute cache key"),
    ]
    .into_iter()
    .enumerate()
    {
        let folder = repository(&sandbox, &format!("r{at}"), dockerfile, build, "");
        let name = sandbox.name(&format!("wrong{at}"));
        let up = sandbox.up(&folder, &name, &[]).expect(2);
        assert!(up.stderr.contains(problem), "{problem}: {}", up.stderr);
        assert_eq!((images_of(&name), left_of(&name)), (String::new(), String::new()));
    }
}

#[test]
fn what_a_dockerignore_leaves_out_is_not_copied() {
    let sandbox = Sandbox::new();
    let folder = repository(&sandbox, "r", "FROM busybox:1\nCOPY . /all\n", r#", "context": "..""#, "");
    for (file, text) in
        [(".dockerignore", ".git\n**/*.log\n!kept.log\n"), ("a.log", ""), ("kept.log", ""), ("b.txt", "")]
    {
        std::fs::write(folder.join(file), text).expect("written");
    }
    commit_again(&folder);
    let name = sandbox.name("ignore");
    let _up = sandbox.up(&folder, &name, &[]).expect(0);
    assert_eq!(sandbox.inside(&name, "ls -A /all | tr '\\n' ' '"), ".devcontainer .dockerignore b.txt kept.log ");
}

#[test]
fn a_syntax_that_cannot_be_pulled_is_read_by_the_engine_itself_where_it_is_dockers() {
    let sandbox = Sandbox::new();
    let text = |image: &str| format!("# syntax={image}\n# escape=`\nFROM busybox:1\nRUN echo `\n  hi >/hi\n");
    let folder = repository(&sandbox, "own", &text("localhost:1/docker/dockerfile:1"), "", "");
    let name = sandbox.name("other");
    let up = sandbox.up(&folder, &name, &[]).expect(3);
    assert!(up.stderr.contains(".devcontainer/Dockerfile:1: the engine could not get the image"), "{}", up.stderr);
    let folder = repository(&sandbox, "dockers", &text("docker/dockerfile:1"), "", "");
    let name = sandbox.name("own");
    let _up = sandbox.up(&folder, &name, &[]).expect(0);
    assert_eq!(sandbox.inside(&name, "cat /hi"), "hi\n");
}

#[test]
fn a_base_image_that_nobody_has_is_told_at_its_line() {
    let sandbox = Sandbox::new();
    let folder = repository(&sandbox, "r", "FROM busybox:1 AS a\nFROM localhost:1/acme/none:1\n", "", "");
    let name = sandbox.name("none");
    let up = sandbox.up(&folder, &name, &[]).expect(3);
    let told = ".devcontainer/Dockerfile:2: the engine could not get the image localhost:1/acme/none:1";
    assert!(up.stderr.contains(told), "{}", up.stderr);
}

#[test]
fn what_the_engine_cannot_reach_is_no_fault_of_the_dockerfile() {
    let sandbox = Sandbox::new();
    let folder = repository(&sandbox, "r", "FROM busybox:1\nADD http://127.0.0.1:1/x /x\n", "", "");
    let up = sandbox.up(&folder, &sandbox.name("unreached"), &[]).expect(3);
    let said = ".devcontainer/Dockerfile:2: the engine could not get what the step needs: ";
    assert!(up.json()["message"].as_str().is_some_and(|message| message.contains(said)), "{}", up.stdout);
    assert!(up.stderr.contains(" 2 | ADD http://127.0.0.1:1/x /x"), "{}", up.stderr);
}

#[test]
fn an_interrupt_ends_the_build_itself_and_nothing_is_left() {
    let sandbox = Sandbox::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let dockerfile = format!("FROM busybox:1\nRUN echo begun; nc 127.0.0.1 {port} </dev/zero\n");
    let folder = repository(&sandbox, "r", &dockerfile, r#", "options": ["--network=host"]"#, "").display().to_string();
    for signal in ["INT", "TERM"] {
        let name = sandbox.name(&signal.to_lowercase());
        let up = sandbox.watch(&["up", &folder, "--name", &name, "--json"]);
        let (mut step, _) = listener.accept().expect("the step runs");
        step.set_read_timeout(Some(Duration::from_secs(30))).expect("set");
        up.signal(signal);
        let ran = up.end().0.expect(130);
        assert_eq!(ran.phases(), "-x-------");
        assert!(ran.stderr.contains("othing is left of the codespace"), "{}", ran.stderr);
        // The step's process is gone when its connection ends.
        let mut chunk = [0; 8192];
        while step.read(&mut chunk).is_ok_and(|length| length > 0) {}
        let error = step.read(&mut chunk).err().map(|error| error.kind());
        assert_ne!(error, Some(std::io::ErrorKind::WouldBlock), "the step still runs");
        assert_eq!((images_of(&name), left_of(&name)), (String::new(), String::new()));
    }
    let name = sandbox.name("late");
    let up = sandbox.run(&["up", &folder, "--name", &name, "--timeout-per-phase", "1s"]).expect(1);
    assert!(up.stderr.contains("it took longer than 1 s"), "{}", up.stderr);
}

#[test]
fn two_builds_at_once_do_not_meet() {
    let sandbox = Sandbox::new();
    let text = |own: &str| format!("FROM busybox:1\nRUN sleep 1; echo {own} >/own\nCOPY own /copied\n");
    let made = ["one", "two"].map(|own| {
        let folder = repository(&sandbox, own, &text(own), "", "");
        std::fs::write(folder.join(".devcontainer/own"), own).expect("written");
        commit_again(&folder);
        let name = sandbox.name(own);
        let child = sandbox.spawn(&["up", &folder.display().to_string(), "--name", &name]);
        (own, name, child)
    });
    for (own, name, child) in made {
        let ended = child.wait_with_output().expect("ended");
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        assert_eq!(sandbox.inside(&name, "cat /own /copied"), format!("{own}\n{own}"));
    }
}

#[test]
fn a_private_base_image_is_pulled_with_the_codespaces_secrets() {
    let (registry, sandbox) = (Registry::start(), Sandbox::new());
    let server = format!("localhost:{}", registry.port);
    let folder =
        repository(&sandbox, "r", &format!("FROM {server}/acme/base:1\nRUN cat /etc/acme # {server}\n"), "", "");
    let name = sandbox.name("private");
    let refused = sandbox.up(&folder, &name, &[]).expect(4);
    assert_eq!(refused.json()["diagnoses"][0]["rule"], "no-login-for-server", "{}", refused.stderr);
    assert!(
        refused.stderr.contains(".devcontainer/Dockerfile:1: the registry refused the image"),
        "{}",
        refused.stderr
    );
    let secrets = sandbox.file("s.env", &triple("ACME", &server, PASSWORD));
    let _up = sandbox.up(&folder, &name, &["--secrets-file", &secrets]).expect(0);
    let logs = sandbox.run(&["logs", "-c", &name]).expect(0).stdout;
    assert!(logs.contains("[2/2] made by acme"), "{logs}");
}

#[test]
fn no_secret_is_there_while_an_image_is_built() {
    let sandbox = Sandbox::new();
    let name = sandbox.name("secret");
    // Another run's step is not to stand in for this one.
    let dockerfile = format!("FROM busybox:1\nARG HIDDEN\nRUN env; echo hunter2-hunter2 # {name}\n");
    let folder = repository(&sandbox, "r", &dockerfile, "", "");
    let secrets = sandbox.file("s.env", "HIDDEN=hunter2-hunter2\n");
    let up = sandbox.up(&folder, &name, &["--secrets-file", &secrets]).expect(0);
    let logs = sandbox.run(&["logs", "-c", &name]).expect(0).stdout;
    // What the Dockerfile itself says is masked; the variable is not there.
    assert!(logs.contains("[2/2] ***") && !logs.contains("HIDDEN="), "{logs}");
    assert!(!(up.stderr + &logs).contains("hunter2"));
}

#[test]
fn a_rebuild_takes_the_dockerfile_that_lies_in_the_codespace_and_leaves_no_image_behind() {
    let sandbox = Sandbox::new();
    let folder = repository(&sandbox, "r", "FROM busybox:1\nRUN echo one >/made\n", "", "");
    let name = sandbox.name("again");
    let _up = sandbox.up(&folder, &name, &[]).expect(0);
    for made in ["two", "three"] {
        let change = format!("sed -i 's/echo [a-z]*/echo {made}/' .devcontainer/Dockerfile");
        let _changed = sandbox.inside(&name, &change);
        let _rebuilt = sandbox.run(&["rebuild", "-c", &name]).expect(0);
        assert_eq!(sandbox.inside(&name, "cat /made"), format!("{made}\n"));
        // Its own, and that of the container which it took the place of.
        assert!(images_of(&name).lines().count() <= 2, "{}", images_of(&name));
    }
    let broken = sandbox.inside(&name, "echo RUN exit 1 >>.devcontainer/Dockerfile");
    assert_eq!(broken, "");
    let _failed = sandbox.run(&["rebuild", "-c", &name]).expect(2);
    assert_eq!(sandbox.inside(&name, "cat /made"), "three\n");
    let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    assert_eq!((images_of(&name), left_of(&name)), (String::new(), String::new()));
}

#[test]
fn a_sample_has_arguments_stages_and_a_user() {
    let sandbox = Sandbox::new();
    let folder = sandbox.sample("dockerfile", &[]);
    commit(&folder);
    let name = sandbox.name("sample");
    let up = sandbox.up(&folder, &name, &[]).expect(0);
    assert_eq!(up.json()["remoteUser"], "dev");
    let logs = sandbox.run(&["logs", "-c", &name]).expect(0).stdout;
    assert!(logs.contains("1 lines in README.md") && !logs.contains("not built"), "{logs}");
}
