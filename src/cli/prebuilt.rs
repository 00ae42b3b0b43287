//! The prebuild that a new codespace is made of: `--prebuild`.

use std::path::Path;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use super::context::Context;
use super::error::{CliError, Kind};
use super::hold::share;
use super::prebuild::history::{History, key};
use crate::codespace::CodespaceName;
use crate::devcontainer::ContainerSource;
use crate::engine::Engine;
use crate::prebuild::{Candidate, Chosen, Distance, Unfit, Wanted, Watched, choose};
use crate::repository::Standing;
use crate::steps::{KeptPrebuild, Order, Prebuilt};

/// Which prebuild is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PrebuildWish {
    /// One that fits.
    Auto,
    /// None.
    Never,
    /// This one.
    Named(CodespaceName),
}

impl FromStr for PrebuildWish {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "never" => Ok(Self::Never),
            name => name.parse().map(Self::Named).map_err(|error| format!("{error}, or say auto or never")),
        }
    }
}

/// Has a new codespace made of a prebuild, where one fits, which nobody removes until that is done.
pub(super) async fn apply(
    context: &mut Context,
    engine: &Engine,
    mut order: Order,
    wish: &PrebuildWish,
) -> Result<Order, CliError> {
    loop {
        order = choose_one(context, engine, order, wish).await?;
        let Some(prebuilt) = &order.prebuilt else { return Ok(order) };
        let held = share(context, "up", prebuilt.kept.name.to_string()).await?;
        let kept = KeptPrebuild::all(engine, &context.home.id()).await?;
        // Who had it alone may have removed it.
        if kept.iter().any(|one| one.name == prebuilt.kept.name) {
            order.making.push(held);
            return Ok(order);
        }
        order.prebuilt = None;
    }
}

async fn choose_one(context: &Context, engine: &Engine, order: Order, wish: &PrebuildWish) -> Result<Order, CliError> {
    if *wish == PrebuildWish::Never || order.fault.is_some() {
        return Ok(order);
    }
    let kept = KeptPrebuild::all(engine, &context.home.id()).await?;
    let mut kept: Vec<KeptPrebuild> = kept.into_iter().filter(|one| one.record.source == order.source).collect();
    if let PrebuildWish::Named(name) = wish {
        if !kept.iter().any(|one| one.name == *name) {
            let names: Vec<&str> = kept.iter().map(|one| one.name.as_str()).collect();
            let hint = if names.is_empty() {
                "it has none: `localspace prebuild create`".to_owned()
            } else {
                format!("it has: {}", names.join(", "))
            };
            let message = format!("the repository has no prebuild {name}");
            return Err(CliError::new(Kind::Usage, message, Some(hint)));
        }
        kept.retain(|one| one.name == *name);
    }
    if kept.is_empty() {
        return Ok(order);
    }
    let candidates = candidates(&order, &kept).await;
    let configuration = digest(&order)?;
    let key = key(&order.source, order.reference.as_deref(), &order.config_path);
    let history = History::load(context, &key);
    let wanted = Wanted {
        branch: order.reference.as_deref(),
        config_path: &order.config_path,
        configuration: &configuration,
        last_run: history.last_run(context, &key),
        is_optimized: history.optimized,
    };
    match (choose(&wanted, &candidates), wish) {
        (Chosen::Use(at), _) => {
            let commits = match candidates.get(at).map(|one| &one.distance) {
                Some(Distance::Behind(commits)) => commits.clone(),
                Some(Distance::Unknown | Distance::Beside) | None => Vec::new(),
            };
            let prebuilt = kept.get(at).cloned().map(|kept| Prebuilt { kept, commits });
            Ok(Order { prebuilt, ..order })
        }
        (Chosen::None(reason), PrebuildWish::Named(name)) => {
            let hint = "`--prebuild auto` takes one that fits, or makes the codespace without".to_owned();
            Err(CliError::new(Kind::Usage, format!("the prebuild {name} cannot be used: {reason}"), Some(hint)))
        }
        (Chosen::None(Unfit::NoPrebuild | Unfit::OtherConfiguration), _) => Ok(order),
        (Chosen::None(reason), _) => Ok(Order { without_prebuild: Some(reason.to_string()), ..order }),
    }
}

/// Returns prebuilds with how far they are from an order's commit.
pub(super) async fn candidates(order: &Order, kept: &[KeptPrebuild]) -> Vec<Candidate> {
    let mut all = Vec::new();
    for one in kept {
        let distance = distance(order, &one.record.commit).await;
        all.push(Candidate { name: one.name.clone(), record: one.record.clone(), distance });
    }
    all
}

async fn distance(order: &Order, commit: &str) -> Distance {
    let Some(checkout) = &order.checkout else { return Distance::Unknown };
    if order.commit.as_deref() == Some(commit) {
        return Distance::Behind(Vec::new());
    }
    match checkout.standing(commit).await {
        Standing::Unknown => Distance::Unknown,
        Standing::Before(commits) => Distance::Behind(commits),
        Standing::Beside => Distance::Beside,
    }
}

/// Returns which files are an order's configuration.
pub(super) fn watched(order: &Order) -> Watched {
    let folder = Path::new(&order.config_path).parent().unwrap_or(Path::new(""));
    let named: Vec<String> = match order.config.as_ref().map(|config| &config.source) {
        Some(ContainerSource::Dockerfile(build)) => vec![build.dockerfile.value.clone()],
        Some(ContainerSource::Compose(service)) => service.files.iter().map(|file| file.value.clone()).collect(),
        Some(ContainerSource::Image(_)) | None => Vec::new(),
    };
    let named: Vec<String> = named.iter().map(|path| folder.join(path).display().to_string()).collect();
    Watched::of(&order.config_path, named.iter().map(String::as_str))
}

/// Returns a digest of the configuration's files, as they are in the clone.
pub(super) fn digest(order: &Order) -> Result<String, CliError> {
    let mut all = Sha256::new();
    if let Some(top) = order.files() {
        for path in watched(order).paths() {
            add(&mut all, top, Path::new(path))?;
        }
    }
    Ok(all.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Adds a file, or everything in a folder by its names' order: what it is called, and what is in it.
fn add(all: &mut Sha256, top: &Path, path: &Path) -> Result<(), CliError> {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;
    let file = top.join(path);
    let Ok(about) = file.symlink_metadata() else { return Ok(()) };
    if about.is_dir() {
        let mut names =
            std::fs::read_dir(&file)?.map(|entry| Ok(entry?.file_name())).collect::<std::io::Result<Vec<_>>>()?;
        names.sort();
        return names.iter().try_for_each(|name| add(all, top, &path.join(name)));
    }
    let content = if about.is_symlink() {
        std::fs::read_link(&file)?.as_os_str().as_bytes().to_vec()
    } else {
        let mut one = Sha256::new();
        std::io::copy(&mut std::fs::File::open(&file)?, &mut HashWriter(&mut one))?;
        one.finalize().to_vec()
    };
    let kind: u8 = if about.is_symlink() { b'l' } else { u8::from(about.permissions().mode() & 0o100 != 0) };
    for part in [path.as_os_str().as_bytes(), &[kind], &content] {
        all.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        all.update(part);
    }
    Ok(())
}

struct HashWriter<'a>(&'a mut Sha256);

impl std::io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
