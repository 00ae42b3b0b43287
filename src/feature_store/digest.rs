//! Digests: by what content is called.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use sha2::{Digest as _, Sha256, Sha512};

/// The digest of some content: `sha256:` or `sha512:`, and hexadecimal digits (OCI image specification, "Digests").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    algorithm: Algorithm,
    hex: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Algorithm {
    Sha256,
    Sha512,
}

/// A text that is no digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no digest: one is sha256: and 64 hexadecimal digits, or sha512: and 128")]
pub struct InvalidDigest {
    text: String,
}

/// Makes a digest of what it is given bit by bit.
#[derive(Debug, Clone)]
pub(super) enum Hasher {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Digest {
    /// Returns the SHA-256 digest of `content`.
    pub fn of(content: &[u8]) -> Self {
        let mut hasher = Hasher::default();
        hasher.update(content);
        hasher.finish()
    }

    /// Returns the digest of `content` by the same algorithm.
    pub(super) fn same_of(&self, content: &[u8]) -> Self {
        let mut hasher = self.hasher();
        hasher.update(content);
        hasher.finish()
    }

    /// Returns the digest of what can be read from `reader`, by the same algorithm.
    pub(super) fn same_of_reader(&self, mut reader: impl Read) -> io::Result<Self> {
        let mut hasher = self.hasher();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match reader.read(&mut buffer)? {
                0 => return Ok(hasher.finish()),
                count => hasher.update(buffer.get(..count).unwrap_or_default()),
            }
        }
    }

    /// Returns a hasher of its algorithm.
    pub(super) fn hasher(&self) -> Hasher {
        match self.algorithm {
            Algorithm::Sha256 => Hasher::Sha256(Sha256::new()),
            Algorithm::Sha512 => Hasher::Sha512(Sha512::new()),
        }
    }

    /// Tells whether two digests were made in the same way, so that they can differ only where content does.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.algorithm == other.algorithm
    }

    /// Returns the algorithm's name, for a path.
    pub(super) const fn algorithm(&self) -> &'static str {
        match self.algorithm {
            Algorithm::Sha256 => "sha256",
            Algorithm::Sha512 => "sha512",
        }
    }

    /// Returns the digits.
    pub(super) fn hex(&self) -> &str {
        &self.hex
    }
}

impl Default for Hasher {
    fn default() -> Self {
        Self::Sha256(Sha256::new())
    }
}

impl Hasher {
    pub(super) fn update(&mut self, content: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(content),
            Self::Sha512(hasher) => hasher.update(content),
        }
    }

    pub(super) fn finish(self) -> Digest {
        match self {
            Self::Sha256(hasher) => Digest { algorithm: Algorithm::Sha256, hex: hex(&hasher.finalize()) },
            Self::Sha512(hasher) => Digest { algorithm: Algorithm::Sha512, hex: hex(&hasher.finalize()) },
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        let fail = || InvalidDigest { text: text.chars().take(160).collect() };
        let (algorithm, hex) = text.split_once(':').ok_or_else(fail)?;
        let (algorithm, length) = match algorithm {
            "sha256" => (Algorithm::Sha256, 64),
            "sha512" => (Algorithm::Sha512, 128),
            _ => return Err(fail()),
        };
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if hex.len() == length && hex.bytes().all(is_digit) {
            Ok(Self { algorithm, hex: hex.to_owned() })
        } else {
            Err(fail())
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.algorithm(), self.hex)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn content_has_one_digest_however_it_is_read() {
        // The configuration of every published Feature is `{}`.
        let expected = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        assert_eq!(Digest::of(b"{}").to_string(), expected);
        let known: Digest = expected.parse().expect("a digest");
        assert_eq!(known.same_of_reader(&b"{}"[..]).expect("read"), known);
        let long: Digest = format!("sha512:{}", "0".repeat(128)).parse().expect("a digest");
        assert!(long.same_of(b"{}").to_string().starts_with("sha512:27c74670adb75075"));
        assert!(!long.is_like(&known));
    }

    #[test]
    fn a_text_that_is_none_is_told() {
        for text in
            ["", "sha256", "sha256:", "md5:00", "sha256:00", &format!("sha256:{}", "G".repeat(64)), "sha256:../../x"]
        {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(sha256:|sha512:)?[0-9a-fé]{0,130}") {
            let _either = text.parse::<Digest>();
        }
    }
}
