//! What follows the end of a codespace that could not be made.

use std::marker::PhantomData;

use super::{ContentReady, Ending, ForCodespace};
use crate::lifecycle::runner::{Planned, Recover, StepFailure, StepResult};

impl<R: Recover> Ending<ForCodespace, R> {
    /// Opens a recovery container and logs it in, as every container of a codespace is when it is new. Nothing of the configuration applies to
    /// it (codespaces-facts.md section 1.5), so there is no command that the login could come too early for. Returns how the login went, where
    /// there was one to be made.
    pub async fn recover(&mut self) -> Result<Option<StepResult>, StepFailure> {
        self.runner.recover().await?;
        match self.runner.hooks().login {
            Planned::Skip(_) => Ok(None),
            Planned::Run => {
                let ready = ContentReady { run: PhantomData, _sealed: () };
                Ok(Some(self.runner.login(&ready).await))
            }
        }
    }
}
