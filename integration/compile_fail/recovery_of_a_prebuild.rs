//! A recovery container, with its login, in the place of a prebuild.
use localspace::lifecycle::{Ending, ForPrebuild, Recover};

async fn wrong<R: Recover>(mut ending: Ending<ForPrebuild, R>) {
    let _ = ending.recover().await;
}

fn main() {}
