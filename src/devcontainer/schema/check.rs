//! A configuration held against the table: what it has that Codespaces and the reference drop, change or take in silence.

use std::ops::Range;

use super::Kinds;
use super::feature::FEATURE;
use super::shape::{Names, Shape, is_host_and_port};
use super::table::{Fate, PROPERTIES, property};
use crate::devcontainer::finding::{Finding, Rule};
use crate::devcontainer::jsonc::{Content, Member, Node};
use crate::nearest::nearest;

/// Returns what is to be said about a configuration of one kind, in the order of the file.
pub(in crate::devcontainer) fn check(root: &Node, kind: Kinds) -> Vec<Finding> {
    let mut checker = Checker { kind, unknown: 0, findings: Vec::new() };
    checker.everywhere(root, &mut Vec::new());
    for member in root.last_of_each() {
        checker.property(member);
    }
    checker.findings.sort_by_key(|finding| finding.span.start);
    checker.findings
}

/// Returns what is to be said about a devcontainer-feature.json, in the order of the file.
pub(in crate::devcontainer) fn check_feature(root: &Node) -> Vec<Finding> {
    let mut checker = Checker { kind: Kinds::All, unknown: 0, findings: Vec::new() };
    checker.everywhere(root, &mut Vec::new());
    checker.record(root, (Names::Closed, FEATURE), "", Rule::Type);
    checker.findings.retain(|finding| !finding.rule.is_ours());
    checker.findings.sort_by_key(|finding| finding.span.start);
    checker.findings
}

/// For how many unknown names the nearest one is looked for.
const GUESSES: usize = 100;

struct Checker {
    kind: Kinds,
    unknown: usize,
    findings: Vec<Finding>,
}

impl Checker {
    fn say(&mut self, rule: Rule, span: Range<usize>, problem: String) {
        self.findings.push(Finding { rule, span, problem, hint: None });
    }

    /// Looks for what is wrong wherever it stands: names that are there twice, and a NUL, which nothing that a codespace is made of can hold.
    fn everywhere<'a>(&mut self, node: &'a Node, path: &mut Vec<&'a str>) {
        match &node.content {
            Content::Object(_) => {
                for (member, counts) in node.counting() {
                    path.push(&member.name);
                    self.member(member, counts, path);
                    self.everywhere(&member.node, path);
                    path.pop();
                }
            }
            Content::List(items) => items.iter().for_each(|item| self.everywhere(item, path)),
            Content::Text(text) if text.contains('\0') => self.nul(node.span.clone()),
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) => {}
        }
    }

    fn member(&mut self, member: &Member, counts: bool, path: &[&str]) {
        if member.name.contains('\0') {
            self.nul(member.name_span.clone());
        }
        if !counts {
            let problem = format!("`{}` is set again below: the last one counts", path.join("."));
            self.say(Rule::Duplicate, member.span(), problem);
        }
    }

    fn nul(&mut self, span: Range<usize>) {
        self.say(Rule::Nul, span, "this holds a NUL character, which no command, variable or name can".to_owned());
    }

    /// Looks at a property of the configuration itself.
    fn property(&mut self, member: &Member) {
        let name = member.name.as_str();
        let Some(known) = property(name) else {
            self.unknown += 1;
            let fits = PROPERTIES.iter().filter(|known| self.has(known.kinds)).map(|known| known.name);
            let meant = if self.unknown <= GUESSES { nearest(name, fits) } else { None };
            let hint = meant.map_or(String::new(), |meant| format!(": did you mean `{meant}`?"));
            self.say(Rule::Unknown, member.span(), format!("`{name}` is no property of a dev container{hint}"));
            return;
        };
        if member.node.content == Content::Null {
            self.say(Rule::Null, member.span(), format!("`{name}`: null is no value for it, and counts as absent"));
            return;
        }
        if !self.has(known.kinds) {
            let (of, with) = (known.kinds.words(), self.kind.words());
            self.say(
                Rule::OtherKind,
                member.span(),
                format!("`{name}` has no effect here: it belongs to {of}, and this container is made from {with}"),
            );
        }
        match known.fate {
            Fate::Idle(why) if !is_empty(&member.node) => {
                self.say(Rule::Idle, member.span(), format!("`{name}`: {why}"));
            }
            Fate::Fine | Fate::Idle(_) => {}
        }
        self.other_hosts(member);
        let rule = if name == "workspaceFolder" { Rule::Folder } else { Rule::Type };
        self.value(&member.node, &known.shape, name, rule);
        let other_action = match self.kind {
            Kinds::Compose => "stopContainer",
            Kinds::All | Kinds::One | Kinds::Image | Kinds::Dockerfile => "stopCompose",
        };
        if name == "shutdownAction" && member.node.text() == Some(other_action) {
            let with = self.kind.words();
            self.say(
                Rule::OtherKind,
                member.node.span.clone(),
                format!("`{other_action}` has no effect on a container that is made from {with}"),
            );
        }
    }

    /// Looks for ports of other hosts, which only an editor outside Codespaces forwards (specification, supporting-tools.md).
    fn other_hosts(&mut self, member: &Member) {
        let is_other = |text: &str| is_host_and_port(text) && !text.starts_with("localhost:");
        let spans: Vec<(String, Range<usize>)> = match (member.name.as_str(), &member.node.content) {
            ("forwardPorts", Content::List(items)) => {
                items.iter().filter_map(|item| Some((item.text()?.to_owned(), item.span.clone()))).collect()
            }
            ("portsAttributes", Content::Object(members)) => {
                members.iter().map(|one| (one.name.clone(), one.name_span.clone())).collect()
            }
            _ => return,
        };
        for (port, span) in spans.into_iter().filter(|(port, _)| is_other(port)) {
            let problem =
                format!("`{}`: {port} is not forwarded: Codespaces reaches ports of the container alone", member.name);
            self.say(Rule::HostPort, span, problem);
        }
    }

    fn has(&self, kinds: Kinds) -> bool {
        match kinds {
            Kinds::All => true,
            Kinds::One => self.kind != Kinds::Compose,
            Kinds::Image | Kinds::Dockerfile | Kinds::Compose => kinds == self.kind,
        }
    }

    /// Holds a value against its type; `rule` says how much weight a wrong one has.
    fn value(&mut self, node: &Node, shape: &Shape, path: &str, rule: Rule) {
        match (shape, &node.content) {
            (Shape::Any, _) => {}
            (Shape::Lenient(inner), _) => self.value(node, inner, path, Rule::LenientType),
            (Shape::Either(shapes, words), content) => match shapes.iter().find(|shape| accepts(shape, content)) {
                Some(shape) if fits(shape, content) => self.value(node, shape, path, rule),
                Some(_) | None => self.expected(node, path, words, rule),
            },
            (Shape::List(inner), Content::List(items)) => {
                for item in items {
                    self.value(item, inner, path, rule);
                }
            }
            (Shape::Map(names, inner), Content::Object(_)) => {
                for member in node.last_of_each() {
                    if let Some(form) = names.as_ref().filter(|form| !(form.fits)(&member.name)) {
                        self.say(rule, member.name_span.clone(), format!("`{path}`: {}", form.words));
                    }
                    self.value(&member.node, inner, &format!("{path}.{}", member.name), rule);
                }
            }
            (Shape::Record(names, fields), Content::Object(_)) => self.record(node, (*names, fields), path, rule),
            (shape, content) if accepts(shape, content) && fits(shape, content) => {}
            (shape, _) => self.expected(node, path, &shape.words(), rule),
        }
    }

    fn record(&mut self, node: &Node, (names, fields): (Names, &[(&str, Shape)]), path: &str, rule: Rule) {
        for member in node.last_of_each() {
            let name = member.name.as_str();
            let inside = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            if let Some((_, shape)) = fields.iter().find(|(field, _)| *field == name) {
                self.value(&member.node, shape, &inside, rule);
            } else if names == Names::Closed {
                self.unknown += 1;
                let fits = fields.iter().map(|(field, _)| *field);
                let meant = if self.unknown <= GUESSES { nearest(name, fits) } else { None };
                let hint = meant.map_or(String::new(), |meant| format!(": did you mean `{meant}`?"));
                let of = if path.is_empty() { "a Feature".to_owned() } else { format!("`{path}`") };
                self.say(Rule::Unknown, member.span(), format!("`{inside}` is no property of {of}{hint}"));
            }
        }
    }

    fn expected(&mut self, node: &Node, path: &str, words: &str, rule: Rule) {
        self.say(rule, node.span.clone(), format!("`{path}` is expected to be {words}"));
    }
}

/// Tells whether a value is of the type, its form aside.
fn accepts(shape: &Shape, content: &Content) -> bool {
    match shape {
        Shape::Any => true,
        Shape::Text | Shape::Form(..) | Shape::OneOf(_) => matches!(content, Content::Text(_)),
        Shape::Bool => matches!(content, Content::Bool(_)),
        Shape::Null => *content == Content::Null,
        Shape::Whole(..) => matches!(content, Content::Number(_)),
        Shape::List(_) => matches!(content, Content::List(_)),
        Shape::Map(..) | Shape::Record(..) => matches!(content, Content::Object(_)),
        Shape::Either(shapes, _) => shapes.iter().any(|shape| accepts(shape, content)),
        Shape::Lenient(shape) => accepts(shape, content),
    }
}

/// Tells whether a value of the type has the right form.
fn fits(shape: &Shape, content: &Content) -> bool {
    match (shape, content) {
        (Shape::Form(form), Content::Text(text)) => text.contains("${") || (form.fits)(text),
        (Shape::OneOf(words), Content::Text(text)) => words.contains(&text.as_str()),
        (Shape::Whole(least, most), Content::Number(number)) => {
            number.fract() == 0.0 && (f64::from(*least)..=f64::from(*most)).contains(number)
        }
        _ => true,
    }
}

/// Tells whether a value says nothing: a property that has it is as good as absent.
fn is_empty(node: &Node) -> bool {
    match &node.content {
        Content::Null => true,
        Content::Object(members) => members.is_empty(),
        Content::List(items) => items.is_empty(),
        Content::Bool(_) | Content::Number(_) | Content::Text(_) => false,
    }
}
