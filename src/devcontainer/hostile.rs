//! What strangers may write: no reader of this module panics or hangs on it, and an error names its place.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{
    Configuration, DevContainer, DockerIgnore, Dockerfile, Entry, Known, Named, RepositoryFiles, Script, Variables,
    advise, yaml,
};

/// Long for any of them, on a machine that is busy: what is not in proportion to its length takes minutes.
const LONG: Duration = Duration::from_secs(20);

/// As much of one piece as a configuration may be large.
fn much(piece: &str) -> String {
    piece.repeat((1 << 20) / piece.len())
}

/// Enough of one to tell what is not in proportion to its length.
fn enough(piece: &str) -> String {
    piece.repeat((1 << 17) / piece.len())
}

/// What has no end, no beginning, or too much of both.
const PIECES: [&str; 32] = [
    "[",
    "{",
    "\"",
    "\\",
    "${",
    "}",
    "${localEnv:",
    "${localEnv:A:",
    "${localEnv:A:${",
    "{\"a\":",
    "[{\"a\":[",
    "\"a\":1,",
    "\"a\" ",
    ",",
    ":",
    "/*",
    "//",
    "/",
    "'",
    "\u{feff}",
    "\0",
    "\n",
    "\r",
    "-",
    "1",
    "1e",
    "\\u",
    "\\ud800",
    "é",
    "FROM ",
    "RUN <<EOF\n",
    "- ",
];

/// Where a piece stands.
const AROUND: [(&str, &str); 5] = [
    ("", ""),
    ("{\"image\": \"x\", \"name\": ", "}"),
    ("{\"image\": \"", "\"}"),
    ("{\"onCreateCommand\": \"", "\"}"),
    ("FROM x\nRUN ", "\nFROM y\n"),
];

/// A repository in which every name leads to one text.
struct Everywhere<'a>(&'a str);

impl RepositoryFiles for Everywhere<'_> {
    fn script(&self, _: &str) -> Option<Script> {
        Some(Script { start: self.0.bytes().take(4096).collect(), is_executable: false })
    }

    fn beside(&self, path: &str) -> Named {
        Named::There { path: path.to_owned(), text: self.0.to_owned() }
    }

    fn text(&self, _: &str) -> Option<String> {
        Some(self.0.to_owned())
    }
}

/// Reads a text as everything that it could be. An error has a place in the text.
fn read(text: &str) {
    match Configuration::read(text, "f") {
        Ok(config) => {
            let known = Known { image: None, owner: Some("mona".to_owned()) };
            for advice in advise(&config, &Everywhere(text), &known) {
                for finding in advice.findings.iter().take(100) {
                    let _place = (advice.place(finding.span.start), advice.excerpt(finding));
                }
            }
            let _lines = (config.lines(|_| true), config.to_json());
            let _typed = DevContainer::of(&config);
        }
        Err(error) => {
            assert!(error.to_string().starts_with("f:"), "{error}");
            let _excerpt = error.excerpt();
        }
    }
    let local_env: BTreeMap<_, _> = [("A".to_owned(), text.chars().take(100).collect())].into();
    let variables = Variables { local_env, local_folder: Some("/a".to_owned()), ..Variables::default() };
    let _replaced = variables.apply(text);
    let dockerfile = Dockerfile::read(text);
    let _base = dockerfile.base_image(&BTreeMap::new(), Some("x"), "amd64");
    let _lines = (dockerfile.lines_of_image(&BTreeMap::new(), "amd64", text), dockerfile.lines_of_step("1/2", text));
    let _ignored = DockerIgnore::read(text).map(|ignore| ignore.leaves_out("a/b"));
    let _label = Entry::of_label(text);
    let _yaml = yaml::parse(text);
}

#[track_caller]
fn in_time(text: &str) {
    let began = Instant::now();
    read(text);
    let shown: String = text.chars().take(40).collect();
    assert!(began.elapsed() < LONG, "{shown}: {:?}", began.elapsed());
}

#[test]
fn a_megabyte_without_an_end_is_read_in_time() {
    for piece in ["[", "\"", "${", "/*", "{\"a\":"] {
        in_time(&much(piece));
    }
}

#[test]
fn much_of_anything_is_read_in_time() {
    for piece in PIECES {
        in_time(&enough(piece));
    }
    for (before, after) in AROUND.iter().skip(1) {
        for piece in
            ["[", "\\\"", "${", "${localEnv:A:", "&& ", "$(", "<<E ", "a ", "\\n", "git clone ", "docker pull x;"]
        {
            in_time(&format!("{before}{}{after}", enough(piece)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(pieces in proptest::collection::vec(0..PIECES.len(), 0..40), around in 0..AROUND.len()) {
        let inside: String = pieces.iter().filter_map(|at| PIECES.get(*at)).copied().collect();
        let (before, after) = AROUND[around];
        read(&format!("{before}{inside}{after}"));
    }

    #[test]
    fn no_configuration_panics(
        property in "(image|build|dockerFile|dockerComposeFile|service|mounts|features|remoteEnv|hostRequirements|customizations|secrets|forwardPorts|onCreateCommand|waitFor)",
        value in "(null|true|1|\"\"|\"x\"|\"\\$\\{localEnv\\}\"|\\[\\]|\\{\\}|\\[\"x\", 1, \\{\\}\\]|\\{\"a\": \\{\"b\": \\[1\\]\\}, \"a\": null\\}|\\{\"codespaces\": \\{\"repositories\": \\{\"a/b\": 1, \"/\": \\{\\}\\}\\}\\})",
    ) {
        read(&format!("{{\"image\": \"x\", \"{property}\": {value}}}"));
        read(&format!("{{\"{property}\": {value}, \"dockerComposeFile\": [\"c\"], \"service\": \"a\"}}"));
    }

    #[test]
    fn no_label_panics(text in "(\\[|\\]|\\{|\\}|\"[a-z]{0,3}\"|:|,|null|1|\\\\u0000){0,30}") {
        let _entries = Entry::of_label(&text);
    }
}
