//! Typed values out of a configuration's objects, each fault with its place.

use super::app_port::AppPort;
use super::command::{LifecycleCommand, SingleCommand};
use super::document::{ConfigError, Document, Spanned};
use super::jsonc::{Content, Member, Node};
use super::mount::Mount;

/// Reads typed values out of one object.
pub(super) struct Reader<'a> {
    pub(super) document: &'a Document<'a>,
    pub(super) object: &'a Node,
}

impl<'a> Reader<'a> {
    /// Returns a property's value; `null` counts as absent. Of two with one name, the last counts.
    pub(super) fn get(&self, name: &str) -> Option<&'a Node> {
        self.object.get(name).map(|member| &member.node).filter(|node| node.content != Content::Null)
    }

    fn expected(&self, value: &Node, name: &str, what: &str) -> ConfigError {
        self.document.error(value.span.clone(), format!("`{name}` is expected to be {what}"))
    }

    /// Returns a string.
    pub(super) fn string(&self, name: &str) -> Result<Option<Spanned<String>>, ConfigError> {
        let Some(node) = self.get(name) else { return Ok(None) };
        let text = node.text().ok_or_else(|| self.expected(node, name, "a string"))?;
        Ok(Some(Spanned { value: text.to_owned(), span: node.span.clone() }))
    }

    /// Returns true or false.
    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, ConfigError> {
        let Some(node) = self.get(name) else { return Ok(None) };
        if let Content::Bool(value) = node.content {
            Ok(Some(value))
        } else {
            Err(self.expected(node, name, "true or false"))
        }
    }

    /// Returns what one of several words stands for.
    pub(super) fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<Option<T>, ConfigError> {
        let Some(text) = self.string(name)? else { return Ok(None) };
        if let Some((_, value)) = choices.iter().find(|(choice, _)| *choice == text.value) {
            Ok(Some(*value))
        } else {
            let known: Vec<_> = choices.iter().map(|(choice, _)| *choice).collect();
            Err(self.document.error(text.span, format!("`{name}` is expected to be one of {}", known.join(", "))))
        }
    }

    /// Returns a list of strings.
    pub(super) fn list(&self, name: &str) -> Result<Vec<Spanned<String>>, ConfigError> {
        let Some(node) = self.get(name) else { return Ok(Vec::new()) };
        let Content::List(items) = &node.content else { return Err(self.expected(node, name, "a list of strings")) };
        let item = |item: &Node| match item.text() {
            Some(text) => Ok(Spanned { value: text.to_owned(), span: item.span.clone() }),
            None => Err(self.expected(item, name, "a list of strings")),
        };
        items.iter().map(item).collect()
    }

    /// Returns a list of strings, or the one string that stands for it.
    pub(super) fn strings(&self, name: &str) -> Result<Vec<Spanned<String>>, ConfigError> {
        match self.get(name) {
            Some(node) if matches!(node.content, Content::Text(_)) => Ok(self.string(name)?.into_iter().collect()),
            Some(_) | None => self.list(name),
        }
    }

    /// Returns ports, of which each is a number or a string: a list of them, or one. What is neither is left out: the check tells of it.
    pub(super) fn ports(&self, name: &str) -> Vec<AppPort> {
        let port = |node: &Node| {
            let span = node.span.clone();
            match &node.content {
                Content::Number(_) => Some(AppPort { value: node.to_json().to_string(), is_number: true, span }),
                Content::Text(text) => Some(AppPort { value: text.clone(), is_number: false, span }),
                Content::Null | Content::Bool(_) | Content::List(_) | Content::Object(_) => None,
            }
        };
        match self.get(name) {
            Some(Node { content: Content::List(items), .. }) => items.iter().filter_map(port).collect(),
            Some(node) => port(node).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// Returns variables by name; `null` unsets one. Of two with one name, the last counts.
    pub(super) fn environment(&self, name: &str) -> Result<Vec<(String, Option<String>)>, ConfigError> {
        let Some(object) = self.get(name) else { return Ok(Vec::new()) };
        if !matches!(object.content, Content::Object(_)) {
            return Err(self.expected(object, name, "an object of strings"));
        }
        let entry = |member: &Member| {
            let key = member.name.clone();
            if key.is_empty() || key.contains(['=', '\0']) {
                let problem = format!("`{name}`: a variable's name is not empty and holds no `=`");
                return Err(self.document.error(member.name_span.clone(), problem));
            }
            if member.node.content == Content::Null {
                return Ok((key, None));
            }
            match member.node.text() {
                Some(text) => Ok((key, Some(text.to_owned()))),
                None => Err(self.expected(&member.node, &format!("{name}.{key}"), "a string")),
            }
        };
        object.last_of_each().map(entry).collect()
    }

    /// Returns a lifecycle command; an empty one is none.
    pub(super) fn command(&self, name: &str) -> Result<Option<LifecycleCommand>, ConfigError> {
        self.get(name).map_or(Ok(None), |node| self.command_of(node, name))
    }

    /// Returns the lifecycle command that a value is; an empty one is none.
    pub(super) fn command_of(&self, node: &Node, name: &str) -> Result<Option<LifecycleCommand>, ConfigError> {
        if !matches!(node.content, Content::Object(_)) {
            return Ok(self.single(node, name)?.map(LifecycleCommand::Single));
        }
        let mut entries = Vec::new();
        for member in node.last_of_each() {
            let label = &member.name;
            if let Some(command) = self.single(&member.node, &format!("{name}.{label}"))? {
                entries.push((label.clone(), command));
            }
        }
        Ok((!entries.is_empty()).then_some(LifecycleCommand::Parallel(entries)))
    }

    fn single(&self, node: &Node, name: &str) -> Result<Option<SingleCommand>, ConfigError> {
        let what = "a string, a list of strings or an object of them";
        match &node.content {
            Content::Text(text) if text.trim().is_empty() => Ok(None),
            Content::Text(text) => Ok(Some(SingleCommand::Shell(text.clone()))),
            Content::List(items) => {
                let word = |item: &Node| item.text().map(str::to_owned).ok_or_else(|| self.expected(item, name, what));
                let words = items.iter().map(word).collect::<Result<Vec<_>, _>>()?;
                Ok((!words.is_empty()).then_some(SingleCommand::Exec(words)))
            }
            Content::Null => Ok(None),
            Content::Bool(_) | Content::Number(_) | Content::Object(_) => Err(self.expected(node, name, what)),
        }
    }

    /// Returns the mounts.
    pub(super) fn mounts(&self) -> Result<Vec<Mount>, ConfigError> {
        let Some(node) = self.get("mounts") else { return Ok(Vec::new()) };
        let Content::List(items) = &node.content else { return Err(self.expected(node, "mounts", "a list")) };
        items.iter().map(|item| self.mount(item)).collect()
    }

    fn mount(&self, item: &Node) -> Result<Mount, ConfigError> {
        let read = match &item.content {
            Content::Text(text) => Mount::parse(text),
            Content::Object(members) => {
                let field = |member: &Member| match &member.node.content {
                    Content::Text(text) => Some((member.name.clone(), text.clone())),
                    Content::Bool(value) => Some((member.name.clone(), value.to_string())),
                    Content::Null | Content::Number(_) | Content::List(_) | Content::Object(_) => None,
                };
                Mount::of_fields(&members.iter().filter_map(field).collect::<Vec<_>>())
            }
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::List(_) => {
                return Err(self.expected(item, "mounts", "a list of strings or objects"));
            }
        };
        read.map_err(|problem| self.document.error(item.span.clone(), problem))
    }
}
