//! What each phase does to a real container.
//!
//! [`EngineRunner`] carries the phases out ([`crate::lifecycle::StepRunner`]): `create` makes or wakes the container, `command` runs one
//! lifecycle command in a shell that waits for its text (`gate`), `login` writes the registry logins, `marks` are what the container says
//! has succeeded. The shell text itself is made in `shell`, and is pure.

mod command;
mod container;
mod create;
mod gate;
mod initialize;
mod login;
mod marks;
mod probe;
mod remote_user;
mod run_args;
mod runner;
mod shell;
mod workspace;

pub use runner::{EngineRunner, Order};

use crate::engine::{ContainerId, Engine, EngineError};

/// Empties `/tmp` of a container that is about to be stopped (codespaces-facts.md section 1.4).
async fn clear_tmp(engine: &Engine, id: &ContainerId) -> Result<(), EngineError> {
    let mark = shell::EndMark::new(command::entropy());
    let gate = gate::Gate::open(engine, id, "root").await?;
    let text = format!(
        "{{\nfor f in /tmp/* /tmp/.[!.]* /tmp/..?*; do rm -rf \"$f\"; done 2>/dev/null\ncode=0\n{}\n}}\n",
        mark.script()
    );
    let mut running = gate.run(&text, &mark).await;
    loop {
        match running.next().await? {
            gate::Piece::Ended(_) | gate::Piece::Closed => return Ok(()),
            gate::Piece::Output(..) => {}
        }
    }
}
