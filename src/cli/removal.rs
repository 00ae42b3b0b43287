//! The end of a codespace.

use super::context::Context;
use super::error::CliError;
use crate::codespace::{CodespaceName, label};
use crate::engine::{Engine, LabelFilter};

/// Removes everything of a codespace: what the engine has under its label, then what this machine keeps. In this order, a removal that
/// dies half-way can be repeated.
pub(super) async fn remove(context: &Context, engine: &Engine, name: &CodespaceName) -> Result<(), CliError> {
    let filter = [LabelFilter::is(label::CODESPACE, name.as_str()), LabelFilter::is(label::HOME, &context.home.id())];
    for container in engine.containers(&filter).await? {
        engine.remove(&container.id).await?;
    }
    for volume in engine.volumes(&filter).await? {
        engine.remove_volume(&volume).await?;
    }
    context.home.remove(name)?;
    Ok(())
}
