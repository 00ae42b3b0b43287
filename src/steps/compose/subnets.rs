//! Fixed subnets of a project's networks. On GitHub a codespace has a machine of its own; here another codespace, or a network of the engine's, may
//! have the addresses. Pure.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::{Map, Value};

use super::making::{definitions, is_external, network_name};
use crate::codespace::CodespaceName;
use crate::compose::Model;
use crate::engine::NetworkSummary;

/// Returns the networks of a model, by their keys, whose addresses cannot be had: another network of the engine has some of them, or the
/// codespace's own is there already with others.
pub(super) fn taken(model: &Model, name: &CodespaceName, found: &[NetworkSummary]) -> BTreeSet<String> {
    let is_taken = |(key, definition): &(&str, Map<String, Value>)| {
        let wanted = subnets(definition);
        let own = network_name(name, definition, key);
        let own = found.iter().find(|network| network.name == own);
        match own.filter(|_| !wanted.is_empty()) {
            Some(own) => wanted.iter().any(|wanted| !own.subnets.contains(wanted)),
            None => found
                .iter()
                .flat_map(|network| &network.subnets)
                .any(|other| wanted.iter().any(|wanted| overlap(wanted, other).unwrap_or(false))),
        }
    };
    let all = definitions(model, "networks").into_iter().filter(|(_, definition)| !is_external(definition));
    all.filter(is_taken).map(|(key, _)| key.to_owned()).collect()
}

/// Returns the subnets that a network is said to have.
pub(super) fn subnets(definition: &Map<String, Value>) -> Vec<String> {
    let pools = definition.get("ipam").and_then(|ipam| ipam.get("config")?.as_array()).into_iter().flatten();
    pools.filter_map(|pool| pool.get("subnet")?.as_str()).map(str::to_owned).collect()
}

/// Tells whether two subnets share an address; nothing where one of them is none.
fn overlap(one: &str, other: &str) -> Option<bool> {
    let ((one, first), (other, second)) = (subnet(one)?, subnet(other)?);
    let bits = match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => (u128::from(one.to_bits() ^ other.to_bits()), 32),
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits() ^ other.to_bits(), 128),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return Some(false),
    };
    let (differing, width) = bits;
    let host_bits = width - first.min(second).min(width);
    Some(differing.checked_shr(host_bits).unwrap_or(0) == 0)
}

fn subnet(text: &str) -> Option<(IpAddr, u32)> {
    let (address, prefix) = text.split_once('/')?;
    Some((address.parse().ok()?, prefix.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn subnets_share_addresses_or_do_not() {
        for (one, other, expected) in [
            ("172.28.0.0/16", "172.28.0.0/16", Some(true)),
            ("172.28.0.0/16", "172.28.5.0/24", Some(true)),
            ("172.28.5.0/24", "172.16.0.0/12", Some(true)),
            ("172.28.0.0/16", "172.29.0.0/16", Some(false)),
            ("10.0.0.0/25", "10.0.0.128/25", Some(false)),
            ("0.0.0.0/0", "10.0.0.0/8", Some(true)),
            ("fd00::/64", "fd00::1:0/120", Some(true)),
            ("fd00::/64", "fd00:0:0:1::/64", Some(false)),
            ("::/0", "fd00::/64", Some(true)),
            ("fd00::/64", "10.0.0.0/8", Some(false)),
            ("10.0.0.0/99", "10.0.0.0/32", Some(true)),
            ("10.0.0.0", "10.0.0.0/8", None),
            ("x/8", "10.0.0.0/8", None),
            ("10.0.0.0/-1", "10.0.0.0/8", None),
        ] {
            assert_eq!(overlap(one, other), expected, "{one} {other}");
            assert_eq!(overlap(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn a_network_has_the_addresses_that_it_names_unless_another_has_them() {
        let network = |subnet: &str| json!({ "ipam": { "config": [{ "subnet": subnet }] } });
        let mut named = network("172.28.0.0/16");
        named["name"] = "shop-back".into();
        let networks = json!({ "back": named, "front": network("10.9.0.0/24"), "plain": {}, "theirs": { "external": true, "ipam": network("10.9.0.0/24")["ipam"] } });
        let model = Model::parse(&json!({ "networks": networks }).to_string()).expect("a model");
        let check = |found: &[(&str, &str)], expected: &[&str]| {
            let summary = |(name, subnet): &(&str, &str)| NetworkSummary {
                name: (*name).to_owned(),
                subnets: vec![(*subnet).to_owned()],
                gateway: None,
            };
            let found: Vec<_> = found.iter().map(summary).collect();
            let taken: Vec<_> = taken(&model, &"calm-lamp".parse().expect("a name"), &found).into_iter().collect();
            assert_eq!(taken, expected, "{found:?}");
        };
        check(&[], &[]);
        check(&[("bridge", "172.17.0.0/16")], &[]);
        check(&[("bridge", "172.17.0.0/16"), ("other.shop-back", "172.28.0.0/16")], &["back"]);
        check(&[("x", "10.9.0.128/25"), ("y", "172.16.0.0/12")], &["back", "front"]);
        // The codespace's own, as a rebuild finds it.
        check(&[("calm-lamp.shop-back", "172.28.0.0/16")], &[]);
        check(&[("calm-lamp.shop-back", "172.19.0.0/16")], &["back"]);
        check(&[("calm-lamp_front", "10.9.0.0/24"), ("calm-lamp_plain", "172.20.0.0/16")], &[]);
    }
}
