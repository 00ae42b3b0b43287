//! Real lines, by the client that prints them.

use super::*;

fn shown(line: &str) -> String {
    Refused::of(line).map_or_else(
        || "-".to_owned(),
        |Refused { why, action, server, image }| {
            let action = action.map_or_else(|| "?".to_owned(), |action| format!("{action:?}"));
            let server = server.map_or_else(|| "?".to_owned(), |server| server.to_string());
            let server = server.replace("https://index.docker.io/v1/", "HUB");
            format!("{action} {why:?} {server} {}", image.unwrap_or_else(|| "?".to_owned()))
        },
    )
}

fn check(lines: &[(&str, &str)]) {
    for (line, expected) in lines {
        assert_eq!(shown(line), *expected, "{line}");
    }
}

#[test]
fn docker_pulls_and_logs_in() {
    check(&[
        (
            "Error response from daemon: Head \"https://ghcr.io/v2/o/i/manifests/t\": unauthorized",
            "Pull NoLogin ghcr.io ghcr.io/o/i:t",
        ),
        (
            "Error response from daemon: Head \"https://ghcr.io/v2/o/i/manifests/t\": denied",
            "Pull NoPermission ghcr.io ghcr.io/o/i:t",
        ),
        (
            "Error response from daemon: Head \"https://ghcr.io/v2/o/i/manifests/t\": denied: denied",
            "Pull BadCredential ghcr.io ghcr.io/o/i:t",
        ),
        (
            "docker: Error response from daemon: Head \"https://ghcr.io/v2/o/i/manifests/sha256:00\": unauthorized.",
            "Pull NoLogin ghcr.io ghcr.io/o/i@sha256:00",
        ),
        ("Error response from daemon: Get \"https://ghcr.io/v2/\": denied: denied", "Login BadCredential ghcr.io ?"),
        (
            "Error response from daemon: Get \"https://registry-1.docker.io/v2/\": unauthorized: incorrect username or password",
            "Login BadCredential HUB ?",
        ),
        (
            "Error response from daemon: login attempt to https://a.example/v2/ failed with status: 401 Unauthorized",
            "Login NoLogin a.example ?",
        ),
        ("Error response from daemon: error from registry: unauthorized", "? NoLogin ? ?"),
        ("Error response from daemon: unauthorized: authentication required", "? NoLogin ? ?"),
        (
            "Error response from daemon: pull access denied for acme/x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
            "Pull NoLoginOrNoImage HUB acme/x",
        ),
        (
            "docker: Error response from daemon: pull access denied for ghcr.io/a/b, repository does not exist or may require 'docker login': denied: permission_denied: read_package",
            "Pull NoPermission ghcr.io ghcr.io/a/b",
        ),
        (
            "Error response from daemon: Head \"https://n.azurecr.io/v2/r/manifests/t\": unauthorized: authentication required, visit https://aka.ms/acr/authorization for more information.",
            "Pull NoLogin n.azurecr.io n.azurecr.io/r:t",
        ),
        (
            "Error response from daemon: Head \"https://1.dkr.ecr.us-east-1.amazonaws.com/v2/a/manifests/latest\": no basic auth credentials",
            "Pull NoLogin 1.dkr.ecr.us-east-1.amazonaws.com 1.dkr.ecr.us-east-1.amazonaws.com/a:latest",
        ),
        ("denied: Your authorization token has expired. Reauthenticate and try again.", "? Expired ? ?"),
        (
            "Error response from daemon: toomanyrequests: You have reached your pull rate limit. You may increase the limit",
            "? RateLimit ? ?",
        ),
        (
            "toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit",
            "? RateLimit ? ?",
        ),
        ("unauthorized: unauthenticated: User cannot be authenticated with the token provided.", "? BadCredential ? ?"),
        ("no basic auth credentials", "? NoLogin ? ?"),
    ]);
}

#[test]
fn docker_pushes() {
    check(&[
        ("denied: permission_denied: write_package", "Push NoPermission ? ?"),
        ("denied: installation not allowed to Write organization package", "Push NoPermission ? ?"),
        ("denied: permission_denied: The token provided does not match expected scopes.", "Push NoPermission ? ?"),
        ("denied: requested access to the resource is denied", "? NoLoginOrNoImage ? ?"),
    ]);
}

#[test]
fn buildx_builds() {
    check(&[
        ("#15 ERROR: denied: permission_denied: write_package", "Push NoPermission ? ?"),
        ("ERROR: failed to build: denied: permission_denied: write_package", "Push NoPermission ? ?"),
        (
            "ERROR: failed to solve: failed to push ghcr.io/o/i:t: unexpected status from POST request to https://ghcr.io/v2/o/i/blobs/uploads/: 403 Forbidden",
            "Push NoPermission ghcr.io ghcr.io/o/i",
        ),
        (
            "ERROR: failed to solve: ghcr.io/o/i:t: failed to resolve source metadata for ghcr.io/o/i:t: unexpected status from HEAD request to https://ghcr.io/v2/o/i/manifests/t: 403 Forbidden",
            "Pull NoPermission ghcr.io ghcr.io/o/i:t",
        ),
        (
            "target web: failed to solve: ghcr.io/o/i:t: failed to resolve source metadata for ghcr.io/o/i:t: failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://ghcr.io/token?scope=repository%3Ao%2Fi%3Apull&service=ghcr.io: 403 Forbidden",
            "Pull NoPermission ghcr.io ghcr.io/o/i:t",
        ),
        (
            "ERROR: failed to solve: acme/x: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
            "Pull NoLoginOrNoImage HUB acme/x",
        ),
        ("error: failed to solve: unexpected status: 403 Forbidden", "? NoPermission ? ?"),
    ]);
}

#[test]
fn compose_pulls() {
    check(&[
        (
            " ✘ web Error Head \"https://ghcr.io/v2/o/web/manifests/latest\": denied    0.2s ",
            "Pull NoPermission ghcr.io ghcr.io/o/web:latest",
        ),
        (
            "ERROR: Get https://registry-1.docker.io/v2/acme/zoo/manifests/latest: unauthorized: incorrect username or password",
            "Pull BadCredential HUB acme/zoo:latest",
        ),
    ]);
}

#[test]
fn containerd_and_kubernetes_pull() {
    check(&[
        (
            "ctr: failed to resolve reference \"ghcr.io/o/i:t\": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials",
            "Pull NoLogin ghcr.io ghcr.io/o/i:t",
        ),
        (
            "Failed to pull image \"ghcr.io/o/i:t\": rpc error: code = Unknown desc = failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized",
            "Pull NoLogin ghcr.io ghcr.io/o/i:t",
        ),
    ]);
}

#[test]
fn podman_skopeo_and_buildah_pull_and_push() {
    check(&[
        (
            "Error: initializing source docker://ghcr.io/o/i:t: reading manifest t in ghcr.io/o/i: unauthorized",
            "Pull NoLogin ghcr.io ghcr.io/o/i:t",
        ),
        (
            "Error: initializing source docker://acme/x:1: reading manifest 1 in docker.io/acme/x: requested access to the resource is denied",
            "Pull NoLoginOrNoImage HUB acme/x:1",
        ),
        (
            "Error: error creating build container: initializing source docker://r.example/a:1: Requesting bear token: invalid status code from registry 403 (Forbidden)",
            "Pull NoPermission r.example r.example/a:1",
        ),
        (
            "Error: trying to reuse blob sha256:b2 at destination: failed to read from destination repository my_org/my_image: 403 (Forbidden)",
            "Push NoPermission HUB my_org/my_image",
        ),
        ("Error: logging into \"ghcr.io\": invalid username/password", "Login BadCredential ghcr.io ?"),
    ]);
}

#[test]
fn crane_pulls_and_pushes() {
    check(&[
        (
            "Error: fetching manifest ghcr.io/o/i:t: GET https://ghcr.io/token?scope=repository%3Ao%2Fi%3Apull&service=ghcr.io: DENIED: requested access to the resource is denied",
            "Pull NoLoginOrNoImage ghcr.io ghcr.io/o/i:t",
        ),
        (
            "Error: GET https://ghcr.io/v2/o/i/manifests/t: UNAUTHORIZED: authentication required; [map[Action:pull]]",
            "Pull NoLogin ghcr.io ghcr.io/o/i:t",
        ),
        (
            "Error: PUT https://ghcr.io/v2/o/i/manifests/t: DENIED: permission_denied: write_package",
            "Push NoPermission ghcr.io ghcr.io/o/i",
        ),
    ]);
}

#[test]
fn a_line_without_a_registrys_frame_is_no_refusal() {
    for line in [
        "npm error 403 Forbidden - GET https://registry.npmjs.org/left-pad",
        "HTTP 401: unauthorized, bad API key",
        "GET https://api.example.com/v2/users 403 Forbidden",
        "GET https://api.example.com/v2/ 401 Unauthorized",
        "https://api.example.com/v2/orders/manifests: denied",
        "Error response from daemon: mkdir /x: permission denied",
        "Error response from daemon: authorization denied by plugin opa",
        "Error response from daemon: Head \"https://ghcr.io/v2/o/i/manifests/t\": dial tcp: i/o timeout",
        "Error response from daemon: manifest for ghcr.io/o/i:t not found: manifest unknown: manifest unknown",
        "failed to solve: process \"/bin/sh -c npm ci\" did not complete successfully: exit code: 1",
        "failed to push some refs to 'https://github.com/o/r': 403 denied",
        "bash: ./x.sh: Permission denied",
        "denied",
        "unauthorized",
    ] {
        assert_eq!(shown(line), "-", "{line}");
    }
}
