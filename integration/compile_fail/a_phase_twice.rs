//! A state that is used again after the transition that consumed it.
use localspace::lifecycle::{Created, ForCodespace, Lifecycle, StepRunner};

async fn wrong<R: StepRunner>(life: Lifecycle<Created, ForCodespace, R>) {
    let _ = life.on_create_command().await;
    let _ = life.on_create_command().await;
}

fn main() {}
