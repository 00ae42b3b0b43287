//! Each rule with what it is about, and what is left alone.

use super::*;

fn rules(properties: &str) -> Vec<&'static str> {
    let config = Configuration::read(&format!("{{\"image\": \"x\", {properties}}}"), "f").expect(properties);
    let file = |path: &str| match path {
        "ok.sh" | ".devcontainer/ok.sh" => {
            Some(RepositoryFile { start: b"#!/bin/sh\nx\n".to_vec(), is_executable: true })
        }
        "plain.sh" => Some(RepositoryFile { start: b"#!/bin/sh\nx\n".to_vec(), is_executable: false }),
        "crlf.sh" => Some(RepositoryFile { start: b"#!/bin/sh\r\nx\r\n".to_vec(), is_executable: true }),
        _ => None,
    };
    advise(&config, &file).iter().map(|finding| finding.rule.name()).collect()
}

#[track_caller]
fn check(hook: &str, command: &str, expected: &[&str]) {
    let command = serde_json::Value::from(command);
    assert_eq!(rules(&format!("\"{hook}\": {command}")), expected, "{hook}: {command}");
}

#[test]
fn the_documentation_names_every_rule_with_its_weight() {
    let docs = include_str!("../../../CONFIGURATION.md");
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
    let config = Configuration::read(r#"{"dockerFile": "D", "context": "..", "build": {"dockerfile": "E"}}"#, "f")
        .expect("read");
    let told: Vec<_> = advise(&config, &|_| None).iter().map(|finding| finding.rule.name()).collect();
    assert_eq!(told, ["deprecated", "conflict", "deprecated"]);
}

#[test]
fn a_pull_before_the_login_is_told() {
    for command in [
        "docker pull acme/api:1",
        "npm ci && sudo docker compose -f c.yml up -d",
        "docker-compose pull",
        "docker run --rm x",
    ] {
        check("onCreateCommand", command, &["pull-before-login"]);
        check("updateContentCommand", command, &["pull-before-login"]);
        check("postCreateCommand", command, &[]);
    }
    for command in ["docker build .", "docker compose config", "echo docker pull x", "echo 'a; docker pull x'"] {
        check("onCreateCommand", command, &[]);
    }
    assert_eq!(rules(r#""onCreateCommand": {"a": ["docker", "pull", "x"]}"#), ["pull-before-login"]);
}

#[test]
fn what_waits_for_input_is_told() {
    for command in
        ["apt-get install jq", "sudo apt install jq", "read -p 'name? ' x", "npm init", "docker login acme.io -u me"]
    {
        check("postCreateCommand", command, &["waits-for-input"]);
    }
    for command in [
        "sudo apt-get update && sudo apt-get install -y jq",
        "apt-get -qqy install jq",
        "DEBIAN_FRONTEND=noninteractive apt-get install --yes jq",
        "echo $P | docker login acme.io -u me --password-stdin",
        "echo x | read y",
        "npm init -y",
    ] {
        check("postCreateCommand", command, &[]);
    }
}

#[test]
fn what_never_ends_is_told() {
    for command in
        ["npm ci && npm start", "python3 -m http.server 80", "docker compose up", "tail -f /dev/null", "yarn dev"]
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
    check("postCreateCommand", "./made-later.sh; /usr/bin/x; bash -c './plain.sh'; ../plain.sh", &[]);
}

#[test]
fn secrets_that_cannot_be_there_are_told() {
    let build = |value: &str| format!("\"build\": {{\"dockerfile\": \"d\", \"args\": {{\"A\": \"{value}\"}}}}");
    let only = |properties: &str| rules(properties).into_iter().filter(|rule| *rule == "secret-at-build").count();
    assert_eq!(only(&build("${localEnv:NPM_TOKEN}")), 1);
    assert_eq!(only(&build("${localEnv:HOME}")), 0);
    assert_eq!(only(&format!("{}, \"secrets\": {{\"LICENSE\": {{}}}}", build("${localEnv:LICENSE:none}"))), 1);
    assert_eq!(only(r#""features": {"./f": {"token": "${localEnv:MY_API_KEY}"}}"#), 1);
    assert_eq!(rules(r#""secrets": {"GITHUB_X": {}}"#), ["secret-name"]);
    assert_eq!(rules(r#""customizations": {"codespaces": {"repositories": {"acme/*": {}}}}"#), ["prebuild-access"]);
}
