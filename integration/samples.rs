//! Of several configurations one is chosen. What comes of each is said by the scenarios of `devcontainers/several`.

use crate::support::{Sandbox, commit};

#[test]
fn of_several_configurations_one_is_chosen() {
    let sandbox = Sandbox::new();
    let repository = sandbox.sample("several", &[]);
    commit(&repository);
    let undecided = sandbox.up(&repository, &sandbox.name("none"), &[]).expect(2);
    let both = ".devcontainer/app/devcontainer.json, .devcontainer/docs/devcontainer.json";
    assert!(undecided.stderr.contains(both), "{}", undecided.stderr);
    // Each is a codespace of its own, which is found by its configuration.
    let (app, docs) = (sandbox.name("app"), sandbox.name("docs"));
    let _up = sandbox.up(&repository, &app, &["--config", ".devcontainer/app/devcontainer.json"]).expect(0);
    let _up = sandbox.up(&repository, &docs, &["--config", "./.devcontainer/docs/devcontainer.json"]).expect(0);
    let folder = repository.display().to_string();
    let again = sandbox.run(&["up", &folder, "--config", ".devcontainer/docs/devcontainer.json", "--json"]).expect(0);
    assert_eq!(again.json()["name"], docs);
    let view = sandbox.run(&["view", "-c", &docs]).expect(0).stdout;
    assert!(view.contains("Devcontainer Path   .devcontainer/docs/devcontainer.json"), "{view}");
}
