//! What a command sees in its environment: `userEnvProbe`, `remoteEnv`, `containerEnv`.

use serde_json::json;

use crate::support::{Image, Sandbox};

/// As Debian's own: a login shell reads `.bashrc` too, which does nothing where the shell is not interactive.
const PROFILE: &str =
    "echo 'welcome, A=1'; echo welcome >&2; printf 'B=2\\0'\nexport FROM_PROFILE=p LINES='1\n2'\n. ~/.bashrc\n";
const BASHRC: &str = "case $- in *i*) ;; *) return ;; esac\nexport FROM_BASHRC=b\n";

/// Debian with a user whose shell reads these files.
fn image(profile: &str) -> Image {
    let dockerfile =
        "FROM mcr.microsoft.com/devcontainers/base:trixie\nCOPY --chown=vscode .profile .bashrc /home/vscode/\n";
    Image::build(dockerfile, &[(".profile", profile), (".bashrc", BASHRC)])
}

#[test]
fn a_hook_and_exec_see_what_the_probed_shell_exports() {
    let (image, sandbox) = (image(PROFILE), Sandbox::new());
    let show = r#"echo "<$FROM_PROFILE|$FROM_BASHRC|$A|$B|$LINES>""#;
    for (probe, expected) in [
        ("none", "<||||>\n"),
        ("loginShell", "<p||||1\n2>\n"),
        ("interactiveShell", "<|b|||>\n"),
        ("loginInteractiveShell", "<p|b|||1\n2>\n"),
    ] {
        let config = json!({"image": image.0, "userEnvProbe": probe, "onCreateCommand": format!("{show} >~/seen")});
        let repository = sandbox.repository(probe, &config.to_string());
        let name = sandbox.name(&probe.to_lowercase());
        let _done = sandbox.up(&repository, &name, &[]).expect(0);
        assert_eq!(sandbox.inside(&name, "cat ~/seen"), expected, "a hook, {probe}");
        assert_eq!(sandbox.inside(&name, show), expected, "exec, {probe}");
    }
}

#[test]
fn remote_env_counts_more_than_the_shell_and_container_env_is_every_processs() {
    let (image, sandbox) = (image(PROFILE), Sandbox::new());
    let show = "echo \"<${FROM_PROFILE-unset}|$FROM_BASHRC|$OWN|$NONE|$PATH|$GREETING>\"";
    let config = json!({
        "image": image.0,
        "containerEnv": {"GREETING": "hello", "OWN": "container"},
        "remoteEnv": {
            "FROM_PROFILE": null, "FROM_BASHRC": "remote", "OWN": "${containerEnv:GREETING}, ${containerEnv:OWN}",
            "NONE": "${containerEnv:NONE:a:default}", "PATH": "${containerEnv:PATH}:/own"
        },
        "onCreateCommand": format!("{show} >~/seen")
    });
    let repository = sandbox.repository("r", &config.to_string());
    let name = sandbox.name("env");
    let up = sandbox.up(&repository, &name, &[]).expect(0);
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/own";
    let expected = format!("<unset|remote|hello, container|a:default|{path}|hello>\n");
    assert_eq!(sandbox.inside(&name, "cat ~/seen"), expected);
    assert_eq!(sandbox.inside(&name, show), expected);
    let container = up.json()["containerId"].as_str().expect("an id").to_owned();
    let bare = crate::support::docker(&["exec", &container, "sh", "-c", "echo $GREETING $OWN $FROM_BASHRC"]).expect(0);
    assert_eq!(bare.stdout, "hello container\n");
}

#[test]
fn a_profile_that_hangs_is_done_without_and_is_ended() {
    let (image, sandbox) = (image("export FROM_PROFILE=p\nsleep 300\n"), Sandbox::new());
    let config = json!({"image": image.0, "onCreateCommand": "echo \"<$FROM_PROFILE>\" >~/seen"});
    let repository = sandbox.repository("r", &config.to_string());
    let name = sandbox.name("hangs");
    let began = std::time::Instant::now();
    let up = sandbox.up(&repository, &name, &[]).expect(0);
    assert!((10..50).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert!(up.stderr.contains("/bin/bash, the user's shell, did not answer within 10 s"), "{}", up.stderr);
    assert_eq!(sandbox.inside(&name, "cat ~/seen"), "<>\n");
    assert_eq!(sandbox.inside(&name, "ps ax | grep -c '[s]leep 300' || true"), "0\n");
}
