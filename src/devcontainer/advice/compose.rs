//! Docker Compose files (facts rows 13 and 28).

use std::ops::Range;

use super::super::configuration::{Configuration, Kind};
use super::super::finding::{Finding, Rule};
use super::super::jsonc::Content;
use super::super::yaml::{self, Node, Pair};
use super::base::Base;
use super::secrets::{declared, is_like_a_secret};
use super::users::is_missing;
use super::{Advice, ImageFacts, Named, RepositoryFiles};

/// The Compose files of a configuration, as far as they can be read.
pub(super) struct Project {
    files: Vec<File>,
    /// All that are named are there.
    is_whole: bool,
    missing: Vec<(String, Range<usize>)>,
    service: Option<(String, Range<usize>)>,
}

struct File {
    advice: Advice,
    /// The folder that its paths are given from, as it is named from the configuration's.
    folder: String,
    services: Vec<Pair>,
    /// Services may come from elsewhere too, or the file is none that can be read.
    is_part: bool,
}

/// What a service is made from.
pub(super) enum Origin {
    Image(String),
    Build(Build),
}

/// A Dockerfile of a service's.
#[derive(Default)]
pub(super) struct Build {
    /// Its path, as it is named from the configuration's folder.
    pub(super) dockerfile: String,
    /// The names of its arguments.
    pub(super) args: Vec<String>,
    /// It is given a stage.
    pub(super) has_target: bool,
}

impl Project {
    /// Reads what a configuration names; nothing where that is no Compose.
    pub(super) fn read(config: &Configuration, files: &dyn RepositoryFiles) -> Option<Self> {
        let Kind::Compose { files: named, service } = &config.kind else { return None };
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for name in named.iter().filter(|name| !name.value.contains("${")) {
            match files.beside(&name.value) {
                Named::There { path, text } => found.push(File::read(&path, &text, &name.value)),
                Named::Unreadable => {}
                Named::Missing => missing.push((name.value.clone(), name.span.clone())),
            }
        }
        let is_whole = !named.is_empty() && found.len() == named.len();
        let service = service.as_ref().filter(|service| !service.value.contains("${"));
        let service = service.map(|service| (service.value.clone(), service.span.clone()));
        Some(Self { files: found, is_whole, missing, service })
    }

    /// Returns what the codespace's own service is made from, and where the configuration names that; nothing where a part of it stands
    /// elsewhere, or is not told by the files alone.
    pub(super) fn origin(&self) -> Option<(Origin, Range<usize>)> {
        let (name, span) = self.service.as_ref().filter(|_| self.is_whole)?;
        if self.files.iter().any(|file| file.is_part) {
            return None;
        }
        let of_file = |file: &File| file.services.iter().find(|one| one.name == *name).and_then(|one| file.origin(one));
        self.files.iter().rev().find_map(of_file).map(|origin| (origin, span.clone()))
    }

    /// Returns every Dockerfile that a service is built from.
    pub(super) fn builds(&self) -> Vec<Build> {
        let of_file = |file: &File| file.services.iter().filter_map(|one| file.origin(one)).collect::<Vec<_>>();
        let all = self.files.iter().flat_map(of_file);
        let builds = all.filter_map(|origin| match origin {
            Origin::Build(build) => Some(build),
            Origin::Image(_) => None,
        });
        builds.collect()
    }

    /// Looks at the files, and returns what is to be said of each; what the configuration says wrong goes to its own findings.
    pub(super) fn look(
        mut self,
        config: &Configuration,
        base: Option<&Base>,
        facts: Option<&ImageFacts>,
        findings: &mut Vec<Finding>,
    ) -> Vec<Advice> {
        for (name, span) in self.missing.drain(..) {
            let problem = format!("there is no Compose file {name}");
            let hint = Some("it is looked for beside the configuration, and lies in the repository".to_owned());
            findings.push(Finding { rule: Rule::Missing, span, problem, hint });
        }
        let names: Vec<&str> =
            self.files.iter().flat_map(|file| file.services.iter().map(|one| one.name.as_str())).collect();
        if let Some((service, span)) = &self.service
            && self.is_whole
            && !self.files.iter().any(|file| file.is_part)
            && !names.contains(&service.as_str())
        {
            let problem = format!("no Compose file has a service `{service}`: they have {}", names.join(", "));
            findings.push(Finding { rule: Rule::Missing, span: span.clone(), problem, hint: None });
        }
        for file in &mut self.files {
            file.names_of_containers();
            file.secrets_at_build(&declared(&config.root));
            let Some((service, _)) = &self.service else { continue };
            if is_started_alone(config) {
                file.profile(service);
            }
            file.user(service, base, facts);
        }
        self.files.into_iter().map(|file| file.advice).collect()
    }
}

/// Tells whether nothing but the service itself is named to be started.
fn is_started_alone(config: &Configuration) -> bool {
    match config.root.get("runServices").map(|member| &member.node.content) {
        Some(Content::List(items)) => items.is_empty(),
        Some(_) | None => true,
    }
}

impl File {
    fn read(path: &str, text: &str, named: &str) -> Self {
        let root = yaml::parse(text);
        let is_part = root.as_ref().is_none_or(|root| root.get("include").is_some() || root.has_aliases());
        let services = root.and_then(|root| root.into_member("services")).map(Node::into_pairs).unwrap_or_default();
        let folder = named.rsplit_once('/').map_or_else(String::new, |(folder, _)| format!("{folder}/"));
        Self { advice: Advice::new(path, text), folder, services, is_part }
    }

    fn origin(&self, service: &Pair) -> Option<Origin> {
        let text = |node: &Node, name: &str| {
            node.get(name).and_then(|pair| pair.value.text()).map(|(text, _)| text.to_owned())
        };
        let is_told = |text: &String| !text.contains('$');
        if service.value.get("extends").is_some() {
            return None;
        }
        let Some(build) = service.value.get("build").map(|pair| &pair.value) else {
            return text(&service.value, "image").filter(is_told).map(Origin::Image);
        };
        if build.get("dockerfile_inline").is_some() {
            return None;
        }
        let context = build.text().map(|(text, _)| text.to_owned()).or_else(|| text(build, "context"));
        let context = context.unwrap_or_else(|| ".".to_owned());
        let dockerfile = text(build, "dockerfile").unwrap_or_else(|| "Dockerfile".to_owned());
        let dockerfile = format!("{}{context}/{dockerfile}", self.folder);
        let args = arguments(build).into_iter().map(|argument| argument.name).collect();
        let has_target = build.get("target").is_some();
        Some(dockerfile).filter(is_told).map(|dockerfile| Origin::Build(Build { dockerfile, args, has_target }))
    }

    fn names_of_containers(&mut self) {
        let named =
            |service: &Pair| Some((service.name.clone(), service.value.get("container_name")?.name_span.clone()));
        for (service, span) in self.services.iter().filter_map(named) {
            let problem = format!(
                "the container of `{service}` has a fixed name: one of that name that is left over stops the next from being made"
            );
            let hint = Some("leave `container_name` out: Compose makes a name from the project's".to_owned());
            self.advice.findings.push(Finding { rule: Rule::ContainerName, span, problem, hint });
        }
    }

    fn profile(&mut self, name: &str) {
        let service = self.services.iter().find(|service| service.name == name);
        if let Some(pair) = service.and_then(|service| service.value.get("profiles")) {
            let problem = format!(
                "`{name}` has profiles: as `runServices` names no service, Codespaces does not start it, and waits for it"
            );
            let hint = Some("leave `profiles` out, or name the services in `runServices`".to_owned());
            let span = pair.name_span.clone();
            self.advice.findings.push(Finding { rule: Rule::ComposeProfile, span, problem, hint });
        }
    }

    /// Compose fills its files' variables in where no secret is.
    fn secrets_at_build(&mut self, declared: &[&str]) {
        for service in &self.services {
            for Argument { name, value, span } in
                service.value.get("build").map_or_else(Vec::new, |pair| arguments(&pair.value))
            {
                let is_secret = |name: &&str| is_like_a_secret(name) || declared.contains(name);
                let secret = match &value {
                    Some(value) => variables(value).find(is_secret).map(str::to_owned),
                    None => Some(name).filter(|name| is_secret(&name.as_str())),
                };
                let Some(secret) = secret else { continue };
                let problem = format!(
                    "the build of `{}` uses the secret {secret}: no secret is there while an image is built, so this is empty on Codespaces",
                    service.name
                );
                let hint = Some("use it in postCreateCommand, where secrets are in the environment".to_owned());
                self.advice.findings.push(Finding { rule: Rule::SecretAtBuild, span, problem, hint });
            }
        }
    }

    fn user(&mut self, name: &str, base: Option<&Base>, facts: Option<&ImageFacts>) {
        let service = self.services.iter().find(|service| service.name == name);
        let user = service.and_then(|service| service.value.get("user")).and_then(|pair| pair.value.text());
        let Some((user, span)) = user else { return };
        let name = user.split(':').next().unwrap_or_default();
        let Some(finding) = base.and_then(|base| is_missing(name, span.clone(), base, facts)) else { return };
        self.advice.findings.push(finding);
    }
}

/// An argument of a build; one without a value has that of the variable of its name.
struct Argument {
    name: String,
    value: Option<String>,
    span: Range<usize>,
}

fn arguments(build: &Node) -> Vec<Argument> {
    let Some(args) = build.get("args").map(|pair| &pair.value) else { return Vec::new() };
    let of_pair = |pair: &Pair| {
        let (text, span) = pair.value.text()?;
        let value = Some(text.to_owned()).filter(|text| !["", "~", "null"].contains(&text.as_str()));
        let span = if value.is_some() { span.clone() } else { pair.name_span.clone() };
        Some(Argument { name: pair.name.clone(), value, span })
    };
    let of_item = |item: &Node| {
        let (text, span) = item.text()?;
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value.to_owned())));
        Some(Argument { name: name.to_owned(), value, span: span.clone() })
    };
    args.pairs().iter().filter_map(of_pair).chain(args.items().iter().filter_map(of_item)).collect()
}

/// Returns the names in `$NAME` and `${NAME…}`.
pub(super) fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).filter_map(|after| {
        let after = after.strip_prefix('{').unwrap_or(after);
        after.split(|one: char| !one.is_ascii_alphanumeric() && one != '_').next().filter(|name| !name.is_empty())
    })
}
