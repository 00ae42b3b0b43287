//! Variables in a configuration's strings (devcontainer-semantics.md section 1.2).

use std::collections::BTreeMap;

use super::finding::{Finding, Rule};
use super::jsonc::{Content, Node};

/// What variables stand for. What is absent stays as it is written, for a later stage.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    /// The host's environment: `${localEnv:…}`.
    pub local_env: BTreeMap<String, String>,
    /// `${localWorkspaceFolder}`.
    pub local_folder: Option<String>,
    /// `${localWorkspaceFolderBasename}`, where it is not the last part of `local_folder`.
    pub local_basename: Option<String>,
    /// `${containerWorkspaceFolder}`.
    pub container_folder: Option<String>,
    /// `${devcontainerId}`.
    pub id: Option<String>,
    /// The container's environment: `${containerEnv:…}`.
    pub container_env: Option<BTreeMap<String, String>>,
}

/// The longest variable that is looked at, its default included, in bytes.
const LONGEST: usize = 4096;

impl Variables {
    /// Returns `text` with its variables replaced, in one pass: what a variable stands for is not looked at again.
    ///
    /// Everything after the second colon is the default, and a default may hold variables. (Reference CLI: cuts it at the third colon, so
    /// that `${localEnv:X:https://y}` is `https`, and at the first brace; cli#719.)
    pub fn apply(&self, text: &str) -> String {
        self.apply_within(text, 0)
    }

    /// Returns a value with the variables in its strings replaced; names stay as they are.
    pub fn apply_to(&self, value: &serde_json::Value) -> serde_json::Value {
        match value {
            serde_json::Value::String(text) => self.apply(text).into(),
            serde_json::Value::Array(items) => items.iter().map(|item| self.apply_to(item)).collect(),
            serde_json::Value::Object(fields) => self.apply_to_fields(fields).into(),
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => value.clone(),
        }
    }

    /// Returns an object's fields, the same way.
    pub fn apply_to_fields(&self, fields: &Fields) -> Fields {
        fields.iter().map(|(name, value)| (name.clone(), self.apply_to(value))).collect()
    }

    fn apply_within(&self, text: &str, depth: usize) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let (before, from) = rest.split_at(start);
            out.push_str(before);
            let Some(end) = end(from, depth) else {
                // A line break in it, or no end: it is no variable, but one may begin inside.
                out.push_str("${");
                rest = from.get(2..).unwrap_or_default();
                continue;
            };
            let (variable, after) = from.split_at(end + 1);
            match variable.get(2..end).and_then(|inner| self.value(inner, depth)) {
                Some(value) => out.push_str(&value),
                None => out.push_str(variable),
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn value(&self, inner: &str, depth: usize) -> Option<String> {
        let (name, argument) = inner.split_once(':').map_or((inner, None), |(name, argument)| (name, Some(argument)));
        let basename = |path: &String| path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        let from = |env: &BTreeMap<String, String>| {
            let (name, default) = argument?.split_once(':').map_or((argument?, ""), |(name, default)| (name, default));
            Some(env.get(name).cloned().unwrap_or_else(|| self.apply_nested(default, depth)))
        };
        match name {
            "localEnv" | "env" => from(&self.local_env),
            "containerEnv" => from(self.container_env.as_ref()?),
            "localWorkspaceFolder" => self.local_folder.clone(),
            "localWorkspaceFolderBasename" => {
                self.local_basename.clone().or_else(|| self.local_folder.as_ref().map(basename))
            }
            "containerWorkspaceFolder" => self.container_folder.clone(),
            "containerWorkspaceFolderBasename" => self.container_folder.as_ref().map(basename),
            "devcontainerId" => self.id.clone(),
            _ => None,
        }
    }

    fn apply_nested(&self, default: &str, depth: usize) -> String {
        if default.contains("${") { self.apply_within(default, depth + 1) } else { default.to_owned() }
    }
}

/// An object's fields.
type Fields = serde_json::Map<String, serde_json::Value>;

/// How deep defaults may stand in defaults.
const DEEPEST: usize = 8;

/// Returns where the variable that a text begins with has its closing brace: the first one, or that of a default with variables in it.
fn end(text: &str, depth: usize) -> Option<usize> {
    let mut shown = text.len().min(LONGEST);
    while !text.is_char_boundary(shown) {
        shown -= 1;
    }
    let text = text.get(..shown)?;
    let first = text.find('}')?;
    let whole = if depth < DEEPEST { nested_end(text) } else { None }.unwrap_or(first);
    text.get(..whole).filter(|variable| !variable.contains(['\n', '\r'])).map(|_| whole)
}

/// Returns where a variable ends whose default holds another.
fn nested_end(text: &str) -> Option<usize> {
    let inner = text.get(2..)?.find("${")? + 2;
    let head = text.get(2..inner)?;
    let mut parts = head.splitn(3, ':');
    let is_one = parts.next().is_some_and(|name| ["localEnv", "env", "containerEnv"].contains(&name));
    if !is_one || head.contains('}') || parts.nth(1).is_none() {
        return None;
    }
    let mut open = 0_usize;
    let mut rest = text.get(inner..)?.char_indices().peekable();
    while let Some((at, one)) = rest.next() {
        match one {
            '$' if rest.peek().is_some_and(|(_, next)| *next == '{') => open += 1,
            '}' if open == 0 => return Some(inner + at),
            '}' => open -= 1,
            _ => {}
        }
    }
    None
}

/// Returns what is to be said about the variables in a configuration's strings.
pub(super) fn check(node: &Node) -> Vec<Finding> {
    let mut findings = Vec::new();
    look(node, &mut findings);
    findings
}

fn look(node: &Node, findings: &mut Vec<Finding>) {
    match &node.content {
        Content::Object(members) => members.iter().for_each(|member| look(&member.node, findings)),
        Content::List(items) => items.iter().for_each(|item| look(item, findings)),
        Content::Text(text) => findings.extend(in_text(text).map(|(rule, problem, hint)| Finding {
            rule,
            span: node.span.clone(),
            problem,
            hint: Some(hint.to_owned()),
        })),
        Content::Null | Content::Bool(_) | Content::Number(_) => {}
    }
}

fn in_text(text: &str) -> Option<(Rule, String, &'static str)> {
    for name in ["localEnv", "env", "containerEnv"] {
        if text.contains(&format!("${{{name}}}")) {
            let problem = format!("`${{{name}}}` names no variable");
            return Some((Rule::VariableName, problem, "write ${localEnv:NAME}; a shell's own variable is $NAME"));
        }
    }
    let starts = text.match_indices("${").filter_map(|(at, _)| text.get(at..));
    let nested = starts.take(LONGEST).find(|from| {
        end(from, 0).is_some() && nested_end(from.get(..from.len().min(LONGEST)).unwrap_or_default()).is_some()
    });
    nested.map(|_| {
        let problem = "a variable stands in the default of another: Codespaces does not replace it".to_owned();
        (Rule::Nested, problem, "take a default without variables")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn variables() -> Variables {
        Variables {
            local_env: [("USER".to_owned(), "mona".to_owned()), ("EMPTY".to_owned(), String::new())].into(),
            local_folder: Some("/home/mona/app".to_owned()),
            local_basename: None,
            container_folder: Some("/workspaces/app".to_owned()),
            id: None,
            container_env: None,
        }
    }

    #[test]
    fn variables_are_replaced_once() {
        for (text, expected) in [
            ("${localEnv:USER}-${env:USER}", "mona-mona"),
            ("${localEnv:NONE}", ""),
            ("${localEnv:NONE:https://x:1}", "https://x:1"),
            ("${localEnv:NONE:}", ""),
            ("${localEnv:EMPTY:d}", ""),
            ("${localEnv:}", ""),
            ("${localEnv}", "${localEnv}"),
            ("${localenv:USER} ${ localEnv:USER }", "${localenv:USER} ${ localEnv:USER }"),
            ("$${localEnv:USER}", "$mona"),
            ("${localWorkspaceFolderBasename}", "app"),
            ("${localWorkspaceFolder:x}", "/home/mona/app"),
            ("${containerWorkspaceFolder}/x", "/workspaces/app/x"),
            ("${devcontainerId}", "${devcontainerId}"),
            ("${containerEnv:PATH}", "${containerEnv:PATH}"),
            ("${unknown:x} $HOME ${", "${unknown:x} $HOME ${"),
            ("${X:-${localEnv:USER}}", "${X:-${localEnv:USER}}"),
            ("a${localEnv:USER", "a${localEnv:USER"),
            ("${localEnv:US\nER} ${localEnv:USER}", "${localEnv:US\nER} mona"),
        ] {
            assert_eq!(variables().apply(text), expected, "{text}");
        }
    }

    #[test]
    fn a_default_may_hold_variables() {
        for (text, expected) in [
            ("${localEnv:NONE:${localEnv:USER}}", "mona"),
            ("${localEnv:NONE:a${env:N:${localEnv:USER}}b}c", "amonabc"),
            ("${localEnv:USER:${localEnv:NONE}}", "mona"),
            ("${localEnv:NONE:${containerEnv:X:d}}", "${containerEnv:X:d}"),
            ("${localEnv:${localEnv:USER}}", "USER}"),
        ] {
            assert_eq!(variables().apply(text), expected, "{text}");
        }
    }

    #[test]
    fn only_strings_change_and_no_names() {
        let value = serde_json::json!({"${env:USER}": ["${env:USER}", 1, null, true, {"a": "${env:USER}"}]});
        let expected = serde_json::json!({"${env:USER}": ["mona", 1, null, true, {"a": "mona"}]});
        assert_eq!(variables().apply_to(&value), expected);
    }

    #[test]
    fn a_variable_without_a_name_and_a_nested_one_are_told() {
        assert_eq!(in_text("x${env}").map(|told| told.0), Some(Rule::VariableName));
        assert_eq!(in_text("${localEnv:A:${localEnv:B}}").map(|told| told.0), Some(Rule::Nested));
        assert_eq!(in_text("${localEnv:A:b} ${X:-${localEnv:B}}"), None);
    }

    #[test]
    fn a_folder_may_be_called_otherwise_than_its_last_part() {
        let local_basename = Some("app".to_owned());
        let variables =
            Variables { local_folder: Some("/tmp/clone-1".to_owned()), local_basename, ..Variables::default() };
        let text = "${localWorkspaceFolder} ${localWorkspaceFolderBasename}";
        assert_eq!(variables.apply(text), "/tmp/clone-1 app");
    }

    #[test]
    fn a_long_text_of_open_variables_does_not_hang() {
        let text = "${localEnv:A:".repeat(20_000);
        assert_eq!(variables().apply(&text), text);
        assert_eq!(in_text(&text), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(\\$\\{|\\}|localEnv|:|[a-z \u{e9}\n$]){0,30}") {
            let _text = variables().apply(&text);
            let _told = in_text(&text);
        }
    }
}
