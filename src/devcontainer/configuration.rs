//! A configuration as its file says it, of any kind: nothing merged, no variable replaced.

use std::ops::Range;

use super::document::{ConfigError, Document, Spanned};
use super::finding::{Finding, Rule, Severity};
use super::jsonc::{Content, Member, Node};
use super::old_properties;
use super::recommended::{RecommendedSecret, recommended};
use super::schema::{self, Kinds};
use super::variables;

/// What Codespaces takes where a repository says nothing.
pub const DEFAULT_IMAGE: &str = "mcr.microsoft.com/devcontainers/universal:linux";

/// What a container is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// An image.
    Image(Spanned<String>),
    /// A Dockerfile, at this path beside the configuration.
    Dockerfile(Spanned<String>),
    /// A service of Docker Compose.
    Compose {
        /// The files, beside the configuration; none for Compose's own choice.
        files: Vec<Spanned<String>>,
        /// The service.
        service: Option<Spanned<String>>,
    },
    /// Nothing is said: Codespaces' default image.
    Default,
}

/// How many findings are told.
const MOST: usize = 100;

/// A configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    /// The file, for what is said about it; empty where there is none.
    pub file: String,
    /// Its text.
    pub text: String,
    /// What the container is made from.
    pub kind: Kind,
    /// What is to be said about it, in the order of the file.
    pub findings: Vec<Finding>,
    pub(super) root: Node,
}

impl Configuration {
    /// Reads a configuration's text. An error is what is no configuration, or what the reference would drop in silence.
    pub fn read(text: &str, file: &str) -> Result<Self, ConfigError> {
        let text = text.trim_start_matches('\u{feff}');
        let (root, faults) = Document { text, file }.object()?;
        let kind = kind(&root);
        let syntax = |fault: super::jsonc::Fault| Finding {
            rule: Rule::Syntax,
            span: fault.span,
            problem: fault.problem,
            hint: None,
        };
        let mut findings: Vec<_> = faults.into_iter().map(syntax).collect();
        findings.extend(schema::check(&root, kind.as_set(&root)));
        findings.extend(conflicts(&root, &kind));
        findings.extend(variables::check(&root));
        findings.sort_by_key(|finding| finding.span.start);
        Ok(Self { file: file.to_owned(), text: text.to_owned(), kind, findings, root })
    }

    /// Returns the configuration of a repository that has none.
    pub fn none() -> Self {
        let root = Node { span: 0..0, content: Content::Object(Vec::new()) };
        Self { file: String::new(), text: String::new(), kind: Kind::Default, findings: Vec::new(), root }
    }

    /// Returns an error about a place in this configuration.
    pub fn error(&self, span: Range<usize>, problem: impl Into<String>, hint: Option<String>) -> ConfigError {
        ConfigError { hint, ..self.document().error(span, problem) }
    }

    /// Returns a finding for a person: `file:line:column: problem`.
    pub fn line(&self, finding: &Finding) -> String {
        self.document().warning(&finding.span, &finding.problem)
    }

    /// Returns what findings say, as lines for a person; of very many, the first.
    pub fn lines(&self, counts: impl Fn(&Finding) -> bool) -> Vec<String> {
        let mut counting = self.findings.iter().filter(|finding| counts(finding));
        let mut lines: Vec<String> = counting.by_ref().take(MOST).map(|finding| self.line(finding)).collect();
        let more = counting.count();
        if more > 0 {
            lines.push(format!("{}: {more} more of the kind", self.file));
        }
        lines
    }

    /// Returns the first finding that the configuration cannot be used with, as an error.
    pub fn fault(&self, counts: impl Fn(Rule) -> bool) -> Result<(), ConfigError> {
        let worst = self.findings.iter().find(|one| one.rule.severity() == Severity::Error && counts(one.rule));
        worst.map_or(Ok(()), |one| Err(self.error(one.span.clone(), one.problem.clone(), one.hint.clone())))
    }

    /// Returns the image that is named, or the default one; nothing for a Dockerfile and for Compose.
    pub fn image(&self) -> Option<Spanned<String>> {
        match &self.kind {
            Kind::Image(image) => Some(image.clone()),
            Kind::Default => Some(Spanned { value: DEFAULT_IMAGE.to_owned(), span: 0..1 }),
            Kind::Dockerfile(_) | Kind::Compose { .. } => None,
        }
    }

    /// Returns the object as JSON, older properties moved to where they stand today.
    pub fn to_json(&self) -> serde_json::Map<String, serde_json::Value> {
        if let serde_json::Value::Object(fields) = self.root.to_json() {
            old_properties::moved(fields)
        } else {
            serde_json::Map::new()
        }
    }

    /// Returns the secrets that it recommends.
    pub fn recommended(&self) -> Vec<RecommendedSecret> {
        recommended(&self.root)
    }

    /// Returns the line and column of a name, reached by the names around it; both counted from 1.
    pub fn place_of(&self, path: &[&str]) -> Option<(usize, usize)> {
        let mut node = &self.root;
        let mut found = None;
        for name in path {
            let member = node.get(name)?;
            (node, found) = (&member.node, Some(self.place(member.name_span.start)));
        }
        found
    }

    /// Returns the place of a name and its value, reached by the names around it.
    pub fn span_at(&self, path: &[&str]) -> Option<Range<usize>> {
        let (mut node, mut found) = (&self.root, None);
        for name in path {
            let member = node.get(name)?;
            (node, found) = (&member.node, Some(member.span()));
        }
        found
    }

    /// Returns the place of a property, name and value.
    pub fn span_of(&self, property: &str) -> Option<Range<usize>> {
        self.root.get(property).map(Member::span)
    }

    /// Returns the line and column of a byte, both counted from 1.
    pub fn place(&self, at: usize) -> (usize, usize) {
        super::document::place(&self.text, at)
    }

    pub(super) fn document(&self) -> Document<'_> {
        Document { text: &self.text, file: &self.file }
    }
}

impl Kind {
    /// Returns its name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Image(_) => "image",
            Self::Dockerfile(_) => "Dockerfile",
            Self::Compose { .. } => "compose",
            Self::Default => "default",
        }
    }

    /// Returns which properties it can have. A `build` that names no Dockerfile was meant to.
    fn as_set(&self, root: &Node) -> Kinds {
        match self {
            Self::Dockerfile(_) => Kinds::Dockerfile,
            Self::Compose { .. } => Kinds::Compose,
            Self::Default if present(root, "build").is_some() => Kinds::Dockerfile,
            Self::Image(_) | Self::Default => Kinds::Image,
        }
    }
}

/// Returns a property that says something.
fn present<'a>(root: &'a Node, name: &str) -> Option<&'a Member> {
    root.get(name).filter(|member| member.node.content != Content::Null)
}

fn spanned(node: &Node) -> Spanned<String> {
    Spanned { value: node.text().unwrap_or_default().to_owned(), span: node.span.clone() }
}

fn dockerfile(root: &Node) -> Option<&Member> {
    present(root, "dockerFile").or_else(|| present(&root.get("build")?.node, "dockerfile"))
}

/// Reference CLI: a Dockerfile beats an image, an image beats Compose.
fn kind(root: &Node) -> Kind {
    if let Some(member) = dockerfile(root) {
        return Kind::Dockerfile(spanned(&member.node));
    }
    if let Some(member) = present(root, "image") {
        return Kind::Image(spanned(&member.node));
    }
    let Some(member) = present(root, "dockerComposeFile") else { return Kind::Default };
    let files = match &member.node.content {
        Content::List(items) => items.iter().map(spanned).collect(),
        Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) | Content::Object(_) => {
            vec![spanned(&member.node)]
        }
    };
    Kind::Compose { files, service: present(root, "service").map(|member| spanned(&member.node)) }
}

/// Returns what cannot be together, and what is missing beside what is there.
fn conflicts(root: &Node, kind: &Kind) -> Vec<Finding> {
    let finding = |rule, span, problem: &str| Finding { rule, span, problem: problem.to_owned(), hint: None };
    let mut findings = Vec::new();
    let (image, compose) = (present(root, "image"), present(root, "dockerComposeFile"));
    if let (Some(other), Some(compose)) = (dockerfile(root).or(image), compose) {
        // Reference CLI: merges and builds it as Compose, and runs it as the other one.
        let problem =
            format!("`dockerComposeFile` and `{}` cannot both be: a container is made from one of them", other.name);
        findings.push(finding(Rule::Conflict, other.span(), &problem));
        findings.push(finding(Rule::Conflict, compose.span(), &problem));
    }
    if let (Kind::Compose { service: None, .. }, Some(compose)) = (kind, compose) {
        findings.push(finding(
            Rule::Missing,
            compose.span(),
            "`dockerComposeFile` needs a `service`: the one that is opened",
        ));
    }
    if let (Kind::Default, Some(build)) = (kind, present(root, "build")) {
        findings.push(finding(Rule::Missing, build.span(), "`build` needs a `dockerfile`"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(properties: &str, expected: &[&str]) {
        let text = format!("{{\"image\": \"x\",\n{properties}}}");
        let lines = lines(&text);
        let fits =
            lines.len() == expected.len() && lines.iter().zip(expected).all(|(line, said)| line.starts_with(said));
        assert!(fits, "{properties}: {lines:#?}");
    }

    fn lines(text: &str) -> Vec<String> {
        let read = Configuration::read(text, "f").unwrap_or_else(|error| panic!("{error}"));
        read.findings.iter().map(|finding| read.line(finding)).collect()
    }

    #[test]
    fn a_container_is_made_from_one_thing() {
        let kind = |text: &str| Configuration::read(text, "f").expect(text).kind.name();
        for (text, expected) in [
            (r#"{"image": "x"}"#, "image"),
            (r#"{"dockerFile": "x"}"#, "Dockerfile"),
            (r#"{"build": {"dockerfile": "x"}, "image": "x"}"#, "Dockerfile"),
            (r#"{"dockerComposeFile": ["x", "y"], "service": "s"}"#, "compose"),
            (r#"{"dockerComposeFile": [], "service": "s"}"#, "compose"),
            (r#"{"image": null}"#, "default"),
            ("{}", "default"),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
        assert_eq!(Configuration::none().image().expect("one").value, DEFAULT_IMAGE);
    }

    #[test]
    fn what_cannot_be_together_is_told_at_both_places() {
        let both = lines("{\"image\": \"x\",\n\"dockerComposeFile\": \"c\",\n\"service\": \"s\"}");
        let both: Vec<_> =
            both.iter().filter(|line| line.contains("cannot both be")).map(|line| line.get(..4)).collect();
        assert_eq!(both, [Some("f:1:"), Some("f:2:")]);
        check(r#""build": {"dockerfile": "d"}"#, &["f:1:2: `image` has no effect here"]);
        assert!(
            lines(r#"{"build": {"target": "x"}}"#).iter().any(|line| line.contains("`build` needs a `dockerfile`"))
        );
        assert!(lines(r#"{"dockerComposeFile": "x"}"#).iter().any(|line| line.contains("needs a `service`")));
    }

    #[test]
    fn a_property_of_another_kind_is_told_and_not_offered_for_a_misspelt_one() {
        check(
            r#""service": "s""#,
            &["f:2:1: `service` has no effect here: it belongs to Compose, and this container is made from image"],
        );
        check(r#""shutdownAction": "stopCompose""#, &["f:2:19: `stopCompose` has no effect"]);
        let compose = lines("{\"dockerComposeFile\": \"c\", \"service\": \"s\",\n\"runArg\": [],\n\"runServics\": []}");
        assert!(compose.iter().any(|line| line == "f:2:1: `runArg` is no property of a dev container"), "{compose:?}");
        assert!(compose.iter().any(|line| line.ends_with("did you mean `runServices`?")), "{compose:?}");
    }

    #[test]
    fn values_have_their_types() {
        for (properties, expected) in [
            (r#""forwardPorts": [3000, "db:5432", "localhost:1"]"#, "f:2:24: `forwardPorts`: db:5432 is not forwarded"),
            (r#""portsAttributes": {"db:5432": {}, "80": {}}"#, "f:2:21: `portsAttributes`: db:5432 is not forwarded"),
            (r#""runArgs": "x""#, "f:2:12: `runArgs` is expected to be a list of strings"),
            (r#""runArgs": ["x", 1]"#, "f:2:18: `runArgs` is expected to be a string"),
            (r#""waitFor": "never""#, "f:2:12: `waitFor` is expected to be one of initializeCommand"),
            (
                r#""onCreateCommand": {"a": {"b": "c"}}"#,
                "f:2:26: `onCreateCommand.a` is expected to be a string or a list",
            ),
            (r#""containerEnv": {"A": null}"#, "f:2:23: `containerEnv.A` is expected to be a string"),
            (r#""remoteEnv": {"A": 1}"#, "f:2:20: `remoteEnv.A` is expected to be a string or null"),
            (
                r#""mounts": [{"target": "/x", "tpye": "bind"}]"#,
                "f:2:29: `mounts.tpye` is no property of `mounts`: did you mean `type`?",
            ),
            (
                r#""portsAttributes": {"3000": {"onAutoForward": "never"}}"#,
                "f:2:47: `portsAttributes.3000.onAutoForward`",
            ),
            (r#""otherPortsAttributes": {"lable": "x"}"#, "f:2:26: `otherPortsAttributes.lable` is no property of"),
            (
                r#""customizations": {"vscode": {"extensions": ["x"]}}"#,
                "f:2:46: `customizations.vscode.extensions` is expected to be publisher.name",
            ),
            (r#""updateRemoteUserUID": null"#, "f:2:1: `updateRemoteUserUID`: null is no value"),
            (r#""remotUser": "x""#, "f:2:1: `remotUser` is no property of a dev container: did you mean `remoteUser`?"),
            (r#""frobnicate": 1"#, "f:2:1: `frobnicate` is no property of a dev container"),
            (r#""onCreateCommand": "a\u0000b""#, "f:2:20: this holds a NUL"),
            (r#""remoteEnv": {"A\u0000": "x"}"#, "f:2:15: this holds a NUL"),
        ] {
            let found = lines(&format!("{{\"image\": \"x\",\n{properties}}}"));
            assert!(found.first().is_some_and(|line| line.starts_with(expected)), "{properties}: {found:#?}");
        }
        let text = |value: &str| {
            format!("{{\"image\": \"x\", \"hostRequirements\": {{\"cpus\": 2, \"memory\": \"{value}\"}}}}")
        };
        for (value, right) in
            [("8gb", true), ("8", true), ("4GB", false), ("4 gb", false), ("gb", false), ("4b", false), ("", false)]
        {
            let told = lines(&text(value)).iter().any(|line| line.contains("a size such as"));
            assert_eq!(!told, right, "{value}");
        }
    }

    #[test]
    fn a_name_that_is_there_twice_is_told_wherever_it_is() {
        check(r#""init": true, "init": false"#, &["f:2:1: `init` is set again below: the last one counts"]);
        check(
            r#""onCreateCommand": {"a": "x", "b": "y", "a": "z"}"#,
            &["f:2:21: `onCreateCommand.a` is set again below"],
        );
        check(r#""mounts": [{"target": "/a", "target": "/b"}]"#, &["f:2:13: `mounts.target` is set again below"]);
    }

    #[test]
    fn what_does_not_act_in_this_version_is_told() {
        check(r#""entrypoint": "/x""#, &["f:2:1: `entrypoint`: it acts in Features only"]);
    }

    #[test]
    fn what_matters_to_nobody_is_not_told() {
        for properties in [
            r#""customizations": {"vscode": {"extensions": ["a.b"], "settings": {"x": 1}}, "codespaces": {"openFiles": ["a"], "repositories": {"a/b": {"permissions": "read-all"}}}}"#,
            r#""portsAttributes": {"3000": {"label": "x"}}, "otherPortsAttributes": {"onAutoForward": "ignore"}"#,
            r#""secrets": {"A": {}, "B": {"description": "x", "documentationUrl": "https://x.example"}}"#,
            r#""updateRemoteUserUID": true, "shutdownAction": "none", "name": "x", "$schema": "y""#,
            r#""extensions": ["a.b"], "settings": {}, "features": {}, "forwardPorts": [1, "localhost:2"], "appPort": 3, "hostRequirements": {"cpus": 4}, "secrets": {}"#,
            r#""mounts": ["target=/x", {"type": "volume", "target": "/y"}], "remoteEnv": {"A": null, "B": "x"}"#,
        ] {
            check(properties, &[]);
        }
    }

    #[test]
    fn a_build_beside_an_image_has_no_effect_and_is_not_refused() {
        check(r#""build": {"args": {"A": "b"}}"#, &["f:2:1: `build` has no effect here: it belongs to Dockerfile"]);
    }

    #[test]
    fn very_many_names_are_read_in_time_and_not_all_told() {
        let text = format!("{{\"image\": \"x\"{}}}", ",\n\"a\": 1".repeat(100_000));
        let read = Configuration::read(&text, "f").expect("read");
        let lines = read.lines(|_| true);
        assert_eq!((lines.len(), lines.last().map(String::as_str)), (101, Some("f: 99900 more of the kind")));
    }
}
