//! A codespace looked at: what a scenario has to know of it.

use std::collections::BTreeSet;
use std::time::Duration;

use super::child::{Cut, Program, Until};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::select::Selector;
use crate::cli::shell::Shell;
use crate::codespace::{CodespaceName, label};
use crate::engine::{ContainerId, Engine};
use crate::redact::Redactor;
use crate::scenario::{Answers, Questions, SeenCommand, probe};
use crate::steps::{self, found_by};

/// How long a server may take until it listens.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is looked whether it does.
const OFTEN: Duration = Duration::from_millis(200);

/// Returns the answers to questions about a codespace, or why it cannot be looked at. What must not be shown of them is put in `hide`.
pub(super) async fn look(
    context: &mut Context,
    program: &Program,
    name: &CodespaceName,
    questions: &Questions,
    until: &Until,
    hide: &mut Vec<Redactor>,
) -> Result<Answers, String> {
    let mut answers = Answers::default();
    if let Some(script) = probe::script(questions) {
        // `exec` would hide secrets in what it prints, and there may be some in what is asked for.
        let told = |error: CliError| error.message().to_owned();
        let selector = Selector { codespace: Some(name.clone()) };
        let shell = Shell::open(context, &selector).await.map_err(told)?;
        let words = ["sh", "-c", &script].map(str::to_owned);
        let printing = shell.print(&words);
        let (code, printed) = tokio::select! {
            printed = printing => printed.map_err(told)?,
            () = until.cancel.cancelled() => return Err(Cut::Interrupted.told().to_owned()),
            () = tokio::time::sleep_until(until.deadline.into()) => return Err(Cut::TimedOut.told().to_owned()),
        };
        if code != 0 {
            return Err(format!("the shell that looks at it ended with {code}"));
        }
        answers = probe::read(questions, &String::from_utf8_lossy(&printed));
        hide.push(shell.filter);
    }
    for command in &questions.commands {
        let ran = program.exec(name, command, until).await.map_err(|error| error.to_string())?;
        if let Some(cut) = ran.cut {
            return Err(cut.told().to_owned());
        }
        answers.commands.push(SeenCommand { exit: ran.code, stdout: ran.stdout, stderr: ran.stderr });
    }
    if !questions.ports.is_empty() || questions.engine {
        let engine = context.engine().map_err(|error| error.message().to_owned())?;
        let container = container(&engine, context, name).await?;
        for port in silent(&engine, &container, &questions.ports).await? {
            answers.ports.insert(port, Some(format!("nothing listens, {} s after the last phase", PATIENCE.as_secs())));
        }
        if questions.engine {
            let details = engine.inspect(&container).await.map_err(|error| error.to_string())?;
            let details = details.ok_or_else(|| "its container is gone".to_owned())?;
            answers.image = details.image_name;
            answers.labels = details.labels;
        }
    }
    Ok(answers)
}

/// Returns where secrets of a codespace are that an engine's user sees: in what runs in its container, its variables, its labels and what made
/// its image. A line each, without a value.
pub(super) async fn leaks(context: &mut Context, name: &CodespaceName) -> Result<Vec<String>, String> {
    let told = |error: CliError| error.message().to_owned();
    let shell = Shell::open(context, &Selector { codespace: Some(name.clone()) }).await.map_err(told)?;
    let details = shell.engine.inspect(&shell.container).await.map_err(|error| error.to_string())?;
    let details = details.ok_or_else(|| "its container is gone".to_owned())?;
    let layers = shell.engine.layers(&details.image).await.map_err(|error| error.to_string())?;
    let shows = |text: &str| shell.filter.redact(text) != text;
    let variable = |entry: &String| {
        let (name, value) = entry.split_once('=').unwrap_or((entry, ""));
        shows(value).then(|| format!("a secret in the container's variable {name}"))
    };
    let label = |(name, value): (&String, &String)| shows(value).then(|| format!("a secret in the label {name}"));
    let mut found: Vec<String> = details.env.iter().filter_map(variable).collect();
    found.extend(details.labels.iter().filter_map(label));
    found.extend(
        details.command.iter().any(|word| shows(word)).then(|| "a secret in the container's command".to_owned()),
    );
    let made = layers.iter().enumerate().filter(|(_, layer)| shows(&layer.made_by));
    found.extend(made.map(|(at, _)| format!("a secret in the history of the image, entry {}", at + 1)));
    Ok(found)
}

/// Returns the container of a codespace.
async fn container(engine: &Engine, context: &Context, name: &CodespaceName) -> Result<ContainerId, String> {
    let filter = found_by(name, &context.home.id());
    let all = engine.containers(&filter).await.map_err(|error| error.to_string())?;
    let own = all.into_iter().find(|one| label::is_own(&one.labels));
    own.map(|one| one.id).ok_or_else(|| "it has no container".to_owned())
}

/// Returns the ports of these that nothing listens on, once each server had its time.
async fn silent(engine: &Engine, container: &ContainerId, ports: &BTreeSet<u16>) -> Result<Vec<u16>, String> {
    let mut tries = tokio::time::interval(OFTEN);
    let mut missing: Vec<u16> = ports.iter().copied().collect();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !missing.is_empty() && tries.tick().await < deadline {
        let listening = steps::listening(engine, container, false).await.map_err(|error| error.to_string())?;
        missing.retain(|port| !listening.contains_key(port));
    }
    Ok(missing)
}
