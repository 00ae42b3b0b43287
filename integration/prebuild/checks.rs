//! What a prebuild would give away is found before it is kept, and what would make no new one is said.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Prebuilds, commit};
use crate::support::{Ran, Sandbox};

pub(super) const VALUE: &str = "hunter2/with+odd&chars";

fn secrets(sandbox: &Sandbox) -> String {
    sandbox.file("secrets.env", &format!("DEPLOY_KEY={VALUE}\nREGION=eu\n"))
}

/// Makes a prebuild whose commands are these; what is refused leaves nothing.
pub(super) fn create(prebuilds: &Prebuilds<'_>, folder: &Path, more: &[&str]) -> Ran {
    let secrets = secrets(prebuilds.sandbox);
    let made = prebuilds.create(folder, &[&["--json", "--secrets-file", &secrets], more].concat());
    assert!(!made.stdout.contains("hunter2") && !made.stderr.contains("hunter2"), "{} {}", made.stdout, made.stderr);
    made
}

pub(super) fn places(document: &Value) -> Vec<String> {
    let leaks = document["checks"]["leaks"].as_array().expect("leaks");
    let text = |leak: &Value, key: &str| leak[key].as_str().unwrap_or("-").to_owned();
    let told = leaks.iter().map(|leak| {
        assert_eq!(leak["secret"], "DEPLOY_KEY");
        let service = leak["service"].as_str().map_or(String::new(), |service| format!(" of {service}"));
        ["kind", "place", "form", "phase"].map(|key| text(leak, key)).join(" ") + &service
    });
    told.collect()
}

const ON_CREATE: &str = r#"set -e
printf %s "$DEPLOY_KEY" >raw.txt
printf %s "x:$DEPLOY_KEY" | base64 >~/.netrc
# In an image of the nested engine, in what git keeps, in an archive, and in an attribute.
mkdir /tmp/layer
printf %s "$DEPLOY_KEY" >/tmp/layer/k
tar -C /tmp/layer -c k | docker import - kept:1
tar -C /tmp/layer -czf ~/k.tgz k
printf %s "key=$DEPLOY_KEY" >kept.txt
printf %s "key=$DEPLOY_KEY" >tracked.txt
git add kept.txt tracked.txt
git -c user.name=t -c user.email=t@t commit -q -m "files with a secret"
git rm -q kept.txt
rm -r /tmp/layer
python3 -c 'import os; os.setxattr(".git/HEAD", "user.key", os.environb[b"DEPLOY_KEY"])'
sleep 1.5
"#;

#[test]
fn secrets_that_a_hook_wrote_are_found_wherever_they_are() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let folder = sandbox.repository(
        "app",
        r#"{
    "image": "mcr.microsoft.com/devcontainers/universal:linux",
    "onCreateCommand": "sh .devcontainer/on-create.sh",
    "updateContentCommand": "printf 'u=hunter2%%2Fwith%%2Bodd%%26chars' >/workspaces/url.txt; printf %s \"$REGION\" >region"
}"#,
    );
    fs::write(folder.join(".devcontainer/on-create.sh"), ON_CREATE).expect("written");
    // What is committed was there before any secret was.
    fs::write(folder.join("committed.txt"), VALUE).expect("written");
    fs::write(folder.join("tracked.txt"), "").expect("written");
    commit(&folder, "with a secret in it");
    let made = create(&prebuilds, &folder, &[]).expect(1);
    let document = made.json();
    assert_eq!(document["outcome"], "error", "{document}");
    assert_eq!(document["checks"]["tooShort"], serde_json::json!(["REGION"]));
    let places = places(&document);
    let engines =
        |place: &&String| place.starts_with("file /var/lib/docker/") && place.ends_with("/k raw onCreateCommand");
    assert_eq!(places.iter().filter(|place| engines(place)).count(), 1, "{places:#?}");
    // The one object that the command made; what is committed is in another one.
    let object = places.iter().find(|place| place.starts_with("file /workspaces/app/.git/objects/"));
    assert!(object.is_some_and(|place| place.ends_with(" raw, in zlib onCreateCommand")), "{places:#?}");
    for place in [
        "file /home/codespace/.netrc base64 onCreateCommand",
        "file /home/codespace/k.tgz raw, in gzip onCreateCommand",
        "file /workspaces/app/.git/HEAD raw onCreateCommand",
        "file /workspaces/app/raw.txt raw onCreateCommand",
        "file /workspaces/app/tracked.txt raw onCreateCommand",
        "file /workspaces/url.txt URL-encoded updateContentCommand",
    ] {
        assert!(places.iter().any(|one| one == place), "{place}: {places:#?}");
    }
    assert_eq!(places.len(), 8, "{places:#?}");
    for said in [
        "secret: DEPLOY_KEY is in /workspaces/app/raw.txt (raw), written by onCreateCommand\n",
        "error: the prebuild is not kept: the secret DEPLOY_KEY is in it, and so in every codespace of it\n",
        "--allow-secret DEPLOY_KEY keeps it all the same",
    ] {
        assert!(made.stderr.contains(said), "{said}: {}", made.stderr);
    }
    assert_eq!(prebuilds.objects(), "");
    assert!(sandbox.run(&["list", "--json"]).expect(0).json().as_array().expect("a list").is_empty());
}

#[test]
fn a_secret_that_the_configuration_has_from_this_machine_is_found_and_may_be_allowed() {
    let mut sandbox = Sandbox::new();
    sandbox.set_env("DEPLOY_KEY", VALUE);
    let prebuilds = Prebuilds::new(&sandbox);
    let config = r#"{
    "image": "busybox:1",
    "containerEnv": {"BAKED": "key=${localEnv:DEPLOY_KEY}"},
    "runArgs": ["--label", "app.key=${localEnv:DEPLOY_KEY}"],
    "onCreateCommand": "head -c 50000000 /dev/zero | gzip >/swells.gz"
}"#;
    let folder = sandbox.repository("app", config);
    let ran = create(&prebuilds, &folder, &[]).expect(1);
    assert!(ran.stderr.contains("not looked through: /swells.gz to its end\n"), "{}", ran.stderr);
    let refused = ran.json();
    assert_eq!(refused["checks"]["unread"], serde_json::json!(["/swells.gz to its end"]));
    let found = places(&refused);
    for place in ["environment BAKED raw -", "label app.key raw -"] {
        assert!(found.iter().any(|one| one == place), "{place}: {found:#?}");
    }
    assert_eq!(prebuilds.objects(), "");
    let kept = create(&prebuilds, &folder, &["--allow-secret", "DEPLOY_KEY"]).expect(0).json();
    assert_eq!(places(&kept), found);
}

#[test]
fn a_login_of_a_hook_is_refused_and_what_the_hooks_read_is_told() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let folder = sandbox.repository(
        "app",
        r#"{
    "image": "busybox:1",
    "onCreateCommand": "cat package-lock.json setup.sh .devcontainer/devcontainer.json >/dev/null",
    "updateContentCommand": "mkdir -p ~/.docker; echo '{\"auths\": {\"r.test\": {\"auth\": \"dTpw\"}, \"empty.test\": {}}}' >~/.docker/config.json; cat setup.sh >/dev/null",
    "postCreateCommand": "npm ci"
}"#,
    );
    for name in ["package-lock.json", "setup.sh", "unread.txt", "other.txt"] {
        fs::write(folder.join(name), "{}\n").expect("written");
    }
    commit(&folder, "files");
    let refused = create(&prebuilds, &folder, &[]).expect(1);
    assert!(
        refused.stderr.contains("login: /root/.docker/config.json has a login to r.test, which"),
        "{}",
        refused.stderr
    );
    assert_eq!(refused.json()["checks"]["logins"].as_array().map(Vec::len), Some(1));
    assert_eq!(prebuilds.objects(), "");
    let kept = create(&prebuilds, &folder, &["--allow-login"]).expect(0);
    let drift = &kept.json()["checks"]["drift"];
    assert_eq!(
        drift["files"],
        serde_json::json!([
            {"path": "package-lock.json", "phases": ["onCreateCommand"]},
            {"path": "setup.sh", "phases": ["onCreateCommand", "updateContentCommand"]},
        ]),
        "{drift}"
    );
    let kept = kept.json();
    let view = sandbox.run(&["prebuild", "view", kept["name"].as_str().expect("a name")]).expect(0).stdout;
    assert!(view.contains("Check ") && view.contains("login: ") && view.contains("package-lock.json"), "{view}");
    let advice = kept["checks"]["advice"].to_string();
    assert!(advice.contains("postCreateCommand runs `npm ci`, which a prebuild does not"), "{advice}");
}

#[test]
fn a_prebuild_has_its_own_token_and_no_codespace_sees_it() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let folder = sandbox.repository(
        "app",
        r#"{"image": "busybox:1", "onCreateCommand": "echo ${#GITHUB_TOKEN} ${#CODESPACES_PREBUILD_TOKEN} >token", "postCreateCommand": "env | grep -c ghp-of >>token || true"}"#,
    );
    let hub = sandbox.file(
        "hub.yaml",
        "repositories: {acme/app: {visibility: private}}\nsecrets: [{name: CODESPACES_PREBUILD_TOKEN, repository: acme/app, value: ghp-of-prebuilds}]\n",
    );
    let with = ["--hub", &hub, "--repository", "acme/app"];
    let _made = prebuilds.create(&folder, &with).expect(0);
    let name = sandbox.name("one");
    let up = sandbox.up(&folder, &name, &with).expect(0);
    assert!(!up.stderr.contains("ghp-of"), "{}", up.stderr);
    assert_eq!(sandbox.inside(&name, "cat token; env | grep -c PREBUILD_TOKEN || true"), "16 0\n0\n0\n");
    let effective = sandbox.run(&["secret", "list", "--effective", "--hub", &hub, "-R", "acme/app"]).expect(0).stdout;
    assert!(effective.contains("no codespace ever sees it"), "{effective}");
}
