//! `localspace hub ask`, which `localspace` runs in a hub's container

use tokio::io::{AsyncBufReadExt, BufReader};

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::hub_server::{Places, admin};

pub(super) async fn run(context: &mut Context) -> Result<u8, CliError> {
    let mut question = String::new();
    BufReader::new(tokio::io::stdin()).read_line(&mut question).await?;
    let answer = admin::ask(&Places::of_container().runtime, &question).await?;
    context.ui.data(&answer)?;
    Ok(0)
}
