//! `localspace exec`

use std::io::{IsTerminal, Write};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use tokio::signal::unix::{SignalKind, signal};

use super::context::Context;
use super::error::{CliError, Kind};
use super::interrupt::Interrupts;
use super::rehearse::{Before, redactor};
use super::select::{self, Found, Selector};
use crate::codespace::label;
use crate::engine::{ContainerState, Engine, ExecInput, TerminalSize};
use crate::github::{Purpose, World};
use crate::journal::OutputStream;
use crate::phase::Phase;
use crate::redact::Redactor;
use crate::steps::{Session, SessionOrder};

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
    let found = select::one(context, &args.selector, &engine).await?;
    if found.container.state != ContainerState::Running {
        let hint = Some(format!("localspace start -c {}", found.name));
        return Err(CliError::new(Kind::Usage, format!("codespace {} is not running", found.name), hint));
    }
    let Kept { user, mut env, .. } = kept(context, &found)?;
    let world = World::new(Before::of(context, &found.name).secrets()?.content.secrets);
    if found.purpose() == Purpose::Codespace {
        let secrets = world.environment(Phase::PostAttachCommand, Purpose::Codespace);
        env.extend(secrets.map(|secret| (secret.name.to_string(), Some(secret.value.expose().clone()))));
    }
    let folder = Some(found.label(label::WORKSPACE_FOLDER)).filter(|folder| !folder.is_empty()).unwrap_or("/");
    let terminal = terminal_size();
    let mut interrupts = Interrupts::listen();
    let order = SessionOrder { words: &args.command, user: &user, folder, env: &env, terminal };
    let (mut session, input) = Session::open(&engine, &found.id, &order).await?;
    let _raw = terminal.and_then(|_| RawTerminal::enter());
    let sizes = tokio::spawn(follow_size(engine.clone(), session.id().to_owned(), terminal.is_some()));
    tokio::spawn(feed(input));
    let filter = redactor(&world);
    tokio::select! {
        shown = show(&mut session, &filter) => shown?,
        () = interrupts.next() => {
            session.end().await?;
            return Ok(Kind::Interrupted.exit_code());
        }
    }
    sizes.abort();
    Ok(u8::try_from(session.exit_code().await?).unwrap_or(1))
}

/// Returns what `up` found out of the codespace's user.
fn kept(context: &Context, found: &Found) -> Result<Kept, CliError> {
    let text = std::fs::read_to_string(context.home.environment(&found.name)).unwrap_or_default();
    let kept: Option<Kept> = serde_json::from_str(&text).ok();
    kept.filter(|kept| kept.container == found.id.as_str()).ok_or_else(|| {
        let message = format!("nothing is known of the user of {} on this machine", found.name);
        let hint = format!("`localspace up {} --name {}` finds out", found.label(label::SOURCE), found.name);
        CliError::new(Kind::Usage, message, Some(hint))
    })
}

/// Passes on what the command writes, without secrets, until it is over or nobody reads.
async fn show(session: &mut Session, filter: &Redactor) -> Result<(), CliError> {
    let (mut stdout, mut stderr) = (filter.stream(), filter.stream());
    while let Some(chunk) = session.next().await {
        let chunk = chunk?;
        let written = match chunk.stream {
            OutputStream::Stdout => write(&mut std::io::stdout(), &stdout.push(&chunk.bytes)),
            OutputStream::Stderr => write(&mut std::io::stderr(), &stderr.push(&chunk.bytes)),
        };
        if written.is_err() {
            // As `SIGPIPE` would: a command that nobody listens to is ended.
            session.end().await?;
            return Ok(());
        }
    }
    let _nobody_reads =
        write(&mut std::io::stdout(), &stdout.finish()).and(write(&mut std::io::stderr(), &stderr.finish()));
    Ok(())
}

fn write(to: &mut dyn Write, bytes: &[u8]) -> std::io::Result<()> {
    to.write_all(bytes)?;
    to.flush()
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
