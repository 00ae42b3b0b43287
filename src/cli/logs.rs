//! `localspace logs`

use futures_util::StreamExt;
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::error::{CliError, Kind};
use super::select::{self, Selector};
use crate::journal::{Record, encode, follow, newest_run, read};
use crate::report::LogText;
use crate::ui::Reader;

/// Show what the newest run of a codespace did and printed
///
/// Example: localspace logs -f -c brisk-parakeet-x7k2p9
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    selector: Selector,
    /// Go on showing what is added, until Ctrl-C
    #[arg(short, long)]
    follow: bool,
    /// Print the events themselves, as JSON lines
    #[arg(long)]
    pub(super) json: bool,
}

/// How the events are shown.
enum Form {
    Text(LogText),
    Json,
}

impl Form {
    fn event(&mut self, record: &Record) -> std::io::Result<String> {
        match self {
            Self::Text(text) => Ok(text.event(record.time, &record.event)),
            Self::Json => {
                let mut line = Vec::new();
                encode(&mut line, record.time, &record.codespace, &record.event)?;
                Ok(String::from_utf8_lossy(&line).into_owned())
            }
        }
    }

    fn finish(&mut self) -> String {
        match self {
            Self::Text(text) => text.finish(),
            Self::Json => String::new(),
        }
    }
}

pub(super) async fn run(args: &Args, context: &mut Context) -> Result<u8, CliError> {
    let name = match &args.selector.codespace {
        // The journal tells of a codespace also while no engine answers.
        Some(name) if context.home.codespaces().contains(name) => name.clone(),
        Some(_) | None => select::one(context, &args.selector, &context.engine()?).await?.name,
    };
    let path = context.home.journal(&name);
    let mut form = if args.json { Form::Json } else { Form::Text(LogText::new(context.ui.out_look().colour)) };
    let begin = newest_run(&path)
        .map_err(|_| CliError::new(Kind::Usage, format!("{name} has no journal on this machine"), None))?;
    if !args.follow {
        for record in read(&path, begin)? {
            let record = record?;
            if context.ui.data(&form.event(&record)?)? == Reader::Gone {
                return Ok(0);
            }
        }
        context.ui.data(&form.finish())?;
        return Ok(0);
    }
    let mut records = std::pin::pin!(follow(&path, begin, CancellationToken::new())?);
    while let Some(record) = records.next().await {
        let record = record?;
        if context.ui.data(&form.event(&record)?)? == Reader::Gone {
            break;
        }
    }
    context.ui.data(&form.finish())?;
    Ok(0)
}
