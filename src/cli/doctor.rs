//! `localspace doctor`

use serde_json::json;

use super::context::Context;
use super::error::{CliError, Kind};
use crate::compose::Docker;

/// Say what this machine lacks, and what to do about it
///
/// Example: localspace doctor
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    /// Whether every codespace needs it.
    needed: bool,
    found: Result<String, (String, String)>,
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let findings = [engine(context).await, git().await, home(context), compose(context).await];
    let healthy = findings.iter().all(|finding| finding.found.is_ok() || !finding.needed);
    if args.json {
        let all: Vec<_> = findings
            .iter()
            .map(|finding| match &finding.found {
                Ok(detail) => json!({ "check": finding.what, "ok": true, "detail": detail }),
                Err((detail, hint)) => json!({ "check": finding.what, "ok": false, "detail": detail, "hint": hint }),
            })
            .collect();
        context.ui.data(&format!("{}\n", json!({ "ok": healthy, "checks": all })))?;
    } else {
        for finding in &findings {
            let line = match &finding.found {
                Ok(detail) => format!("ok       {}: {detail}\n", finding.what),
                Err((detail, hint)) => format!("missing  {}: {detail}\n         hint: {hint}\n", finding.what),
            };
            context.ui.data(&line)?;
        }
    }
    Ok(if healthy { 0 } else { Kind::Engine.exit_code() })
}

async fn engine(context: &Context) -> Finding {
    let what = "engine";
    let asked = async {
        let endpoint = context.endpoint()?;
        let said = format!("{} (found by {})", endpoint.address, endpoint.found_by);
        let version = context.engine()?.version().await?;
        Ok::<_, CliError>(format!("{} {}, API {}, {}/{}", said, version.version, version.api, version.os, version.arch))
    };
    let failed = |error: CliError| {
        let hint = error.hint().unwrap_or("install and start Docker, or set DOCKER_HOST").to_owned();
        (error.message().to_owned(), hint)
    };
    Finding { what, needed: true, found: asked.await.map_err(failed) }
}

async fn git() -> Finding {
    let found = match tokio::process::Command::new("git").arg("--version").output().await {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        Ok(output) => Err((format!("`git --version` ended: {}", output.status), "install git".to_owned())),
        Err(error) => Err((error.to_string(), "install git".to_owned())),
    };
    Finding { what: "git", needed: true, found }
}

/// Only a configuration with `dockerComposeFile` needs it.
async fn compose(context: &Context) -> Finding {
    let asked = async {
        let folder = tempfile::tempdir()?;
        let engine = context.endpoint().map(|endpoint| endpoint.for_docker_command()).unwrap_or_default();
        let docker = Docker::new(folder.path(), engine, &context.environment);
        docker.ask(folder.path(), &["version".to_owned()]).await
    };
    let found = match asked.await {
        Ok(said) if said.success => Ok(said.stdout.trim().to_owned()),
        Ok(said) => Err((said.reason(), "`docker compose version` says more".to_owned())),
        Err(error) => {
            let hint = error.hint().unwrap_or_default();
            Err((error.to_string(), format!("only a configuration with dockerComposeFile needs it: {hint}")))
        }
    };
    Finding { what: "docker compose", needed: false, found }
}

fn home(context: &Context) -> Finding {
    let tried = context.home.try_lock_key("doctor", "localspace doctor");
    let hint = "make it writable, or set LOCALSPACE_HOME".to_owned();
    Finding {
        what: "state folder",
        needed: true,
        found: tried.map(|_| "can be written".to_owned()).map_err(|error| (error.to_string(), hint)),
    }
}
