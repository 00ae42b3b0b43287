//! What a Feature says of itself: its devcontainer-feature.json.

use serde_json::{Map, Value};

use super::declared::{Declared, OptionKind};
use super::options::{Options, text_of};
use crate::devcontainer::document::{ConfigError, Document, Spanned};
use crate::devcontainer::finding::{Finding, Rule};
use crate::devcontainer::jsonc::{Content, Node};
use crate::devcontainer::{old_properties, schema};

/// A Feature's devcontainer-feature.json.
#[derive(Debug, Clone, PartialEq)]
pub struct Metadata {
    /// The file, for what is said about it.
    pub file: String,
    /// Its text.
    pub text: String,
    /// `id`: letters, digits, `.`, `_` and `-`, fit for a folder's name.
    pub id: String,
    /// `version`.
    pub version: Option<String>,
    /// `name`.
    pub name: Option<String>,
    /// `description`.
    pub description: Option<String>,
    /// `documentationURL`.
    pub documentation_url: Option<String>,
    /// `options`, in the file's order.
    pub options: Vec<Declared>,
    /// `containerEnv`.
    pub container_env: Vec<(String, Spanned<String>)>,
    /// `dependsOn`: the Features that have to be installed before it, with their options.
    pub depends_on: Vec<Requested>,
    /// `installsAfter`: Features that it comes after, if they are installed at all.
    pub installs_after: Vec<Spanned<String>>,
    /// `legacyIds`: names that it had.
    pub legacy_ids: Vec<String>,
    /// `currentId`: the name that it has now.
    pub current_id: Option<String>,
    /// `deprecated`.
    pub is_deprecated: bool,
    /// What is to be said about the file, in its order.
    pub findings: Vec<Finding>,
    fields: Map<String, Value>,
}

/// A Feature that is asked for, with its options.
#[derive(Debug, Clone, PartialEq)]
pub struct Requested {
    /// Its id, as it is written.
    pub id: Spanned<String>,
    /// Its options.
    pub options: Options,
}

/// What of a Feature goes into an image's metadata, in the order in which the reference writes it (behind the id).
const PICKED: [&str; 12] = [
    "onCreateCommand",
    "updateContentCommand",
    "postCreateCommand",
    "postStartCommand",
    "postAttachCommand",
    "init",
    "privileged",
    "capAdd",
    "securityOpt",
    "entrypoint",
    "mounts",
    "customizations",
];

impl Metadata {
    /// Reads a devcontainer-feature.json; `id` is what the Feature is called where the file does not say. An error is what is none, or what
    /// cannot be installed.
    pub fn read(text: &str, file: &str, id: &str) -> Result<Self, ConfigError> {
        let text = text.trim_start_matches('\u{feff}');
        let document = Document { text, file };
        let (root, faults) = document.object()?;
        let syntax = faults.into_iter().map(|fault| (Rule::Syntax, fault.span, fault.problem));
        let mut findings: Vec<Finding> =
            syntax.map(|(rule, span, problem)| Finding { rule, span, problem, hint: None }).collect();
        findings.extend(schema::check_feature(&root));
        findings.extend(missing(&root));
        if let Some(nul) = findings.iter().find(|finding| finding.rule == Rule::Nul) {
            return Err(document.error(nul.span.clone(), nul.problem.clone()));
        }
        let value = |name: &str| root.get(name).map(|member| &member.node);
        let string = |name: &str| value(name).and_then(Node::text).map(str::to_owned);
        let texts = |name: &str| value(name).map(texts).unwrap_or_default();
        let (id, span) = match value("id") {
            Some(node) => (node.text().unwrap_or(id), node.span.clone()),
            None => (id, 0..1),
        };
        if !is_folder_name(id) {
            let problem = format!("`{id}` is no id of a Feature: it has letters, digits, `.`, `_` and `-`");
            return Err(document.error(span, problem));
        }
        let variables = value("containerEnv").map(Node::last_of_each).into_iter().flatten();
        let variables = variables.filter_map(|member| {
            let value = Spanned { value: member.node.text()?.to_owned(), span: member.node.span.clone() };
            Some((member.name.clone(), value))
        });
        findings.sort_by_key(|finding| finding.span.start);
        Ok(Self {
            file: file.to_owned(),
            text: text.to_owned(),
            id: id.to_owned(),
            version: string("version"),
            name: string("name"),
            description: string("description"),
            documentation_url: string("documentationURL"),
            options: value("options").map(declared).unwrap_or_default(),
            container_env: variables.collect(),
            depends_on: value("dependsOn").map_or(Ok(Vec::new()), |node| requested(&document, "dependsOn", node))?,
            installs_after: texts("installsAfter"),
            legacy_ids: texts("legacyIds").into_iter().map(|one| one.value).collect(),
            current_id: string("currentId"),
            is_deprecated: value("deprecated").is_some_and(|node| node.content == Content::Bool(true)),
            findings,
            fields: fields(&root),
        })
    }

    /// Returns the names that it has had, the one of today first.
    pub fn aliases(&self) -> impl Iterator<Item = &str> {
        let today = self.current_id.as_ref().unwrap_or(&self.id);
        std::iter::once(today).chain(&self.legacy_ids).map(String::as_str)
    }

    /// Returns the name of today, where it is asked for by an older one.
    pub fn renamed(&self) -> Option<&str> {
        let today = self.current_id.as_deref().filter(|today| *today != self.id)?;
        (!self.legacy_ids.is_empty()).then_some(today)
    }

    /// Returns its name, or its id where it has none.
    pub fn title(&self) -> &str {
        self.name.as_ref().unwrap_or(&self.id)
    }

    /// Returns the file as JSON, older properties moved to where they stand today.
    pub fn to_json(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// Returns what it adds to an image's metadata under the id that it is asked for by, raw.
    pub fn picked(&self, id: &str) -> Map<String, Value> {
        let own = PICKED.iter().filter_map(|name| Some(((*name).to_owned(), self.fields.get(*name)?.clone())));
        std::iter::once(("id".to_owned(), id.into())).chain(own).collect()
    }

    /// Returns an error about a place in the file.
    pub fn error(&self, span: std::ops::Range<usize>, problem: impl Into<String>) -> ConfigError {
        Document { text: &self.text, file: &self.file }.error(span, problem)
    }

    /// Returns a finding for a person: `file:line:column: problem`.
    pub fn line(&self, finding: &Finding) -> String {
        Document { text: &self.text, file: &self.file }.warning(&finding.span, &finding.problem)
    }
}

/// Returns the Features that an object asks for, in its order.
pub(in crate::devcontainer) fn requested(
    document: &Document<'_>,
    property: &str,
    object: &Node,
) -> Result<Vec<Requested>, ConfigError> {
    let one = |member: &crate::devcontainer::jsonc::Member| {
        let options = Options::of(&member.node).ok_or_else(|| {
            let what = "an object of options, a string, true or false";
            document.error(member.node.span.clone(), format!("`{property}.{}` is expected to be {what}", member.name))
        })?;
        Ok(Requested { id: Spanned { value: member.name.clone(), span: member.name_span.clone() }, options })
    };
    object.last_of_each().map(one).collect()
}

fn texts(node: &Node) -> Vec<Spanned<String>> {
    let Content::List(items) = &node.content else { return Vec::new() };
    let text = |item: &Node| Some(Spanned { value: item.text()?.to_owned(), span: item.span.clone() });
    items.iter().filter_map(text).collect()
}

fn fields(root: &Node) -> Map<String, Value> {
    match root.to_json() {
        Value::Object(fields) => old_properties::moved(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

fn declared(object: &Node) -> Vec<Declared> {
    let option = |member: &crate::devcontainer::jsonc::Member| {
        let value = |name: &str| member.node.get(name).map(|member| &member.node);
        let kind = match (value("type").and_then(Node::text), value("enum")) {
            (Some("boolean"), _) => OptionKind::Flag,
            (_, Some(choices)) => OptionKind::OneOf(texts(choices).into_iter().map(|choice| choice.value).collect()),
            (_, None) => OptionKind::Text,
        };
        let default = value("default").map(|default| text_of(&default.to_json()));
        Declared { name: member.name.clone(), kind, default }
    };
    object.last_of_each().map(option).collect()
}

/// Tells whether an id can name a folder, in a Dockerfile too.
fn is_folder_name(id: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !id.is_empty() && !id.starts_with(['.', '-']) && id.len() <= 200 && id.bytes().all(is_letter)
}

/// Returns what has to be there and is not, and defaults of another type than their option.
fn missing(root: &Node) -> Vec<Finding> {
    let finding = |span, problem| Finding { rule: Rule::LenientType, span, problem, hint: None };
    let required = ["id", "version", "name"].iter().filter(|name| root.get(name).is_none());
    let mut findings: Vec<Finding> =
        required.map(|name| finding(0..1, format!("a Feature needs a `{name}`"))).collect();
    let options = root.get("options").map(|options| options.node.last_of_each()).into_iter().flatten();
    for option in options.filter(|option| matches!(option.node.content, Content::Object(_))) {
        let name = &option.name;
        let is_flag = option.node.get("type").and_then(|kind| kind.node.text()) == Some("boolean");
        match option.node.get("default") {
            None => findings.push(finding(option.span(), format!("option `{name}` needs a `default`"))),
            Some(default) if matches!(default.node.content, Content::Bool(_)) != is_flag => {
                let what = if is_flag { "true or false" } else { "a string" };
                findings.push(finding(default.span(), format!("the default of `{name}` is expected to be {what}")));
            }
            Some(_) => {}
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const TOOL: &str = r#"{
  "id": "tool", "version": "1.0.0", "name": "A tool", // says so
  "options": {"version": {"type": "string", "default": "latest", "proposals": ["1"]},
    "mode": {"type": "string", "enum": ["a", "b"], "default": "a"}, "on": {"type": "boolean", "default": false}},
  "containerEnv": {"TOOL": "/opt", "PATH": "/opt/bin:${PATH}"},
  "dependsOn": {"./base": {"x": "1"}, "ghcr.io/a/b/c:1": true},
  "installsAfter": ["./other"], "legacyIds": ["toool"], "currentId": "tool",
  "postStartCommand": "x", "onCreateCommand": "y", "init": true, "entrypoint": "/e",
  "extensions": ["old.one"], "customizations": {"vscode": {"extensions": ["acme.tool"]}}}"#;

    #[test]
    fn a_feature_is_read() {
        let tool = Metadata::read(TOOL, "f.json", "folder").expect("read");
        assert_eq!(tool.findings, []);
        assert_eq!((tool.id.as_str(), tool.title(), tool.version.as_deref()), ("tool", "A tool", Some("1.0.0")));
        let option = |name: &str, kind, default: &str| Declared {
            name: name.to_owned(),
            kind,
            default: Some(default.to_owned()),
        };
        let choices = OptionKind::OneOf(vec!["a".to_owned(), "b".to_owned()]);
        let expected = [
            option("version", OptionKind::Text, "latest"),
            option("mode", choices, "a"),
            option("on", OptionKind::Flag, "false"),
        ];
        assert_eq!(tool.options, expected);
        assert_eq!(
            (tool.container_env[1].0.as_str(), tool.container_env[1].1.value.as_str()),
            ("PATH", "/opt/bin:${PATH}")
        );
        let depends: Vec<_> =
            tool.depends_on.iter().map(|one| (one.id.value.as_str(), one.options.to_json())).collect();
        assert_eq!(depends, [("./base", json!({ "x": "1" })), ("ghcr.io/a/b/c:1", json!(true))]);
        assert_eq!(&TOOL[tool.depends_on[0].id.span.clone()], "\"./base\"");
        assert_eq!(tool.installs_after[0].value, "./other");
        assert_eq!((tool.aliases().collect::<Vec<_>>(), tool.renamed()), (vec!["tool", "toool"], None));
    }

    #[test]
    fn what_acts_at_run_time_goes_into_the_metadata_in_the_references_order() {
        let picked = Metadata::read(TOOL, "f.json", "folder").expect("read").picked("./tool");
        let expected = json!({ "id": "./tool", "onCreateCommand": "y", "postStartCommand": "x", "init": true, "entrypoint": "/e",
            "customizations": { "vscode": { "extensions": ["acme.tool", "old.one"] } } });
        assert_eq!(Value::Object(picked).to_string(), expected.to_string());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, expected) in [
            (
                r#"{"id": "x", "version": "1", "naem": "y"}"#,
                "f:1:29: `naem` is no property of a Feature: did you mean `name`?",
            ),
            (r#"{"id": "x", "version": "1"}"#, "f:1:1: a Feature needs a `name`"),
            (r#"{"options": {"a": {"type": "string"}}}"#, "f:1:14: option `a` needs a `default`"),
            (
                r#"{"options": {"a": {"type": "boolean", "default": "x"}}}"#,
                "the default of `a` is expected to be true or false",
            ),
            (
                r#"{"options": {"a": {"type": "int"}}}"#,
                "f:1:28: `options.a.type` is expected to be one of boolean, string",
            ),
            (r#"{"mounts": [1]}"#, "f:1:13: `mounts` is expected to be a string or an object"),
            (r#"{"id": "x" "version": "1"}"#, "f:1:12: "),
        ] {
            let read = Metadata::read(text, "f", "x").expect(text);
            let lines: Vec<_> = read.findings.iter().map(|finding| read.line(finding)).collect();
            assert!(lines.iter().any(|line| line.contains(expected)), "{text}: {lines:#?}");
        }
    }

    #[test]
    fn what_cannot_be_installed_is_an_error() {
        for (text, expected) in [
            ("", "f:1:1: "),
            ("[]", "f:1:1: "),
            (r#"{"id": "../x"}"#, "f:1:8: `../x` is no id of a Feature"),
            (r#"{"id": ""}"#, "f:1:8: `` is no id"),
            (r#"{"id": "a b"}"#, "f:1:8: `a b` is no id"),
            (r#"{"id": "a", "containerEnv": {"A": "\u0000"}}"#, "NUL"),
            (
                r#"{"id": "a", "dependsOn": {"./b": null}}"#,
                "f:1:34: `dependsOn../b` is expected to be an object of options",
            ),
        ] {
            let error = Metadata::read(text, "f", "x").expect_err(text).to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
        assert_eq!(Metadata::read("{}", "f", "folder").expect("read").id, "folder");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(\\{|\\}|\\[|\\]|:|,|\"(id|options|type|default|enum|dependsOn|x)\"|1|true|null){0,16}") {
            let _either = Metadata::read(&text, "f", "x");
        }
    }
}
