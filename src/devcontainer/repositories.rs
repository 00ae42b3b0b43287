//! `customizations.codespaces.repositories`: which other repositories a configuration wants to reach, and how. What is written wrongly there the table
//! of properties tells; it is not asked for.

use std::ops::Range;

use super::jsonc::{Content, Member, Node};
use crate::permissions::{Access, Key, Level, Permissions, Repositories};

/// What a configuration asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Asked(Vec<Entry>);

/// One of its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name_span: Range<usize>,
    pub(super) of: Repositories,
    /// What is wanted there; nothing where that is nothing that Codespaces gives.
    pub(super) access: Option<Access>,
}

impl Asked {
    /// Reads it in a configuration.
    pub(super) fn of(root: &Node) -> Self {
        let codespaces = root.get("customizations").and_then(|one| one.node.get("codespaces"));
        let repositories = codespaces.and_then(|one| one.node.get("repositories"));
        let members = repositories.into_iter().flat_map(|one| one.node.last_of_each());
        let entry = |member: &Member| {
            let (of, name_span) = (member.name.parse().ok()?, member.name_span.clone());
            Some(Entry { name_span, of, access: access(&member.node) })
        };
        Self(members.filter_map(entry).collect())
    }

    /// Returns each, in the order of the file.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// Returns what is asked for, without its places.
    pub(super) fn permissions(&self) -> Permissions {
        self.0.iter().filter_map(|entry| Some((entry.of.clone(), entry.access.clone()?))).collect()
    }
}

fn access(node: &Node) -> Option<Access> {
    let node = &node.get("permissions")?.node;
    if let Content::Text(text) = &node.content {
        return Level::ALL.into_iter().find(|level| level.name_of_all() == text).map(Access::All);
    }
    let key = |member: &Member| {
        let key = Key::of_name(&member.name)?;
        let level = Level::ALL.into_iter().find(|level| Some(level.name()) == member.node.text())?;
        key.is_given(level).then_some((key, level))
    };
    let given: std::collections::BTreeMap<_, _> = node.last_of_each().filter_map(key).collect();
    (!given.is_empty()).then_some(Access::Each(given))
}

#[cfg(test)]
mod tests {
    use crate::devcontainer::DevContainer;
    use crate::permissions::{Key, Level};

    /// Returns what is asked for, and what is said about how that is written.
    fn asked(names: &str) -> (String, Vec<String>) {
        let text =
            format!("{{\"image\": \"x\", \"customizations\": {{\"codespaces\": {{\"repositories\": {{{names}}}}}}}}}");
        let config = DevContainer::parse(&text, "d.json").expect("a configuration");
        (config.repositories.to_string(), config.warnings)
    }

    #[test]
    fn what_is_asked_for_is_read() {
        for (names, expected) in [
            ("", ""),
            (r#""a/b": {}"#, ""),
            (r#""a/b": {"permissions": {}}"#, ""),
            (r#""a/b": {"permissions": "read-all"}"#, "a/b: read-all"),
            (r#""a/*": {"permissions": "write-all"}"#, "a/*: write-all"),
            (r#""a/b": {"permissions": {"packages": "read", "issues": "write"}}"#, "a/b: issues write, packages read"),
        ] {
            assert_eq!(asked(names), (expected.to_owned(), Vec::new()), "{names}");
        }
        let twice = r#""a/b": {"permissions": "read-all"}, "a/b": {"permissions": {"pages": "read"}}"#;
        assert_eq!(asked(twice).0, "a/b: pages read");
    }

    #[test]
    fn what_nobody_is_given_is_left_out_and_said_with_its_place() {
        for (names, expected, words) in [
            (
                r#""a/b": {"permissions": {"packages": "write", "pages": "read"}}"#,
                "a/b: pages read",
                "to be one of read",
            ),
            (r#""a/b": {"permissions": {"package": "read"}}"#, "", "did you mean `packages`?"),
            (r#""a/b": {"permissions": {"packages": "admin"}}"#, "", "packages` is expected to be"),
            (r#""a/b": {"permissions": {"packages": null}}"#, "", "packages` is expected to be"),
            (r#""a/b": {"permissions": "all"}"#, "", "\"read-all\", \"write-all\" or an object"),
            (r#""a/b": {"permissions": ["packages"]}"#, "", "\"read-all\", \"write-all\" or an object"),
            (r#""a": {"permissions": "read-all"}"#, "", "a repository is OWNER/NAME"),
            (r#""*/*": {"permissions": "read-all"}"#, "", "a repository is OWNER/NAME"),
        ] {
            let (permissions, said) = asked(names);
            assert_eq!(permissions, expected, "{names}");
            assert!(said.len() == 1 && said[0].starts_with("d.json:1:") && said[0].contains(words), "{said:?}");
        }
    }

    /// The table of properties and the words of permissions know the same.
    #[test]
    fn what_is_taken_is_what_is_not_said_to_be_wrong() {
        for (key, level) in Key::ALL.into_iter().flat_map(|key| Level::ALL.map(|level| (key, level))) {
            let (permissions, said) =
                asked(&format!(r#""a/b": {{"permissions": {{"{}": "{}"}}}}"#, key.name(), level.name()));
            assert_eq!(
                (permissions.is_empty(), said.is_empty()),
                (!key.is_given(level), key.is_given(level)),
                "{said:?}"
            );
        }
    }
}
