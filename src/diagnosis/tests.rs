//! What commands print when they fail, and what is said of it.

mod everyday;
mod tokens;

use super::*;
use crate::github::{IncompleteRegistry, Registry};
use crate::redact::Secret;

fn registries() -> Registries {
    let registry = |id: &str, server: &str| Registry {
        id: id.to_owned(),
        server: RegistryServer::normalise(server),
        user: "me".to_owned(),
        password: Secret::new("pw".to_owned()),
        token: None,
    };
    let missing = vec!["B_CONTAINER_REGISTRY_USER".to_owned()];
    let half = IncompleteRegistry { id: "B".to_owned(), server: Some(RegistryServer::normalise("b.example")), missing };
    let complete = vec![registry("A", "a.example"), registry("G", "ghcr.io")];
    Registries { complete, incomplete: vec![half], ..Registries::default() }
}

fn told(phase: Phase, purpose: Purpose, exit_code: i32, output: &str) -> Option<Diagnosis> {
    let registries = registries();
    diagnose(&Failed { phase, purpose, command: "", exit_code: Some(exit_code), output, registries: &registries })
}

#[track_caller]
fn check(phase: Phase, output: &str, rule: &str, parts: &[&str]) {
    let found = told(phase, Purpose::Codespace, 1, output).unwrap_or_else(|| panic!("nothing said of {output}"));
    assert_eq!((found.rule.as_str(), found.phase), (rule, phase), "{output}");
    let text = format!("{} {}", found.message, found.advice);
    for part in [&[phase.name()], parts].concat() {
        assert!(text.contains(part), "no {part} in {text}");
    }
}

const EARLY: [Phase; 2] = [Phase::OnCreateCommand, Phase::UpdateContentCommand];
const LATE: [Phase; 3] = [Phase::PostCreateCommand, Phase::PostStartCommand, Phase::PostAttachCommand];

/// Refused pulls of the image `a.example/o/i:t`, by different clients.
const PULLS: [&str; 9] = [
    "Error response from daemon: Head \"https://a.example/v2/o/i/manifests/t\": no basic auth credentials",
    "Error response from daemon: Head \"https://a.example/v2/o/i/manifests/t\": unauthorized: authentication required",
    "Unable to find image 'a.example/o/i:t' locally\ndocker: Error response from daemon: Head \"https://a.example/v2/o/i/manifests/t\": denied.\nSee 'docker run --help'.",
    "Unable to find image 'a.example/o/i:t' locally\ndocker: Error response from daemon: error from registry: unauthorized\n\nRun 'docker run --help' for more information",
    "Error response from daemon: pull access denied for a.example/o/i:t, repository does not exist or may require 'docker login': denied: requested access",
    "[+] Pulling 2/2\n ! db Interrupted  0.2s\n ✘ api Error Head \"https://a.example/v2/o/i/manifests/t\": unauthorized  0.2s\nError response from daemon: Head \"https://a.example/v2/o/i/manifests/t\": unauthorized",
    " => ERROR [internal] load metadata for a.example/o/i:t  0.4s\n------\n > [internal] load metadata for a.example/o/i:t:\n------\nDockerfile:1\n--------------------\n   1 | >>> FROM a.example/o/i:t\n   2 |     RUN true\n--------------------\nERROR: failed to solve: a.example/o/i:t: failed to resolve source metadata for a.example/o/i:t: unexpected status from HEAD request to https://a.example/v2/o/i/manifests/t: 401 Unauthorized\n\nView build details: docker-desktop://dashboard/build/x",
    "Trying to pull a.example/o/i:t...\nError: initializing source docker://a.example/o/i:t: reading manifest t in a.example/o/i: errors:\ndenied: requested access to the resource is denied\nunauthorized: authentication required",
    "docker pull a.example/o/i:t\nError response from daemon: Head \"https://a.example/v2/o/i/manifests/t\": unauthorized\nmake: *** [Makefile:2: pull] Error 1",
];

#[test]
fn a_pull_before_the_login_is_told_where_to_go() {
    for phase in EARLY {
        for output in PULLS {
            let advice = format!("move the pull from {phase} to postCreateCommand");
            let parts = ["the private image a.example/o/i:t", "after updateContentCommand", &advice];
            check(phase, output, "pull-before-registry-login", &parts);
        }
    }
    let stored = "Error response from daemon: Head \"https://a.example/v2/o/i/manifests/t\": denied: denied";
    check(Phase::OnCreateCommand, stored, "pull-before-registry-login", &["docker logout a.example"]);
    // Without secrets for that registry, moving it would not be enough.
    let other = "Error response from daemon: Head \"https://c.example/v2/o/i/manifests/t\": unauthorized";
    let parts = ["c.example/o/i:t", "postCreateCommand", "<ID>_CONTAINER_REGISTRY_SERVER (= c.example)"];
    check(Phase::OnCreateCommand, other, "pull-before-registry-login", &parts);
    let hub = "Error response from daemon: pull access denied for acme/x, repository does not exist or may require 'docker login'";
    check(Phase::OnCreateCommand, hub, "pull-before-registry-login", &["acme/x of Docker Hub"]);
}

#[test]
fn a_prebuild_is_told_that_it_is_never_logged_in() {
    for output in PULLS {
        let found = told(Phase::OnCreateCommand, Purpose::Prebuild, 1, output).expect("told");
        assert_eq!(found.rule, "pull-before-registry-login");
        assert!(found.message.contains("a prebuild is never logged in"), "{found:?}");
        assert!(found.advice.contains("the codespace that is made from the prebuild"), "{found:?}");
    }
    for output in [
        "toomanyrequests: You have reached your pull rate limit.",
        "Error response from daemon: Get \"https://a.example/v2/\": unauthorized",
        "The push refers to repository [a.example/o/i]\ndenied: requested access to the resource is denied",
    ] {
        let found = told(Phase::OnCreateCommand, Purpose::Prebuild, 1, output).expect("told");
        assert!(format!("{} {}", found.message, found.advice).contains("never logged in"), "{found:?}");
    }
}

#[test]
fn after_the_login_it_is_told_whose_fault_it_is() {
    let at = |server: &str, said: &str| {
        format!("Error response from daemon: Head \"https://{server}/v2/o/i/manifests/t\": {said}")
    };
    for phase in LATE {
        for (output, rule, parts) in [
            (at("c.example", "unauthorized"), "no-login-for-server", ["c.example/o/i:t", "(= c.example)"]),
            (at("b.example", "unauthorized"), "no-login-for-server", ["b.example", "B_CONTAINER_REGISTRY_USER: set it"]),
            (at("a.example", "unauthorized"), "login-refused", ["the secrets of A", "docker login -u USER a.example"]),
            (at("a.example", "denied: denied"), "login-refused", ["the secrets of A", "a.example/o/i:t"]),
            (at("a.example", "denied"), "no-permission-for-image", ["a.example/o/i:t", "read access"]),
            (at("ghcr.io", "denied"), "no-permission-for-image", ["ghcr.io/o/i:t", "Manage Codespaces access"]),
            (at("c.example", "denied: denied"), "login-refused", ["stored there", "docker logout c.example"]),
            (
                at("a.example", "denied: Your authorization token has expired. Reauthenticate and try again."),
                "token-expired",
                ["a.example", "A_CONTAINER_REGISTRY_PASSWORD"],
            ),
            (
                "Error response from daemon: pull access denied for a.example/x, repository does not exist or may require 'docker login': denied: requested access".to_owned(),
                "no-permission-for-image",
                ["a.example/x", "has no such image, or"],
            ),
            (
                "docker: Error response from daemon: pull access denied for ghcr.io/a/b, repository does not exist or may require 'docker login': denied: permission_denied: read_package".to_owned(),
                "no-permission-for-image",
                ["ghcr.io/a/b", "is good, and may not"],
            ),
            (
                "Error response from daemon: pull access denied for acme/x, repository does not exist or may require 'docker login'".to_owned(),
                "no-login-for-server",
                ["acme/x of Docker Hub", "if Docker Hub has that image at all"],
            ),
            (
                "Unable to find image 'acme/x:1' locally\ndocker: Error response from daemon: toomanyrequests: You have reached your pull rate limit.".to_owned(),
                "rate-limited",
                ["acme/x:1 of Docker Hub", "limits how often"],
            ),
        ] {
            check(phase, &output, rule, &parts);
        }
    }
}

#[test]
fn what_a_refusal_does_not_say_is_read_from_the_command() {
    let registries = registries();
    for (command, output, rule, part) in [
        (
            "docker pull -q a.example/o/i:t",
            "Error response from daemon: unauthorized: authentication required",
            "login-refused",
            "the image a.example/o/i:t",
        ),
        (
            "cd x\ndocker pull --platform linux/amd64 'c.example/o/i'; true",
            "error from registry: unauthorized",
            "no-login-for-server",
            "c.example/o/i",
        ),
        ("make image", "docker push ghcr.io/o/i\ndenied: denied", "push-refused", "ghcr.io/o/i"),
        (
            "docker pull $IMAGE",
            "no basic auth credentials",
            "login-refused",
            "there are logins to a.example and ghcr.io",
        ),
        (
            "./pull.sh",
            "+ docker pull acme/x\nunauthorized: authentication required",
            "no-login-for-server",
            "acme/x of Docker Hub",
        ),
    ] {
        let (phase, purpose) = (Phase::PostCreateCommand, Purpose::Codespace);
        let failed = Failed { phase, purpose, command, exit_code: Some(1), output, registries: &registries };
        let found = diagnose(&failed).expect(command);
        assert!(found.rule == rule && format!("{} {}", found.message, found.advice).contains(part), "{found:?}");
    }
}

#[test]
fn a_push_is_no_pull() {
    let hub = "The push refers to repository [docker.io/acme/x]\n5f70bf18a086: Preparing\ndenied: requested access to the resource is denied";
    let ghcr = "The push refers to repository [ghcr.io/acme/x]\nfecdbc4471ce: Preparing\ndenied: permission_denied: write_package";
    let scopes = "The push refers to repository [ghcr.io/acme/x]\ndenied: permission_denied: The token provided does not match expected scopes.";
    let buildx = "#15 ERROR: denied: permission_denied: write_package\n------\n > pushing ghcr.io/acme/x:1 with docker:\n------\nERROR: denied: permission_denied: write_package";
    let solved = "ERROR: failed to solve: failed to push ghcr.io/acme/x:1: unexpected status from POST request to https://ghcr.io/v2/acme/x/blobs/uploads/: 403 Forbidden";
    let layers = "#13 [auth] acme/x:pull,push token for ghcr.io\n#12 pushing layers 0.8s done\nerror: failed to solve: unexpected status: 403 Forbidden";
    let podman = "Error: trying to reuse blob sha256:b2 at destination: failed to read from destination repository ghcr.io/acme/x: 403 (Forbidden)";
    for phase in [EARLY.as_slice(), &LATE].concat() {
        check(phase, hub, "push-refused", &["docker.io/acme/x", "may write there"]);
        for output in [ghcr, scopes, buildx, solved, podman] {
            check(phase, output, "push-refused", &["ghcr.io/acme/x", "write:packages"]);
        }
        check(phase, layers, "push-refused", &[]);
    }
}

#[test]
fn a_login_of_the_commands_own_is_no_pull() {
    let ghcr = "Error response from daemon: Get \"https://ghcr.io/v2/\": denied: denied";
    let hub = "Error response from daemon: Get \"https://registry-1.docker.io/v2/\": unauthorized: incorrect username or password";
    let podman = "Error: logging into \"c.example\": invalid username/password";
    check(Phase::OnCreateCommand, ghcr, "own-login-refused", &["ghcr.io", "after updateContentCommand"]);
    check(Phase::PostCreateCommand, ghcr, "own-login-refused", &["ghcr.io", "the secrets of G have done that"]);
    check(Phase::PostCreateCommand, hub, "own-login-refused", &["Docker Hub", "docker login"]);
    check(Phase::PostStartCommand, podman, "own-login-refused", &["c.example", "(= c.example)"]);
    // A command that has logged in itself does not wait for our login.
    let after = "Login Succeeded\nError response from daemon: Head \"https://c.example/v2/o/i/manifests/t\": denied";
    check(Phase::OnCreateCommand, after, "no-permission-for-image", &["its own login to c.example is good"]);
}

#[test]
fn a_refusal_that_was_made_up_for_is_not_the_cause() {
    let refused = "Error response from daemon: Head \"https://a.example/v2/o/i/manifests/t\": unauthorized";
    for rest in [
        "main.c:1:2: error: expected ';'",
        "no private image, going on\nnpm error code E404\nnpm error 404 Not Found - GET https://registry.npmjs.org/left-pad",
        "Login Succeeded\nt: Pulling from o/i\nStatus: Downloaded newer image for a.example/o/i:t",
        "FAILED tests/test_x.py::test_x - AssertionError\n1 failed, 3 passed in 0.12s",
        "error[E0425]: cannot find value `x` in this scope\nerror: could not compile `app` (bin \"app\") due to 1 previous error",
        "go: cannot find main module",
    ] {
        for phase in [Phase::OnCreateCommand, Phase::PostCreateCommand] {
            assert_eq!(told(phase, Purpose::Codespace, 1, &format!("{refused}\n{rest}")), None, "{rest}");
        }
    }
    // What the command says of it in its own words is no other work.
    for rest in [
        "",
        "the private image cannot be pulled",
        "giving up",
        "ERROR: setup failed",
        "make: *** [Makefile:2: x] Error 1",
    ] {
        let output = format!("{refused}\n{rest}\n");
        check(Phase::OnCreateCommand, &output, "pull-before-registry-login", &["a.example/o/i:t"]);
    }
    // Of two causes, the last one counts.
    let full = format!("{refused}\ntar: x: Cannot write: No space left on device");
    check(Phase::OnCreateCommand, &full, "no-space-left", &["disk"]);
    let again = format!("cp: x: No space left on device\nretrying\n{refused}");
    check(Phase::OnCreateCommand, &again, "pull-before-registry-login", &[]);
}

#[test]
fn github_packages_are_no_images_and_want_the_codespaces_token() {
    let phase = Phase::OnCreateCommand;
    let rule = "github-packages-refused";
    for (output, parts) in [
        (
            "npm error code E401\nnpm error 401 Unauthorized - GET https://npm.pkg.github.com/@acme%2fui - authentication token not provided\nnpm error A complete log of this run can be found in: /x",
            ["npm.pkg.github.com", "_authToken=${GITHUB_TOKEN}"],
        ),
        (
            "npm ERR! code E403\nnpm ERR! 403 403 Forbidden - GET https://npm.pkg.github.com/@acme%2fui - Permission permission_denied: read_package\nnpm ERR! 403 In most cases, you or one of your dependencies are requesting",
            ["npm.pkg.github.com", "may not read it"],
        ),
        (
            "error NU1301: Unable to load the service index for source https://nuget.pkg.github.com/acme/index.json.\nerror NU1301:   Response status code does not indicate success: 401 (Unauthorized).",
            ["nuget.pkg.github.com", "read:packages"],
        ),
        (
            "[ERROR] Failed to execute goal on project x: Could not transfer artifact a:b:pom:1 from/to github (https://maven.pkg.github.com/acme/b): status code: 401, reason phrase: Unauthorized (401) -> [Help 1]\n[ERROR] \n[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.\n[ERROR] [Help 1] http://cwiki.apache.org/x",
            ["maven.pkg.github.com", "GITHUB_TOKEN"],
        ),
        ("Bad username or password for rubygems.pkg.github.com.", ["rubygems.pkg.github.com", "refused its token"]),
    ] {
        check(phase, output, rule, &parts);
    }
    let image = "Error response from daemon: Head \"https://docker.pkg.github.com/v2/a/b/c/manifests/1\": no basic auth credentials";
    check(phase, image, "pull-before-registry-login", &["docker.pkg.github.com/a/b/c:1"]);
}

#[test]
fn an_engine_that_does_not_answer_is_told() {
    for output in [
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "docker: Cannot connect to the Docker daemon at tcp://x:2375. Is the docker daemon running?.\nSee 'docker run --help'.",
        "failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct and if the daemon is running: dial unix /var/run/docker.sock: connect: no such file or directory",
        "docker.errors.DockerException: Error while fetching server API version: ('Connection aborted.', FileNotFoundError(2, 'No such file or directory'))",
    ] {
        check(Phase::OnCreateCommand, output, "no-docker-in-the-container", &["docker-in-docker"]);
    }
    for output in [
        "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get \"http://%2Fvar%2Frun%2Fdocker.sock/v1.24/images/json\": dial unix /var/run/docker.sock: connect: permission denied",
        "docker: permission denied while trying to connect to the docker API at unix:///var/run/docker.sock",
    ] {
        check(Phase::PostCreateCommand, output, "docker-socket-not-allowed", &["group"]);
    }
}

#[test]
fn a_full_disk_is_told_from_full_shared_memory() {
    for output in [
        "cp: error writing 'x': No space left on device",
        "tar: ./x: Cannot write: No space left on device\ntar: Exiting with failure status due to previous errors",
        "bash: line 1: echo: write error: No space left on device",
        "OSError: [Errno 28] No space left on device: '/x'",
        "npm error ENOSPC: no space left on device, write",
        "error: failed to write `/x`: No space left on device (os error 28)",
        "dpkg: error processing archive x.deb (--unpack): failed to write (No space left on device)",
        "docker: failed to register layer: write /x: no space left on device.",
        "java.io.IOException: No space left on device",
        "rsync: write failed on \"/x\": No space left on device (28)",
    ] {
        check(Phase::OnCreateCommand, output, "no-space-left", &["disk is full", "docker system df"]);
    }
    let shared =
        "ERROR: could not resize shared memory segment \"/PostgreSQL.1\" to 8388608 bytes: No space left on device";
    check(Phase::PostCreateCommand, shared, "no-space-left", &["shared memory", "--shm-size"]);
}

#[test]
fn a_program_that_cannot_be_run_is_named() {
    for (code, output, rule, part) in [
        (127, "sh: 1: cargo: not found", "command-not-found", "the command `cargo`"),
        (127, "bash: line 1: ./setup.sh: No such file or directory", "command-not-found", "`./setup.sh`"),
        (126, "sh: 1: ./setup.sh: Permission denied", "not-executable", "`./setup.sh`"),
        (126, "bash: line 1: ./x: cannot execute binary file: Exec format error", "not-executable", "processor"),
        (127, "/usr/bin/env: 'bash\\r': No such file or directory", "crlf-line-endings", ".gitattributes"),
        (127, "/bin/bash\r': No such file", "crlf-line-endings", ".gitattributes"),
        (127, "./setup.sh: 2: foo\r: not found", "crlf-line-endings", ".gitattributes"),
        (127, "./setup.sh: line 2: $'foo\\r': command not found", "crlf-line-endings", ".gitattributes"),
        (126, "bash: ./setup.sh: /bin/bash^M: bad interpreter: No such file or directory", "crlf-line-endings", "LF"),
    ] {
        let found = told(Phase::PostCreateCommand, Purpose::Codespace, code, output).expect(output);
        let text = format!("{} {}", found.message, found.advice);
        assert!(found.rule == rule && text.contains(part) && text.contains("postCreateCommand"), "{found:?}");
    }
}

#[test]
fn the_engines_own_pull_is_told_with_its_image() {
    let registries = registries();
    for (image, said, purpose, rule, parts) in [
        (
            "c.example/o/i:t",
            "Head \"https://c.example/v2/o/i/manifests/t\": unauthorized",
            Purpose::Codespace,
            "no-login-for-server",
            ["c.example/o/i:t", "(= c.example)"],
        ),
        (
            "a.example/o/i:t",
            "no basic auth credentials",
            Purpose::Codespace,
            "login-refused",
            ["a.example/o/i:t", "the secrets of A"],
        ),
        (
            "ghcr.io/o/i:t",
            "denied",
            Purpose::Codespace,
            "no-permission-for-image",
            ["ghcr.io/o/i:t", "Manage Codespaces access"],
        ),
        (
            "acme/x",
            "pull access denied for acme/x, repository does not exist or may require 'docker login': denied",
            Purpose::Prebuild,
            "no-login-for-server",
            ["acme/x of Docker Hub", "secrets of the repository or the organization"],
        ),
        (
            "b.example/x",
            "unauthorized",
            Purpose::Codespace,
            "no-login-for-server",
            ["b.example/x", "B_CONTAINER_REGISTRY_USER: set it"],
        ),
        (
            "acme/x",
            "toomanyrequests: You have reached your unauthenticated pull rate limit.",
            Purpose::Codespace,
            "rate-limited",
            ["acme/x of Docker Hub", "wait, or log in"],
        ),
    ] {
        let failed = Failed {
            phase: Phase::Image,
            purpose,
            command: "",
            exit_code: None,
            output: said,
            registries: &registries,
        };
        let found = diagnose_pull(&failed, image);
        assert_eq!((found.rule.as_str(), found.phase), (rule, Phase::Image), "{said}");
        let text = format!("{} {}", found.message, found.advice);
        for part in parts.into_iter().chain(["phase image"]) {
            assert!(text.contains(part), "no {part} in {text}");
        }
    }
}
