//! Tests of `format`.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn codespace() -> CodespaceName {
    "calm-lamp".parse().expect("valid")
}

fn time() -> Timestamp {
    "2026-01-02T03:04:05.678Z".parse().expect("valid")
}

fn line(event: &Event) -> String {
    let mut out = Vec::new();
    encode(&mut out, time(), &codespace(), event).expect("encoded");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn a_line_is_flat_and_leaves_out_what_is_absent() {
    let check = |event: Event, expected: &str| {
        let head = r#"{"time":"2026-01-02T03:04:05.678Z","codespace":"calm-lamp","event":"#;
        assert_eq!(line(&event), format!("{head}{expected}}}\n"));
    };
    let phase = Phase::OnCreateCommand;
    check(Event::PhaseStarted { phase }, r#""phaseStarted","phase":"onCreateCommand""#);
    check(
        Event::PhaseFinished(PhaseFinished {
            phase,
            outcome: Outcome::Failed,
            seconds: 0.3 + f64::EPSILON,
            exit_code: Some(127),
            reason: None,
            detail: None,
            hint: None,
        }),
        r#""phaseFinished","phase":"onCreateCommand","outcome":"failed","seconds":0.3,"exitCode":127"#,
    );
    check(
        Event::Output(Output { phase, command: None, stream: OutputStream::Stderr, text: "a\"\n\u{1b}".into() }),
        r#""output","phase":"onCreateCommand","stream":"stderr","text":"a\"\n\u001b""#,
    );
    check(
        Event::RunStarted(RunStarted {
            occasion: "create".into(),
            version: "0.1.0".into(),
            pid: 7,
            secrets_file: None,
            hub: Some("/h/hub.yaml".into()),
            github_token: Some("gh".into()),
        }),
        r#""runStarted","occasion":"create","version":"0.1.0","pid":7,"hub":"/h/hub.yaml","githubToken":"gh""#,
    );
    check(
        Event::CreationFailed { error: CreationError::Container, reason: "no".into() },
        r#""creationFailed","errorCode":1302,"reason":"no""#,
    );
    check(Event::Ready { wait_for: phase }, r#""ready","waitFor":"onCreateCommand""#);
    check(
        Event::RunFinished { outcome: Outcome::Succeeded, seconds: f64::NAN, message: None },
        r#""runFinished","outcome":"succeeded","seconds":0.0"#,
    );
}

#[test]
fn what_is_no_line_of_ours_is_nothing() {
    let head = r#"{"time":"2026-01-02T03:04:05Z","codespace":"calm-lamp""#;
    for line in [
        String::new(),
        "{}".to_owned(),
        "no JSON".to_owned(),
        format!(r#"{head},"event":"moonLanding"}}"#),
        format!(r#"{head},"event":"phaseStarted"}}"#),
        format!(r#"{head},"event":"phaseStarted","phase":"launch"}}"#),
        format!(r#"{head},"event":"runFinished","outcome":"maybe","seconds":1}}"#),
        format!(r#"{head},"event":"phaseStarted","phase":"ima"#),
        r#"{"time":"yesterday","codespace":"a","event":"ready","waitFor":"image"}"#.to_owned(),
        r#"{"time":"2026-01-02T03:04:05Z","codespace":"../a","event":"ready","waitFor":"image"}"#.to_owned(),
    ] {
        assert_eq!(decode(line.as_bytes()), None, "{line}");
    }
    let newer = format!(r#"{head},"event":"ready","waitFor":"image","mood":{{"good":true}}}}"#);
    assert!(decode(newer.as_bytes()).is_some(), "an unknown field is passed over");
}

proptest! {
    #[test]
    fn a_line_says_what_the_event_said(event in any_event(), milliseconds in 0_i64..4_000_000_000_000) {
        let time = Timestamp::from_millisecond(milliseconds).expect("in range");
        let mut out = b"before\n".to_vec();
        encode(&mut out, time, &codespace(), &event).expect("encoded");
        let line = out.strip_prefix(b"before\n").expect("what was there stays");
        prop_assert_eq!(line.iter().position(|byte| *byte == b'\n'), Some(line.len() - 1));
        prop_assert_eq!(decode(line), Some(Record { time, codespace: codespace(), event }));
        prop_assert_eq!(decode(&line[..line.len() / 2]), None);
    }
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![any_event_of_a_run(), any_event_of_a_phase(), any_event_of_a_command()]
}

fn any_event_of_a_run() -> impl Strategy<Value = Event> {
    prop_oneof![
        (text(), text(), any::<u32>(), option::of(text()), option::of(text()), option::of(text())).prop_map(
            |(occasion, version, pid, secrets_file, hub, github_token)| {
                Event::RunStarted(RunStarted { occasion, version, pid, secrets_file, hub, github_token })
            }
        ),
        phase().prop_map(|wait_for| Event::Ready { wait_for }),
        (select(CreationError::ALL.to_vec()), text())
            .prop_map(|(error, reason)| Event::CreationFailed { error, reason }),
        (outcomes(), seconds(), option::of(text()), option::of(text()))
            .prop_map(|(outcome, seconds, reason, hint)| Event::RecoveryContainer { outcome, seconds, reason, hint }),
        (option::of(phase()), text(), option::of(text())).prop_map(|(phase, message, hint)| Event::Warning {
            phase,
            message,
            hint
        }),
        (outcomes(), seconds(), option::of(text())).prop_map(|(outcome, seconds, message)| Event::RunFinished {
            outcome,
            seconds,
            message
        }),
    ]
}

fn any_event_of_a_phase() -> impl Strategy<Value = Event> {
    let logins = select(vec![LoginOutcome::Written, LoginOutcome::Failed, LoginOutcome::Skipped]);
    prop_oneof![
        phase().prop_map(|phase| Event::PhaseStarted { phase }),
        (phase(), text()).prop_map(|(phase, reason)| Event::PhaseSkipped { phase, reason }),
        (phase(), outcomes(), seconds(), option::of(any::<i32>()), prop::array::uniform3(option::of(text()))).prop_map(
            |(phase, outcome, seconds, exit_code, [reason, detail, hint])| {
                Event::PhaseFinished(PhaseFinished { phase, outcome, seconds, exit_code, reason, detail, hint })
            }
        ),
        (text(), text(), text(), logins, option::of(text()), option::of(times())).prop_map(
            |(id, server, user, outcome, reason, expires_at)| {
                Event::RegistryLogin(RegistryLogin { id, server, user, outcome, reason, expires_at })
            }
        ),
        (phase(), text(), text(), text()).prop_map(|(phase, rule, message, advice)| {
            Event::Diagnosis(Diagnosis { phase, rule, message, advice })
        }),
    ]
}

fn any_event_of_a_command() -> impl Strategy<Value = Event> {
    let streams = select(vec![OutputStream::Stdout, OutputStream::Stderr]);
    let states = select(vec![StepState::Started, StepState::Cached, StepState::Succeeded, StepState::Failed]);
    prop_oneof![
        (phase(), option::of(text()), streams, text())
            .prop_map(|(phase, command, stream, text)| Event::Output(Output { phase, command, stream, text })),
        (phase(), text(), any::<i32>(), seconds()).prop_map(|(phase, command, exit_code, seconds)| {
            Event::CommandFinished { phase, command, exit_code, seconds }
        }),
        (phase(), text(), text(), states, option::of(seconds())).prop_map(|(phase, step, name, state, seconds)| {
            Event::BuildStep(BuildStep { phase, step, name, state, seconds })
        }),
        (phase(), text()).prop_map(|(phase, text)| Event::Progress { phase, text }),
        (phase(), option::of(text()), text()).prop_map(|(phase, command, text)| Event::CommandStarted {
            phase,
            command,
            text
        }),
        (text(), text()).prop_map(|(user, folder)| Event::ContainerReady { user, folder }),
    ]
}

fn phase() -> impl Strategy<Value = Phase> {
    select(Phase::ALL.to_vec())
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    select(vec![Outcome::Succeeded, Outcome::Failed])
}

fn times() -> impl Strategy<Value = Timestamp> {
    (0_i64..10_000_000_000).prop_map(|second| Timestamp::from_second(second).expect("a time"))
}

fn text() -> impl Strategy<Value = String> {
    any::<String>()
}

fn seconds() -> impl Strategy<Value = f64> {
    (0_u32..1_000_000_000).prop_map(|milliseconds| f64::from(milliseconds) / 1e3)
}
