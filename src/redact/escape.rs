//! How programs write a text so that their readers take it for one: JSON, HTML, URLs, shells. Each is a rule per character.

/// Which digits a code has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Lower,
    Upper,
}

/// What becomes of characters that are not ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Foreign {
    Kept,
    Coded,
}

/// How a URL writes a blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blank {
    Percent,
    Plus,
}

/// One way to write a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    /// As it is.
    Raw,
    /// A JSON string: characters of `coded` are written as `\u0026`.
    Json { coded: &'static str, slash: &'static str, foreign: Foreign, case: Case },
    /// What Python and Node print of a string: only backslashes and controls are escaped.
    Repr,
    /// `$'…'` of bash, which is how it prints what has control characters.
    Ansi(Foreign),
    /// `'…'` of dash and busybox, which write a run of quotes as `'"''"'`.
    DashQuote,
    /// `'…'` of bash (`set -x`, `${x@Q}`, `set`), of `jq @sh` and of Python's `shlex`.
    BashQuote,
    /// `"…"` of bash (`declare -p`, `export -p`).
    DoubleQuote,
    /// `printf %q` of bash.
    Backslash,
    /// HTML and XML, with what stands for `"` and `'`.
    Html { double: &'static str, single: &'static str },
    /// A URL, in which letters, digits and `kept` stay.
    Url { kept: &'static str, blank: Blank, case: Case },
}

const fn json(coded: &'static str, slash: &'static str, foreign: Foreign, case: Case) -> Escape {
    Escape::Json { coded, slash, foreign, case }
}

const fn html(double: &'static str, single: &'static str) -> Escape {
    Escape::Html { double, single }
}

const fn url(kept: &'static str, blank: Blank, case: Case) -> Escape {
    Escape::Url { kept, blank, case }
}

/// The ways that are looked for: most texts read the same in nearly all of them.
pub(super) const ESCAPES: [Escape; 32] = {
    use Blank::{Percent, Plus};
    use Case::{Lower, Upper};
    use Foreign::{Coded, Kept};
    [
        Escape::Raw,
        json("", "/", Kept, Lower),          // serde, JavaScript, jq
        json("", "/", Coded, Lower),         // Python
        json("", "\\/", Coded, Lower),       // PHP
        json("<>&", "/", Kept, Lower),       // Go
        json("\"'&+<>`", "/", Coded, Upper), // .NET
        Escape::Repr,
        Escape::Ansi(Kept),
        Escape::Ansi(Coded),
        Escape::DashQuote,
        Escape::BashQuote,
        Escape::DoubleQuote,
        Escape::Backslash,
        html("\"", "'"),
        html("&quot;", "'"),
        html("&quot;", "&#39;"),
        html("&quot;", "&#039;"),
        html("&quot;", "&#x27;"),
        html("&quot;", "&apos;"),
        html("&#34;", "&#39;"),
        url("-_.~", Percent, Upper), // RFC 3986, curl, jq
        url("-_.~", Percent, Lower),
        url("-_.~", Plus, Upper), // Go, Python's quote_plus
        url("-_.~", Plus, Lower),
        url("-_.~/", Percent, Upper),                // Python's quote
        url("-_.~!'()*", Percent, Upper),            // encodeURIComponent
        url("-_.~!'()*;/?:@&=+$,#", Percent, Upper), // encodeURI
        url("-_.~$&+,;=", Percent, Upper),           // Go, for a user's password
        url("-_.*", Plus, Upper),                    // HTML forms, Java
        url("-_.!*()", Plus, Lower),                 // .NET
        url("", Percent, Upper),
        url("", Percent, Lower),
    ]
};

/// The ways in which a single line of a long text is looked for.
pub(super) const LINE_ESCAPES: [Escape; 6] =
    [ESCAPES[0], ESCAPES[1], Escape::DashQuote, Escape::BashQuote, Escape::DoubleQuote, html("&quot;", "&#39;")];

/// Returns whether one of [`LINE_ESCAPES`] writes a character otherwise.
pub(super) fn is_escaped_in_lines(char: char) -> bool {
    char.is_control() || "\"'\\&<>$`".contains(char)
}

impl Escape {
    /// Returns what it is called.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Json { .. } => "JSON",
            Self::Repr => "quoted",
            Self::Ansi(_) | Self::DashQuote | Self::BashQuote | Self::DoubleQuote | Self::Backslash => {
                "quoted for a shell"
            }
            Self::Html { .. } => "HTML",
            Self::Url { .. } => "URL-encoded",
        }
    }

    /// Writes the next character of `text`, which begins at byte `at` (of a run of quotes, all); returns where the next one begins.
    pub(super) fn piece(self, text: &str, at: usize, out: &mut Vec<u8>) -> usize {
        let (before, rest) = text.split_at_checked(at).unwrap_or((text, ""));
        let Some(char) = rest.chars().next() else { return text.len() };
        if self == Self::DashQuote && char == '\'' {
            let run = rest.len() - rest.trim_start_matches('\'').len();
            out.extend_from_slice(b"'\"");
            out.resize(out.len() + run, b'\'');
            out.extend_from_slice(b"\"'");
            return at + run;
        }
        self.char(before.chars().next_back(), char, out);
        at + char.len_utf8()
    }

    fn char(self, before: Option<char>, char: char, out: &mut Vec<u8>) {
        match self {
            Self::Json { coded, slash, foreign, case } => json_char(char, coded, slash, (foreign, case), out),
            Self::Repr => c_char(char, "\\", |code, out| out.extend(format!("\\x{code:02x}").bytes()), out),
            Self::Ansi(Foreign::Coded) if !char.is_ascii() => push(char, |byte| format!("\\{byte:03o}"), out),
            Self::Ansi(_) => c_char(char, "\\'", ansi_control, out),
            Self::BashQuote if char == '\'' => out.extend_from_slice(b"'\\''"),
            Self::DoubleQuote if "\"\\$`".contains(char) => out.extend([b'\\', char as u8]),
            Self::Backslash if needs_backslash(before, char) => out.extend([b'\\', char as u8]),
            Self::Html { double, single } => match char {
                '&' => out.extend_from_slice(b"&amp;"),
                '<' => out.extend_from_slice(b"&lt;"),
                '>' => out.extend_from_slice(b"&gt;"),
                '"' => out.extend_from_slice(double.as_bytes()),
                '\'' => out.extend_from_slice(single.as_bytes()),
                char => keep(char, out),
            },
            Self::Url { blank: Blank::Plus, .. } if char == ' ' => out.push(b'+'),
            Self::Url { kept, case, .. } if !char.is_ascii_alphanumeric() && !kept.contains(char) => match case {
                Case::Lower => push(char, |byte| format!("%{byte:02x}"), out),
                Case::Upper => push(char, |byte| format!("%{byte:02X}"), out),
            },
            Self::Raw | Self::DashQuote | Self::BashQuote | Self::DoubleQuote | Self::Backslash | Self::Url { .. } => {
                keep(char, out);
            }
        }
    }
}

fn keep(char: char, out: &mut Vec<u8>) {
    out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
}

fn push(char: char, code: impl Fn(u8) -> String, out: &mut Vec<u8>) {
    for byte in char.encode_utf8(&mut [0; 4]).bytes() {
        out.extend_from_slice(code(byte).as_bytes());
    }
}

fn json_char(char: char, coded: &str, slash: &str, (foreign, case): (Foreign, Case), out: &mut Vec<u8>) {
    let short = match char {
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\u{8}' => "\\b",
        '\u{c}' => "\\f",
        '\\' => "\\\\",
        '"' if !coded.contains('"') => "\\\"",
        '/' => slash,
        char if char < ' ' || coded.contains(char) || (foreign == Foreign::Coded && !char.is_ascii()) => {
            for unit in char.encode_utf16(&mut [0; 2]) {
                let code = if case == Case::Lower { format!("\\u{unit:04x}") } else { format!("\\u{unit:04X}") };
                out.extend_from_slice(code.as_bytes());
            }
            return;
        }
        char => return keep(char, out),
    };
    out.extend_from_slice(short.as_bytes());
}

/// Writes a character as C does; those of `quoted` with a backslash.
fn c_char(char: char, quoted: &str, control: impl Fn(u32, &mut Vec<u8>), out: &mut Vec<u8>) {
    match char {
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        '\0'..='\u{1f}' | '\u{7f}' => control(u32::from(char), out),
        char if quoted.contains(char) => out.extend([b'\\', char as u8]),
        char => keep(char, out),
    }
}

fn ansi_control(code: u32, out: &mut Vec<u8>) {
    match code {
        7 => out.extend_from_slice(b"\\a"),
        8 => out.extend_from_slice(b"\\b"),
        0x0b => out.extend_from_slice(b"\\v"),
        0x0c => out.extend_from_slice(b"\\f"),
        0x1b => out.extend_from_slice(b"\\E"),
        code => out.extend_from_slice(format!("\\{code:03o}").as_bytes()),
    }
}

/// Bash's table (lib/sh/shquote.c). At the beginning `#` and `~` have one too, but a secret may stand inside a word.
fn needs_backslash(before: Option<char>, char: char) -> bool {
    " !\"$&'()*,;<>?[\\]^`{|}".contains(char) || (char == '~' && matches!(before, Some(':' | '=')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(escape: Escape, text: &str) -> String {
        let (mut out, mut at) = (Vec::new(), 0);
        while at < text.len() {
            at = escape.piece(text, at, &mut out);
        }
        String::from_utf8(out).expect("utf-8")
    }

    /// What bash 5.2, dash 0.5.12 and busybox 1.35 really print.
    #[test]
    fn shells_write_it_so() {
        let text = "pa'ss\"w$rd\\x `a` !b #c ~d:~e=~f *?[x]{y};|&<>()^%@+,-./é''x";
        let check = |escape, expected: &str| assert_eq!(write(escape, text), expected, "{escape:?}");
        check(Escape::BashQuote, r#"pa'\''ss"w$rd\x `a` !b #c ~d:~e=~f *?[x]{y};|&<>()^%@+,-./é'\'''\''x"#);
        check(Escape::DashQuote, r#"pa'"'"'ss"w$rd\x `a` !b #c ~d:~e=~f *?[x]{y};|&<>()^%@+,-./é'"''"'x"#);
        check(Escape::DoubleQuote, r#"pa'ss\"w\$rd\\x \`a\` !b #c ~d:~e=~f *?[x]{y};|&<>()^%@+,-./é''x"#);
        let quoted = r#"pa\'ss\"w\$rd\\x\ \`a\`\ \!b\ #c\ ~d:\~e=\~f\ \*\?\[x\]\{y\}\;\|\&\<\>\(\)\^%@+\,-./é\'\'x"#;
        check(Escape::Backslash, quoted);
        let controls = "a\tb\nc\u{1b}[d\u{1}\u{7f}'q\\é\"$\r\u{7}\u{8}\u{b}\u{c}";
        assert_eq!(write(Escape::Ansi(Foreign::Kept), controls), r#"a\tb\nc\E[d\001\177\'q\\é"$\r\a\b\v\f"#);
        assert_eq!(write(Escape::Ansi(Foreign::Coded), "é è"), r"\303\251 \303\250");
    }

    /// What Python, Go, .NET, PHP, node and jq really print.
    #[test]
    fn libraries_write_it_so() {
        let text = "a!b\"c'd/e<f>g&h é~*()+ -_.";
        let written: Vec<String> = ESCAPES.iter().map(|escape| write(*escape, text)).collect();
        for expected in [
            r#"a!b\"c'd/e<f>g&h \u00e9~*()+ -_."#,
            r#"a!b\"c'd\/e<f>g&h \u00e9~*()+ -_."#,
            r#"a!b\"c'd/e\u003cf\u003eg\u0026h é~*()+ -_."#,
            r"a!b\u0022c\u0027d/e\u003Cf\u003Eg\u0026h \u00E9~*()\u002B -_.",
            "a!b&quot;c&#x27;d/e&lt;f&gt;g&amp;h é~*()+ -_.",
            "a!b&quot;c&apos;d/e&lt;f&gt;g&amp;h é~*()+ -_.",
            "a%21b%22c%27d/e%3Cf%3Eg%26h%20%C3%A9~%2A%28%29%2B%20-_.",
            "a%21b%22c%27d%2Fe%3Cf%3Eg%26h+%C3%A9~%2A%28%29%2B+-_.",
            "a!b%22c'd%2Fe%3Cf%3Eg%26h%20%C3%A9~*()%2B%20-_.",
            "a!b%22c'd/e%3Cf%3Eg&h%20%C3%A9~*()+%20-_.",
            "a%21b%22c%27d%2Fe%3Cf%3Eg%26h+%C3%A9%7E*%28%29%2B+-_.",
        ] {
            assert!(written.iter().any(|written| written == expected), "{expected}");
        }
    }
}
