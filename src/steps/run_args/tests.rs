//! Flags as people write them, and what becomes of them.

use proptest::prelude::*;

use super::*;

fn read(args: &str) -> Result<RunArgs, ConfigError> {
    let text = format!("{{\"image\": \"x\",\n \"runArgs\": {args}}}");
    let config = DevContainer::parse(&text, "f").expect("parsed");
    let variables = Variables {
        local_env: [("HERE".to_owned(), "there".to_owned())].into(),
        id: Some("ID".to_owned()),
        ..Variables::default()
    };
    RunArgs::parse(&config, &variables)
}

fn spec(args: &str) -> ContainerSpec {
    let mut spec = ContainerSpec::default();
    read(args).unwrap_or_else(|error| panic!("{error}")).apply(&mut spec);
    spec
}

#[test]
fn a_flag_has_its_value_in_it_or_after_it() {
    for args in [
        r#"["--memory=2g"]"#,
        r#"["--memory", "2g"]"#,
        r#"["-m2g"]"#,
        r#"["-m", "2g"]"#,
        r#"["-m=2g"]"#,
        r#"["-itm", "2g"]"#,
        r#"["-itm2g"]"#,
    ] {
        assert_eq!(spec(args).extra.memory, Some(2 << 30), "{args}");
    }
    let spec = spec(r#"["--init", "--privileged=false", "-e", "A=1=2", "-eHERE", "--env", "NOWHERE"]"#);
    assert_eq!((spec.init, spec.privileged), (true, false));
    assert_eq!(spec.env, ["A=1=2", "HERE=there"]);
}

#[test]
fn variables_are_replaced() {
    assert_eq!(spec(r#"["--hostname=${localEnv:HERE}-${devcontainerId}"]"#).hostname.as_deref(), Some("there-ID"));
}

#[test]
fn every_flag_that_sets_something_sets_it() {
    for (args, part) in [
        (r#"["--network", "a", "--net=b"]"#, r#"networks: ["a", "b"]"#),
        (
            r#"["--add-host=a=1.2.3.4", "--add-host", "b:::1", "--add-host=c:host-gateway"]"#,
            r#"["a:1.2.3.4", "b:::1", "c:host-gateway"]"#,
        ),
        (r#"["--network-alias=x", "--ip", "10.0.0.2", "--ip6=::2", "--mac-address=92:d0:c6:0a:29:33"]"#, "92:d0"),
        (r#"["--dns=1.1.1.1", "--dns-search=a.b", "--dns-opt=ndots:1"]"#, r#"dns_options: ["ndots:1"]"#),
        (r#"["--cpus=.5"]"#, "nano_cpus: Some(500000000)"),
        (r#"["--cpus=1.25"]"#, "nano_cpus: Some(1250000000)"),
        (r#"["-c", "512", "--cpu-period=1", "--cpu-quota=2"]"#, "cpu_shares: Some(512)"),
        (r#"["--cpuset-cpus=0-1", "--cpuset-mems=0"]"#, r#"cpuset_cpus: Some("0-1")"#),
        (r#"["--memory-swap=-1"]"#, "memory_swap: Some(-1)"),
        (r#"["--memory-reservation=1.5kb", "--memory-swappiness=0"]"#, "memory_reservation: Some(1536)"),
        (r#"["--shm-size=1g"]"#, "shm_size: Some(1073741824)"),
        (r#"["--oom-kill-disable", "--oom-score-adj=-500"]"#, "oom_kill_disable: true"),
        (r#"["--pids-limit=-1"]"#, "pids_limit: Some(-1)"),
        (r#"["--ulimit=nofile=1024:2048", "--ulimit=memlock=-1"]"#, "soft: 1024, hard: 2048"),
        (r#"["--device=/dev/fuse", "--device-cgroup-rule=c 1:* rwm"]"#, r#"["c 1:* rwm"]"#),
        (r#"["--tmpfs=/run:rw,size=64m", "--tmpfs", "/x"]"#, r#"{"/run": "rw,size=64m", "/x": ""}"#),
        (r#"["--sysctl=net.core.somaxconn=1024"]"#, r#"{"net.core.somaxconn": "1024"}"#),
        (r#"["--storage-opt=size=1g", "--annotation=a=b"]"#, r#"storage_options: {"size": "1g"}"#),
        (r#"["--group-add=docker", "--cap-add=SYS_PTRACE", "--cap-drop", "ALL"]"#, r#"cap_drop: ["ALL"]"#),
        (r#"["--security-opt", "seccomp=unconfined"]"#, r#"security_opt: ["seccomp=unconfined"]"#),
        (r#"["--ipc=host", "--pid=host", "--uts=host", "--userns=host"]"#, r#"uts: Some("host")"#),
        (r#"["--cgroupns=private", "--cgroup-parent=/x"]"#, "cgroupns: Some(Private)"),
        (r#"["--runtime=runsc", "--platform=linux/arm64"]"#, r#"platform: Some("linux/arm64")"#),
        (r#"["-w", "/x", "--stop-signal=SIGINT", "--stop-timeout=3"]"#, r#"working_folder: Some("/x")"#),
        (r#"["--log-driver=local", "--log-opt=max-size=1m"]"#, r#"log_options: {"max-size": "1m"}"#),
        (r#"["--domainname=x", "--hostname=y", "-u", "dev"]"#, r#"user: Some("dev")"#),
        (r#"["--label", "a=b", "-l", "c"]"#, r#"labels: {"a": "b", "c": ""}"#),
        (r#"["-P", "--expose=9000-9001/udp"]"#, r#"exposed: ["9000/udp", "9001/udp"]"#),
    ] {
        let shown = format!("{:?}", spec(args));
        assert!(shown.contains(part), "{args}: {shown}");
    }
}

#[test]
fn a_time_is_read_as_go_reads_it() {
    for (text, expected) in [
        ("0", Some(0)),
        ("30s", Some(30_000_000_000)),
        ("1m30s", Some(90_000_000_000)),
        ("1.5s", Some(1_500_000_000)),
        (".5ms", Some(500_000)),
        ("1h0.000000001s", Some(3_600_000_000_001)),
        ("7µs", Some(7_000)),
        ("", None),
        ("s", None),
        (".s", None),
        ("5", None),
        ("1.2.3s", None),
        ("-1s", None),
        ("9999999999h", None),
    ] {
        assert_eq!(values::duration(text).ok(), expected, "{text}");
    }
}

#[test]
fn ports_are_single_or_in_ranges() {
    let ports = |args: &str| {
        let shown = |port: &crate::engine::PortSpec| {
            let part = |part: &Option<String>| part.clone().unwrap_or_default();
            format!("{}:{}:{}", part(&port.host_ip), part(&port.host_port), port.container)
        };
        spec(args).extra.ports.iter().map(shown).collect::<Vec<_>>().join(" ")
    };
    for (args, expected) in [
        (r#"["-p", "80"]"#, "::80/tcp"),
        (r#"["-p", "8080:80/udp"]"#, ":8080:80/udp"),
        (r#"["--publish=127.0.0.1:8080:80"]"#, "127.0.0.1:8080:80/tcp"),
        (r#"["-p127.0.0.1::80"]"#, "127.0.0.1::80/tcp"),
        (r#"["-p[::1]:8080:80"]"#, "::1:8080:80/tcp"),
        (r#"["-p", "8000-8001:9000-9001"]"#, ":8000:9000/tcp :8001:9001/tcp"),
        (r#"["-p", "8000-8010:80"]"#, ":8000-8010:80/tcp"),
        (r#"["-p", "3000-3001"]"#, "::3000/tcp ::3001/tcp"),
    ] {
        assert_eq!(ports(args), expected, "{args}");
    }
}

#[test]
fn mounts_are_kept_for_the_container_to_sort() {
    let read = read(r#"["-v", "cache:/c", "--mount=type=bind,src=/a,dst=/b", "--env-file=.env"]"#).expect("read");
    let kinds: Vec<_> = read.mounts().iter().map(|mount| (mount.kind.as_str(), mount.target.as_str())).collect();
    assert_eq!(kinds, [("volume", "/c"), ("bind", "/b")]);
    assert!(matches!(read.files(), [NamedFile::Variables(file)] if file.value == ".env"));
}

#[test]
fn gpus_are_counted_or_named() {
    for (value, expected) in [
        ("all", Ok((-1, "", "gpu", ""))),
        ("2", Ok((2, "", "gpu", ""))),
        ("device=0", Ok((0, "0", "gpu", ""))),
        (r#"\"device=0,2\",driver=nvidia"#, Ok((0, "0,2", "gpu", "nvidia"))),
        ("capabilities=utility", Ok((1, "", "gpu,utility", ""))),
        ("count=all,driver=x", Ok((-1, "", "gpu", "x"))),
        ("none", Err("`none` is no request for GPUs")),
        ("0", Err("`0` is no request for GPUs")),
        ("x=1", Err("`x=1` is no request for GPUs")),
        ("2,device=1", Err("GPUs are counted or named")),
        (r#"\"device=0"#, Err("is no request for GPUs")),
    ] {
        match (read(&format!("[\"--gpus={value}\"]")), expected) {
            (Ok(read), Ok((count, ids, capabilities, driver))) => {
                let gpus = &read.gpus().expect("a request").value;
                let found = (gpus.count, gpus.ids.join(","), gpus.capabilities.join(","), gpus.driver.as_str());
                assert_eq!(found, (count, ids.to_owned(), capabilities.to_owned(), driver), "{value}");
            }
            (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{value}: {error}"),
            (other, _) => panic!("{value}: {other:?}"),
        }
    }
}

#[test]
fn what_is_left_out_is_told_with_its_place() {
    for (args, part) in [
        (r#"["--rm"]"#, "f:2:14: runArgs: `--rm` is left out: the container would be gone after a stop"),
        (r#"["--init", "--name", "x"]"#, "f:2:24: runArgs: `--name` is left out"),
        (r#"["-d"]"#, "`-d` is left out"),
        (r#"["--restart=always"]"#, "`--restart` is left out"),
        (r#"["--entrypoint", "/x"]"#, "`--entrypoint` is left out"),
        (r#"["--read-only"]"#, "`--read-only` is left out"),
        (r#"["--pull=always"]"#, "`--pull` is left out"),
    ] {
        let read = read(args).expect(args);
        assert_eq!(read.warnings().len(), 1, "{args}");
        assert!(read.warnings()[0].contains(part), "{:?}", read.warnings());
    }
    assert_eq!(read(r#"["-it"]"#).expect("read").warnings().len(), 2);
    assert_eq!(read(r#"["--rm=false"]"#).expect("read").warnings().len(), 0);
}

#[test]
fn what_is_wrong_is_an_error_at_its_place() {
    for (args, expected) in [
        (r#"["--frobnicate"]"#, "f:2:14: runArgs: `--frobnicate` is no flag of `docker run`"),
        (r#"["--init", "ubuntu"]"#, "f:2:24: runArgs: `ubuntu` is no flag"),
        (r#"["--"]"#, "f:2:14: runArgs: `--` is no flag"),
        (r#"["--network"]"#, "f:2:14: runArgs: `--network` wants a value"),
        (r#"["-m"]"#, "f:2:14: runArgs: `-m` wants a value"),
        (r#"["-mx"]"#, "f:2:14: runArgs: `-m`: `x` is no size"),
        (r#"["--memory", "1q"]"#, "f:2:26: runArgs: `--memory`: `1q` is no size"),
        (r#"["--link=x:y:z"]"#, "f:2:14: runArgs: `--link`: `x:y:z` is no CONTAINER[:ALIAS]"),
        (r#"["--use-api-socket"]"#, "f:2:14: runArgs: `--use-api-socket` hands this machine's engine"),
        (r#"["--isolation=hyperv"]"#, "f:2:14: runArgs: `--isolation` is for containers of Windows alone"),
        (r#"["--health-interval=1"]"#, "f:2:14: runArgs: `--health-interval`: `1` is no time"),
        (r#"["--health-timeout=-1s"]"#, "f:2:14: runArgs: `--health-timeout`: `-1s` is no time"),
        (r#"["--no-healthcheck", "--health-retries=1"]"#, "f:2:14: runArgs: `--no-healthcheck` contradicts"),
        (r#"["--blkio-weight=5"]"#, "f:2:14: runArgs: `--blkio-weight`: `5` is no weight"),
        (r#"["--device-read-bps=x:1"]"#, "f:2:14: runArgs: `--device-read-bps`: `x:1` is no /dev/PATH:VALUE"),
        (r#"["--device-read-iops=/dev/x:1k"]"#, "f:2:14: runArgs: `--device-read-iops`: `1k` is no number"),
        (r#"["--volume-driver=nfs"]"#, "f:2:14: runArgs: `--volume-driver`: `nfs`"),
        (r#"["--init=maybe"]"#, "f:2:14: runArgs: `--init`: `maybe` is neither true nor false"),
        (r#"["-p", "x"]"#, "f:2:20: runArgs: `-p`: `x` is no port"),
        (r#"["-p", "0"]"#, "f:2:20: runArgs: `-p`: `0` is no port"),
        (r#"["-p", "1-2:1-3"]"#, "f:2:20: runArgs: `-p`: `1-2:1-3`: the two ranges"),
        (r#"["-p", "host:80:80"]"#, "f:2:20: runArgs: `-p`: `host:80:80` is no [[IP:]"),
        (r#"["-p", "80/icmp"]"#, "f:2:20: runArgs: `-p`: `icmp` is no protocol"),
        (r#"["-v", "a:b"]"#, "f:2:20: runArgs: `-v`: `a:b` is no [SOURCE:]/PATH"),
        (r#"["--mount", "type=volume"]"#, "f:2:25: runArgs: `--mount`: a mount needs a target"),
        (r#"["--cpus=1.x"]"#, "f:2:14: runArgs: `--cpus`: `1.x` is no number of CPUs"),
        (r#"["--ulimit=files=1"]"#, "f:2:14: runArgs: `--ulimit`: `files` is no limit"),
        (r#"["--ulimit=nofile=2:1"]"#, "f:2:14: runArgs: `--ulimit`: `nofile=2:1`: the soft limit"),
        (r#"["--add-host=a:b"]"#, "f:2:14: runArgs: `--add-host`: `a:b` is no NAME:ADDRESS"),
        (r#"["--dns=one"]"#, "f:2:14: runArgs: `--dns`: `one` is no address"),
        (r#"["--device-cgroup-rule=x"]"#, "f:2:14: runArgs: `--device-cgroup-rule`: `x` is no device rule"),
        (r#"["--cgroupns=x"]"#, "f:2:14: runArgs: `--cgroupns`: `x` is neither"),
        (r#"["-e", "=x"]"#, "f:2:20: runArgs: `-e`: `=x` is no NAME=VALUE"),
        (r#"["--tmpfs=x"]"#, "f:2:14: runArgs: `--tmpfs`: `x` is no absolute path"),
    ] {
        let error = read(args).expect_err(args).to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let hint = |args: &str| read(args).expect_err(args).hint;
    assert_eq!(hint(r#"["--netwrok=x"]"#).as_deref(), Some("did you mean `--network`?"));
    assert_eq!(hint(r#"["--frobnicate"]"#), None);
    assert_eq!(
        hint(r#"["--network host"]"#).as_deref(),
        Some("a flag and its value are two words: \"--network\", \"…\"")
    );
}

#[test]
fn our_labels_cannot_be_taken_over() {
    for label in ["localspace.codespace=other", "localspace.source=x", "devcontainer.metadata=[]", "localspace.x"] {
        for args in [format!("[\"--label\", \"{label}\"]"), format!("[\"-l{label}\"]")] {
            let error = read(&args).expect_err(&args).to_string();
            assert!(error.contains("are what a codespace is known by"), "{error}");
        }
    }
}

#[test]
fn the_flags_are_sorted_and_each_has_one_name() {
    let names: Vec<_> = flags::FLAGS.table.iter().map(|flag| flag.name).collect();
    assert!(names.is_sorted());
    for (at, name) in names.iter().enumerate() {
        assert!(!names[at + 1..].contains(name), "{name}");
    }
}

proptest! {
    #[test]
    fn no_flags_panic(words in prop::collection::vec("(-{0,2})[a-zA-Z]{0,8}=?[é0-9.:/=-]{0,6}", 0..5)) {
        let _either = read(&serde_json::to_string(&words).expect("json"));
    }

    #[test]
    fn no_value_panics(name in prop::sample::select(flags::FLAGS.table.iter().map(|flag| flag.name).collect::<Vec<_>>()), value in "[a-z0-9.:/=,é \\[\\]-]{0,20}") {
        let _either = read(&serde_json::to_string(&[name, &value]).expect("json"));
    }
}
