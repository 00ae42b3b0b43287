//! Images: looked at, pulled, made with nothing in them, removed.

use std::collections::{BTreeMap, HashMap};

use bollard::auth::DockerCredentials;
use bollard::query_parameters::{
    CreateImageOptionsBuilder, ListImagesOptionsBuilder, PushImageOptionsBuilder, RemoveImageOptions,
    TagImageOptionsBuilder,
};
use bytes::Bytes;
use futures_util::StreamExt;

use super::client::{Engine, lines};
use super::container::LabelFilter;
use super::error::EngineError;
use crate::redact::Secret;

/// What is known of an image that the engine has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageDetails {
    /// `sha256:…`.
    pub id: String,
    /// The user its processes run as; empty for root.
    pub user: String,
    /// `NAME=VALUE`.
    pub env: Vec<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its entrypoint.
    pub entrypoint: Vec<String>,
    /// Its command.
    pub command: Vec<String>,
    /// What it is called.
    pub names: Vec<String>,
    /// How many layers it has.
    pub layers: usize,
    /// Where the engine's machine has each of them unpacked, where it does.
    pub layer_folders: Vec<String>,
}

/// A login that the engine may pull with. Held no longer than the request.
#[derive(Debug)]
pub struct RegistryCredentials<'a> {
    /// The registry, as the Docker configuration names it.
    pub server: &'a str,
    /// The user.
    pub user: &'a str,
    /// The password or token.
    pub password: &'a Secret<String>,
}

impl RegistryCredentials<'_> {
    pub(super) fn to_docker(&self) -> DockerCredentials {
        DockerCredentials {
            username: Some(self.user.to_owned()),
            password: Some(self.password.expose().clone()),
            serveraddress: Some(self.server.to_owned()),
            ..DockerCredentials::default()
        }
    }
}

/// An image of the engine's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSummary {
    /// `sha256:…`.
    pub id: String,
    /// What it is called.
    pub names: Vec<String>,
}

/// How a push ended.
#[derive(Debug)]
pub enum Push {
    /// The registry has the image.
    Done,
    /// The registry would not take it. Its words.
    Refused(String),
}

/// How a pull ended.
#[derive(Debug)]
pub enum Pull {
    /// The image is there.
    Done,
    /// The registry would not give it: no login, a wrong one, or no permission. Its words.
    Refused(String),
    /// The registry has no such image. Its words.
    NotFound(String),
}

impl Engine {
    /// Returns what is known of an image, or nothing where the engine does not have it.
    pub async fn image(&self, reference: &str) -> Result<Option<ImageDetails>, EngineError> {
        match self.quick.inspect_image(reference).await {
            Ok(answer) => {
                let config = answer.config.unwrap_or_default();
                let layers = answer.root_fs.and_then(|files| files.layers).map_or(0, |layers| layers.len());
                let folders = answer.graph_driver.map(|driver| layer_folders(&driver)).unwrap_or_default();
                Ok(Some(ImageDetails {
                    id: answer.id.unwrap_or_default(),
                    user: config.user.unwrap_or_default(),
                    env: config.env.unwrap_or_default(),
                    labels: config.labels.unwrap_or_default().into_iter().collect(),
                    entrypoint: config.entrypoint.unwrap_or_default(),
                    command: config.cmd.unwrap_or_default(),
                    names: answer.repo_tags.unwrap_or_default(),
                    layers,
                    // Where there are more or fewer, they are something else.
                    layer_folders: if folders.len() == layers { folders } else { Vec::new() },
                }))
            }
            Err(error) => match self.explain("inspect the image", reference, error) {
                error if error.is_not_found() => Ok(None),
                error => Err(error),
            },
        }
    }

    /// Returns the images that have every one of the labels, those without a name too.
    pub async fn images(&self, filters: &[LabelFilter]) -> Result<Vec<ImageSummary>, EngineError> {
        let labels: Vec<String> = filters.iter().map(|filter| filter.0.clone()).collect();
        let options =
            ListImagesOptionsBuilder::default().filters(&HashMap::from([("label".to_owned(), labels)])).build();
        let listed = self.quick.list_images(Some(options)).await;
        let listed = listed.map_err(|error| self.explain("list", "its images", error))?;
        let summary = |image: bollard::models::ImageSummary| ImageSummary {
            id: image.id,
            // What has no name is called this by some engines.
            names: image.repo_tags.into_iter().filter(|name| name != "<none>:<none>").collect(),
        };
        Ok(listed.into_iter().map(summary).collect())
    }

    /// Removes an image by a name, which goes alone where it has others, or by its id. One that is gone is no error; returns whether it is gone:
    /// not so where a container uses it.
    pub async fn remove_image(&self, reference: &str) -> Result<bool, EngineError> {
        match self.docker.remove_image(reference, None::<RemoveImageOptions>, None).await {
            Ok(_) => Ok(true),
            Err(error) => match self.explain("remove the image", reference, error) {
                error if error.is_not_found() => Ok(true),
                error if error.is_conflict() => Ok(false),
                error => Err(error),
            },
        }
    }

    /// Gives an image one more name.
    pub async fn tag(&self, image: &str, name: &str) -> Result<(), EngineError> {
        let (repository, tag) = split_tag(name);
        let options = TagImageOptionsBuilder::default().repo(repository).tag(tag).build();
        let tagged = self.quick.tag_image(image, Some(options)).await;
        tagged.map_err(|error| self.explain("name the image", name, error))
    }

    /// Pulls an image, for the engine's own platform where none is named; `progress` is told how far it is, in words.
    pub async fn pull(
        &self,
        reference: &str,
        platform: Option<&str>,
        login: Option<RegistryCredentials<'_>>,
        mut progress: impl FnMut(String),
    ) -> Result<Pull, EngineError> {
        // Without a tag the engine would pull every tag that the repository has.
        let (name, tag) = split_tag(reference);
        let options = CreateImageOptionsBuilder::default().from_image(name).tag(tag);
        let options = options.platform(platform.unwrap_or_default()).build();
        let credentials = login.map(|login| login.to_docker());
        let mut layers = Layers::default();
        let mut stream = lines(self.docker.create_image(Some(options), None, credentials));
        while let Some(item) = stream.next().await {
            let item = match item {
                Ok(item) => item,
                Err(error) => return classify(self.explain("pull the image", reference, error)),
            };
            if let Some(detail) = item.error_detail {
                let message = detail.message.unwrap_or_default();
                return classify(EngineError::Refused {
                    operation: "pull the image",
                    subject: reference.to_owned(),
                    message,
                    status: 0,
                });
            }
            if let Some(id) = item.id {
                let (current, total) = item
                    .progress_detail
                    .map_or((0, 0), |detail| (detail.current.unwrap_or(0), detail.total.unwrap_or(0)));
                if layers.update(&id, item.status.as_deref().unwrap_or_default(), current, total) {
                    progress(layers.words());
                }
            }
        }
        Ok(Pull::Done)
    }
}

impl Engine {
    /// Pushes an image under one of its names.
    pub async fn push(&self, reference: &str, login: RegistryCredentials<'_>) -> Result<Push, EngineError> {
        let (name, tag) = split_tag(reference);
        let options = PushImageOptionsBuilder::default().tag(tag).build();
        let mut stream = lines(self.docker.push_image(name, Some(options), Some(login.to_docker())));
        while let Some(item) = stream.next().await {
            let told = match item {
                Ok(item) => item.error_detail.map(|detail| detail.message.unwrap_or_default()),
                Err(error) => {
                    let error = self.explain("push the image", reference, error);
                    let EngineError::Refused { message, .. } = error else { return Err(error) };
                    Some(message)
                }
            };
            if let Some(message) = told {
                return Ok(Push::Refused(message));
            }
        }
        Ok(Push::Done)
    }

    /// Returns every name of an image that begins so.
    pub async fn image_names(&self, beginning: &str) -> Result<Vec<String>, EngineError> {
        let listed = self.quick.list_images(Some(ListImagesOptionsBuilder::default().build())).await;
        let listed = listed.map_err(|error| self.explain("list", "its images", error))?;
        let names = listed.into_iter().flat_map(|image| image.repo_tags);
        Ok(names.filter(|name| name.starts_with(beginning)).collect())
    }

    /// Makes an image with nothing in it: what a container is made from that is there for its volumes alone, and never started.
    pub async fn make_empty_image(&self, reference: &str) -> Result<(), EngineError> {
        // Two blocks of zeros: the end of a tar.
        let nothing = bollard::body_full(Bytes::from_static(&[0; 1024]));
        let (name, tag) = split_tag(reference);
        let options = CreateImageOptionsBuilder::default().from_src("-").repo(name).tag(tag).build();
        let mut stream = lines(self.docker.create_image(Some(options), Some(nothing), None));
        while let Some(item) = stream.next().await {
            let item = item.map_err(|error| self.explain("make the image", reference, error))?;
            if let Some(detail) = item.error_detail {
                let (subject, message) = (reference.to_owned(), detail.message.unwrap_or_default());
                return Err(EngineError::Refused { operation: "make the image", subject, message, status: 0 });
            }
        }
        Ok(())
    }
}

/// Returns the folders of an image's layers, of the one storage driver that has a folder for each.
fn layer_folders(driver: &bollard::models::DriverData) -> Vec<String> {
    if driver.name != "overlay2" {
        return Vec::new();
    }
    let named = ["UpperDir", "LowerDir"].into_iter().filter_map(|name| driver.data.get(name));
    named.flat_map(|folders| folders.split(':')).filter(|folder| !folder.is_empty()).map(str::to_owned).collect()
}

/// Tells a registry's refusal from an engine's (the texts: codespaces-facts.md section 3.4).
fn classify(error: EngineError) -> Result<Pull, EngineError> {
    let EngineError::Refused { message, .. } = &error else { return Err(error) };
    match refusal(message) {
        Some(Refusal::Denied) => Ok(Pull::Refused(message.clone())),
        Some(Refusal::NotFound) => Ok(Pull::NotFound(message.clone())),
        None => Err(error),
    }
}

/// Why a registry would not give an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No login, a wrong one, or no permission.
    Denied,
    /// It has no such image.
    NotFound,
}

/// Tells a registry's refusal from an engine's (the texts: codespaces-facts.md section 3.4).
pub fn refusal(message: &str) -> Option<Refusal> {
    const REFUSED: [&str; 8] = [
        "unauthorized",
        "denied",
        "no basic auth credentials",
        "authentication required",
        "403 Forbidden",
        "401 Unauthorized",
        "authorization token has expired",
        "toomanyrequests",
    ];
    const NOT_FOUND: [&str; 4] = ["manifest unknown", "name unknown", "not found", "repository name not known"];
    if REFUSED.iter().any(|text| message.contains(text)) {
        Some(Refusal::Denied)
    } else if NOT_FOUND.iter().any(|text| message.contains(text)) {
        Some(Refusal::NotFound)
    } else {
        None
    }
}

/// Splits `name[:tag|@digest]`; no tag means `latest`.
fn split_tag(reference: &str) -> (&str, &str) {
    if let Some((name, digest)) = reference.split_once('@') {
        return (name, digest);
    }
    match reference.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (reference, "latest"),
    }
}

/// How far the layers of an image are.
#[derive(Debug, Default)]
struct Layers(HashMap<String, Layer>);

#[derive(Debug, Default)]
struct Layer {
    current: i64,
    total: i64,
    done: bool,
}

impl Layers {
    /// Takes note of one line of the engine's; tells whether it was about a layer.
    fn update(&mut self, id: &str, status: &str, current: i64, total: i64) -> bool {
        let done = matches!(status, "Pull complete" | "Already exists");
        if !done
            && !matches!(status, "Pulling fs layer" | "Downloading" | "Extracting" | "Download complete" | "Waiting")
        {
            return false;
        }
        let layer = self.0.entry(id.to_owned()).or_default();
        layer.done = done;
        if status == "Downloading" {
            (layer.current, layer.total) = (current, total);
        }
        true
    }

    fn words(&self) -> String {
        let done = self.0.values().filter(|layer| layer.done).count();
        let sum = |part: fn(&Layer) -> i64| self.0.values().map(part).sum::<i64>() / 1_000_000;
        format!("{done} of {} layers, {} of {} MB", self.0.len(), sum(|layer| layer.current), sum(|layer| layer.total))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_without_a_tag_is_latest() {
        for (reference, expected) in [
            ("busybox", ("busybox", "latest")),
            ("localhost:5000/a/b", ("localhost:5000/a/b", "latest")),
            ("localhost:5000/a/b:2", ("localhost:5000/a/b", "2")),
            ("a@sha256:00", ("a", "sha256:00")),
        ] {
            assert_eq!(split_tag(reference), expected, "{reference}");
        }
    }

    #[test]
    fn a_registrys_refusal_is_told_from_the_engines() {
        let refused = |message: &str| EngineError::Refused {
            operation: "pull the image",
            subject: "x".into(),
            message: message.into(),
            status: 500,
        };
        let kind = |message: &str| match classify(refused(message)) {
            Ok(Pull::Refused(_)) => "refused",
            Ok(Pull::NotFound(_)) => "not found",
            Ok(Pull::Done) => "done",
            Err(_) => "error",
        };
        assert_eq!(kind("Head \"https://ghcr.io/v2/o/i/manifests/t\": unauthorized"), "refused");
        assert_eq!(kind("no basic auth credentials"), "refused");
        assert_eq!(kind("manifest for x:y not found: manifest unknown"), "not found");
        assert_eq!(kind("dial tcp: lookup x: no such host"), "error");
    }
}
