//! Other repositories: what a codespace and a prebuild may not reach (facts rows 12, 26 and 27).

use super::super::finding::{Finding, Rule};
use super::super::jsonc::Node;
use super::super::repositories::{Asked, Entry};
use super::runs::{Text, Told};
use super::shell::Part;
use super::{Advice, RepositoryFiles};
use crate::permissions::Repositories;

/// Looks at the repositories that are asked for.
pub(super) fn look(root: &Node, findings: &mut Vec<Finding>) {
    let asked = Asked::of(root);
    let entries = asked.entries();
    let finding_at = |entry: &Entry, rule, problem, hint: &str| Finding {
        rule,
        span: entry.name_span.clone(),
        problem,
        hint: Some(hint.to_owned()),
    };
    for entry in entries.iter().filter(|entry| matches!(entry.of, Repositories::AllOf(_))) {
        let problem = format!("a prebuild is not given access to {}: Codespaces supports no wildcard there", entry.of);
        let hint = "name each repository, or give the prebuild a CODESPACES_PREBUILD_TOKEN";
        findings.push(finding_at(entry, Rule::PrebuildAccess, problem, hint));
    }
    let Some(first) = entries.first() else { return };
    for entry in entries.iter().filter(|entry| !entry.of.owner().eq_ignore_ascii_case(first.of.owner())) {
        let problem = format!(
            "{} and {} are of different owners: Codespaces gives access to repositories of this one's owner only",
            entry.of, first.of
        );
        let hint = "reach it with a token of your own, as a secret";
        findings.push(finding_at(entry, Rule::RepositoryAccess, problem, hint));
    }
}

/// Tells whether an address is GitHub's over SSH.
fn is_over_ssh(address: &str) -> bool {
    ["git@github.com:", "ssh://git@github.com/", "ssh://git@ssh.github.com"]
        .iter()
        .any(|begin| address.starts_with(begin))
}

/// Looks at git's commands in the container, which reach GitHub with the codespace's token alone.
pub(super) fn over_ssh(texts: &[Text<'_>], told: &mut Told) {
    for (text, part) in git_commands(texts) {
        let hook = text.hook;
        if let Some(address) = part.words.iter().find(|word| is_over_ssh(word)) {
            let problem = format!(
                "{hook} reaches {address} over SSH, for which a codespace has no key: Permission denied (publickey)"
            );
            let hint = "use https://github.com/…, which the codespace's token is for";
            told.tell(text, part, Rule::GitOverSsh, problem, hint);
        } else if part.words.iter().any(|word| puts_ssh_in_place(word)) {
            let problem = format!(
                "{hook} makes git reach GitHub over SSH where https is asked for, for which a codespace has no key: Permission denied (publickey)"
            );
            let hint = "leave `insteadOf` out: the codespace's token is for https://github.com/…";
            told.tell(text, part, Rule::GitOverSsh, problem, hint);
        }
    }
}

/// Tells whether a word of `git config` is such as `url.git@github.com:.insteadOf`.
fn puts_ssh_in_place(word: &str) -> bool {
    let address = word.strip_prefix("url.");
    address.is_some_and(|address| is_over_ssh(address) && address.to_ascii_lowercase().contains(".insteadof"))
}

/// Returns every git command of the lifecycle commands in the container.
fn git_commands<'a>(texts: &'a [Text<'a>]) -> impl Iterator<Item = (&'a Text<'a>, &'a Part)> {
    let inside = texts.iter().filter(|text| text.hook != "initializeCommand");
    inside
        .flat_map(|text| text.parts.iter().map(move |part| (text, part)))
        .filter(|(_, part)| part.words.first().is_some_and(|word| word == "git"))
}

/// Looks at `.gitmodules`, where a lifecycle command fetches submodules: GitHub's clone leaves them empty.
pub(super) fn submodules(texts: &[Text<'_>], files: &dyn RepositoryFiles) -> Option<Advice> {
    const FILE: &str = ".gitmodules";
    let fetches = |words: &[String]| words.iter().any(|word| word == "submodule" || word == "--recurse-submodules");
    let hook = git_commands(texts).find(|(_, part)| fetches(&part.words))?.0.hook;
    let text = files.text(FILE)?;
    let mut advice = Advice::new(FILE, &text);
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(at) =
            line.find("git@github.com").or_else(|| line.find("ssh://git@")).filter(|_| line.contains("url"))
        {
            let span = start + at..start + line.trim_end().len();
            let problem = format!(
                "{hook} fetches this submodule over SSH, for which a codespace has no key: Permission denied (publickey)"
            );
            let hint = Some("use https://github.com/…, or a path such as ../other.git".to_owned());
            advice.findings.push(Finding { rule: Rule::GitOverSsh, span, problem, hint });
        }
        start += line.len();
    }
    Some(advice)
}
