//! What a rebuild takes from the configuration that lies in `/workspaces`.

use super::*;

#[test]
fn what_changed_in_the_configuration_is_told_at_an_attach_too() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &hooks().to_string());
    let name = sandbox.name("changed");
    let _up = sandbox.up(&repository, &name, &[]).expect(0);
    let told = format!(
        "containerEnv changed in .devcontainer/devcontainer.json since the container was made: it takes effect at `localspace rebuild -c {name}`"
    );
    let mut config = hooks();
    config["containerEnv"] = json!({"NEW": "yes"});
    sandbox.write_config(&name, &config.to_string());
    let attach = sandbox.up(&repository, &name, &[]).expect(0);
    assert!(attach.stderr.contains(&told), "{}", attach.stderr);
    let _rebuilt = sandbox.rebuild(&name, &[]).expect(0);
    let attach = sandbox.up(&repository, &name, &[]).expect(0);
    assert!(!attach.stderr.contains("takes effect"), "{}", attach.stderr);
}

#[test]
fn an_image_is_built_anew_and_from_the_working_tree() {
    let sandbox = Sandbox::new();
    let config = json!({"build": {"dockerfile": "Dockerfile", "context": ".."}, "onCreateCommand": "cat /told"});
    let repository = sandbox.repository("built", &config.to_string());
    std::fs::write(repository.join(".devcontainer/Dockerfile"), "FROM busybox:1\nCOPY word /told\n").expect("written");
    std::fs::write(repository.join("word"), "committed\n").expect("written");
    crate::support::commit(&repository);
    let name = sandbox.name("built");
    let _up = sandbox.up(&repository, &name, &[]).expect(0);
    assert_eq!(sandbox.inside(&name, "cat /told"), "committed\n");
    let _changed = sandbox.inside(&name, "echo changed >word; echo RUN touch /new >>.devcontainer/Dockerfile");
    let rebuilt = sandbox.rebuild(&name, &["--full"]);
    if rebuilt.code == 0 {
        assert_eq!(sandbox.inside(&name, "cat /told; ls /new"), "changed\n/new\n");
    } else {
        // BuildKit asks the base image's registry, which may be out of reach.
        assert_eq!(rebuilt.phases(), "-x-------");
        assert_eq!(sandbox.inside(&name, "cat /told"), "committed\n");
    }
    // The working tree itself, and a folder in it, can be built from too.
    let inside = repository.join("part");
    std::fs::create_dir_all(inside.join(".devcontainer")).expect("made");
    std::fs::write(inside.join(".devcontainer/Dockerfile"), "FROM busybox:1\nCOPY word /told\n").expect("written");
    std::fs::write(inside.join("word"), "inside\n").expect("written");
    let config = json!({"build": {"dockerfile": "Dockerfile", "context": "${containerWorkspaceFolder}"}});
    std::fs::write(inside.join(".devcontainer/devcontainer.json"), config.to_string()).expect("written");
    for (what, folder, told) in [("bound", &repository, "committed\n"), ("part", &inside, "inside\n")] {
        let name = sandbox.name(what);
        let _up = sandbox.up(folder, &name, &["--bind"]).expect(0);
        assert_eq!(sandbox.inside(&name, "cat /told"), told);
    }
}
