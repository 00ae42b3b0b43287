//! `localspace test`

mod attempt;
mod child;
mod find;
mod ground;
mod init;
mod list;
mod look;
mod place;
mod reports;
mod runner;
mod secrets;
mod watch;
mod words;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::context::Context;
use super::error::{CliError, Kind};
use attempt::Settings;
use find::{Planned, find};
use list::Format;

/// Hold a repository's codespace against what its scenarios say must be true
///
/// Scenarios are files in a `.localspace` folder. Each is a codespace of its own, made in a home of its own and removed afterwards.
///
/// Example: localspace test --junit junit.xml
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the contract")]
pub(super) struct Args {
    /// Scenarios, and folders in which they are looked for
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// How many run at a time; as many as the engine's processors and memory bear, where it is not given
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// Those alone that have this in their name; may be given several times, and one has to fit
    #[arg(long, value_name = "TEXT")]
    filter: Vec<String>,
    /// The i-th of n parts of them, for as many machines
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Try one that fails up to so many times more; where it passes then, it is reported as flaky
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=10))]
    retries: u8,
    /// Take uncommitted files too
    #[arg(long)]
    working_tree: bool,
    /// Remove nothing of what they have made
    #[arg(long)]
    keep: bool,
    /// Say which there are, and run none
    #[arg(long)]
    list: bool,
    /// How they are listed
    #[arg(long, value_name = "FORMAT", requires = "list", value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Into how many parts the list is divided that GitHub's matrix has
    #[arg(long, value_name = "N", requires = "list", value_parser = clap::value_parser!(u16).range(1..=256))]
    shards: Option<u16>,
    /// Make the codespace once, and write a scenario of what was seen, for you to trim
    #[arg(long, conflicts_with_all = ["list", "keep", "filter", "shard", "junit", "json"])]
    init: bool,
    #[command(flatten)]
    given: init::Given,
    /// Print the JSON Schema of a scenario's file
    #[arg(long, exclusive = true)]
    schema: bool,
    /// Write what it came to as JUnit's XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print what happens while it happens, as JSON lines
    #[arg(long)]
    json: bool,
}

/// One of several equal parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shard {
    /// Counted from 1.
    part: usize,
    of: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = || format!("`{text}` is no part: write 1/4 for the first of four");
        let (part, of) = text.split_once('/').ok_or_else(wanted)?;
        let (part, of) = (part.parse().map_err(|_| wanted())?, of.parse().map_err(|_| wanted())?);
        if part == 0 || part > of { Err(wanted()) } else { Ok(Self { part, of }) }
    }
}

impl Shard {
    /// Tells whether the one at an index is of this part. They are dealt in turn, so that neighbours, which are alike, are apart.
    const fn has(self, index: usize) -> bool {
        index % self.of == self.part - 1
    }
}

impl Args {
    /// Tells whether standard output is for a program.
    pub(super) const fn wants_json(&self) -> bool {
        self.json || self.schema || (self.list && !matches!(self.format, Format::Text))
    }

    /// Finds those that are meant.
    fn chosen(&self) -> Result<Vec<Planned>, CliError> {
        let all = find(&self.paths)?;
        if all.is_empty() {
            let paths: Vec<String> = self.paths.iter().map(|path| path.display().to_string()).collect();
            let message = format!("there is no scenario in {}", paths.join(", "));
            let hint =
                format!("write what must be true into {}/NAME.yaml; --schema is what may stand there", find::FOLDER);
            return Err(CliError::new(Kind::Usage, message, Some(hint)));
        }
        let count = all.len();
        let fits = |planned: &Planned| {
            self.filter.is_empty() || self.filter.iter().any(|text| planned.case.name.contains(text.as_str()))
        };
        let chosen: Vec<Planned> = all.into_iter().filter(fits).collect();
        if chosen.is_empty() {
            let message = format!("none of {count} scenarios has that in its name: {}", self.filter.join(", "));
            return Err(CliError::new(Kind::Usage, message, Some("localspace test --list".to_owned())));
        }
        let Some(shard) = self.shard else { return Ok(chosen) };
        Ok(chosen.into_iter().enumerate().filter(|(index, _)| shard.has(*index)).map(|(_, one)| one).collect())
    }
}

pub(super) async fn run(args: Args, context: &mut Context) -> Result<u8, CliError> {
    if args.schema {
        let schema = crate::scenario::schema();
        context.ui.data(&format!("{schema:#}\n"))?;
        return Ok(0);
    }
    let settings = Settings {
        working_tree: args.working_tree,
        actor: context.actor.clone(),
        environment: context.environment.clone(),
    };
    if args.init {
        let path = args.paths.first().map_or(Path::new("."), PathBuf::as_path);
        return Box::pin(init::init(path, &args.given, &settings, context)).await;
    }
    let chosen = args.chosen()?;
    if args.list {
        context.ui.data(&list::list(&chosen, args.format, args.shards))?;
        return Ok(0);
    }
    let result = Box::pin(runner::run(chosen, &args, settings, context)).await?;
    Ok(super::report::exit_code(&result))
}
