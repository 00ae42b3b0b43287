//! `localspace hub serve`, which runs in a hub's container

use crate::cli::context::Context;
use crate::cli::error::{CliError, Kind};
use crate::hub_server::{Places, serve};

pub(super) async fn run(context: &mut Context) -> Result<u8, CliError> {
    let served = serve(Places::of_container(), context.interrupts.run()).await;
    served.map(|()| 0).map_err(|error| CliError::new(Kind::Engine, error.to_string(), None))
}
