//! `.dockerignore`: which files of a build's context are sent, by the rules of docker's own client.
//!
//! Source of the rules: docs.docker.com, "Build context", ".dockerignore files"; where that is silent, what moby's `patternmatcher` does.

/// What a `.dockerignore` leaves out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DockerIgnore {
    patterns: Vec<Pattern>,
}

/// A pattern that means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoreFault {
    /// Its line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    /// A pattern that begins with `!` takes files in again.
    takes_in: bool,
    tokens: Vec<Token>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    One(char),
    /// `?`
    AnyOne,
    /// `*`
    Any,
    /// `**` with something after it: any number of folders, also none.
    Folders,
    /// `**` at the end, or at the beginning with no slash after it.
    All,
    /// `[a-z]`, `[^a-z]`
    Set {
        others: bool,
        ranges: Vec<(char, char)>,
    },
}

impl DockerIgnore {
    /// Reads a file's text.
    pub fn read(text: &str) -> Result<Self, IgnoreFault> {
        let mut patterns = Vec::new();
        for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = if line.starts_with('#') { "" } else { line.trim() };
            let (takes_in, text) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest.trim()));
            let fault = |problem: &str| IgnoreFault { line: at + 1, problem: format!("`{line}`: {problem}") };
            if takes_in && text.is_empty() {
                return Err(fault("there is nothing to take in again"));
            }
            let path = clean(text);
            if path.is_empty() {
                continue;
            }
            let tokens = tokens(&path).ok_or_else(|| fault("a bracket is not closed, or has nothing in it"))?;
            patterns.push(Pattern { takes_in, tokens });
        }
        Ok(Self { patterns })
    }

    /// Tells whether a path inside the context, its parts joined with slashes, is left out: the last pattern that fits it, or a folder
    /// around it, says so.
    pub fn leaves_out(&self, path: &str) -> bool {
        let around: Vec<&str> =
            path.match_indices('/').filter_map(|(at, _)| path.get(..at)).chain(std::iter::once(path)).collect();
        let fits = |pattern: &&Pattern| around.iter().any(|path| pattern.fits(path));
        self.patterns.iter().rev().find(fits).is_some_and(|pattern| !pattern.takes_in)
    }

    /// Tells whether anything inside a folder that is left out may be taken in again.
    pub fn may_take_in(&self) -> bool {
        self.patterns.iter().any(|pattern| pattern.takes_in)
    }
}

impl Pattern {
    /// Tells whether the pattern is about this very path. Keeps every place that the tokens so far may have come to, so that no pattern
    /// takes long.
    fn fits(&self, path: &str) -> bool {
        let path: Vec<char> = path.chars().collect();
        let mut places = vec![false; path.len() + 1];
        if let Some(first) = places.first_mut() {
            *first = true;
        }
        for token in &self.tokens {
            places = token.step(&path, &places);
        }
        places.last().copied().unwrap_or(false)
    }
}

impl Token {
    /// Returns where one may be after the token.
    fn step(&self, path: &[char], from: &[bool]) -> Vec<bool> {
        let mut to = vec![false; from.len()];
        let mut inside = false;
        for (at, slot) in to.iter_mut().enumerate() {
            let here = from.get(at).copied().unwrap_or(false);
            let before = at.checked_sub(1).and_then(|before| path.get(before).copied());
            let was_before = at.checked_sub(1).is_some_and(|before| from.get(before).copied().unwrap_or(false));
            *slot = match self {
                Self::One(one) => was_before && before == Some(*one),
                Self::AnyOne => was_before && before != Some('/'),
                Self::Set { others, ranges } => {
                    was_before
                        && before.is_some_and(|one| ranges.iter().any(|(a, z)| (*a..=*z).contains(&one)) != *others)
                }
                Self::Any => {
                    inside = here || (inside && before != Some('/'));
                    inside
                }
                Self::All => {
                    inside |= here;
                    inside
                }
                Self::Folders => {
                    let in_folder = inside && before == Some('/');
                    inside |= here;
                    here || in_folder
                }
            };
        }
        to
    }
}

/// Returns a path without what changes nothing in it: `.`, doubled and outer slashes, a folder and the `..` after it.
fn clean(text: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn tokens(pattern: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = pattern.chars().peekable();
    while let Some(one) = rest.next() {
        tokens.push(match one {
            '*' if rest.next_if_eq(&'*').is_some() => {
                let before_slash = rest.next_if_eq(&'/').is_some();
                if rest.peek().is_none() || (tokens.is_empty() && !before_slash) { Token::All } else { Token::Folders }
            }
            '*' => Token::Any,
            '?' => Token::AnyOne,
            '\\' => Token::One(rest.next().unwrap_or('\\')),
            '[' => set(&mut rest)?,
            one => Token::One(one),
        });
    }
    Some(tokens)
}

/// Reads a set of characters up to its bracket.
fn set(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<Token> {
    let others = rest.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        let one = |rest: &mut std::iter::Peekable<std::str::Chars<'_>>| match rest.next()? {
            '\\' => rest.next(),
            one => Some(one),
        };
        if !ranges.is_empty() && rest.next_if_eq(&']').is_some() {
            return Some(Token::Set { others, ranges });
        }
        let first = one(rest)?;
        let last = if rest.next_if_eq(&'-').is_some() { one(rest)? } else { first };
        ranges.push((first, last));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pattern_leaves_out_what_it_fits_and_what_is_in_it() {
        for (pattern, out, kept) in [
            ("a", &["a", "a/b", "a/b/c"][..], &["b", "b/a", "ab"][..]),
            ("/a/", &["a", "a/b"], &["b/a"]),
            ("./a", &["a"], &["b"]),
            ("a/../b", &["b"], &["a"]),
            ("*/temp*", &["x/temporary.txt", "x/temp", "x/temp/y"], &["temp", "x/y/temp"]),
            ("*/*/temp*", &["x/y/temporary.txt"], &["x/temp"]),
            ("temp?", &["tempa", "tempb"], &["temp", "temp/", "tempab"]),
            ("*.md", &["README.md"], &["docs/README.md", "README.txt"]),
            ("**/*.go", &["a.go", "x/y/a.go"], &["a.got"]),
            ("**", &["a", "a/b"], &[]),
            ("**/", &["a", "a/b"], &[]),
            ("**foo", &["foo", "barfoo", "x/barfoo"], &["foobar"]),
            ("**/foo", &["foo", "x/foo", "x/y/foo/z"], &["barfoo"]),
            ("foo/**", &["foo/x", "foo/x/y"], &["foo", "food/x"]),
            ("a/**/b", &["a/b", "a/x/b", "a/x/y/b"], &["a/xb", "ab"]),
            ("[a-c]x", &["ax", "cx"], &["dx"]),
            ("[^a-c]x", &["dx"], &["ax"]),
            (r"a\*b", &["a*b"], &["axb"]),
            (r"\#x", &["#x"], &["x"]),
            ("a b", &["a b"], &["a"]),
            ("  a  ", &["a"], &["b"]),
            (".git", &[".git", ".git/HEAD"], &["x/.git", ".gitignore"]),
        ] {
            let ignore = DockerIgnore::read(pattern).expect(pattern);
            for path in out {
                assert!(ignore.leaves_out(path), "{pattern} leaves {path} out");
            }
            for path in kept {
                assert!(!ignore.leaves_out(path), "{pattern} keeps {path}");
            }
        }
    }

    #[test]
    fn the_last_pattern_that_fits_counts() {
        let check = |text: &str, path: &str, out: bool| {
            let ignore = DockerIgnore::read(text).expect(text);
            assert_eq!(ignore.leaves_out(path), out, "{text:?}: {path}");
        };
        check("*.md\n!README.md\n", "README.md", false);
        check("!README.md\n*.md\n", "README.md", true);
        check("*.md\n!README*.md\nREADME-secret.md\n", "README-secret.md", true);
        check("*.md\nREADME-secret.md\n!README*.md\n", "README-secret.md", false);
        check("*\n!src\n", "src/a/b", false);
        check("*\n!src\n", "lib/a", true);
        check("dir\n!dir/keep\n", "dir/keep", false);
        check("dir\n!dir/keep\n", "dir/other", true);
        check("a\n! a\n", "a", false);
        check("\u{feff}a\r\n\r\n# b\r\nc\r\n", "a", true);
        check("# a\n #b\n", "a", false);
        check("# a\n #b\n", "#b", true);
        check("", "a", false);
    }

    #[test]
    fn a_pattern_that_means_nothing_has_its_line() {
        for (text, line) in [("a\n!\n", 2), ("[", 1), ("\n\n[a-", 3), ("[]", 1)] {
            assert_eq!(DockerIgnore::read(text).expect_err(text).line, line, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[!*?a/\\[\\]^\\-\\\\.#\n ]{0,40}", path in "[a/.*]{0,30}") {
            if let Ok(ignore) = DockerIgnore::read(&text) {
                let _out = ignore.leaves_out(&path);
            }
        }
    }
}
