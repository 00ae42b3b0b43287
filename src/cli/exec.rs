//! `localspace exec`

use std::io::IsTerminal;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::signal::unix::{SignalKind, signal};

use super::context::Context;
use super::error::{CliError, Kind};
use super::select::Selector;
use super::shell::Shell;
use crate::engine::{Engine, ExecInput, TerminalSize};
use crate::journal::OutputStream;
use crate::redact::Redactor;
use crate::steps::{Session, SessionOrder};
use crate::ui::Reader;

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

pub(super) async fn run(args: Args, context: &mut Context) -> Result<u8, CliError> {
    let interrupts = context.interrupts.clone();
    let terminal = terminal_size();
    let Shell { engine, container, folder, user, mut env, filter } =
        interrupts.until(Shell::open(context, &args.selector)).await?;
    env.extend(
        context
            .environment
            .get("TERM")
            .filter(|_| terminal.is_some())
            .map(|term| ("TERM".to_owned(), Some(term.clone()))),
    );
    let order = SessionOrder { words: &args.command, user: &user, folder: &folder, env: &env, terminal };
    let (mut session, input) = Session::open(&engine, &container, &order).await?;
    let _raw = terminal.and_then(|_| RawTerminal::enter());
    let sizes = tokio::spawn(follow_size(engine.clone(), session.id().to_owned(), terminal.is_some()));
    tokio::spawn(feed(input));
    let ended = tokio::select! {
        shown = show(&mut session, &filter) => Some(shown?),
        () = interrupts.first() => None,
    };
    sizes.abort();
    match ended {
        Some(Reader::There) => Ok(u8::try_from(session.exit_code().await?).unwrap_or(1)),
        // As `SIGPIPE` would have ended it; a reader may have had enough.
        Some(Reader::Gone) => end(context, &session).await.map(|()| 0),
        None => end(context, &session).await.map(|()| Kind::Interrupted.exit_code()),
    }
}

/// Ends the command with all its processes.
async fn end(context: &mut Context, session: &Session) -> Result<(), CliError> {
    let left = session.end().await?;
    if !left.is_empty() {
        context.ui.say(&format!("warning: processes in the codespace could not be ended: {}\n", left.join(", ")));
    }
    Ok(())
}

/// Passes on what the command writes, without secrets, until it is over or nobody reads.
///
/// May be dropped at any time, also while a reader that reads nothing holds up the writing.
async fn show(session: &mut Session, filter: &Redactor) -> Result<Reader, CliError> {
    let (mut stdout, mut stderr) = (filter.stream(), filter.stream());
    let (mut to_stdout, mut to_stderr) = (tokio::io::stdout(), tokio::io::stderr());
    while let Some(chunk) = session.next().await {
        let chunk = chunk?;
        let written = match chunk.stream {
            OutputStream::Stdout => write(&mut to_stdout, &stdout.push(&chunk.bytes)).await,
            OutputStream::Stderr => write(&mut to_stderr, &stderr.push(&chunk.bytes)).await,
        };
        if written.is_err() {
            return Ok(Reader::Gone);
        }
    }
    if write(&mut to_stdout, &stdout.finish()).await.is_ok() {
        let _nobody_reads = write(&mut to_stderr, &stderr.finish()).await;
    }
    Ok(Reader::There)
}

async fn write(to: &mut (dyn AsyncWrite + Send + Unpin), bytes: &[u8]) -> std::io::Result<()> {
    to.write_all(bytes).await?;
    to.flush().await
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
