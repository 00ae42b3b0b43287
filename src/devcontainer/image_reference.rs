//! References to images, by Docker's grammar (distribution's `reference` package): checked before the engine is asked for one.

use std::fmt;

use super::document::ConfigError;
use super::{DevContainer, Variables};

/// The longest name of a repository, its host included, in bytes.
const LONGEST_NAME: usize = 255;
/// The longest tag, in bytes.
const LONGEST_TAG: usize = 128;

/// What an image is named by: `[host[:port]/]path[:tag][@digest]`, or the id of one that the engine has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageReference(String);

impl ImageReference {
    /// Returns the reference that a configuration names, its variables replaced; nothing where its container is not made from an image.
    pub fn of(config: &DevContainer, variables: &Variables) -> Result<Option<Self>, ConfigError> {
        let Some(image) = config.source.image() else { return Ok(None) };
        let text = variables.apply(&image.value);
        match check(&text) {
            Ok(()) => Ok(Some(Self(text))),
            Err(fault) => {
                let problem = format!("`{text}` is no image reference: {}", fault.problem);
                Err(config.error(image.span.clone(), problem, fault.hint))
            }
        }
    }

    /// Reads a reference. An error is what is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        check(text).map(|()| Self(text.to_owned())).map_err(|fault| fault.problem)
    }

    /// Returns the reference as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[derive(Debug)]
struct Fault {
    problem: String,
    hint: Option<String>,
}

impl From<&str> for Fault {
    fn from(problem: &str) -> Self {
        Self { problem: problem.to_owned(), hint: None }
    }
}

fn check(text: &str) -> Result<(), Fault> {
    if text.is_empty() {
        return Err("it is empty".into());
    }
    if let Some((_, without)) = text.split_once("://") {
        let hint = Some(format!("leave the scheme out: {without}"));
        return Err(Fault { problem: "it is a URL".to_owned(), hint });
    }
    let (rest, digest) = text.split_once('@').map_or((text, None), |(rest, digest)| (rest, Some(digest)));
    if let Some(digest) = digest {
        check_digest(digest)?;
    }
    let (name, tag) = match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (rest, None),
    };
    check_name(name)?;
    tag.map_or(Ok(()), check_tag)
}

fn check_name(name: &str) -> Result<(), Fault> {
    if name.len() > LONGEST_NAME {
        return Err(format!("a name has at most {LONGEST_NAME} characters").as_str().into());
    }
    let path = match name.split_once('/') {
        Some((host, path)) if is_host(host) => {
            check_host(host)?;
            path
        }
        _ => name,
    };
    path.split('/').try_for_each(check_component)
}

/// Docker's rule for whether what stands before the first slash is a registry.
fn is_host(text: &str) -> bool {
    text.contains(['.', ':']) || text == "localhost" || text.contains(|one: char| one.is_ascii_uppercase())
}

fn check_host(text: &str) -> Result<(), Fault> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    if port.is_some_and(|port| port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(format!("`{text}` has no port after its colon").as_str().into());
    }
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_ipv6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let fits = match is_ipv6 {
        Some(address) => !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':'),
        None => host.split('.').all(part),
    };
    if fits { Ok(()) } else { Err(format!("`{text}` is no registry").as_str().into()) }
}

/// Letters and digits, with single dots, one or two underscores or any number of hyphens between them.
fn check_component(text: &str) -> Result<(), Fault> {
    if text.is_empty() {
        return Err("a part of its name is empty".into());
    }
    let lower = text.to_lowercase();
    if lower != text && is_component(&lower) {
        return Err(Fault {
            problem: format!("`{text}` has capitals, and a repository's name has none"),
            hint: Some(format!("write it in lower case: {lower}")),
        });
    }
    if is_component(text) { Ok(()) } else { Err(format!("`{text}` is no part of a repository's name").as_str().into()) }
}

fn is_component(text: &str) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let ends_well = bytes.first().is_some_and(is_letter) && bytes.last().is_some_and(is_letter);
    let separators = bytes.split(is_letter).filter(|separator| !separator.is_empty());
    ends_well
        && separators.into_iter().all(|one| matches!(one, b"." | b"_" | b"__") || one.iter().all(|one| *one == b'-'))
}

fn check_tag(tag: &str) -> Result<(), Fault> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let fits = tag.len() <= LONGEST_TAG
        && tag.bytes().next().is_some_and(is_word)
        && tag.bytes().all(|byte| is_word(byte) || b".-".contains(&byte));
    match (tag.is_empty(), fits) {
        (true, _) => Err("it has no tag after its colon".into()),
        (false, true) => Ok(()),
        (false, false) => Err(format!("`{tag}` is no tag").as_str().into()),
    }
}

fn check_digest(digest: &str) -> Result<(), Fault> {
    let fail = |problem: &str| Fault {
        problem: format!("`{digest}` is no digest: {problem}"),
        hint: Some("a digest is sha256: and 64 hexadecimal digits".to_owned()),
    };
    let (algorithm, hex) = digest.split_once(':').ok_or_else(|| fail("it names no algorithm"))?;
    let length = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return Err(fail("its algorithm is not sha256, sha384 or sha512")),
    };
    if hex.len() != length {
        return Err(fail(&format!("{} characters after the colon, not {length}", hex.chars().count())));
    }
    if hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
        Ok(())
    } else {
        Err(fail("not all of it is hexadecimal, in lower case"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(image: &str) -> Result<ImageReference, ConfigError> {
        let text = serde_json::json!({ "image": image }).to_string();
        let config = DevContainer::parse(&text, "d.json").expect("parsed");
        ImageReference::of(&config, &Variables::default()).map(|read| read.expect("an image"))
    }

    #[test]
    fn what_docker_takes_is_taken() {
        let digest = "a".repeat(64);
        for text in [
            "busybox",
            "busybox:1",
            "acme/app",
            "mcr.microsoft.com/devcontainers/base:1-debian_12.x",
            "localhost/x",
            "localhost:5000/a/b:2",
            "[::1]:5000/a",
            "GHCR.io/acme/app",
            "Registry/app:V1",
            "a/b__c/d-e---f/g.h_i",
            "1/2:3",
            &format!("a@sha256:{digest}"),
            &format!("ghcr.io/acme/app:1@sha256:{digest}"),
            &format!("sha256:{digest}"),
            &digest,
            &format!("a:{}", "t".repeat(128)),
        ] {
            assert_eq!(read(text).map(|read| read.0), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_docker_refuses_is_told_with_its_place() {
        for (text, part) in [
            ("", "it is empty"),
            ("BUSYBOX:1", "has capitals"),
            ("ghcr.io/Acme/App:1", "`Acme` has capitals"),
            ("busybox:", "no tag after its colon"),
            ("busybox:-1", "`-1` is no tag"),
            ("busybox:a b", "`a b` is no tag"),
            ("busybox:é", "is no tag"),
            ("-x", "`-x` is no part"),
            ("--help", "is no part"),
            ("a..b", "is no part"),
            ("a___b", "is no part"),
            ("a_", "is no part"),
            ("a//b", "a part of its name is empty"),
            ("/a", "a part of its name is empty"),
            ("a/", "a part of its name is empty"),
            ("no image", "is no part"),
            ("https://ghcr.io/acme/app", "it is a URL"),
            ("ghcr.io:x/a", "no port after its colon"),
            ("-ghcr.io/a", "is no registry"),
            ("busybox@sha256:00", "2 characters after the colon, not 64"),
            ("busybox@sha256", "names no algorithm"),
            ("busybox@md5:00", "its algorithm"),
            (&format!("busybox@sha256:{}", "G".repeat(64)), "hexadecimal"),
            (&"a".repeat(256), "at most 255"),
            ("a${containerEnv:X}", "is no part"),
        ] {
            let error = read(text).expect_err(text);
            assert!(error.to_string().starts_with("d.json:1:10: "), "{error}");
            assert!(error.problem.contains(part), "{error}");
        }
        assert_eq!(
            read("BUSYBOX:1").map_err(|error| error.hint),
            Err(Some("write it in lower case: busybox".to_owned()))
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[a-zA-Z0-9:@/._ \\[\\]é-]{0,30}") {
            let _either = read(&text);
        }
    }
}
