//! The metadata label of the image under a configuration, where this machine's engine has the image.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::compose;
use super::files::joined;
use super::place::Place;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::codespace::label;
use crate::devcontainer::{ComposeService, Configuration, DEFAULT_IMAGE, Dockerfile, Effect, Entry, Kind, Spanned};
use crate::engine::architecture;
use crate::report::plain;

/// Returns the image whose label counts: the named one, the default one, or what a Dockerfile builds on; nothing where that cannot be told.
pub(super) async fn image(
    context: &mut Context,
    config: &Configuration,
    effect: &Effect,
    place: &Place,
) -> Result<Option<String>, CliError> {
    match &config.kind {
        Kind::Image(named) => {
            let image = effect.configuration.get("image").and_then(Value::as_str).unwrap_or_default();
            if image.is_empty() {
                return Err(config.error(named.span.clone(), "the image's name is empty", None).into());
            }
            Ok(Some(image.to_owned()))
        }
        Kind::Default => Ok(Some(DEFAULT_IMAGE.to_owned())),
        Kind::Dockerfile(named) => {
            let build = effect.configuration.get("build");
            let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
            let file = text(effect.configuration.get("dockerFile")).or_else(|| text(build?.get("dockerfile")));
            let file = file.unwrap_or_else(|| named.value.clone());
            let path = joined(place.path().parent().unwrap_or(Path::new("")), &file);
            let path =
                path.filter(|path| place.root().join(path).is_file()).and_then(|path| path.to_str().map(str::to_owned));
            let Some(path) = path else {
                let hint = "it is looked for beside the configuration, and lies in the repository".to_owned();
                return Err(config
                    .error(named.span.clone(), format!("there is no Dockerfile {file}"), Some(hint))
                    .into());
            };
            let dockerfile = crate::cli::configuration::read(place.root(), &path)?;
            let args = build.and_then(|build| build.get("args")).and_then(Value::as_object).into_iter().flatten();
            let args = args
                .map(|(name, value)| (name.clone(), text(Some(value)).unwrap_or_else(|| value.to_string())))
                .collect();
            let target = text(build.and_then(|build| build.get("target")));
            let base = Dockerfile::read(&dockerfile).base_image(&args, target.as_deref(), architecture());
            if base.is_none() {
                context.ui.say(&format!(
                    "note: {} builds on no image, or has no such stage: there is no metadata\n",
                    plain(&path)
                ));
            }
            Ok(base)
        }
        Kind::Compose { files, service } => {
            let files_span = config.span_of("dockerComposeFile").unwrap_or_default();
            let Some(service) = service else {
                return Err(config.error(files_span, "`dockerComposeFile` needs a `service`", None).into());
            };
            let service = ComposeService {
                files: replaced(files, effect.configuration.get("dockerComposeFile")),
                files_span,
                service: replaced(std::slice::from_ref(service), effect.configuration.get("service")).remove(0),
                run_services: Vec::new(),
            };
            compose::image(context, config, &service, place).await
        }
    }
}

/// Returns texts of the file as they are with their variables replaced.
fn replaced(texts: &[Spanned<String>], values: Option<&Value>) -> Vec<Spanned<String>> {
    let values: Vec<&Value> = match values {
        Some(Value::Array(several)) => several.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let one = |(at, text): (usize, &Spanned<String>)| Spanned {
        value: values.get(at).and_then(|value| value.as_str()).unwrap_or(&text.value).to_owned(),
        span: text.span.clone(),
    };
    texts.iter().enumerate().map(one).collect()
}

/// Returns the entries of an image's label. Without an engine, or the image on it, there are none, which is told.
pub(super) async fn entries(context: &mut Context, image: &str) -> Vec<Entry> {
    if image.is_empty() {
        return Vec::new();
    }
    let problem = match labels(context, image).await {
        Ok(labels) => match labels.get(label::METADATA).map(|label| Entry::of_label(label)) {
            None => return Vec::new(),
            Some(Ok(entries)) => return entries,
            Some(Err(problem)) => format!("the devcontainer.metadata label of {image} is ignored: {problem}"),
        },
        Err(problem) => format!("the metadata of {image} is left out: {problem}"),
    };
    context.ui.say(&format!("warning: {}\n", plain(&problem)));
    Vec::new()
}

async fn labels(context: &Context, image: &str) -> Result<BTreeMap<String, String>, String> {
    let engine = context.engine().map_err(|error| error.message().to_owned())?;
    match engine.image(image).await {
        Ok(Some(details)) => Ok(details.labels),
        Ok(None) => Err("the engine does not have the image".to_owned()),
        Err(error) => Err(CliError::from(error).message().to_owned()),
    }
}
