//! The terminal, on one that is in memory.

mod scenarios;

use std::io::{self, Cursor, Write};
use std::sync::mpsc;

use indicatif::{InMemoryTerm, ProgressDrawTarget};
use jiff::{Timestamp, ToSpan};

use super::*;
use crate::journal::{BuildStep, Event, Outcome, Output, OutputStream, PhaseFinished, StepState};
use crate::phase::Phase;
use crate::report::{Charset, Colour};

const LOOK: Look = Look { width: 60, colour: Colour::Never, charset: Charset::Utf8 };

/// A stream that passes on each write.
struct Wire(mpsc::Sender<String>);

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.0.send(text).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn began() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().expect("valid")
}

fn output(text: &str) -> Event {
    let (phase, stream) = (Phase::OnCreateCommand, OutputStream::Stdout);
    Event::Output(Output { phase, command: None, stream, text: text.to_owned() })
}

fn finished(phase: Phase, outcome: Outcome, exit_code: Option<i32>, seconds: f64) -> Event {
    Event::PhaseFinished(PhaseFinished { phase, outcome, seconds, exit_code, reason: None, detail: None, hint: None })
}

fn skipped() -> Event {
    Event::PhaseSkipped { phase: Phase::RegistryLogin, reason: "this is a prebuild:\nno login".to_owned() }
}

fn warning() -> Event {
    let (message, hint) = ("the file is \u{1b}[2Jopen".to_owned(), Some("chmod 600 it".to_owned()));
    Event::Warning { phase: None, message, hint }
}

fn show(sink: &mut dyn Sink, events: &[Event]) {
    for event in events {
        sink.event(began(), event).expect("shown");
    }
}

fn live(look: Look) -> (InMemoryTerm, Live) {
    let term = InMemoryTerm::new(20, 60);
    let target = ProgressDrawTarget::term_like_with_hz(Box::new(term.clone()), 12);
    let clock = Clock::new(|| began() + 3200.milliseconds());
    (term, Live::new(target, look, || 60, clock))
}

fn facts() -> Facts {
    Facts {
        stdin: Stream::Terminal,
        stdout: Stream::Terminal,
        stderr: Stream::Terminal,
        no_color: None,
        ci: None,
        term: Some("xterm".to_owned()),
        locale: Some("C.UTF-8".to_owned()),
    }
}

fn ui(facts: &Facts, input: &str) -> (Ui, mpsc::Receiver<String>, mpsc::Receiver<String>) {
    let ((out, stdout), (err, stderr)) = (mpsc::channel(), mpsc::channel());
    let stdin = Box::new(Cursor::new(input.as_bytes().to_vec()));
    let streams = Streams { stdin, stdout: Box::new(Wire(out)), stderr: Box::new(Wire(err)) };
    (Ui::with_streams(facts, streams), stdout, stderr)
}

#[test]
fn without_a_terminal_there_is_a_line_per_phase() {
    let (sender, lines) = mpsc::channel();
    let mut plain = Plain::new(Box::new(Wire(sender)));
    let events = [
        Event::PhaseStarted { phase: Phase::OnCreateCommand },
        output("much\n"),
        finished(Phase::OnCreateCommand, Outcome::Succeeded, Some(0), 0.31),
        warning(),
        Event::Ready { wait_for: Phase::UpdateContentCommand },
        skipped(),
        finished(Phase::PostCreateCommand, Outcome::Failed, Some(2), 75.0),
        Event::RunFinished { outcome: Outcome::Failed, seconds: 80.0, message: None },
    ];
    show(&mut plain, &events);
    drop(plain);
    let lines: Vec<_> = lines.iter().collect();
    assert!(lines.iter().all(|line| line.ends_with('\n')), "each write is whole: {lines:?}");
    insta::assert_snapshot!(lines.concat(), @r"
    onCreateCommand: succeeded (0.3 s)
    warning: the file is open
    hint: chmod 600 it
    ready: the codespace can be used
    registryLogin: skipped: this is a prebuild: no login
    postCreateCommand: failed (75.0 s): exit code 2
    ");
}

#[test]
fn the_steps_of_a_build_are_lines_as_they_end() {
    let step = |state, seconds| {
        let (step, name) = ("dev 2/5".to_owned(), "RUN \u{1b}[2Jmake\n all".to_owned());
        Event::BuildStep(BuildStep { phase: Phase::Image, step, name, state, seconds })
    };
    let (sender, lines) = mpsc::channel();
    let mut plain = Plain::new(Box::new(Wire(sender)));
    show(
        &mut plain,
        &[step(StepState::Started, None), step(StepState::Succeeded, Some(3.05)), step(StepState::Cached, None)],
    );
    drop(plain);
    insta::assert_snapshot!(lines.iter().collect::<String>(), @r"
    image: [dev 2/5] RUN make all: succeeded (3.0 s)
    image: [dev 2/5] RUN make all: cached
    ");
    let (term, mut live) = live(LOOK);
    show(&mut live, &[Event::PhaseStarted { phase: Phase::Image }, step(StepState::Started, None)]);
    live.draw();
    insta::assert_snapshot!(term.contents(), @r"
    ⠹ image                 3 s
        [dev 2/5] RUN make all
    ");
}

#[test]
fn a_phase_that_runs_has_a_frame_with_its_last_lines() {
    let (term, mut live) = live(LOOK);
    show(
        &mut live,
        &[
            finished(Phase::Image, Outcome::Succeeded, None, 2.06),
            Event::PhaseStarted { phase: Phase::OnCreateCommand },
            output("one\ntwo\nthree\nfour\n"),
            output("\u{1b}[31mfive\u{1b}[0m \u{7}and \u{1b}[2Jmore\n\n"),
            output(&format!("{}\n", "long ".repeat(20))),
            output("10%\r20%\r30%"),
        ],
    );
    live.draw();
    insta::assert_snapshot!(term.contents(), @r"
    ✓ image                 2.1 s
    ⠹ onCreateCommand       3 s
        three
        four
        five and more
        long long long long long long long long long long long…
        30%
    ");
    show(&mut live, &[Event::Progress { phase: Phase::OnCreateCommand, text: "10 MB of 20 MB".to_owned() }, warning()]);
    live.draw();
    insta::assert_snapshot!(term.contents(), @r"
    ✓ image                 2.1 s
    warning: the file is open
    hint: chmod 600 it
    ⠹ onCreateCommand       3 s  10 MB of 20 MB
        three
        four
        five and more
        long long long long long long long long long long long…
        30%
    ");
    show(
        &mut live,
        &[
            skipped(),
            finished(Phase::OnCreateCommand, Outcome::Failed, Some(1), 3.3),
            Event::PhaseSkipped { phase: Phase::PostCreateCommand, reason: "onCreateCommand failed".to_owned() },
            Event::Ready { wait_for: Phase::UpdateContentCommand },
        ],
    );
    insta::assert_snapshot!(term.contents(), @r"
    ✓ image                 2.1 s
    warning: the file is open
    hint: chmod 600 it
    – registryLogin         skipped: this is a prebuild: no
                            login
    ✗ onCreateCommand       3.3 s  exit code 1
    ready: the codespace can be used
    ");
    live.finish().expect("finished");
    assert!(term.contents().ends_with("ready: the codespace can be used"));
}

#[test]
fn a_terminal_that_is_not_utf_8_gets_ascii() {
    let (term, mut live) = live(Look { charset: Charset::Ascii, ..LOOK });
    show(
        &mut live,
        &[
            finished(Phase::Image, Outcome::Succeeded, None, 2.0),
            finished(Phase::Create, Outcome::Failed, None, 2.0),
            skipped(),
            Event::PhaseStarted { phase: Phase::OnCreateCommand },
            output(&"long ".repeat(20)),
        ],
    );
    live.draw();
    assert!(term.contents().is_ascii(), "{}", term.contents());
}

#[test]
fn output_draws_nothing_itself_however_fast_it_comes() {
    let (term, mut live) = live(LOOK);
    show(&mut live, &[Event::PhaseStarted { phase: Phase::OnCreateCommand }]);
    live.draw();
    term.moves_since_last_check();
    let chunk = output("a line of a command that writes as fast as it can\n");
    (0..10_000).for_each(|_| show(&mut live, std::slice::from_ref(&chunk)));
    assert_eq!(term.moves_since_last_check(), "");
}

#[test]
fn colours_and_live_lines_are_for_terminals_that_want_them() {
    let check = |change: fn(&mut Facts), expected: (Colour, Colour, Progress)| {
        let mut facts = facts();
        change(&mut facts);
        let (ui, ..) = ui(&facts, "");
        assert_eq!((ui.out.colour, ui.err.colour, ui.progress), expected, "{facts:?}");
    };
    let nothing = (Colour::Never, Colour::Never, Progress::Plain);
    check(|_| {}, (Colour::Always, Colour::Always, Progress::Live));
    check(|facts| facts.stdout = Stream::Other, (Colour::Never, Colour::Always, Progress::Live));
    check(|facts| facts.stderr = Stream::Other, (Colour::Always, Colour::Never, Progress::Plain));
    check(|facts| facts.no_color = Some("1".to_owned()), nothing);
    check(|facts| facts.no_color = Some(String::new()), (Colour::Always, Colour::Always, Progress::Live));
    check(|facts| facts.ci = Some("true".to_owned()), nothing);
    check(|facts| facts.term = Some("dumb".to_owned()), nothing);
    check(|facts| facts.term = None, nothing);
}

#[test]
fn the_locale_decides_the_characters() {
    let check = |locale: Option<&str>, expected: Charset| {
        let (ui, ..) = ui(&Facts { locale: locale.map(str::to_owned), ..facts() }, "");
        assert_eq!((ui.out_look().charset, ui.err_look().charset), (expected, expected), "{locale:?}");
    };
    check(Some("en_US.UTF-8"), Charset::Utf8);
    check(Some("de_DE.utf8"), Charset::Utf8);
    check(Some("POSIX"), Charset::Ascii);
    check(Some("de_DE.ISO-8859-1"), Charset::Ascii);
    check(None, Charset::Ascii);
}

#[test]
fn the_process_is_asked_through_what_is_passed_in() {
    let facts = Facts::of_process(|name| match name {
        "LC_ALL" | "CI" => Some(String::new()),
        "LANG" => Some("C.UTF-8".to_owned()),
        _ => None,
    });
    assert_eq!((facts.ci, facts.no_color, facts.locale), (None, None, Some("C.UTF-8".to_owned())));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let (mut ui, stdout, stderr) = ui(&facts(), "");
    assert_eq!(ui.data("{}\n").expect("written"), Reader::There);
    assert_eq!(stdout.recv().expect("written"), "{}\n");
    drop((stdout, stderr));
    assert_eq!(ui.data("{}\n").expect("no error"), Reader::Gone);
    ui.say("nobody hears that\n");
}

#[tokio::test]
async fn only_yes_is_yes() {
    for (input, expected, asked) in [
        ("y\n", Answer::Yes, 1),
        ("YES\r\n", Answer::Yes, 1),
        ("n\n", Answer::No, 1),
        ("\n", Answer::No, 1),
        ("", Answer::No, 1),
        ("perhaps\ny\n", Answer::Yes, 2),
    ] {
        let (mut ui, _stdout, stderr) = ui(&facts(), input);
        let answer = ui.confirm("Run initializeCommand on this machine?").await.expect("asked");
        assert_eq!(answer, expected, "{input:?}");
        drop(ui);
        let said: String = stderr.iter().collect();
        assert_eq!(said.matches("Run initializeCommand on this machine? [y/N] ").count(), asked, "{said}");
    }
    let (mut ui, ..) = ui(&Facts { stdin: Stream::Other, ..facts() }, "y\n");
    assert_eq!(ui.confirm("Really?").await.expect("not asked"), Answer::NobodyThere);
}

#[tokio::test]
async fn one_of_several_is_chosen_by_its_number() {
    let choices = ["a".to_owned(), "b".to_owned()];
    for (input, expected) in [("2\n", Some(1)), ("0\nx\n3\n1\n", Some(0)), ("\n", None), ("", None)] {
        let (mut ui, _stdout, stderr) = ui(&facts(), input);
        assert_eq!(ui.choose("several", &choices).await.expect("asked"), expected, "{input:?}");
        assert!(stderr.recv().expect("a question").contains("  2  b\n"));
    }
    let nobody = Facts { stdin: Stream::Other, ..facts() };
    let (mut ui, ..) = ui(&nobody, "1\n");
    assert_eq!(ui.choose("several", &choices).await.expect("asked"), None);
}
