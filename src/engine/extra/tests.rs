//! What the engine is asked for.

use super::*;

#[test]
fn a_network_is_told_of_what_the_container_is_called_there_and_nothing_else() {
    assert_eq!(ExtraOptions { networks: vec!["n".to_owned()], ..ExtraOptions::default() }.networking(), None);
    let extra = ExtraOptions {
        networks: vec!["n".to_owned(), "m".to_owned()],
        network_aliases: vec!["api".to_owned()],
        ip: Some("10.0.0.9".to_owned()),
        ..ExtraOptions::default()
    };
    let endpoints = extra.networking().and_then(|config| config.endpoints_config).expect("endpoints");
    assert_eq!(endpoints["n"].aliases.as_deref(), Some(["api".to_owned()].as_slice()));
    assert_eq!(endpoints["m"], EndpointSettings::default());
    assert_eq!(extra.into_host_config().network_mode.as_deref(), Some("n"));
}

#[test]
fn capabilities_are_named_in_full_and_what_is_added_is_not_dropped() {
    let check = |add: &[&str], drop: &[&str], expected: (&[&str], &[&str])| {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let extra = ExtraOptions { cap_add: own(add), cap_drop: own(drop), ..ExtraOptions::default() };
        let host = extra.into_host_config();
        let found = (host.cap_add.unwrap_or_default(), host.cap_drop.unwrap_or_default());
        assert_eq!(found, (own(expected.0), own(expected.1)), "{add:?} {drop:?}");
    };
    check(&["sys_ptrace", "CAP_SYS_PTRACE"], &["net_raw"], (&["CAP_SYS_PTRACE"], &["CAP_NET_RAW"]));
    check(&["NET_RAW", "all"], &["ALL"], (&["ALL"], &[]));
    check(&["NET_RAW"], &["NET_RAW", "CHOWN"], (&["CAP_NET_RAW"], &["CAP_CHOWN"]));
    check(&["NET_RAW"], &["ALL"], (&["CAP_NET_RAW"], &["ALL"]));
}

#[test]
fn a_device_is_a_path_or_a_name_of_the_container_device_interface() {
    let devices = vec!["/dev/null".to_owned(), "nvidia.com/gpu=0".to_owned()];
    let host = ExtraOptions { devices, ..ExtraOptions::default() }.into_host_config();
    let path = host.devices.and_then(|mut devices| devices.pop()).and_then(|device| device.path_on_host);
    assert_eq!(path.as_deref(), Some("/dev/null"));
    let request = host.device_requests.and_then(|mut requests| requests.pop()).expect("a request");
    assert_eq!(
        (request.driver.as_deref(), request.device_ids),
        (Some("cdi"), Some(vec!["nvidia.com/gpu=0".to_owned()]))
    );
}

#[test]
fn a_device_is_read_as_docker_reads_it() {
    for (text, expected) in [
        ("/dev/fuse", ("/dev/fuse", "/dev/fuse", "rwm")),
        ("/dev/a:/dev/b", ("/dev/a", "/dev/b", "rwm")),
        ("/dev/a:r", ("/dev/a", "/dev/a", "r")),
        ("/dev/a:/dev/b:rw", ("/dev/a", "/dev/b", "rw")),
    ] {
        let DeviceMapping { path_on_host, path_in_container, cgroup_permissions } = device_mapping(text);
        let parts = [path_on_host, path_in_container, cgroup_permissions].map(Option::unwrap_or_default);
        assert_eq!((parts[0].as_str(), parts[1].as_str(), parts[2].as_str()), expected, "{text}");
    }
}
