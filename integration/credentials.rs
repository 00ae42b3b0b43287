//! Registry logins against a registry that we did not write, and secrets that must not show.

use crate::support::{PASSWORD, Registry, Sandbox, commit, docker, triple};

#[test]
fn a_nested_engine_is_refused_before_the_login_and_pulls_after_it() {
    let (registry, sandbox) = (Registry::start(), Sandbox::new());
    let repository = registry.sample(&sandbox, "docker-in-docker");
    let name = sandbox.name("dind");
    let secrets = sandbox.file("s.env", &triple("ACME", "registry.acme.test", PASSWORD));
    let up = sandbox.up(&repository, &name, &["--secrets-file", &secrets]).expect(0);
    assert_eq!(up.phases(), "-+++++++-");
    let logs = sandbox.run(&["logs", "-c", &name]).expect(0).stdout;
    assert!(logs.contains("refused, as it must be before the login"), "{logs}");
    assert!(logs.contains("acme api 1: up"), "{logs}");

    // With a wrong password the same pull is refused, and it is said why.
    let wrong = sandbox.file("wrong.env", &triple("ACME", "registry.acme.test", "not-the-password"));
    let other = sandbox.name("wrong");
    let up = sandbox.up(&repository, &other, &["--secrets-file", &wrong, "--no-attach"]).expect(1);
    assert_eq!(up.json()["diagnoses"][0]["rule"], "login-refused", "{}", up.stderr);
}

#[test]
fn a_pull_before_the_login_is_diagnosed() {
    let (registry, sandbox) = (Registry::start(), Sandbox::new());
    let repository = registry.sample(&sandbox, "too-early");
    let secrets = sandbox.file("s.env", &triple("ACME", "registry.acme.test", PASSWORD));
    let name = sandbox.name("early");
    let up = sandbox.up(&repository, &name, &["--secrets-file", &secrets]).expect(1);
    let diagnosis = &up.json()["diagnoses"][0];
    assert_eq!(diagnosis["rule"], "pull-before-registry-login");
    assert_eq!(diagnosis["phase"], "onCreateCommand");
    assert!(diagnosis["advice"].as_str().expect("advice").contains("postCreateCommand"), "{diagnosis}");
}

#[test]
fn a_private_base_image_is_pulled_with_the_codespaces_secrets() {
    let (registry, mut sandbox) = (Registry::start(), Sandbox::new());
    let server = format!("localhost:{}", registry.port);
    sandbox.set_env("ACME_REGISTRY", &server);
    let repository = sandbox.sample("private-base", &[]);
    commit(&repository);
    let name = sandbox.name("private");
    let refused = sandbox.up(&repository, &name, &[]).expect(4);
    assert_eq!(refused.json()["diagnoses"][0]["rule"], "no-login-for-server", "{}", refused.stderr);
    let secrets = sandbox.file("s.env", &triple("ACME", &server, PASSWORD));
    let up = sandbox.up(&repository, &name, &["--secrets-file", &secrets]).expect(0);
    let logs = sandbox.run(&["logs", "-c", &name]).expect(0).stdout;
    assert!(logs.contains("made by acme"), "{logs}\n{}", up.stderr);
    let _done = sandbox.run(&["delete", "-c", &name]).expect(0);
    // Another test's registry may have the very same image, and take it away with its own.
    let _gone = docker(&["rmi", &format!("{server}/acme/base:1")]);
}

#[test]
fn a_configuration_that_cannot_be_merged_into_is_left_alone() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository(
        "r",
        r#"{"image": "busybox:1", "onCreateCommand": "mkdir ~/.docker; echo broken > ~/.docker/config.json"}"#,
    );
    let secrets = sandbox.file("s.env", &triple("A", "a.example", "hunter2-hunter2"));
    let name = sandbox.name("broken");
    let up = sandbox.up(&repository, &name, &["--secrets-file", &secrets]).expect(4);
    assert!(up.stderr.contains("it is left as it is"), "{}", up.stderr);
    assert_eq!(sandbox.inside(&name, "cat ~/.docker/config.json"), "broken\n");
}
