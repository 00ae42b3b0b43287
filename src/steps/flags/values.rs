//! The values of `docker run`'s flags, read as docker reads them; an error is what is wrong with one, in words.

use crate::codespace::label;
use crate::engine::{CgroupNamespace, GpuRequest, PortSpec, Ulimit};

/// Returns the file of a seccomp profile, where a security option names one.
pub(in crate::steps) fn seccomp_profile(option: &str) -> Option<&str> {
    let profile = option.strip_prefix("seccomp=").or_else(|| option.strip_prefix("seccomp:"))?;
    (!["unconfined", "builtin"].contains(&profile)).then_some(profile)
}

/// The limits there are (docker's `--ulimit`).
const LIMITS: [&str; 15] = [
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

/// Reads the value of a switch that has one, as Go does.
pub(in crate::steps) fn switch(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(format!("`{text}` is neither true nor false")),
    }
}

/// Reads any text but none.
pub(in crate::steps) fn text(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("its value is empty".to_owned()) } else { Ok(text.to_owned()) }
}

/// Reads the path of a device and what stands after the colon.
pub(in crate::steps) fn of_device<T>(text: &str, value: fn(&str) -> Result<T, String>) -> Result<(String, T), String> {
    match text.split_once(':') {
        Some((path, rest)) if path.starts_with("/dev/") => Ok((path.to_owned(), value(rest)?)),
        _ => Err(format!("`{text}` is no /dev/PATH:VALUE")),
    }
}

/// Reads a weight of `--blkio-weight`.
pub(in crate::steps) fn weight(text: &str) -> Result<u16, String> {
    let weight = text.parse().ok().filter(|weight| *weight == 0 || (10..=1000).contains(weight));
    weight.ok_or_else(|| format!("`{text}` is no weight: 10 to 1000, or 0 for none"))
}

/// Reads a number that is not below zero.
pub(in crate::steps) fn count(text: &str) -> Result<i64, String> {
    text.parse().ok().filter(|count| *count >= 0).ok_or_else(|| format!("`{text}` is no number from 0 on"))
}

/// Reads a time as Go writes it, such as `1m30s` or `1.5s`, in nanoseconds.
pub(in crate::steps) fn duration(text: &str) -> Result<i64, String> {
    let fail = || format!("`{text}` is no time, as 30s or 1m30s is one");
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Ok(0);
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').ok_or_else(fail)?;
        let (number, after) = rest.split_at(digits);
        let unit = after.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let nanoseconds: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return Err(fail()),
        };
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let part_of_it = fraction(part, nanoseconds).ok_or_else(fail)?;
        let whole = if whole.is_empty() && !part.is_empty() { 0 } else { whole.parse::<i64>().map_err(|_| fail())? };
        total += i128::from(whole) * nanoseconds + part_of_it;
        rest = after;
    }
    i64::try_from(total).ok().filter(|_| !text.is_empty()).ok_or_else(fail)
}

/// Reads the name of another container, and what it is called here.
pub(in crate::steps) fn link(text: &str) -> Result<String, String> {
    let parts: Vec<_> = text.split(':').collect();
    if matches!(parts.as_slice(), [name] | [name, _] if !name.is_empty()) {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is no CONTAINER[:ALIAS]"))
    }
}

pub(in crate::steps) fn number(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

/// Reads a size: a number and one of b, k, m, g, t.
pub(in crate::steps) fn bytes(text: &str) -> Result<i64, String> {
    let fail = || format!("`{text}` is no size: a number and b, k, m or g");
    let lower = text.to_ascii_lowercase();
    let digits = lower.trim_end_matches(|unit: char| unit.is_ascii_alphabetic());
    let factor: i64 = match lower.get(digits.len()..).unwrap_or_default() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        "t" | "tb" | "tib" => 1 << 40,
        _ => return Err(fail()),
    };
    let (whole, part) = digits.trim_end().split_once('.').unwrap_or((digits.trim_end(), ""));
    let whole: i64 = whole.parse().ok().filter(|whole| *whole >= 0).ok_or_else(fail)?;
    if !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(fail());
    }
    // A part of a byte is cut off, as docker does.
    let fraction = fraction(part, factor.into()).and_then(|part| i64::try_from(part).ok()).ok_or_else(fail)?;
    whole.checked_mul(factor).and_then(|size| size.checked_add(fraction)).ok_or_else(fail)
}

/// Returns what the digits behind a point come to of a unit. Nine of them are exact for every unit that there is.
fn fraction(digits: &str, unit: i128) -> Option<i128> {
    let nine: i128 = format!("{digits:0<9}").get(..9)?.parse().ok()?;
    Some(nine * unit / 1_000_000_000)
}

/// Reads a size, or -1 for no limit.
pub(in crate::steps) fn bytes_or_unlimited(text: &str) -> Result<i64, String> {
    if text == "-1" { Ok(-1) } else { bytes(text) }
}

/// Reads a number of CPUs, in billionths of one.
pub(in crate::steps) fn cpus(text: &str) -> Result<i64, String> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if text.len() < 2 && whole.is_empty() || !is_number(whole) || !is_number(part) || part.len() > 9 {
        return Err(format!("`{text}` is no number of CPUs"));
    }
    format!("{whole}{part:0<9}").parse().map_err(|_| format!("`{text}` is no number of CPUs"))
}

/// Reads `NAME=VALUE`.
pub(in crate::steps) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is no NAME=VALUE")),
    }
}

/// Reads `NAME[=VALUE]` of a label. What exists is known by labels (DESIGN section 5): ours are no one else's to set.
pub(in crate::steps) fn label(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    match label::RESERVED.iter().find(|prefix| name.starts_with(*prefix)) {
        Some(prefix) => Err(format!("`{name}`: the labels {prefix}… are what a codespace is known by")),
        None if name.is_empty() => Err(format!("`{text}` is no NAME=VALUE")),
        None => Ok((name.to_owned(), value.to_owned())),
    }
}

/// Reads `NAME=VALUE` or `NAME` of a variable.
pub(in crate::steps) fn variable(text: &str) -> Result<String, String> {
    let name = text.split_once('=').map_or(text, |(name, _)| name);
    if name.is_empty() { Err(format!("`{text}` is no NAME=VALUE")) } else { Ok(text.to_owned()) }
}

/// Reads `NAME:ADDRESS` or `NAME=ADDRESS`.
pub(in crate::steps) fn host(text: &str) -> Result<String, String> {
    let fail = || format!("`{text}` is no NAME:ADDRESS");
    let (name, address) = text.split_once(['=', ':']).ok_or_else(fail)?;
    let address = address.trim_start_matches('[').trim_end_matches(']');
    let fits = address == "host-gateway" || address.parse::<std::net::IpAddr>().is_ok();
    if name.is_empty() || !fits { Err(fail()) } else { Ok(format!("{name}:{address}")) }
}

/// Reads an address.
pub(in crate::steps) fn address(text: &str) -> Result<String, String> {
    text.parse::<std::net::IpAddr>().map(|_| text.to_owned()).map_err(|_| format!("`{text}` is no address"))
}

/// Reads the name of a network.
pub(in crate::steps) fn network(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains(['=', ',']) {
        return Err(format!("`{text}` is no name of a network"));
    }
    Ok(text.to_owned())
}

pub(in crate::steps) fn cgroup_namespace(text: &str) -> Result<CgroupNamespace, String> {
    match text {
        "host" => Ok(CgroupNamespace::Host),
        "private" => Ok(CgroupNamespace::Private),
        _ => Err(format!("`{text}` is neither host nor private")),
    }
}

/// Reads `TYPE MAJOR:MINOR ACCESS`, for example `c 1:3 mr`.
pub(in crate::steps) fn device_rule(text: &str) -> Result<String, String> {
    let mut words = text.split(' ');
    let mut next = || words.next().unwrap_or_default();
    let (kind, numbers, access) = (next(), next(), next());
    let is_number = |text: &str| text == "*" || !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = ["a", "b", "c"].contains(&kind)
        && numbers.split_once(':').is_some_and(|(major, minor)| is_number(major) && is_number(minor))
        && (1..=3).contains(&access.len())
        && access.bytes().all(|byte| b"rwm".contains(&byte));
    if fits && next().is_empty() {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is no device rule, as `c 1:3 mr` is one"))
    }
}

/// Reads `PATH[:OPTIONS]`.
pub(in crate::steps) fn tmpfs(text: &str) -> Result<(String, String), String> {
    let (path, options) = text.split_once(':').unwrap_or((text, ""));
    if path.starts_with('/') {
        Ok((path.to_owned(), options.to_owned()))
    } else {
        Err(format!("`{path}` is no absolute path"))
    }
}

/// Reads `NAME=SOFT[:HARD]`; -1 is no limit.
pub(in crate::steps) fn ulimit(text: &str) -> Result<Ulimit, String> {
    let fail = || format!("`{text}` is no NAME=SOFT[:HARD]");
    let (name, limits) = text.split_once('=').ok_or_else(fail)?;
    if !LIMITS.contains(&name) {
        return Err(format!("`{name}` is no limit: there are {}", LIMITS.join(", ")));
    }
    let (soft, hard) = limits.split_once(':').unwrap_or((limits, limits));
    let limit = |text: &str| text.parse::<i64>().ok().filter(|limit| *limit >= -1).ok_or_else(fail);
    let (soft, hard) = (limit(soft)?, limit(hard)?);
    if hard != -1 && (soft == -1 || soft > hard) {
        return Err(format!("`{text}`: the soft limit is above the hard one"));
    }
    Ok(Ulimit { name: name.to_owned(), soft, hard })
}

/// Reads `[[ip:]host:]container[/protocol]`; a range of ports is as many bindings.
pub(in crate::steps) fn publish(text: &str) -> Result<Vec<PortSpec>, String> {
    let fail = || format!("`{text}` is no [[IP:]HOST:]CONTAINER[/PROTOCOL]");
    let (addresses, protocol) = with_protocol(text)?;
    let (front, container) =
        addresses.rsplit_once(':').map_or(("", addresses), |(front, container)| (front, container));
    let (ip, host) = front.rsplit_once(':').map_or((None, front), |(ip, host)| (Some(ip), host));
    let ip = ip.map(|ip| ip.trim_start_matches('[').trim_end_matches(']')).filter(|ip| !ip.is_empty());
    if ip.is_some_and(|ip| ip.parse::<std::net::IpAddr>().is_err()) {
        return Err(fail());
    }
    let inside = range(container)?;
    let outside = if host.is_empty() { None } else { Some(range(host)?) };
    let width = |(first, last): (u16, u16)| last - first;
    match outside {
        // One port inside, and a range to take a free one of.
        Some(outside) if width(inside) == 0 && width(outside) > 0 => {
            let host_port = Some(format!("{}-{}", outside.0, outside.1));
            Ok(vec![PortSpec {
                container: format!("{}/{protocol}", inside.0),
                host_ip: ip.map(str::to_owned),
                host_port,
            }])
        }
        Some(outside) if width(inside) != width(outside) => {
            Err(format!("`{text}`: the two ranges of ports differ in length"))
        }
        outside => Ok((inside.0..=inside.1)
            .enumerate()
            .map(|(at, port)| PortSpec {
                container: format!("{port}/{protocol}"),
                host_ip: ip.map(str::to_owned),
                host_port: outside.map(|(first, _)| (usize::from(first) + at).to_string()),
            })
            .collect()),
    }
}

/// Reads `PORT[-PORT][/PROTOCOL]`.
pub(in crate::steps) fn expose(text: &str) -> Result<Vec<String>, String> {
    let (ports, protocol) = with_protocol(text)?;
    let (first, last) = range(ports)?;
    Ok((first..=last).map(|port| format!("{port}/{protocol}")).collect())
}

fn with_protocol(text: &str) -> Result<(&str, &str), String> {
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    if ["tcp", "udp", "sctp"].contains(&protocol) {
        Ok((ports, protocol))
    } else {
        Err(format!("`{protocol}` is no protocol: tcp, udp or sctp"))
    }
}

fn range(text: &str) -> Result<(u16, u16), String> {
    let port =
        |port: &str| port.parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(|| format!("`{text}` is no port"));
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (port(first)?, port(last)?);
    if first > last { Err(format!("`{text}` is no range of ports")) } else { Ok((first, last)) }
}

/// Reads `all`, a number, or `NAME=VALUE` fields between commas, as in `device=0,capabilities=utility`.
pub(in crate::steps) fn gpus(text: &str) -> Result<GpuRequest, String> {
    let fail = || format!("`{text}` is no request for GPUs: all, a number, or fields such as device=0");
    let count = |text: &str| match text {
        "all" => Some(-1),
        number => number.parse::<i64>().ok().filter(|count| *count > 0),
    };
    let mut request = GpuRequest { capabilities: vec!["gpu".to_owned()], ..GpuRequest::default() };
    for field in fields(text).ok_or_else(fail)? {
        match field.split_once('=') {
            None => request.count = count(&field).ok_or_else(fail)?,
            Some(("count", value)) => request.count = count(value).ok_or_else(fail)?,
            Some(("driver", value)) => value.clone_into(&mut request.driver),
            Some(("device", value)) => request.ids = value.split(',').map(str::to_owned).collect(),
            Some(("capabilities", value)) => request.capabilities.extend(value.split(',').map(str::to_owned)),
            Some(("options", value)) => request.options = value.split(',').filter_map(|one| pair(one).ok()).collect(),
            Some(_) => return Err(fail()),
        }
    }
    match (request.count, request.ids.is_empty()) {
        (0, true) => Ok(GpuRequest { count: 1, ..request }),
        (0, false) | (_, true) => Ok(request),
        (_, false) => Err(format!("`{text}`: GPUs are counted or named, not both")),
    }
}

/// Splits a line of fields, of which each may stand in double quotes; nothing where a quote is left open.
fn fields(text: &str) -> Option<Vec<String>> {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    for letter in text.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => fields.last_mut()?.push(other),
        }
    }
    (!quoted).then_some(fields)
}
