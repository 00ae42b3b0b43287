//! A login right after `onCreateCommand`.
use localspace::lifecycle::{ForCodespace, Lifecycle, OnCreated, StepRunner};

async fn wrong<R: StepRunner>(life: Lifecycle<OnCreated, ForCodespace, R>) {
    let _ = life.registry_login().await;
}

fn main() {}
