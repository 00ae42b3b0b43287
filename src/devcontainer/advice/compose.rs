//! Docker Compose files (facts row 28).

use super::super::configuration::{Configuration, Kind};
use super::super::finding::{Finding, Rule};
use super::super::jsonc::Content;
use super::super::yaml::{self, Pair};
use super::{Advice, Named, RepositoryFiles};

/// A Compose file, as far as it can be read.
struct File {
    advice: Advice,
    services: Vec<Pair>,
    /// Services may come from elsewhere too, or the file is none that can be read.
    is_part: bool,
}

/// Looks at the files that a configuration names, and returns what is to be said of each.
pub(super) fn look(config: &Configuration, files: &dyn RepositoryFiles, findings: &mut Vec<Finding>) -> Vec<Advice> {
    let Kind::Compose { files: named, service } = &config.kind else { return Vec::new() };
    let mut found = Vec::new();
    let mut all_are_there = !named.is_empty();
    for name in named.iter().filter(|name| !name.value.contains("${")) {
        match files.beside(&name.value) {
            Named::There { path, text } => found.push(read(&path, &text)),
            Named::Unreadable => all_are_there = false,
            Named::Missing => {
                all_are_there = false;
                let problem = format!("there is no Compose file {}", name.value);
                let hint = Some("it is looked for beside the configuration, and lies in the repository".to_owned());
                findings.push(Finding { rule: Rule::Missing, span: name.span.clone(), problem, hint });
            }
        }
    }
    all_are_there &= found.len() == named.len();
    let Some(service) = service.as_ref().filter(|service| !service.value.contains("${")) else { return Vec::new() };
    let names: Vec<String> = found.iter().flat_map(|file| file.services.iter().map(|one| one.name.clone())).collect();
    if all_are_there && !found.iter().any(|file| file.is_part) && !names.contains(&service.value) {
        let (name, have) = (&service.value, names.join(", "));
        let problem = format!("no Compose file has a service `{name}`: they have {have}");
        findings.push(Finding { rule: Rule::Missing, span: service.span.clone(), problem, hint: None });
    }
    for file in &mut found {
        names_of_containers(file);
        if is_started_alone(config) {
            profile(file, &service.value);
        }
    }
    found.into_iter().map(|file| file.advice).collect()
}

fn read(path: &str, text: &str) -> File {
    let root = yaml::parse(text);
    let is_part = root.as_ref().is_none_or(|root| root.get("include").is_some() || root.has_aliases());
    let services = root.and_then(|root| root.into_member("services")).map(yaml::Node::into_pairs);
    File { advice: Advice::new(path, text), services: services.unwrap_or_default(), is_part }
}

/// Tells whether nothing but the service itself is named to be started.
fn is_started_alone(config: &Configuration) -> bool {
    match config.root.get("runServices").map(|member| &member.node.content) {
        Some(Content::List(items)) => items.is_empty(),
        Some(_) | None => true,
    }
}

fn names_of_containers(file: &mut File) {
    for (service, pair) in
        file.services.iter().filter_map(|service| Some((service, service.value.get("container_name")?)))
    {
        let problem = format!(
            "the container of `{}` has a fixed name: one of that name that is left over stops the next from being made",
            service.name
        );
        let hint = Some("leave `container_name` out: Compose makes a name from the project's".to_owned());
        file.advice.findings.push(Finding { rule: Rule::ContainerName, span: pair.name_span.clone(), problem, hint });
    }
}

fn profile(file: &mut File, name: &str) {
    let service = file.services.iter().find(|service| service.name == name);
    if let Some(pair) = service.and_then(|service| service.value.get("profiles")) {
        let problem = format!(
            "`{name}` has profiles: as `runServices` names no service, Codespaces does not start it, and waits for it"
        );
        let hint = Some("leave `profiles` out, or name the services in `runServices`".to_owned());
        file.advice.findings.push(Finding { rule: Rule::ComposeProfile, span: pair.name_span.clone(), problem, hint });
    }
}
