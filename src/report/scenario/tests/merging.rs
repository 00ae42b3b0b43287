//! Several runs made one.

use super::*;

fn lines(events: &[TestEvent]) -> String {
    events.iter().map(|event| serde_json::to_string(event).expect("JSON") + "\n").collect()
}

fn started(time: &str, cases: usize) -> TestEvent {
    TestEvent::RunStarted { version: TestEvent::VERSION, time: time.to_owned(), cases, jobs: 2 }
}

fn begins(name: &str) -> TestEvent {
    TestEvent::CaseStarted { name: name.to_owned(), attempt: 1 }
}

fn over(result: &CaseResult) -> TestEvent {
    TestEvent::CaseFinished(Box::new(result.clone()))
}

fn merged(texts: &[&str]) -> Result<Merged, MergeError> {
    let names = ["one.json", "two.json", "three.json"];
    let streams = names.into_iter().zip(texts).map(|(name, text)| Stream { name, content: text.as_bytes() });
    merge(&streams.collect::<Vec<_>>())
}

#[test]
fn shards_are_one_run_again() {
    let results = results();
    let shard = |time: &str, part: &[CaseResult], seconds: f64| {
        let mut events = vec![started(time, part.len())];
        events.extend(part.iter().flat_map(|result| [begins(&result.name), over(result)]));
        events.push(TestEvent::RunFinished(RunResult { seconds, ..run_of(part) }));
        lines(&events)
    };
    let one = shard("2026-01-02T03:04:06Z", &results[..3], 80.0);
    let two = shard("2026-01-02T03:04:05Z", &results[3..], 20.0);
    let both = merged(&[&one, &two]).expect("merged");
    assert_eq!((both.time.as_deref(), both.cases, both.jobs), (Some("2026-01-02T03:04:05Z"), 6, 4));
    assert_eq!(both.run, RunResult { seconds: 80.0, ..run_of(&results) });
    assert_eq!(both.unended, Vec::<String>::new());
    let names: Vec<&str> = both.results.iter().map(|result| result.name.as_str()).collect();
    let by_place = ["it answers", "it is there", "it is there [prebuild]", "it never is", "it was to be", "it runs"];
    assert_eq!(names, by_place);
    // In another order it is the same, and what it is written as is one run again.
    assert_eq!(merged(&[&two, &one]).expect("merged"), both);
    assert_eq!(merged(&[&lines(&both.events())]).map(|again| again.results).expect("merged"), both.results);
}

#[test]
fn a_stream_that_breaks_off_is_told_and_what_it_lacks_is_an_error() {
    let results = results();
    let whole = lines(&[started("", 5), over(&results[0]), begins("cut"), begins(&results[1].name), over(&results[1])]);
    let half = whole.len() - 40;
    for text in [&whole, &whole[..half]] {
        let both = merged(&[text, ""]).expect("merged");
        assert_eq!(both.unended, ["one.json", "two.json"]);
        let errors = both.results.iter().filter(|result| result.outcome == CaseOutcome::Error);
        let names: Vec<_> = errors.map(|result| (result.file.as_str(), result.name.as_str())).collect();
        assert!(names.contains(&("one.json", "cut")) && names.contains(&("two.json", "all of two.json")), "{names:?}");
        // Those that did not begin are one.
        assert!(names.contains(&("one.json", "the rest of one.json")), "{names:?}");
        assert_eq!(both.run.errors, names.len());
    }
    let all = merged(&[&lines(&[started("", 3), begins("cut")]), "", &lines(&[started("", 1), over(&results[0])])]);
    let told: String = all.expect("merged").results.iter().map(|result| TEXT.case(result)).collect();
    insta::assert_snapshot!(told, @r"
       PASS [   5.250s] it is there
      ERROR [   0.000s] cut
    one.json: the run broke off at try 1
        hint     look at the log of the job that ran it: it was killed, or ran out of time or space
      ERROR [   0.000s] the rest of one.json
    one.json: the run broke off, and 2 of its 3 cases did not begin
        hint     look at the log of the job that ran it: it was killed, or ran out of time or space
      ERROR [   0.000s] all of two.json
    two.json: the run broke off before it began
        hint     look at the log of the job that ran it: it was killed, or ran out of time or space
    ");
}

#[test]
fn what_is_no_run_is_an_error_with_its_place() {
    let check = |texts: &[&str], expected: &str| {
        let error = merged(texts).expect_err("an error");
        assert_eq!(error.to_string(), expected, "{}", error.hint());
    };
    let passed = lines(&[over(&results()[0])]);
    check(
        &["\n{\"event\":\"runStart\"}\n"],
        "one.json:2:19: this is no event of a run of scenarios: unknown variant `runStart`, expected one of `runStarted`, `caseStarted`, `stepStarted`, `phaseStarted`, `caseFinished`, `runFinished`",
    );
    check(&["{}\n"], "one.json:1:2: this is no event of a run of scenarios: missing field `event`");
    check(&[&passed, "\u{1b}[31mhello\n"], "two.json:1:1: this is no event of a run of scenarios: expected value");
    check(&["hello"], "one.json:1:1: this is no event of a run of scenarios: expected value");
    check(
        &["{\"event\":\"runStarted\",\"version\":2,\"time\":\"\",\"cases\":1,\"jobs\":1}\n"],
        "one.json:1: these events are of version 2, and this localspace reads version 1",
    );
    check(&[&passed, &passed], "the case `it is there` is in one.json and in two.json");
    check(&[&passed.repeat(2)], "the case `it is there` is in one.json and in one.json");
}
