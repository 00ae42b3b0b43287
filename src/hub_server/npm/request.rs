//! What the registry of npm's packages is asked: read from the path. What does not fit is no path of it. Pure.

use http::Method;

use crate::github::hub::PackageName;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// Whether it is there.
    Ping,
    /// Whose the token is.
    Whoami,
    /// What versions a package has.
    Look(PackageName),
    /// A new version of a package.
    Publish(PackageName),
    /// The tarball of a version.
    Download(PackageName, Version),
}

/// A version of a package, in letters that may be a file's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version(String);

impl Version {
    /// Reads `MAJOR.MINOR.PATCH` with what may come after it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let core = text.split(['-', '+']).next()?;
        let is_core = core.split('.').count() == 3 && core.split('.').all(number);
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b".-+".contains(&byte);
        (is_core && text.len() <= 128 && text.bytes().all(is_word)).then(|| Self(text.to_owned()))
    }

    /// Returns it as text.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads a path; nothing where there is no such one.
pub(super) fn read(method: &Method, path: &str) -> Option<Asked> {
    let is_get = method == Method::GET;
    match path {
        "/-/ping" => return is_get.then_some(Asked::Ping),
        "/-/whoami" => return is_get.then_some(Asked::Whoami),
        _ => {}
    }
    // A name is written with its slash escaped, and with its sign as some clients do.
    let path = path.replace("%2f", "/").replace("%2F", "/").replace("%40", "@");
    if path.contains('%') || path.len() > 1024 {
        return None;
    }
    if let Some(rest) = path.strip_prefix("/download/") {
        let mut parts = rest.split('/');
        let (owner, name, version) = (parts.next()?, parts.next()?, Version::parse(parts.next()?)?);
        let (digest, more) = (parts.next(), parts.next());
        let is_digest = digest.is_none_or(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let package = name_of(&format!("{owner}/{name}"))?;
        return (is_get && is_digest && more.is_none()).then_some(Asked::Download(package, version));
    }
    let package = name_of(path.strip_prefix('/')?)?;
    if is_get {
        return Some(Asked::Look(package));
    }
    (method == Method::PUT).then_some(Asked::Publish(package))
}

/// Reads a package's name, without a version.
fn name_of(text: &str) -> Option<PackageName> {
    PackageName::of_npm(text).filter(|_| text.matches('@').count() == 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_asked_is_told_by_the_path() {
        let get = |path: &str| read(&Method::GET, path);
        let package = || PackageName::of_npm("@acme/lib").expect("a name");
        for path in ["/@acme%2flib", "/@acme%2Flib", "/@acme/lib", "/%40acme%2flib", "/@Acme/lib"] {
            assert_eq!(get(path), Some(Asked::Look(package())), "{path}");
        }
        assert_eq!(read(&Method::PUT, "/@acme%2flib"), Some(Asked::Publish(package())));
        let version = Version::parse("1.0.0-rc.1+7").expect("a version");
        assert_eq!(get("/download/@acme/lib/1.0.0-rc.1+7/00ff"), Some(Asked::Download(package(), version)));
        assert_eq!(get("/-/ping"), Some(Asked::Ping));
    }

    #[test]
    fn tricks_are_no_paths() {
        for path in [
            "",
            "/",
            "/lib",
            "/@acme",
            "/@acme/",
            "/@acme/../lib",
            "/@acme%2f..%2flib",
            "/@acme%2f%2e%2e",
            "/@acme/lib/1.0.0",
            "/@acme/lib@1.0.0",
            "/@acme/@acme/lib",
            "/download/@acme/lib",
            "/download/@acme/lib/..",
            "/download/@acme/lib/1.0/00",
            "/download/@acme/lib/1.0.0/../00",
            "/download/@acme/lib/1.0.0/xyz",
            "/download/@acme/lib/1.0.0/00/00",
            "/-/v1/search",
        ] {
            assert_eq!(read(&Method::GET, path), None, "{path}");
        }
        assert_eq!(read(&Method::DELETE, "/@acme/lib"), None);
        assert_eq!(read(&Method::PUT, "/-/ping"), None);
        for version in ["1", "1.0", "1.0.0/x", "1.0.0 x", "v1.0.0", "1..0", "1.0.0-\u{e9}", ""] {
            assert_eq!(Version::parse(version), None, "{version}");
        }
    }

    proptest! {
        #[test]
        fn no_path_panics(path in "(/|@|acme|lib|download|%2f|%2e|\\.\\.|1\\.0\\.0|-|\u{e9}){0,10}") {
            if let Some(Asked::Download(name, version)) = read(&Method::GET, &path) {
                prop_assert!(!name.name().contains('/') && !version.as_str().contains('/'));
            }
        }
    }
}
