//! The shell's text that looks at a codespace, and what it prints. Values go through base64, so that nothing in them can be taken for something else.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::expect::KindWord;
use super::seen::{Answers, Questions, SeenFile, SeenUser};
use crate::shell_word::quote;

/// The most that is read of a file, in bytes.
const MOST: usize = 1024 * 1024;

/// What the text begins with: functions that print a line for what they look at.
const FUNCTIONS: &str = r#"b() { base64 | tr -d '\n'; }
f() {
    k=other
    if [ -L "$2" ]; then k=link; elif [ -S "$2" ]; then k=socket; elif [ -d "$2" ]; then k=folder; elif [ -f "$2" ]; then k=file
    elif [ ! -e "$2" ]; then return; fi
    s=$(stat -L -c '%a %U %G' "$2" 2>/dev/null || stat -c '%a %U %G' "$2" 2>/dev/null)
    echo "file $1 $k ${s:-0 ? ?}"
    [ "$3" = 1 ] || return
    if [ -r "$2" ] && [ -f "$2" ]; then printf 'content %s ' "$1"; head -c "$4" "$2" | b; echo; else echo "unreadable $1"; fi
}
u() {
    l=$(getent passwd "$2" 2>/dev/null || grep "^$2:" /etc/passwd) || return
    printf 'user %s ' "$1"; printf '%s' "$l" | b; printf ' '; id -Gn "$2" 2>/dev/null | b; echo
}
"#;

/// Returns the text that answers questions; nothing where none of them wants one.
pub fn script(questions: &Questions) -> Option<String> {
    let Questions { files, surroundings, users, ports: _, commands: _, engine: _ } = questions;
    if files.is_empty() && users.is_empty() && !surroundings {
        return None;
    }
    let mut text = FUNCTIONS.to_owned();
    if *surroundings {
        // One after the other, as each process costs: a name has no line's end, a variable no zero byte, and a folder is what is left.
        text.push_str("printf 'surroundings '; { echo \"$(id -un)\"; env -0; pwd; } | b; echo\n");
    }
    for (index, (path, content)) in files.iter().enumerate() {
        text.push_str(&format!("f {index} {} {} {MOST}\n", path_word(path), u8::from(*content)));
    }
    for (index, name) in users.iter().enumerate() {
        text.push_str(&format!("u {index} {}\n", quote(name)));
    }
    // What is not there is no failure of the text.
    text.push_str("true\n");
    Some(text)
}

/// Reads what the text has printed.
pub fn read(questions: &Questions, printed: &str) -> Answers {
    let mut answers = Answers::default();
    let files: Vec<&String> = questions.files.keys().collect();
    let users: Vec<&String> = questions.users.iter().collect();
    for line in printed.lines() {
        let mut words = line.split(' ');
        let kind = words.next().unwrap_or_default();
        let mut word = || words.next().unwrap_or_default();
        match kind {
            "surroundings" => {
                let all = text(word());
                let (user, rest) = all.split_once('\n').unwrap_or_default();
                let (env, folder) = rest.rsplit_once('\0').unwrap_or(("", rest));
                user.clone_into(&mut answers.user);
                answers.env = variables(env);
                folder.trim_end_matches('\n').clone_into(&mut answers.folder);
            }
            "file" => {
                let Some(path) = word().parse().ok().and_then(|at: usize| files.get(at)) else { continue };
                let file = SeenFile {
                    kind: kind_of(word()),
                    mode: u32::from_str_radix(word(), 8).unwrap_or_default(),
                    owner: word().to_owned(),
                    group: word().to_owned(),
                    content: None,
                };
                answers.files.insert((*path).clone(), file);
            }
            "content" | "unreadable" => {
                let file = word().parse().ok().and_then(|at: usize| answers.files.get_mut(*files.get(at)?));
                if let Some(file) = file {
                    let content = text(word());
                    let is_read = kind == "content";
                    let unreadable = || "the user cannot read it, or it is no regular file".to_owned();
                    let mut captured: super::seen::Captured = content.as_str().into();
                    captured.is_cut |= content.len() >= MOST;
                    file.content = Some(if is_read { Ok(captured) } else { Err(unreadable()) });
                }
            }
            "user" => {
                let Some(name) = word().parse().ok().and_then(|at: usize| users.get(at)) else { continue };
                let entry = text(word());
                let groups = text(word()).split_whitespace().map(str::to_owned).collect();
                let fields: Vec<&str> = entry.trim_end().split(':').collect();
                let field = |at: usize| fields.get(at).copied().unwrap_or_default();
                let uid = field(2).parse().unwrap_or_default();
                let user = SeenUser { uid, groups, home: field(5).to_owned(), shell: field(6).to_owned() };
                answers.users.insert((*name).clone(), user);
            }
            _ => {}
        }
    }
    answers
}

/// Returns a path as a word of a shell: `~/` is the user's home.
fn path_word(path: &str) -> String {
    match path.strip_prefix("~/") {
        Some(rest) => format!("\"$HOME\"/{}", quote(rest)),
        None if path == "~" => "\"$HOME\"".to_owned(),
        // One that begins with a dash is no option.
        None if path.starts_with('-') => quote(&format!("./{path}")),
        None => quote(path),
    }
}

/// Returns a text as one word of a shell.
fn text(encoded: &str) -> String {
    STANDARD.decode(encoded).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

fn variables(text: &str) -> BTreeMap<String, String> {
    let pair = |entry: &str| entry.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    text.split('\0').filter_map(pair).collect()
}

fn kind_of(word: &str) -> Option<KindWord> {
    match word {
        "file" => Some(KindWord::File),
        "folder" => Some(KindWord::Folder),
        "link" => Some(KindWord::Link),
        "socket" => Some(KindWord::Socket),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_shell_answers_and_strange_names_are_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name).display().to_string();
        let strange = at("a 'b' $(touch c)");
        std::fs::write(&strange, "one\ntwo").expect("written");
        std::os::unix::fs::symlink(&strange, at("link")).expect("linked");
        let questions = Questions {
            files: [(strange.clone(), true), (at("link"), false), (at("none"), true), ("-x".to_owned(), true)].into(),
            surroundings: true,
            users: ["root".to_owned(), "nobody-of-that-name".to_owned()].into(),
            ..Questions::default()
        };
        let script = script(&questions).expect("a text");
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &script])
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("A", "x\ny");
        let printed = shell.output().expect("sh runs");
        assert!(printed.status.success() && printed.stderr.is_empty(), "{printed:?}");
        let answers = read(&questions, &String::from_utf8_lossy(&printed.stdout));
        let file = answers.files.get(&strange).expect("there");
        assert_eq!(file.content, Some(Ok("one\ntwo".into())));
        assert_eq!(file.kind, Some(KindWord::File));
        assert_eq!(answers.files.get(&at("link")).and_then(|file| file.kind), Some(KindWord::Link));
        assert_eq!(answers.files.len(), 2);
        assert_eq!(answers.env.get("A").map(String::as_str), Some("x\ny"));
        assert_eq!(answers.folder, folder.path().canonicalize().expect("a path").display().to_string());
        assert_eq!(answers.users.keys().collect::<Vec<_>>(), ["root"]);
        assert_eq!(answers.users.get("root").map(|user| user.home.as_str()), Some("/root"));
    }

    #[test]
    fn nothing_is_asked_of_a_shell_that_is_not_for_one() {
        let questions = Questions { ports: [80].into(), commands: vec!["true".to_owned()], ..Questions::default() };
        assert_eq!(script(&questions), None);
        let strange = read(&questions, "file 99999 x\ncontent a b\nuser 1\n\0\n");
        assert!(strange.files.is_empty() && strange.users.is_empty());
    }
}
