//! An image that cannot be a dev container's: told from an engine that would not start it.

use crate::devcontainer::DevContainer;
use crate::engine::EngineError;
use crate::lifecycle::StepFailure;

/// Tells an image whose first process cannot be started from an engine that would not: no `/bin/sh`, no such user.
pub(in crate::steps) fn image(config: &DevContainer, error: &EngineError) -> Option<StepFailure> {
    let said = error.to_string();
    // The words of runc, and of crun.
    let no_shell =
        said.contains("exec: \"/bin/sh\": stat /bin/sh: no such file") || said.contains("`/bin/sh` not found");
    if no_shell {
        let hint = "take an image with a shell in it: those without one are made to run one program".to_owned();
        let problem = "the image has no /bin/sh, which a dev container needs";
        return Some(config.error(config.source.span().clone(), problem, Some(hint)).into());
    }
    let (_, after) = said.split_once("unable to find user ")?;
    let user = after.split(':').next().unwrap_or_default();
    let place = config.properties.container_user.as_ref().map_or(config.source.span(), |user| &user.span);
    let hint = "set containerUser (or runArgs --user) to a user of the image".to_owned();
    Some(config.error(place.clone(), format!("the image has no user `{user}`"), Some(hint)).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::FailureKind;

    #[test]
    fn an_image_that_is_unfit_is_the_configurations_fault_and_what_else_is_said_the_engines() {
        let text = "{\"image\": \"x\",\n \"containerUser\": \"dev\"}";
        let config = DevContainer::parse(text, "d.json").expect("parsed");
        let failure = |message: &str| {
            let (operation, subject) = ("start the container", "c".to_owned());
            image(&config, &EngineError::Refused { operation, subject, message: message.to_owned(), status: 400 })
        };
        let check = |message: &str, reason: &str| {
            let failure = failure(message).expect(message);
            assert_eq!((failure.kind, failure.reason.as_str()), (FailureKind::Configuration, reason));
        };
        let runc = "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: \
                    unable to start container process: ";
        check(
            &format!("{runc}exec: \"/bin/sh\": stat /bin/sh: no such file or directory: unknown"),
            "d.json:1:11: the image has no /bin/sh, which a dev container needs",
        );
        check(
            "unable to find user dev: no matching entries in passwd file",
            "d.json:2:19: the image has no user `dev`",
        );
        assert_eq!(failure(&format!("{runc}exec: \"/x\": permission denied")), None);
        assert_eq!(failure("driver failed programming external connectivity: port is already allocated"), None);
    }
}
