//! What commands print every day: it has the words of a refusal, and nothing is said of it.

use super::{EARLY, LATE, Phase, Purpose, told};

/// What says nothing of an image, an engine or a disk, although it has the words.
const EVERYDAY: [&str; 52] = [
    "npm error 403 Forbidden - GET https://registry.npmjs.org/left-pad",
    "npm ERR! 401 Unauthorized - GET https://npm.acme.test/ui - authentication required",
    "npm error code E401\nnpm error Incorrect or missing password.",
    "yarn: error An unexpected error occurred: \"https://registry.yarnpkg.com/x: Request failed \\\"403 Forbidden\\\"\".",
    " ERR_PNPM_FETCH_403  GET https://registry.npmjs.org/x: Forbidden - 403",
    "ERROR: HTTP error 403 while getting https://pypi.acme.test/simple/x/",
    "ERROR: 401 Client Error: Unauthorized for url: https://pypi.acme.test/simple/x/",
    "[ERROR] Could not transfer artifact a:b:pom:1 from/to central (https://repo.acme.test): status code: 403, reason phrase: Forbidden (403)",
    "Could not GET 'https://repo.acme.test/x.pom'. Received status code 401 from server: Unauthorized",
    "error: failed to download from `https://crates.acme.test/x`: failed to get 200 response: 403 Forbidden",
    "go: github.com/acme/x@v1: reading https://proxy.acme.test/x: 403 Forbidden",
    "Bundler::HTTPError Could not fetch specs from https://gems.acme.test/ due to underlying error <401 Unauthorized>",
    "E: The repository 'https://deb.acme.test trixie Release' is not signed.\nE: Failed to fetch https://deb.acme.test/x  401  Unauthorized",
    "curl: (22) The requested URL returned error: 403 Forbidden",
    "wget: server returned error: HTTP/1.1 401 Unauthorized",
    "HTTP 401: unauthorized, bad API key",
    "{\"error\":\"unauthorized\",\"message\":\"denied\"}",
    "GET https://api.example.com/v2/users 403 Forbidden",
    "GET https://api.example.com/v2/ 401 Unauthorized",
    "fatal: unable to access 'https://github.com/acme/x/': The requested URL returned error: 403",
    "remote: Permission to acme/x.git denied to mona.\nfatal: unable to access 'https://github.com/acme/x/': 403",
    "git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.",
    "remote: denied: hook declined\n ! [remote rejected] main -> main (pre-receive hook declined)",
    "error: failed to push some refs to 'https://github.com/acme/x'",
    "mkdir: cannot create directory '/opt/x': Permission denied",
    "psql: FATAL: password authentication failed for user \"app\"",
    "ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: YES)",
    "NOAUTH Authentication required.",
    "MongoServerError: not authorized on admin to execute command",
    "An error occurred (AccessDenied) when calling the ListBuckets operation: Access Denied",
    "An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: The security token included in the request is expired",
    "googleapi: Error 403: denied, forbidden",
    "Error: AADSTS700016: unauthorized_client",
    "pods is forbidden: User \"x\" cannot list resource \"pods\"",
    "Error from server (Forbidden): secrets is forbidden",
    "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey]",
    "sudo: a password is required",
    "ERROR: toomanyrequestserror is not defined",
    "HTTP 429 Too Many Requests: slow down",
    "AssertionError: expected 'denied' to equal 'granted'",
    "  ✗ says unauthorized when the token is wrong",
    "--- FAIL: TestDenied (0.00s)\n    auth_test.go:12: want 401 Unauthorized, got 200",
    "no space left on device check passed",
    "checking for `no space left on device` in the log",
    "Error: ENOSPC: System limit for number of file watchers reached, watch '/workspaces/app'",
    "failed to add inotify watch: No space left on device",
    "FATAL: could not create semaphores: No space left on device",
    "Cannot connect to the Docker daemon? See README.md, section Docker",
    "docker is not needed here",
    "Error response from daemon: mkdir /x: permission denied",
    "Error response from daemon: manifest for a.example/o/i:t not found: manifest unknown: manifest unknown",
    "Error response from daemon: Head \"https://a.example/v2/o/i/manifests/t\": dial tcp: lookup a.example: no such host",
];

#[test]
fn nothing_is_said_of_everyday_output() {
    for output in EVERYDAY {
        for phase in [EARLY.as_slice(), &LATE].concat() {
            for code in [1, 2, 126, 127] {
                assert_eq!(told(phase, Purpose::Codespace, code, output), None, "{output}");
                assert_eq!(
                    told(phase, Purpose::Codespace, code, &format!("all is well\n{output}\n\n")),
                    None,
                    "{output}"
                );
            }
        }
    }
    assert_eq!(told(Phase::OnCreateCommand, Purpose::Codespace, 127, ""), None);
    assert_eq!(told(Phase::OnCreateCommand, Purpose::Codespace, 1, "make: *** [all] Error 2"), None);
}
