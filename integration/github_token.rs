//! `--github-token`: a token of the user's own is the codespace's, where no hub gives one, and stands in no output and no file of this machine.

use serde_json::Value;

use crate::support::{Ran, Sandbox, docker, tree};

const TOKEN: &str = "ghp_0123456789abcdefTOKEN";

const CONFIG: &str = r#"{
    "image": "busybox:1",
    "onCreateCommand": "echo $GITHUB_TOKEN | tee /var/on-create; test ! -e ~/.docker/config.json",
    "postCreateCommand": "cat ~/.docker/config.json; cp ~/.docker/config.json /var/login",
    "postStartCommand": "echo $GITHUB_TOKEN >/var/post-start; echo $GITHUB_USER"
}"#;

/// Reads a file of the codespace's, masked by nobody.
fn read(name: &str, file: &str) -> String {
    docker(&["exec", name, "cat", file]).expect(0).stdout.trim().to_owned()
}

fn login(name: &str) -> String {
    let config: Value = serde_json::from_str(&read(name, "/var/login")).expect("JSON");
    config["auths"]["ghcr.io"]["auth"].as_str().expect("a login").to_owned()
}

fn hides(ran: &Ran, secret: &str) {
    assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_token_of_this_machines_environment_is_the_codespaces() {
    let mut sandbox = Sandbox::new();
    sandbox.set_env("GITHUB_TOKEN", TOKEN);
    let repository = sandbox.repository("r", CONFIG);
    let name = sandbox.name("env");
    let up = sandbox.up(&repository, &name, &["--github-token", "env", "--user", "mona"]).expect(0);
    assert_eq!(up.phases(), "-+++-+++-");
    hides(&up, TOKEN);
    assert_eq!(read(&name, "/var/on-create"), TOKEN);
    let auth = login(&name);
    hides(&up, &auth);
    let (logins, registries) = (docker(&["exec", &name, "sh", "-c", &format!("echo {auth} | base64 -d")]), up.json());
    assert_eq!(logins.stdout, format!("mona:{TOKEN}"));
    assert_eq!(registries["registries"][0]["server"], "ghcr.io", "{registries}");
    assert_eq!(sandbox.inside(&name, "echo $GITHUB_TOKEN; echo $GITHUB_USER"), "***\nmona\n");
    // It is in no request to the engine and in no file of this machine, and the next start has it from where it is.
    let inspected = docker(&["inspect", &name]).expect(0).stdout;
    assert!(!inspected.contains(TOKEN));
    for (path, (_, _, content)) in tree(&sandbox.path("localspace")) {
        let text = String::from_utf8_lossy(&content).into_owned();
        assert!(!text.contains(TOKEN) && !text.contains(&auth), "{}", path.display());
    }
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    sandbox.set_env("GITHUB_TOKEN", "ghp_another");
    let started = sandbox.run(&["start", "-c", &name]).expect(0);
    hides(&started, "ghp_another");
    assert_eq!(read(&name, "/var/post-start"), "ghp_another");
    let compared = sandbox.inside(&name, "test $GITHUB_TOKEN = ghp_another && grep -c auth ~/.docker/config.json");
    assert!(compared.starts_with(|digit: char| digit.is_ascii_digit()), "{compared}");
    // Where it is not to be had, the codespace can be used without, and what it has of it is shown nowhere.
    sandbox.set_env("GITHUB_TOKEN", "");
    let exec = sandbox.run(&["exec", "-c", &name, "--", "sh", "-c", "cat /var/post-start; echo \"<$GITHUB_TOKEN>\""]);
    let exec = exec.expect(0);
    assert_eq!(exec.stdout, "***\n<>\n");
    assert!(exec.stderr.contains("neither GITHUB_TOKEN nor GH_TOKEN is set: it goes on without"), "{}", exec.stderr);
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let started = sandbox.run(&["start", "-c", &name]).expect(0);
    assert!(started.stderr.contains("it goes on without"), "{}", started.stderr);
    assert_eq!(read(&name, "/var/post-start"), "");
    // A flag asks for it, and a rebuild has it as every run does.
    let refused = sandbox.run(&["rebuild", "-c", &name, "--github-token", "env"]).expect(2);
    assert!(refused.stderr.contains("set GITHUB_TOKEN or GH_TOKEN"), "{}", refused.stderr);
    sandbox.set_env("GH_TOKEN", TOKEN);
    let rebuilt = sandbox.run(&["rebuild", "-c", &name]).expect(0);
    hides(&rebuilt, TOKEN);
    assert_eq!((read(&name, "/var/post-start"), login(&name)), (TOKEN.to_owned(), auth));
}

#[test]
fn gh_is_asked_at_each_run_and_its_words_are_shown_where_it_fails() {
    let mut sandbox = Sandbox::new();
    let log = sandbox.path("asked").display().to_string();
    let gh = format!("#!/bin/sh\necho \"$@\" >>{log}\necho {TOKEN}\n");
    let path = sandbox.program_in_path("gh", &gh);
    sandbox.set_env("PATH", &path);
    let repository = sandbox.repository("r", CONFIG);
    let name = sandbox.name("gh");
    let up = sandbox.up(&repository, &name, &["--github-token", "gh"]).expect(0);
    hides(&up, TOKEN);
    assert_eq!(read(&name, "/var/post-start"), TOKEN);
    assert_eq!(sandbox.inside(&name, "echo $GITHUB_TOKEN"), "***\n");
    assert_eq!(std::fs::read_to_string(&log).expect("asked"), "auth token\nauth token\n");
    let out = format!("#!/bin/sh\necho {TOKEN}\necho 'no oauth token found ({TOKEN})' >&2\nexit 1\n");
    let _path = sandbox.program_in_path("gh", &out);
    let other = sandbox.name("out");
    let failed = sandbox.up(&repository, &other, &["--github-token", "gh"]).expect(2);
    for words in ["`gh auth token` ended with exit code 1, and said: no oauth token found (***)", "`gh auth login`"] {
        assert!(failed.stderr.contains(words), "{words}: {}", failed.stderr);
    }
    hides(&failed, TOKEN);
    let _path = sandbox.program_in_path("gh", "#!/nonexistent\n");
    let failed = sandbox.up(&repository, &other, &["--github-token", "gh"]).expect(2);
    assert!(failed.stderr.contains("install gh"), "{}", failed.stderr);
}

/// A prebuild is never logged in, with this token as little as with another.
#[test]
fn a_prebuild_is_not_logged_in_with_it() {
    let mut sandbox = Sandbox::new();
    sandbox.set_env("GITHUB_TOKEN", TOKEN);
    let repository = sandbox.repository("r", CONFIG);
    let name = sandbox.name("prebuild");
    let up = sandbox.up(&repository, &name, &["--github-token", "env", "--as-prebuild"]).expect(0);
    assert_eq!(up.json()["registries"][0]["outcome"], "skipped");
    hides(&up, TOKEN);
}
