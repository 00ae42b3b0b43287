//! The services of a Compose project in a hub: what their Dockerfiles name is the hub's, by the hub's rules.

use super::Hub;
use crate::support::{Image, Ran, Sandbox, commit, docker, left_of};

const COMPOSE: &str = "services:
  app:
    build: {context: ., args: {BASE: ghcr.io/acme/base}}
    command: sleep infinity
    init: true
  other:
    build: {context: ., dockerfile_inline: \"FROM ghcr.io/acme/base:1\\nCOPY --from=ghcr.io/acme/tools /marker /marker\\n\"}
    command: sleep infinity
    init: true
";
const DOCKERFILE: &str = "ARG BASE=ghcr.io/acme/nothing
FROM ${BASE}:1 AS base
FROM base
COPY --from=ghcr.io/acme/tools /marker /marker
";

#[test]
fn every_image_that_a_service_is_built_from_is_the_hubs() {
    let mut sandbox = Sandbox::new();
    sandbox.set_env("GITHUB_USER", "mona");
    let name = sandbox.name("app");
    let tools = Image::build(&format!("FROM busybox:1\nRUN echo {name} >/marker\n"), &[]);
    let text = format!(
        "
users: {{mona: {{}}}}
organizations: {{acme: {{members: [mona]}}}}
repositories: {{acme/app: {{visibility: private}}, acme/web: {{visibility: private}}}}
packages:
  ghcr.io/acme/base: {{repository: acme/app, image: 'busybox:1'}}
  ghcr.io/acme/tools: {{visibility: internal, image: '{}'}}
",
        tools.0
    );
    let hub = Hub::up(&sandbox, &text);
    let folder = sandbox.path("r");
    std::fs::create_dir_all(folder.join(".devcontainer")).expect("made");
    let config = r#"{"dockerComposeFile": "docker-compose.yml", "service": "app"}"#;
    for (file, text) in [("devcontainer.json", config), ("docker-compose.yml", COMPOSE), ("Dockerfile", DOCKERFILE)] {
        std::fs::write(folder.join(".devcontainer").join(file), text).expect("written");
    }
    commit(&folder);
    let up =
        |name: &str, repository: &str| sandbox.up(&folder, name, &["--hub", &hub.file, "--repository", repository]);
    let is_clean =
        |ran: &Ran| assert!(!(ran.stderr.contains("localhost:") || ran.stdout.contains("localhost:")), "{ran:?}");
    let made = up(&name, "acme/app").expect(0);
    is_clean(&made);
    let check = || {
        let other = docker(&["ps", "-q", "--filter", &format!("name={name}-other")]).expect(0).stdout;
        sandbox.inside(&name, "cat /marker") + &docker(&["exec", other.trim(), "cat", "/marker"]).expect(0).stdout
    };
    assert_eq!(check(), format!("{name}\n{name}\n"));
    let logs = sandbox.run(&["logs", "-c", &name]).expect(0);
    is_clean(&logs);
    let rebuilt = sandbox.run(&["rebuild", "--full", "-c", &name]).expect(0);
    is_clean(&rebuilt);
    assert_eq!(check(), format!("{name}\n{name}\n"));
    let names = docker(&["images", "--format", "{{.Repository}}"]).expect(0).stdout;
    assert!(!names.contains("ghcr.io/acme/tools") && !names.contains(&format!("localhost:{}", hub.port())), "{names}");
    // Who may not have one is told the rule.
    let web = sandbox.name("web");
    let refused = up(&web, "acme/web").expect(4);
    is_clean(&refused);
    let said = ["the registry refused the image ghcr.io/acme/base:1", "not-in-codespaces-access-list"];
    assert!(said.iter().all(|text| refused.stderr.contains(text)), "{}", refused.stderr);
    assert_eq!(left_of(&web), "");
}
