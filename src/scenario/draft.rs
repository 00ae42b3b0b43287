//! A scenario written from what was seen of a codespace, for a person to trim.

use std::fmt;

use super::expect::{OutcomeWord, PhaseWord};
use super::seen::{Answers, Seen, SeenPhase};
use crate::phase::Phase;

/// How many times as long as it took a phase may take.
const SLOWER: f64 = 5.0;

/// The least time that a phase is given, in seconds.
const LEAST: f64 = 10.0;

/// What a codespace is made with that is made to be seen; each as it stands in a scenario.
#[derive(Debug, Default)]
pub struct Head {
    /// What its folder is called.
    pub folder: String,
    /// What the repository is called on GitHub.
    pub repository: Option<String>,
    /// The dev container configuration.
    pub config: Option<String>,
    /// The hub's file.
    pub hub: Option<String>,
    /// The file of secrets.
    pub secrets_file: Option<String>,
    /// The GitHub user.
    pub user: Option<String>,
    /// Whether `initializeCommand` may run.
    pub allow_initialize: bool,
}

impl Head {
    /// Returns the text of a scenario that expects only that it succeeds.
    pub fn bare(&self) -> String {
        format!("{self}expect: {{outcome: success}}\n")
    }
}

impl fmt::Display for Head {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { folder, repository, config, hub, secrets_file, user, allow_initialize } = self;
        writeln!(out, "name: {}", quoted(&format!("the codespace of {folder} is made as it was")))?;
        let entries = [
            ("repository", repository),
            ("config", config),
            ("hub", hub),
            ("secrets_file", secrets_file),
            ("user", user),
        ];
        for (name, value) in entries {
            value.as_ref().map_or(Ok(()), |value| writeln!(out, "{name}: {}", quoted(value)))?;
        }
        if *allow_initialize { writeln!(out, "allow_initialize: true") } else { Ok(()) }
    }
}

/// Returns the text of a scenario that expects what was seen.
pub fn draft(head: &Head, seen: &Seen, ports: &[u16]) -> String {
    let mut text = format!(
        "# What `localspace test --init` has seen: keep what must be true, and remove the rest.\n\
         {head}\
         expect:\n"
    );
    let succeeded = seen.outcome == Some(OutcomeWord::Success);
    text.push_str(&format!("  outcome: {}\n  phases:\n", if succeeded { "success" } else { "error" }));
    for (phase, seen) in &seen.phases {
        text.push_str(&format!("    {phase}: {}\n", of_phase(*phase, seen)));
        // Output differs from run to run: whoever knows what of it counts decides.
        if let Some(line) = seen.stdout.text.lines().rev().find(|line| !line.trim().is_empty()) {
            text.push_str(&format!("    #   stdout: {{contains: {}}}\n", quoted(line.trim())));
        }
    }
    if let Some(Ok(answers)) = &seen.container {
        text.push_str(&of_container(answers, ports));
    }
    let rules: Vec<String> = seen.diagnoses.iter().map(|rule| quoted(rule)).collect();
    let rules = if rules.is_empty() { "none".to_owned() } else { format!("[{}]", rules.join(", ")) };
    text.push_str(&format!("  diagnosis: {rules}\n  secrets_leaked: none\n"));
    text
}

fn of_phase(phase: Phase, seen: &SeenPhase) -> String {
    let limit = (seen.seconds * SLOWER).max(LEAST).ceil();
    match seen.outcome {
        Some(PhaseWord::Succeeded) if phase == Phase::RegistryLogin => {
            let servers: Vec<String> = seen.servers.iter().map(|server| quoted(server)).collect();
            format!("{{outcome: succeeded, servers: [{}]}}", servers.join(", "))
        }
        Some(PhaseWord::Succeeded) => format!("{{outcome: succeeded, seconds: \"< {limit}\"}}"),
        Some(PhaseWord::Failed) => match seen.exit_code {
            Some(code) => format!("{{outcome: failed, exit_code: {code}}}"),
            None => "failed".to_owned(),
        },
        Some(PhaseWord::Skipped) | None => "skipped".to_owned(),
    }
}

fn of_container(answers: &Answers, ports: &[u16]) -> String {
    let (user, folder) = (quoted(&answers.user), quoted(&answers.folder));
    let mut text = format!("  container:\n    user: {user}\n    workspace_folder: {folder}\n");
    text.push_str("    env: {CODESPACES: \"true\"}\n");
    if !ports.is_empty() {
        let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
        text.push_str(&format!("    ports: [{}]\n", ports.join(", ")));
    }
    text
}

/// Returns a text as YAML has it, in double quotes: as JSON has it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{cases, check, life, parse};

    #[test]
    fn what_was_seen_is_as_its_own_scenario_expects() {
        let phase = |outcome, seconds| SeenPhase {
            outcome: Some(outcome),
            seconds,
            exit_code: Some(0),
            ..SeenPhase::default()
        };
        let mut seen = Seen { outcome: Some(OutcomeWord::Error), ..Seen::default() };
        seen.phases.insert(Phase::InitializeCommand, phase(PhaseWord::Skipped, 0.0));
        seen.phases.insert(Phase::Image, phase(PhaseWord::Succeeded, 100.0));
        let hook = SeenPhase { stdout: "a\n: \"strange' # {line}\n\n".into(), ..phase(PhaseWord::Succeeded, 0.1) };
        seen.phases.insert(Phase::OnCreateCommand, hook);
        let login = SeenPhase { servers: ["ghcr.io".to_owned()].into(), ..phase(PhaseWord::Succeeded, 0.1) };
        seen.phases.insert(Phase::RegistryLogin, login);
        let failed = SeenPhase { exit_code: Some(7), ..phase(PhaseWord::Failed, 0.1) };
        seen.phases.insert(Phase::PostCreateCommand, failed);
        seen.diagnoses.push("early-pull".to_owned());
        let env = [("CODESPACES".to_owned(), "true".to_owned())].into();
        let answers =
            Answers { user: "o'brien".to_owned(), folder: "/workspaces/a b".to_owned(), env, ..Answers::default() };
        seen.container = Some(Ok(answers));
        let head = Head {
            folder: "a \"b\"".to_owned(),
            repository: Some("acme/app".to_owned()),
            user: Some("mona".to_owned()),
            allow_initialize: true,
            ..Head::default()
        };
        assert!(parse(&head.bare(), "a.yaml").is_ok());
        let text = draft(&head, &seen, &[80, 3000]);
        let scenario = parse(&text, "a.yaml").unwrap_or_else(|error| panic!("{error}\n{text}"));
        let steps = life(&scenario, &cases(&scenario)[0]);
        assert_eq!(check(&steps[0], &seen), [], "{text}");
        assert!(text.contains("seconds: \"< 500\"") && text.contains("seconds: \"< 10\""), "{text}");
    }
}
