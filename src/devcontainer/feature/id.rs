//! What a Feature's id names: a folder of the repository, a tarball, or a repository of a registry.

use std::path::{Component, Path};

use super::id_error::IdError;
use super::oci::OciReference;
use super::old_names;

/// What a Feature's id names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FeatureId {
    /// A folder of the repository.
    Local(LocalFeature),
    /// A tarball at an address.
    Tarball(TarballFeature),
    /// A repository of a registry.
    Oci(OciReference),
}

/// A Feature that lies in the repository, inside its `.devcontainer` folder as far as the path tells: links are looked at where it is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LocalFeature {
    /// The folder's path in the repository, without `.` and `..`. A slash at its end stays, as in the reference: it makes another Feature.
    pub path: String,
}

/// A Feature in a tarball.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TarballFeature {
    /// Its address, `https://…/devcontainer-feature-<id>.tgz`.
    pub url: String,
    /// The id in its name.
    pub id: String,
}

/// What an id names, and what a person should know about how it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What it names.
    pub id: FeatureId,
    /// What is to be said about it.
    pub note: Option<String>,
}

/// The folder that local Features lie in.
const HOME: &str = ".devcontainer";

impl FeatureId {
    /// Reads an id as a configuration, or a Feature that it brings, has it. `folder` is the configuration's own, in the repository: local ids
    /// of both begin there.
    pub fn read(written: &str, folder: &str) -> Result<Named, IdError> {
        let named = |id| Ok(Named { id, note: None });
        if !written.contains(['/', '\\']) {
            return bare(written);
        }
        if written.starts_with("https://") {
            return named(Self::Tarball(tarball(written)?));
        }
        if ["./", "../", "/"].iter().any(|start| written.starts_with(start)) {
            return named(Self::Local(local(written, folder)?));
        }
        if written.starts_with("http://") {
            return Err(IdError::new("a tarball is fetched over https", "write https://"));
        }
        if written.contains('\\') {
            return Err(IdError::new("it holds a backslash", "parts of a path stand between slashes: ./x"));
        }
        let registry = written.split('/').next().unwrap_or_default();
        // Reference CLI: what has no dot is no registry, even with a port.
        if !registry.contains('.') && !registry.starts_with("localhost") {
            return Err(github_release(written));
        }
        named(Self::Oci(OciReference::parse(written)?))
    }

    /// Tells whether two ids name one Feature, whatever its version.
    pub(super) fn is_named_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Oci(one), Self::Oci(other)) => one.resource == other.resource,
            (Self::Local(_) | Self::Tarball(_) | Self::Oci(_), _) => self == other,
        }
    }

    /// Returns the id in what it names: the last part of a path, where the Feature itself says none.
    pub fn base_name(&self) -> &str {
        match self {
            Self::Local(local) => local.folder().rsplit('/').next().unwrap_or_default(),
            Self::Tarball(tarball) => &tarball.id,
            Self::Oci(oci) => oci.id(),
        }
    }
}

impl LocalFeature {
    /// Returns the folder's path in the repository, without a slash at its end.
    pub fn folder(&self) -> &str {
        self.path.trim_end_matches('/')
    }
}

/// Returns an id without its version, in the case that it is written in: what `installsAfter` and people call a Feature.
pub fn without_version(written: &str) -> &str {
    let last = written.rfind('/').map_or(0, |at| at + 1);
    let name = written.get(last..).unwrap_or_default();
    name.find(['@', ':']).and_then(|at| written.get(..last + at)).unwrap_or(written)
}

fn bare(written: &str) -> Result<Named, IdError> {
    let Some(id) = old_names::today(written) else {
        let hint = format!(
            "a Feature in the repository is written ./{written}; published ones are at containers.dev/features"
        );
        return Err(IdError::new("it names no Feature", &hint));
    };
    let note = format!("`{written}` is an old name: today it is called {id}");
    Ok(Named { id: FeatureId::Oci(OciReference::parse(&id)?), note: Some(note) })
}

fn tarball(written: &str) -> Result<TarballFeature, IdError> {
    let path = written.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let id = name.strip_prefix("devcontainer-feature-").and_then(|rest| rest.strip_suffix(".tgz"));
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    let fits = |id: &&str| !id.is_empty() && id.bytes().all(is_letter);
    let id = id.filter(fits).filter(|_| written.bytes().all(|byte| byte.is_ascii_graphic()));
    let hint = "a tarball's address ends with devcontainer-feature-<id>.tgz";
    let id = id.ok_or_else(|| IdError::new(&format!("`{name}` is no name of a Feature's tarball"), hint))?;
    Ok(TarballFeature { url: written.to_owned(), id: id.to_owned() })
}

/// The path stays inside `.devcontainer`, by its parts. (Reference CLI: by the text, so that `./a..b` leaves it.)
fn local(written: &str, folder: &str) -> Result<LocalFeature, IdError> {
    let outside = |problem: &str| {
        let hint =
            format!("a Feature of the repository lies inside {HOME}, and its id begins with ./ from the configuration");
        Err(IdError::new(problem, &hint))
    };
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in Path::new(written).components() {
        match part {
            Component::Normal(part) => parts.extend(part.to_str()),
            Component::ParentDir if parts.pop().is_none() => return outside("it leads out of the repository"),
            Component::ParentDir | Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return outside("it is an absolute path"),
        }
    }
    if parts.len() < 2 || parts.first() != Some(&HOME) {
        return outside(&format!("it leads out of {HOME}"));
    }
    let end = if written.ends_with('/') { "/" } else { "" };
    Ok(LocalFeature { path: parts.join("/") + end })
}

/// The form of the time before registries, `owner/repository/id[@tag]`, which the specification lets tools refuse.
fn github_release(written: &str) -> IdError {
    let parts: Vec<&str> = written.split('/').collect();
    let hint = match parts.as_slice() {
        [owner, repository, id] => {
            format!("Features are published to registries today: ghcr.io/{owner}/{repository}/{}", without_version(id))
                .to_lowercase()
        }
        _ => "an id is ./<folder>, <registry>/<namespace>/<id> or https://…/devcontainer-feature-<id>.tgz".to_owned(),
    };
    let registry = parts.first().copied().unwrap_or_default();
    IdError::new(
        &format!("`{registry}` is no registry, and Features of GitHub releases are not installed any more"),
        &hint,
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn vectors(text: &str) -> Vec<(String, Value)> {
        let vectors: Vec<Value> = serde_json::from_str(text).expect("vectors");
        let pair = |one: Value| (one["input"].as_str().expect("an id").to_owned(), one["output"].clone());
        vectors.into_iter().map(pair).collect()
    }

    #[test]
    fn ids_lose_their_version_as_in_the_reference() {
        for (input, output) in vectors(include_str!("../../../integration/vectors/features/id-without-version.json")) {
            assert_eq!(without_version(&input), output, "{input}");
        }
    }

    #[test]
    fn a_bare_name_is_an_old_one_or_none() {
        for (input, output) in
            vectors(include_str!("../../../integration/vectors/features/backward-compatible-ids.json"))
        {
            let read = FeatureId::read(&input, ".devcontainer");
            if input == output {
                assert!(read.is_err() || input.contains('/'), "{input}");
                continue;
            }
            let Named { id: FeatureId::Oci(oci), note: Some(note) } = read.expect(&input) else { panic!("{input}") };
            assert_eq!(oci.to_string(), output);
            assert!(note.contains(oci.to_string().as_str()), "{note}");
        }
    }

    #[test]
    fn a_local_feature_lies_inside_devcontainer() {
        for (written, folder, expected) in [
            ("./x", ".devcontainer", Ok(".devcontainer/x")),
            ("./x/../y//z", ".devcontainer", Ok(".devcontainer/y/z")),
            ("./t/", ".devcontainer", Ok(".devcontainer/t/")),
            ("./a..b", ".devcontainer", Ok(".devcontainer/a..b")),
            ("./f", ".devcontainer/a", Ok(".devcontainer/a/f")),
            ("../g", ".devcontainer/a", Ok(".devcontainer/g")),
            ("./.devcontainer/f", "", Ok(".devcontainer/f")),
            ("./g", "", Err("it leads out of .devcontainer")),
            ("./../x", ".devcontainer", Err("it leads out of .devcontainer")),
            ("./.devcontainer2/x", "", Err("it leads out of .devcontainer")),
            ("./.", ".devcontainer", Err("it leads out of .devcontainer")),
            ("../..", ".devcontainer", Err("it leads out of the repository")),
            ("../../etc", ".devcontainer", Err("it leads out of the repository")),
            ("../../../.devcontainer/x", ".devcontainer/a", Err("it leads out of the repository")),
            ("/x", ".devcontainer", Err("it is an absolute path")),
            ("//x", ".devcontainer", Err("it is an absolute path")),
        ] {
            let read = FeatureId::read(written, folder).map_err(|error| error.problem);
            let read = read.map(|named| match named.id {
                FeatureId::Local(local) => local.path,
                other @ (FeatureId::Tarball(_) | FeatureId::Oci(_)) => panic!("{other:?}"),
            });
            assert_eq!(read, expected.map(str::to_owned).map_err(str::to_owned), "{written} in {folder}");
        }
    }

    #[test]
    fn a_tarball_has_its_id_in_its_name() {
        let read = |written: &str| FeatureId::read(written, "").map(|named| named.id.base_name().to_owned());
        assert_eq!(read("https://h/a/devcontainer-feature-my_x-1.tgz").as_deref(), Ok("my_x-1"));
        assert_eq!(read("https://h/devcontainer-feature-x.tgz?y=/z#w").as_deref(), Ok("x"));
        for written in [
            "https://h/feature.tgz",
            "https://h/devcontainer-feature-.tgz",
            "https://h/devcontainer-feature-a.b.tgz",
            "https://h/x?devcontainer-feature-x.tgz",
            "https://h/#/devcontainer-feature-x.tgz",
            "https://h/devcontainer-feature-x.tgz/",
            "https://h h/devcontainer-feature-x.tgz",
            "https://h\n/devcontainer-feature-x.tgz",
        ] {
            assert!(read(written).is_err_and(|error| error.problem.contains("tarball")), "{written}");
        }
        assert!(read("http://h/devcontainer-feature-x.tgz").is_err_and(|error| error.problem.contains("https")));
    }

    #[test]
    fn what_names_nothing_says_what_would() {
        for (written, problem, hint) in [
            ("x", "it names no Feature", "./x;"),
            ("", "it names no Feature", "containers.dev"),
            ("fish", "it names no Feature", "./fish"),
            ("Owner/repo/id@v1", "`Owner` is no registry", "ghcr.io/owner/repo/id"),
            ("a/b", "`a` is no registry", "<registry>/<namespace>/<id>"),
            ("host:5000/a/b", "`host:5000` is no registry", "ghcr.io"),
            (".\\x", "it holds a backslash", "./x"),
            ("ghcr.io/x:1", "no namespace", "ghcr.io/devcontainers/features/node"),
        ] {
            let error = FeatureId::read(written, ".devcontainer").expect_err(written);
            assert!(error.problem.contains(problem) && error.hint.contains(hint), "{written}: {error:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(written in "(\\.|/|\\.\\.|https://|[a-z:@\\\\é]){0,12}", folder in "[a-z./]{0,8}") {
            let _either = FeatureId::read(&written, &folder);
            let _id = without_version(&written);
        }

        #[test]
        fn no_local_path_leaves(written in "\\./(\\.\\.|\\.|[a-c]|/){0,12}") {
            if let Ok(Named { id: FeatureId::Local(local), .. }) = FeatureId::read(&written, ".devcontainer/a") {
                prop_assert!(local.path.starts_with(".devcontainer/"));
                prop_assert!(!local.path.split('/').any(|part| part == ".."));
            }
        }
    }
}
