//! What lifecycle commands run: their own texts, and the repository's scripts that these call.

use super::super::finding::{Finding, Rule};
use super::super::jsonc::{Content, Node};
use super::super::schema::HOOKS;
use super::shell::{Part, SHELLS, base_name, parts, parts_of_words};
use super::{Advice, RepositoryFiles, Script};

/// How many scripts may call each other.
const DEEPEST: usize = 3;

/// A text that a hook runs, with its commands.
#[derive(Debug)]
pub(super) struct Text<'a> {
    pub(super) hook: &'static str,
    /// All of it.
    pub(super) whole: String,
    pub(super) parts: Vec<Part>,
    place: Place<'a>,
}

/// Where a text stands.
#[derive(Debug, Clone)]
enum Place<'a> {
    /// In the configuration.
    Command(&'a Node),
    /// In a script, by its path.
    Script(String),
}

/// A script that a command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Call<'a> {
    /// Its path in the repository.
    pub(super) path: &'a str,
    /// It is started by itself, and has to be executable; else a shell reads it.
    pub(super) is_by_itself: bool,
}

/// Returns every text that a hook runs, in the order of the hooks; a script's comes after the command that calls it.
pub(super) fn texts<'a>(root: &'a Node, files: &dyn RepositoryFiles) -> Vec<Text<'a>> {
    let mut all = Vec::new();
    for hook in HOOKS {
        let Some(member) = root.get(hook) else { continue };
        for (node, text, parts) in commands(&member.node) {
            let scripts = scripts(hook, &parts, files, &mut Vec::new());
            all.push(Text { hook, whole: text, parts, place: Place::Command(node) });
            all.extend(scripts);
        }
    }
    all
}

/// Returns the commands of a hook, and where they stand; a list's words as one text too.
fn commands(node: &Node) -> Vec<(&Node, String, Vec<Part>)> {
    match &node.content {
        Content::Text(text) => vec![(node, text.clone(), parts(text))],
        Content::List(items) => {
            let words: Vec<&str> = items.iter().filter_map(Node::text).collect();
            vec![(node, words.join(" "), parts_of_words(&words))]
        }
        Content::Object(members) => members.iter().flat_map(|member| commands(&member.node)).collect(),
        Content::Null | Content::Bool(_) | Content::Number(_) => Vec::new(),
    }
}

/// Returns the texts of the scripts that commands call, and of those that these call.
fn scripts<'a>(
    hook: &'static str,
    callers: &[Part],
    files: &dyn RepositoryFiles,
    around: &mut Vec<String>,
) -> Vec<Text<'a>> {
    let mut all = Vec::new();
    for caller in callers {
        let Some(call) = call(&caller.words) else { continue };
        if around.len() == DEEPEST || around.iter().any(|path| path == call.path) {
            continue;
        }
        let Some(text) = files.script(call.path).and_then(|script| shell_text(&script, call)) else { continue };
        let mut parts = parts(&text);
        for part in &mut parts {
            part.is_in_background |= caller.is_in_background;
            part.has_input |= caller.has_input;
        }
        around.push(call.path.to_owned());
        let inner = scripts(hook, &parts, files, around);
        around.pop();
        all.push(Text { hook, whole: text, parts, place: Place::Script(call.path.to_owned()) });
        all.extend(inner);
    }
    all
}

/// Returns a script's text where a shell reads it, as far as it is text.
fn shell_text(script: &Script, call: Call<'_>) -> Option<String> {
    let whole = std::str::from_utf8(&script.start);
    let text = whole.or_else(|error| std::str::from_utf8(script.start.get(..error.valid_up_to()).unwrap_or_default()));
    let text = text.ok()?;
    let interpreter = text.lines().next().and_then(|line| line.strip_prefix("#!"));
    let is_shells =
        interpreter.is_none_or(|line| line.split_whitespace().map(base_name).any(|word| SHELLS.contains(&word)));
    (!call.is_by_itself || is_shells).then(|| text.to_owned())
}

/// Returns the script that a command runs, as far as its path is known to be in the repository.
pub(super) fn call(words: &[String]) -> Option<Call<'_>> {
    let inside = |word: &'_ str| -> bool {
        !word.starts_with(['/', '~', '$', '-']) && !word.split('/').any(|part| part == "..")
    };
    let first = words.first()?.as_str();
    let (word, is_by_itself) = if SHELLS.contains(&base_name(first)) || [".", "source"].contains(&first) {
        (words.iter().skip(1).find(|word| !word.starts_with('-'))?.as_str(), false)
    } else if first.contains('/') {
        (first, true)
    } else {
        return None;
    };
    let word = word.strip_prefix("${containerWorkspaceFolder}/").unwrap_or(word);
    inside(word).then(|| Call { path: word.trim_start_matches("./"), is_by_itself })
}

/// What is told of the texts that hooks run.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// In the configuration.
    pub(super) own: Vec<Finding>,
    /// In scripts.
    pub(super) scripts: Vec<Advice>,
}

impl Told {
    /// Tells something of a command of a text; where it stands in a script, once, for whichever hook calls that first.
    pub(super) fn tell(&mut self, text: &Text<'_>, part: &Part, rule: Rule, problem: String, hint: &str) {
        let hint = Some(hint.to_owned());
        let Place::Script(path) = &text.place else { return self.tell_whole(text, rule, problem, hint) };
        let at = self.scripts.iter().position(|advice| advice.file == *path);
        let at = at.unwrap_or_else(|| {
            self.scripts.push(Advice::new(path, &text.whole));
            self.scripts.len() - 1
        });
        let Some(advice) = self.scripts.get_mut(at) else { return };
        let is_told = |one: &Finding| one.rule == rule && one.span == part.span;
        if !advice.findings.iter().any(is_told) {
            advice.findings.push(Finding { rule, span: part.span.clone(), problem, hint });
        }
    }

    fn tell_whole(&mut self, text: &Text<'_>, rule: Rule, problem: String, hint: Option<String>) {
        let Place::Command(node) = text.place else { return };
        self.own.push(Finding { rule, span: node.span.clone(), problem, hint });
    }
}
