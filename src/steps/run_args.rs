//! `runArgs`: the flags of `docker run`, as fields of the engine's request.

use crate::devcontainer::{ConfigError, DevContainer};
use crate::engine::{ContainerSpec, PortSpec, Ulimit};

/// Flags that take no value.
const SWITCHES: [&str; 9] = ["--privileged", "--init", "-t", "--tty", "-i", "--interactive", "-d", "--detach", "--rm"];

/// Sets the fields that `runArgs` name. An unknown flag is an error that names it.
pub(super) fn apply(config: &DevContainer, spec: &mut ContainerSpec) -> Result<(), ConfigError> {
    let mut words = config.run_args.iter();
    while let Some(word) = words.next() {
        let text = word.value.as_str();
        if SWITCHES.contains(&text) {
            spec.privileged |= text == "--privileged";
            spec.init |= text == "--init";
            continue;
        }
        let short = text.len() > 2 && !text.starts_with("--");
        let (flag, value) = match text.split_once('=') {
            Some((flag, value)) if text.starts_with("--") => (flag, value.to_owned()),
            _ if short => {
                (text.get(..2).unwrap_or(text), text.get(2..).unwrap_or_default().trim_start_matches('=').to_owned())
            }
            _ => match words.next() {
                Some(next) => (text, next.value.clone()),
                None => return Err(config.error(word.span.clone(), format!("runArgs: `{text}` wants a value"), None)),
            },
        };
        let set = set(spec, flag, &value);
        set.map_err(|problem| config.error(word.span.clone(), format!("runArgs: {problem}"), None))?;
    }
    Ok(())
}

fn set(spec: &mut ContainerSpec, flag: &str, value: &str) -> Result<(), String> {
    let extra = &mut spec.extra;
    let owned = || value.to_owned();
    match flag {
        "--network" | "--net" => extra.network = Some(owned()),
        "--add-host" => extra.hosts.push(value.replacen('=', ":", 1)),
        "--hostname" | "-h" => spec.hostname = Some(owned()),
        "--cap-add" => extra.cap_add.push(owned()),
        "--cap-drop" => extra.cap_drop.push(owned()),
        "--security-opt" => extra.security_opt.push(owned()),
        "--env" | "-e" if value.contains('=') => spec.env.push(owned()),
        "--user" | "-u" => spec.user = Some(owned()),
        "--label" | "-l" => {
            let (name, value) = value.split_once('=').unwrap_or((value, ""));
            spec.labels.insert(name.to_owned(), value.to_owned());
        }
        "--publish" | "-p" => extra.ports.push(port(value)?),
        "--memory" | "-m" => extra.memory = Some(bytes(value)?),
        "--shm-size" => extra.shm_size = Some(bytes(value)?),
        "--cpus" => {
            let (whole, part) = value.split_once('.').unwrap_or((value, ""));
            let nanos = format!("{whole}{part:0<9}").get(..whole.len() + 9).and_then(|digits| digits.parse().ok());
            extra.nano_cpus = Some(nanos.ok_or_else(|| format!("`{value}` is no number of CPUs"))?);
        }
        "--ulimit" => extra.ulimits.push(ulimit(value)?),
        "--device" => extra.devices.push(owned()),
        "--tmpfs" => {
            let (path, options) = value.split_once(':').unwrap_or((value, ""));
            extra.tmpfs.insert(path.to_owned(), options.to_owned());
        }
        "--sysctl" => {
            let (name, value) = value.split_once('=').ok_or_else(|| format!("`{value}` is no NAME=VALUE"))?;
            extra.sysctls.insert(name.to_owned(), value.to_owned());
        }
        "--dns" => extra.dns.push(owned()),
        "--group-add" => extra.group_add.push(owned()),
        "--ipc" => extra.ipc = Some(owned()),
        "--pid" => extra.pid = Some(owned()),
        "--userns" => extra.userns = Some(owned()),
        "--runtime" => extra.runtime = Some(owned()),
        "--pids-limit" => extra.pids_limit = Some(value.parse().map_err(|_| format!("`{value}` is no number"))?),
        // The codespace's name is its container's; the reference's editors do the same.
        "--name" => {}
        _ => return Err(format!("`{flag}` is not supported by this version")),
    }
    Ok(())
}

/// Reads a size as Docker does: a number and one of b, k, m, g.
fn bytes(text: &str) -> Result<i64, String> {
    let lower = text.to_ascii_lowercase();
    let number = lower.trim_end_matches(|unit: char| unit.is_ascii_alphabetic());
    let factor: i64 = match lower.get(number.len()..).unwrap_or_default() {
        "" | "b" => 1,
        "k" | "kb" => 1 << 10,
        "m" | "mb" => 1 << 20,
        "g" | "gb" => 1 << 30,
        _ => return Err(format!("`{text}` is no size")),
    };
    number
        .parse::<i64>()
        .ok()
        .and_then(|number| number.checked_mul(factor))
        .ok_or_else(|| format!("`{text}` is no size"))
}

/// Reads `[[ip:]host:]container[/protocol]`.
fn port(text: &str) -> Result<PortSpec, String> {
    let (addresses, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let mut parts = addresses.rsplitn(3, ':');
    let container = parts.next().unwrap_or_default();
    container.parse::<u16>().map_err(|_| format!("`{text}` is no port"))?;
    let host_port = parts.next().map(str::to_owned);
    let host_ip = parts.next().map(|ip| ip.trim_matches(['[', ']']).to_owned());
    Ok(PortSpec { container: format!("{container}/{protocol}"), host_ip, host_port })
}

fn ulimit(text: &str) -> Result<Ulimit, String> {
    let fail = || format!("`{text}` is no NAME=SOFT[:HARD]");
    let (name, limits) = text.split_once('=').ok_or_else(fail)?;
    let (soft, hard) = limits.split_once(':').unwrap_or((limits, limits));
    let number = |text: &str| text.parse().map_err(|_| fail());
    Ok(Ulimit { name: name.to_owned(), soft: number(soft)?, hard: number(hard)? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(args: &str) -> Result<ContainerSpec, String> {
        let text = format!("{{\"image\": \"x\", \"runArgs\": {args}}}");
        let config = DevContainer::parse(&text, "f").map_err(|error| error.problem)?;
        let mut spec = ContainerSpec::default();
        apply(&config, &mut spec).map_err(|error| error.problem)?;
        Ok(spec)
    }

    #[test]
    fn flags_have_three_forms() {
        let spec = parse(r#"["--network=n", "--cpus", "1.5", "-m2g", "-eA=1", "--init", "-p", "127.0.0.1:80:8080"]"#)
            .expect("parsed");
        assert_eq!(spec.extra.network.as_deref(), Some("n"));
        assert_eq!((spec.extra.nano_cpus, spec.extra.memory), (Some(1_500_000_000), Some(2 << 30)));
        assert_eq!((spec.env.as_slice(), spec.init), (["A=1".to_owned()].as_slice(), true));
        assert_eq!(spec.extra.ports[0].container, "8080/tcp");
        assert_eq!(spec.extra.ports[0].host_ip.as_deref(), Some("127.0.0.1"));
    }

    #[test]
    fn an_unknown_flag_is_named() {
        assert_eq!(
            parse(r#"["--oom-kill-disable", "x"]"#),
            Err("runArgs: `--oom-kill-disable` is not supported by this version".to_owned())
        );
        assert_eq!(parse(r#"["--network"]"#), Err("runArgs: `--network` wants a value".to_owned()));
        assert_eq!(parse(r#"["-mx"]"#), Err("runArgs: `x` is no size".to_owned()));
    }

    proptest! {
        #[test]
        fn no_flags_panic(words in prop::collection::vec("(-{0,2})[a-z]{0,8}=?[é0-9.:/=]{0,6}", 0..5)) {
            let _either = parse(&serde_json::to_string(&words).expect("json"));
        }
    }
}
