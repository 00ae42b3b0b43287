//! Lifecycle commands that pull before the login, wait for input or never end.

use super::super::finding::{Finding, Rule};
use super::super::jsonc::{Content, Node};
use super::finding;

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
pub(super) fn look(root: &Node, findings: &mut Vec<Finding>) {
    for (hook, login) in HOOKS {
        let Some(member) = root.get(hook) else { continue };
        for (node, command) in commands(&member.node) {
            for part in parts(&command) {
                look_at(hook, login, node, &part, findings);
            }
        }
    }
}

/// Returns the texts of a hook's commands, and where they stand; a list's words as one text.
pub(super) fn commands(node: &Node) -> Vec<(&Node, String)> {
    match &node.content {
        Content::Text(text) => vec![(node, text.clone())],
        Content::List(items) => {
            let words: Vec<&str> = items.iter().filter_map(Node::text).collect();
            vec![(node, words.join(" "))]
        }
        Content::Object(members) => members.iter().flat_map(|member| commands(&member.node)).collect(),
        Content::Null | Content::Bool(_) | Content::Number(_) => Vec::new(),
    }
}

/// One simple command of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Its words, assignments, `sudo` and `exec` left out.
    pub(super) words: Vec<String>,
    /// It ends in `&`.
    pub(super) is_in_background: bool,
    /// Something is written into it, or stands behind a redirection.
    pub(super) has_input: bool,
}

/// Splits a text at `&&`, `||`, `;`, `|`, `&` and line breaks; quotes keep together what is in them.
pub(super) fn parts(text: &str) -> Vec<Part> {
    let mut all = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut has_input = false;
    let mut rest = text.chars().peekable();
    while let Some(one) = rest.next() {
        match (quote, one) {
            (Some(open), _) if one == open => quote = None,
            (Some(_), _) => word.push(one),
            (None, '"' | '\'') => quote = Some(one),
            // `2>&1` and `>&2` are no ends.
            (None, '&') if word.ends_with('>') => word.push(one),
            (None, ';' | '|' | '&' | '\n') => {
                words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
                let is_double = rest.peek() == Some(&one);
                if is_double {
                    rest.next();
                }
                all.extend(cleaned(Part {
                    words: std::mem::take(&mut words),
                    is_in_background: one == '&' && !is_double,
                    has_input,
                }));
                has_input = one == '|' && !is_double;
            }
            (None, one) if one.is_whitespace() => words.extend((!word.is_empty()).then(|| std::mem::take(&mut word))),
            (None, one) => word.push(one),
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    all.extend(cleaned(Part { words, is_in_background: false, has_input }));
    all
}

/// Returns a command without what stands before its own name; nothing where no word is left.
fn cleaned(part: Part) -> Option<Part> {
    let has_input = part.has_input || part.words.iter().any(|word| word.starts_with('<'));
    let is_before = |word: &String| ["sudo", "exec", "time", "-E"].contains(&word.as_str()) || is_assignment(word);
    let words: Vec<String> = part.words.into_iter().skip_while(is_before).collect();
    (!words.is_empty()).then_some(Part { words, has_input, ..part })
}

fn is_assignment(word: &str) -> bool {
    let name = word.split('=').next().unwrap_or_default();
    word.contains('=') && !name.is_empty() && name.bytes().all(|one| one.is_ascii_alphanumeric() || one == b'_')
}

fn look_at(hook: &str, login: Login, node: &Node, part: &Part, findings: &mut Vec<Finding>) {
    let words: Vec<&str> = part.words.iter().map(String::as_str).collect();
    if login == Login::NotYet && pulls(&words) {
        let what = words.iter().take(3).copied().collect::<Vec<_>>().join(" ");
        let problem = format!(
            "{hook} runs `{what}`: Codespaces logs in to registries only after updateContentCommand, so a private image is refused here"
        );
        findings.push(finding(
            Rule::PullBeforeLogin,
            node,
            problem,
            "where the image is private, move it to postCreateCommand or later",
        ));
    }
    if let Some(missing) = waits(&words).filter(|_| !part.has_input) {
        let problem = format!("{hook} waits for input that nobody gives: {missing}");
        findings.push(finding(
            Rule::WaitsForInput,
            node,
            problem,
            "commands of a codespace have to answer their questions themselves",
        ));
    }
    if !part.is_in_background && serves(&words) {
        let what = words.iter().take(3).copied().collect::<Vec<_>>().join(" ");
        let problem = format!("{hook} runs `{what}`, which does not end: what comes after it never runs");
        findings.push(finding(
            Rule::NeverEnds,
            node,
            problem,
            "start it in postAttachCommand, or in the background: nohup … &",
        ));
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

/// Facts row 17: returns what is missing, in words.
pub(super) fn waits(words: &[&str]) -> Option<&'static str> {
    let has = |flags: &[&str]| words.iter().any(|word| flags.contains(word));
    let has_short =
        |flag: char| words.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(flag));
    match words {
        ["apt-get" | "apt", rest @ ..]
            if rest.iter().any(|word| ["install", "upgrade", "dist-upgrade", "remove"].contains(word)) =>
        {
            let answers = has_short('y') || has_short('q') && words.contains(&"-qq") || has(&["--yes", "--assume-yes"]);
            (!answers).then_some("apt asks before it installs; -y says yes")
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
