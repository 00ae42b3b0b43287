//! The steps of a scenario, from what is written: each has one verb, in an order that can be.
#![allow(clippy::wildcard_enum_match_arm, reason = "of most steps there is nothing to ask")]

use std::collections::BTreeMap;

use super::at::{At, Spot};
use super::error::Fault;
use super::file::{
    CreateEntry, PrebuildWord, PushEntry, RebuildEntry, ScenarioFile, SecretEntry, StepEntry, StepItem, StepWord,
};
use super::forms::{Given, WordOr};
use super::step::{Action, Of, Push, SecretName, Step, Value};
use super::validate::expect as valid;
use crate::redact::Secret;

/// What a pushed commit says where the scenario has no words for it.
const MESSAGE: &str = "a commit of a scenario";

/// The verbs, for whoever wrote none.
const VERBS: &str = "one of create, prebuild, stop, start, rebuild, exec, secret and push";

/// Returns the steps that a file has.
pub(super) fn steps(written: &ScenarioFile) -> Result<Vec<Step>, Fault> {
    let mut steps = Vec::new();
    if let Some(At { value: list, spot }) = &written.steps {
        if list.is_empty() {
            return Err(Fault::new(*spot, "`steps` is empty").hint("leave it out, or say what happens"));
        }
        for entry in list {
            steps.push(step(entry, written.allow_initialize)?);
        }
    }
    order(written, &steps)?;
    let of_user = |step: &&Step| match &step.action {
        Action::SetSecret { secret, .. } | Action::DeleteSecret(secret) => {
            secret.organization.is_none() && secret.repository.is_none()
        }
        _ => false,
    };
    if let Some(step) = steps.iter().find(of_user).filter(|_| written.repository.is_none()) {
        let problem = "a user's secret is assigned to repositories, and the scenario's has no name";
        return Err(Fault::new(step.spot, problem).hint("say `repository: OWNER/NAME`"));
    }
    let expects = written.expect.is_some() || steps.iter().any(|step| step.expect.is_some());
    if !expects {
        let problem = "the scenario expects nothing";
        return Err(
            Fault::new(written.name.spot, problem).hint("say under `expect` what must be true: `outcome: success`")
        );
    }
    Ok(steps)
}

/// Holds the order of the steps to what can be.
fn order(written: &ScenarioFile, steps: &[Step]) -> Result<(), Fault> {
    let Some(first) = steps.iter().position(|step| matches!(step.action, Action::Create(_))) else { return Ok(()) };
    let own = "the scenario has a step `create` of its own";
    if let Some(expect) = &written.expect {
        return Err(
            Fault::new(expect.spot, format!("{own}, so this `expect` is of nothing")).hint("write it below that step")
        );
    }
    if let Some(runs) = &written.runs {
        return Err(Fault::new(runs.spot, format!("{own}, so `runs` has nothing to say")).hint("remove one of the two"));
    }
    if let Some(list) = written.matrix.as_ref().and_then(|matrix| matrix.value.prebuild.as_ref()) {
        return Err(Fault::new(list.spot, format!("{own}, so `prebuild` of the matrix has nothing to say"))
            .hint("say `create: {prebuild: auto}`"));
    }
    match steps.iter().take(first).find(|step| step.action.wants_codespace()) {
        Some(early) => {
            let problem = format!("there is no codespace yet to {}", early.action.name());
            Err(Fault::new(early.spot, problem).hint("`create` comes before it"))
        }
        None => Ok(()),
    }
}

fn step(entry: &StepItem, allow_initialize: bool) -> Result<Step, Fault> {
    let spot = entry.spot;
    let entry = match &entry.value {
        WordOr::Word(word) => {
            let action = match word {
                StepWord::Create => Action::Create(Of::WhatFits),
                StepWord::Prebuild => Action::Prebuild,
                StepWord::Stop => Action::Stop,
                StepWord::Start => Action::Start,
                StepWord::Rebuild => Action::Rebuild { full: false },
            };
            return Ok(Step { spot, action, expect: None });
        }
        WordOr::Map(entry) => entry,
    };
    let mut actions = actions(entry)?.into_iter();
    let (action, more) = (actions.next(), actions.next());
    let action = match (action, more) {
        (Some(action), None) => action,
        (None, _) => return Err(Fault::new(spot, "the step does nothing").hint(format!("say {VERBS}"))),
        (Some(one), Some(other)) => {
            let problem = format!("the step has both `{}` and `{}`", one.name(), other.name());
            return Err(Fault::new(spot, problem).hint("make two steps of it"));
        }
    };
    if let Some(expect) = &entry.expect {
        valid(expect, &action, allow_initialize)?;
    }
    Ok(Step { spot, action, expect: entry.expect.clone() })
}

fn actions(entry: &StepEntry) -> Result<Vec<Action>, Fault> {
    let StepEntry { create, prebuild, stop, start, rebuild, exec, secret, push, expect: _ } = entry;
    let create = create.as_ref().map(|given| {
        Action::Create(match given {
            Given::Value(CreateEntry { prebuild: Some(PrebuildWord::Never) }) => Of::Nothing,
            Given::Value(CreateEntry { prebuild: Some(PrebuildWord::Auto) | None }) | Given::Bare => Of::WhatFits,
        })
    });
    let full = |given: &Given<RebuildEntry>| matches!(given, Given::Value(RebuildEntry { full: true }));
    let exec = match exec {
        Some(text) if text.value.trim().is_empty() => {
            return Err(Fault::new(text.spot, "`exec` is empty").hint("say which command"));
        }
        exec => exec.as_ref().map(|text| Action::Exec(text.value.clone())),
    };
    let all = [
        create,
        prebuild.as_ref().map(|_| Action::Prebuild),
        stop.as_ref().map(|_| Action::Stop),
        start.as_ref().map(|_| Action::Start),
        rebuild.as_ref().map(|given| Action::Rebuild { full: full(given) }),
        exec,
        secret.as_ref().map(|entry| secret_of(&entry.value, entry.spot)).transpose()?,
        push.as_ref().map(|entry| push_of(&entry.value, entry.spot)).transpose()?,
    ];
    Ok(all.into_iter().flatten().collect())
}

fn secret_of(entry: &SecretEntry, spot: Spot) -> Result<Action, Fault> {
    let SecretEntry { set, delete, value, value_from_env, organization, repository } = entry;
    let secret = |name: &At<String>| SecretName {
        name: name.value.clone(),
        organization: organization.as_ref().map(|text| text.value.clone()),
        repository: repository.as_ref().map(|text| text.value.clone()),
    };
    match (set, delete, value, value_from_env) {
        (Some(name), None, Some(value), None) => {
            Ok(Action::SetSecret { secret: secret(name), value: Value::Given(Secret::new(value.value.clone())) })
        }
        (Some(name), None, None, Some(variable)) => {
            Ok(Action::SetSecret { secret: secret(name), value: Value::Environment(variable.value.clone()) })
        }
        (Some(name), None, ..) => Err(Fault::new(name.spot, format!("the secret {} wants one value", name.value))
            .hint("give `value` or `value_from_env`")),
        (None, Some(name), None, None) => Ok(Action::DeleteSecret(secret(name))),
        (None, Some(name), ..) => {
            Err(Fault::new(name.spot, format!("the secret {} is deleted, and has a value", name.value))
                .hint("remove one"))
        }
        (None, None, ..) | (Some(_), Some(_), ..) => Err(Fault::new(spot, "a step `secret` sets one or deletes one")
            .hint("write {set: NAME, value: …}, or {delete: NAME}")),
    }
}

fn push_of(entry: &WordOr<String, PushEntry>, spot: Spot) -> Result<Action, Fault> {
    let entry = match entry {
        WordOr::Word(reference) if reference.trim().is_empty() => {
            return Err(Fault::new(spot, "`push` is empty").hint("say which commit, or which files"));
        }
        WordOr::Word(reference) => return Ok(Action::Push(Push::Reference(reference.clone()))),
        WordOr::Map(entry) => entry,
    };
    if entry.files.value.0.is_empty() {
        return Err(Fault::new(entry.files.spot, "the commit changes nothing").hint("name a file and what it holds"));
    }
    let mut files = BTreeMap::new();
    for (path, content) in &entry.files.value.0 {
        let parts: Vec<&str> = path.value.split('/').collect();
        let is_outside = parts.iter().any(|part| ["", ".", ".."].contains(part) || part.eq_ignore_ascii_case(".git"));
        if is_outside || path.value.contains('\0') {
            return Err(Fault::new(path.spot, format!("`{}` is no file of the repository", path.value))
                .hint("write a path from the repository's top, without . and .."));
        }
        files.insert(path.value.clone(), content.clone());
    }
    let message = entry.message.clone().unwrap_or_else(|| MESSAGE.to_owned());
    Ok(Action::Push(Push::Files { files, message }))
}
