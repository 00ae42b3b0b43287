//! A secret is in the environment of commands and in the remote user's Docker configuration, and nowhere else, in no form.

use std::io::Read;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::json;

use crate::support::{Sandbox, commit, docker, execs, triple};

/// Its base64 and URL forms differ from it in every way.
const SECRET: &str = "l3aks/+like?water~~>";

/// Prints its secret in every form: plain, in pieces, in base64 at each place of a group and over the ends of lines, in URLs.
const SCRIPT: &str = r#"
v=$ACME_CONTAINER_REGISTRY_PASSWORD
echo "raw $v"; echo "raw $v" >&2
printf %s "$v" | head -c 9; sleep 0.2; printf %s "$v" | tail -c +10; echo
for before in '' a ab abc; do printf "$before%s and more" "$v" | base64; done
for before in 41 44 47 50 53; do printf "%0${before}d%s and more after it" 0 "$v" | base64; done
printf "some words %s and more" "$v" | base64 -w 10
printf "some words %s and more" "$v" | base64 | tr +/ -_
printf %s "$v" | sed 's#/#%2F#g; s/+/%2B/g; s/?/%3F/g; s/>/%3E/g'; echo
printf %s "$v" | sed 's#/#%2f#g; s/+/%2b/g; s/?/%3f/g; s/>/%3e/g; s/~/%7e/g'; echo
cat ~/.docker/config.json; base64 ~/.docker/config.json; env; env | base64
"#;

/// Returns the texts that show the secret, or enough of it: of its base64, any twelve characters are nine of its bytes.
fn forms() -> Vec<String> {
    let mut forms = vec![SECRET.to_owned()];
    forms.extend(["l3aks%2F%2Blike%3Fwater~~%3E", "l3aks%2F%2Blike%3Fwater%7E%7E%3E"].map(str::to_owned));
    for before in 0..3 {
        let padded = [vec![0; before], SECRET.as_bytes().to_vec()].concat();
        for kind in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let encoded = kind.encode(&padded);
            let inner: Vec<char> = encoded[(before * 8).div_ceil(6)..padded.len() * 8 / 6].chars().collect();
            forms.extend(inner.windows(12).map(|window| window.iter().collect::<String>()));
        }
    }
    forms
}

/// Returns the first form of the secret that a text shows, also over the ends of lines, and in whichever case.
fn shown(text: &[u8]) -> Option<String> {
    let joined: Vec<u8> = text.iter().copied().filter(|byte| !b"\r\n".contains(byte)).collect();
    let joined = String::from_utf8_lossy(&joined).replace("\\n", "").to_lowercase();
    let text = String::from_utf8_lossy(text).to_lowercase();
    forms().into_iter().find(|form| [&text, &joined].into_iter().any(|text| text.contains(&form.to_lowercase())))
}

#[track_caller]
fn search(place: &str, text: impl AsRef<[u8]>) {
    let text = text.as_ref();
    assert!(!text.is_empty(), "{place} is empty");
    if let Some(form) = shown(text) {
        panic!("{place} shows {form}:\n{}", String::from_utf8_lossy(text));
    }
}

/// Searches every file of a tar that docker writes, but for the one where the secret belongs.
fn search_tar(place: &str, args: &[&str]) {
    let output = Command::new("docker").args(args).output().expect("docker runs");
    let mut archive = tar::Archive::new(output.stdout.as_slice());
    let mut files = 0;
    for entry in archive.entries().expect("a tar") {
        let mut entry = entry.expect("an entry");
        let path = entry.path().expect("a path").display().to_string();
        let mut content = path.clone().into_bytes();
        entry.read_to_end(&mut content).expect("read");
        files += 1;
        if path == "root/.docker/config.json" {
            assert!(shown(&content).is_some(), "there is no login");
        } else {
            search(&format!("{place}: {path}"), content);
        }
    }
    assert!(files > 0, "{place}: {output:?}");
}

/// Returns the arguments of every process of this machine; a container's are among them where the engine runs here.
fn arguments() -> Vec<u8> {
    let processes = std::fs::read_dir("/proc").expect("processes").flatten();
    processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok()).flatten().collect()
}

/// Makes a repository whose `postCreateCommand` prints the secret and fails; returns its path.
fn repository(sandbox: &Sandbox, command: &str) -> String {
    let config = json!({
        "image": "busybox:1", "mounts": ["source=data,target=/data,type=volume"],
        "onCreateCommand": "touch /data/there", "postCreateCommand": command
    });
    let folder = sandbox.repository("r", &config.to_string());
    std::fs::write(folder.join("print.sh"), SCRIPT).expect("written");
    commit(&folder);
    folder.display().to_string()
}

/// Keeps the secret that a file holds, for `acme/app`.
fn set(sandbox: &Sandbox, file: &str) {
    let mut command = sandbox.command(&["secret", "set", "KEPT", "--repo", "acme/app"]);
    let set = command.stdin(std::fs::File::open(file).expect("there")).output().expect("run");
    assert!(set.status.success(), "{set:?}");
    search("secret set", set.stderr);
}

#[test]
fn the_search_finds_what_the_script_prints() {
    let sandbox = Sandbox::new();
    let script = sandbox.file("print.sh", SCRIPT);
    let home = sandbox.path("home/.docker");
    std::fs::create_dir_all(&home).expect("made");
    std::fs::write(home.join("config.json"), "{}").expect("written");
    let mut command = sandbox.program("sh", &[&script]);
    let output = command.env("ACME_CONTAINER_REGISTRY_PASSWORD", SECRET).output().expect("sh runs").stdout;
    let text = String::from_utf8_lossy(&output);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(shown(lines[1].as_bytes()).as_deref(), Some(SECRET), "{text}");
    for (at, line) in lines[..6].iter().enumerate() {
        assert!(shown(line.as_bytes()).is_some(), "line {at}: {line}");
    }
    assert_eq!(shown(b"bDNha3M raw *** l3aks/ +like?water"), None);
}

#[test]
fn a_secret_is_in_no_output_label_image_event_journal_argument_or_file() {
    let sandbox = Sandbox::new();
    let began = jiff::Timestamp::now().to_string();
    let command = "[ -e ~/once ] || { mkfifo ~/go; echo waiting; read line <~/go; touch ~/once; }; sh print.sh; exit 9";
    let repository = repository(&sandbox, command);
    // The same from everywhere that a secret can be from.
    let secrets = sandbox.file("s.env", &triple("ACME", "a.example", SECRET));
    let value = sandbox.file("value.txt", SECRET);
    let hub = sandbox.file(
        "hub.yaml",
        &format!(
            "repositories: {{acme/app: }}\nsecrets:\n  - {{name: GIVEN, repository: acme/app, value: '{SECRET}'}}\n  \
             - {{name: PRINTED, repository: acme/app, value_from: {{command: cat {value}}}}}\n"
        ),
    );
    let hub = hub.as_str();
    set(&sandbox, &value);
    let name = sandbox.name("leaks");
    let args =
        ["up", &repository, "--name", &name, "--secrets-file", &secrets, "--hub", hub, "--repository", "acme/app"];

    // While a command runs that has it in its environment.
    let mut up = sandbox.watch(&[&args[..], &["--json"]].concat());
    up.until_output("waiting");
    let arguments = arguments();
    assert!(String::from_utf8_lossy(&arguments).contains("localspace"), "nothing was sampled");
    search("arguments on this machine", arguments);
    let inside = docker(&["exec", &name, "sh", "-c", "cat /proc/[0-9]*/cmdline"]).expect(0).stdout;
    assert!(inside.contains("print.sh"), "{inside}");
    search("arguments in the container", inside);
    let running = execs(&name);
    assert!(!running.is_empty());
    for exec in running {
        search("a command's inspect", exec.to_string());
    }
    let _told = docker(&["exec", &name, "sh", "-c", "echo >~/go"]).expect(0);
    let (ran, events) = up.end();
    let ran = ran.expect(1);
    assert!(ran.stderr.contains("***"), "{}", ran.stderr);
    search("up --json", ran.stdout + &ran.stderr);
    search("--events", events.iter().map(|event| format!("{event}\n")).collect::<String>());

    // Again, and in a terminal.
    let plain = sandbox.run(&args).expect(1);
    assert!(plain.stderr.contains("***"), "{}", plain.stderr);
    search("up", plain.stdout + &plain.stderr);
    let (code, live) = sandbox.terminal(&args).end();
    assert_eq!(code, 1, "{live}");
    search("up in a terminal", &live);
    let (_, typed) = sandbox.terminal(&["exec", "-c", &name, "--", "sh", "print.sh"]).end();
    assert!(typed.contains("raw ***"), "{typed}");
    search("exec in a terminal", &typed);
    for verb in [
        &["logs"][..],
        &["logs", "--json"],
        &["view"],
        &["view", "--json"],
        &["secret", "list", "--repo", "acme/app"],
        &["secret", "list", "--repo", "acme/app", "--json"],
        &["secret", "list", "--effective", "--repo", "acme/app", "--hub", hub],
        &["secret", "list", "--phases", "--repo", "acme/app", "--hub", hub, "--json"],
        &["list"],
        &["list", "--json"],
        &["exec", "--", "sh", "print.sh"],
        &["stop"],
        &["start", "--json"],
    ] {
        let ran = sandbox.run(verb);
        search(&verb.join(" "), ran.stdout + &ran.stderr);
    }

    // The codespace's own log is among the files of /workspaces below: it has the output, without the secret.
    let log = sandbox.inside(&name, "cat /workspaces/.codespaces/.persistedshare/creation.log");
    assert!(log.contains("raw ***"), "{log}");

    // What is kept, here and on the engine.
    for entry in std::fs::read_dir(sandbox.path("localspace/state/codespaces").join(&name)).expect("a folder") {
        let path = entry.expect("an entry").path();
        search(&path.display().to_string(), std::fs::read(&path).expect("read"));
    }
    for file in ["secrets.age", "secrets.key"] {
        search(file, std::fs::read(sandbox.path("localspace/config").join(file)).expect("read"));
    }
    search("inspect", docker(&["inspect", &name]).expect(0).stdout);
    search("docker logs", docker(&["logs", &name]).expect(0).stdout);
    search("image inspect", docker(&["image", "inspect", "busybox:1"]).expect(0).stdout);
    search("image history", docker(&["history", "--no-trunc", "busybox:1"]).expect(0).stdout);
    let label = format!("label=localspace.codespace={name}");
    let volumes = docker(&["volume", "ls", "-q", "--filter", &label]).expect(0).stdout;
    assert_eq!(volumes.lines().count(), 2, "{volumes}");
    for volume in volumes.lines() {
        search("volume inspect", docker(&["volume", "inspect", volume]).expect(0).stdout);
    }
    let until = jiff::Timestamp::now().to_string();
    let told = docker(&["events", "--since", &began, "--until", &until, "--format", "{{json .}}"]).expect(0).stdout;
    assert!(told.contains("exec_create"), "{told}");
    search("docker events", told);
    search_tar("the container", &["export", &name]);
    for folder in ["/workspaces", "/data"] {
        search_tar(folder, &["cp", &format!("{name}:{folder}"), "-"]);
    }
}

#[test]
fn a_secrets_file_that_is_wrong_is_told_without_its_text() {
    let sandbox = Sandbox::new();
    let repository = repository(&sandbox, "true");
    for (at, text) in [
        format!("{SECRET}\n"),
        format!("A={SECRET}\nno line {SECRET}\n"),
        format!("BAD-NAME={SECRET}\n"),
        format!("A='{SECRET}\nB=1\n"),
        format!("A=\"{SECRET}\n"),
        format!("{{\"A\": \"{SECRET}\" \"B\": 1}}"),
        format!("{{\"A\": [\"{SECRET}\"]}}"),
        format!("{{\"A\": \"{SECRET}"),
        format!("{{\"{SECRET}\": \"x\"}}"),
    ]
    .into_iter()
    .enumerate()
    {
        let file = sandbox.file(&format!("wrong{at}"), &text);
        let name = sandbox.name("wrong");
        let up = sandbox.run(&["up", &repository, "--name", &name, "--json", "--secrets-file", &file]).expect(2);
        assert!(up.stderr.contains(&format!("wrong{at}:")), "{}", up.stderr);
        search(&text, up.stdout + &up.stderr);
    }
}
