//! A person's dotfiles: after `postCreateCommand`, in a new codespace.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::{Sandbox, commit, run};

/// Makes a repository that carries its user's dotfiles as a bundle, which git in the container can clone.
fn repository(sandbox: &Sandbox, config: &serde_json::Value, files: &[(&str, &str)]) -> PathBuf {
    let folder = sandbox.repository("app", &config.to_string());
    let dotfiles = sandbox.path("dotfiles");
    std::fs::create_dir_all(&dotfiles).expect("made");
    for (name, text) in files {
        std::fs::write(dotfiles.join(name), text).expect("written");
    }
    commit(&dotfiles);
    let path = |path: &Path| path.display().to_string();
    run(
        "git",
        &["-C", &path(&dotfiles), "bundle", "create", "-q", &path(&folder.join("dotfiles.bundle")), "main", "HEAD"],
    );
    commit(&folder);
    folder
}

const BUNDLE: &str = "/workspaces/app/dotfiles.bundle";

#[test]
fn they_are_installed_once_after_post_create_command_with_the_secrets() {
    let sandbox = Sandbox::new();
    let config = json!({
        "image": "mcr.microsoft.com/devcontainers/base:trixie", "remoteUser": "vscode",
        "postCreateCommand": "echo postCreate >>~/order", "postStartCommand": "echo postStart >>~/order",
    });
    let install = "#!/bin/sh\necho \"dotfiles $TOKEN\" | tr a-z A-Z >>~/order; echo \"with $TOKEN\"; pwd\n";
    let repository = repository(&sandbox, &config, &[("install.sh", install)]);
    let secrets = sandbox.file("s.env", "TOKEN=hunter2-hunter2\n");
    let name = sandbox.name("dots");
    let up = sandbox.up(&repository, &name, &["--dotfiles-repository", BUNDLE, "--secrets-file", &secrets]).expect(0);
    assert_eq!(up.phases(), "-++---++-");
    let order = "postCreate\nDOTFILES HUNTER2-HUNTER2\npostStart\n";
    assert_eq!(
        sandbox.run(&["exec", "-c", &name, "--", "sh", "-c", "tr A-Z a-z <~/order | cut -c1-10"]).expect(0).stdout,
        order.to_lowercase().lines().map(|line| format!("{}\n", &line[..line.len().min(10)])).collect::<String>()
    );
    let logs = sandbox.run(&["logs", "-c", &name]).expect(0).stdout;
    assert!(logs.contains(&format!("[dotfiles] $ git clone --depth 1 {BUNDLE}")), "{logs}");
    assert!(
        logs.contains("[dotfiles] with ***")
            && logs.contains("[dotfiles] /workspaces/.codespaces/.persistedshare/dotfiles"),
        "{logs}"
    );
    // Not in a codespace that is there.
    let again = sandbox.up(&repository, &name, &["--dotfiles-repository", BUNDLE]).expect(0);
    assert!(again.stderr.contains("--dotfiles-repository changes nothing"), "{}", again.stderr);
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let _started = sandbox.run(&["start", "-c", &name]).expect(0);
    assert_eq!(sandbox.inside(&name, "grep -c DOTFILES ~/order"), "1\n");
}

#[test]
fn what_goes_wrong_with_them_is_a_warning_and_the_codespace_can_be_used() {
    let sandbox = Sandbox::new();
    let config = json!({"image": "mcr.microsoft.com/devcontainers/base:trixie", "postStartCommand": "true"});
    let repository = repository(&sandbox, &config, &[("setup", "#!/bin/sh\nexit 5\n")]);
    for (at, more, said) in [
        ("fails", &["--dotfiles-repository", BUNDLE][..], "their script ended with exit code 5"),
        ("nowhere", &["--dotfiles-repository", "/no/such"], "they could not be cloned"),
        (
            "own",
            &[
                "--dotfiles-repository",
                BUNDLE,
                "--dotfiles-target-path",
                "~/dots",
                "--dotfiles-install-command",
                "exit 6",
            ],
            "their script ended with exit code 6",
        ),
    ] {
        let name = sandbox.name(at);
        let up = sandbox.up(&repository, &name, more).expect(0);
        assert!(up.stderr.contains(&format!("warning: the dotfiles are not installed: {said}")), "{}", up.stderr);
        // Without a postCreateCommand they are the whole phase.
        assert_eq!(up.phases(), "-++---++-", "{at}");
        let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    }
    let bare = sandbox.repository("bare", r#"{"image": "busybox:1"}"#);
    let up = sandbox.up(&bare, &sandbox.name("bare"), &["--dotfiles-repository", "mona/dotfiles"]).expect(0);
    assert!(up.stderr.contains("there is no git in the container"), "{}", up.stderr);
    let refused =
        sandbox.up(&bare, &sandbox.name("login"), &["--dotfiles-repository", "https://hunter2@git.example/x"]);
    assert!(!refused.expect(2).stderr.contains("hunter2"));
    let prebuild =
        sandbox.up(&bare, &sandbox.name("pre"), &["--dotfiles-repository", "mona/dotfiles", "--as-prebuild"]);
    assert_eq!(prebuild.expect(0).phases(), "-++------");
}
