//! A Dockerfile of a codespace in a hub: whatever image it names is the hub's, by the hub's rules, and what is said has the Dockerfile's own names.

use super::Hub;
use crate::support::{Image, Ran, Sandbox, docker, left_of};

/// The hub's file; the image of `tools` is a test's own.
fn hub(tools: &str) -> String {
    format!(
        "
users: {{mona: {{}}}}
organizations: {{acme: {{members: [mona]}}}}
repositories: {{acme/app: {{visibility: private}}, acme/web: {{visibility: private}}}}
packages:
  ghcr.io/acme/base: {{repository: acme/app, image: 'busybox:1'}}
  ghcr.io/acme/tools: {{visibility: internal, image: '{tools}'}}
  ghcr.io/acme/ledger: {{visibility: private, image: 'busybox:1'}}
registries: {{r.acme.test: {{accounts: [{{user: robot, password: r-password}}]}}}}
"
    )
}

const DOCKERFILE: &str = "ARG BASE=ghcr.io/acme/nothing
ARG TAG=1
FROM ${BASE}:${TAG} AS base
RUN echo built >/built
FROM ghcr.io/acme/ledger:1 AS unwanted
FROM --platform=$BUILDPLATFORM base
COPY --from=ghcr.io/acme/tools \\
    /marker /marker
RUN --mount=type=bind,from=ghcr.io/acme/tools,target=/tools cp /tools/marker /mounted
COPY --from=0 /built /copied
";
const CONFIG: &str = r#"{"build": {"dockerfile": "Dockerfile", "args": {"BASE": "ghcr.io/acme/base"}}}"#;

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.set_env("GITHUB_USER", "mona");
    sandbox
}

struct Codespaces<'a> {
    sandbox: &'a Sandbox,
    hub: Hub<'a>,
}

impl Codespaces<'_> {
    fn run(&self, verb: &[&str], dockerfile: &str, repository: &str) -> Ran {
        let folder = self.sandbox.path("r");
        if !folder.exists() {
            let _made = self.sandbox.repository("r", CONFIG);
        }
        std::fs::write(folder.join(".devcontainer/Dockerfile"), dockerfile).expect("written");
        let folder = folder.display().to_string();
        let of = ["--hub", &self.hub.file, "--repository", repository, "--working-tree"];
        self.sandbox.run(&[&verb[..1], &[&folder], &verb[1..], &of].concat())
    }

    fn up(&self, name: &str, dockerfile: &str, repository: &str) -> Ran {
        self.run(&["up", "--name", name, "--json"], dockerfile, repository)
    }

    /// Nothing is called by a name of the loopback any more, and nothing said so.
    #[track_caller]
    fn is_clean(&self, ran: &Ran) {
        let local = format!("localhost:{}", self.hub.port());
        assert!(
            !ran.stderr.contains("localhost:") && !ran.stdout.contains("localhost:"),
            "{}{}",
            ran.stdout,
            ran.stderr
        );
        let names = docker(&["images", "--format", "{{.Repository}}", "--digests"]).expect(0).stdout;
        assert!(!names.contains(&local), "{names}");
    }
}

#[test]
fn every_image_that_it_names_is_the_hubs() {
    let sandbox = sandbox();
    let name = sandbox.name("app");
    let tools = Image::build(&format!("FROM busybox:1\nRUN echo {name} >/marker\n"), &[]);
    let all = Codespaces { sandbox: &sandbox, hub: Hub::up(&sandbox, &hub(&tools.0)) };
    let up = all.up(&name, DOCKERFILE, "acme/app").expect(0);
    all.is_clean(&up);
    let check = || sandbox.inside(&name, "cat /marker /mounted /built /copied");
    assert_eq!(check(), format!("{name}\n{name}\nbuilt\nbuilt\n"));
    let logs = sandbox.run(&["logs", "-c", &name]).expect(0);
    assert!(logs.stdout.contains("ghcr.io/acme/base:1"), "{}", logs.stdout);
    all.is_clean(&logs);
    // The engine's own images of these names are nobody's business.
    let names = docker(&["images", "--format", "{{.Repository}}"]).expect(0).stdout;
    assert!(!names.contains("ghcr.io/acme/tools"), "{names}");
    // A full rebuild asks for every image again: the hub.
    let rebuilt = sandbox.run(&["rebuild", "--full", "-c", &name]).expect(0);
    all.is_clean(&rebuilt);
    assert_eq!(check(), format!("{name}\n{name}\nbuilt\nbuilt\n"));
    // An image alone, by whoever may have it and by whoever may not.
    let image = format!("localspace-test/{name}:1");
    let built = all.run(&["build", "--image-name", &image], DOCKERFILE, "acme/app").expect(0);
    all.is_clean(&built);
    let _gone = docker(&["rmi", &image]).expect(0);
    let refused = all.run(&["build", "--image-name", &image], DOCKERFILE, "acme/web").expect(4);
    all.is_clean(&refused);
}

#[test]
fn one_that_a_codespace_may_not_have_is_refused_at_its_line_with_the_rule() {
    let sandbox = sandbox();
    let all = Codespaces { sandbox: &sandbox, hub: Hub::up(&sandbox, &hub("busybox:1")) };
    let at = ".devcontainer/Dockerfile";
    for (number, (dockerfile, repository, code, said)) in [
        (
            DOCKERFILE,
            "acme/web",
            4,
            [
                format!("{at}:3: the registry refused the image ghcr.io/acme/base:1"),
                "3 | FROM ${BASE}:${TAG} AS base".to_owned(),
                "not-in-codespaces-access-list".to_owned(),
                "add acme/web under \"Manage Codespaces access\"".to_owned(),
            ],
        ),
        (
            "FROM busybox:1\nCOPY --from=ghcr.io/acme/ledger:1 /bin/sh /x\n",
            "acme/app",
            4,
            [
                format!("{at}:2: the registry refused the image ghcr.io/acme/ledger:1"),
                "denied".to_owned(),
                "2 | COPY --from=ghcr.io/acme/ledger:1".to_owned(),
                "codespaces_access: [acme/app]".to_owned(),
            ],
        ),
        (
            "FROM busybox:1\nRUN --mount=from=ghcr.io/acme/nothing,target=/x true\n",
            "acme/app",
            4,
            [
                format!("{at}:2: the registry refused the image ghcr.io/acme/nothing"),
                "denied".to_owned(),
                "unknown-package".to_owned(),
                String::new(),
            ],
        ),
        (
            "FROM busybox:1\nCOPY --from=r.acme.test/tools:1 / /x\n",
            "acme/app",
            4,
            [
                format!("{at}:2: the registry refused the image r.acme.test/tools:1"),
                "https://r.acme.test/v2/tools/manifests/1\": unauthorized".to_owned(),
                String::new(),
                String::new(),
            ],
        ),
        (
            "# syntax=ghcr.io/acme/ledger:1\nFROM busybox:1\n",
            "acme/app",
            4,
            [
                format!("{at}:1: the registry refused the image ghcr.io/acme/ledger:1"),
                "# syntax=ghcr.io/acme/ledger:1".to_owned(),
                String::new(),
                String::new(),
            ],
        ),
        (
            "FROM ghcr.io/acme/base:2\n",
            "acme/app",
            2,
            [format!("{at}:1: there is no image ghcr.io/acme/base:2"), String::new(), String::new(), String::new()],
        ),
        // The hub gives this one, and it reads no Dockerfile.
        (
            "# syntax=ghcr.io/acme/base:1\nFROM busybox:1\n",
            "acme/app",
            2,
            [at.to_owned(), String::new(), String::new(), String::new()],
        ),
        (
            "FROM ghcr.io/acme/base:1 AS dev\nRUN exit 7\n",
            "acme/app",
            2,
            [format!("{at}:2: `RUN exit 7` failed"), String::new(), String::new(), String::new()],
        ),
        (
            "FROM ghcr.io/acme/base:1\nCOPY --from=ghcr.io/acme/tools:1 /nowhere /x\n",
            "acme/app",
            2,
            [format!("{at}:2: "), "/nowhere".to_owned(), String::new(), String::new()],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let name = sandbox.name(&format!("no{number}"));
        let up = all.up(&name, dockerfile, repository).expect(code);
        let told = up.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in said {
            assert!(told.contains(&part), "{part}: {}", up.stderr);
        }
        all.is_clean(&up);
        assert_eq!(left_of(&name), "", "{dockerfile}");
    }
}
