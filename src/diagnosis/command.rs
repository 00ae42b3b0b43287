//! A command that failed of what is around it: no engine, or a full disk.

use super::output::Output;
use super::{Failed, diagnosis};
use crate::journal::Diagnosis;

/// No Docker Engine answers, or the user may not ask it.
pub(super) fn engine(failed: &Failed<'_>, output: &Output) -> Option<(usize, Diagnosis)> {
    #[derive(Clone, Copy)]
    enum Silence {
        Absent,
        Forbidden,
    }
    // The words of docker up to 28, of 29, and of the Python library.
    const FRAMES: [(&str, &str, Silence); 4] = [
        ("Cannot connect to the Docker daemon at ", "Is the docker daemon running?", Silence::Absent),
        ("failed to connect to the docker API at ", "daemon is running", Silence::Absent),
        ("Error while fetching server API version: ", "", Silence::Absent),
        ("permission denied while trying to connect to the ", "docker", Silence::Forbidden),
    ];
    let (at, silence) = output.last(|_, line| {
        FRAMES.iter().find_map(|(start, end, silence)| {
            let (_, after) = line.split_once(start)?;
            after.to_lowercase().contains(&end.to_lowercase()).then_some(*silence)
        })
    })?;
    let about = |line: &str| line.to_lowercase().contains("docker");
    let phase = failed.phase;
    output.is_cause(at, about).then(|| {
        let (rule, message, advice) = match silence {
            Silence::Absent => (
                "no-docker-in-the-container",
                format!("{phase} asked for a Docker Engine, and none answers inside the container"),
                "use an image with Docker in it, or the Feature ghcr.io/devcontainers/features/docker-in-docker",
            ),
            Silence::Forbidden => (
                "docker-socket-not-allowed",
                format!("{phase} asked for the Docker Engine, and its user may not use it"),
                "put the remote user into the group that owns /var/run/docker.sock (usually `docker`) in the image, or use sudo",
            ),
        };
        (at, diagnosis(failed, rule, message, advice.to_owned()))
    })
}

/// No room is left.
pub(super) fn full_disk(failed: &Failed<'_>, output: &Output) -> Option<(usize, Diagnosis)> {
    let (at, is_shared_memory) = output.last(|_, line| {
        let lower = line.to_lowercase();
        // These have limits of their own, and the same error.
        let is_other = ["inotify", "watch", "semaphore", "semget", "io_uring"].iter().any(|word| lower.contains(word));
        (says_full(&lower) && !is_other).then(|| lower.contains("shared memory") || lower.contains("/dev/shm"))
    })?;
    let about = |line: &str| {
        let lower = line.to_lowercase();
        ["space", "enospc", "disk"].iter().any(|word| lower.contains(word))
    };
    let phase = failed.phase;
    output.is_cause(at, about).then(|| {
        let (message, advice) = if is_shared_memory {
            (
                format!("{phase} failed because the container's shared memory (/dev/shm) is full"),
                "make it larger: \"runArgs\": [\"--shm-size=1g\"]",
            )
        } else {
            (
                format!("{phase} failed because the disk is full"),
                "free space on the engine's disk: `docker system df` shows what takes it",
            )
        };
        (at, diagnosis(failed, "no-space-left", message, advice.to_owned()))
    })
}

/// Tells the operating system's words in a program's frame from a text about them: they end a part of the line, and a part comes before.
fn says_full(lower: &str) -> bool {
    const WORDS: &str = "no space left on device";
    lower.match_indices(WORDS).any(|(at, _)| {
        let before = lower.get(..at).unwrap_or_default();
        let after = lower.get(at + WORDS.len()..).unwrap_or_default();
        let is_framed = [": ", "] ", "("].iter().any(|frame| before.ends_with(frame));
        let is_over = after.is_empty()
            || after.starts_with(['.', ',', ':', ')', '"', '\'', '`', ';'])
            || after.starts_with(" (os error 28)")
            || after.starts_with(" (28)");
        is_framed && is_over
    })
}
