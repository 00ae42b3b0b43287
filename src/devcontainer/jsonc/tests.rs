//! What the reference accepts in silence, each with what we make of it.

use proptest::prelude::*;

use super::*;

/// Checks the value as JSON and the problems that are told.
#[track_caller]
fn check(text: &str, value: &str, told: &[&str]) {
    let (node, faults) = parse(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
    assert_eq!(node.to_json().to_string(), value, "{text}");
    let problems: Vec<_> = faults.iter().map(|fault| fault.problem.split(':').next().unwrap_or_default()).collect();
    assert_eq!(problems, told, "{text}");
}

#[track_caller]
fn check_lost(text: &str, at: usize, problem: &str) {
    let fault = parse(text).expect_err(text);
    assert_eq!(fault.span.start, at, "{text}: {fault:?}");
    assert!(fault.problem.contains(problem), "{text}: {}", fault.problem);
}

#[test]
fn comments_and_trailing_commas_are_silent() {
    check("\u{feff}{\"a\": 1, // one\r\n /* two */ \"b\": [true, null,], }\n", r#"{"a":1,"b":[true,null]}"#, &[]);
    check("{\"a\":1// x\n,\"b\":1/* x */}", r#"{"a":1,"b":1}"#, &[]);
}

#[test]
fn what_loses_nothing_is_told_and_taken() {
    check(r#"{"a":1,,"b":2}"#, r#"{"a":1,"b":2}"#, &["there is a comma too many"]);
    check(r#"{"a":1 "b":[1 2]}"#, r#"{"a":1,"b":[1,2]}"#, &["a comma is missing before this"; 2]);
    check("x {\"a\":1}", r#"{"a":1}"#, &["this is not read"]);
    check(r#"{"a":1} {"b":2}"#, r#"{"a":1}"#, &["this is not read"]);
    check("{\"a\":1}} 'x\n\"", r#"{"a":1}"#, &["this is not read"]);
    check(r#"{"a":1} /* open"#, r#"{"a":1}"#, &["this comment has no end"]);
    check("{\"a\":1, # no\n\"b\":2}", r#"{"a":1,"b":2}"#, &["this is no JSON, and not read; a comment begins with //"]);
    check("{\"a\":\"x\ty\"}", r#"{"a":"x\ty"}"#, &["a control character stands in a text"]);
    check(r#"{"a":1,"na"#, r#"{"a":1}"#, &["the file ends here, in the middle of the configuration"]);
    check(r#"{"a":"x"#, r#"{"a":"x"}"#, &["the file ends here, in the middle of the configuration"]);
    check(r#"{"a":["x","y""#, r#"{"a":["x","y"]}"#, &["the file ends here, in the middle of the configuration"]);
    check(r#"{"a":1,"b":"#, r#"{"a":1}"#, &["the file ends here, in the middle of the configuration"]);
    check(
        r#"{"a":"é \u00e9\ud83d\ude00 \ud800"}"#,
        "{\"a\":\"é é😀 \u{fffd}\"}",
        &["half of a surrogate pair is no character"],
    );
}

#[test]
fn what_would_be_lost_or_changed_is_an_error() {
    check_lost(r#"{"a" "b","c":1}"#, 1, "no colon");
    check_lost(r#"{"a":,"c":1}"#, 5, "the value of `a`");
    check_lost(r#"{"a":hello}"#, 5, "the value of `a`");
    check_lost(r#"{"a":'x'}"#, 5, "double quotes");
    check_lost("{'a':1}", 1, "a property's name stands in double quotes");
    check_lost("{a:1}", 1, "a property's name stands in double quotes");
    check_lost("{\"a\":\"x\ny\"}", 5, "no closing quote");
    check_lost(r#"{"a":"\q"}"#, 6, "no escape");
    check_lost(r#"{"a":"\u12"}"#, 6, "no escape");
    check_lost(r#"{"a":["x"},"b":1}"#, 9, "expected `]`");
    check_lost(r#"{"a":{"x":1]}"#, 11, "expected `}`");
    for number in ["01", ".5", "+1", "0x10", "1.", "--1", "1e", "NaN"] {
        check_lost(&format!("{{\"a\":{number}}}"), 5, "the value of `a`");
    }
}

#[test]
fn only_an_object_is_a_configuration() {
    for (text, problem) in [
        ("", "the file is empty"),
        ("  // nothing\n", "the file is empty"),
        ("[{}]", "expected an object"),
        ("\"x\"", "expected an object"),
        ("null", "expected an object"),
        ("5", "expected an object"),
    ] {
        check_lost(text, 0, problem);
    }
    check_lost(&"{\"a\":".repeat(100_000), 200 * 5, "stand in each other");
}

#[test]
fn numbers_are_doubles_as_in_javascript() {
    for (text, value) in [
        ("1.0", "1"),
        ("1e3", "1000"),
        ("-0", "0"),
        ("-12.0", "-12"),
        ("12345678901234567890", "12345678901234567000"),
        ("1.5e-7", "1.5e-7"),
        ("1e400", "null"),
        ("-9007199254740993", "-9007199254740992"),
        ("100", "100"),
    ] {
        check(&format!("{{\"a\":{text}}}"), &format!("{{\"a\":{value}}}"), &[]);
    }
}

proptest! {
    #[test]
    fn no_text_panics_or_hangs(text in "[{}\\[\\]\":,a1 \\\\/*\n\u{e9}#'-]{0,60}") {
        if let Err(fault) = parse(&text) {
            prop_assert!(text.get(fault.span.start.min(text.len())..).is_some());
        }
    }
}
