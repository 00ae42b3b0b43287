//! `docker compose` while it works: what it writes is the phase's output, and an interrupt ends it.

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::compose::{self, ComposeError, Ends};
use crate::hub_container::HubPlace;
use crate::journal::OutputStream;
use crate::lifecycle::{FailureKind, StepFailure};
use crate::phase::Phase;
use crate::steps::pump::Side;
use crate::steps::runner::EngineRunner;

/// How much of the last output is kept for an error, in bytes.
const TAIL: usize = 16 * 1024;
/// The longest line that a name is looked for in, in bytes.
const LONGEST: usize = 256 * 1024;

/// How it ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) success: bool,
    /// The last of what it wrote, without secrets.
    pub(super) tail: String,
}

/// Who may be logged in while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logins {
    /// Nobody: nothing is pulled.
    None,
    /// The codespace, by its registry secrets.
    Secrets,
}

/// A call of `docker compose`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) phase: Phase,
    pub(super) words: &'a [&'a str],
    pub(super) logins: Logins,
    pub(super) ends: Ends,
}

impl<'a> Call<'a> {
    /// Returns a call of the phase `create`, which pulls nothing.
    pub(super) const fn create(words: &'a [&'a str], ends: Ends) -> Self {
        Self { phase: Phase::Create, words, logins: Logins::None, ends }
    }
}

/// Runs `docker compose` on the codespace's project to its end.
pub(super) async fn follow(
    runner: &EngineRunner,
    Call { phase, words, logins, ends }: Call<'_>,
) -> Result<Ended, StepFailure> {
    let docker = runner.docker();
    let (name, file) = (runner.order.name.to_string(), runner.order.compose_file().display().to_string());
    let words: Vec<String> =
        ["--project-name", &name, "--file", &file].iter().chain(words).map(|word| (*word).to_owned()).collect();
    let plain = docker.configuration();
    let config = match logins {
        Logins::None => plain,
        Logins::Secrets => {
            let merged = crate::github::merge(Some(&plain), &runner.world.registries.complete);
            merged.map_or(plain, |merged| merged.text.expose().clone())
        }
    };
    let mut child = docker.spawn(docker.folder(), &words, &config, ends).await?;
    let side = |stream| Side::new(&runner.record, &runner.redactor, phase, None, stream);
    let names = || runner.hub.as_ref().map(|hub| hub.place.clone());
    let stdout = child.stdout.take().map(|from| tokio::spawn(pump(side(OutputStream::Stdout), names(), from)));
    let stderr = child.stderr.take().map(|from| tokio::spawn(pump(side(OutputStream::Stderr), names(), from)));
    let waited = match ends {
        Ends::AtOnce => runner.cancel.run_until_cancelled(child.wait()).await,
        Ends::ByItself => Some(child.wait().await),
    };
    if waited.is_none() {
        compose::end(&mut child).await;
    }
    if logins == Logins::Secrets {
        docker.forget();
    }
    let mut tail = String::new();
    if ends == Ends::ByItself {
        let said = tokio::fs::read(docker.said()).await.unwrap_or_default();
        tail = pump(side(OutputStream::Stderr), names(), said.as_slice()).await;
    }
    for pump in [stdout, stderr].into_iter().flatten() {
        tail.push_str(&pump.await.unwrap_or_default());
    }
    match waited {
        None => Err(StepFailure::new(FailureKind::Interrupted, "docker compose was interrupted".to_owned())),
        Some(Err(error)) => Err(ComposeError::Disk(error).into()),
        Some(Ok(status)) => Ok(Ended { success: status.success(), tail }),
    }
}

impl Ended {
    /// Returns the line that says what went wrong.
    pub(super) fn reason(&self) -> &str {
        let mut lines =
            self.tail.lines().map(str::trim).filter(|line| !line.is_empty() && !line.contains("level=warning"));
        lines.next_back().unwrap_or("it ended without a word")
    }
}

/// Records what comes from one stream until it ends, a hub's images by their own names; returns the last of it.
async fn pump<R: AsyncRead + Unpin>(mut side: Side, hub: Option<HubPlace>, mut from: R) -> String {
    let (mut chunk, mut tail, mut held) = (vec![0; 64 * 1024], String::new(), Vec::new());
    loop {
        let read = from.read(&mut chunk).await.unwrap_or(0);
        let bytes = chunk.get(..read).unwrap_or_default();
        let text = match &hub {
            None => side.push(bytes).await,
            Some(hub) => {
                held.extend_from_slice(bytes);
                // A name is on one line.
                let whole = held.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                let rest = if read == 0 || held.len() > LONGEST { Vec::new() } else { held.split_off(whole) };
                let said = hub.own_names(&String::from_utf8_lossy(&std::mem::replace(&mut held, rest)));
                side.push(said.as_bytes()).await
            }
        };
        tail.push_str(&text);
        let cut = tail.len().saturating_sub(TAIL);
        let cut = (cut..=tail.len()).find(|at| tail.is_char_boundary(*at)).unwrap_or(0);
        tail.drain(..cut);
        if read == 0 {
            break;
        }
    }
    tail + &side.finish().await
}
