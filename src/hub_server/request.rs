//! What a registry is asked: read from the path and the query, by the distribution specification's own grammar. What does not fit is refused
//! before anything else looks at it. Pure.

use http::Method;
use percent_encoding::percent_decode_str;

/// The longest name of a repository.
const LONGEST_NAME: usize = 255;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// Whether it is a registry, and whether the login is good.
    Base,
    /// A token for repositories.
    Token,
    /// Something of a repository.
    Of {
        /// The repository.
        name: String,
        /// What of it.
        what: Part,
    },
}

/// A part of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// A manifest, by tag or digest.
    Manifest(String),
    /// A blob, by digest.
    Blob(String),
    /// A new upload.
    NewUpload,
    /// An upload that goes on.
    Upload(String),
    /// The list of tags.
    Tags,
    /// What refers to a manifest.
    Referrers(String),
}

/// Why something cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Malformed {
    /// There is no such path.
    Path,
    /// It is no name of a repository.
    Name,
    /// It is no digest.
    Digest,
    /// It is no tag.
    Tag,
    /// The query does not belong there.
    Query,
    /// It cannot be done with that.
    Method,
}

/// Reads a path.
pub(super) fn read(method: &Method, path: &str, token_path: &str) -> Result<Asked, Malformed> {
    // No part of a name needs an escape: whoever writes one wants to be taken for something else.
    if path.contains('%') || !path.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Malformed::Name);
    }
    if path == token_path {
        return allowed(method, &[Method::GET], Asked::Token);
    }
    let rest = path.strip_prefix("/v2").ok_or(Malformed::Path)?;
    if rest.is_empty() || rest == "/" {
        return allowed(method, &[Method::GET, Method::HEAD], Asked::Base);
    }
    let rest = rest.strip_prefix('/').ok_or(Malformed::Path)?;
    let (name, what, methods) = part(rest)?;
    if !is_name(name) {
        return Err(Malformed::Name);
    }
    allowed(method, methods, Asked::Of { name: name.to_owned(), what })
}

const LOOK: &[Method] = &[Method::GET, Method::HEAD];
const LOOK_AND_PUT: &[Method] = &[Method::GET, Method::HEAD, Method::PUT];
const POST: &[Method] = &[Method::POST];
const UPLOAD: &[Method] = &[Method::GET, Method::PATCH, Method::PUT, Method::DELETE];

/// Splits what comes after `/v2/` at the last word that says what is meant.
fn part(rest: &str) -> Result<(&str, Part, &'static [Method]), Malformed> {
    if let Some(name) = rest.strip_suffix("/tags/list") {
        return Ok((name, Part::Tags, LOOK));
    }
    if let Some((name, upload)) = rest.rsplit_once("/blobs/uploads/") {
        return match upload.strip_suffix('/').unwrap_or(upload) {
            "" => Ok((name, Part::NewUpload, POST)),
            id if is_upload(id) => Ok((name, Part::Upload(id.to_owned()), UPLOAD)),
            _ => Err(Malformed::Path),
        };
    }
    if let Some(name) = rest.strip_suffix("/blobs/uploads") {
        return Ok((name, Part::NewUpload, POST));
    }
    for (word, make) in [
        ("/manifests/", Part::Manifest as fn(String) -> Part),
        ("/blobs/", Part::Blob),
        ("/referrers/", Part::Referrers),
    ] {
        let Some((name, reference)) = rest.rsplit_once(word) else { continue };
        let is_manifest = word == "/manifests/";
        if !is_digest(reference) && (!is_manifest || reference.contains(':')) {
            return Err(Malformed::Digest);
        }
        if !is_digest(reference) && !is_tag(reference) {
            return Err(Malformed::Tag);
        }
        return Ok((name, make(reference.to_owned()), if is_manifest { LOOK_AND_PUT } else { LOOK }));
    }
    Err(Malformed::Path)
}

fn allowed(method: &Method, methods: &[Method], asked: Asked) -> Result<Asked, Malformed> {
    if methods.contains(method) { Ok(asked) } else { Err(Malformed::Method) }
}

/// Tells whether a text is a repository's name.
pub(super) fn is_name(text: &str) -> bool {
    text.len() <= LONGEST_NAME && text.split('/').all(is_component)
}

/// Tells whether a text is a part of one: letters and digits, and between them one dot, one or two underscores, or hyphens.
pub(super) fn is_component(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends_well = |byte: Option<&u8>| byte.is_some_and(|byte| is_plain(*byte));
    let separators = text.split(|letter: char| u8::try_from(letter).is_ok_and(is_plain));
    ends_well(text.as_bytes().first())
        && ends_well(text.as_bytes().last())
        && separators
            .into_iter()
            .all(|between| matches!(between, "" | "." | "_" | "__") || between.bytes().all(|byte| byte == b'-'))
}

/// Tells whether a text is a digest.
pub(super) fn is_digest(text: &str) -> bool {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(is_hex))
}

fn is_tag(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= 128
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().all(|byte| is_word(byte) || byte == b'.' || byte == b'-')
}

fn is_upload(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Returns the query's names and values, decoded.
pub(super) fn query(text: &str) -> Result<Vec<(String, String)>, Malformed> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8().map(std::borrow::Cow::into_owned).map_err(|_| Malformed::Query)
    };
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

/// What the query of an upload, or of a list, says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The blob that is uploaded.
    pub(super) digest: Option<String>,
    /// The blob that is to be taken over from elsewhere.
    pub(super) mount: Option<String>,
    /// From which repository.
    pub(super) from: Option<String>,
    /// What else the query of the request to the storage is to have.
    pub(super) passed: String,
}

/// Reads the query for a part of a repository: what does not belong there is refused, what is not ours to know is left out.
pub(super) fn wanted(what: &Part, text: &str) -> Result<Wanted, Malformed> {
    let mut wanted = Wanted::default();
    let mut passed = Vec::new();
    for (name, value) in query(text)? {
        match (what, name.as_str()) {
            (Part::NewUpload, "mount") | (Part::NewUpload | Part::Upload(_), "digest") => {
                if !is_digest(&value) {
                    return Err(Malformed::Digest);
                }
                let wanted = if name == "mount" { &mut wanted.mount } else { &mut wanted.digest };
                *wanted = Some(value);
            }
            (Part::NewUpload, "from") if is_name(&value) => wanted.from = Some(value),
            (Part::NewUpload, "from") => return Err(Malformed::Name),
            // The storage's own word, which it has signed.
            (Part::Upload(_), "_state") if value.bytes().all(is_base64) => passed.push(format!("_state={value}")),
            (Part::Tags, "n") if value.len() < 6 && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                passed.push(format!("n={value}"));
            }
            (Part::Tags, "last") if is_tag(&value) => passed.push(format!("last={value}")),
            (Part::Upload(_), "_state") | (Part::Tags, "n" | "last") => return Err(Malformed::Query),
            _ => {}
        }
    }
    wanted.passed = passed.join("&");
    Ok(wanted)
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn get(path: &str) -> Result<Asked, Malformed> {
        read(&Method::GET, path, "/token")
    }

    fn of(name: &str, what: Part) -> Asked {
        Asked::Of { name: name.to_owned(), what }
    }

    #[test]
    fn what_the_specification_has_is_read() {
        let upload = "01234567-89ab-cdef-0123-456789abcdef";
        assert_eq!(get("/v2/"), Ok(Asked::Base));
        assert_eq!(get("/token"), Ok(Asked::Token));
        assert_eq!(get("/v2/acme/api/manifests/1.0"), Ok(of("acme/api", Part::Manifest("1.0".into()))));
        assert_eq!(get(&format!("/v2/a/b/c/blobs/{DIGEST}")), Ok(of("a/b/c", Part::Blob(DIGEST.into()))));
        assert_eq!(
            get("/v2/acme/manifests/manifests/latest"),
            Ok(of("acme/manifests", Part::Manifest("latest".into())))
        );
        assert_eq!(get("/v2/acme/api/tags/list"), Ok(of("acme/api", Part::Tags)));
        let post = |path: &str| read(&Method::POST, path, "/token");
        assert_eq!(post("/v2/acme/api/blobs/uploads/"), Ok(of("acme/api", Part::NewUpload)));
        let put = read(&Method::PUT, &format!("/v2/acme/api/blobs/uploads/{upload}"), "/token");
        assert_eq!(put, Ok(of("acme/api", Part::Upload(upload.into()))));
    }

    #[test]
    fn tricks_are_refused() {
        for (path, expected) in [
            ("/", Malformed::Path),
            ("/v1/", Malformed::Path),
            ("/v2", Malformed::Path),
            ("/v2/_catalog", Malformed::Path),
            ("/v2/acme/../ghcr.io/manifests/1", Malformed::Name),
            ("/v2/acme/%2e%2e/api/manifests/1", Malformed::Name),
            ("/v2/acme%2fapi/manifests/1", Malformed::Name),
            ("/v2//acme/manifests/1", Malformed::Name),
            ("/v2/acme//api/manifests/1", Malformed::Name),
            ("/v2/./api/manifests/1", Malformed::Name),
            ("/v2/Acme/api/manifests/1", Malformed::Name),
            ("/v2/acme/api/manifests/../1", Malformed::Path),
            ("/v2/acme/api/manifests/-x", Malformed::Tag),
            ("/v2/acme/api/manifests/sha256:00", Malformed::Digest),
            ("/v2/acme/api/blobs/sha256:00", Malformed::Digest),
            ("/v2/acme/api/blobs/sha512:00", Malformed::Digest),
            ("/v2/acme/api/blobs/../../../etc/passwd", Malformed::Digest),
            ("/v2/acme/api/blobs/uploads/../x", Malformed::Path),
            ("/v2/manifests/1", Malformed::Path),
            ("/v2/acme/api/manifests/1\u{e9}", Malformed::Name),
        ] {
            let found = get(path);
            if path == "/v2" {
                assert_eq!(found, Ok(Asked::Base));
            } else {
                assert!(found.is_err(), "{path}: {found:?}");
                let same_kind = found == Err(expected) || matches!(found, Err(Malformed::Digest | Malformed::Tag));
                assert!(same_kind, "{path}: {found:?}");
            }
        }
        let delete = read(&Method::DELETE, "/v2/acme/api/manifests/1", "/token");
        assert_eq!(delete, Err(Malformed::Method));
        assert_eq!(read(&Method::POST, "/token", "/token"), Err(Malformed::Method));
        assert!(!is_name(&"a/".repeat(200)));
    }

    #[test]
    fn a_query_passes_what_it_may() {
        let wanted = |what: &Part, text: &str| wanted(what, text);
        let found = wanted(&Part::NewUpload, &format!("mount={}&from=acme%2Fbase&x=y", DIGEST.replace(':', "%3A")));
        let expected =
            Wanted { mount: Some(DIGEST.to_owned()), from: Some("acme/base".to_owned()), ..Wanted::default() };
        assert_eq!(found, Ok(expected));
        let upload = Part::Upload("x".to_owned());
        assert_eq!(wanted(&upload, "_state=ab_-%3D").map(|one| one.passed), Ok("_state=ab_-=".to_owned()));
        assert_eq!(wanted(&upload, "_state=a%26b"), Err(Malformed::Query));
        assert_eq!(wanted(&upload, "digest=md5:0"), Err(Malformed::Digest));
        assert_eq!(wanted(&Part::NewUpload, "from=..%2Fx"), Err(Malformed::Name));
        assert_eq!(wanted(&Part::Tags, "n=10&last=v1").map(|one| one.passed), Ok("n=10&last=v1".to_owned()));
        assert_eq!(wanted(&Part::Tags, "n=%ff"), Err(Malformed::Query));
    }

    proptest! {
        #[test]
        fn no_request_panics(path in "(/v2)?(/|a|manifests|blobs|uploads|tags|list|%2e|\\.\\.|sha256:|\u{e9}){0,12}", text in ".{0,40}") {
            if let Ok(Asked::Of { name, .. }) = get(&path) {
                prop_assert!(is_name(&name) && !name.contains(".."));
            }
            let _read = wanted(&Part::NewUpload, &text);
        }
    }
}
