//! A first scenario: the codespace is made once, and what was seen is written, for a person to trim.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use super::child::{Program, Until};
use super::find::FOLDER;
use super::ground::Ground;
use super::look;
use super::place::shown;
use super::watch::Watch;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::cli::order::fresh_name;
use crate::codespace::CodespaceName;
use crate::report::plain;
use crate::repository;
use crate::scenario::{Questions, Seen, draft};

/// How long it may take.
const PATIENCE: Duration = Duration::from_hours(1);

/// The first scenario's file.
const FILE: &str = "codespace.yaml";

/// Makes the codespace of the repository that a folder is in, and writes a scenario of what was seen.
pub(super) async fn init(path: &Path, context: &mut Context) -> Result<u8, CliError> {
    let folder = path.canonicalize().map_err(|error| {
        let hint = "name the folder of a repository".to_owned();
        CliError::new(Kind::Usage, format!("cannot open {}: {error}", path.display()), Some(hint))
    })?;
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
    let ground = Ground::make(context).await?;
    let plot = ground.plot(0, 1)?;
    context.ui.say("the codespace is made once, to see what is so\n");
    let until = Until { cancel: context.interrupts.run(), deadline: Instant::now() + PATIENCE };
    let seen = Box::pin(see(top, &plot.program, context, &until)).await;
    let removed = plot.remove().await;
    ground.leave();
    let (seen, ports) = seen?;
    removed.map_err(|why| CliError::new(Kind::Engine, format!("what was made cannot be removed: {why}"), None))?;
    let name = top.file_name().map_or_else(|| "repository".into(), |name| name.to_string_lossy());
    write(&file, &draft(&name, &seen, &ports))
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

/// Makes the codespace, and looks at it.
async fn see(
    top: &Path,
    program: &Program,
    context: &mut Context,
    until: &Until,
) -> Result<(Seen, Vec<u16>), CliError> {
    let name = fresh_name();
    let source = top.display().to_string();
    let words = ["up", &source, "--name", name.as_str(), "--prebuild", "never", "--json", "--events", "/dev/stdout"];
    let mut watch = Watch::default();
    let ran = program
        .call(words, None, until, |record| {
            watch.add(record);
        })
        .await?;
    if ran.cut.is_some() {
        return Err(CliError::new(Kind::Interrupted, "interrupted", None));
    }
    let mut seen = watch.seen(&ran);
    if seen.phases.is_empty() {
        return Err(CliError::new(Kind::Engine, seen.message, None));
    }
    let questions = Questions { surroundings: true, ..Questions::default() };
    let mut inside = context.in_home(&program.home);
    let looked = look::look(&mut inside, program, &name, &questions, until, &mut Vec::new()).await;
    let ports = if looked.is_ok() { ports(program, &name, until).await? } else { Vec::new() };
    seen.container = Some(looked);
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
