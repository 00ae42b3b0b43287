//! What is expected, held to what can be: nothing that is empty, and nothing that can never be so.

use super::at::{At, Spot};
use super::error::Fault;
use super::expect::{
    CommandExpect, Container, Expect, FileExpect, PhaseExpect, PhaseWord, PrebuildExpect, Text, UserExpect,
};
use super::forms::{Entries, Texts, WordOr};
use super::step::Action;
use crate::phase::Phase;

/// Holds what is expected after a step to what can be.
pub(super) fn expect(expect: &At<Expect>, action: &Action, allow_initialize: bool) -> Result<(), Fault> {
    let At { value, spot } = expect;
    let Expect {
        outcome,
        message,
        seconds,
        exit,
        stdout,
        stderr,
        phases,
        container,
        diagnosis,
        warnings,
        secrets_leaked,
        prebuild,
    } = value;
    let given = [
        ("outcome", outcome.as_ref().map(|at| at.spot)),
        ("message", message.as_ref().map(|at| at.spot)),
        ("seconds", seconds.as_ref().map(|at| at.spot)),
        ("exit", exit.as_ref().map(|at| at.spot)),
        ("stdout", stdout.as_ref().map(|at| at.spot)),
        ("stderr", stderr.as_ref().map(|at| at.spot)),
        ("phases", phases.as_ref().map(|at| at.spot)),
        ("container", container.as_ref().map(|at| at.spot)),
        ("diagnosis", diagnosis.as_ref().map(|at| at.spot)),
        ("warnings", warnings.as_ref().map(|at| at.spot)),
        ("secrets_leaked", secrets_leaked.as_ref().map(|at| at.spot)),
        ("prebuild", prebuild.as_ref().map(|at| at.spot)),
    ];
    filled("expect", *spot, given.iter().map(|(_, spot)| spot.is_some()))?;
    let known = known(action);
    for (what, spot) in given.into_iter().filter_map(|(what, spot)| Some((what, spot?))) {
        if !known.contains(&what) {
            let problem = format!("`{what}` cannot be expected of the step `{}`", action.name());
            let hint = match known {
                [] => "the step fails by itself where it cannot be done".to_owned(),
                _ => format!("it has {}", known.join(", ")),
            };
            return Err(Fault::new(spot, problem).hint(hint));
        }
    }
    for (what, entry) in [("message", message), ("stdout", stdout), ("stderr", stderr)] {
        entry.as_ref().map_or(Ok(()), |entry| text(what, entry))?;
    }
    if let Some(At { value: Texts(rules), spot }) = diagnosis {
        listed("diagnosis", *spot, rules)?;
    }
    if let Some(At { value: WordOr::Map(entry), spot }) = warnings {
        parts("warnings", entry, *spot)?;
    }
    if let Some(At { value, spot }) = prebuild {
        let PrebuildExpect { used, reason, commits_behind, saves } = value;
        filled("prebuild", *spot, [used.is_some(), reason.is_some(), commits_behind.is_some(), saves.is_some()])?;
        reason.as_ref().map_or(Ok(()), |entry| text("reason", entry))?;
    }
    if let Some(At { value, spot }) = phases {
        let all: Vec<_> = value.all().collect();
        filled("phases", *spot, all.iter().map(|_| true))?;
        for (name, entry) in all {
            phase(name, entry, action, allow_initialize)?;
        }
    }
    container.as_ref().map_or(Ok(()), check_container)
}

/// Returns what can be expected after a step.
const fn known(action: &Action) -> &'static [&'static str] {
    match action {
        Action::Create(_) => &[
            "outcome",
            "message",
            "seconds",
            "phases",
            "container",
            "diagnosis",
            "warnings",
            "secrets_leaked",
            "prebuild",
        ],
        Action::Prebuild => &["outcome", "message", "seconds", "phases", "diagnosis", "warnings", "secrets_leaked"],
        Action::Start | Action::Rebuild { .. } => {
            &["outcome", "message", "seconds", "phases", "container", "diagnosis", "warnings", "secrets_leaked"]
        }
        Action::Stop => &["seconds"],
        Action::Exec(_) => &["exit", "stdout", "stderr", "seconds", "container"],
        Action::SetSecret { .. } | Action::DeleteSecret(_) | Action::Push(_) => &[],
    }
}

fn filled(what: &str, spot: Spot, given: impl IntoIterator<Item = bool>) -> Result<(), Fault> {
    if given.into_iter().any(|given| given) {
        return Ok(());
    }
    Err(Fault::new(spot, format!("`{what}` is empty, so it expects nothing"))
        .hint("leave it out, or say what must be true"))
}

fn listed(what: &str, spot: Spot, list: &[String]) -> Result<(), Fault> {
    filled(what, spot, list.iter().map(|_| true))?;
    if list.iter().any(String::is_empty) {
        return Err(Fault::new(spot, format!("`{what}` has an empty text, which is in every one")).hint("remove it"));
    }
    Ok(())
}

fn text(what: &str, At { value, spot }: &At<Text>) -> Result<(), Fault> {
    parts(what, value, *spot)
}

fn parts(what: &str, text: &Text, spot: Spot) -> Result<(), Fault> {
    let Text { contains, excludes, matches, equals } = text;
    filled(what, spot, [contains.is_some(), excludes.is_some(), matches.is_some(), equals.is_some()])?;
    for (what, list) in [("contains", contains), ("excludes", excludes)] {
        list.as_ref().map_or(Ok(()), |list| listed(what, list.spot, &list.value.0))?;
    }
    matches.as_ref().map_or(Ok(()), |list| filled("matches", list.spot, list.value.0.iter().map(|_| true)))
}

fn phase(
    name: Phase,
    entry: &At<WordOr<PhaseWord, PhaseExpect>>,
    action: &Action,
    allow_initialize: bool,
) -> Result<(), Fault> {
    let (outcome, runs) = match &entry.value {
        WordOr::Word(word) => (Some(*word), Vec::new()),
        WordOr::Map(expect) => {
            (expect.outcome.as_ref().map(|outcome| outcome.value), of_phase(name, expect, entry.spot)?)
        }
    };
    let may_run = |spot: Spot| {
        let never = action.never_runs(name).map(|why| (why, "expect `skipped` there, or nothing"));
        let never = never.or_else(|| {
            let is_forbidden = name == Phase::InitializeCommand && !allow_initialize;
            is_forbidden.then_some(("it may not run on this machine", "say `allow_initialize: true`"))
        });
        match never {
            Some((why, hint)) => {
                Err(Fault::new(spot, format!("{name} never runs in the step `{}`: {why}", action.name())).hint(hint))
            }
            None => Ok(()),
        }
    };
    match outcome {
        Some(PhaseWord::Skipped) => match runs.first() {
            Some((what, spot)) => {
                Err(Fault::new(*spot, format!("a phase that is skipped has no `{what}`")).hint("remove one of the two"))
            }
            None => Ok(()),
        },
        Some(PhaseWord::Succeeded | PhaseWord::Failed) => may_run(entry.spot),
        None => runs.first().map_or(Ok(()), |(_, spot)| may_run(*spot)),
    }
}

/// Returns what is expected of a phase that it has only where it ran.
fn of_phase(name: Phase, expect: &PhaseExpect, spot: Spot) -> Result<Vec<(&'static str, Spot)>, Fault> {
    let PhaseExpect { outcome, exit_code, seconds, stdout, stderr, reason, servers } = expect;
    let runs = [
        ("exit_code", exit_code.as_ref().map(|at| at.spot)),
        ("seconds", seconds.as_ref().map(|at| at.spot)),
        ("stdout", stdout.as_ref().map(|at| at.spot)),
        ("stderr", stderr.as_ref().map(|at| at.spot)),
        ("servers", servers.as_ref().map(|at| at.spot)),
    ];
    let runs: Vec<_> = runs.into_iter().filter_map(|(what, spot)| Some((what, spot?))).collect();
    filled(name.name(), spot, [outcome.is_some(), reason.is_some(), !runs.is_empty()])?;
    for (what, entry) in [("stdout", stdout), ("stderr", stderr), ("reason", reason)] {
        entry.as_ref().map_or(Ok(()), |entry| text(what, entry))?;
    }
    let has: &[&str] = match name {
        Phase::RegistryLogin => &["seconds", "servers"],
        Phase::Create => &["seconds"],
        Phase::Image => &["seconds", "stdout", "stderr"],
        Phase::InitializeCommand
        | Phase::OnCreateCommand
        | Phase::UpdateContentCommand
        | Phase::PostCreateCommand
        | Phase::PostStartCommand
        | Phase::PostAttachCommand => &["seconds", "exit_code", "stdout", "stderr"],
    };
    match runs.iter().find(|(what, _)| !has.contains(what)) {
        Some((what, spot)) => {
            let hint = format!("it has outcome, reason, {}", has.join(", "));
            Err(Fault::new(*spot, format!("the phase {name} has no `{what}`")).hint(hint))
        }
        None => Ok(runs),
    }
}

fn check_container(container: &At<Container>) -> Result<(), Fault> {
    let At { value, spot } = container;
    let Container { files, env, user, workspace_folder, users, ports, commands, image, labels } = value;
    let given = [
        files.is_some(),
        env.is_some(),
        user.is_some(),
        workspace_folder.is_some(),
        users.is_some(),
        ports.is_some(),
        commands.is_some(),
        image.is_some(),
        labels.is_some(),
    ];
    filled("container", *spot, given)?;
    image.as_ref().map_or(Ok(()), |entry| text("image", entry))?;
    for (what, list) in [("env", env), ("labels", labels)] {
        list.as_ref().map_or(Ok(()), |list| named(what, list))?;
    }
    if let Some(files) = files {
        named("files", files)?;
        for (path, entry) in &files.value.0 {
            if let WordOr::Map(expect) = &entry.value {
                file(&path.value, entry.spot, expect)?;
            }
        }
    }
    if let Some(users) = users {
        named("users", users)?;
        for (name, entry) in &users.value.0 {
            if let WordOr::Map(UserExpect { uid, groups, home, shell }) = &entry.value {
                filled(&name.value, entry.spot, [uid.is_some(), groups.is_some(), home.is_some(), shell.is_some()])?;
                groups.as_ref().map_or(Ok(()), |groups| listed("groups", groups.spot, &groups.value.0))?;
            }
        }
    }
    if let Some(ports) = ports {
        filled("ports", ports.spot, ports.value.iter().map(|_| true))?;
        if let Some(zero) = ports.value.iter().find(|port| port.value == 0) {
            return Err(Fault::new(zero.spot, "nothing answers on port 0").hint("ports are from 1 to 65535"));
        }
    }
    if let Some(commands) = commands {
        filled("commands", commands.spot, commands.value.iter().map(|_| true))?;
        for At { value: CommandExpect { run, exit: _, stdout, stderr }, .. } in &commands.value {
            if run.value.trim().is_empty() {
                return Err(Fault::new(run.spot, "`run` is empty").hint("say which command"));
            }
            for (what, entry) in [("stdout", stdout), ("stderr", stderr)] {
                entry.as_ref().map_or(Ok(()), |entry| text(what, entry))?;
            }
        }
    }
    Ok(())
}

fn named<V>(what: &str, list: &At<Entries<V>>) -> Result<(), Fault> {
    filled(what, list.spot, list.value.0.iter().map(|_| true))?;
    match list.value.0.iter().find(|(name, _)| name.value.is_empty() || name.value.contains('\0')) {
        Some((name, _)) => {
            Err(Fault::new(name.spot, format!("a name in `{what}` is empty")).hint("say which one is meant"))
        }
        None => Ok(()),
    }
}

fn file(path: &str, spot: Spot, expect: &FileExpect) -> Result<(), Fault> {
    let FileExpect { kind, mode, owner, group, text: content, json } = expect;
    let given = [kind.is_some(), mode.is_some(), owner.is_some(), group.is_some(), content.is_some(), json.is_some()];
    filled(path, spot, given)?;
    content.as_ref().map_or(Ok(()), |entry| text("text", entry))?;
    json.as_ref().map_or(Ok(()), |list| named("json", list))
}
