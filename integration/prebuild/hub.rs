//! The case that prebuilds with nested engines stand or fall by: what `onCreateCommand` built inside is in the prebuild, and what takes a login is not.

use std::fs;
use std::process::Command;

use super::Prebuilds;
use crate::hub::Hub;
use crate::support::{Ran, Sandbox, commit, docker, left_of};

/// A base image that only the hub has, and what an update has of its secrets.
const OF_HUB: &str = r#"{
    "image": "ghcr.io/acme/api:1",
    "onCreateCommand": "echo onCreate >>/seen",
    "updateContentCommand": "echo $(cat version) ${OF_REPOSITORY:+repository} ${OF_USER:+user} ${GITHUB_TOKEN:+token} >>/seen",
    "postCreateCommand": "grep -o ghcr.io ~/.docker/config.json >>/seen"
}"#;

const HUB: &str = "
users: {mona: {}}
organizations: {acme: {members: [mona]}}
repositories: {acme/app: {visibility: private}}
packages:
  ghcr.io/acme/api: {visibility: private, codespaces_access: [acme/app], image: 'busybox:1'}
secrets:
  - {name: OF_ORGANIZATION, organization: acme, visibility: all, value: organization-value}
  - {name: OF_REPOSITORY, repository: acme/app, value: repository-value}
  - {name: OF_USER, user: mona, repositories: [acme/app], value: user-own-value}
";

const CONFIG: &str = r#"{
    "image": "mcr.microsoft.com/devcontainers/universal:linux",
    "onCreateCommand": "sh .devcontainer/on-create.sh",
    "postCreateCommand": "docker pull -q ghcr.io/acme/api:1 && docker run --rm ghcr.io/acme/api:1 echo pulled >late && sh .devcontainer/seen.sh late"
}"#;

const ON_CREATE: &str = "set -e
echo once >>~/on-create
sh .devcontainer/seen.sh early
! docker pull -q ghcr.io/acme/api:1 2>>early
mkdir ~/built
cp -L /bin/true $(ldd /bin/true | grep -o '/[^ ]*') ~/built
printf 'FROM scratch\nCOPY . /lib64/\nENV LD_LIBRARY_PATH=/lib64\nCMD [\"/lib64/true\"]\n' >~/built/Dockerfile
docker build -q -t made:1 ~/built
docker run --name ran made:1
";

/// What a command has of what is secret.
const SEEN: &str = "echo \"${OF_ORGANIZATION:+organization} ${OF_REPOSITORY:+repository} ${OF_USER:+user} ${GITHUB_TOKEN:+token}\" >>$1
find / -path '*/.docker/config.json' 2>/dev/null >>$1 || true
";

#[test]
fn what_on_create_built_inside_is_there_and_what_takes_a_login_comes_after_it() {
    let sandbox = Sandbox::new();
    let hub = Hub::up(&sandbox, HUB);
    let prebuilds = Prebuilds::new(&sandbox);
    let folder = sandbox.path("app");
    fs::create_dir_all(folder.join(".devcontainer")).expect("made");
    for (name, text) in [("devcontainer.json", CONFIG), ("on-create.sh", ON_CREATE), ("seen.sh", SEEN)] {
        fs::write(folder.join(".devcontainer").join(name), text).expect("written");
    }
    commit(&folder);
    let of = ["--hub", &hub.file, "--repository", "acme/app", "--user", "mona"];
    let prebuild = prebuilds.created(&folder, &of);

    // What is kept has the first image and not the second, no login and no secret.
    let image = format!("localspace-prebuild:{prebuild}");
    let kept = prebuilds.list();
    let volumes: Vec<String> = prebuilds.volumes();
    assert!(kept.len() == 1 && volumes.len() == 3, "{kept:?} {volumes:?}");
    let mounts: Vec<String> = volumes.iter().enumerate().map(|(at, volume)| format!("-v{volume}:/v/{at}:ro")).collect();
    let look = |image: &str, text: &str| -> Ran {
        let mounts = mounts.iter().map(String::as_str);
        let run = ["run", "--rm", "--user", "0", "--entrypoint", "sh"].into_iter().chain(mounts);
        docker(&run.chain([image, "-c", text]).collect::<Vec<_>>()).expect(0)
    };
    let names = look("busybox:1", "cat /v/*/image/overlay2/repositories.json").stdout;
    assert!(names.contains("made:1") && !names.contains("acme/api"), "{names}");
    let found =
        look(&image, "find / -xdev -path '*/.docker/config.json'; find /v -path '*/.docker/config.json'").stdout;
    assert_eq!(found, "");
    let values = "organization-value|repository-value|user-own-value|ghs_[0-9A-Za-z]{20}";
    let found = look(
        &image,
        &format!("grep -rlE '{values}' /v/*/app /v/*/.codespaces /home /root /etc /var/lib/localspace; true"),
    );
    assert_eq!(found.stdout, "");
    let configured = docker(&["inspect", &image]).expect(0).stdout;
    assert!(!configured.contains("organization-value") && !configured.contains("repository-value"), "{configured}");

    // The codespace goes on from there.
    let name = sandbox.name("one");
    let up = sandbox.up(&folder, &name, &of).expect(0);
    assert_eq!(up.phases(), "--+--++--", "{}", up.stderr);
    assert!(up.stderr.contains(&format!("prebuild {prebuild}: of main")), "{}", up.stderr);
    let inside = |text: &str| sandbox.inside(&name, text);
    let early = inside("cat early");
    assert!(early.starts_with("organization repository  token\n"), "{early}");
    assert!(
        early.contains("ghcr.io/v2/acme/api/manifests/1\": unauthorized") && !early.contains("config.json"),
        "{early}"
    );
    assert_eq!(inside("cat late"), "pulled\norganization repository user token\n/home/codespace/.docker/config.json\n");
    assert_eq!(
        inside("cat ~/on-create; docker ps -aq --filter name=ran | wc -l; docker run --rm made:1 && echo runs"),
        "once\n1\nruns\n"
    );
    assert!(inside("grep -o ghcr.io ~/.docker/config.json").contains("ghcr.io"));
    let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
    let _gone = sandbox.run(&["prebuild", "delete", &prebuild]).expect(0);
    // What is left is the hub's.
    assert_eq!((prebuilds.volumes(), left_of(&name).as_str()), (vec![], ""));
}

#[test]
fn an_update_is_made_in_the_hub_that_the_prebuild_was_made_in() {
    let sandbox = Sandbox::new();
    let hub = Hub::up(&sandbox, HUB);
    let prebuilds = Prebuilds::new(&sandbox);
    let folder = sandbox.repository("app", OF_HUB);
    let version = |text: &str| {
        fs::write(folder.join("version"), text).expect("written");
        commit(&folder);
    };
    version("v1");
    let of = ["--hub", &hub.file, "--repository", "acme/app", "--user", "mona"];
    let first = prebuilds.created(&folder, &of);
    version("v2");
    let update = || {
        let ran = sandbox.run(&["prebuild", "update", &folder.display().to_string(), "--json"]).expect(0);
        (ran.json()["prebuilds"][0].clone(), ran.stderr)
    };
    let (told, said) = update();
    assert_eq!(told["over"], first.as_str(), "{told}");
    assert!(said.contains(&format!("--hub {}", hub.file)) && !said.contains("repository-value"), "{said}");
    let name = sandbox.name("one");
    let up = sandbox.up(&folder, &name, &of).expect(0);
    assert_eq!(up.phases(), "--+--++--", "{}", up.stderr);
    let seen = "onCreate\nv1 repository token\nv2 repository token\nghcr.io\n";
    assert_eq!(sandbox.inside(&name, "cat /seen"), seen);
    let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);

    // From nothing, the base image is the hub's again.
    let config = OF_HUB.replace("echo onCreate", "echo anew");
    fs::write(folder.join(".devcontainer/devcontainer.json"), config).expect("written");
    version("v3");
    let (told, said) = update();
    assert_eq!(told["over"], serde_json::Value::Null, "{told}");
    assert!(said.contains("image: succeeded") && said.contains("updateContentCommand: succeeded"), "{said}");
    let _gone = sandbox.run(&["prebuild", "delete", "--all"]).expect(0);
    assert!(prebuilds.volumes().is_empty());
}

const PRIVATE: &str = "
users: {mona: {tokens: [{name: prebuilds, scopes: [read:packages], value: ghp-of-mona-0123}]}}
organizations: {acme: {members: [mona]}}
repositories: {acme/app: {visibility: private}}
packages: {ghcr.io/acme/base: {image: 'busybox:1'}}
secrets: [{name: CODESPACES_PREBUILD_TOKEN, repository: acme/app, value: ghp-of-mona-0123}]
";

#[test]
fn the_token_that_a_private_base_image_was_pulled_with_is_not_in_it_and_may_not_be() {
    let sandbox = Sandbox::new();
    let hub = Hub::up(&sandbox, PRIVATE);
    let prebuilds = Prebuilds::new(&sandbox);
    let config = r#"{"image": "ghcr.io/acme/base:1", "onCreateCommand": "echo ${GITHUB_TOKEN%%-*} >kind; test ! -e leaks || printf %s \"$GITHUB_TOKEN\" >/kept"}"#;
    let folder = sandbox.repository("app", config);
    let of = ["--hub", &hub.file, "--repository", "acme/app", "--user", "mona"];
    let prebuild = prebuilds.created(&folder, &of);
    let mounts: Vec<String> = prebuilds.volumes().iter().map(|volume| format!("-v{volume}:/v/{volume}:ro")).collect();
    let run = ["run", "--rm"].into_iter().chain(mounts.iter().map(String::as_str));
    let look = "cat /v/*/app/kind; grep -r ghp-of- /v; true";
    let told = docker(&run.chain(["busybox:1", "sh", "-c", look]).collect::<Vec<_>>()).expect(0).stdout;
    assert_eq!(told, "ghp\n");
    let saved = format!("docker save localspace-prebuild:{prebuild} | grep -ac ghp-of-; true");
    let saved = Ran::of(Command::new("sh").args(["-c", &saved]).output().expect("it runs")).expect(0);
    assert_eq!(saved.stdout, "0\n", "{}", saved.stderr);

    fs::write(folder.join("leaks"), "").expect("written");
    commit(&folder);
    let refused = prebuilds.create(&folder, &of).expect(1);
    assert!(refused.stderr.contains(" is in /kept (raw), written by onCreateCommand\n"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("ghp-of-"), "{}", refused.stderr);
    assert_eq!(prebuilds.names(), [prebuild]);
}
