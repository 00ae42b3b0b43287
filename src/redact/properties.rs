//! What must hold of every stream: no report shows a secret, what holds none stays as it is.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::encoding::{BINARY, Encoding};
use super::tests::{encodings, form, redact, stream};
use super::{ChunkDecoder, Redactor};
use crate::report::{LineBuffer, plain};

/// Returns what reports make of a stream: its bytes, its text, its lines as a terminal would be left with them, and each as it is shown.
fn shown_in(bytes: &[u8]) -> Vec<String> {
    let mut decoder = ChunkDecoder::default();
    let text = decoder.push(bytes) + &decoder.finish();
    let mut shown = vec![String::from_utf8_lossy(bytes).into_owned()];
    // One by one: where a line ended, a report that puts them together has a blank, which a value may have there too.
    shown.extend(text.split('\n').map(|line| plain(line).into_owned()));
    let mut lines = LineBuffer::new(1 << 20);
    lines.push(&text, |line| shown.push(plain(&line).into_owned()));
    shown.push(plain(lines.partial()).into_owned());
    shown.push(text);
    shown
}

/// What may stand between characters, or look so.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let fixed: [&[u8]; 26] = [
        b"\0",
        b"\n",
        b"\r",
        b"\r\n",
        b"\t",
        b" ",
        b"\x07",
        b"\x18",
        b"\x1b",
        b"\x1b[",
        b"\x1b]",
        b"\x1b\\",
        b"\x1b[m",
        b"\x1b[31m\x1b[K",
        b"\x1b(B",
        b"\x1bP",
        b"\xff",
        b"\xc2",
        b"\xe2\x80",
        b"\xc2\x9b",
        b"\xc2\x9d",
        b"\xc2\x9c",
        b"\xe2\x80\x8b",
        b"\xe2\x80\x8e",
        b"\xe2\x80\x8d",
        b"\xe2\x80\xae",
    ];
    prop_oneof![
        6 => select(fixed.map(<[u8]>::to_vec).to_vec()),
        1 => "\u{1b}\\][ab]{0,9}(\u{7}|\u{1b}\\\\|\n)?".prop_map(String::into_bytes),
        1 => "\u{1b}\\[[0-9;]{0,3}[abmK]?".prop_map(String::into_bytes),
    ]
}

/// A value in one of its forms, with noise between its characters.
fn hidden(values: Vec<String>) -> impl Strategy<Value = Vec<u8>> {
    let noise = vec(prop_oneof![6 => Just(Vec::new()), 1 => noise()], 1..12);
    (select(values), select(encodings().collect::<Vec<_>>()), any::<bool>(), noise).prop_map(
        |(value, encoding, raw, noise)| {
            let text = if raw { value } else { form(encoding, &value) };
            text.bytes()
                .zip(noise.into_iter().cycle())
                .flat_map(|(byte, noise)| std::iter::once(byte).chain(noise))
                .collect()
        },
    )
}

fn case() -> impl Strategy<Value = (Vec<String>, Vec<u8>, Vec<usize>)> {
    let value = prop_oneof![4 => "[ab]{4,7}", 1 => "[ab\t\u{1b}\\[\\]\u{7}\n\r]{4,9}", 1 => "[a-z'\"$\\\\&/ é%~<]{4,14}", 1 => "[ab]{4}[mK;\\\\]"];
    let values = vec(value.prop_filter("too short", |value| value.trim().len() >= 4), 1..4);
    values.prop_flat_map(|values| {
        let piece = prop_oneof![
            3 => hidden(values.clone()),
            2 => "[ab]{1,9}".prop_map(String::into_bytes),
            2 => noise(),
            1 => "[xyz;m ]{1,3}".prop_map(String::into_bytes),
        ];
        (Just(values), vec(piece, 0..12).prop_map(|pieces| pieces.concat()), vec(1..9_usize, 1..30))
    })
}

fn cut<'a>(text: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let (mut chunks, mut rest) = (Vec::new(), text);
    for cut in cuts.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (chunk, next) = rest.split_at((*cut).min(rest.len()));
        chunks.push(chunk);
        rest = next;
    }
    chunks
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn no_report_shows_a_secret((values, text, cuts) in case()) {
        let redactor = Redactor::new(values.iter().map(String::as_str));
        let shown = stream(&redactor, cut(&text, &cuts));
        prop_assert_eq!(&shown, &stream(&redactor, [&text]));
        for value in &values {
            for encoding in encodings() {
                let (form, inner) = encoding.begin(value.trim(), usize::MAX);
                let form = String::from_utf8_lossy(&form[..inner]).into_owned();
                if form.len() < encoding.shortest() { continue; }
                for report in shown_in(&shown) {
                    prop_assert!(!report.contains(&form), "{:?} shows {:?} of {:?}", report, form, String::from_utf8_lossy(&text));
                }
            }
        }
    }

    #[test]
    fn what_holds_no_secret_stays_as_it_is(text in vec(prop_oneof![noise(), "[a-z0-9=/ ]{0,30}".prop_map(String::into_bytes)], 0..12), cuts in vec(1..9_usize, 1..30)) {
        let redactor = Redactor::new(["Qa-Xb?Yc", "HUNTER", "Ab\nCd\tEf"]);
        let text = text.concat();
        prop_assert_eq!(stream(&redactor, cut(&text, &cuts)), text);
    }

    #[test]
    fn base64_and_hex_are_masked_however_they_are_broken(
        secret in "[a-z+/~?]{12,99}",
        before in "[a-z:]{0,7}",
        encoding in select(BINARY.to_vec()),
        width in 16..80_usize,
        end in select(vec!["\n", "\r\n", "\n  ", "\n\t", "\u{1b}[0m\n\u{1b}[1m"]),
        cuts in vec(1..90_usize, 1..9),
    ) {
        // Where the encoding is of the value alone, it begins where a group does.
        let before = match encoding {
            Encoding::Base64 { before: offset, .. } => before.chars().chain("xxx".chars()).take(before.len() / 3 * 3 + usize::from(offset)).collect(),
            Encoding::Hex(_) | Encoding::Escape(_) => before,
        };
        let whole = match encoding {
            Encoding::Base64 { alphabet, .. } => Encoding::Base64 { before: 0, alphabet },
            Encoding::Hex(_) | Encoding::Escape(_) => encoding,
        };
        let text = form(whole, &format!("{before}{secret}"));
        let lines: Vec<&str> = text.as_bytes().chunks(width).map(|line| str::from_utf8(line).expect("ascii")).collect();
        let broken = lines.join(end);
        let shown = stream(&Redactor::new([secret.as_str()]), cut(broken.as_bytes(), &cuts));
        let left: String = plain(&String::from_utf8_lossy(&shown)).split_whitespace().collect();
        let (form, inner) = encoding.begin(&secret, usize::MAX);
        let at = text.len() - form.len();
        prop_assert_eq!(left, format!("{}***", &text[..at]), "{} of {:?}", inner, broken);
    }

    #[test]
    fn of_a_long_value_any_beginning_is_masked_as_far_as_it_goes(
        value in "[ab]{300,330}|(a{1,9}b){60,70}|(ab?){200}a{99}b{30}",
        parts in vec((0..9_usize, 200..400_usize), 1..6),
    ) {
        let text: String = parts.iter().map(|(skip, length)| value.chars().cycle().skip(*skip).take(*length).collect::<String>()).collect();
        let mut masked = vec![false; text.len()];
        for from in 0..text.len() {
            let common = value.bytes().zip(text.bytes().skip(from)).take_while(|(one, other)| one == other).count();
            if common >= value.len().min(256) {
                masked[from..from + common].fill(true);
            }
        }
        let mut expected = String::new();
        for (at, char) in text.char_indices() {
            match masked[at] {
                false => expected.push(char),
                true if at == 0 || !masked[at - 1] => expected += "***",
                true => {}
            }
        }
        prop_assert_eq!(redact(&[&value], &text), expected);
    }
}
