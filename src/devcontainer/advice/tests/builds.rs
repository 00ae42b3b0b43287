//! What images are built from: Dockerfiles and Compose files.

use super::*;

const COMPOSE: &str = "services:\n  app:\n    container_name: x\n    profiles: [dev]\n  db:\n    image: postgres\n";

#[test]
fn what_a_compose_file_says_is_told_at_its_place() {
    let with = |config: &str, text: &'static str| {
        told(config, &Repository { beside: vec![("c.yml", text)], ..Repository::default() })
    };
    let app = r#"{"dockerComposeFile": "c.yml", "service": "app", "workspaceFolder": "/w"}"#;
    assert_eq!(with(app, COMPOSE), ["c.yml:3:5 container-name", "c.yml:4:5 compose-profile"]);
    let run = r#"{"dockerComposeFile": "c.yml", "service": "app", "runServices": ["db"]}"#;
    assert_eq!(with(run, COMPOSE), ["c.yml:3:5 container-name"]);
    let web = r#"{"dockerComposeFile": "c.yml", "service": "web", "workspaceFolder": "/w"}"#;
    assert_eq!(with(web, "services: {app: {image: x}, db: {}}"), ["f:1:43 missing"]);
    for text in ["include: [x.yml]\nservices: {app: {}}", "services: {<<: *all}", "a: b: c", ""] {
        assert_eq!(with(web, text), [""; 0], "{text}");
    }
}

#[test]
fn what_a_dockerfile_says_is_told_at_its_place() {
    let with = |properties: &str, text: &'static str| {
        let config = format!(r#"{{"build": {{"dockerfile": "D"{properties}}}}}"#);
        told(&config, &Repository { beside: vec![("D", text)], ..Repository::default() })
    };
    for (text, expected) in [
        ("FROM x\nARG V=1 NPM_TOKEN\n", &["D:2:9 secret-at-build"][..]),
        ("FROM x\nARG NPM_TOKEN=\"\"\n", &["D:2:5 secret-at-build"]),
        ("FROM x\nARG NPM_TOKEN=none\nARG V\n", &[]),
        ("FROM x\nRUN --mount=type=secret,id=npm cat /run/secrets/npm\n", &["D:2:5 secret-at-build"]),
        ("FROM x\nRUN apt-get update \\\n && apt-get install jq\n", &["D:3:5 waits-for-input"]),
        ("FROM x\nRUN apt-get update && apt-get install -y jq\n", &[]),
        ("FROM x\nRUN echo 'APT::Get::Assume-Yes \"true\";' >/etc/apt/apt.conf.d/x\nRUN apt-get install jq\n", &[]),
        ("FROM x\nRUN yes | apt-get install jq\n# RUN apt-get install jq\n", &[]),
        ("FROM x\nRUN <<EOF\napt-get install jq\nEOF\n", &[]),
        ("FROM x\nRUN --mount=type=cache,target=/x apt-get install jq\n", &["D:2:34 waits-for-input"]),
        ("FROM x\nRUN dpkg-reconfigure tzdata\n", &["D:2:5 waits-for-input"]),
        ("FROM x\nENV DEBIAN_FRONTEND=noninteractive\nRUN dpkg-reconfigure tzdata\n", &[]),
        ("FROM x\nENV NPM_TOKEN=${NPM_TOKEN}\n", &["D:2:5 secret-at-build"]),
        ("FROM x\nARG NPM_TOKEN\nENV NPM_TOKEN=$NPM_TOKEN\n", &["D:2:5 secret-at-build"]),
        ("FROM x\nARG NPM_TOKEN=x\nENV NPM_TOKEN=$NPM_TOKEN B=$HOME\n", &[]),
        ("FROM x\nRUN [\"apt-get\", \"install\", \"jq\"]\n", &[]),
    ] {
        assert_eq!(with("", text), expected, "{text}");
    }
    assert_eq!(with(r#", "args": {"NPM_TOKEN": "x"}"#, "FROM x\nARG NPM_TOKEN\n"), [""; 0]);
    let secret = "FROM x\nRUN --mount=type=secret,id=npm true\n";
    assert_eq!(with(r#", "options": ["--secret=id=npm,src=x"]"#, secret), [""; 0]);
}

/// A service's Dockerfile, its arguments and its user, as those of a configuration.
#[test]
fn what_a_service_is_built_from_is_looked_at() {
    let config =
        r#"{"dockerComposeFile": "sub/c.yml", "service": "app", "workspaceFolder": "/w", "remoteUser": "node"}"#;
    let with = |compose: &'static str, dockerfile: &'static str| {
        let image = Some(ImageFacts { users: vec!["root".to_owned()], has_ssh_server: true, has_yarn_list: false });
        let beside = vec![("sub/c.yml", compose), ("sub/./d/Dockerfile", dockerfile), ("sub/./D", dockerfile)];
        let known = Known { image, owner: None };
        told(config, &Repository { beside, known, ..Repository::default() })
    };
    let user = "f:1:93 user-not-in-image";
    for (compose, dockerfile, expected) in [
        ("services: {app: {image: x}}", "", &[user][..]),
        ("services: {app: {image: x, user: me}}", "", &[user, "sub/c.yml:1:34 user-not-in-image"]),
        (
            "services: {app: {build: ./d}}",
            "FROM x\nRUN apt-get install jq\n",
            &[user, "sub/./d/Dockerfile:2:5 waits-for-input"],
        ),
        (
            "services: {app: {build: ./d}, db: {build: ./d}}",
            "FROM x\nARG NPM_TOKEN\n",
            &[user, "sub/./d/Dockerfile:2:5 secret-at-build"],
        ),
        ("services: {app: {build: {dockerfile: D, args: {NPM_TOKEN: x}}}}", "FROM x\nARG NPM_TOKEN\n", &[]),
        (
            "services:\n  app:\n    build:\n      dockerfile: D\n      args:\n        A: ${NPM_TOKEN:-}\n        NPM_TOKEN:\n",
            "FROM x\n",
            &["sub/c.yml:6:12 secret-at-build", "sub/c.yml:7:9 secret-at-build"],
        ),
        (
            "services:\n  app:\n    build:\n      dockerfile: D\n      args:\n        - B=${HOME}\n        - NPM_TOKEN\n",
            "FROM x\n",
            &["sub/c.yml:7:11 secret-at-build"],
        ),
        ("services: {app: {extends: {service: x}, image: x}}", "", &[]),
        ("services: {app: {image: \"${I}\"}}", "", &[]),
        ("include: [x]\nservices: {app: {image: x}}", "", &[]),
    ] {
        assert_eq!(with(compose, dockerfile), expected, "{compose}");
    }
}
