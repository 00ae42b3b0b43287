//! Which addresses are asked, and how: what a registry or a configuration names may not lead just anywhere.

use url::{Host, Url};

/// Tells whether a host is this machine, which is asked over plain HTTP.
///
/// The reference does so for `localhost` alone; `127.0.0.1` and `[::1]` are the same machine.
pub(super) fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Returns the address of a path in a registry's API.
pub(super) fn of_registry(registry: &str, path: &str) -> Result<Url, String> {
    // Docker Hub's API is on another host than its name.
    let host = match registry {
        "docker.io" | "index.docker.io" => "registry-1.docker.io",
        other => other,
    };
    checked(&format!("https://{host}/v2/{path}"))
}

/// Reads an address that a request may be sent to.
pub(super) fn checked(text: &str) -> Result<Url, String> {
    let mut url = Url::parse(text).map_err(|error| format!("`{text}` is no address: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the address holds a login".to_owned());
    }
    let wanted = if is_this_machine(&url) { "http" } else { "https" };
    match url.scheme() {
        "https" | "http" if wanted == "http" => {
            url.set_scheme("http").map_err(|()| format!("`{text}` is no address"))?;
        }
        "https" => {}
        other => return Err(format!("{other}:// is not asked, but for this machine itself")),
    }
    url.set_fragment(None);
    Ok(url)
}

/// Reads an address that the answer of `from` names: a redirection, or where tokens are had.
pub(super) fn named_by(from: &Url, text: &str) -> Result<Url, String> {
    let joined = from.join(text).map_err(|error| format!("the answer names an address that is none: {error}"))?;
    let url = checked(joined.as_str())?;
    // Services of this machine are none of another machine's business.
    if is_this_machine(&url) && !is_this_machine(from) {
        return Err(format!("{} names an address of this machine", from.host_str().unwrap_or_default()));
    }
    Ok(url)
}

/// Tells whether two addresses are one server's, so that a login for one is for the other.
pub(super) fn is_same_server(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host() == other.host()
        && one.port_or_known_default() == other.port_or_known_default()
}

/// Returns an address for a person: a query may hold a signature that is as good as a login.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn this_machine_is_asked_over_plain_http_and_no_other() {
        for (text, expected) in [
            ("https://ghcr.io/v2/", Ok("https://ghcr.io/v2/")),
            ("https://localhost:5000/v2/", Ok("http://localhost:5000/v2/")),
            ("http://127.0.0.1:5000/", Ok("http://127.0.0.1:5000/")),
            ("https://[::1]:5000/", Ok("http://[::1]:5000/")),
            ("https://localhost/x", Ok("http://localhost/x")),
            ("http://localhost/x", Ok("http://localhost/x")),
            ("http://ghcr.io/v2/", Err("http:// is not asked")),
            ("ftp://localhost/", Err("ftp:// is not asked")),
            ("file:///etc/passwd", Err("file:// is not asked")),
            ("https://localhost.evil.example/", Ok("https://localhost.evil.example/")),
            ("https://me:pw@ghcr.io/", Err("holds a login")),
            ("https://", Err("is no address")),
            ("", Err("is no address")),
        ] {
            match (checked(text), expected) {
                (Ok(url), Ok(expected)) => assert_eq!(url.as_str(), expected),
                (Err(problem), Err(part)) => assert!(problem.contains(part), "{text}: {problem}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }

    #[test]
    fn docker_hub_is_asked_where_it_answers() {
        for registry in ["docker.io", "index.docker.io"] {
            let url = of_registry(registry, "a/b/manifests/1").expect("an address");
            assert_eq!(url.as_str(), "https://registry-1.docker.io/v2/a/b/manifests/1");
        }
        assert_eq!(of_registry("localhost:1", "a").expect("an address").as_str(), "http://localhost:1/v2/a");
    }

    #[test]
    fn an_answer_may_not_lead_to_this_machine_or_out_of_tls() {
        let (far, near) = (checked("https://ghcr.io/a/b").expect("one"), checked("http://localhost:1/a").expect("one"));
        for (from, text, expected) in [
            (&far, "/c", Ok("https://ghcr.io/c")),
            (&far, "https://pkg.example/x?sig=1#y", Ok("https://pkg.example/x?sig=1")),
            (&far, "//other.example/x", Ok("https://other.example/x")),
            (&far, "http://pkg.example/x", Err("http:// is not asked")),
            (&far, "https://localhost/x", Err("an address of this machine")),
            (&far, "http://127.0.0.2/x", Err("an address of this machine")),
            (&near, "http://localhost:2/x", Ok("http://localhost:2/x")),
            (&near, "https://pkg.example/x", Ok("https://pkg.example/x")),
        ] {
            match (named_by(from, text), expected) {
                (Ok(url), Ok(expected)) => assert_eq!(url.as_str(), expected),
                (Err(problem), Err(part)) => assert!(problem.contains(part), "{text}: {problem}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
        assert!(!is_same_server(&far, &near));
        assert!(is_same_server(&far, &checked("https://ghcr.io:443/z").expect("one")));
        assert_eq!(shown(&checked("https://a.example/x?sig=secret").expect("one")), "https://a.example/x");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(https://|http://)?[a-z:@/.#?\\[\\]0-9é]{0,30}") {
            if let Ok(url) = checked(&text) {
                prop_assert!(url.scheme() == "https" || is_this_machine(&url));
            }
        }
    }
}
