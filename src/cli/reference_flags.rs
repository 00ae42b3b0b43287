//! Flags of the reference CLI's `up`, `build`, `exec` and the like that are none here: what is there in their place.

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// What a flag is here.
#[rustfmt::skip]
const FLAGS: [(&str, &str); 35] = [
    ("--additional-features", "write the Features into the configuration; `localspace config --additional-features` shows what they would come to"),
    ("--build-no-cache", "`localspace rebuild --full` makes the image anew"),
    ("--buildkit", "images are always built with BuildKit"),
    ("--cache-from", "write it into the configuration, as build.cacheFrom, or give it to `localspace build`"),
    ("--cache-to", "the engine keeps its own cache"),
    ("--container-data-folder", "a codespace has its own folders: leave it out"),
    ("--container-id", "-c NAME names the codespace; `localspace list` shows them"),
    ("--container-session-data-folder", "a codespace has its own folders: leave it out"),
    ("--container-system-data-folder", "a codespace has its own folders: leave it out"),
    ("--default-user-env-probe", "write userEnvProbe into the configuration"),
    ("--docker-compose-path", "`docker compose` is taken from the PATH: leave it out"),
    ("--docker-path", "the engine is spoken to without docker's program; DOCKER_HOST names another engine"),
    ("--expect-existing-container", "`localspace start` starts a codespace that is there, and makes none"),
    ("--gpu-availability", "hostRequirements.gpu in the configuration asks for one"),
    ("--id-label", "-c NAME names the codespace; `localspace list` shows them"),
    ("--include-configuration", "`localspace config` shows the configuration"),
    ("--include-merged-configuration", "`localspace config --merged` shows it"),
    ("--log-format", "--json prints the result for a program, `localspace logs --json` all that happened"),
    ("--log-level", "`localspace logs` shows all that happened"),
    ("--mount", "write it into the configuration, as mounts; Codespaces mounts volumes alone"),
    ("--mount-git-worktree-common-dir", "the repository is cloned whole: leave it out"),
    ("--mount-workspace-git-root", "the repository is cloned whole: leave it out"),
    ("--no-lockfile", "a lockfile of today's Features is written into the codespace, which leaves the repository as it is: leave it out"),
    ("--override-config", "--config names another configuration of the repository; `localspace config --override-config` shows what one would come to"),
    ("--remote-env", "a secret of --secrets-file is there in the codespace; remoteEnv in the configuration is for the rest"),
    ("--remove-existing-container", "`localspace rebuild` makes its container anew"),
    ("--skip-non-blocking-commands", "all lifecycle commands run, as in Codespaces: leave it out"),
    ("--skip-post-attach", "--no-attach leaves postAttachCommand out"),
    ("--skip-post-create", "the lifecycle commands run, as in Codespaces; `localspace build` makes the image alone"),
    ("--terminal-columns", "the terminal says how wide it is: leave it out"),
    ("--terminal-rows", "the terminal says how high it is: leave it out"),
    ("--update-remote-user-uid-default", "Codespaces changes no ids; with --bind they are changed as the configuration says"),
    ("--user-data-folder", "LOCALSPACE_HOME names the folder of what is kept"),
    ("--workspace-folder", "give the folder as REPO where the verb takes one; else -c NAME names the codespace"),
    ("--workspace-mount-consistency", "the repository is cloned into a volume: leave it out"),
];

/// Adds what a flag of the reference is here to the error that there is no such flag.
pub(super) fn explained(mut error: Error) -> Error {
    if error.kind() == ErrorKind::UnknownArgument
        && let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidArg)
        && let Some(hint) = here(given)
    {
        error.remove(ContextKind::SuggestedArg);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint.into()]));
    }
    error
}

fn here(given: &str) -> Option<&'static str> {
    let name = given.split('=').next().unwrap_or_default();
    FLAGS.iter().find(|(flag, _)| *flag == name).map(|(_, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Arguments;

    fn told(words: &[&str]) -> String {
        let words = std::iter::once("localspace").chain(words.iter().copied());
        explained(Arguments::try_parse_from(words).expect_err("a usage error")).to_string()
    }

    #[test]
    fn a_flag_of_the_reference_is_told_what_it_is_here() {
        for (words, expected) in [
            (&["up", "--remove-existing-container"][..], "`localspace rebuild`"),
            (&["up", "--mount=type=volume,source=a,target=/a"], "mounts"),
            (&["up", "--skip-post-attach"], "--no-attach"),
            (&["build", "--image-name", "a", "--no-lockfile"], "lockfile"),
            (&["exec", "--workspace-folder", ".", "ls"], "-c NAME"),
        ] {
            let said = told(words);
            assert!(said.contains("tip: ") && said.contains(expected), "{said}");
        }
        let typo = told(&["up", "--recoveri"]);
        assert!(typo.contains("--recovery") && !typo.contains("localspace rebuild"), "{typo}");
    }

    #[test]
    fn a_folder_may_be_named_as_in_the_reference() {
        for words in
            [["up", "--workspace-folder", "x"].as_slice(), &["build", "--image-name", "a", "--workspace-folder", "x"]]
        {
            let all = std::iter::once(&"localspace").chain(words);
            assert!(Arguments::try_parse_from(all).is_ok(), "{words:?}");
            assert!(told(&[words, &["y"]].concat()).contains("cannot be used with"), "{words:?}");
        }
    }

    /// A flag that is ours on every verb would never be looked up.
    #[test]
    fn the_table_is_in_order_and_names_each_flag_once() {
        assert!(FLAGS.is_sorted_by(|one, other| one.0 < other.0));
    }
}
