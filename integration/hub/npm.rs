//! npm's packages of a hub, with a real npm on the hub's loopback, and in codespaces under the registry's own name.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Hub;
use crate::support::{Ran, Sandbox, docker};

const HUB: &str = "
users:
  mona: {tokens: [{name: w, scopes: [write:packages], value: pat-of-mona}, {name: r, scopes: [read:packages], value: reads-only}]}
  eve: {tokens: [{name: w, scopes: [write:packages], value: pat-of-eve}]}
organizations: {acme: {members: [mona]}}
repositories:
  acme/api: {visibility: private}
  acme/app: {visibility: private}
  acme/site: {visibility: public}
packages:
  npm.pkg.github.com/@acme/lib: {repository: acme/api, tarball: acme-lib-1.0.0.tgz}
  npm.pkg.github.com/@acme/shared: {visibility: internal, tarball: acme-shared-1.0.0.tgz}
  npm.pkg.github.com/@acme/open: {visibility: public, tarball: acme-open-1.0.0.tgz}
";

/// A person's folder, with an npm that knows the hub's loopback.
struct Npm<'a> {
    sandbox: &'a Sandbox,
    folder: PathBuf,
}

impl<'a> Npm<'a> {
    fn new(sandbox: &'a Sandbox) -> Self {
        let folder = sandbox.path("npm");
        std::fs::create_dir_all(&folder).expect("made");
        Self { sandbox, folder }
    }

    /// Packs a version of a package; returns the tarball.
    fn pack(&self, name: &str, version: &str) -> PathBuf {
        let folder = self.source(name, version);
        let to = self.sandbox.path("");
        let _packed = self.run(&folder, &["pack", "--pack-destination", &to.display().to_string()]).expect(0);
        to.join(format!("{}-{version}.tgz", name.trim_start_matches('@').replace('/', "-")))
    }

    fn source(&self, name: &str, version: &str) -> PathBuf {
        let folder = self.folder.join(format!("source-{}", name.replace('/', "-")));
        std::fs::create_dir_all(&folder).expect("made");
        let manifest = serde_json::json!({
            "name": name, "version": version, "repository": "github:acme/app", "main": "index.js",
        });
        std::fs::write(folder.join("package.json"), manifest.to_string()).expect("written");
        std::fs::write(folder.join("index.js"), format!("module.exports = '{name} {version}';\n")).expect("written");
        folder
    }

    /// Sets the registry and the token.
    fn sign_in(&self, port: &str, token: Option<&str>) {
        let at = format!("//localhost:{port}/npm.pkg.github.com/");
        let token = token.map_or(String::new(), |token| format!("{at}:_authToken={token}\n"));
        std::fs::write(
            self.folder.join("npmrc"),
            format!("@acme:registry=http:{at}\n@eve:registry=http:{at}\n{token}"),
        )
        .expect("written");
    }

    fn run(&self, folder: &Path, words: &[&str]) -> Ran {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("integration/ground/npm.sh");
        let mut command = Command::new(program);
        command.args(words).args(["--no-audit", "--no-fund", "--no-update-notifier", "--fetch-retries=0"]);
        command.current_dir(folder).env("npm_config_userconfig", self.folder.join("npmrc"));
        command.env("npm_config_cache", self.folder.join("cache"));
        Ran::of(command.output().expect("npm runs"))
    }

    /// Installs a package into a folder of its own.
    fn install(&self, name: &str) -> Ran {
        let folder = tempfile::tempdir_in(&self.folder).expect("a folder");
        let cache = folder.path().join("cache").display().to_string();
        let ran = self.run(folder.path(), &["install", "--cache", &cache, name]);
        if ran.code == 0 {
            assert!(folder.path().join("node_modules").join(name).join("index.js").is_file(), "{name}");
        }
        ran
    }
}

/// Returns what npm says that a registry said.
#[track_caller]
fn said(ran: Ran) -> String {
    let ran = ran.expect(1);
    let line = ran.stderr.lines().find(|line| line.contains(" - GET ") || line.contains(" - PUT "));
    let line = line.unwrap_or_else(|| panic!("{}", ran.stderr)).trim_start_matches("npm error ");
    // Before some of them npm writes the status twice.
    let line = line.strip_prefix("403 ").filter(|rest| rest.starts_with("403")).unwrap_or(line);
    let parts: Vec<&str> = line.splitn(3, " - ").collect();
    format!("{} - {}", parts.first().expect("a status"), parts.last().expect("a reason"))
}

#[test]
fn npm_installs_and_publishes_by_the_rules_of_packages() {
    let sandbox = Sandbox::new();
    let npm = Npm::new(&sandbox);
    for name in ["@acme/lib", "@acme/shared", "@acme/open"] {
        let _file = npm.pack(name, "1.0.0");
    }
    let hub = Hub::up(&sandbox, HUB);
    let port = hub.port();
    let sign_in = |token: Option<&str>| npm.sign_in(&port, token);
    // It gives nothing to nobody, not even what is public.
    sign_in(None);
    for name in ["@acme/lib", "@acme/open"] {
        assert_eq!(said(npm.install(name)), "401 Unauthorized - authentication token not provided", "{name}");
    }
    sign_in(Some("wrong"));
    let bad = "401 Unauthorized - unauthenticated: User cannot be authenticated with the token provided.";
    assert_eq!(said(npm.install("@acme/open")), bad);
    let denied = "403 Forbidden - Permission permission_denied: read_package";
    for (repository, name, refused) in [
        ("acme/api", "@acme/lib", None),
        ("acme/api", "@acme/shared", None),
        ("acme/app", "@acme/shared", None),
        ("acme/app", "@acme/lib", Some(denied)),
        ("acme/site", "@acme/shared", Some(denied)),
        ("acme/site", "@acme/open", None),
        ("acme/app", "@acme/none", Some("404 Not Found - npm package \"none\" does not exist under owner \"acme\"")),
    ] {
        sign_in(Some(&hub.token("c", repository, 600)));
        match (npm.install(name), refused) {
            (ran, None) => drop(ran.expect(0)),
            (ran, Some(refused)) => assert_eq!(said(ran), refused, "{repository} {name}"),
        }
        // What is explained is what happens.
        let package = format!("npm.pkg.github.com/{name}");
        let explained = ["registry", "explain", &package, "--hub", &hub.file, "--repository", repository, "--json"];
        let explained = sandbox.run(&explained).expect(0).json();
        assert_eq!(explained["allowed"], refused.is_none(), "{explained}");
    }

    // A codespace publishes nothing; who may write does, a version once.
    let publish = |name: &str, version: &str| npm.run(&npm.source(name, version), &["publish"]);
    sign_in(Some(&hub.token("c", "acme/api", 600)));
    assert_eq!(said(publish("@acme/lib", "1.1.0")), "403 Forbidden - Permission permission_denied: write_package");
    sign_in(Some("reads-only"));
    let scope = "403 Forbidden - Permission permission_denied: The token provided does not match expected scopes.";
    assert_eq!(said(publish("@acme/lib", "1.1.0")), scope);
    sign_in(Some("pat-of-eve"));
    assert_eq!(said(publish("@acme/new", "1.0.0")), "403 Forbidden - Permission permission_denied: create_package");
    sign_in(Some("pat-of-mona"));
    let _published = publish("@acme/lib", "1.1.0").expect(0);
    let _published = publish("@acme/new", "2.0.0").expect(0);
    let again = publish("@acme/lib", "1.0.0").expect(1);
    assert!(again.stderr.contains("over") && again.stderr.contains("1.0.0"), "{}", again.stderr);
    let view = npm.run(&npm.folder, &["view", "@acme/lib", "versions", "dist-tags", "--json"]).expect(0).json();
    assert_eq!(view["versions"], serde_json::json!(["1.0.0", "1.1.0"]));
    assert_eq!(view["dist-tags"]["latest"], "1.1.0");
    assert_eq!(
        npm.run(&npm.folder, &["whoami", "--registry", &format!("http://localhost:{port}/npm.pkg.github.com/")])
            .expect(0)
            .stdout
            .trim(),
        "mona"
    );

    // What is no package costs little, whoever sends it.
    let put = |token: &str, body: &str| {
        let url = format!("http://localhost:{port}/npm.pkg.github.com/@acme%2fhuge");
        let curl = format!(
            "{body} | curl -s -o /dev/null -w '%{{http_code}}' -X PUT -H 'Authorization: Bearer {token}' --data-binary @- {url}"
        );
        Ran::of(Command::new("sh").args(["-c", &curl]).output().expect("sh runs")).stdout
    };
    assert_eq!(put("wrong", "head -c 1000 /dev/zero"), "401");
    assert_eq!(put("pat-of-mona", "echo '{}'"), "400");
    assert_eq!(put("pat-of-mona", "head -c 40000000 /dev/zero"), "413");

    // A package that is new is private, linked where it says, and inherits nothing.
    let packages = hub.status()["packages"].clone();
    let new = serde_json::json!({
        "name": "npm.pkg.github.com/@acme/new", "visibility": "private", "publishedBy": "pat", "repository": "acme/app",
    });
    assert!(packages.as_array().expect("a list").contains(&new), "{packages}");

    // By `hub publish`, as a workflow of a repository: it inherits that repository's access.
    let tarball = npm.pack("@acme/tool", "1.0.0").display().to_string();
    let publish = |file: &str, package: &str| {
        let words =
            ["hub", "publish", file, package, "--as", "actions", "--repository", "acme/app", "--hub", &hub.file];
        sandbox.run(&words)
    };
    let _published = publish(&tarball, "npm.pkg.github.com/@acme/tool").expect(0);
    let other = publish(&tarball, "npm.pkg.github.com/@acme/else").expect(2);
    assert!(other.stderr.contains("its package.json has another name"), "{}", other.stderr);
    let _none = publish("/nowhere.tgz", "npm.pkg.github.com/@acme/tool").expect(2);
    // It is all there after a restart, and another `up` publishes nothing twice.
    let _restarted = docker(&["restart", "-t", "1", &hub.container()]).expect(0);
    let _again = hub.again().expect(0);
    sign_in(Some(&hub.token("c", "acme/app", 600)));
    for name in ["@acme/tool", "@acme/open"] {
        let _installed = npm.install(name).expect(0);
    }
    let log = hub.log();
    assert!(!log.contains("pat-of") && !log.contains("wrong"), "{log}");
    assert!(log.contains("pull npm.pkg.github.com/@acme/lib by mona's codespace c of acme/app: refused"), "{log}");
}

/// In a codespace the registry has its own name, and is trusted.
#[test]
fn a_codespace_gets_packages_with_its_own_token() {
    let sandbox = Sandbox::new();
    let npm = Npm::new(&sandbox);
    for name in ["@acme/lib", "@acme/shared", "@acme/open"] {
        let _file = npm.pack(name, "1.0.0");
    }
    let hub = Hub::up(&sandbox, HUB);
    let name = sandbox.name("npm");
    let look = r#"
get() { curl -sS -H "Authorization: Bearer $GITHUB_TOKEN" "$@"; }
url=$(get https://npm.pkg.github.com/@acme%2flib | grep -o 'https://[^"]*') && get "$url" | tar -xzO package/index.js
get -o /dev/null -w '%{http_code}\n' https://npm.pkg.github.com/@acme%2fshared
curl -sS https://npm.pkg.github.com/@acme%2fopen; echo
grep -c BEGIN "$NODE_EXTRA_CA_CERTS"
"#;
    let folder = sandbox.repository("r", r#"{"image": "mcr.microsoft.com/devcontainers/base:trixie"}"#);
    std::fs::write(folder.join("look.sh"), look).expect("written");
    let more = ["--hub", &hub.file, "--repository", "acme/api", "--user", "mona", "--working-tree"];
    let _up = sandbox.up(&folder, &name, &more).expect(0);
    let printed = sandbox.inside(&name, "sh look.sh");
    assert_eq!(
        printed,
        "module.exports = '@acme/lib 1.0.0';\n200\n{\"error\":\"authentication token not provided\"}\n1\n"
    );
}
