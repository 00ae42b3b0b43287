//! Each rule with what it is about, and what is left alone.

mod builds;
mod scripts;

use super::*;

/// A repository with a few files.
#[derive(Default)]
struct Repository {
    beside: Vec<(&'static str, &'static str)>,
    texts: Vec<(&'static str, &'static str)>,
    scripts: Vec<(&'static str, &'static str)>,
    misplaced: Vec<&'static str>,
    known: Known,
}

impl RepositoryFiles for Repository {
    fn script(&self, path: &str) -> Option<Script> {
        match path {
            "ok.sh" | ".devcontainer/ok.sh" => Some(Script { start: b"#!/bin/sh\nx\n".to_vec(), is_executable: true }),
            "plain.sh" => Some(Script { start: b"#!/bin/sh\nx\n".to_vec(), is_executable: false }),
            "crlf.sh" => Some(Script { start: b"#!/bin/sh\r\nx\r\n".to_vec(), is_executable: true }),
            path => {
                let text = self.scripts.iter().find(|(name, _)| *name == path)?.1;
                Some(Script { start: text.as_bytes().to_vec(), is_executable: true })
            }
        }
    }

    fn beside(&self, path: &str) -> Named {
        let found = self.beside.iter().find(|(name, _)| *name == path);
        found.map_or(Named::Missing, |(name, text)| Named::There { path: (*name).to_owned(), text: (*text).to_owned() })
    }

    fn text(&self, path: &str) -> Option<String> {
        self.texts.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned())
    }

    fn misplaced(&self) -> Vec<String> {
        self.misplaced.iter().map(|path| (*path).to_owned()).collect()
    }
}

/// Returns `file:line:column rule` of every finding.
fn told(text: &str, files: &Repository) -> Vec<String> {
    let config = Configuration::read(text, "f").expect(text);
    let all = advise(&config, files, &files.known);
    let line = |advice: &Advice, finding: &Finding| {
        let (line, column) = advice.place(finding.span.start);
        format!("{}:{line}:{column} {}", advice.file, finding.rule.name())
    };
    all.iter().flat_map(|advice| advice.findings.iter().map(move |finding| line(advice, finding))).collect()
}

fn rules(properties: &str) -> Vec<String> {
    let told = told(&format!("{{\"image\": \"x\", {properties}}}"), &Repository::default());
    told.iter().map(|line| line.split(' ').nth(1).unwrap_or_default().to_owned()).collect()
}

#[track_caller]
fn check(hook: &str, command: &str, expected: &[&str]) {
    let command = serde_json::Value::from(command);
    assert_eq!(rules(&format!("\"{hook}\": {command}")), expected, "{hook}: {command}");
}

#[test]
fn the_documentation_names_every_rule_with_its_weight() {
    let docs = include_str!("../../../../CONFIGURATION.md");
    for rule in Rule::ALL.into_iter().filter(|rule| !rule.is_ours()) {
        let (name, weight) = (format!("`{}`", rule.name()), format!(" | {} | ", rule.severity_in_check().name()));
        assert!(
            docs.lines().any(|line| line.starts_with('|') && line.contains(&name) && line.contains(&weight)),
            "{name}{weight}"
        );
    }
}

#[test]
fn older_names_are_told() {
    assert_eq!(rules(r#""extensions": ["a.b"], "settings": {}, "devPort": 1"#), ["deprecated"; 3]);
    assert_eq!(rules(r#""codespaces": {}"#), ["unknown-property", "deprecated"]);
    let both = r#"{"dockerFile": "D", "context": "..", "build": {"dockerfile": "E"}}"#;
    let files = Repository { beside: vec![("D", "FROM x"), ("E", "FROM x")], ..Repository::default() };
    assert_eq!(told(both, &files), ["f:1:2 deprecated", "f:1:2 conflict", "f:1:21 deprecated"]);
}

#[test]
fn a_pull_before_the_login_is_told() {
    for command in [
        "docker pull acme/api:1",
        "make x && sudo docker compose -f c.yml up -d",
        "docker-compose pull",
        "docker run --rm x",
        "if true; then docker pull x; fi",
        "(cd /x && docker pull x)",
        "bash -lc 'docker pull x'",
    ] {
        check("onCreateCommand", command, &["pull-before-login"]);
        check("updateContentCommand", command, &["pull-before-login"]);
        check("postCreateCommand", command, &[]);
    }
    for command in [
        "docker build .",
        "docker compose config",
        "echo docker pull x",
        "echo 'a; docker pull x'",
        "true # docker pull x",
    ] {
        check("onCreateCommand", command, &[]);
    }
    assert_eq!(rules(r#""onCreateCommand": {"a": ["docker", "pull", "x"]}"#), ["pull-before-login"]);
}

#[test]
fn what_waits_for_input_is_told() {
    for command in [
        "apt-get install jq",
        "sudo apt install jq",
        "read -p 'name? ' x",
        "npm init",
        "docker login acme.io -u me",
        "sudo dpkg-reconfigure tzdata",
        "apt-get install -y tzdata",
    ] {
        check("postCreateCommand", command, &["waits-for-input"]);
    }
    for command in [
        "sudo apt-get update && sudo apt-get install -y jq",
        "apt-get -qqy install jq",
        "DEBIAN_FRONTEND=noninteractive apt-get install --yes jq",
        "echo $P | docker login acme.io -u me --password-stdin",
        "echo x | read y",
        "while read x; do echo $x; done <list",
        "dpkg-reconfigure -f noninteractive tzdata",
        "export DEBIAN_FRONTEND=noninteractive; apt-get install -y tzdata; dpkg-reconfigure tzdata",
        "npm init -y",
    ] {
        check("postCreateCommand", command, &[]);
    }
}

#[test]
fn what_never_ends_is_told() {
    for command in
        ["make x && npm start", "python3 -m http.server 80", "docker compose up", "tail -f /dev/null", "yarn dev"]
    {
        check("postCreateCommand", command, &["never-ends"]);
        check("postAttachCommand", command, &[]);
    }
    for command in ["nohup npm start >log 2>&1 &", "npm start & echo started", "docker compose up -d", "npm run build"]
    {
        check("postCreateCommand", command, &[]);
    }
}

#[test]
fn a_script_that_cannot_run_is_told() {
    check("postCreateCommand", "./ok.sh && .devcontainer/ok.sh", &[]);
    check("postCreateCommand", "./plain.sh", &["not-executable"]);
    check("postCreateCommand", "bash plain.sh; sh ./plain.sh", &[]);
    check("postCreateCommand", "bash -eu crlf.sh", &["line-ends"]);
    check("postCreateCommand", "${containerWorkspaceFolder}/crlf.sh", &["line-ends"]);
    check("postCreateCommand", "./made-later.sh; /usr/bin/x; ../plain.sh", &[]);
    check("postCreateCommand", "bash -c './plain.sh'", &["not-executable"]);
}

#[test]
fn secrets_that_cannot_be_there_are_told() {
    let build = |value: &str| format!("\"build\": {{\"dockerfile\": \"d\", \"args\": {{\"A\": \"{value}\"}}}}");
    let only = |properties: &str| rules(properties).into_iter().filter(|rule| rule == "secret-at-build").count();
    assert_eq!(only(&build("${localEnv:NPM_TOKEN}")), 1);
    assert_eq!(only(&build("${localEnv:HOME}")), 0);
    assert_eq!(only(&format!("{}, \"secrets\": {{\"LICENSE\": {{}}}}", build("${localEnv:LICENSE:none}"))), 1);
    assert_eq!(only(r#""features": {"./f": {"token": "${localEnv:MY_API_KEY}"}}"#), 1);
    assert_eq!(rules(r#""secrets": {"GITHUB_X": {}}"#), ["secret-name"]);
    assert_eq!(rules(r#""customizations": {"codespaces": {"repositories": {"acme/*": {}}}}"#), ["prebuild-access"]);
}

#[test]
fn a_persons_secret_is_not_there_in_a_prebuild() {
    let with = |hook: &str, command: &str| rules(&format!(r#""secrets": {{"KEY": {{}}}}, "{hook}": "{command}""#));
    for command in ["echo $KEY", "curl -H ${KEY} x", "x ${KEY:-none}"] {
        assert_eq!(with("onCreateCommand", command), ["user-secret"], "{command}");
        assert_eq!(with("updateContentCommand", command), ["user-secret"], "{command}");
        assert_eq!(with("postCreateCommand", command), [""; 0], "{command}");
    }
    for command in ["echo KEY", "echo $KEYS", "echo ${OTHER}"] {
        assert_eq!(with("onCreateCommand", command), [""; 0], "{command}");
    }
    let many: Vec<String> = (0..101).map(|number| format!(r#""A{number}": {{}}"#)).collect();
    assert_eq!(rules(&format!(r#""secrets": {{{}}}"#, many.join(","))), ["secret-name"]);
}

#[test]
fn other_repositories_are_told_where_they_cannot_be_reached() {
    let with = |names: &str| rules(&format!(r#""customizations": {{"codespaces": {{"repositories": {{{names}}}}}}}"#));
    assert_eq!(with(r#""a/b": {}, "A/c": {}"#), [""; 0]);
    assert_eq!(with(r#""a/b": {}, "c/d": {}"#), ["repository-access"]);
    check("postCreateCommand", "git clone git@github.com:acme/api.git", &["git-over-ssh"]);
    check("onCreateCommand", "cd /x && git fetch ssh://git@github.com/acme/api", &["git-over-ssh"]);
    check(
        "postCreateCommand",
        "git config --global url.'git@github.com:'.insteadOf https://github.com/",
        &["git-over-ssh"],
    );
    check("postCreateCommand", "git config url.https://github.com/.insteadOf git@github.com:", &["git-over-ssh"]);
    for command in ["git clone https://github.com/acme/api", "echo git@github.com:x", "git clone git@example.com:x"] {
        check("postCreateCommand", command, &[]);
    }
    let files = Repository {
        texts: vec![(".gitmodules", "[submodule \"a\"]\n\turl = git@github.com:acme/a.git\n\turl = ../b.git\n")],
        ..Repository::default()
    };
    let fetches = r#"{"image": "x", "updateContentCommand": "git submodule update --init"}"#;
    assert_eq!(told(fetches, &files), [".gitmodules:2:8 git-over-ssh"]);
    assert_eq!(told(r#"{"image": "x"}"#, &files), [""; 0]);
}

#[test]
fn more_than_the_largest_machine_has_is_told() {
    for (requirements, expected) in [
        (r#""cpus": 33"#, 1),
        (r#""cpus": 32, "memory": "128gb", "storage": "128gb""#, 0),
        (r#""memory": "129gb", "storage": "1tb""#, 2),
        (r#""gpu": true"#, 0),
    ] {
        let found = rules(&format!(r#""hostRequirements": {{{requirements}}}"#));
        assert_eq!(found, vec!["host-requirements"; expected], "{requirements}");
    }
}

#[test]
fn work_that_a_prebuild_could_have_done_is_noted() {
    for command in
        ["npm ci", "cd web && yarn", "pip install -r requirements.txt", "bundle install", "npm install --quiet"]
    {
        check("postCreateCommand", command, &["could-be-prebuilt"]);
        check("updateContentCommand", command, &[]);
    }
    for command in ["npm install -g x", "pip install x", "npm run build", "NPM_TOKEN=$NPM_TOKEN npm ci", "echo npm ci"]
    {
        check("postCreateCommand", command, &[]);
    }
}

#[test]
fn docker_in_docker_with_moby_does_not_install_on_debian_13() {
    let with = |image: &str, feature: &str, options: &str| {
        let id = format!("ghcr.io/devcontainers/features/docker-in-docker{feature}");
        let text = format!(r#"{{"image": "{image}", "features": {{"{id}": {options}}}}}"#);
        told(&text, &Repository::default()).iter().any(|line| line.ends_with(" moby"))
    };
    let trixie = "mcr.microsoft.com/devcontainers/python:3.13-trixie";
    assert!(with(trixie, ":2", "{}") && with("debian:13", "", r#"{"moby": true}"#));
    assert!(!with(trixie, ":2", r#"{"moby": false}"#) && !with("debian:12", ":2", "{}") && !with(trixie, ":1", "{}"));
}

#[test]
fn a_configuration_that_is_not_found_is_told() {
    let files = Repository { misplaced: vec![".devcontainer/a/b/devcontainer.json"], ..Repository::default() };
    assert_eq!(told(r#"{"image": "x"}"#, &files), [".devcontainer/a/b/devcontainer.json:1:1 misplaced"]);
}

#[test]
fn a_file_that_is_named_and_not_there_is_told() {
    let none = Repository::default();
    assert_eq!(told(r#"{"build": {"dockerfile": "../D"}}"#, &none), ["f:1:26 missing"]);
    assert_eq!(told(r#"{"build": {"dockerfile": "${localEnv:D}"}}"#, &none), [""; 0]);
    let compose = r#"{"dockerComposeFile": ["a.yml", "b.yml"], "service": "app", "workspaceFolder": "/w"}"#;
    assert_eq!(told(compose, &none), ["f:1:24 missing", "f:1:33 missing"]);
}

#[test]
fn a_user_that_an_official_image_does_not_have_is_told() {
    let with = |image: &str, more: &str| {
        let text = format!(r#"{{"image": "{image}", "remoteUser": "vscode"{more}}}"#);
        told(&text, &Repository::default()).iter().any(|line| line.ends_with(" user-not-in-image"))
    };
    assert!(with("debian:12", "") && with("docker.io/library/python:3", "") && with("alpine", ""));
    assert!(!with("debian:12", r#", "features": {"ghcr.io/devcontainers/features/common-utils:2": {}}"#));
    assert!(!with("mcr.microsoft.com/devcontainers/base", "") && !with("acme/debian", "") && !with("node:22", ""));
    let built = |text: &'static str| {
        let config = r#"{"build": {"dockerfile": "D"}, "containerUser": "vscode"}"#;
        let files = Repository { beside: vec![("D", text)], ..Repository::default() };
        told(config, &files).iter().any(|line| line == "f:1:49 user-not-in-image")
    };
    assert!(built("FROM debian:12\nRUN apt-get update\n"));
    for text in [
        "FROM debian:12\nRUN useradd -m vscode\n",
        "FROM x\n",
        "FROM debian\nRUN ./make.sh\n",
        "FROM debian\nRUN <<E\nE\n",
    ] {
        assert!(!built(text), "{text}");
    }
}

/// An image that the engine has: its users, an SSH server, yarn's list for apt.
#[test]
fn what_lies_in_an_image_is_told() {
    let with = |config: &str, has_ssh_server: bool, dockerfile: &'static str| {
        let users = ["root", "vscode"].map(str::to_owned).to_vec();
        let image = Some(ImageFacts { users, has_ssh_server, has_yarn_list: true });
        let known = Known { image, owner: None };
        told(config, &Repository { beside: vec![("D", dockerfile)], known, ..Repository::default() })
    };
    for (config, expected) in [
        (r#"{"image": "x", "remoteUser": "node"}"#, &["f:1:30 user-not-in-image"][..]),
        (r#"{"image": "x", "containerUser": "me:root"}"#, &["f:1:33 user-not-in-image"]),
        (r#"{"image": "debian:12", "remoteUser": "vscode"}"#, &[]),
        (r#"{"image": "x", "remoteUser": "1000", "containerUser": "vscode:users"}"#, &[]),
        (r#"{"image": "x", "remoteUser": "${localEnv:U}"}"#, &[]),
        (r#"{"image": "${localEnv:I}", "remoteUser": "node"}"#, &[]),
        (r#"{"image": "x", "remoteUser": "node", "features": {"ghcr.io/a/f/x:1": {}}}"#, &["f:1:11 yarn-list"]),
    ] {
        assert_eq!(with(config, true, ""), expected, "{config}");
    }
    let built = r#"{"build": {"dockerfile": "D"}}"#;
    for (dockerfile, expected) in [
        ("FROM x\nRUN apt-get update\n", &["f:1:26 yarn-list", "f:1:26 no-ssh-server"][..]),
        (
            "FROM x\nRUN rm /etc/apt/sources.list.d/yarn.list && apt-get update && apt-get install -y openssh-server\n",
            &[],
        ),
        ("FROM x\nRUN ./install.sh\n", &[]),
        ("FROM x\n", &["f:1:26 no-ssh-server"]),
    ] {
        assert_eq!(with(built, false, dockerfile), expected, "{dockerfile}");
    }
    let user = |user: &str| format!(r#"{{"build": {{"dockerfile": "D"}}, "remoteUser": "{user}"}}"#);
    let installs = "FROM x\nRUN apt-get install -y postgresql; rm yarn.list\n";
    assert_eq!(with(&user("postgres"), true, installs), [""; 0]);
    assert_eq!(with(&user("node"), true, installs), ["f:1:46 user-not-in-image"]);
    let image = r#"{"image": "x", "features": {"ghcr.io/devcontainers/features/sshd:1": {}}}"#;
    assert_eq!(with(image, false, ""), ["f:1:11 yarn-list"]);
}

/// Whose the repository is has to be known, and the package may be private.
#[test]
fn a_package_of_another_owner_is_noted() {
    let with = |owner: Option<&str>, config: &str, dockerfile: &'static str| {
        let known = Known { image: None, owner: owner.map(str::to_owned) };
        told(config, &Repository { beside: vec![("D", dockerfile)], known, ..Repository::default() })
    };
    for (owner, config, expected) in [
        (Some("mona"), r#"{"image": "ghcr.io/acme/base:1"}"#, &["f:1:11 foreign-package"][..]),
        (Some("mona"), r#"{"image": "GHCR.io/Acme/team/base"}"#, &["f:1:11 foreign-package"]),
        (Some("mona"), r#"{"image": "x", "features": {"ghcr.io/acme/f/x:1": {}}}"#, &["f:1:29 foreign-package"]),
        (Some("mona"), r#"{"build": {"dockerfile": "D"}}"#, &["f:1:26 foreign-package"]),
        (Some("Acme"), r#"{"image": "ghcr.io/acme/base:1", "features": {"ghcr.io/ACME/f/x:1": {}}}"#, &[]),
        (None, r#"{"image": "ghcr.io/acme/base:1"}"#, &[]),
        (Some("mona"), r#"{"image": "x", "features": {"ghcr.io/devcontainers/features/node:1": {}, "./x": {}}}"#, &[]),
        (Some("mona"), r#"{"image": "ghcr.io/${localEnv:OWNER}/base"}"#, &[]),
        (Some("mona"), r#"{"image": "ghcr.io.example/acme/base"}"#, &[]),
        (Some("mona"), r#"{"image": "ghcr.io/base"}"#, &[]),
        (Some("mona"), r#"{"image": "ghcr.iö/acme/base"}"#, &[]),
        (Some("mona"), r#"{"image": "docker.io/acme/base"}"#, &[]),
    ] {
        assert_eq!(with(owner, config, "FROM ghcr.io/acme/base:1\n"), expected, "{owner:?} {config}");
    }
}
