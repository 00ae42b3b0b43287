//! What a shell's text runs, as far as reading shows it: its simple commands, in order.
//!
//! Nothing is expanded, and no branch is decided: a command counts wherever it stands.

use std::ops::Range;

/// Words that stand before a command and are none.
const KEYWORDS: [&str; 9] = ["if", "then", "elif", "else", "while", "until", "do", "!", "{"];

/// Commands that run the one after them.
const RUNNERS: [&str; 6] = ["exec", "time", "command", "env", "nohup", "builtin"];

/// How many texts may stand in each other: `bash -c "bash -c …"`.
const DEEPEST: usize = 4;

/// One simple command of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Its words; assignments, `sudo` and what else stands before its own name left out.
    pub(super) words: Vec<String>,
    /// The assignments before it.
    pub(super) assigned: Vec<String>,
    /// It ends in `&`.
    pub(super) is_in_background: bool,
    /// Something is written into it, or stands behind a redirection.
    pub(super) has_input: bool,
    /// Where its words stand, in bytes of the text.
    pub(super) span: Range<usize>,
}

impl Part {
    /// Returns its words as patterns take them.
    pub(super) fn as_words(&self) -> Vec<&str> {
        self.words.iter().map(String::as_str).collect()
    }

    /// Returns its first words, for what is said about it.
    pub(super) fn start(&self) -> String {
        self.words.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// Returns the commands of a shell's text, with those of the texts that they hand to a shell.
pub(super) fn parts(text: &str) -> Vec<Part> {
    within(text, 0)
}

/// Returns the commands of a list of words, for which there is no shell but one that it names.
pub(super) fn parts_of_words(words: &[&str]) -> Vec<Part> {
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    let part = Part { words, assigned: Vec::new(), is_in_background: false, has_input: false, span: 0..0 };
    cleaned(part).into_iter().flat_map(|part| unfolded(part, 0)).collect()
}

fn within(text: &str, depth: usize) -> Vec<Part> {
    let mut reader = Reader::new(text);
    reader.read();
    reader.parts.into_iter().filter_map(cleaned).flat_map(|part| unfolded(part, depth)).collect()
}

/// Returns the commands of the text that a command hands to a shell in its place, or itself.
fn unfolded(part: Part, depth: usize) -> Vec<Part> {
    let is_shell = part.words.first().is_some_and(|word| SHELLS.contains(&base_name(word)) || word == "su");
    let is_text = |word: &String| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c');
    let text = part.words.iter().position(is_text).and_then(|at| part.words.get(at + 1)).filter(|_| is_shell);
    let Some(text) = text.filter(|_| depth < DEEPEST) else { return vec![part] };
    let inner = within(text, depth + 1).into_iter();
    let as_here = |inner: Part| Part {
        span: part.span.clone(),
        is_in_background: inner.is_in_background || part.is_in_background,
        has_input: inner.has_input || part.has_input,
        ..inner
    };
    inner.map(as_here).collect()
}

/// Programs that take a shell's text.
pub(super) const SHELLS: [&str; 5] = ["bash", "sh", "zsh", "dash", "ash"];

/// Returns a program's name without its folder.
pub(super) fn base_name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// Returns a command without what stands before its own name; nothing where no word is left.
fn cleaned(mut part: Part) -> Option<Part> {
    part.has_input |= part.words.iter().any(|word| word.starts_with('<'));
    let mut words = std::mem::take(&mut part.words).into_iter().peekable();
    while let Some(word) = words.peek().map(String::as_str) {
        // What a loop reads comes from behind its end.
        part.has_input |= ["while", "until"].contains(&word);
        if word == "sudo" {
            words.next();
            while let Some(flag) = words.next_if(|word| word.starts_with('-')) {
                if ["-u", "-g", "--user", "--group"].contains(&flag.as_str()) {
                    words.next();
                }
            }
        } else if is_assignment(word) {
            part.assigned.extend(words.next());
        } else if KEYWORDS.contains(&word) || RUNNERS.contains(&word) {
            words.next();
        } else {
            break;
        }
    }
    part.words = words.collect();
    (!part.words.is_empty()).then_some(part)
}

fn is_assignment(word: &str) -> bool {
    let name = word.split('=').next().unwrap_or_default();
    word.contains('=') && !name.is_empty() && name.bytes().all(|one| one.is_ascii_alphanumeric() || one == b'_')
}

/// Splits a text at `&&`, `||`, `;`, `|`, `&`, parentheses and line breaks; quotes keep together what is in them, and comments and
/// heredocs are left out.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    parts: Vec<Part>,
    words: Vec<String>,
    word: String,
    /// The word has begun, though it may be empty: `''`.
    is_word: bool,
    span: Option<Range<usize>>,
    has_input: bool,
    /// The ends of heredocs that begin after this line.
    heredocs: Vec<String>,
}

impl<'a> Reader<'a> {
    const fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            parts: Vec::new(),
            words: Vec::new(),
            word: String::new(),
            is_word: false,
            span: None,
            has_input: false,
            heredocs: Vec::new(),
        }
    }

    fn next(&mut self) -> Option<char> {
        let one = self.peek()?;
        self.at += one.len_utf8();
        Some(one)
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn read(&mut self) {
        while let Some(one) = self.next() {
            match one {
                '\'' | '"' => self.quoted(one),
                '\\' => match self.next() {
                    // A line goes on.
                    Some('\n') | None => {}
                    Some(next) => self.push(next),
                },
                '#' if !self.is_word => self.comment(),
                // `2>&1` and `>&2` are no ends.
                '&' if self.word.ends_with('>') => self.push(one),
                ';' | '|' | '&' => {
                    let is_double = self.peek() == Some(one);
                    if is_double {
                        self.at += 1;
                    }
                    self.end_part(one == '&' && !is_double);
                    self.has_input = one == '|' && !is_double;
                }
                '(' | ')' => self.end_part(false),
                '\n' => {
                    // A pipe may go on in the next line.
                    let has_input = self.has_input && self.words.is_empty() && !self.is_word;
                    self.end_part(false);
                    self.has_input = has_input;
                    self.skip_heredocs();
                }
                one if one.is_whitespace() => self.end_word(),
                one => self.push(one),
            }
        }
        self.end_part(false);
    }

    fn push(&mut self, one: char) {
        self.word.push(one);
        self.is_word = true;
        self.mark(one);
    }

    /// The command goes on to here, from this character at the least.
    fn mark(&mut self, last: char) {
        let start = self.span.as_ref().map_or_else(|| self.at - last.len_utf8(), |span| span.start);
        self.span = Some(start..self.at);
    }

    fn quoted(&mut self, quote: char) {
        self.is_word = true;
        self.mark(quote);
        while let Some(one) = self.next() {
            match one {
                one if one == quote => break,
                '\\' if quote == '"' => match self.next() {
                    Some('\n') | None => {}
                    Some(next @ ('"' | '\\' | '$' | '`')) => self.word.push(next),
                    Some(next) => self.word.extend(['\\', next]),
                },
                one => self.word.push(one),
            }
        }
        self.mark(quote);
    }

    fn comment(&mut self) {
        while self.peek().is_some_and(|one| one != '\n') {
            self.next();
        }
    }

    fn end_word(&mut self) {
        if !std::mem::take(&mut self.is_word) {
            return;
        }
        let word = std::mem::take(&mut self.word);
        let begins = |word: &str| word.starts_with("<<") && !word.starts_with("<<<");
        // `<< END` and `<<END`.
        if self.words.last().is_some_and(|last| ["<<", "<<-"].contains(&last.as_str())) {
            self.heredocs.push(word.clone());
        } else if let Some(end) = word.strip_prefix("<<").filter(|_| begins(&word)) {
            let end = end.strip_prefix('-').unwrap_or(end);
            self.heredocs.extend((!end.is_empty()).then(|| end.to_owned()));
        }
        self.words.push(word);
    }

    fn end_part(&mut self, is_in_background: bool) {
        self.end_word();
        self.parts.push(Part {
            words: std::mem::take(&mut self.words),
            assigned: Vec::new(),
            is_in_background,
            has_input: std::mem::take(&mut self.has_input),
            span: self.span.take().unwrap_or(self.at..self.at),
        });
    }

    fn skip_heredocs(&mut self) {
        for end in std::mem::take(&mut self.heredocs) {
            while let Some(line) = self.text.get(self.at..).and_then(|rest| rest.split_inclusive('\n').next()) {
                self.at += line.len();
                if line.trim_end_matches(['\n', '\r']).trim_start_matches('\t') == end {
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = parts(text).iter().map(|part| part.words.join(" ")).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn every_command_counts_wherever_it_stands() {
        check("a 1 && b || c; d | e & f", &["a 1", "b", "c", "d", "e", "f"]);
        check("if a; then b; elif ! c; then d; else e; fi", &["a", "b", "c", "d", "e", "fi"]);
        check("for x in 1 2; do a $x; done", &["for x in 1 2", "a $x", "done"]);
        check("( a; b ) && { c; } ; x=$(d 1)", &["a", "b", "c", "}", "d 1"]);
        check("f() {\n a\n}\n", &["f", "a", "}"]);
        check("A=1 B=2 sudo -E -u x env C=3 nohup a 1", &["a 1"]);
        check("a 2>&1 >x", &["a 2>&1 >x"]);
    }

    #[test]
    fn quotes_comments_and_heredocs_are_no_commands() {
        check("echo 'a; b' \"c && \\\"d\"", &["echo a; b c && \"d"]);
        check("a # don't; b\nc", &["a", "c"]);
        check("a#b", &["a#b"]);
        check("a \\\n  -y b\\ c", &["a -y b c"]);
        check("cat >x <<EOF\nb\nEOF\nc", &["cat >x <<EOF", "c"]);
        check("cat <<- 'E N'; d\nb\n\tE N\nc", &["cat <<- E N", "d", "c"]);
        check("cat <<<b\nc", &["cat <<<b", "c"]);
        check("cat <<EOF\nb", &["cat <<EOF"]);
        check("a ''", &["a "]);
    }

    #[test]
    fn a_text_for_a_shell_is_looked_into() {
        check("sudo bash -ec 'a; b' x", &["a", "b"]);
        check("su vscode -c \"a 1\"", &["a 1"]);
        check("bash -c \"sh -c 'a b'\"", &["a b"]);
        check("bash a.sh -c", &["bash a.sh -c"]);
        check("bash --rc", &["bash --rc"]);
        let words = |words: &[&str]| parts_of_words(words).iter().map(|part| part.words.join("|")).collect::<Vec<_>>();
        assert_eq!(words(&["/bin/sh", "-c", "a 1; b"]), ["a|1", "b"]);
        assert_eq!(words(&["sudo", "a", "x; b"]), ["a|x; b"]);
        assert_eq!(words(&[]), [""; 0]);
    }

    #[test]
    fn what_is_known_of_a_command() {
        let told = |text: &str| {
            let one = |part: &Part| format!("{} {} {}", part.start(), part.is_in_background, part.has_input);
            parts(text).iter().map(one).collect::<Vec<_>>()
        };
        assert_eq!(told("a & b"), ["a true false", "b false false"]);
        assert_eq!(told("a |\n b"), ["a false false", "b false true"]);
        assert_eq!(told("a <x"), ["a <x false true"]);
        assert_eq!(told("while read x; do y; done"), ["read x false true", "y false false", "done false false"]);
        assert_eq!(told("yes | bash -c 'a'"), ["yes false false", "a false true"]);
        let text = "x=1 a  'b' ; ü d\n";
        let places: Vec<_> = parts(text).iter().map(|part| text.get(part.span.clone())).collect();
        assert_eq!(places, [Some("x=1 a  'b'"), Some("ü d")]);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "([a-c]|bash -c |[ \\n\\t;&|()'\"\\\\#<$={}é]|<<|EOF|if |sudo ){0,60}") {
            for part in parts(&text) {
                prop_assert!(text.get(part.span.clone()).is_some(), "{:?}", part);
            }
        }
    }
}
