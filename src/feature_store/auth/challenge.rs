//! How a registry wants to be asked: the header `WWW-Authenticate` (RFC 9110, section 11.6.1).

/// One way to log in that a server offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Challenge {
    /// In lower case: `basic`, `bearer`, ….
    pub(super) scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Reads a header's value, which may hold several.
    pub(super) fn read(value: &str) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        let mut rest = value;
        while let Some((token, after)) = token(rest.trim_start_matches([' ', '\t', ','])) {
            let value = after.trim_start().strip_prefix('=').map(str::trim_start);
            rest = match (value, all.last_mut()) {
                (Some(value), Some(challenge)) => {
                    let (text, after) = text(value);
                    challenge.parameters.push((token.to_ascii_lowercase(), text));
                    after
                }
                // A parameter of nothing.
                (Some(value), None) => text(value).1,
                (None, _) => {
                    all.push(Self { scheme: token.to_ascii_lowercase(), parameters: Vec::new() });
                    after
                }
            };
        }
        all
    }

    /// Returns a parameter's value.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Takes a word of what may stand there without quotes. What may not ends the header.
fn token(text: &str) -> Option<(&str, &str)> {
    let is_letter = |one: char| one.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~/".contains(one);
    let end = text.find(|one| !is_letter(one)).unwrap_or(text.len());
    text.split_at_checked(end).filter(|(token, _)| !token.is_empty())
}

/// Takes a value, in quotes or without.
fn text(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        // Looser than the standard, as servers are: an address stands there without quotes, too.
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        let (value, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            _ => value.push(letter),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(value: &str, expected: &[(&str, &[(&str, &str)])]) {
        let found = Challenge::read(value);
        let found: Vec<_> = found
            .iter()
            .map(|one| {
                let pairs: Vec<_> =
                    one.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                (one.scheme.as_str(), pairs)
            })
            .collect();
        let expected: Vec<_> = expected.iter().map(|(scheme, pairs)| (*scheme, pairs.to_vec())).collect();
        assert_eq!(found, expected, "{value}");
    }

    #[test]
    fn what_registries_send_is_read() {
        check(
            r#"Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:a/b:pull""#,
            &[(
                "bearer",
                &[("realm", "https://ghcr.io/token"), ("service", "ghcr.io"), ("scope", "repository:a/b:pull")],
            )],
        );
        check(r#"Basic realm="acme""#, &[("basic", &[("realm", "acme")])]);
        check(r#"BASIC Realm = "a \"b\", c=d" , x=y"#, &[("basic", &[("realm", r#"a "b", c=d"#), ("x", "y")])]);
        check(
            r#"Basic realm="a", Bearer realm=https://h/t, service=s"#,
            &[("basic", &[("realm", "a")]), ("bearer", &[("realm", "https://h/t"), ("service", "s")])],
        );
        check("Negotiate", &[("negotiate", &[])]);
        check("Negotiate, Basic realm=x", &[("negotiate", &[]), ("basic", &[("realm", "x")])]);
        check("", &[]);
        check(r#"realm="of nothing", Basic"#, &[("basic", &[])]);
        check(r#"Bearer realm="not closed"#, &[("bearer", &[("realm", "not closed")])]);
    }

    proptest! {
        #[test]
        fn no_text_panics_or_hangs(value in "[a-zB =,\"\\\\é]{0,40}") {
            let _all = Challenge::read(&value);
        }
    }
}
