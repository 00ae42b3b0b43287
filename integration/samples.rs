//! The samples in `devcontainers/` that are about where a configuration is, and where its commands run.

use crate::support::{Sandbox, commit};

#[test]
fn of_several_configurations_one_is_chosen() {
    let sandbox = Sandbox::new();
    let repository = sandbox.sample("several", &[]);
    commit(&repository);
    let undecided = sandbox.up(&repository, &sandbox.name("none"), &[]).expect(2);
    let both = ".devcontainer/app/devcontainer.json, .devcontainer/docs/devcontainer.json";
    assert!(undecided.stderr.contains(both), "{}", undecided.stderr);
    let (app, docs) = (sandbox.name("app"), sandbox.name("docs"));
    let up = sandbox.up(&repository, &app, &["--config", ".devcontainer/app/devcontainer.json"]).expect(0);
    assert_eq!(up.phases(), "-++-+-+--");
    assert!(sandbox.run(&["logs", "-c", &app]).expect(0).stdout.contains("Z: 5\n"));
    let up = sandbox.up(&repository, &docs, &["--config", "./.devcontainer/docs/devcontainer.json"]).expect(0);
    assert_eq!(up.phases(), "-+++---+-");
    assert_eq!(sandbox.inside(&docs, "head -n 1 site/adding.html"), "<h1>Adding</h1>\n");
    // Each is a codespace of its own, which is found by its configuration, and rebuilt from it.
    let folder = repository.display().to_string();
    let again = sandbox.run(&["up", &folder, "--config", ".devcontainer/docs/devcontainer.json", "--json"]).expect(0);
    assert_eq!(again.json()["name"], docs);
    let rebuilt = sandbox.run(&["rebuild", "-c", &docs, "--json"]).expect(0);
    assert_eq!(rebuilt.phases(), "-+++---+-");
    let view = sandbox.run(&["view", "-c", &docs]).expect(0).stdout;
    assert!(view.contains("Devcontainer Path   .devcontainer/docs/devcontainer.json"), "{view}");
}

#[test]
fn a_folder_of_the_repository_is_opened() {
    let sandbox = Sandbox::new();
    let repository = sandbox.sample("monorepo", &[]);
    commit(&repository);
    let name = sandbox.name("api");
    let up = sandbox.up(&repository, &name, &[]).expect(0);
    assert_eq!(up.phases(), "-++++---+");
    assert_eq!(up.json()["remoteWorkspaceFolder"], "/workspaces/monorepo/services/api");
    let inside = "pwd; cat api; ls ..; git rev-parse --show-toplevel";
    let expected = "/workspaces/monorepo/services/api\nhello\napi\nweb\n/workspaces/monorepo\n";
    assert_eq!(sandbox.inside(&name, inside), expected);
    assert!(sandbox.run(&["logs", "-c", &name]).expect(0).stdout.contains("you are in api"));
}
