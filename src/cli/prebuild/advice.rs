//! What reading a configuration shows of its prebuild: work that each codespace waits for, and pulls that have no login there.

use std::io::Read;
use std::path::Path;

use crate::cli::configuration;
use crate::devcontainer::{Configuration, Finding, Known, RepositoryFiles, Rule, Script, advise};
use crate::steps::Order;

/// How much of a script is looked at, in bytes.
const START: u64 = 64 * 1024;

/// How much is said at most.
const MOST: usize = 10;

/// The files of a clone, as far as commands call them.
struct Scripts<'a>(&'a Path);

impl RepositoryFiles for Scripts<'_> {
    fn script(&self, path: &str) -> Option<Script> {
        let whole = self.0.join(path).canonicalize().ok()?;
        if !whole.is_file() || !whole.starts_with(self.0.canonicalize().ok()?) {
            return None;
        }
        let mut start = Vec::new();
        std::fs::File::open(&whole).ok()?.take(START).read_to_end(&mut start).ok()?;
        Some(Script { start, is_executable: true })
    }
}

/// Returns what a person should know of the commands of an order's prebuild.
pub(super) fn advice(order: &Order) -> Vec<String> {
    let Some(top) = order.files().filter(|_| !order.config_path.is_empty()) else { return Vec::new() };
    let Ok(text) = configuration::read(top, &order.config_path) else { return Vec::new() };
    let Ok(config) = Configuration::read(&text, &order.config_path) else { return Vec::new() };
    let told = advise(&config, &Scripts(top), &Known::default());
    let is_of_prebuilds = |finding: &&Finding| matches!(finding.rule, Rule::CouldBePrebuilt | Rule::PullBeforeLogin);
    let findings = told.iter().flat_map(|advice| &advice.findings).filter(is_of_prebuilds);
    let line = |finding: &Finding| match &finding.hint {
        Some(hint) => format!("{}; {hint}", finding.problem),
        None => finding.problem.clone(),
    };
    findings.map(line).take(MOST).collect()
}
