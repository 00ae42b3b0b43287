//! `localspace secret list --phases`: which secret reaches which phase (DESIGN section 2, "Secrets by phase").

use serde_json::{Value, json};

use super::effective::{Asked, origin};
use crate::cli::error::CliError;
use crate::github::hub::HubSecret;
use crate::github::{Purpose, SecretLevel, SecretName, reaches};
use crate::phase::{Hook, Phase};
use crate::report::table;

/// A name, and the secret that it is in a codespace and in a prebuild.
struct Row<'a> {
    name: &'a SecretName,
    codespace: Option<&'a HubSecret>,
    prebuild: Option<&'a HubSecret>,
}

/// Returns the lifecycle commands that a secret of a level is in the environment of.
fn phases(level: SecretLevel, purpose: Purpose) -> Vec<&'static str> {
    let run = |phase: &Phase| purpose == Purpose::Codespace || *phase <= Phase::UpdateContentCommand;
    let hooks = Hook::ALL.into_iter().map(Hook::phase).filter(run);
    hooks.filter(|phase| reaches(level, *phase, purpose)).map(Phase::name).collect()
}

fn each<T>(asked: &Asked, mut told: impl FnMut(Row<'_>) -> T) -> Result<Vec<T>, CliError> {
    let (codespace, prebuild) = (asked.viewer(Purpose::Codespace)?, asked.viewer(Purpose::Prebuild)?);
    let (codespace, prebuild) = (asked.decided(&codespace), asked.decided(&prebuild));
    // Both are of the same names in the same order.
    let rows = codespace.iter().zip(&prebuild);
    Ok(rows.map(|(one, other)| told(Row { name: one.name, codespace: one.winner, prebuild: other.winner })).collect())
}

/// Returns the document for a program.
pub(super) fn document(asked: &Asked) -> Result<Value, CliError> {
    let of = |secret: Option<&HubSecret>, purpose| {
        let mut object = origin(secret?);
        let phases = phases(secret?.scope.level(), purpose);
        object.as_object_mut()?.insert("phases".to_owned(), phases.into());
        Some(object)
    };
    let rows = each(asked, |row| {
        json!({
            "name": row.name.as_str(),
            "codespace": of(row.codespace, Purpose::Codespace),
            "prebuild": of(row.prebuild, Purpose::Prebuild),
        })
    })?;
    Ok(Value::from(rows))
}

/// Returns it for a person.
pub(super) fn text(asked: &Asked) -> Result<String, CliError> {
    let of = |secret: Option<&HubSecret>, purpose| {
        secret.map_or("-".to_owned(), |secret| {
            let phases = phases(secret.scope.level(), purpose);
            let all = if phases.len() == Hook::ALL.len() { "all commands".to_owned() } else { phases.join(", ") };
            format!("{}: {all}", secret.scope.owner())
        })
    };
    let rows = each(asked, |row| {
        vec![row.name.to_string(), of(row.codespace, Purpose::Codespace), of(row.prebuild, Purpose::Prebuild)]
    })?;
    let head = ["NAME", "CODESPACE", "PREBUILD"].map(str::to_owned).to_vec();
    Ok(format!(
        "{}\nNone is in initializeCommand, in an image's build, in a Feature's install script or in an entrypoint. A prebuild runs onCreateCommand and \
         updateContentCommand,\nand has no user's secret. Registry logins are written after updateContentCommand, and never in a prebuild.\n",
        table(head, rows)
    ))
}
