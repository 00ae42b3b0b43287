//! Texts of a repository that want to be more than texts.

use proptest::prelude::*;

use super::*;

/// A run in which every text is `text`.
fn of(text: &str) -> Vec<CaseResult> {
    let place = ConfigPlace { file: text.to_owned(), line: 1, column: 1 };
    let all = Failure {
        file: text.to_owned(),
        around: vec![text.to_owned()],
        config: Some(place),
        hint: Some(text.to_owned()),
        ..failure(text, text, text, text)
    };
    let mut bad = Attempt {
        kept: Some(text.to_owned()),
        time: text.to_owned(),
        ..attempt(CaseOutcome::Failed, f64::NAN, vec![all])
    };
    bad.steps[0].name = text.to_owned();
    bad.steps[0].phases[0].outcome = text.to_owned();
    let good = Attempt { failures: Vec::new(), outcome: CaseOutcome::Passed, ..bad.clone() };
    let flaky = case(text, CaseOutcome::Flaky, vec![bad.clone(), good]);
    let failed = case(text, CaseOutcome::Failed, vec![bad.clone(), bad]);
    [flaky, failed].map(|one| CaseResult { file: text.to_owned(), repeat: text.to_owned(), ..one }).to_vec()
}

/// Whether the runner of GitHub Actions takes a line for a command (actions/runner, `ActionCommand`).
fn is_command(line: &str) -> bool {
    let seen: String = line.chars().filter(|char| char.is_ascii_graphic() || *char == ' ').collect();
    seen.trim_start().starts_with("::") || seen.contains("##[")
}

const TEXTS: [&str; 8] = [
    "::error::x\n::stop-commands::y\r::add-mask::z",
    "##[add-mask]x ##[error]",
    "\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\u{202e}x\u{0}\u{8}\u{fffe}\u{ffff}",
    "</code></pre></details><script>alert(1)</script> & &lt; \" '",
    "| a | `b` ``` **c** [d](http://e) @mona #1 $x$ :smile: \\ ~~~\n\n# head\n\n<!-- -->",
    "]]> <![CDATA[ <!DOCTYPE x [<!ENTITY y 'z'>]> &y;",
    "%0A::error::x %25 %3A,line=7",
    "",
];

fn check(text: &str) {
    let results = of(text);
    let run = RunResult { seconds: f64::INFINITY, ..run_of(&results) };
    for log in [Log::Plain, Log::Actions] {
        let told = Text { log, ..TEXT };
        let all: String = results.iter().map(|one| told.case(one)).chain([told.end(&results, &run)]).collect();
        assert!(!all.contains(|char: char| char.is_control() && char != '\n'), "{all:?}");
        assert!(log == Log::Plain || !all.lines().any(is_command), "{all}");
    }
    let xml = junit(&results, &run).expect("written");
    let is_char =
        |char| matches!(char, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(xml.chars().all(is_char), "{xml:?}");
    assert_eq!(super::super::junit::read(&xml), (2, 1));
    for line in annotations(&results, "").lines() {
        assert!(
            line.starts_with("::error file=") || line.starts_with("::warning ") || line.starts_with("::error "),
            "{line}"
        );
    }
    // As many tags as with a text that has none in it.
    let summary = |text| step_summary(&of(text), &run, STEP_SUMMARY);
    assert_eq!(summary(text).matches('<').count(), summary("x").matches('<').count(), "{}", summary(text));
}

#[test]
fn a_text_of_a_repository_is_no_more_than_a_text() {
    TEXTS.into_iter().for_each(check);
    check(&"long ".repeat(100_000));
    check(&"line\n".repeat(10_000));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_it_is(parts in prop::collection::vec(prop_oneof![any::<char>().prop_map(String::from),
        prop::sample::select(&["::", "##[", "error", "\n", "\r", "\u{1b}[", "<", "]]>", "&", "\u{200d}", "%0A"][..]).prop_map(str::to_owned)], 0..12)) {
        check(&parts.concat());
    }
}

#[test]
fn what_is_written_in_tables_and_blocks_stays_there() {
    let page = step_summary(&of(TEXTS[4]), &run_of(&of(TEXTS[4])), STEP_SUMMARY);
    // A blank line ends HTML in Markdown, but in a `pre`.
    let table = page.split("<table>").nth(1).and_then(|rest| rest.split("</table>").next()).expect("a table");
    assert!(!table.contains("\n\n"), "{table}");
    for block in page.split("</pre>").filter_map(|part| part.split_once("<pre>")) {
        assert!(block.0.ends_with("\n\n"), "{page}");
    }
}
