//! A login in a prebuild, at the very point where a codespace has one.
use localspace::lifecycle::{ContentUpdated, ForPrebuild, Lifecycle, StepRunner};

async fn wrong<R: StepRunner>(life: Lifecycle<ContentUpdated, ForPrebuild, R>) {
    let _ = life.registry_login().await;
}

fn main() {}
