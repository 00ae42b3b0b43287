//! What the engine says of a hub's images, for a person.

use crate::hub_server::Site;

/// Returns a text in which images of these registries that are named as on the loopback have their own names.
pub(super) fn own_names(said: &str, registries: &[String]) -> String {
    const LOOPBACK: &str = "localhost:";
    let (mut out, mut rest) = (String::new(), said);
    while let Some(at) = rest.find(LOOPBACK) {
        let (before, from) = rest.split_at(at);
        let after =
            from.strip_prefix(LOOPBACK).unwrap_or_default().trim_start_matches(|one: char| one.is_ascii_digit());
        let (api, path) =
            after.strip_prefix("/v2/").map_or(("/", after.strip_prefix('/')), |path| ("/v2/", Some(path)));
        let inside = |name: &String| {
            path?.strip_prefix(&Site::folder_of(name))?.strip_prefix('/').map(|rest| (name.clone(), rest))
        };
        if let Some((name, path)) = registries.iter().find_map(inside) {
            out.push_str(
                &before.strip_suffix("http://").map_or_else(|| before.to_owned(), |before| format!("{before}https://")),
            );
            out.push_str(&name);
            out.push_str(api);
            rest = path;
        } else {
            out.push_str(before);
            out.push_str(LOOPBACK);
            rest = from.strip_prefix(LOOPBACK).unwrap_or_default();
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_engine_says_has_the_registries_own_names() {
        let registries = ["ghcr.io", "r.test:5000"].map(str::to_owned);
        for (said, expected) in [
            ("[1/2] FROM localhost:20862/ghcr.io/acme/base:1", "[1/2] FROM ghcr.io/acme/base:1"),
            (
                "Head \"http://localhost:5/v2/r.test_5000/x/manifests/1\": denied",
                "Head \"https://r.test:5000/v2/x/manifests/1\": denied",
            ),
            ("localhost:5/ghcr.io/a localhost:5/r.test_5000/b@c", "ghcr.io/a r.test:5000/b@c"),
            (
                "localhost:5000/mine http://localhost:5/v2/ localhost: localhost:localhost:5/ghcr.io/a",
                "localhost:5000/mine http://localhost:5/v2/ localhost: localhost:ghcr.io/a",
            ),
            ("localhost:5/ghcr.io.evil/a", "localhost:5/ghcr.io.evil/a"),
            ("", ""),
        ] {
            assert_eq!(own_names(said, &registries), expected);
        }
    }
}
