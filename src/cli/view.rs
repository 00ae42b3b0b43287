//! `localspace view`

use serde_json::{Value, json};

use super::context::Context;
use super::error::CliError;
use super::hub::Whose;
use super::list::{created_at, object};
use super::order::Identity;
use super::secrets::{Before, StartedWith};
use super::select::{self, Found, Selector, Service, State};
use super::sources::secrets_now;
use super::status::Status;
use crate::codespace::label;
use crate::diagnosis::{Standing, renewal};
use crate::github::Authorization;
use crate::journal::{RegistryLogin, read_outline};
use crate::permissions::Access;
use crate::report::{self, Place, UpDocument, moment, plain, timeline};
use crate::steps::Kept;

/// Show one codespace and what its newest run came to
///
/// Example: localspace view -c brisk-parakeet-x7k2p9 --json
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    selector: Selector,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let engine = context.engine()?;
    let found = select::one(context, &args.selector, &engine).await?;
    let summary = select::newest(context, &found.name);
    let status = Status::of(context, &found, summary.as_ref());
    let newer = newer_secrets(context, &found).await;
    let logins = logins(context, &found);
    let services = select::services(context, &engine, &found).await?;
    if args.json {
        let mut all = object(&found, &status);
        if let Some(fields) = all.as_object_mut() {
            fields.insert("newerSecrets".to_owned(), json!(newer));
            fields.insert("logins".to_owned(), logins.iter().map(Login::document).collect());
            fields.insert("permissions".to_owned(), permissions(&found));
            if !services.is_empty() {
                let of = |one: &Service| {
                    let state = if one.runs { "running" } else { "exited" };
                    json!({ "service": one.name, "state": state, "status": one.status, "containerId": one.id.as_str() })
                };
                fields.insert("services".to_owned(), services.iter().map(of).collect());
            }
            if let Some(summary) = &summary {
                let run = UpDocument::new(summary, Place { name: found.name.to_string(), ..Place::default() });
                for (name, value) in [
                    ("phases", serde_json::to_value(&run.phases)),
                    ("registries", serde_json::to_value(&run.registries)),
                    ("diagnoses", serde_json::to_value(&run.diagnoses)),
                ] {
                    fields.insert(name.to_owned(), value.unwrap_or_default());
                }
            }
        }
        context.ui.data(&format!("{all}\n"))?;
        return Ok(0);
    }
    let mut text = rows(&found, &status, &newer);
    for login in &logins {
        text.push_str(&format!("{:18}  {}\n", "Registry Login", login.text()));
    }
    for one in &services {
        text.push_str(&format!("{:18}  {}: {}\n", "Service", plain(&one.name), plain(&one.status)));
    }
    if let Some(summary) = &summary {
        text = format!("{text}\n{}", timeline(summary, context.ui.out_look()));
    }
    context.ui.data(&text)?;
    Ok(0)
}

fn rows(found: &Found, status: &Status, newer: &[String]) -> String {
    let commit = found.label(label::COMMIT).get(..12).unwrap_or_default();
    let state = match &status.remark {
        Some(remark) => format!("{} ({remark})", status.word),
        None => status.word.to_owned(),
    };
    let rows = [
        ("Name", found.name.to_string()),
        ("State", state),
        ("Repository", found.label(label::REPOSITORY).to_owned()),
        ("Source", found.label(label::SOURCE).to_owned()),
        ("Git Status", format!("{} {commit}", found.label(label::REF))),
        ("Mounted", found.bind().map_or(String::new(), |_| found.label(label::LOCAL_FOLDER).to_owned())),
        ("Devcontainer Path", found.label(label::CONFIG).to_owned()),
        ("Workspace Folder", found.label(label::WORKSPACE_FOLDER).to_owned()),
        ("Container", found.container_id().get(..12).unwrap_or_default().to_owned()),
        ("Permissions", told(&found.authorization())),
        ("Created At", created_at(found)),
        ("Newer Secrets", newer.join(", ")),
    ];
    // A repository chooses some of these texts.
    let line = |(name, value): &(&str, String)| format!("{name:18}  {}\n", plain(value.trim()));
    rows.iter().filter(|(_, value)| !value.trim().is_empty()).map(line).collect()
}

/// Returns what came of asking for permissions, for people.
fn told(authorization: &Authorization) -> String {
    match authorization {
        Authorization::NotAsked => String::new(),
        Authorization::Granted(permissions) => format!("{permissions} (granted)"),
        Authorization::Refused(permissions) => format!("{permissions} (not authorized)"),
    }
}

/// Returns the same for a program; `null` where nothing was asked for.
fn permissions(found: &Found) -> Value {
    let (outcome, asked) = match found.authorization() {
        Authorization::NotAsked => return Value::Null,
        Authorization::Granted(permissions) => ("granted", permissions),
        Authorization::Refused(permissions) => ("refused", permissions),
    };
    let of = |access: &Access| match access {
        Access::All(level) => level.name_of_all().into(),
        Access::Each(keys) => keys.iter().map(|(key, level)| (key.name(), level.name())).collect::<Value>(),
    };
    let repositories: Value =
        asked.iter().map(|(repositories, access)| (repositories.to_string(), of(access))).collect();
    json!({ "outcome": outcome, "repositories": repositories })
}

/// Returns the names of the secrets that were set or changed since the codespace was started (DESIGN section 3).
async fn newer_secrets(context: &Context, found: &Found) -> Vec<String> {
    let kept = Kept::load(&context.home.environment(&found.name), found.container_id());
    let Some(kept) = kept.filter(|_| found.state == State::Running) else { return Vec::new() };
    let (whose, before) = (Identity::of(found), Before::of(context, &found.name));
    StartedWith::of(secrets_now(context, Whose::of_found(&whose), &before).await.secrets, &kept).newer
}

/// A registry login that stands in a codespace.
struct Login {
    told: RegistryLogin,
    standing: Standing,
    /// What makes it good again.
    renewal: String,
}

/// Returns the logins that stand in a codespace.
fn logins(context: &Context, found: &Found) -> Vec<Login> {
    if found.container_id().is_empty() {
        return Vec::new();
    }
    let Ok(records) = read_outline(&context.home.journal(&found.name), 0) else { return Vec::new() };
    let now = context.clock.now();
    let login = |told: RegistryLogin| Login {
        standing: Standing::of(&told, now),
        renewal: renewal(&told.id, &told.user, &found.name, found.state == State::Running),
        told,
    };
    report::logins(records.map_while(Result::ok)).into_iter().map(login).collect()
}

impl Login {
    fn document(&self) -> Value {
        let RegistryLogin { id, server, user, expires_at, .. } = &self.told;
        let mut document = json!({ "id": id, "server": server, "user": user });
        if let (Some(fields), Some(end)) = (document.as_object_mut(), expires_at) {
            let has_expired = matches!(self.standing, Standing::Expired(_));
            fields.insert("expiresAt".to_owned(), end.to_string().into());
            fields.insert("expired".to_owned(), has_expired.into());
            if has_expired {
                fields.insert("next".to_owned(), self.renewal.clone().into());
            }
        }
        document
    }

    fn text(&self) -> String {
        let standing = match self.standing {
            Standing::Endless => String::new(),
            Standing::Good(end) => format!(": good until {}", moment(end)),
            Standing::Expired(end) => format!(": expired at {}; next: {}", moment(end), self.renewal),
        };
        plain(&format!("{} at {}{standing}", self.told.id, self.told.server)).into_owned()
    }
}
