//! Logs: what happened and was printed, line by line.

use super::*;

#[test]
fn a_log_reads_like_a_creation_log() {
    insta::assert_snapshot!(log(&too_early(), Colour::Never), @r"
    2026-01-02 03:04:05.678Z: =================================================================================
    2026-01-02 03:04:05.678Z: localspace 0.1.0: create
    2026-01-02 03:04:05.678Z: Configuration starting...
    2026-01-02 03:04:05.778Z: Preparing image...
    2026-01-02 03:04:05.878Z: image: succeeded (1.2 s)
    2026-01-02 03:04:05.978Z: Running onCreateCommand...
    2026-01-02 03:04:06.078Z: [tools] all there
    2026-01-02 03:04:06.178Z: [tools] ended with exit code 0 (0.1 s)
    2026-01-02 03:04:06.278Z: [api] step 1
    2026-01-02 03:04:06.378Z: [api] step 2
    2026-01-02 03:04:06.478Z: [api] step 3
    2026-01-02 03:04:06.578Z: [api] step 4
    2026-01-02 03:04:06.678Z: [api] step 5
    2026-01-02 03:04:06.778Z: [api] step 6
    2026-01-02 03:04:06.878Z: [api] step 7
    2026-01-02 03:04:06.978Z: [api] step 8
    2026-01-02 03:04:07.078Z: [api] step 9
    2026-01-02 03:04:07.178Z: [api] step 10
    2026-01-02 03:04:07.278Z: [api] step 11
    2026-01-02 03:04:07.378Z: [api] step 12
    2026-01-02 03:04:07.478Z: [api] step 13
    2026-01-02 03:04:07.578Z: [api] step 14
    2026-01-02 03:04:07.678Z: [api] step 15
    2026-01-02 03:04:07.778Z: [api] step 16
    2026-01-02 03:04:07.878Z: [api] step 17
    2026-01-02 03:04:07.978Z: [api] step 18
    2026-01-02 03:04:08.078Z: [api] step 19
    2026-01-02 03:04:08.178Z: [api] step 20
    2026-01-02 03:04:08.378Z: [api] Error: pull access denied
    2026-01-02 03:04:08.478Z: [api] no newline at the end
    2026-01-02 03:04:08.478Z: [api] ended with exit code 125 (1.2 s)
    2026-01-02 03:04:08.578Z: onCreateCommand: failed with exit code 125 (1.2 s)
    2026-01-02 03:04:08.678Z: diagnosis: ghcr.io/acme/api is private, and registry logins are not there before postCreateCommand
    2026-01-02 03:04:08.678Z: advice: move the pull to postCreateCommand
    2026-01-02 03:04:08.778Z: registryLogin: skipped: onCreateCommand failed
    2026-01-02 03:04:08.878Z: postCreateCommand: skipped: onCreateCommand failed, and what comes after a failed phase is not run
    2026-01-02 03:04:08.978Z: Failed (3.5 s)
    ");
    insta::assert_snapshot!(log(&usable(), Colour::Never), @r"
    2026-01-02 03:04:05.678Z: =================================================================================
    2026-01-02 03:04:05.678Z: localspace 0.1.0: create
    2026-01-02 03:04:05.678Z: Configuration starting...
    2026-01-02 03:04:05.778Z: image: failed (1.2 s): of an earlier run
    2026-01-02 03:04:05.878Z: =================================================================================
    2026-01-02 03:04:05.878Z: localspace 0.1.0: start
    2026-01-02 03:04:05.878Z: Configuration starting...
    2026-01-02 03:04:05.978Z: warning: the secrets file can be read by others
    2026-01-02 03:04:05.978Z: hint: chmod 600 it
    2026-01-02 03:04:06.078Z: onCreateCommand: succeeded (1.2 s)
    2026-01-02 03:04:06.178Z: The codespace can be used.
    2026-01-02 03:04:06.278Z: registry ACR: login of robot at acme.azurecr.io: written
    2026-01-02 03:04:06.378Z: Running postCreateCommand...
    2026-01-02 03:04:06.478Z: ab
    2026-01-02 03:04:06.578Z: postCreateCommand: failed with exit code 1 (1.2 s): timed out after 60 s
    2026-01-02 03:04:06.678Z: Failed (3.5 s): postCreateCommand failed
    ");
    assert!(log(&usable(), Colour::Always).contains(": a\u{1b}[31mb\u{1b}[0m\n"));
    assert!(!log(&usable(), Colour::Never).contains('\u{1b}'));
}

#[test]
fn a_build_is_told_step_by_step_and_fails_of_one() {
    let phase = Phase::Image;
    let step = |step: &str, name: &str, state, seconds| {
        Event::BuildStep(BuildStep { phase, step: step.to_owned(), name: name.to_owned(), state, seconds })
    };
    let failed = finished(phase, Outcome::Failed, Some(2), Some("Dockerfile:3: `RUN make` failed"));
    let records = records(vec![
        Event::PhaseStarted { phase },
        step("1/3", "FROM busybox", StepState::Cached, None),
        step("2/3", "RUN make", StepState::Started, None),
        output(phase, Some("2/3"), OutputStream::Stderr, "make: no rule"),
        step("2/3", "RUN make", StepState::Failed, Some(0.25)),
        output(phase, Some("3/3"), OutputStream::Stdout, "another's"),
        failed,
    ]);
    insta::assert_snapshot!(log(&records, Colour::Never), @r"
    2026-01-02 03:04:05.678Z: Preparing image...
    2026-01-02 03:04:05.778Z: [1/3] FROM busybox: cached
    2026-01-02 03:04:05.878Z: [2/3] RUN make
    2026-01-02 03:04:06.078Z: [2/3] make: no rule
    2026-01-02 03:04:06.078Z: [2/3] RUN make: failed (0.2 s)
    2026-01-02 03:04:06.278Z: [3/3] another's
    2026-01-02 03:04:06.278Z: image: failed with exit code 2 (1.2 s): Dockerfile:3: `RUN make` failed
    ");
    let failure = Summary::of(records).failure.expect("it failed");
    assert_eq!(failure.headline(), "image failed in `2/3` with exit code 2: Dockerfile:3: `RUN make` failed");
    assert_eq!(failure.excerpt, ["make: no rule"]);
}

#[test]
fn commands_side_by_side_keep_their_lines_whole() {
    use OutputStream::Stdout;
    let phase = Phase::PostStartCommand;
    let ended = Event::CommandFinished { phase, command: "web".to_owned(), exit_code: 0, seconds: 0.1 };
    let records = records(vec![
        output(phase, Some("db"), Stdout, "half a "),
        output(phase, Some("web"), Stdout, "web"),
        ended,
        output(phase, Some("db"), Stdout, "line\nand the run was killed"),
    ]);
    insta::assert_snapshot!(log(&records, Colour::Never), @r"
    2026-01-02 03:04:05.878Z: [web] web
    2026-01-02 03:04:05.878Z: [web] ended with exit code 0 (0.1 s)
    2026-01-02 03:04:05.978Z: [db] half a line
    2026-01-02 03:04:05.978Z: [db] and the run was killed
    ");
}
