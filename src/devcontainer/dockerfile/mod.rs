//! A Dockerfile, as far as it has to be known before and after BuildKit reads it: its stages, the image that one builds on, and the lines of a
//! step that failed.
//!
//! Read as BuildKit does it: continuations, heredocs, comments, stages by name. (Reference CLI: by lines, so that a FROM inside a
//! heredoc is a stage.)

mod images;
mod instructions;
mod words;

use std::collections::BTreeMap;
use std::ops::Range;

pub use images::{NamedImage, renamed};
use images::{Source, sources};
use instructions::directives;
pub(super) use instructions::{Instruction, instructions};
pub(super) use words::split;
use words::{expanded, unquoted};

/// A Dockerfile.
#[derive(Debug)]
pub struct Dockerfile {
    /// The arguments before the first stage: name, and default as it is written.
    arguments: Vec<(String, Option<String>)>,
    stages: Vec<Stage>,
    /// The image that reads it.
    syntax: Option<NamedImage>,
}

/// One stage.
#[derive(Debug)]
struct Stage {
    /// As it is written.
    from: String,
    /// Where that is written, in bytes.
    from_at: Range<usize>,
    /// As it is written.
    platform: Option<String>,
    name: Option<String>,
    lines: Range<usize>,
    /// What BuildKit counts as steps.
    steps: Vec<(String, Range<usize>)>,
    /// What its steps copy or mount from.
    sources: Vec<Source>,
}

impl Dockerfile {
    /// Reads a Dockerfile. No text is refused: what is wrong with an instruction, BuildKit says.
    pub fn read(text: &str) -> Self {
        let mut read = Self { arguments: Vec::new(), stages: Vec::new(), syntax: Self::syntax_of(text) };
        for instruction in instructions(text) {
            match (instruction.keyword.as_str(), read.stages.last_mut()) {
                ("FROM", _) => read.stages.push(Stage::read(instruction)),
                ("ARG", None) => {
                    let argument = |word: String| match word.split_once('=') {
                        Some((name, default)) => (name.to_owned(), Some(default.to_owned())),
                        None => (word, None),
                    };
                    read.arguments.extend(split(&instruction.rest).into_iter().map(argument));
                }
                ("ADD" | "COPY" | "RUN" | "WORKDIR", Some(stage)) => {
                    stage.sources.extend(sources(&instruction));
                    stage.steps.push((instruction.keyword, instruction.lines));
                }
                _ => {}
            }
        }
        read
    }

    /// Tells whether it has a stage at all.
    pub fn has_stages(&self) -> bool {
        !self.stages.is_empty()
    }

    /// Tells whether it has a stage of this name.
    pub fn has_stage(&self, target: &str) -> bool {
        find(&self.stages, target).is_some()
    }

    /// Returns the names of its stages.
    pub fn stage_names(&self) -> impl Iterator<Item = &str> {
        self.stages.iter().filter_map(|stage| stage.name.as_deref())
    }

    /// Returns the image that a stage (by default the last) builds on; nothing where the stage is not there, or builds on none (`scratch`).
    /// `args` are build arguments that are given; `architecture` is Docker's word for the machine's.
    pub fn base_image(
        &self,
        args: &BTreeMap<String, String>,
        target: Option<&str>,
        architecture: &str,
    ) -> Option<String> {
        let known = self.known(args, architecture);
        let mut at = match target {
            Some(target) => find(&self.stages, target)?,
            None => self.stages.len().checked_sub(1)?,
        };
        loop {
            let from = self.stages.get(at)?.from(&known);
            // Only a stage above is one; anything else is an image.
            match find(self.stages.get(..at)?, &from) {
                Some(earlier) => at = earlier,
                None if from == "scratch" || from.is_empty() => return None,
                None => return Some(from),
            }
        }
    }

    /// Returns the lines, counted from 0, of the first FROM whose image is the wanted one.
    pub fn lines_of_image(
        &self,
        args: &BTreeMap<String, String>,
        architecture: &str,
        image: &str,
    ) -> Option<Range<usize>> {
        let known = self.known(args, architecture);
        // BuildKit writes a name out: registry, `library`, tag.
        let written_out = |name: &str| {
            let (name, digest) = name.split_once('@').map_or((name, ""), |(name, digest)| (name, digest));
            let tagged = name.rsplit_once(':').is_some_and(|(_, tag)| !tag.contains('/'));
            let tag = if tagged || !digest.is_empty() { "" } else { ":latest" };
            let name = name.trim_start_matches("docker.io/").trim_start_matches("library/");
            format!("{name}{tag}@{digest}")
        };
        let wanted = written_out(image);
        let is_it = |stage: &&Stage| written_out(&stage.from(&known)) == wanted;
        self.stages.iter().find(is_it).map(|stage| stage.lines.clone())
    }

    /// Returns the lines, counted from 0, of a step that BuildKit calls `step` (`2/5`, `dev 2/5`, `stage-1 2/5`) and that does `name`
    /// (`RUN make`).
    pub fn lines_of_step(&self, step: &str, name: &str) -> Option<Range<usize>> {
        let (around, count) = step.rsplit_once(' ').unwrap_or(("", step));
        let number: usize = count.split_once('/')?.0.parse().ok()?;
        let at = match around.split_whitespace().last() {
            // Behind a platform's name there may be none.
            Some(stage) if !stage.contains('/') => self.stage_called(stage)?,
            Some(_) | None if self.stages.len() == 1 => 0,
            Some(_) | None => return None,
        };
        let stage = self.stages.get(at)?;
        let is_image = stage.from != "scratch" && find(self.stages.get(..at)?, &stage.from).is_none();
        let keyword = name.split_whitespace().next().unwrap_or_default();
        let steps = stage.steps.iter().map(|(keyword, lines)| (keyword.as_str(), lines));
        let from = is_image.then_some(("FROM", &stage.lines));
        let (found, lines) = from.into_iter().chain(steps).nth(number.checked_sub(1)?)?;
        // An ONBUILD of the image below counts too, and is not here.
        found.eq_ignore_ascii_case(keyword).then(|| lines.clone())
    }

    /// Finds a stage by what BuildKit calls it: its name, else `stage-` and its number.
    fn stage_called(&self, name: &str) -> Option<usize> {
        let number = name.strip_prefix("stage-").and_then(|number| number.parse().ok());
        let unnamed = |at: &usize| self.stages.get(*at).is_some_and(|stage| stage.name.is_none());
        number.filter(unnamed).or_else(|| find(&self.stages, name))
    }

    /// Returns what FROM knows: the arguments before it, in order, each of which may use those above, and the platform's.
    fn known(&self, args: &BTreeMap<String, String>, architecture: &str) -> BTreeMap<String, String> {
        let mut known = platform(architecture);
        for (name, default) in &self.arguments {
            let default = default.as_ref().map(|default| expanded(&unquoted(default), &known));
            known.extend(args.get(name).cloned().or(default).map(|value| (name.clone(), value)));
        }
        known
    }
}

/// The image that reads the rest of a Dockerfile: its `# syntax` directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Syntax {
    /// The image.
    pub image: String,
    /// Its line, counted from 0.
    pub line: usize,
}

impl Syntax {
    /// Returns the directive of a Dockerfile; nothing where it has none.
    pub fn of(text: &str) -> Option<Self> {
        let found = directives(text).find(|one| one.name.eq_ignore_ascii_case("syntax"))?;
        Some(Self { image: found.value.split_whitespace().next()?.to_owned(), line: found.line })
    }

    /// Tells whether the engine's own reader can stand in: it is docker's, of the first major version.
    pub fn is_dockers_own(&self) -> bool {
        let image = self.image.strip_prefix("docker.io/").unwrap_or(&self.image);
        let image = image.split_once('@').map_or(image, |(image, _)| image);
        match image.strip_prefix("docker/dockerfile") {
            Some("" | ":latest" | ":1") => true,
            Some(tag) => tag
                .strip_prefix(":1.")
                .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|one| one.is_ascii_digit() || one == b'.')),
            None => false,
        }
    }

    /// Returns the Dockerfile's text without the directive; every line but the directives' is where it was.
    pub fn removed_from(&self, text: &str) -> String {
        let last = directives(text).last().map_or(self.line, |one| one.line);
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        if lines.len() > last {
            // A comment among directives would end them.
            lines.insert(last + 1, "#\n");
            lines.remove(self.line);
        }
        lines.concat()
    }
}

impl Stage {
    /// Returns what it builds on: a stage or an image.
    fn from(&self, known: &BTreeMap<String, String>) -> String {
        expanded(&unquoted(&self.from), known).replace(['"', '\''], "")
    }
}

/// Finds a stage by its name, case aside, of two the later one. A number is no name (tried with the BuildKit of Engine 26.1).
fn find(stages: &[Stage], wanted: &str) -> Option<usize> {
    let is_named = |stage: &Stage| stage.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(wanted));
    stages.iter().rposition(is_named)
}

fn platform(architecture: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for kind in ["BUILD", "TARGET"] {
        all.insert(format!("{kind}PLATFORM"), format!("linux/{architecture}"));
        all.insert(format!("{kind}OS"), "linux".to_owned());
        all.insert(format!("{kind}ARCH"), architecture.to_owned());
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn base(text: &str, args: &[(&str, &str)], target: Option<&str>) -> Option<String> {
        let args = args.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Dockerfile::read(text).base_image(&args, target, "amd64")
    }

    #[test]
    fn arguments_before_the_first_stage_are_replaced() {
        for (text, args, expected) in [
            ("FROM image1\nUSER user1\n", &[][..], "image1"),
            ("ARG BASE=\"image2\"\nFROM ${BASE}\n", &[], "image2"),
            ("ARG BASE=\"image2\"\nFROM ${BASE}\n", &[("BASE", "image3")], "image3"),
            ("\nARG B=\"ubuntu:latest\"\n\nFROM \"${B}\"\n", &[], "ubuntu:latest"),
            ("ARG cloud\nFROM ${cloud:+mcr.io/}az:1\n", &[], "az:1"),
            ("ARG cloud\nFROM \"${cloud:+\"mcr.io/\"}az:1\"\n", &[("cloud", "ghcr.io/")], "mcr.io/az:1"),
            ("ARG cloud\nFROM ${cloud:-\"mcr.io/\"}az:1 as l\n", &[], "mcr.io/az:1"),
            ("ARG cloud\nFROM ${cloud:-mcr.io/}az:1\n", &[("cloud", "ghcr.io/")], "ghcr.io/az:1"),
            ("ARG cloud\nFROM ${cloud-mcr.io/}az:1\n", &[], "mcr.io/az:1"),
            ("ARG o=x/\nARG cloud\nFROM ${cloud:-${o}}az:1\n", &[], "x/az:1"),
            ("ARG V=12\nARG B=node:$V\nFROM $B\n", &[], "node:12"),
            ("ARG V=1\nARG V=2\nFROM i:$V\n", &[], "i:2"),
            ("ARG A=1 B=2\nFROM i:$A-$B\n", &[], "i:1-2"),
            ("ARG B='q'\nFROM $B\n", &[], "q"),
            ("FROM a AS s\nARG V=2\nFROM i:$V\n", &[], "i:"),
            ("FROM --platform=$BUILDPLATFORM base-${TARGETARCH}\n", &[], "base-amd64"),
            ("FROM img@sha256:abc\n", &[], "img@sha256:abc"),
            ("FROM img:2-${templateOption:variant}\n", &[], "img:2-${templateOption:variant}"),
            ("ARG V=${templateOption:variant}\nFROM img:${V}\n", &[], "img:${templateOption:variant}"),
            ("ARG V=1\nFROM img:${V?no version}\n", &[], "img:1"),
        ] {
            assert_eq!(base(text, args, None).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn stages_have_names_and_no_numbers() {
        for (text, target, expected) in [
            ("FROM a AS one\r\nUSER u\r\nFROM one\r\nRUN x\r\n", None, Some("a")),
            ("FROM a AS Base\nFROM b AS other\nFROM base\n", None, Some("a")),
            ("FROM a AS Dev\nFROM b\n", Some("dev"), Some("a")),
            ("FROM a\nFROM b\n", Some("0"), None),
            ("FROM a\nFROM 0\n", None, Some("0")),
            ("FROM a AS s\nFROM b AS s\nFROM s\n", None, Some("b")),
            ("FROM a AS a\nUSER u\n", None, Some("a")),
            ("FROM y AS x\nFROM x AS y\n", None, Some("y")),
            ("FROM a\n", Some("nope"), None),
            ("FROM scratch\n", None, None),
            ("RUN x\n", None, None),
            ("", None, None),
        ] {
            assert_eq!(base(text, &[], target).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn only_an_instruction_is_one() {
        for (text, expected) in [
            ("FROM x\nRUN <<EOF\nUSER fake\nFROM fakeimage\nEOF\n", "x"),
            ("FROM x\nRUN <<-\"E\" cat\n\tFROM fake\n\tE\n", "x"),
            ("FROM x\nRUN echo \\\n  FROM y\n", "x"),
            ("FROM x\nRUN echo \\\n# FROM z\n\n  FROM y\n", "x"),
            ("FROM \\\n  realimage AS z\nUSER u\n", "realimage"),
            ("# escape=`\nFROM `\n x\nUSER u\n", "x"),
            ("# FROM a\n  from b\n# USER no\n", "b"),
            ("# syntax=docker/dockerfile:1.4\nFROM debian", "debian"),
        ] {
            assert_eq!(base(text, &[], None).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_step_has_its_lines() {
        let text = "# x\nFROM a AS one\nRUN x \\\n  y\n\nENV A=1\nWORKDIR /w\nFROM one\nRUN <<EOF\nFROM z\nEOF\nCOPY . .\nFROM scratch AS s\nCOPY --from=one /a /\n";
        let file = Dockerfile::read(text);
        for (step, name, expected) in [
            ("one 1/3", "FROM docker.io/library/a", Some(1..2)),
            ("one 2/3", "RUN x   y", Some(2..4)),
            ("one 3/3", "WORKDIR /w", Some(6..7)),
            ("stage-1 1/2", "RUN <<EOF (FROM z...)", Some(8..11)),
            ("stage-1 2/2", "COPY . .", Some(11..12)),
            ("linux/amd64 stage-1 2/2", "COPY . .", Some(11..12)),
            ("s 1/1", "COPY --from=one /a /", Some(13..14)),
            ("one 2/3", "COPY x", None),
            ("one 9/3", "RUN x", None),
            ("2/3", "RUN x", None),
            ("no 1/3", "RUN x", None),
            ("", "RUN x", None),
            ("one 0/3", "RUN x", None),
        ] {
            assert_eq!(file.lines_of_step(step, name), expected, "{step} {name}");
        }
        let single = Dockerfile::read("FROM a\nRUN b\n");
        assert_eq!(single.lines_of_step("2/2", "RUN b"), Some(1..2));
        assert_eq!(single.lines_of_step("linux/arm64 2/2", "RUN b"), Some(1..2));
    }

    #[test]
    fn a_syntax_of_dockers_own_can_be_left_out() {
        let own = |text: &str| Syntax::of(text).map(|syntax| (syntax.line, syntax.is_dockers_own()));
        for (text, expected) in [
            ("# syntax=docker/dockerfile:1\nFROM a", Some((0, true))),
            ("#syntax = docker.io/docker/dockerfile:1.7.0\n", Some((0, true))),
            ("# escape=`\n# Syntax=docker/dockerfile\n", Some((1, true))),
            ("# syntax=docker/dockerfile:1@sha256:00\n", Some((0, true))),
            ("# syntax=docker/dockerfile:1-labs\n", Some((0, false))),
            ("# syntax=docker/dockerfile:1.7-labs\n", Some((0, false))),
            ("# syntax=docker/dockerfile-upstream:master\n", Some((0, false))),
            ("# syntax=acme/frontend:1\n", Some((0, false))),
            ("# a comment\n# syntax=docker/dockerfile:1\n", None),
            ("\n# syntax=docker/dockerfile:1\n", None),
            ("FROM a", None),
        ] {
            assert_eq!(own(text), expected, "{text}");
        }
        let text = "# syntax=docker/dockerfile:1\r\n# escape=`\r\nFROM a\n";
        let without = Syntax::of(text).expect("one").removed_from(text);
        assert_eq!(without, "# escape=`\r\n#\nFROM a\n");
    }

    /// The reference's own answers for inputs of ours; where BuildKit means something else, it wins.
    #[test]
    fn base_images_are_the_references_but_where_buildkit_means_another() {
        let text = include_str!("../../../integration/vectors/dockerfile/base-images.json");
        let cases: Vec<serde_json::Value> = serde_json::from_str(text).expect("JSON");
        for case in &cases {
            let args = case["args"].as_object().expect("an object").iter();
            let args = args.map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned())).collect();
            let file = Dockerfile::read(case["dockerfile"].as_str().expect("a text"));
            let ours = file.base_image(&args, case["target"].as_str(), "amd64");
            let expected = case.get("decided").unwrap_or(&case["baseImage"]);
            assert_eq!(ours.as_deref(), expected.as_str(), "{}", case["name"]);
        }
        assert!(cases.len() > 40, "{}", cases.len());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(FROM|ARG|RUN|<<|EOF|\\$\\{|\\}|[ \na-c=:\"'\\\\#-]){0,40}") {
            let _image = base(&text, &[], None);
            let _lines = Dockerfile::read(&text).lines_of_step("a 2/3", "RUN a");
            let _without = Syntax::of(&text).map(|syntax| syntax.removed_from(&text));
        }
    }
}
