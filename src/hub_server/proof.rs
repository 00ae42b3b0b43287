//! Logins, kept and compared as keyed digests alone: which value is near a good one cannot be told from how long it takes, and what is kept
//! cannot be used to log in.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;

/// What digests are made with.
pub(super) struct Key(hmac::Key);

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Key(***)")
    }
}

/// A login's digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Proof([u8; 32]);

impl Proof {
    /// Returns it as text.
    pub(super) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Reads it from text.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl Key {
    /// Returns the key that is made of 32 random bytes.
    pub(super) fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// Returns the digest of a login to a registry; `user` is empty where the value alone counts.
    pub(super) fn proof(&self, registry: &str, user: &str, value: &str) -> Proof {
        let mut context = hmac::Context::with_key(&self.0);
        for part in [registry, user, value] {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut digest = [0; 32];
        digest.copy_from_slice(context.sign().as_ref());
        Proof(digest)
    }

    /// Returns a text that says `claims`, which nobody else can make.
    pub(super) fn seal(&self, claims: &str) -> String {
        let tag = hmac::sign(&self.0, claims.as_bytes());
        format!("{}.{}", URL_SAFE_NO_PAD.encode(claims), URL_SAFE_NO_PAD.encode(tag.as_ref()))
    }

    /// Returns what a text says that [`Key::seal`] has made.
    pub(super) fn open(&self, sealed: &str) -> Option<String> {
        let (claims, tag) = sealed.split_once('.')?;
        let (claims, tag) = (URL_SAFE_NO_PAD.decode(claims).ok()?, URL_SAFE_NO_PAD.decode(tag).ok()?);
        hmac::verify(&self.0, &claims, &tag).ok()?;
        String::from_utf8(claims).ok()
    }
}

/// Returns random bytes.
pub(super) fn random() -> std::io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| std::io::Error::other(error.to_string()))?;
    Ok(bytes)
}

/// Returns a new token with the prefix that GitHub gives its kind.
pub(super) fn token(prefix: &str) -> std::io::Result<String> {
    Ok(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_holds() {
        let (key, other) = (Key::new(&[1; 32]), Key::new(&[2; 32]));
        let sealed = key.seal("claims");
        assert_eq!(key.open(&sealed).as_deref(), Some("claims"));
        assert_eq!(other.open(&sealed), None);
        for broken in ["", ".", "a.b", &sealed.replacen('Y', "Z", 1), &sealed[1..], &format!("{sealed}x")] {
            assert_eq!(key.open(broken), None, "{broken}");
        }
    }

    #[test]
    fn parts_of_a_login_do_not_run_into_each_other() {
        let key = Key::new(&[1; 32]);
        assert_ne!(key.proof("r", "ab", "c"), key.proof("r", "a", "bc"));
        assert_ne!(key.proof("ra", "b", "c"), key.proof("r", "ab", "c"));
        let proof = key.proof("r", "u", "v");
        assert_eq!(Proof::of_text(&proof.text()), Some(proof));
        assert_ne!(token("ghu_").expect("random"), token("ghu_").expect("random"));
    }
}
