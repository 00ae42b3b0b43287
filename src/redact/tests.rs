//! The filter as a whole, by example.

use super::Redactor;
use super::encoding::{BINARY, Encoding};
use super::escape::ESCAPES;

pub(super) fn redact(secrets: &[&str], text: &str) -> String {
    Redactor::new(secrets.iter().copied()).redact(text).into_owned()
}

pub(super) fn stream(redactor: &Redactor, chunks: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Vec<u8> {
    let mut stream = redactor.stream();
    let mut shown: Vec<u8> = chunks.into_iter().flat_map(|chunk| stream.push(chunk.as_ref())).collect();
    shown.extend(stream.finish());
    shown
}

pub(super) fn encodings() -> impl Iterator<Item = Encoding> {
    ESCAPES.into_iter().map(Encoding::Escape).chain(BINARY)
}

pub(super) fn form(encoding: Encoding, value: &str) -> String {
    String::from_utf8(encoding.begin(value, usize::MAX).0).expect("a form is text")
}

#[test]
fn a_value_is_masked_in_every_form() {
    for secret in ["p?ss/w>rd~ é", "pa'ss\"w$rd\\x", "''&<\t:~ x", "correct horse battery", "two lines\nof\ttext"] {
        for encoding in encodings() {
            let text = form(encoding, secret);
            assert_eq!(redact(&[secret], &format!("<{text}>")), "<***>", "{encoding:?}: {text}");
        }
    }
}

#[test]
fn a_value_inside_longer_base64_is_masked() {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
    for before in ["", "a", "ab", "user:"] {
        let text = STANDARD.encode(format!("{before}hunter2-hunter2 and more"));
        let shown = redact(&["hunter2-hunter2"], &text);
        assert!(shown.contains("***"), "{before}: {shown}");
        let decoded = STANDARD_NO_PAD.decode(shown.replace("***", "").trim_end_matches('='));
        assert!(!String::from_utf8_lossy(&decoded.unwrap_or_default()).contains("hunter2"), "{shown}");
    }
}

#[test]
fn values_that_overlap_leave_no_end() {
    assert_eq!(redact(&["abcdef", "defghi"], "-abcdefghi-"), "-***-");
    assert_eq!(redact(&["abcd", "abcdefgh"], "-abcdefgh-abcd-"), "-***-***-");
    assert_eq!(redact(&["hunter2"], "-hunter2hunter2-"), "-***-");
}

#[test]
fn lines_of_a_value_are_masked_and_short_values_are_not() {
    assert_eq!(redact(&["-----KEY-----\nsecretline"], "x secretline y"), "x *** y");
    assert_eq!(redact(&["abc"], "abc"), "abc");
    assert_eq!(redact(&["    ", "ab\n\n\n"], "    ab\n\n\n"), "    ab\n\n\n");
    assert_eq!(Redactor::new(["abc", "", "ab\n\n\n"]).too_short(), 2);
    assert_eq!(redact(&["hunter2\n"], "x hunter2 y\nhunter2\nz"), "x *** y\n***\nz");
}

#[test]
fn a_prompt_is_shown_at_once() {
    let mut stream = Redactor::new(["hunter2"]).stream();
    assert_eq!(stream.push(b"Password: "), b"Password: ");
    assert_eq!(stream.push(b"hunt"), b"");
    assert_eq!(stream.push(b"ing"), b"hunting");
    assert_eq!(stream.push(b" hunter"), b" ");
    assert_eq!(stream.push(b"2!"), b"***!");
    assert_eq!(stream.push(b"\x1b[1mname\x1b[0m? \x1b[3"), b"\x1b[1mname\x1b[0m? \x1b[3");
    assert_eq!(stream.push(b"1m>"), b"1m>");
    assert_eq!(stream.push(b"hunter2"), b"***");
    assert_eq!(stream.push(b"hun\x1b[0"), b"");
    assert_eq!(stream.finish(), b"hun\x1b[0");
}

#[test]
fn a_line_is_not_kept_for_the_next_one() {
    let secrets: Vec<String> = ('a'..='z').map(|char| format!("{char}-secret-{char}")).collect();
    let mut stream = Redactor::new(secrets.iter().map(String::as_str)).stream();
    for line in ["Downloading it\n", "all is done\n", "a\n", "Zg\n", "/work/main\n", "\n"] {
        assert_eq!(String::from_utf8_lossy(&stream.push(line.as_bytes())), line);
    }
}

#[test]
fn what_is_not_seen_does_not_part_a_value() {
    let check = |text: &[u8], expected: &[u8]| {
        let shown = stream(&Redactor::new(["hunter2-hunter2"]), [text]);
        assert_eq!(
            String::from_utf8_lossy(&shown),
            String::from_utf8_lossy(expected),
            "{:?}",
            String::from_utf8_lossy(text)
        );
    };
    // `grep --color`
    check(b"x \x1b[01;31m\x1b[Khunter2-h\x1b[m\x1b[Kunter2 y", b"x \x1b[01;31m\x1b[K*** y");
    let utf16: Vec<u8> = "<hunter2-hunter2>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    check(&utf16, b"<\0***\0>\0");
    let utf16: Vec<u8> = "<hunter2-hunter2>".encode_utf16().flat_map(u16::to_be_bytes).collect();
    check(&utf16, b"\0<\0***\0>");
    check(b"hunter2-\x1b[0mhunter2\n", b"***\n");
    check("hunter2\u{200e}-\u{200b}hunter\u{200d}2\n".as_bytes(), b"***\n");
    check(b"hunter2\x1b]0;t\x07-\x1b]8;;u\x1b\\hunter2", b"***");
    check(b"\x1b]0;t\nhunter2-\x1b(Bhunter2", b"\x1b]0;t\n***");
    // Inside a sequence it is masked too, and what follows is read as before.
    check(b"a\x1b]0;hunter2-hunter2 b\x07c", b"a\x1b]0;\x18***c");
    check(b"a\x1b]52;c;aHVudGVyMi1odW50ZXIy\x07c", b"a\x1b]52;c;\x18***c");
}

#[test]
fn base64_that_is_broken_over_lines_is_masked() {
    use base64::Engine as _;
    let secret = "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghi/+x";
    let redactor = Redactor::new([secret]);
    for before in ["", "x", "robot:", "robot:x"] {
        for (width, end) in [(76, "\n"), (20, "\n"), (40, "\n"), (64, "\r\n"), (30, "\n    "), (16, "\n")] {
            let whole = base64::engine::general_purpose::STANDARD.encode(format!("{before}{secret}\n"));
            let lines: Vec<&str> =
                whole.as_bytes().chunks(width).map(|line| str::from_utf8(line).expect("ascii")).collect();
            let shown = redactor.redact(&lines.join(end)).into_owned();
            let left = shown.replace("***", "");
            assert!(shown.contains("***") && left.len() < before.len() * 2 + 10, "{before} {width}: {shown}");
        }
    }
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let (one, other) = hex.split_at(60);
    assert_eq!(redactor.redact(&format!("<{one}\n{other}>")), "<***>");
    // Other values are what they are: lines that happen to hold their pieces are other lines.
    assert_eq!(redact(&["correcthorse"], "correct\nhorse"), "correct\nhorse");
    assert_eq!(redact(&["12345678"], "31\n32\n33\n34\n35\n36\n37\n38\n"), "31\n32\n33\n34\n35\n36\n37\n38\n");
}

#[test]
fn a_long_value_is_masked_to_its_end_in_every_form() {
    let values = [
        "0123456789abcdef'\"&/ ".repeat(2400),
        "x".repeat(48 * 1024),
        "ab".repeat(500) + "c",
        (0..4000).map(|at| format!("{at:x}")).collect(),
        (0..400).map(|at| format!("line {at} of é\t{{\"k\": \"<v>\"}}\n")).collect(),
    ];
    let redactor = Redactor::new(values.iter().map(String::as_str));
    for value in &values {
        for encoding in encodings() {
            let shown = redactor.redact(&format!("<{}> and more", form(encoding, value.trim()))).into_owned();
            assert!(shown == "<***> and more", "{encoding:?}: {}", shown.chars().take(200).collect::<String>());
        }
    }
    let lines = values[4].lines().map(|line| format!("| {} |\n", line.trim())).collect::<String>();
    assert_eq!(redactor.redact(&lines), "| *** |\n".repeat(400));
}

#[test]
fn every_line_of_many_long_values_is_masked() {
    let line = |value: usize, at: usize| format!("{:016x}", (value * 1000 + at) * 0x9e37_79b9_7f4a).repeat(4);
    let values: Vec<String> =
        (0..24).map(|value| (0..740).map(|at| line(value, at) + "\n").collect::<String>() + "short").collect();
    let redactor = Redactor::new(values.iter().map(String::as_str));
    for value in 0..24 {
        let text: String = (0..740).step_by(37).map(|at| format!("> {} <\n", line(value, at))).collect();
        assert_eq!(redactor.redact(&text), "> *** <\n".repeat(20));
    }
    assert_eq!(redactor.redact(&values[7]), "***");
}

#[test]
fn a_run_of_a_secrets_own_characters_is_one_mask_and_is_not_kept() {
    let check = |secret: &str, unit: &str, size: usize, chunk: usize| {
        let text = unit.repeat(size / unit.len());
        let mut stream = Redactor::new([secret]).stream();
        let (mut shown, mut held) = (Vec::new(), 0);
        for chunk in text.as_bytes().chunks(chunk) {
            shown.extend(stream.push(chunk));
            held = held.max(stream.held());
        }
        shown.extend(stream.finish());
        assert!(shown == b"***" && held <= 1024, "{secret}: {} are shown, {held} were kept", shown.len());
    };
    for chunk in [8 << 20, 4099] {
        check("----", "-", 8 << 20, chunk);
        check("abab", "ab", 1 << 18, chunk);
        check("éééé", "é", 1 << 18, chunk);
        check(&"x".repeat(1000), "x", 1 << 18, chunk);
    }
}

#[test]
fn what_is_not_seen_is_not_kept_for_ever() {
    let mut stream = Redactor::new(["hunter2"]).stream();
    assert_eq!(stream.push(b"hunter"), b"");
    let shown: usize = (0..512).map(|_| stream.push(&[0; 8 * 1024]).len()).sum();
    assert!(shown + stream.held() == 6 + 512 * 8 * 1024 && stream.held() < 3 << 20, "{shown}");
}

/// Measured with `cargo test --release --lib redact -- --ignored --nocapture`: how many MB/s pass, and how long many values take.
#[test]
#[ignore = "a measurement"]
fn speed() {
    let secrets: Vec<String> =
        (1..=10_u64).map(|at| format!("{:x}", at.wrapping_mul(0x9e37_79b9_7f4a_7c15)).repeat(2)).collect();
    let redactor = Redactor::new(secrets.iter().map(String::as_str));
    let line = "\u{1b}[32m   Compiling\u{1b}[0m serde v1.0.229 (/work/target/debug) 12 of 345 crates, ✓ no warnings\n";
    let text = line.repeat(10_000_000 / line.len());
    let began = std::time::Instant::now();
    let mut stream = redactor.stream();
    let bytes: usize =
        (0..20).flat_map(|_| text.as_bytes().chunks(32 * 1024)).map(|chunk| stream.push(chunk).len()).sum();
    println!("{} MB/s", bytes as u128 / began.elapsed().as_micros());
    let mut number = 1_u64;
    let mut word = || {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("{number:016x}")
    };
    let values: Vec<String> =
        (0..100).map(|_| (0..756).map(|_| word() + &word() + &word() + &word() + "\n").collect()).collect();
    let began = std::time::Instant::now();
    let redactor = Redactor::new(values.iter().map(String::as_str));
    println!("{:.3} s for 100 values of {} bytes", began.elapsed().as_secs_f64(), values[0].len());
    drop(redactor);
}
