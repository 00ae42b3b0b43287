//! `runArgs` against docker's own program: what a flag changes about a container is the same, whoever makes it.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Sandbox, docker};

/// What is set of a container, each value with its path; what is empty is not.
fn set(container: &str) -> BTreeSet<String> {
    let document = docker(&["inspect", container]).expect(0).json()[0].clone();
    let mut all = BTreeSet::new();
    for part in ["Config", "HostConfig"] {
        flatten(part, &document[part], &mut all);
    }
    for (network, settings) in document["NetworkSettings"]["Networks"].as_object().into_iter().flatten() {
        for part in ["IPAMConfig", "Links", "Aliases", "DriverOpts"] {
            flatten(&format!("{network}.{part}"), &settings[part], &mut all);
        }
    }
    // What makes it this container, and where ours has its work.
    let own = format!("Config.Hostname={}", json!(document["Id"].as_str().and_then(|id| id.get(..12))));
    let is_own = |entry: &str| {
        let is_volume = entry.starts_with("HostConfig.Mounts[]=") && !entry.contains(r#""Type":"tmpfs""#);
        entry == own || is_volume || entry.starts_with("Config.Labels.localspace.")
    };
    all.into_iter().filter(|entry| !is_own(entry)).map(|entry| entry.replace(container, "NAME")).collect()
}

fn flatten(path: &str, value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                flatten(&format!("{path}.{name}"), value, into);
            }
            if fields.is_empty() && path.starts_with("Config.ExposedPorts.") {
                into.insert(path.to_owned());
            }
        }
        Value::Array(items) => {
            // A list of none is what takes the masked paths away.
            if items.is_empty() && (path.ends_with(".MaskedPaths") || path.ends_with(".ReadonlyPaths")) {
                into.insert(format!("{path}=[]"));
            }
            for item in items {
                into.insert(format!("{path}[]={item}"));
            }
        }
        Value::Null | Value::Bool(false) => {}
        Value::String(text) if text.is_empty() => {}
        Value::Number(number) if number.as_f64() == Some(0.0) => {}
        Value::Bool(_) | Value::String(_) | Value::Number(_) => {
            into.insert(format!("{path}={value}"));
        }
    }
}

/// Writes the files that flags name.
fn files(folder: &Path) {
    std::fs::write(folder.join("own.env"), "FILE=1\n").expect("written");
    let profile = "{\n  \"defaultAction\": \"SCMP_ACT_ALLOW\",\n  \"architectures\": [\"SCMP_ARCH_X86_64\"]\n}\n";
    std::fs::write(folder.join("seccomp.json"), profile).expect("written");
}

/// Returns what the flags change about a container that docker's own program makes.
fn of_docker(folder: &Path, name: &str, flags: &[&str]) -> BTreeSet<String> {
    let make = |flags: &[&str]| {
        let args = [&["create", "--name", name], flags, &["busybox:1", "sleep", "60"]].concat();
        let made = std::process::Command::new("docker").args(args).current_dir(folder).output().expect("docker runs");
        assert!(made.status.success(), "{flags:?}: {}", String::from_utf8_lossy(&made.stderr));
        let set = set(name);
        let _gone = docker(&["rm", "-f", name]).expect(0);
        set
    };
    let plain = make(&[]);
    make(flags).difference(&plain).cloned().collect()
}

/// Returns what they, or the property, change about a codespace's container.
fn of_codespace(sandbox: &Sandbox, name: &str, property: &str, flags: &[&str]) -> BTreeSet<String> {
    let make = |flags: &[&str]| {
        let mut config = json!({"image": "busybox:1"});
        config[property] = flags.into();
        let repository = sandbox.repository("r", &config.to_string());
        files(&repository);
        let _done = sandbox.up(&repository, name, &["--working-tree"]).expect(0);
        let set = set(name);
        let _gone = sandbox.run(&["delete", "-c", name]).expect(0);
        std::fs::remove_dir_all(repository).expect("removed");
        set
    };
    let plain = make(&[]);
    make(flags).difference(&plain).cloned().collect()
}

/// A name of this test's own for what its flags are about.
struct Other(String);

impl Drop for Other {
    fn drop(&mut self) {
        let _gone = docker(&["rm", "-f", "-v", &self.0]);
        let _gone = docker(&["network", "rm", &self.0]);
    }
}

/// A disk of this machine.
fn disk() -> String {
    let disks = std::fs::read_dir("/sys/block").expect("listed").filter_map(Result::ok);
    let paths = disks.map(|disk| format!("/dev/{}", disk.file_name().display()));
    paths.filter(|path| Path::new(path).exists()).min_by_key(|path| path.starts_with("/dev/loop")).expect("a disk")
}

#[test]
fn a_flag_means_what_it_means_to_docker() {
    let sandbox = Sandbox::new();
    let other = Other(sandbox.name("other"));
    let link = format!("--link={}:db", other.0);
    let network = format!("--network={}", other.0);
    let (reads, writes) = (format!("--device-read-bps={}:1mb", disk()), format!("{}:2048", disk()));
    let volumes = format!("--volumes-from={}:ro", other.0);
    let _network = docker(&["network", "create", "--subnet=10.213.7.0/24", &other.0]).expect(0);
    let _other = docker(&["run", "-d", "--name", &other.0, "-v", "/shared", "busybox:1", "sleep", "600"]).expect(0);
    let folder = sandbox.path("files");
    std::fs::create_dir(&folder).expect("made");
    files(&folder);
    let name = sandbox.name("ours");
    let by_docker = sandbox.name("docker");
    for flags in [
        // Where the kernel has no weights, the engine takes them away from both.
        &[&reads, "--device-write-bps", &writes, "--blkio-weight=300"][..],
        &["--device-read-iops", &writes, "--device-write-iops", &writes],
        &["--health-cmd", "true || exit 1", "--health-interval=1m30s", "--health-retries=3"],
        &["--health-start-interval=500ms", "--health-start-period", "1.5s", "--health-timeout=2s"],
        &["--no-healthcheck"],
        &[&link],
        &[&network, &link],
        &[&network, "--link-local-ip=169.254.7.7", "--ip=10.213.7.77", "--network-alias=api", "--network-alias", "web"],
        &[&volumes],
        &["--env-file=own.env", "--env=E=1", "-eF=2"],
        &["--label-file", "own.env", "--label=L=1", "-lM"],
        &["--security-opt=no-new-privileges", "--security-opt", "systempaths=unconfined"],
        &["--security-opt=seccomp=seccomp.json"],
        &["--security-opt=seccomp=unconfined", "--cap-drop=NET_RAW", "--cap-add", "SYS_PTRACE"],
        &["--memory=256m", "--memory-swap=-1", "--memory-reservation", "64m", "--shm-size=1g"],
        &["--cpus=1.5", "-c", "512", "--cpuset-cpus=0", "--cpuset-mems=0", "--pids-limit=200"],
        &["--cpu-period=50000", "--cpu-quota=25000", "--oom-score-adj=100"],
        &["--ulimit=nofile=1024:2048", "--ulimit", "core=0", "--sysctl=net.ipv4.ip_forward=1"],
        &["--device=/dev/null:/dev/nothing:r", "--device-cgroup-rule=c 1:3 rwm", "--group-add=10"],
        &["--tmpfs=/run:rw,size=64m", "--tmpfs", "/x", "--annotation=a=b", "--stop-signal=SIGINT"],
        &["--mount=type=tmpfs,target=/y,tmpfs-size=64m,tmpfs-mode=1770,readonly"],
        &["--dns=1.1.1.1", "--dns-search=a.example", "--dns-option", "ndots:1", "--add-host=a=1.2.3.4"],
        &["-p", "127.0.0.1::8080", "--expose=9000-9001/udp", "--stop-timeout=3", "-P"],
        &["--ipc=private", "--pid=host", "--cgroupns=private", "--uts=host", "--log-driver=local"],
        &["--log-opt=max-size=1m", "--runtime=runc", "--userns=host", "--workdir=/tmp", "--privileged"],
    ] {
        let (ours, docker_s) = (of_codespace(&sandbox, &name, "runArgs", flags), of_docker(&folder, &by_docker, flags));
        assert!(!docker_s.is_empty(), "{flags:?} change nothing");
        assert_eq!(ours, docker_s, "{flags:?}");
    }
}

#[test]
fn security_opt_means_what_its_flag_means_to_docker() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("files");
    std::fs::create_dir(&folder).expect("made");
    files(&folder);
    let name = sandbox.name("ours");
    let options = ["seccomp=./seccomp.json", "no-new-privileges", "systempaths=unconfined"];
    let flags: Vec<String> = options.iter().map(|option| format!("--security-opt={option}")).collect();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let mut ours = of_codespace(&sandbox, &name, "securityOpt", &options);
    ours.retain(|one| !one.starts_with("Config.Labels.devcontainer.metadata"));
    assert_eq!(ours, of_docker(&folder, &sandbox.name("docker"), &flags));
    let repository = sandbox.repository("none", r#"{"image": "busybox:1", "securityOpt": ["seccomp=/etc/passwd"]}"#);
    let up = sandbox.up(&repository, &name, &[]).expect(2);
    let said = ".devcontainer/devcontainer.json:1:40: securityOpt: the repository has no file /etc/passwd";
    assert!(up.stderr.contains(said), "{}", up.stderr);
}
