//! `up --bind`: a codespace of a working tree, which is mounted itself, as the reference CLI does it. For people who edit live.

use std::collections::BTreeMap;
use std::path::Path;

use super::configuration::{self, absolute};
use super::context::Context;
use super::error::{CliError, Kind};
use super::made::Made;
use super::order::{Identity, NewCodespace};
use super::run_options::{RunOptions, consent};
use crate::codespace::label;
use crate::devcontainer::{
    Configuration, ContainerSource, DevContainer, Effect, Found, FoundBy, Mount, Variables, devcontainer_id, effect,
};
use crate::engine::Engine;
use crate::github::Authorization;
use crate::plan::{Attach, Occasion};
use crate::repository;
use crate::steps::{Bind, Ids, OnFailure, Order, Workspaces, recovery_configuration};

/// A folder of this machine and the configuration in it.
#[derive(Debug)]
struct Opened<'a> {
    /// As it was named, links as they are: what editors call it.
    folder: &'a Path,
    top: &'a Path,
    /// The configuration's path in the folder.
    config: Option<&'a str>,
    by: FoundBy,
}

/// Returns the order to make a codespace of a working tree.
pub(super) async fn order(
    context: &mut Context,
    engine: &Engine,
    new: NewCodespace<'_>,
    opened: &str,
    attach: Attach,
    options: &RunOptions,
) -> Result<Order, CliError> {
    is_here(engine)?;
    let tree = repository::look(new.source, &new.wanted).await?;
    let folder = absolute(repository::opened(Path::new(opened)))?;
    let config_path = configuration::find(&mut context.ui, &folder, new.source, new.config).await?;
    let by = if new.config.is_some() { FoundBy::Name } else { FoundBy::Search };
    let top = repository::top_of(&folder);
    let opened = Opened { folder: &folder, top, config: config_path.as_deref(), by };
    let on_failure = options.on_failure(context);
    let (made, bind, fault) = match (opened.read(context), &on_failure) {
        (Err(fault), OnFailure::Recover { image }) if fault.kind == Kind::Usage => {
            let mount = Bind::mount_of(top);
            let bind = opened.bind(&mount.target.clone(), Some(mount));
            let made = Made::of(recovery_configuration(image)?, &opened.variables(context), &bind.target)?;
            (made, bind, Some(fault.into()))
        }
        (read, OnFailure::Recover { .. } | OnFailure::Keep) => {
            let (made, bind) = read?;
            (made, bind, None)
        }
    };
    let consent = consent(context, options, made.config.initialize.as_ref(), &tree.name).await;
    let mut notes = made.notes();
    notes.push(format!("{} itself is mounted: what is changed in the codespace is changed there", tree.top.display()));
    let identity = Identity {
        name: new.name,
        repository: tree.name,
        actor: new.wanted.owner,
        source: new.source.location.clone(),
        config_path: config_path.unwrap_or_default(),
        purpose: new.purpose,
        reference: tree.reference,
        commit: tree.commit,
        branch: new.branch,
        authorization: Authorization::NotAsked,
    };
    Ok(Order {
        occasion: Occasion::Create,
        lockfile: new.lockfile,
        dotfiles: new.dotfiles,
        bind: Some(bind),
        workspaces: Workspaces::Empty,
        fault,
        consent,
        notes,
        ..made.order(context, identity.order(context, attach, options))
    })
}

impl Opened<'_> {
    /// Reads the configuration: what a container is made of, and what of this machine is mounted into it.
    fn read(&self, context: &Context) -> Result<(Made, Bind), CliError> {
        let configuration = match self.config {
            Some(path) => Configuration::read(&configuration::read(self.folder, path)?, path)?,
            None => Configuration::none(),
        };
        let config = DevContainer::of(&configuration)?;
        let Effect { workspace, variables, .. } = effect(&configuration, &self.found(), self.variables(context));
        let folder = workspace.get("workspaceFolder").and_then(serde_json::Value::as_str).unwrap_or("/").to_owned();
        let span = config.workspace_mount.as_ref().map(|mount| mount.span.clone());
        let own_mount = match config.source {
            // Its Compose file says what is mounted, and where.
            ContainerSource::Compose(_) => None,
            ContainerSource::Image(_) | ContainerSource::Dockerfile(_) => span,
        };
        let mount = match (own_mount, workspace.get("workspaceMount")) {
            (Some(span), Some(serde_json::Value::String(own))) if !own.is_empty() => Some(
                Mount::parse(own)
                    .map_err(|problem| config.error(span, format!("`workspaceMount`: {problem}"), None))?,
            ),
            // Reference CLI: an empty one mounts nothing.
            (Some(_), _) => None,
            (None, _) => Some(Bind::mount_of(self.top)),
        };
        let target = mount.as_ref().map_or(folder.clone(), |mount| mount.target.clone());
        Ok((Made::of(config, &variables, &folder)?, self.bind(&target, mount)))
    }

    /// What variables stand for before there is a container.
    fn variables(&self, context: &Context) -> Variables {
        Variables {
            local_env: context.environment.clone(),
            local_folder: Some(self.folder.display().to_string()),
            id: Some(devcontainer_id(&self.labels())),
            ..Variables::default()
        }
    }

    /// Returns the labels by which the reference CLI and editors know the container.
    fn labels(&self) -> BTreeMap<String, String> {
        let found = self.found();
        let file = found.file.map(|file| (label::CONFIG_FILE.to_owned(), file));
        [(label::LOCAL_FOLDER.to_owned(), found.folder)].into_iter().chain(file).collect()
    }

    fn found(&self) -> Found {
        Found {
            folder: self.folder.display().to_string(),
            top: self.top.display().to_string(),
            file: self.config.map(|path| self.folder.join(path).display().to_string()),
            by: self.by,
            gitdir: None,
        }
    }

    fn bind(&self, target: &str, mount: Option<Mount>) -> Bind {
        Bind { folder: self.folder.to_owned(), target: target.to_owned(), mount, ids: ids() }
    }
}

/// Returns the numbers of the user of this machine, which the remote user is given: nothing for root, whose number is taken in every image.
fn ids() -> Option<Ids> {
    let (uid, gid) = (rustix::process::getuid(), rustix::process::getgid());
    (!uid.is_root()).then(|| Ids { uid: uid.as_raw().into(), gid: gid.as_raw().into() })
}

/// An engine mounts folders of its own machine alone.
fn is_here(engine: &Engine) -> Result<(), CliError> {
    let address = &engine.endpoint().address;
    if address.is_on_this_machine() {
        return Ok(());
    }
    let message =
        format!("--bind mounts a folder of the engine's machine, and the engine at {address} is not on this one");
    let hint = "leave --bind out: then the repository is cloned into the codespace".to_owned();
    Err(CliError::new(Kind::Usage, message, Some(hint)))
}
