//! The address of a repository, without what is secret in it.
//!
//! A token in a URL is used for the clone and nothing else: it is in no label, no configuration, no message and no process's argument.

use percent_encoding::percent_decode_str;

use crate::redact::Secret;

/// What a URL says of who clones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Login {
    /// Whom it is for: `scheme://host:port`.
    pub(super) server: String,
    /// The user; often a token.
    pub(super) user: Secret<String>,
    /// The password, where there is one.
    pub(super) password: Option<Secret<String>>,
}

/// Tells whether git takes the text for an address on another machine: a URL, or ssh's `host:path`.
pub(super) fn is_address(text: &str) -> bool {
    let is_ssh = |(host, path): (&str, &str)| !host.is_empty() && !host.contains('/') && !path.is_empty();
    !text.starts_with('-') && (text.contains("://") || text.split_once(':').is_some_and(is_ssh))
}

/// Takes the login out of an address. Of an ssh address the user stays, who is no secret and a part of it.
pub(super) fn split(address: &str) -> (String, Option<Login>) {
    let Some((scheme, rest)) = address.split_once("://") else { return (address.to_owned(), None) };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let Some((login, host)) = authority.rsplit_once('@') else { return (address.to_owned(), None) };
    let (user, password) = login.split_once(':').map_or((login, None), |(user, password)| (user, Some(password)));
    if scheme.to_ascii_lowercase().contains("ssh") {
        return (format!("{scheme}://{user}@{host}{path}"), None);
    }
    let decode = |text: &str| percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned);
    // A line break would end git's own lines, in which the login is handed over.
    let whole = |text: &String| !text.contains(|character: char| character.is_control());
    let login = decode(user).filter(whole).map(|user| Login {
        server: format!("{scheme}://{host}"),
        user: Secret::new(user),
        password: password.and_then(decode).filter(whole).map(Secret::new),
    });
    (format!("{scheme}://{host}{path}"), login)
}

/// Returns a text with the logins of all URLs in it left out.
pub(super) fn scrub(text: &str) -> String {
    let ends = |character: char| character.is_whitespace() || "'\"<>`".contains(character);
    let clean = |piece: &str| if piece.contains("://") { split(piece).0 } else { piece.to_owned() };
    text.split_inclusive(ends).map(clean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_taken_out_and_nothing_else() {
        for (address, expected) in [
            ("https://mona:ghp_x@host/acme/app.git", "https://host/acme/app.git"),
            ("https://ghp_x@host:8443/acme/app", "https://host:8443/acme/app"),
            ("https://mona:p@ss@host/acme", "https://host/acme"),
            ("HTTPS://a:b@host", "HTTPS://host"),
            ("https://host/acme/app@v1", "https://host/acme/app@v1"),
            ("ssh://git:secret@host:22/acme/app", "ssh://git@host:22/acme/app"),
            ("git@github.com:acme/app.git", "git@github.com:acme/app.git"),
            ("/srv/a@b", "/srv/a@b"),
            ("file:///srv/app.git", "file:///srv/app.git"),
        ] {
            assert_eq!(split(address).0, expected, "{address}");
        }
    }

    #[test]
    fn a_login_is_what_the_url_means() {
        let login = split("https://mona:a%40b%2f@host:8443/x").1.expect("a login");
        assert_eq!(login.server, "https://host:8443");
        assert_eq!(login.user.expose(), "mona");
        assert_eq!(login.password.expect("a password").expose(), "a@b/");
        assert!(split("https://ghp_x@host/x").1.is_some_and(|login| login.password.is_none()));
        assert_eq!(split("https://a%0ab:c@host/x"), ("https://host/x".to_owned(), None));
    }

    #[test]
    fn a_message_shows_no_login() {
        let said = "fatal: unable to access 'https://mona:ghp_x@host/acme/': no\nfatal: could not read Password for 'https://ghp_y@host'";
        let expected =
            "fatal: unable to access 'https://host/acme/': no\nfatal: could not read Password for 'https://host'";
        assert_eq!(scrub(said), expected);
    }

    #[test]
    fn an_address_is_no_path() {
        for (text, expected) in [
            ("https://host/x", true),
            ("git@host:x", true),
            ("host:x", true),
            ("./a:b", false),
            ("app", false),
            ("-x:y", false),
            ("host:", false),
        ] {
            assert_eq!(is_address(text), expected, "{text}");
        }
    }
}
