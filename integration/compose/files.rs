//! What is read of a project, and what is not.

use crate::support::Sandbox;

#[test]
fn the_metadata_of_a_services_image_is_merged() {
    let sandbox = Sandbox::new();
    let check = |name: &str, compose: &str, expected: &str| {
        let repository = sandbox.repository(name, r#"{"dockerComposeFile": "c.yml", "service": "app"}"#);
        std::fs::write(repository.join(".devcontainer/c.yml"), compose).expect("written");
        std::fs::write(repository.join(".env"), "USER_IMAGE=x").expect("written");
        let base = "ARG BASE\nFROM scratch AS one\nFROM $BASE AS two\n";
        std::fs::write(repository.join(".devcontainer/Dockerfile"), base).expect("written");
        let path = repository.display().to_string();
        let json = sandbox.run(&["config", &path, "--merged", "--json"]).expect(0).json();
        assert_eq!(json["mergedConfiguration"]["remoteUser"], expected, "{compose}");
    };
    let image = "mcr.microsoft.com/devcontainers/base:trixie";
    check("image", &format!("services: {{app: {{image: \"${{IMAGE:-{image}}}\"}}}}"), "vscode");
    check("profile", &format!("services: {{app: {{image: {image}, profiles: [dev]}}}}"), "vscode");
    let build = format!("{{context: ., target: two, args: {{BASE: {image}}}}}");
    check("build", &format!("services: {{app: {{image: own/name, build: {build}}}}}"), "vscode");
    let inline = format!("{{dockerfile_inline: \"FROM {image}\"}}");
    check("inline", &format!("services: {{app: {{build: {inline}}}}}"), "vscode");
}

#[test]
fn nothing_of_this_machine_gets_into_a_project() {
    let mut sandbox = Sandbox::new();
    sandbox.set_env("TOKEN", "hunter2-hunter2");
    sandbox.set_env("COMPOSE_FILE", "/etc/passwd");
    sandbox.set_env("COMPOSE_PROJECT_NAME", "No Name");
    let repository = sandbox.repository("r", r#"{"dockerComposeFile": [], "service": "app"}"#);
    std::fs::write(repository.join("docker-compose.yml"), "services: {app: {image: \"busybox:1${TOKEN}${HOME:+x}\"}}")
        .expect("written");
    let path = repository.display().to_string();
    let ran = sandbox.run(&["config", &path, "--merged", "--json"]).expect(0);
    assert!(ran.stderr.contains("The \"TOKEN\" variable is not set"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
}

#[test]
fn a_project_that_cannot_be_is_told_with_its_place() {
    let sandbox = Sandbox::new();
    let check = |config: &str, compose: &str, expected: &str| {
        let name = format!("r{}", expected.len());
        let repository = sandbox.repository(&name, config);
        std::fs::write(repository.join(".devcontainer/c.yml"), compose).expect("written");
        let ran = sandbox.run(&["config", &repository.display().to_string(), "--merged", "--json"]).expect(2);
        assert!(ran.stderr.contains(expected), "{compose}: {}", ran.stderr);
    };
    let config = r#"{"dockerComposeFile": "c.yml", "service": "app"}"#;
    let here = ".devcontainer/devcontainer.json:1";
    check(
        config,
        "services: {ap: {image: x}}",
        &format!("{here}:43: the Compose project has no service `app`: did you mean `ap`?"),
    );
    check(config, "services: {app: {image: x, imge: y}}", "Additional property imge is not allowed");
    check(config, "services: {app: {image: x, env_file: ../../x}}", ".devcontainer/c.yml:1:38: ../../x leads out");
    check(
        r#"{"dockerComposeFile": "d.yml", "service": "app"}"#,
        "",
        &format!("{here}:23: there is no Compose file d.yml"),
    );
    check(r#"{"dockerComposeFile": "c.yml"}"#, "services: {app: {image: x}}", "`dockerComposeFile` needs a `service`");
}

#[test]
fn a_machine_without_compose_is_told_what_to_install() {
    let mut sandbox = Sandbox::new();
    let repository = sandbox.repository("r", r#"{"dockerComposeFile": "c.yml", "service": "app"}"#);
    std::fs::write(repository.join(".devcontainer/c.yml"), "services: {app: {image: x}}").expect("written");
    let programs = sandbox.path("bin");
    std::fs::create_dir(&programs).expect("made");
    std::os::unix::fs::symlink("/usr/bin/git", programs.join("git")).expect("linked");
    sandbox.set_env("PATH", &programs.display().to_string());
    let ran = sandbox.run(&["config", &repository.display().to_string(), "--merged", "--json"]).expect(3);
    let doctor = sandbox.run(&["doctor", "--json"]).expect(0).json();
    let compose = &doctor["checks"][3];
    assert_eq!((&compose["check"], &compose["ok"]), (&"docker compose".into(), &false.into()), "{doctor}");
    assert!(
        ran.stderr.contains("there is no `docker` command") && ran.stderr.contains("hint: install"),
        "{}",
        ran.stderr
    );
}
