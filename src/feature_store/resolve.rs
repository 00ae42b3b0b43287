//! Everything that a worklist of Features wants to know, got from the store.

use futures_util::stream;
use futures_util::{StreamExt, TryStreamExt};

use super::{Content, Digest, Fault, FeatureStore, FetchError};
use crate::devcontainer::Rule;
use crate::devcontainer::feature::{Feature, FeatureId, Known, Lockfile, Metadata, Ordered, Wanted, Worklist};

/// How many Features are asked for at once.
const AT_ONCE: usize = 6;

/// How far is gone for a Feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Wherever it is.
    Everywhere,
    /// Into the repository alone: what is elsewhere is left out of the order.
    Repository,
}

/// What came of it.
#[derive(Debug)]
pub struct Resolution {
    /// The Features in order, and what is to be said about them.
    pub ordered: Ordered,
    /// Things a person should know about where they are from.
    pub notes: Vec<String>,
    /// Whose fault it is, where that they cannot be ordered is because one could not be had.
    pub fault: Option<Fault>,
}

/// What was found of one.
struct Looked {
    known: Known,
    notes: Vec<String>,
    is_whole: bool,
}

/// Why one cannot be installed.
struct Lost {
    problem: String,
    hint: Option<String>,
    fault: Fault,
}

impl FeatureStore {
    /// Gets all that a worklist wants to know, and puts the Features in order. Each is what `lock` says that it is.
    pub async fn resolve(&self, mut worklist: Worklist<'_>, lock: Option<&Lockfile>, reach: Reach) -> Resolution {
        let (mut notes, mut fault) = (Vec::new(), None);
        loop {
            let wanted = worklist.wanted();
            if wanted.is_empty() {
                return Resolution { ordered: worklist.ordered(), notes, fault };
            }
            let is_near = |one: &Wanted| reach == Reach::Everywhere || matches!(one.id, FeatureId::Local(_));
            let (near, far): (Vec<Wanted>, Vec<Wanted>) = wanted.into_iter().partition(is_near);
            for one in far {
                worklist.skip(one.id);
            }
            let looking: Vec<_> = near.iter().map(|one| self.look(one, lock)).collect();
            let looked: Vec<_> = stream::iter(looking).buffered(AT_ONCE).collect().await;
            for (one, looked) in near.into_iter().zip(looked) {
                match looked {
                    Ok(Looked { known, notes: more, is_whole }) => {
                        notes.extend(more);
                        if !is_whole {
                            worklist.remark(&one, Rule::FeatureMissing, "its folder has no install.sh");
                        }
                        worklist.know(one.id, known);
                    }
                    Err(Lost { problem, hint, fault: whose }) => {
                        // What was wrong before is what is told.
                        fault = if worklist.is_sound() { Some(whose) } else { fault };
                        worklist.give_up(&one, Rule::FeatureMissing, &problem, hint);
                    }
                }
            }
        }
    }

    /// Gets the files of Features, several at a time, in their order. An error tells of which they could not be had.
    pub async fn contents<'a>(&self, features: &'a [Feature]) -> Result<Vec<Content>, (&'a Feature, FetchError)> {
        let getting: Vec<_> = features
            .iter()
            .map(|one| async move { self.content(&one.source, &one.written).await.map_err(|error| (one, error)) })
            .collect();
        stream::iter(getting).buffered(AT_ONCE).try_collect().await
    }

    async fn look(&self, wanted: &Wanted, lock: Option<&Lockfile>) -> Result<Looked, Lost> {
        let locked: Option<Digest> = lock.and_then(|lock| lock.pin(&wanted.written)).and_then(|pin| pin.parse().ok());
        let found = self.find(&wanted.id, &wanted.written, locked.as_ref()).await.map_err(|error: FetchError| {
            Lost { problem: error.problem.to_string(), hint: error.hint(), fault: error.fault() }
        })?;
        let (file, is_whole) = match &wanted.id {
            FeatureId::Local(local) => {
                let folder = local.folder();
                let script = self.around.repository.join(folder).join("install.sh");
                (format!("{folder}/devcontainer-feature.json"), script.is_file())
            }
            FeatureId::Tarball(_) | FeatureId::Oci(_) => {
                (format!("{}/devcontainer-feature.json", wanted.written), true)
            }
        };
        let metadata = Metadata::read(&found.metadata, &file, wanted.id.base_name()).map_err(|error| Lost {
            problem: error.to_string(),
            hint: error.hint,
            fault: Fault::Configuration,
        })?;
        Ok(Looked { known: Known { source: found.source, metadata }, notes: found.notes, is_whole })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::devcontainer::{Configuration, Variables};
    use crate::feature_store::Surroundings;

    async fn resolve(repository: &Path, config: &str, reach: Reach) -> Resolution {
        let config = Configuration::read(config, ".devcontainer/devcontainer.json").expect("read");
        let cache = tempfile::tempdir().expect("a folder");
        let around = Surroundings {
            cache: cache.path().to_owned(),
            repository: repository.to_owned(),
            top: repository.to_owned(),
            ..Surroundings::default()
        };
        let worklist = Worklist::new(&config, &Variables::default(), Vec::new());
        FeatureStore::new(around).resolve(worklist, None, reach).await
    }

    fn repository(features: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, metadata) in features {
            let feature = folder.path().join(".devcontainer").join(name);
            std::fs::create_dir_all(&feature).expect("made");
            std::fs::write(feature.join("devcontainer-feature.json"), metadata).expect("written");
            if *name != "bare" {
                std::fs::write(feature.join("install.sh"), "").expect("written");
            }
        }
        folder
    }

    #[tokio::test]
    async fn features_of_the_repository_are_known_and_in_order() {
        let folder = repository(&[
            ("a", r#"{"id": "a", "dependsOn": {"./b": {}}}"#),
            ("b", r#"{"id": "b"}"#),
            ("bare", r#"{"id": "bare"}"#),
        ]);
        let resolution = resolve(folder.path(), r#"{"features": {"./a": {}, "./bare": {}}}"#, Reach::Everywhere).await;
        let features = resolution.ordered.features.expect("ordered");
        assert_eq!(features.iter().map(|one| one.written.as_str()).collect::<Vec<_>>(), ["./b", "./bare", "./a"]);
        assert_eq!(features[0].place, ".devcontainer/a/devcontainer-feature.json:1:27");
        let said: Vec<_> = resolution.ordered.findings.iter().map(|one| one.problem.as_str()).collect();
        assert!(said.contains(&"Feature `./bare`: its folder has no install.sh"), "{said:?}");
    }

    #[tokio::test]
    async fn what_cannot_be_had_is_told_at_its_place() {
        let folder = repository(&[("broken", "{"), ("list", "[]")]);
        let config = r#"{"features": {"./gone": {}, "./broken": {}, "./list": {}}}"#;
        let resolution = resolve(folder.path(), config, Reach::Everywhere).await;
        assert_eq!(resolution.fault, Some(Fault::Configuration));
        let error = resolution.ordered.features.expect_err("gone").to_string();
        assert!(error.starts_with(".devcontainer/devcontainer.json:1:15: Feature `./gone`: "), "{error}");
        let said: Vec<_> = resolution.ordered.findings.iter().map(|one| one.problem.as_str()).collect();
        let expected = "Feature `./list`: .devcontainer/list/devcontainer-feature.json:1:1: expected an object: { … }";
        assert!(said.contains(&expected), "{said:?}");
    }

    #[tokio::test]
    async fn the_first_of_several_faults_is_the_one_that_is_told() {
        let folder = repository(&[("other", "{}")]);
        let unreachable = "127.0.0.1:1/acme/features/tool";
        for (features, part, fault) in [
            (format!(r#"{{"x": {{}}, "{unreachable}": {{}}}}"#), "Feature `x`: it names no Feature", None),
            (format!(r#"{{"{unreachable}": {{}}, "./gone": {{}}}}"#), "had no answer", Some(Fault::Registry)),
            (format!(r#"{{"./gone": {{}}, "{unreachable}": {{}}}}"#), "no such folder", Some(Fault::Configuration)),
        ] {
            let config = format!(r#"{{"features": {features}}}"#);
            let resolution = resolve(folder.path(), &config, Reach::Everywhere).await;
            let error = resolution.ordered.features.expect_err("a fault").to_string();
            assert!(error.contains(part), "{error}");
            assert_eq!(resolution.fault, fault, "{error}");
        }
    }

    #[tokio::test]
    async fn files_are_had_in_the_order_of_their_features() {
        let folder = repository(&[("a", r#"{"id": "a", "dependsOn": {"./b": {}}}"#), ("b", r#"{"id": "b"}"#)]);
        let resolution = resolve(folder.path(), r#"{"features": {"./a": {}}}"#, Reach::Everywhere).await;
        let features = resolution.ordered.features.expect("ordered");
        let cache = tempfile::tempdir().expect("a folder");
        let (cache, repository) = (cache.path().to_owned(), folder.path().to_owned());
        let store =
            FeatureStore::new(Surroundings { cache, top: repository.clone(), repository, ..Surroundings::default() });
        let contents = store.contents(&features).await.expect("copied");
        for (content, name) in contents.iter().zip(["b", "a"]) {
            let text = std::fs::read_to_string(content.path().join("devcontainer-feature.json")).expect("there");
            assert!(text.starts_with(&format!(r#"{{"id": "{name}""#)), "{text}");
        }
        std::fs::remove_dir_all(folder.path().join(".devcontainer/b")).expect("removed");
        let (feature, error) = store.contents(&features).await.expect_err("gone");
        assert_eq!(feature.written, "./b");
        assert!(error.to_string().contains("no such folder"), "{error}");
    }

    #[tokio::test]
    async fn what_is_not_in_the_repository_can_be_left_out() {
        let folder = repository(&[("a", r#"{"id": "a", "dependsOn": {"ghcr.io/a/b/c:1": {}}}"#)]);
        let config =
            r#"{"features": {"./a": {}, "ghcr.io/a/b/d": {}}, "overrideFeatureInstallOrder": ["ghcr.io/a/b/d"]}"#;
        let resolution = resolve(folder.path(), config, Reach::Repository).await;
        let features = resolution.ordered.features.expect("ordered");
        assert_eq!(features.iter().map(|one| one.written.as_str()).collect::<Vec<_>>(), ["./a"]);
        assert!(!resolution.ordered.findings.iter().any(|one| one.rule == Rule::FeatureOrder));
    }
}
