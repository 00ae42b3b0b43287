//! Names that Features had before they were published to a registry, which the reference still takes.

use serde_json::Map;

use super::metadata::Requested;
use super::options::Options;
use crate::devcontainer::document::Spanned;

/// Features that are called the same today.
const SAME: [&str; 18] = [
    "aws-cli",
    "azure-cli",
    "desktop-lite",
    "docker-from-docker",
    "docker-in-docker",
    "dotnet",
    "git",
    "git-lfs",
    "github-cli",
    "java",
    "kubectl-helm-minikube",
    "node",
    "powershell",
    "python",
    "ruby",
    "rust",
    "sshd",
    "terraform",
];

/// Features that have another name today.
const RENAMED: [(&str, &str); 2] = [("common", "common-utils"), ("golang", "go")];

/// Returns what an old name is called today; nothing where it is none.
pub(super) fn today(name: &str) -> Option<String> {
    let same = SAME.iter().find(|same| **same == name).copied();
    let name = same.or_else(|| RENAMED.iter().find(|(old, _)| *old == name).map(|(_, new)| *new))?;
    Some(format!("ghcr.io/devcontainers/features/{name}:1"))
}

/// Features that are an option of another today: the old name, the Feature, the option.
const OPTIONS: [(&str, &str, &str); 3] = [
    ("gradle", "java", "installGradle"),
    ("jupyterlab", "python", "installJupyterlab"),
    ("maven", "java", "installMaven"),
];

/// Makes options of old names that are ones today, of a Feature that is there or, at the end, of a new one. With each Feature goes who asks for
/// it; what is to be said is handed to `note`.
pub(super) fn into_options<T: Copy>(
    all: Vec<(Requested, T)>,
    note: &mut impl FnMut(T, &Spanned<String>, String),
) -> Vec<(Requested, T)> {
    let is_old = |id: &str| OPTIONS.iter().find(|(old, ..)| *old == id);
    let (old, mut all): (Vec<_>, Vec<_>) = all.into_iter().partition(|(one, _)| is_old(&one.id.value).is_some());
    for (Requested { id, .. }, by) in old {
        let Some((_, feature, option)) = is_old(&id.value) else { continue };
        let whole = format!("ghcr.io/devcontainers/features/{feature}");
        note(by, &id, format!("`{}` is an old name: today it is option `{option}` of {whole}", id.value));
        let is_it = |(one, _): &&mut (Requested, T)| {
            let written = &one.id.value;
            written == feature
                || written.strip_prefix(&whole).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        };
        if let Some((one, _)) = all.iter_mut().find(is_it) {
            one.options = with(&one.options, option);
        } else {
            let id = Spanned { value: format!("{whole}:1"), span: id.span };
            all.push((Requested { id, options: with(&Options::Named(Map::new()), option) }, by));
        }
    }
    all
}

/// Returns options with one more set to true.
fn with(options: &Options, option: &str) -> Options {
    let mut fields = match options {
        Options::Flag(_) => Map::new(),
        Options::Named(fields) => fields.clone(),
        Options::Text(version) => std::iter::once(("version".to_owned(), version.as_str().into())).collect(),
    };
    fields.insert(option.to_owned(), true.into());
    Options::Named(fields)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::devcontainer::jsonc::Node;

    #[test]
    fn old_names_become_options_as_in_the_reference() {
        let vectors = include_str!("../../../integration/vectors/features/deprecated-into-options.json");
        let vectors: Vec<Value> = serde_json::from_str(vectors).expect("vectors");
        for vector in vectors {
            let pair = |pair: &Value| {
                let id = Spanned { value: pair[0].as_str().expect("an id").to_owned(), span: 0..0 };
                (Requested { id, options: Options::of(&Node::of_json(&pair[1])).expect("options") }, ())
            };
            let all = vector["input"].as_array().expect("a list").iter().map(pair).collect();
            let mut notes = 0;
            let all = into_options(all, &mut |(), _, _| notes += 1);
            let all =
                all.iter().map(|(one, ())| Value::from(vec![one.id.value.as_str().into(), one.options.to_json()]));
            assert_eq!(Value::Array(all.collect()), vector["output"], "{vector}");
            assert!(notes > 0);
        }
    }
}
