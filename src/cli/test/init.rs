//! A first scenario: the codespace is made once, and what was seen is written, for a person to trim.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::attempt::{Attempt, Settings, Stop};
use super::child::{Cut, Program, Until};
use super::find::{FOLDER, Planned};
use super::ground::{Ground, Plot};
use super::place::shown;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::codespace::{CodespaceName, RepositoryName};
use crate::report::plain;
use crate::repository;
use crate::scenario::{Head, Questions, Seen, cases, draft, parse};

/// How long it may take.
const PATIENCE: Duration = Duration::from_hours(1);

/// The first scenario's file.
const FILE: &str = "codespace.yaml";

/// What the codespace is made with.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Given {
    /// With --init: the dev container configuration
    #[arg(long, value_name = "PATH", requires = "init")]
    config: Option<String>,
    /// With --init: what the repository is called on GitHub
    #[arg(long, value_name = "OWNER/NAME", requires = "init")]
    repository: Option<RepositoryName>,
    /// With --init: the GitHub user that it is for
    #[arg(long, value_name = "LOGIN", requires = "init")]
    user: Option<String>,
    /// With --init: the file of the hub (the simulated GitHub)
    #[arg(long, value_name = "FILE", requires = "init")]
    hub: Option<PathBuf>,
    /// With --init: a file of secrets (JSON or .env)
    #[arg(long, value_name = "FILE", requires = "init")]
    secrets_file: Option<PathBuf>,
    /// With --init: let `initializeCommand` run, on this machine
    #[arg(long, requires = "init")]
    allow_initialize: bool,
}

/// Makes the codespace of the repository that a folder is in, and writes a scenario of what was seen.
pub(super) async fn init(
    path: &Path,
    given: &Given,
    settings: &Settings,
    context: &mut Context,
) -> Result<u8, CliError> {
    let folder = opened(path, "name the folder of a repository")?;
    let top = repository::top_of(&folder);
    if !top.join(".git").exists() {
        let hint = "a scenario is a file of the repository that it tests: `git init` makes one".to_owned();
        return Err(CliError::new(Kind::Usage, format!("{} is in no git repository", folder.display()), Some(hint)));
    }
    let file = top.join(FOLDER).join(FILE);
    if file.symlink_metadata().is_ok() {
        let hint = format!("localspace test {}", shown(&file));
        return Err(CliError::new(Kind::Usage, format!("{} is there already", shown(&file)), Some(hint)));
    }
    let of_file = |path: &Option<PathBuf>| path.as_ref().map(|path| opened(path, "name a file")).transpose();
    let (hub, secrets_file) = (of_file(&given.hub)?, of_file(&given.secrets_file)?);
    let from_file = |path: &Option<PathBuf>| path.as_ref().map(|path| from_folder(path, top));
    let head = Head {
        folder: top.file_name().map_or_else(|| "repository".to_owned(), |name| name.to_string_lossy().into_owned()),
        repository: given.repository.as_ref().map(ToString::to_string),
        config: given.config.clone(),
        hub: from_file(&hub),
        secrets_file: from_file(&secrets_file),
        user: given.user.clone(),
        allow_initialize: given.allow_initialize,
    };
    let scenario = Arc::new(parse(&head.bare(), &shown(&file))?);
    let case = cases(&scenario).into_iter().next().ok_or_else(|| std::io::Error::other("the scenario has no case"))?;
    let planned = Planned { scenario, case, repository: top.to_owned(), hub, secrets_file };
    let ground = Ground::make(context).await?;
    let plot = ground.plot(0, 1)?;
    context.ui.say("the codespace is made once, to see what is so\n");
    let until = Until { cancel: context.interrupts.run(), deadline: Instant::now() + PATIENCE };
    let seen = Box::pin(see(&planned, (&plot, context.in_home(&plot.program.home)), settings, until)).await;
    let removed = plot.remove().await;
    ground.leave();
    let (seen, ports) = seen?;
    removed.map_err(|why| CliError::new(Kind::Engine, format!("what was made cannot be removed: {why}"), None))?;
    write(&file, &draft(&head, &seen, &ports))
        .map_err(|error| CliError::new(Kind::Engine, format!("cannot write {}: {error}", shown(&file)), None))?;
    if !seen.message.is_empty() {
        context.ui.say(&format!(
            "warning: the codespace failed, and that is what is expected now: {}\n",
            plain(&seen.message)
        ));
    }
    context.ui.say(&format!("wrote {}: trim it to what must be true, then `localspace test`\n", plain(&shown(&file))));
    context.ui.data(&format!("{}\n", plain(&shown(&file))))?;
    Ok(0)
}

/// Returns where a path is, without links.
fn opened(path: &Path, hint: &str) -> Result<PathBuf, CliError> {
    path.canonicalize().map_err(|error| {
        CliError::new(Kind::Usage, format!("cannot open {}: {error}", path.display()), Some(hint.to_owned()))
    })
}

/// Returns a path as a scenario in the folder of them has it.
fn from_folder(path: &Path, top: &Path) -> String {
    match path.strip_prefix(top) {
        Ok(inside) => Path::new("..").join(inside).display().to_string(),
        Err(_) => path.display().to_string(),
    }
}

/// Makes the codespace, and looks at it.
async fn see(
    planned: &Planned,
    (plot, context): (&Plot, Context),
    settings: &Settings,
    until: Until,
) -> Result<(Seen, Vec<u16>), CliError> {
    // Nobody watches a first one.
    let (tell, _) = mpsc::channel(1);
    let attempt = Attempt::new(planned, (plot, context), settings, until.clone(), &tell);
    let questions = Questions { surroundings: true, ..Questions::default() };
    let (seen, name) = Box::pin(attempt.see(&questions)).await.map_err(|stop| match stop {
        Stop::Cut(Cut::Interrupted) => CliError::new(Kind::Interrupted, "interrupted", None),
        Stop::Cut(cut @ Cut::TimedOut) => CliError::new(Kind::Engine, cut.told(), None),
        Stop::Broken(why) => CliError::new(Kind::Engine, why, None),
    })?;
    if seen.phases.is_empty() {
        return Err(CliError::new(Kind::Engine, seen.message, None));
    }
    let ports = match (name, &seen.container) {
        (Some(name), Some(Ok(_))) => ports(&plot.program, &name, &until).await?,
        _ => Vec::new(),
    };
    Ok((seen, ports))
}

/// Returns the ports that something listens on.
async fn ports(program: &Program, name: &CodespaceName, until: &Until) -> Result<Vec<u16>, CliError> {
    let ran = program.call(["ports", "-c", name.as_str(), "--json"], None, until, |_| {}).await?;
    let listed: serde_json::Value = serde_json::from_str(ran.stdout.text.trim()).unwrap_or_default();
    let listens = |port: &&serde_json::Value| port["listening"].as_bool() == Some(true);
    let number = |port: &serde_json::Value| port["sourcePort"].as_u64().and_then(|port| u16::try_from(port).ok());
    Ok(listed.as_array().into_iter().flatten().filter(listens).filter_map(number).collect())
}

/// Writes a file that is not there yet, whole or not at all.
fn write(file: &Path, text: &str) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(file);
    std::fs::create_dir_all(folder)?;
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    let mut whole = tempfile::Builder::new().permissions(permissions).tempfile_in(folder)?;
    whole.write_all(text.as_bytes())?;
    whole.persist_noclobber(file).map(drop).map_err(|error| error.error)
}
