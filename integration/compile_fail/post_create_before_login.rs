//! `postCreateCommand` before the login.
use localspace::lifecycle::{ContentUpdated, ForCodespace, Lifecycle, StepRunner};

async fn wrong<R: StepRunner>(life: Lifecycle<ContentUpdated, ForCodespace, R>) {
    let _ = life.post_create_command().await;
}

fn main() {}
