//! `${devcontainerId}`: what the labels that a container is known by come to (devcontainer-semantics.md section 1.2).

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// How many digits an id has: 256 bits, five in each.
const DIGITS: usize = 52;

/// Returns the id of labels by their names: SHA-256 of their compact JSON, as one number to the base of 32.
pub fn devcontainer_id(labels: &BTreeMap<String, String>) -> String {
    let text: serde_json::Map<String, serde_json::Value> =
        labels.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let hash = Sha256::digest(serde_json::Value::from(text).to_string());
    // From the number's end: bit `at` of the number, of which the hash has its highest byte first.
    let bit = |at: usize| hash.iter().rev().nth(at / 8).map_or(0, |byte| byte >> (at % 8) & 1);
    let digit = |place: usize| (0..5).fold(0, |digit, at| digit | bit(place * 5 + at) << at);
    (0..DIGITS).rev().filter_map(|place| char::from_digit(u32::from(digit(place)), 32)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_the_references() {
        let folder = "/workspaces/app";
        let file = "/workspaces/app/.devcontainer/devcontainer.json";
        for (labels, expected) in [
            (&[("a", "b")][..], "1mqafr5h2iu6dhh3k1m4vtnuhml2uiec4s7bntt1v0f25ao63i1n"),
            (&[("c", "d"), ("a", "b")], "1e2sfmkjt1sga649hgk0s5f3u6nlqhlv9al481r91s7gkeo32p3o"),
            (&[], "0h0jduhlbcr7h88kdb8muvk697kkvd7s47v7fq1h1g30uoealvsa"),
            (&[("Type", "codespaces")], "0hcbhh2c7vldoj773drm1bjldnb89u0rt96sl9nju22d9ou8d14n"),
            (
                &[("devcontainer.local_folder", folder), ("devcontainer.config_file", file)],
                "12pnhhmqmj4g14iact2nm45q013n7hdtle0jinfp7i0rd6dve64b",
            ),
        ] {
            let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(devcontainer_id(&labels), expected);
        }
    }
}
