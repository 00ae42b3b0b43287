//! One run with everything that can happen in it, as each report shows it.

mod documents;
mod hostile;
mod merging;

use super::*;
use crate::phase::Phase;
use crate::report::{Charset, Colour, Look};
use crate::scenario::{
    Attempt, CaseOutcome, CaseResult, ConfigPlace, Failure, PhaseTime, RunResult, StepResult, TestEvent,
};

const LOOK: Look = Look { width: 80, colour: Colour::Never, charset: Charset::Utf8 };
const TEXT: Text = Text { look: LOOK, log: Log::Plain, tries: Some(3) };

fn failure(step: &str, what: &str, expected: &str, actual: &str) -> Failure {
    Failure {
        file: ".localspace/image.yaml".to_owned(),
        line: 12,
        column: 7,
        step: step.to_owned(),
        what: what.to_owned(),
        expected: expected.to_owned(),
        actual: actual.to_owned(),
        around: Vec::new(),
        phase: None,
        config: None,
        hint: None,
    }
}

fn hook() -> Failure {
    let config = ConfigPlace { file: ".devcontainer/devcontainer.json".to_owned(), line: 4, column: 24 };
    Failure {
        around: ["$ docker pull ghcr.io/acme/api:1", "denied: denied"].map(str::to_owned).to_vec(),
        phase: Some(Phase::OnCreateCommand),
        config: Some(config),
        hint: Some("registry logins are not there before postCreateCommand:\nmove the command there".to_owned()),
        ..failure("create", "onCreateCommand.outcome", "succeeded", "failed with exit code 1")
    }
}

fn attempt(outcome: CaseOutcome, seconds: f64, failures: Vec<Failure>) -> Attempt {
    let phase = |phase, outcome: &str, seconds| PhaseTime { phase, outcome: outcome.to_owned(), seconds };
    let create = StepResult {
        name: "create".to_owned(),
        seconds: 4.5,
        phases: vec![
            phase(Phase::Image, "succeeded", 1.0),
            phase(Phase::Create, "succeeded", 0.25),
            phase(Phase::OnCreateCommand, if failures.is_empty() { "succeeded" } else { "failed" }, 3.0),
            phase(Phase::RegistryLogin, "skipped", 0.0),
        ],
    };
    let time = "2026-01-02T03:04:05.678Z".to_owned();
    Attempt { outcome, time, seconds, steps: vec![create], failures, kept: None }
}

fn case(name: &str, outcome: CaseOutcome, attempts: Vec<Attempt>) -> CaseResult {
    CaseResult {
        name: name.to_owned(),
        file: ".localspace/image.yaml".to_owned(),
        line: 1,
        outcome,
        attempts,
        repeat: format!("localspace test --filter '{name}' --keep"),
    }
}

fn results() -> Vec<CaseResult> {
    use CaseOutcome::{Error, Failed, Flaky, Interrupted, Passed};
    let port = || failure("start", "container.ports.3000", "something answers", "connection refused");
    let kept = Some("localspace ssh -c test-x7k2p9".to_owned());
    let engine = failure("create", "the engine", "", "cannot connect to the Docker daemon");
    vec![
        case("it is there", Passed, vec![attempt(Passed, 5.25, vec![])]),
        case("it is there [prebuild]", Failed, vec![Attempt { kept, ..attempt(Failed, 12.0, vec![hook(), port()]) }]),
        case("it answers", Flaky, vec![attempt(Failed, 3.0, vec![port()]), attempt(Passed, 61.0, vec![])]),
        CaseResult {
            file: ".localspace/other.yaml".to_owned(),
            ..case("it runs", Error, vec![attempt(Error, 0.5, vec![engine])])
        },
        case(
            "it never is",
            Failed,
            vec![attempt(Failed, 2.0, vec![port(), hook()]), attempt(Failed, 1.0, vec![port()])],
        ),
        case("it was to be", Interrupted, vec![]),
    ]
}

fn run_of(results: &[CaseResult]) -> RunResult {
    let mut run = RunResult { seconds: 75.04, ..RunResult::default() };
    for result in results {
        run.count(result.outcome);
    }
    run
}

#[test]
fn a_person_is_told_what_is_not_as_expected_and_how_to_repeat_it() {
    let results = results();
    let text: String = results.iter().map(|result| TEXT.case(result)).collect();
    insta::assert_snapshot!(text, @r"
         PASS [   5.250s] it is there
         FAIL [  12.000s] it is there [prebuild]
      .localspace/image.yaml:12:7: create: onCreateCommand.outcome
          expected succeeded
          actual   failed with exit code 1
          command  .devcontainer/devcontainer.json:4:24
          │ $ docker pull ghcr.io/acme/api:1
          │ denied: denied
          hint     registry logins are not there before postCreateCommand:
                   move the command there
      .localspace/image.yaml:12:7: start: container.ports.3000
          expected something answers
          actual   connection refused
      repeat: localspace test --filter 'it is there [prebuild]' --keep
      kept: localspace ssh -c test-x7k2p9
    FLAKY 2/3 [  61.000s] it answers
      try 1:
      .localspace/image.yaml:12:7: start: container.ports.3000
          expected something answers
          actual   connection refused
      repeat: localspace test --filter 'it answers' --keep
        ERROR [   0.500s] it runs
      .localspace/image.yaml:12:7: create: the engine
          actual   cannot connect to the Docker daemon
      repeat: localspace test --filter 'it runs' --keep
         FAIL [   1.000s] it never is
      try 1: .localspace/image.yaml:12:7: start: container.ports.3000 (and 1 more)
      try 2:
      .localspace/image.yaml:12:7: start: container.ports.3000
          expected something answers
          actual   connection refused
      repeat: localspace test --filter 'it never is' --keep
      STOPPED [   0.000s] it was to be
      repeat: localspace test --filter 'it was to be' --keep
    ");
    insta::assert_snapshot!(TEXT.end(&results, &run_of(&results)), @r"2 passed (1 flaky), 2 failed, 1 error, 1 stopped in 75.0 s");
}

#[test]
fn of_many_cases_those_that_failed_are_named_once_more() {
    let mut results = results();
    let passed = results[0].clone();
    results.extend((0..6).map(|at| CaseResult { name: format!("case {at}"), ..passed.clone() }));
    insta::assert_snapshot!(TEXT.end(&results, &run_of(&results)), @r"
         FAIL [  12.000s] it is there [prebuild]  .localspace/image.yaml:1
    FLAKY 2/3 [  61.000s] it answers  .localspace/image.yaml:1
        ERROR [   0.500s] it runs  .localspace/other.yaml:1
         FAIL [   1.000s] it never is  .localspace/image.yaml:1
    8 passed (1 flaky), 2 failed, 1 error, 1 stopped in 75.0 s
    ");
    let ascii = Look { colour: Colour::Always, charset: Charset::Ascii, ..LOOK };
    let text = Text { look: ascii, log: Log::Actions, tries: None }.case(&results[1]);
    insta::assert_snapshot!(text.replace('\u{1b}', "ESC"), @r"
    ESC[31m     FAILESC[0m [  12.000s] it is there [prebuild]
      ESC[1m.localspace/image.yaml:12:7: create: onCreateCommand.outcomeESC[0m
          expected succeeded
          actual   failed with exit code 1
          command  .devcontainer/devcontainer.json:4:24
          ESC[2m| $ docker pull ghcr.io/acme/api:1ESC[0m
          ESC[2m| denied: deniedESC[0m
          hint     registry logins are not there before postCreateCommand:
                   move the command there
      ESC[1m.localspace/image.yaml:12:7: start: container.ports.3000ESC[0m
          expected something answers
          actual   connection refused
      repeat: localspace test --filter 'it is there [prebuild]' --keep
      kept: localspace ssh -c test-x7k2p9
    ");
    assert_eq!(counts(&RunResult::default()), "nothing was run");
}

#[test]
fn annotations_stand_at_the_scenario_and_at_the_configuration() {
    insta::assert_snapshot!(annotations(&results(), ""), @r"
    ::error file=.localspace/image.yaml,line=12,col=7,title=it is there [prebuild]::.localspace/image.yaml:12:7: create: onCreateCommand.outcome%0A  expected succeeded%0A  actual   failed with exit code 1%0A  command  .devcontainer/devcontainer.json:4:24%0A  | $ docker pull ghcr.io/acme/api:1%0A  | denied: denied%0A  hint     registry logins are not there before postCreateCommand:%0A           move the command there
    ::error file=.localspace/image.yaml,line=12,col=7,title=it runs::.localspace/image.yaml:12:7: create: the engine%0A  actual   cannot connect to the Docker daemon
    ::error file=.localspace/image.yaml,line=12,col=7,title=it never is::.localspace/image.yaml:12:7: start: container.ports.3000%0A  expected something answers%0A  actual   connection refused
    ::error file=.devcontainer/devcontainer.json,line=4,col=24,title=it is there [prebuild]::create: onCreateCommand.outcome%0A  expected succeeded%0A  actual   failed with exit code 1%0A  | $ docker pull ghcr.io/acme/api:1%0A  | denied: denied%0A  hint     registry logins are not there before postCreateCommand:%0A           move the command there%0Aexpected by .localspace/image.yaml:12:7
    ::error file=.localspace/image.yaml,line=12,col=7,title=it is there [prebuild]::.localspace/image.yaml:12:7: start: container.ports.3000%0A  expected something answers%0A  actual   connection refused
    ::warning file=.localspace/image.yaml,line=1,title=it answers::passed at try 2 only%0Atry 1: .localspace/image.yaml:12:7: start: container.ports.3000
    ");
    let one = case("a", CaseOutcome::Failed, vec![attempt(CaseOutcome::Failed, 1.0, vec![hook()])]);
    assert!(annotations(&[one], "apps/web/").contains(",title=a::"));
}

#[test]
fn github_shows_ten_annotations_and_is_told_how_many_there_are() {
    let failures = (0..30).map(|_| hook()).collect();
    let one = case("one", CaseOutcome::Failed, vec![attempt(CaseOutcome::Failed, 1.0, failures)]);
    let two = case("two", CaseOutcome::Failed, vec![]);
    let text = annotations(&[one, two], "apps/web");
    let starts: Vec<&str> = text.lines().map(|line| &line[..40]).collect();
    assert_eq!(starts.len(), 11);
    assert!(text.contains("::error file=apps/web/.localspace/image.yaml,line=1,title=two::failed\n"), "{text}");
    assert!(text.ends_with("::notice title=localspace::51 more errors are in the log and in the summary\n"), "{text}");
}
