//! What is told of the prebuild that a codespace is made of.

use super::sanitise;
use crate::journal::PrebuildUse;

/// How many commits are named.
const MOST: usize = 5;

/// Returns the lines that tell of the prebuild that a codespace is made of, or why of none.
pub fn prebuild(used: &PrebuildUse) -> Vec<String> {
    let line = |text: &str| sanitise::plain(text.lines().next().unwrap_or_default()).into_owned();
    let Some(name) = &used.name else { return vec![format!("no prebuild is used: {}", line(&used.reason))] };
    let mut lines = vec![format!("prebuild {name}: {}", line(&used.reason))];
    let count = used.commits.len();
    if count > 0 {
        let commits = if count == 1 { "commit is" } else { "commits are" };
        lines.push(format!("{count} {commits} newer, which its commands have not seen:"));
        lines.extend(used.commits.iter().take(MOST).map(|commit| format!("  {}", line(commit))));
    }
    if count > MOST {
        lines.push(format!("  and {} more", count - MOST));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_commits_are_counted_and_the_first_are_named() {
        let used = |name: Option<&str>, commits: usize| PrebuildUse {
            name: name.map(str::to_owned),
            reason: "of main".to_owned(),
            commits: (0..commits).map(|at| format!("c{at}")).collect(),
        };
        assert_eq!(prebuild(&used(None, 0)), ["no prebuild is used: of main"]);
        assert_eq!(prebuild(&used(Some("p"), 0)), ["prebuild p: of main"]);
        assert_eq!(
            prebuild(&used(Some("p"), 1)).get(1).map(String::as_str),
            Some("1 commit is newer, which its commands have not seen:")
        );
        assert_eq!(prebuild(&used(Some("p"), 7)).last().map(String::as_str), Some("  and 2 more"));
    }
}
