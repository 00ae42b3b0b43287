//! The codespaces that a scenario is held against: one for each run and each combination of its matrix.

use super::at::At;
use super::file::{RunWord, ScenarioFile};
use super::step::{Action, Of, Step};
use super::{Case, Scenario};

/// Returns the codespaces of a scenario, in its own order.
pub fn cases(scenario: &Scenario) -> Vec<Case> {
    let written = &scenario.written;
    let matrix = written.matrix.as_ref().map(|matrix| &matrix.value);
    let configs = choices(matrix.and_then(|matrix| matrix.config.as_ref()));
    let users = choices(matrix.and_then(|matrix| matrix.user.as_ref()));
    let secrets = choices(matrix.and_then(|matrix| matrix.secrets.as_ref()));
    let mut all = Vec::new();
    for run in runs(written) {
        for config in &configs {
            for user in &users {
                for with_secrets in &secrets {
                    let mut of = Vec::new();
                    of.extend(run.is_told.then(|| run.word.to_string()));
                    of.extend(config.as_ref().map(|config| format!("config={config}")));
                    of.extend(user.as_ref().map(|user| format!("user={user}")));
                    of.extend(with_secrets.map(|with| format!("secrets={with}")));
                    let name = &written.name.value;
                    let name = if of.is_empty() { name.clone() } else { format!("{name} [{}]", of.join(", ")) };
                    all.push(Case {
                        name,
                        config: config.clone().or_else(|| text(written.config.as_ref())),
                        user: user.clone().or_else(|| text(written.user.as_ref())),
                        with_secrets: with_secrets.unwrap_or(true),
                        of_prebuild: run.word == RunWord::Prebuild,
                    });
                }
            }
        }
    }
    all
}

/// One way to make the codespace.
struct Run {
    word: RunWord,
    /// Whether it is one of several, so that its name has to be told.
    is_told: bool,
}

fn runs(written: &ScenarioFile) -> Vec<Run> {
    let prebuild = written.matrix.as_ref().and_then(|matrix| matrix.value.prebuild.as_ref());
    let words: Vec<RunWord> = match (&written.runs, prebuild) {
        (Some(runs), _) => runs.value.iter().map(|run| run.value).collect(),
        (None, Some(list)) => {
            list.value.iter().map(|with| if with.value { RunWord::Prebuild } else { RunWord::Create }).collect()
        }
        (None, None) => vec![RunWord::Create],
    };
    let is_told = written.runs.is_some() || prebuild.is_some();
    words.into_iter().map(|word| Run { word, is_told }).collect()
}

fn text(text: Option<&At<String>>) -> Option<String> {
    text.map(|text| text.value.clone())
}

/// Returns what there is to choose from; nothing at all is one choice.
fn choices<T: Clone>(list: Option<&At<Vec<At<T>>>>) -> Vec<Option<T>> {
    list.map_or_else(|| vec![None], |list| list.value.iter().map(|one| Some(one.value.clone())).collect())
}

/// Returns what happens to a codespace, in order.
pub fn life(scenario: &Scenario, case: &Case) -> Vec<Step> {
    let steps = scenario.steps.iter().cloned();
    let creates = scenario.steps.iter().any(|step| matches!(step.action, Action::Create(_)));
    if creates {
        return steps.collect();
    }
    let written = &scenario.written;
    let spot = written.expect.as_ref().map_or(written.name.spot, |expect| expect.spot);
    let bare = |action| Step { spot, action, expect: None };
    let of = if case.of_prebuild { Of::LastPrebuild } else { Of::Nothing };
    let before = case.of_prebuild.then(|| bare(Action::Prebuild));
    let create = Step { expect: written.expect.clone(), ..bare(Action::Create(of)) };
    before.into_iter().chain([create]).chain(steps).collect()
}
