//! A registry that would not: found in what a command printed, with what the lines around say of it.

use super::frame::{Action, Refused};
use super::output::Output;
use crate::github::RegistryServer;

/// How many lines before a refusal may say what it is about.
const CONTEXT: usize = 40;

/// A refusal, and what was going on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) refused: Refused,
    /// What was to be done.
    pub(super) action: Action,
    /// Whether the command had logged in itself before.
    pub(super) login: OwnLogin,
}

/// Whether a command has logged in to a registry itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OwnLogin {
    /// It says so.
    Made,
    /// It does not.
    None,
}

/// Returns the line of the refusal that a command failed of, and the refusal; nothing where it failed of something else.
pub(super) fn refusal(output: &Output, command: &str) -> Option<(usize, Refusal)> {
    let (at, refused) = output.last(|_, line| Refused::of(line))?;
    let before: Vec<&str> = output.before(at).take(CONTEXT).chain(command.lines().rev()).collect();
    let whole = with_context(refused, &before);
    output.is_cause(at, |line| is_about(line, &whole.refused)).then_some((at, whole))
}

/// Fills in what a refusal's own line does not say, from the lines before it, the nearest first.
fn with_context(mut refused: Refused, before: &[&str]) -> Refusal {
    let mut action = refused.action;
    for line in before {
        if action.is_some() && (refused.image.is_some() || action == Some(Action::Login)) {
            break;
        }
        let Some((what, image)) = going_on(line) else { continue };
        // The nearest line tells, unless the refusal is known to be of something else.
        if action.is_none_or(|action| action == what) {
            action = Some(what);
            let server = RegistryServer::of_image(image);
            if refused.server.as_ref().is_none_or(|known| *known == server) {
                refused.server = Some(server);
                refused.image.get_or_insert_with(|| image.to_owned());
            }
        }
    }
    let pushes = |line: &str| line.contains("pushing layers") || line.contains(":pull,push token for ");
    // Docker's words for a push that may not be, where nothing says which of the two it was.
    let by_default = if before.iter().any(|line| pushes(line)) { Action::Push } else { Action::Pull };
    let login =
        if before.iter().any(|line| line.contains("Login Succeeded")) { OwnLogin::Made } else { OwnLogin::None };
    // `docker run` asks as `docker login` does where a registry does not even talk to strangers.
    let ran = action == Some(Action::Login) && before.iter().any(|line| line.starts_with("Unable to find image '"));
    let action = if ran { Action::Pull } else { action.unwrap_or(by_default) };
    Refusal { refused, action, login }
}

/// Reads what a client says that it is about to do: to which image.
fn going_on(line: &str) -> Option<(Action, &str)> {
    const SIGNS: [(&str, &str, Action); 6] = [
        ("Unable to find image '", "'", Action::Pull),
        ("Trying to pull ", "...", Action::Pull),
        ("The push refers to repository [", "]", Action::Push),
        ("> pushing ", " with docker", Action::Push),
        ("initializing source docker://", ": ", Action::Pull),
        ("load metadata for ", " ", Action::Pull),
    ];
    let said = SIGNS.iter().find_map(|(start, end, action)| {
        let (_, after) = line.split_once(start)?;
        let image = after.split(end).next()?.trim();
        (!image.is_empty()).then_some((*action, image))
    });
    said.or_else(|| command(line))
}

/// Reads a command of a client's, as `make` and `set -x` show it and a hook has it: `docker pull [FLAGS] IMAGE`.
fn command(line: &str) -> Option<(Action, &str)> {
    let mut words = line.split_whitespace().skip_while(|word| !["docker", "podman"].contains(word)).skip(1);
    let action = match words.next()? {
        "pull" => Action::Pull,
        "push" => Action::Push,
        _ => return None,
    };
    let image = loop {
        match words.next()? {
            "--platform" => drop(words.next()),
            flag if flag.starts_with('-') => {}
            image => break image,
        }
    };
    // What a shell puts together is not known here.
    let image = image.trim_matches(['"', '\'', ';', ')']);
    (!image.is_empty() && !image.contains(['$', '`'])).then_some((action, image))
}

/// Tells whether a line is about pulling, pushing or logging in, or about this very registry or image.
fn is_about(line: &str, refused: &Refused) -> bool {
    const WORDS: [&str; 14] = [
        "docker",
        "docker-compose",
        "podman",
        "skopeo",
        "crane",
        "buildx",
        "compose",
        "pull",
        "pulling",
        "push",
        "pushing",
        "image",
        "registry",
        "login",
    ];
    let lower = line.to_lowercase();
    let mut words = lower.split(char::is_whitespace).map(|word| word.trim_matches(|one: char| !one.is_alphanumeric()));
    let names_server = refused.server.as_ref().is_some_and(|server| lower.contains(server.config_key()));
    let names_image = refused.image.as_ref().is_some_and(|image| lower.contains(&image.to_lowercase()));
    names_server || names_image || words.any(|word| WORDS.contains(&word)) || Refused::of(line).is_some()
}
