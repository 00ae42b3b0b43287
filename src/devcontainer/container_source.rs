//! What a configuration's container is made from, typed.

use std::ops::Range;

use super::configuration::{Configuration, DEFAULT_IMAGE, Kind};
use super::document::{ConfigError, Document, Spanned};
use super::jsonc::{Content, Node};
use super::reader::Reader;

/// What a container is made from, as the file says it: no variable replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerSource {
    /// An image.
    Image(Spanned<String>),
    /// A Dockerfile that is built.
    Dockerfile(DockerfileBuild),
    /// A service of a Docker Compose project.
    Compose(ComposeService),
}

/// A Dockerfile and how it is built (devcontainer-semantics.md section 1.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DockerfileBuild {
    /// `build.dockerfile`, or `dockerFile`: beside the configuration.
    pub dockerfile: Spanned<String>,
    /// `build.context`, or `context`: beside the configuration; the Dockerfile's folder where absent.
    pub context: Option<Spanned<String>>,
    /// `build.target`.
    pub target: Option<Spanned<String>>,
    /// `build.args`.
    pub args: Vec<(String, String)>,
    /// `build.cacheFrom`.
    pub cache_from: Vec<Spanned<String>>,
    /// `build.options`: arguments of `docker build`.
    pub options: Vec<Spanned<String>>,
}

/// A service of a Docker Compose project (devcontainer-semantics.md section 1.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComposeService {
    /// `dockerComposeFile`: beside the configuration; none for Compose's own choice.
    pub files: Vec<Spanned<String>>,
    /// Where they are named.
    pub files_span: Range<usize>,
    /// `service`.
    pub service: Spanned<String>,
    /// `runServices`; all where there are none.
    pub run_services: Vec<Spanned<String>>,
}

impl ContainerSource {
    /// Reads what a configuration's container is made from. What is missing for it has been found before.
    pub(super) fn of(config: &Configuration) -> Result<Self, ConfigError> {
        let document = config.document();
        let reader = Reader { document: &document, object: &config.root };
        Ok(match &config.kind {
            Kind::Image(image) => Self::Image(image.clone()),
            Kind::Default => Self::Image(Spanned { value: DEFAULT_IMAGE.to_owned(), span: 0..1 }),
            Kind::Dockerfile(dockerfile) => Self::Dockerfile(build(&document, &reader, dockerfile)?),
            Kind::Compose { files, service } => {
                let files_span = config.span_of("dockerComposeFile").unwrap_or_default();
                let service = service
                    .clone()
                    .ok_or_else(|| document.error(files_span.clone(), "`dockerComposeFile` needs a `service`"))?;
                let run_services = reader.list("runServices")?;
                Self::Compose(ComposeService { files: files.clone(), files_span, service, run_services })
            }
        })
    }

    /// Returns the place in the configuration that names it.
    pub fn span(&self) -> &Range<usize> {
        match self {
            Self::Image(image) => &image.span,
            Self::Dockerfile(build) => &build.dockerfile.span,
            Self::Compose(service) => &service.service.span,
        }
    }

    /// Returns the image, where it is one.
    pub const fn image(&self) -> Option<&Spanned<String>> {
        match self {
            Self::Image(image) => Some(image),
            Self::Dockerfile(_) | Self::Compose(_) => None,
        }
    }
}

/// The older form has the Dockerfile and the context at the top, and the rest in `build` as well.
fn build(
    document: &Document<'_>,
    top: &Reader<'_>,
    dockerfile: &Spanned<String>,
) -> Result<DockerfileBuild, ConfigError> {
    let nothing = Node { span: 0..0, content: Content::Null };
    let build = Reader { document, object: top.get("build").unwrap_or(&nothing) };
    let context = if top.get("dockerFile").is_some() { top.string("context")? } else { build.string("context")? };
    let args = build.environment("args")?.into_iter().filter_map(|(name, value)| Some((name, value?)));
    Ok(DockerfileBuild {
        dockerfile: dockerfile.clone(),
        context,
        target: build.string("target")?,
        args: args.collect(),
        cache_from: build.strings("cacheFrom")?,
        options: build.list("options")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> ContainerSource {
        ContainerSource::of(&Configuration::read(text, "d.json").expect(text)).expect(text)
    }

    fn build(text: &str) -> DockerfileBuild {
        let ContainerSource::Dockerfile(build) = source(text) else { panic!("a Dockerfile: {text}") };
        build
    }

    #[test]
    fn a_build_has_an_older_form() {
        let context = |text: &str| build(text).context.map(|context| context.value);
        assert_eq!(context(r#"{"build": {"dockerfile": "D", "context": ".."}}"#).as_deref(), Some(".."));
        assert_eq!(context(r#"{"dockerFile": "D", "context": ".."}"#).as_deref(), Some(".."));
        assert_eq!(context(r#"{"build": {"dockerfile": "D"}, "context": ".."}"#), None);
        assert_eq!(context(r#"{"dockerFile": "D", "build": {"context": ".."}}"#), None);
    }

    #[test]
    fn what_a_build_is_given_keeps_its_order_and_place() {
        let text = r#"{"build": {"dockerfile": "D", "target": "dev", "args": {"B": "1", "A": "2", "B": "3"},
            "cacheFrom": "x", "options": ["--network", "host"]}}"#;
        let build = build(text);
        assert_eq!(build.target.expect("one").value, "dev");
        assert_eq!(build.args, [("A".to_owned(), "2".to_owned()), ("B".to_owned(), "3".to_owned())]);
        assert_eq!(build.cache_from[0].value, "x");
        let options: Vec<_> = build.options.iter().map(|one| text.get(one.span.clone())).collect();
        assert_eq!(options, [Some("\"--network\""), Some("\"host\"")]);
    }

    #[test]
    fn a_service_has_its_files() {
        let ContainerSource::Compose(service) =
            source(r#"{"dockerComposeFile": ["a", "b"], "service": "s", "runServices": ["db"]}"#)
        else {
            panic!("Compose")
        };
        let texts = |all: &[Spanned<String>]| all.iter().map(|one| one.value.clone()).collect::<Vec<_>>();
        assert_eq!(
            (texts(&service.files), texts(&service.run_services)),
            (vec!["a".into(), "b".into()], vec!["db".into()])
        );
        assert_eq!(service.service.value, "s");
    }
}
