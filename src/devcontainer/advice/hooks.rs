//! Lifecycle commands that pull before the login, wait for input or never end.

use super::super::finding::Rule;
use super::runs::{Text, Told};
use super::shell::Part;

/// The hooks whose end something waits for, with whether they run before the registry login.
const HOOKS: [(&str, Login); 5] = [
    ("initializeCommand", Login::NotYet),
    ("onCreateCommand", Login::NotYet),
    ("updateContentCommand", Login::NotYet),
    ("postCreateCommand", Login::There),
    ("postStartCommand", Login::There),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Login {
    NotYet,
    There,
}

/// Looks at every command of every hook.
pub(super) fn look(texts: &[Text<'_>], told: &mut Told) {
    for text in texts {
        let Some((_, login)) = HOOKS.iter().find(|(hook, _)| *hook == text.hook) else { continue };
        for part in &text.parts {
            look_at(text, *login, part, told);
        }
    }
}

fn look_at(text: &Text<'_>, login: Login, part: &Part, told: &mut Told) {
    let (hook, words, what) = (text.hook, part.as_words(), part.start());
    if login == Login::NotYet && pulls(&words) {
        let problem = format!(
            "{hook} runs `{what}`: Codespaces logs in to registries only after updateContentCommand, so a private image is refused here"
        );
        let hint = "where the image is private, move it to postCreateCommand or later";
        told.tell(text, part, Rule::PullBeforeLogin, problem, hint);
    }
    if let Some(missing) = waits(part, &text.whole) {
        let problem = format!("{hook} waits for input that nobody gives: {missing}");
        let hint = "commands of a codespace have to answer their questions themselves";
        told.tell(text, part, Rule::WaitsForInput, problem, hint);
    }
    if !part.is_in_background && serves(&words) {
        let problem = format!("{hook} runs `{what}`, which does not end: what comes after it never runs");
        let hint = "start it in postAttachCommand, or in the background: nohup … &";
        told.tell(text, part, Rule::NeverEnds, problem, hint);
    }
}

/// Facts row 6.
fn pulls(words: &[&str]) -> bool {
    match words {
        ["docker", "pull" | "run" | "login", ..] | ["docker", "image", "pull", ..] => true,
        ["docker", "compose", rest @ ..] | ["docker-compose", rest @ ..] => {
            rest.iter().any(|word| ["up", "pull", "run"].contains(word))
        }
        _ => false,
    }
}

/// Packages that ask when they are installed.
const ASKING: [&str; 4] = ["tzdata", "keyboard-configuration", "console-setup", "wireshark-common"];

/// Facts row 17: returns what a command of a text is missing, in words.
pub(super) fn waits(part: &Part, whole: &str) -> Option<&'static str> {
    if part.has_input {
        return None;
    }
    let words = part.as_words();
    let has = |flags: &[&str]| words.iter().any(|word| flags.contains(word));
    let has_short =
        |flag: char| words.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(flag));
    // Wherever it is said, it may have been said for this one too.
    let is_silent = || whole.contains("DEBIAN_FRONTEND");
    match words.as_slice() {
        ["apt-get" | "apt", rest @ ..]
            if rest.iter().any(|word| ["install", "upgrade", "dist-upgrade", "remove"].contains(word)) =>
        {
            let answers = has_short('y') || has_short('q') && has(&["-qq"]) || has(&["--yes", "--assume-yes"]);
            let asks = has(&ASKING) && !is_silent();
            let of_package = asks.then_some(
                "a package asks as it is installed; DEBIAN_FRONTEND=noninteractive before the command answers",
            );
            if answers { of_package } else { Some("apt asks before it installs; -y says yes") }
        }
        ["dpkg-reconfigure", ..] => {
            let answers = is_silent() || words.iter().any(|word| word.contains("noninteractive"));
            (!answers).then_some("dpkg-reconfigure asks; -f noninteractive takes the defaults")
        }
        ["read", ..] => Some("`read` reads what a person types"),
        ["docker", "login", ..] => {
            let has_password = has(&["--password-stdin", "-p", "--password"])
                || words.iter().any(|word| word.starts_with("--password="));
            (!has_password).then_some("docker login asks for a password; --password-stdin reads one")
        }
        ["npm", "init"] => Some("npm init asks; -y says yes"),
        ["gh", "auth", "login", ..] => {
            (!has(&["--with-token"])).then_some("gh auth login asks; GITHUB_TOKEN is there already")
        }
        _ => None,
    }
}

/// Facts row 20.
fn serves(words: &[&str]) -> bool {
    match words {
        ["npm" | "yarn" | "pnpm", "start" | "dev" | "serve"]
        | ["npm" | "yarn" | "pnpm", "run", "start" | "dev" | "serve", ..]
        | ["python" | "python3", "-m", "http.server", ..]
        | ["flask", "run", ..]
        | ["rails", "server" | "s", ..]
        | ["python" | "python3", "manage.py", "runserver", ..]
        | ["sleep", "infinity"]
        | ["next", "dev", ..] => true,
        ["tail", rest @ ..] => rest.iter().any(|word| ["-f", "-F", "--follow"].contains(word)),
        ["docker", "compose", rest @ ..] | ["docker-compose", rest @ ..] => {
            rest.contains(&"up") && !rest.iter().any(|word| ["-d", "--detach", "--wait"].contains(word))
        }
        _ => false,
    }
}
