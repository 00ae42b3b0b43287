//! Whole runs, as each report shows them.

mod documents;
mod logs;

use jiff::{Timestamp, ToSpan};

use super::*;
use crate::journal::{
    BuildStep, Diagnosis, Event, LoginOutcome, Outcome, Output, OutputStream, PhaseFinished, Record, RegistryLogin,
    RunStarted, StepState,
};
use crate::phase::Phase;

const LOOK: Look = Look { width: 80, colour: Colour::Never, charset: Charset::Utf8 };

fn records(events: Vec<Event>) -> Vec<Record> {
    let began: Timestamp = "2026-01-02T03:04:05.678Z".parse().expect("valid");
    let codespace: crate::codespace::CodespaceName = "calm-lamp".parse().expect("valid");
    let record = |(index, event)| Record {
        time: began + (i64::try_from(index).expect("few") * 100).milliseconds(),
        codespace: codespace.clone(),
        event,
    };
    events.into_iter().enumerate().map(record).collect()
}

fn run_started(occasion: &str) -> Event {
    let (occasion, version) = (occasion.to_owned(), "0.1.0".to_owned());
    Event::RunStarted(RunStarted { occasion, version, pid: 1, secrets_file: None, hub: None, github_token: None })
}

fn finished(phase: Phase, outcome: Outcome, exit_code: Option<i32>, reason: Option<&str>) -> Event {
    let reason = reason.map(str::to_owned);
    Event::PhaseFinished(PhaseFinished { phase, outcome, seconds: 1.25, exit_code, reason, detail: None, hint: None })
}

fn output(phase: Phase, command: Option<&str>, stream: OutputStream, text: &str) -> Event {
    Event::Output(Output { phase, command: command.map(str::to_owned), stream, text: text.to_owned() })
}

fn skipped(phase: Phase, reason: &str) -> Event {
    Event::PhaseSkipped { phase, reason: reason.to_owned() }
}

/// A codespace that pulls a private image before there is a login.
fn too_early() -> Vec<Record> {
    use OutputStream::{Stderr, Stdout};
    let (image, hook) = (Phase::Image, Phase::OnCreateCommand);
    let mut events = vec![
        run_started("create"),
        Event::PhaseStarted { phase: image },
        finished(image, Outcome::Succeeded, None, None),
        Event::PhaseStarted { phase: hook },
        output(hook, Some("tools"), Stdout, "\u{1b}[32mall there\u{1b}[0m\n"),
        Event::CommandFinished { phase: hook, command: "tools".to_owned(), exit_code: 0, seconds: 0.1 },
    ];
    events.extend((1..=20).map(|index| output(hook, Some("api"), Stdout, &format!("{}%\rstep {index}\n", index * 5))));
    events.extend([
        output(hook, Some("api"), Stderr, "Error: pull access "),
        output(hook, Some("api"), Stderr, "denied\u{1b}[2J\nno newline at the end"),
        Event::CommandFinished { phase: hook, command: "api".to_owned(), exit_code: 125, seconds: 1.2 },
        finished(hook, Outcome::Failed, Some(125), None),
        Event::Diagnosis(Diagnosis {
            phase: hook,
            rule: "pull-before-login".to_owned(),
            message: "ghcr.io/acme/api is private, and registry logins are not there before postCreateCommand"
                .to_owned(),
            advice: "move the pull to postCreateCommand".to_owned(),
        }),
        skipped(Phase::RegistryLogin, "onCreateCommand failed"),
        skipped(Phase::PostCreateCommand, "onCreateCommand failed, and what comes after a failed phase is not run"),
        Event::RunFinished { outcome: Outcome::Failed, seconds: 3.5, message: None },
    ]);
    records(events)
}

/// A codespace that can be used although its last command failed.
fn usable() -> Vec<Record> {
    records(vec![
        run_started("create"),
        finished(Phase::Image, Outcome::Failed, None, Some("of an earlier run")),
        run_started("start"),
        Event::Warning {
            phase: None,
            message: "the secrets file can be read by others".to_owned(),
            hint: Some("chmod 600 it".to_owned()),
        },
        finished(Phase::OnCreateCommand, Outcome::Succeeded, Some(0), None),
        Event::Ready { wait_for: Phase::UpdateContentCommand },
        Event::RegistryLogin(RegistryLogin {
            id: "ACR".to_owned(),
            server: "acme.azurecr.io".to_owned(),
            user: "robot".to_owned(),
            outcome: LoginOutcome::Written,
            reason: None,
            expires_at: None,
        }),
        Event::PhaseStarted { phase: Phase::PostCreateCommand },
        output(Phase::PostCreateCommand, None, OutputStream::Stdout, "a\u{1b}[31mb\n"),
        finished(Phase::PostCreateCommand, Outcome::Failed, Some(1), Some("timed out after 60 s")),
        Event::RunFinished {
            outcome: Outcome::Failed,
            seconds: 3.5,
            message: Some("postCreateCommand failed".to_owned()),
        },
    ])
}

fn log(records: &[Record], colour: Colour) -> String {
    log_text(records.iter().map(|record| (record.time, &record.event)), colour)
}

fn json(records: Vec<Record>) -> String {
    let place = Place {
        name: "calm-lamp".to_owned(),
        container_id: Some("0123abcd".to_owned()),
        remote_user: Some("vscode".to_owned()),
        remote_workspace_folder: Some("/workspaces/app".to_owned()),
        open_files: Vec::new(),
    };
    serde_json::to_string_pretty(&UpDocument::new(&Summary::of(records), place)).expect("encoded")
}

#[test]
fn a_timeline_is_aligned_and_wraps_reasons() {
    insta::assert_snapshot!(timeline(&Summary::of(too_early()), LOOK), @r"
    phase              outcome    seconds
    image              succeeded      1.2
    onCreateCommand    failed         1.2  exit code 125
    registryLogin      skipped          -  onCreateCommand failed
    postCreateCommand  skipped          -  onCreateCommand failed, and what comes
                                           after a failed phase is not run
    ");
    insta::assert_snapshot!(timeline(&Summary::of(too_early()), Look { width: 50, ..LOOK }), @r"
    phase              outcome    seconds
    image              succeeded      1.2
    onCreateCommand    failed         1.2
      exit code 125
    registryLogin      skipped          -
      onCreateCommand failed
    postCreateCommand  skipped          -
      onCreateCommand failed, and what comes after a
      failed phase is not run
    ");
    assert_eq!(timeline(&Summary::default(), LOOK), "");
}

#[test]
fn colours_do_not_move_a_column() {
    let painted = timeline(&Summary::of(too_early()), Look { colour: Colour::Always, ..LOOK });
    assert!(painted.contains("\u{1b}[31mfailed   \u{1b}[0m"), "{painted}");
    let bare: String = painted.lines().flat_map(|line| [plain(line).into_owned(), "\n".to_owned()]).collect();
    assert_eq!(bare, timeline(&Summary::of(too_early()), LOOK));
}

#[test]
fn a_failure_shows_the_end_of_the_command_that_failed_and_what_to_do() {
    insta::assert_snapshot!(failure(&Summary::of(too_early()), Remains::Codespace, LOOK).expect("failed"), @r"
    onCreateCommand failed in `api` with exit code 125

    its last 20 lines:
      | step 3
      | step 4
      | step 5
      | step 6
      | step 7
      | step 8
      | step 9
      | step 10
      | step 11
      | step 12
      | step 13
      | step 14
      | step 15
      | step 16
      | step 17
      | step 18
      | step 19
      | step 20
      | Error: pull access denied
      | no newline at the end

    diagnosis: ghcr.io/acme/api is private, and registry logins are not there before
               postCreateCommand
    advice: move the pull to postCreateCommand

    The codespace cannot be used. What to do next:
      localspace logs -c calm-lamp        shows everything that was written
      localspace exec -c calm-lamp -- sh  opens a shell in it
      the same command again              tries this phase again, and goes on
    ");
    insta::assert_snapshot!(failure(&Summary::of(usable()), Remains::Codespace, LOOK).expect("failed"), @r"
    postCreateCommand failed with exit code 1: timed out after 60 s

    its last line:
      | ab

    It can be used, but the phases after this one were skipped. What to do next:
      localspace logs -c calm-lamp        shows everything that was written
      localspace exec -c calm-lamp -- sh  opens a shell in it
      the same command again              tries this phase again, and goes on
    ");
    assert_eq!(failure(&Summary::default(), Remains::Codespace, LOOK), None);
}

#[test]
fn a_command_that_never_ends_its_line_does_not_fill_the_memory() {
    let mut summary = Summary::default();
    let chunk = output(Phase::Image, None, OutputStream::Stdout, &"x".repeat(1 << 16));
    for record in records(vec![chunk; 64]) {
        summary.add(&record);
    }
    for record in records(vec![finished(Phase::Image, Outcome::Failed, None, None)]) {
        summary.add(&record);
    }
    assert_eq!(summary.failure.expect("failed").excerpt, ["x".repeat(4096)]);
}

#[test]
fn a_fault_of_a_file_is_one_line_everywhere_and_its_place_is_shown_once() {
    let records = records(vec![
        run_started("create"),
        Event::PhaseStarted { phase: Phase::Create },
        Event::PhaseFinished(PhaseFinished {
            phase: Phase::Create,
            outcome: Outcome::Failed,
            seconds: 0.1,
            exit_code: None,
            reason: Some("d.json:2:16: the image has no user `vscode`".to_owned()),
            detail: Some("   |\n 2 |  \"remoteUser\": \"vscode\"}\n   |                ^^^^^^^^".to_owned()),
            hint: Some("set remoteUser to one of them".to_owned()),
        }),
    ]);
    insta::assert_snapshot!(failure(&Summary::of(records.clone()), Remains::Nothing, LOOK).expect("failed"), @r#"
    create failed: d.json:2:16: the image has no user `vscode`

       |
     2 |  "remoteUser": "vscode"}
       |                ^^^^^^^^

    hint: set remoteUser to one of them

    Nothing is left of the codespace. What to do next: mend that, and give the same
    command again.
    "#);
    assert!(log(&records, Colour::Never).contains("Z:    |                ^^^^^^^^\n"));
    let summary = Summary::of(records.clone());
    assert!(!timeline(&summary, LOOK).contains('^') && !json(records).contains('^'));
}

/// What a run found written stays until another container takes the place of this one; the newest of a server counts.
#[test]
fn the_logins_of_a_codespace_are_those_of_its_container() {
    let login = |id: &str, expires_at: &str| {
        Event::RegistryLogin(RegistryLogin {
            id: id.to_owned(),
            server: format!("{id}.example"),
            user: "AKIA".to_owned(),
            outcome: LoginOutcome::Written,
            reason: None,
            expires_at: expires_at.parse().ok(),
        })
    };
    let made = || finished(Phase::Create, Outcome::Succeeded, None, None);
    let of = |events: Vec<Event>| {
        let logins = logins(records(events)).into_iter();
        logins.map(|login| format!("{} {:?}", login.id, login.expires_at)).collect::<Vec<_>>().join("; ")
    };
    let first = || vec![run_started("create"), made(), login("A", ""), login("B", "2026-01-02T03:04:05Z")];
    assert_eq!(of(first()), "A None; B Some(2026-01-02T03:04:05Z)");
    let refreshed = [first(), vec![run_started("refresh"), made(), login("B", "2026-01-02T04:00:00Z")]].concat();
    assert_eq!(of(refreshed), "A None; B Some(2026-01-02T04:00:00Z)");
    assert_eq!(of([first(), vec![run_started("attach"), made()]].concat()), of(first()));
    assert_eq!(of([first(), vec![run_started("rebuild"), made(), login("A", "")]].concat()), "A None");
    let failed = finished(Phase::Create, Outcome::Failed, None, None);
    assert_eq!(of([first(), vec![run_started("rebuild"), failed]].concat()), of(first()));
    let text = log(&records(first()), Colour::Never);
    assert!(text.contains("login of AKIA at B.example: written, good until 2026-01-02 03:04:05Z\n"), "{text}");
    let written = finished(Phase::RegistryLogin, Outcome::Succeeded, None, None);
    let table = timeline(&Summary::of(records([first(), vec![written]].concat())), LOOK);
    assert!(table.contains("registryLogin  succeeded      1.2  B until 2026-01-02 03:04:05Z\n"), "{table}");
}
