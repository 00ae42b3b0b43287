//! The order to make a codespace's container anew, around what lies in its `/workspaces`: of the configuration there, as somebody who works in
//! the codespace has left it (codespaces-facts.md section 1.3: "from config on disk, even uncommitted").

use super::bind;
use super::configuration::{self, Fault};
use super::context::Context;
use super::error::{CliError, Kind};
use super::made::{Made, variables};
use super::order::{Identity, NewCodespace};
use super::permissions;
use super::removal::remove_container;
use super::run_options::{RunOptions, consent};
use super::select::{Found, State};
use crate::codespace::{RepositoryName, label};
use crate::devcontainer::{Configuration, DevContainer};
use crate::engine::{Engine, EngineError};
use crate::plan::{Attach, InitializeConsent, Occasion};
use crate::repository::{self, Checkout, Content, Wanted};
use crate::steps::{Bind, Cache, Disk, LockfileUse, Order, Workspaces};

/// A codespace whose container is to be made anew.
#[derive(Debug)]
pub(super) struct Remake<'a> {
    pub(super) found: &'a Found,
    pub(super) cache: Cache,
    pub(super) attach: Attach,
    pub(super) options: &'a RunOptions,
}

impl Remake<'_> {
    /// Returns the order.
    pub(super) async fn order(&self, context: &mut Context, engine: &Engine) -> Result<Order, CliError> {
        let Found { name, state, .. } = self.found;
        let container = match state {
            State::Running | State::Stopped => Some(self.found.container()?.clone()),
            // What a run left that died while it made the container is of no use, and what is going is gone.
            State::NeverStarted | State::Leaving | State::Gone => {
                remove_container(context, engine, name).await?;
                None
            }
        };
        if let Some(bind) = self.found.bind() {
            return Ok(Order { container, ..self.of_bind(context, engine, &bind).await? });
        }
        let disk = match &container {
            Some(container) => Disk::of_container(engine.clone(), container.clone()),
            None => Disk::of_volume(engine.clone(), name, self.found.labels()).await?,
        };
        let read = self.read(context, &disk).await;
        disk.close().await?;
        Ok(Order { container, ..read? })
    }

    async fn read(&self, context: &mut Context, disk: &Disk) -> Result<Order, CliError> {
        let found = self.found;
        let repository = found.label(label::REPOSITORY).parse().unwrap_or_else(|_| RepositoryName::unknown());
        let folder = format!("/workspaces/{}", repository.name());
        let variables = variables(context, folder.clone());
        let on_failure = self.options.on_failure(context);
        let mut config_path = found.label(label::CONFIG).to_owned();
        let made = match self.configuration(disk, &folder).await {
            Ok((path, config)) => {
                config_path = path;
                Made::of(config, &variables, &folder)
            }
            Err(fault) => Err(fault),
        };
        let (made, fault) = Made::or_recovery(made, &on_failure, &variables, &folder)?;
        let consent = consent(context, self.options, made.config.initialize.as_ref(), &repository).await;
        let checkout = if wants_files(&made, consent) {
            let files = Checkout::empty(&context.room_for_clone(&found.name).await, repository.clone())?;
            disk.copy(&folder, files.path())
                .await
                .map_err(|error| CliError::new(Kind::Engine, error.to_string(), None))?;
            Some(files)
        } else {
            None
        };
        let mut notes = made.notes_of_clone();
        if !matches!(found.state, State::Running | State::Stopped) {
            notes.push(format!(
                "the container of {} was removed by something else: a new one is made, and its /workspaces is left as it is",
                found.name
            ));
        }
        notes.extend(permissions::unchanged(found, &made.config));
        if config_path != found.label(label::CONFIG) {
            notes.push(format!("the configuration is {config_path}, which was not there when the codespace was made"));
        }
        let identity = Identity { config_path, ..Identity::of(found) };
        Ok(Order {
            occasion: Occasion::Rebuild,
            checkout,
            cache: self.cache,
            fault,
            consent,
            notes,
            ..made.order(context, identity.order(context, self.attach, self.options))
        })
    }

    /// Returns the order where a working tree is mounted.
    async fn of_bind(&self, context: &mut Context, engine: &Engine, bind: &Bind) -> Result<Order, CliError> {
        let found = self.found;
        let source = repository::locate(found.label(label::SOURCE))?;
        let wanted = Wanted {
            reference: None,
            content: Content::WorkingTree,
            name: found.label(label::REPOSITORY).parse().ok(),
            owner: found.label(label::ACTOR).to_owned(),
        };
        let config = found.labelled(label::CONFIG).filter(|path| bind.folder.join(path).symlink_metadata().is_ok());
        let new = NewCodespace {
            name: found.name.clone(),
            purpose: found.purpose(),
            source: &source,
            wanted,
            branch: found.branch(),
            config: config.as_deref(),
            lockfile: LockfileUse::default(),
            dotfiles: None,
        };
        let folder = bind.folder.display().to_string();
        let order = bind::order(context, engine, new, &folder, self.attach, self.options).await?;
        Ok(Order {
            occasion: Occasion::Rebuild,
            workspaces: Workspaces::Kept,
            cache: self.cache,
            authorization: found.authorization(),
            ..order
        })
    }

    /// Returns the configuration's path in the repository, and what it says. A codespace that was made without one may have one by now; where its
    /// own is gone, another one that is found without being asked for takes its place.
    async fn configuration(&self, disk: &Disk, folder: &str) -> Result<(String, DevContainer), CliError> {
        let own = self.found.label(label::CONFIG);
        for path in [own, ".devcontainer/devcontainer.json", ".devcontainer.json"] {
            if path.is_empty() {
                continue;
            }
            let bytes = match disk.file(&format!("{folder}/{path}"), configuration::LARGEST).await {
                Err(EngineError::TooLarge { .. }) => return Err(Fault::too_large(path).into()),
                read => read?,
            };
            if let Some(bytes) = bytes {
                let text = configuration::text(bytes, path)?;
                return Ok((path.to_owned(), DevContainer::parse(&text, path)?));
            }
        }
        if own.is_empty() {
            return Ok((String::new(), DevContainer::of(&Configuration::none())?));
        }
        let name = &self.found.name;
        let message = format!("{folder}/{own} of {name} is gone: there is no configuration to make a container from");
        let hint = match self.found.state {
            State::Running | State::Stopped => {
                format!("put it back, for example by `localspace exec -c {name} -- git checkout HEAD -- {own}`")
            }
            State::NeverStarted | State::Leaving | State::Gone => {
                format!("`localspace delete -c {name}` removes the codespace with what is in its /workspaces")
            }
        };
        Err(CliError::new(Kind::Usage, message, Some(hint)))
    }
}

/// Tells whether the repository's files are to be taken out of the codespace: for a build, a command on this machine, or a file of variables.
fn wants_files(made: &Made, consent: InitializeConsent) -> bool {
    let runs = made.config.initialize.is_some() && consent == InitializeConsent::Given;
    let secured = made.config.properties.security_opt.iter().any(|option| option.value.starts_with("seccomp"));
    runs || secured || made.image.is_none() || made.config.has_features || made.run_args.names_files()
}
