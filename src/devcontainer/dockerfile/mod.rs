//! A Dockerfile, as far as it says which image it builds on: the one whose metadata label is merged.
//!
//! Read as docker does it today: continuations, heredocs, comments, stages by name and number. (Reference CLI: by lines, so that a FROM inside a
//! heredoc is a stage.)

mod instructions;
mod words;

use std::collections::BTreeMap;

use instructions::{Instruction, instructions};
use words::{expanded, split, unquoted};

/// One stage.
#[derive(Debug)]
struct Stage {
    from: String,
    name: Option<String>,
}

/// Returns the image that a stage (by default the last) builds on; nothing where the stage is not there, or builds on none (`scratch`).
/// `args` are build arguments that are given; `architecture` is Docker's word for the machine's.
pub fn base_image(
    text: &str,
    args: &BTreeMap<String, String>,
    target: Option<&str>,
    architecture: &str,
) -> Option<String> {
    let instructions = instructions(text);
    let mut known: BTreeMap<String, String> = platform(architecture);
    let mut stages: Vec<Stage> = Vec::new();
    for Instruction { keyword, rest } in &instructions {
        match keyword.as_str() {
            "ARG" if stages.is_empty() => {
                for word in split(rest) {
                    let (name, default) =
                        word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
                    let default = default.map(|value| expanded(&unquoted(value), &known));
                    let value = args.get(name).cloned().or(default);
                    known.extend(value.map(|value| (name.to_owned(), value)));
                }
            }
            "FROM" => stages.push(stage(rest, &known)),
            _ => {}
        }
    }
    let mut at = match target {
        Some(target) => find(&stages, target)?,
        None => stages.len().checked_sub(1)?,
    };
    loop {
        let stage = stages.get(at)?;
        // Only a stage above is one; anything else is an image.
        match find(stages.get(..at)?, &stage.from) {
            Some(earlier) => at = earlier,
            None if stage.from == "scratch" || stage.from.is_empty() => return None,
            None => return Some(stage.from.clone()),
        }
    }
}

fn stage(rest: &str, known: &BTreeMap<String, String>) -> Stage {
    let mut words = split(rest).into_iter().skip_while(|word| word.starts_with("--"));
    let from = words.next().map(|word| expanded(&unquoted(&word), known).replace(['"', '\''], "")).unwrap_or_default();
    let name = words.next().filter(|word| word.eq_ignore_ascii_case("as")).and_then(|_| words.next());
    Stage { from, name }
}

/// Finds a stage by its name, case aside, of two the later one; or by its number.
fn find(stages: &[Stage], wanted: &str) -> Option<usize> {
    let is_named = |stage: &Stage| stage.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(wanted));
    stages.iter().rposition(is_named).or_else(|| wanted.parse().ok().filter(|number| *number < stages.len()))
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
        base_image(text, &args, target, "amd64")
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
    fn stages_have_names_and_numbers() {
        for (text, target, expected) in [
            ("FROM a AS one\r\nUSER u\r\nFROM one\r\nRUN x\r\n", None, Some("a")),
            ("FROM a AS Base\nFROM b AS other\nFROM base\n", None, Some("a")),
            ("FROM a AS Dev\nFROM b\n", Some("dev"), Some("a")),
            ("FROM a\nFROM b\n", Some("0"), Some("a")),
            ("FROM a\nFROM 0\n", None, Some("a")),
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

    proptest! {
        #[test]
        fn no_text_panics(text in "(FROM|ARG|RUN|<<|EOF|\\$\\{|\\}|[ \na-c=:\"'\\\\#-]){0,40}") {
            let _image = base(&text, &[], None);
        }
    }
}
