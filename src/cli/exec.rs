//! `localspace exec`

use std::io::Write;
use std::path::PathBuf;

use futures_util::StreamExt;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use tokio::signal::unix::{SignalKind, signal};

use super::context::Context;
use super::error::{CliError, Kind};
use super::rehearse::{Secrets, redactor};
use super::select::{self, Selector};
use crate::codespace::label;
use crate::engine::{ContainerState, Engine, ExecInput, ExecSpec, TerminalSize};
use crate::github::{Purpose, World};
use crate::journal::OutputStream;
use crate::phase::Phase;

/// Run a command inside a codespace, with the environment that a shell has there
///
/// Example: localspace exec -c brisk-parakeet-x7k2p9 -- docker image ls
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    selector: Selector,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<String>,
}

/// What `up` and `start` keep of a codespace's user.
#[derive(Debug, Deserialize)]
struct Kept {
    container: String,
    user: String,
    env: Vec<(String, Option<String>)>,
}

pub(super) async fn run(args: Args, context: &mut Context) -> Result<u8, CliError> {
    let engine = context.engine()?;
    let found = select::one(&args.selector, &engine).await?;
    if found.container.state != ContainerState::Running {
        let hint = Some(format!("localspace start -c {}", found.name));
        return Err(CliError::new(Kind::Usage, format!("codespace {} is not running", found.name), hint));
    }
    let text = std::fs::read_to_string(context.home.environment(&found.name)).unwrap_or_default();
    let kept: Option<Kept> = serde_json::from_str(&text).ok().filter(|kept: &Kept| kept.container == found.id.as_str());
    let Some(kept) = kept else {
        let message = format!("nothing is known of the user of {} on this machine", found.name);
        return Err(CliError::new(Kind::Usage, message, Some("`localspace up` finds out".to_owned())));
    };
    let file = select::newest(context, &found.name).and_then(|run| run.run?.secrets_file).map(PathBuf::from);
    let world = World::new(Secrets::load(file)?.content.secrets);
    let terminal = terminal_size();
    let mut env: Vec<String> =
        kept.env.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?))).collect();
    if found.purpose() == Purpose::Codespace {
        let secrets = world.environment(Phase::PostAttachCommand, Purpose::Codespace);
        env.extend(secrets.map(|secret| format!("{}={}", secret.name, secret.value.expose())));
    }
    let spec = ExecSpec {
        command: args.command,
        user: Some(kept.user),
        working_dir: Some(found.label(label::WORKSPACE_FOLDER).to_owned()).filter(|folder| !folder.is_empty()),
        env,
        terminal,
    };
    let session = engine.exec(&found.id, spec).await?;
    let _raw = terminal.and_then(|_| RawTerminal::enter());
    let sizes = tokio::spawn(follow_size(engine.clone(), session.id.clone(), terminal.is_some()));
    tokio::spawn(feed(session.input));
    let filter = redactor(&world);
    let (mut stdout, mut stderr) = (filter.stream(), filter.stream());
    let mut output = session.output;
    while let Some(chunk) = output.next().await {
        let chunk = chunk?;
        let written = match chunk.stream {
            OutputStream::Stdout => write(&mut std::io::stdout(), &stdout.push(&chunk.bytes)),
            OutputStream::Stderr => write(&mut std::io::stderr(), &stderr.push(&chunk.bytes)),
        };
        if written.is_err() {
            break;
        }
    }
    let _nobody_reads =
        write(&mut std::io::stdout(), &stdout.finish()).and(write(&mut std::io::stderr(), &stderr.finish()));
    sizes.abort();
    exit_code(&engine, &session.id).await
}

fn write(to: &mut dyn Write, bytes: &[u8]) -> std::io::Result<()> {
    to.write_all(bytes)?;
    to.flush()
}

/// Asks for the exit code; the engine may take a moment after the streams have ended.
async fn exit_code(engine: &Engine, id: &str) -> Result<u8, CliError> {
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(10));
    for _ in 0..500 {
        ticks.tick().await;
        if let Some(code) = engine.exec_exit_code(id).await? {
            return Ok(u8::try_from(code).unwrap_or(1));
        }
    }
    Err(CliError::new(Kind::Engine, "the engine does not say how the command ended", None))
}

/// Hands our standard input to the command.
async fn feed(mut input: ExecInput) {
    let (mut stdin, mut buffer) = (tokio::io::stdin(), vec![0; 16 * 1024]);
    while let Ok(read @ 1..) = stdin.read(&mut buffer).await {
        if input.send(buffer.get(..read).unwrap_or_default()).await.is_err() {
            return;
        }
    }
    let _gone = input.close().await;
}

/// Returns the terminal's size, where both standard input and output are one.
fn terminal_size() -> Option<TerminalSize> {
    use std::io::IsTerminal;
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return None;
    }
    let size = tcgetwinsize(std::io::stdout()).ok()?;
    Some(TerminalSize { columns: size.ws_col, rows: size.ws_row })
}

async fn follow_size(engine: Engine, id: String, has_terminal: bool) {
    let Ok(mut changed) = signal(SignalKind::window_change()) else { return };
    while has_terminal && changed.recv().await.is_some() {
        if let Some(size) = terminal_size() {
            let _too_late = engine.resize_exec(&id, size).await;
        }
    }
}

/// A terminal that hands every key on as it is, until this is dropped.
struct RawTerminal(Termios);

impl RawTerminal {
    fn enter() -> Option<Self> {
        let before = tcgetattr(std::io::stdin()).ok()?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(std::io::stdin(), OptionalActions::Now, &raw).ok()?;
        Some(Self(before))
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        let _gone = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.0);
    }
}
