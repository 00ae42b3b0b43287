//! The journal as its users see it: recorded, written, read and followed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use futures_util::StreamExt;
use jiff::Timestamp;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::codespace::CodespaceName;
use crate::phase::Phase;

fn codespace() -> CodespaceName {
    "calm-lamp".parse().expect("valid")
}

fn clock() -> Clock {
    Clock::new(|| Timestamp::UNIX_EPOCH)
}

fn output(text: &str) -> Event {
    let (phase, stream) = (Phase::OnCreateCommand, OutputStream::Stdout);
    Event::Output(Output { phase, command: None, stream, text: text.to_owned() })
}

fn started() -> Event {
    Event::PhaseStarted { phase: Phase::OnCreateCommand }
}

fn run_started(occasion: &str) -> Event {
    let (occasion, version) = (occasion.to_owned(), "0.1.0".to_owned());
    Event::RunStarted(RunStarted { occasion, version, pid: 1, secrets_file: None, hub: None, github_token: None })
}

fn events_in(path: &Path, offset: u64) -> Vec<Event> {
    read(path, offset).expect("readable").map(|record| record.expect("read").event).collect()
}

fn write(path: &Path, events: &[Event]) {
    let mut writer = Writer::journal(path, codespace()).expect("opened");
    for event in events {
        writer.event(Timestamp::UNIX_EPOCH, event).expect("written");
    }
    writer.finish().expect("written");
}

#[test]
fn a_journal_is_private_and_a_second_run_is_appended() {
    let home = TempDir::new().expect("made");
    let path = home.path().join("journal");
    write(&path, &[run_started("create"), started(), output(r#","event":"runStarted","#)]);
    write(&path, &[run_started("start"), started()]);
    assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    assert_eq!(events_in(&path, 0).len(), 5);
    let newest = newest_run(&path).expect("readable");
    assert_eq!(events_in(&path, newest), [run_started("start"), started()]);
}

#[test]
fn the_newest_run_is_found_from_the_end_whatever_lies_across_a_block() {
    let home = TempDir::new().expect("made");
    let path = home.path().join("journal");
    // Output that quotes a run's line, and more of it than is looked at at once.
    let quoted = output(&format!("{{\"time\":1,\"event\":\"runStarted\",{}", "x".repeat(1000)));
    for more in [0, 900, 1040, 1041, 1042, 1043, 3000] {
        fs::remove_file(&path).ok();
        write(&path, &[run_started("create"), started()]);
        let newest = fs::metadata(&path).expect("there").len();
        write(&path, &[run_started("start")]);
        write(&path, &vec![quoted.clone(); more]);
        assert_eq!(newest_run(&path).expect("readable"), newest, "{more}");
        let outline: Vec<_> =
            read_outline(&path, newest).expect("readable").map(|one| one.expect("read").event).collect();
        assert_eq!(outline, [run_started("start")]);
    }
    fs::write(&path, "").expect("written");
    assert_eq!(newest_run(&path).expect("readable"), 0);
}

#[test]
fn progress_is_for_those_who_read_along_and_not_for_the_journal() {
    let home = TempDir::new().expect("made");
    let progress = Event::Progress { phase: Phase::Image, text: "10 MB".to_owned() };
    let (kept, shown) = (home.path().join("journal"), home.path().join("events"));
    fs::write(&shown, "of an earlier run").expect("written");
    write(&kept, std::slice::from_ref(&progress));
    let mut events = Writer::events(&shown, codespace()).expect("opened");
    events.event(Timestamp::UNIX_EPOCH, &progress).expect("written");
    assert_eq!((events_in(&kept, 0), events_in(&shown, 0)), (vec![], vec![progress]));
}

#[test]
fn a_torn_line_is_skipped_and_the_next_writer_begins_a_line_of_its_own() {
    let home = TempDir::new().expect("made");
    let path = home.path().join("journal");
    write(&path, &[started(), output("whole")]);
    let whole = fs::read(&path).expect("readable");
    fs::write(&path, &whole[..whole.len() - 7]).expect("written");
    let mut records = read(&path, 0).expect("readable");
    assert_eq!((records.by_ref().count(), records.skipped()), (1, 0));

    write(&path, &[output("next")]);
    let mut records = read(&path, 0).expect("readable");
    let events: Vec<_> = records.by_ref().map(|record| record.expect("read").event).collect();
    assert_eq!((events, records.skipped()), (vec![started(), output("next")], 1));
}

#[test]
fn output_waits_for_more_until_something_else_happens() {
    let home = TempDir::new().expect("made");
    let path = home.path().join("journal");
    let mut writer = Writer::journal(&path, codespace()).expect("opened");
    writer.event(Timestamp::UNIX_EPOCH, &output("one")).expect("written");
    assert_eq!(events_in(&path, 0), []);
    writer.event(Timestamp::UNIX_EPOCH, &started()).expect("written");
    assert_eq!(events_in(&path, 0), [output("one"), started()]);
    writer.event(Timestamp::UNIX_EPOCH, &output("two")).expect("written");
    writer.idle().expect("written");
    assert_eq!(events_in(&path, 0).len(), 3);
}

#[test]
fn a_full_disk_is_an_error_that_names_the_file_and_nothing_is_written_after_it() {
    let mut writer = Writer::events(Path::new("/dev/full"), codespace()).expect("opened");
    writer.event(Timestamp::UNIX_EPOCH, &output("waits")).expect("only buffered");
    let error = writer.event(Timestamp::UNIX_EPOCH, &started()).expect_err("full");
    assert!(matches!(&error, SinkError::Write { source, .. } if source.raw_os_error() == Some(28)), "{error:?}");
    assert_eq!(error.to_string(), "cannot write /dev/full");
    let error = writer.event(Timestamp::UNIX_EPOCH, &started()).expect_err("refused");
    assert!(matches!(error, SinkError::Refused { .. }), "{error:?}");
}

#[test]
fn a_reader_of_a_pipe_that_goes_away_is_no_error() {
    let home = TempDir::new().expect("made");
    let path = home.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("made");
    let reader = thread::spawn({
        let path = path.clone();
        move || fs::File::open(path).expect("opened")
    });
    let mut writer = Writer::events(&path, codespace()).expect("opened");
    drop(reader.join().expect("opened"));
    writer.event(Timestamp::UNIX_EPOCH, &started()).expect("the reader's right");
    writer.event(Timestamp::UNIX_EPOCH, &started()).expect("the reader's right");
}

/// Passes on what it gets.
struct Passing(mpsc::Sender<Event>);

impl Sink for Passing {
    fn event(&mut self, _: Timestamp, event: &Event) -> Result<(), SinkError> {
        self.0.send(event.clone()).ok();
        Ok(())
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_sink_that_fails_cancels_the_run_and_no_producer_waits_for_ever() {
    let run = CancellationToken::new();
    let full = Writer::events(Path::new("/dev/full"), codespace()).expect("opened");
    let (sender, seen) = mpsc::channel();
    let sinks: Vec<Box<dyn Sink>> = vec![Box::new(full), Box::new(Passing(sender))];
    let (recorder, recording) = Recorder::start(clock(), sinks, run.clone());
    recorder.record(started()).await;
    run.cancelled().await;
    for _ in 0..1000 {
        recorder.record(output("on the way out")).await;
    }
    let error = recording.finish().await.expect_err("full");
    assert!(matches!(error, SinkError::Write { .. }), "{error:?}");
    assert_eq!(seen.iter().count(), 1001, "the other sinks get everything");
    recorder.record(started()).await;
}

#[tokio::test]
async fn events_come_out_in_order_and_end_with_the_last_recorder() {
    let (recorder, mut events) = Recorder::new(clock());
    let producer = tokio::spawn(async move {
        for index in 0..500 {
            recorder.record(output(&index.to_string())).await;
        }
    });
    for index in 0..500 {
        assert_eq!(events.next().await, Some((Timestamp::UNIX_EPOCH, output(&index.to_string()))));
    }
    assert_eq!(events.next().await, None);
    producer.await.expect("ended");
}

#[tokio::test]
async fn a_follower_sees_what_is_there_what_comes_and_the_end() {
    let home = TempDir::new().expect("made");
    let path = home.path().join("journal");
    let mut lines = Box::pin(follow(&path, 0, CancellationToken::new()).expect("watched"));
    write(&path, &[started(), output("one")]);
    let mut next = async || lines.next().await.map(|record| record.expect("read").event);
    assert_eq!(next().await, Some(started()));
    assert_eq!(next().await, Some(output("one")));
    write(&path, &[output("two")]);
    assert_eq!(next().await, Some(output("two")));
    write(&path, &[output("last")]);
    fs::remove_file(&path).expect("removed");
    assert_eq!(next().await, Some(output("last")));
    assert_eq!(next().await, None);
}

#[tokio::test]
async fn a_follower_that_is_cancelled_ends() {
    let home = TempDir::new().expect("made");
    let cancel = CancellationToken::new();
    let mut lines = Box::pin(follow(&home.path().join("journal"), 0, cancel.clone()).expect("watched"));
    cancel.cancel();
    assert!(lines.next().await.is_none());
}
