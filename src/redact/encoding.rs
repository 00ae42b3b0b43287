//! The forms in which a text turns up in output, each made piece by piece: a long one is never made whole.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::escape::{Case, Escape};

/// One way to encode a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Escape(Escape),
    Hex(Case),
    /// What is left of base64 when the text stands `before` bytes after the beginning of a group of three: the characters that also
    /// hold bits of its neighbours are left out, but for the last where it ends there.
    Base64 {
        before: u8,
        alphabet: Alphabet,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    Standard,
    Url,
}

/// All encodings that change every text.
pub(super) const BINARY: [Encoding; 8] = {
    use self::Alphabet::{Standard, Url};
    [
        Encoding::Hex(Case::Lower),
        Encoding::Hex(Case::Upper),
        Encoding::Base64 { before: 0, alphabet: Standard },
        Encoding::Base64 { before: 1, alphabet: Standard },
        Encoding::Base64 { before: 2, alphabet: Standard },
        Encoding::Base64 { before: 0, alphabet: Url },
        Encoding::Base64 { before: 1, alphabet: Url },
        Encoding::Base64 { before: 2, alphabet: Url },
    ]
};

impl Encoding {
    /// Returns what it is called.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Escape(escape) => escape.name(),
            Self::Hex(_) => "hexadecimal",
            Self::Base64 { .. } => "base64",
        }
    }

    /// Writes the encoding of what begins at byte `at` of `text`, as much as belongs together; returns where the next piece begins.
    pub(super) fn piece(self, text: &str, at: usize, out: &mut Vec<u8>) -> usize {
        match self {
            Self::Escape(escape) => escape.piece(text, at, out),
            Self::Hex(case) => {
                let byte = text.as_bytes().get(at).copied().unwrap_or_default();
                let digits = if case == Case::Lower { format!("{byte:02x}") } else { format!("{byte:02X}") };
                out.extend_from_slice(digits.as_bytes());
                at + 1
            }
            Self::Base64 { before, alphabet } => base64_piece(text.as_bytes(), at, (before.into(), alphabet), out),
        }
    }

    /// Returns the encoding of `text` up to its end, or up to the first piece with which it has `most` bytes; and how long it is without
    /// what stands there only at the end of the encoded text.
    pub(super) fn begin(self, text: &str, most: usize) -> (Vec<u8>, usize) {
        let (mut out, mut at) = (Vec::new(), 0);
        while at < text.len() && out.len() < most {
            at = self.piece(text, at, &mut out);
        }
        let inner = match self {
            Self::Escape(_) | Self::Hex(_) => out.len(),
            Self::Base64 { before, .. } => {
                let before = usize::from(before);
                (((before + text.len()) * 8 / 6).saturating_sub((before * 8).div_ceil(6))).min(out.len())
            }
        };
        (out, inner)
    }

    /// Returns the least length at which the encoding is looked for also where it is broken over lines. The digits of a short text could
    /// be a column of numbers.
    pub(super) const fn folds_from(self) -> usize {
        match self {
            Self::Escape(_) => usize::MAX,
            Self::Hex(_) => 24,
            Self::Base64 { .. } => 12,
        }
    }

    /// Returns the least length at which the encoding is looked for: fewer characters could be anyone's.
    pub(super) const fn shortest(self) -> usize {
        match self {
            Self::Escape(_) => 4,
            Self::Hex(_) => 8,
            Self::Base64 { .. } => 6,
        }
    }
}

fn base64_piece(text: &[u8], at: usize, (before, alphabet): (usize, Alphabet), out: &mut Vec<u8>) -> usize {
    let (skipped, taken) = if at == 0 { (before, 3 - before) } else { (0, 3) };
    let next = (at + taken).min(text.len());
    let mut group = [0; 3];
    let bytes = text.get(at..next).unwrap_or_default();
    for (to, byte) in group.iter_mut().skip(skipped).zip(bytes) {
        *to = *byte;
    }
    let engine = match alphabet {
        Alphabet::Standard => &STANDARD_NO_PAD,
        Alphabet::Url => &URL_SAFE_NO_PAD,
    };
    let encoded = engine.encode(group.get(..skipped + bytes.len()).unwrap_or_default());
    out.extend(encoded.bytes().skip((skipped * 8).div_ceil(6)));
    out.resize(out.len() + 4 - encoded.len(), b'=');
    next
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn base64_of_a_longer_text_holds_the_form(before in "[a-z]{0,5}", text in "\\PC{3,20}", after in "[a-z]{0,5}") {
            let whole = STANDARD.encode(format!("{before}{text}{after}"));
            let encoding = Encoding::Base64 { before: [0, 1, 2][before.len() % 3], alphabet: Alphabet::Standard };
            let (form, inner) = encoding.begin(&text, usize::MAX);
            let form = String::from_utf8(form).expect("ascii");
            prop_assert!(whole.contains(&form[..inner]), "{} in {}", form, whole);
            let ending = STANDARD.encode(format!("{before}{text}"));
            prop_assert!(ending.ends_with(&form), "{} ends {}", form, ending);
        }
    }
}
