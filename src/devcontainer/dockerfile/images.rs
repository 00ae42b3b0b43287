//! The images that a Dockerfile names: to build on, to copy from, to mount, to be read by. And the same text with other names for them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::instructions::{Instruction, directives, escape};
use super::words::{expanded, spans, unquoted};
use super::{Dockerfile, Stage, find};

/// An image that a Dockerfile names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedImage {
    /// The image, with what stands for its variables.
    pub image: String,
    /// For which platform, where a stage says so.
    pub platform: Option<String>,
    /// Where it is named, in bytes.
    pub place: Range<usize>,
    /// The lines of the instruction, counted from 0.
    pub lines: Range<usize>,
}

/// What a step copies or mounts from: a stage or an image, as it is written.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) place: Range<usize>,
    pub(super) lines: Range<usize>,
    pub(super) by: By,
}

/// Which flag names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// `COPY --from`: a number is a stage's.
    Copy,
    /// `RUN --mount=…,from=`: a number is a name.
    Mount,
}

impl Dockerfile {
    /// Returns the images that a build wants of its registries: those of the stage that is built (by default the last), of the stages that it needs,
    /// and the one that reads the file. `args` and `architecture` are as for [`Self::base_image`].
    pub fn images(&self, args: &BTreeMap<String, String>, target: Option<&str>, architecture: &str) -> Vec<NamedImage> {
        let known = self.known(args, architecture);
        let mut images: Vec<NamedImage> = self.syntax.iter().cloned().collect();
        let mut seen = BTreeSet::new();
        let last = self.stages.len().checked_sub(1);
        let mut next: Vec<usize> = target.map_or(last, |target| find(&self.stages, target)).into_iter().collect();
        while let Some(at) = next.pop() {
            let Some(stage) = self.stages.get(at).filter(|_| seen.insert(at)) else { continue };
            let from = stage.from(&known);
            match find(self.stages.get(..at).unwrap_or_default(), &from) {
                Some(earlier) => next.push(earlier),
                None if from == "scratch" || from.is_empty() => {}
                None => images.push(NamedImage {
                    image: from,
                    platform: stage.platform.as_deref().map(|text| expanded(&unquoted(text), &known)),
                    place: stage.from_at.clone(),
                    lines: stage.lines.clone(),
                }),
            }
            for source in &stage.sources {
                let number = source.name.parse::<usize>().ok().filter(|_| source.by == By::Copy);
                match number.or_else(|| find(&self.stages, &source.name)) {
                    Some(other) => next.push(other),
                    // BuildKit puts nothing in a variable's place here, and refuses it.
                    None if source.name.contains('$') || source.name == "scratch" || source.name.is_empty() => {}
                    None => images.push(NamedImage {
                        image: source.name.clone(),
                        platform: None,
                        place: source.place.clone(),
                        lines: source.lines.clone(),
                    }),
                }
            }
        }
        images.sort_by_key(|image| image.place.start);
        images
    }

    /// Returns the image that reads the file.
    pub(super) fn syntax_of(text: &str) -> Option<NamedImage> {
        let found = directives(text).find(|one| one.name.eq_ignore_ascii_case("syntax"))?;
        let image = found.value.split_whitespace().next()?;
        let start = found.place + found.value.find(image)?;
        Some(NamedImage {
            image: image.to_owned(),
            platform: None,
            place: start..start + image.len(),
            lines: found.line..found.line + 1,
        })
    }
}

impl Stage {
    /// Reads a FROM.
    pub(super) fn read(instruction: Instruction) -> Self {
        let Instruction { rest, places, lines, .. } = instruction;
        let mut stage = Self {
            from: String::new(),
            from_at: 0..0,
            platform: None,
            name: None,
            lines,
            steps: Vec::new(),
            sources: Vec::new(),
        };
        let mut words = spans(&rest).into_iter().filter_map(|span| Some((rest.get(span.clone())?, span)));
        for (word, span) in words.by_ref() {
            if let Some(flag) = word.strip_prefix("--") {
                stage.platform = flag.strip_prefix("platform=").map(str::to_owned).or(stage.platform);
                continue;
            }
            word.clone_into(&mut stage.from);
            stage.from_at = place(&places, &span);
            break;
        }
        let is_named = words.next().is_some_and(|(word, _)| word.eq_ignore_ascii_case("as"));
        stage.name = words.next().filter(|_| is_named).map(|(word, _)| word.to_owned());
        stage
    }
}

/// Returns what a step copies or mounts from, by its flags.
pub(super) fn sources(instruction: &Instruction) -> Vec<Source> {
    let Instruction { keyword, rest, places, lines } = instruction;
    let (flag, by) = match keyword.as_str() {
        "COPY" => ("--from=", By::Copy),
        "RUN" => ("--mount=", By::Mount),
        _ => return Vec::new(),
    };
    let flags =
        spans(rest).into_iter().take_while(|span| rest.get(span.clone()).is_some_and(|word| word.starts_with("--")));
    let values = flags.filter_map(|span| {
        let value = rest.get(span.clone())?.strip_prefix(flag)?;
        let start = span.end - value.len();
        match by {
            By::Copy => Some(inside_of_quotes(value, start)),
            By::Mount => from_of_mount(value, start),
        }
    });
    let source = |span: Range<usize>| {
        let name = rest.get(span.clone())?.to_owned();
        // A quote in the middle of a word is BuildKit's to read.
        let is_plain = !name.contains(['"', '\'', '\\']);
        is_plain.then(|| Source { name, place: place(places, &span), lines: lines.clone(), by })
    };
    values.filter_map(source).collect()
}

/// Returns where the value of `from` is in that of a `--mount` that begins at `start`: a line of a table, whose fields commas divide.
fn from_of_mount(value: &str, mut start: usize) -> Option<Range<usize>> {
    for field in value.split(',') {
        let (name, from) = field.split_once('=').unwrap_or((field, ""));
        if name.trim_matches([' ', '"', '\'']).eq_ignore_ascii_case("from") {
            return Some(inside_of_quotes(from, start + field.len() - from.len()));
        }
        start += field.len() + 1;
    }
    None
}

/// Returns where a word that begins at `start` is, without quotes around it.
fn inside_of_quotes(word: &str, start: usize) -> Range<usize> {
    let inner = word.trim_start_matches(['"', '\'']);
    let start = start + word.len() - inner.len();
    start..start + inner.trim_end_matches(['"', '\'']).len()
}

/// Returns where in the text a part of an instruction is.
fn place(places: &[usize], span: &Range<usize>) -> Range<usize> {
    let first = places.get(span.start).copied().unwrap_or_default();
    let last = span.end.checked_sub(1).and_then(|last| places.get(last)).copied();
    first..last.map_or(first, |last| last + 1)
}

/// Returns a Dockerfile's text with other names for some of its images; each line is where it was.
pub fn renamed(text: &str, names: &[(&NamedImage, &str)]) -> String {
    let mut out = String::new();
    let mut done = 0;
    for (NamedImage { place, .. }, name) in names {
        let (Some(before), Some(old)) = (text.get(done..place.start), text.get(place.clone())) else { continue };
        out.push_str(before);
        // A name that is written over several lines still takes as many.
        for _ in old.matches('\n') {
            out.push(escape(text));
            out.push('\n');
        }
        out.push_str(name);
        done = place.end;
    }
    out + text.get(done..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn args(args: &[(&str, &str)]) -> BTreeMap<String, String> {
        args.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// Returns the text with each image of a registry `r` written as one of `h`.
    fn moved(text: &str, given: &[(&str, &str)], target: Option<&str>) -> String {
        let images = Dockerfile::read(text).images(&args(given), target, "amd64");
        let names = images.iter().filter_map(|one| Some((one, format!("h/{}", one.image.strip_prefix("r/")?))));
        let names: Vec<_> = names.collect();
        let names: Vec<_> = names.iter().map(|(one, name)| (*one, name.as_str())).collect();
        renamed(text, &names)
    }

    #[test]
    fn an_image_is_renamed_wherever_it_is_named() {
        for (text, expected) in [
            ("FROM r/a:1\n", "FROM h/a:1\n"),
            ("FROM r/a@sha256:00 AS x", "FROM h/a@sha256:00 AS x"),
            ("from --platform=linux/arm64 \"r/a\" as x\n", "from --platform=linux/arm64 h/a as x\n"),
            ("ARG V=1\nARG B=r/a:$V\nFROM ${B}\n", "ARG V=1\nARG B=r/a:$V\nFROM h/a:1\n"),
            (
                "ARG B\nFROM ${B:-r/a}-x\nFROM q\nCOPY --from=r/b /x /\n",
                "ARG B\nFROM ${B:-r/a}-x\nFROM q\nCOPY --from=h/b /x /\n",
            ),
            (
                "FROM q\nCOPY --chown=1 --from=\"r/b\" /x /\nCOPY /--from=r/c /\n",
                "FROM q\nCOPY --chown=1 --from=\"h/b\" /x /\nCOPY /--from=r/c /\n",
            ),
            (
                "FROM q\nRUN --mount=type=bind,from=r/b,target=/x --mount='from=r/c,target=/y' ls --mount=from=r/d\n",
                "FROM q\nRUN --mount=type=bind,from=h/b,target=/x --mount='from=h/c,target=/y' ls --mount=from=r/d\n",
            ),
            (
                "FROM q\nRUN --mount=\"target=/x\",\"from=r/b\" ls\n",
                "FROM q\nRUN --mount=\"target=/x\",\"from=h/b\" ls\n",
            ),
            (
                "FROM \\\n# r/x\n  r/a \\\n AS y\nCOPY \\\n --from=r/\\\nb /x /\n",
                "FROM \\\n# r/x\n  h/a \\\n AS y\nCOPY \\\n --from=\\\nh/b /x /\n",
            ),
            (
                "FROM q\nRUN <<E\nFROM r/a\nCOPY --from=r/b / /\nE\nCOPY --from=r/c <<F /x\nr/d\nF\n",
                "FROM q\nRUN <<E\nFROM r/a\nCOPY --from=r/b / /\nE\nCOPY --from=h/c <<F /x\nr/d\nF\n",
            ),
            (
                "# syntax = r/front:1\r\n# escape=`\r\nFROM `\r\n r/a\r\n",
                "# syntax = h/front:1\r\n# escape=`\r\nFROM `\r\n h/a\r\n",
            ),
            ("\u{feff}FROM r/ä\n", "\u{feff}FROM h/ä\n"),
            // What is no image, or not for sure one.
            (
                "FROM q\nCOPY --from=$X /x /\nRUN --mount=from=r/$X true\nONBUILD COPY --from=r/b / /\n",
                "FROM q\nCOPY --from=$X /x /\nRUN --mount=from=r/$X true\nONBUILD COPY --from=r/b / /\n",
            ),
            (
                "FROM q\nADD --from=r/a / /\nCOPY --from=r/\"b\" / /\n",
                "FROM q\nADD --from=r/a / /\nCOPY --from=r/\"b\" / /\n",
            ),
        ] {
            let renamed = moved(text, &[], None);
            assert_eq!(renamed, expected);
            assert_eq!(renamed.lines().count(), text.lines().count(), "{text}");
        }
    }

    #[test]
    fn an_argument_that_is_given_counts() {
        let text = "ARG B=r/a\nFROM $B\nFROM ${TARGETARCH}\n";
        assert_eq!(moved(text, &[("B", "r/b")], None), text, "the last stage alone is built");
        let text = "ARG B=q\nFROM $B\n";
        assert_eq!(moved(text, &[("B", "r/b:2")], None), "ARG B=q\nFROM h/b:2\n");
    }

    #[test]
    fn only_what_is_built_is_wanted_and_a_stage_is_no_image() {
        let text = "FROM r/a AS one\nFROM r/b AS r\nCOPY --from=0 / /\nCOPY --from=ONE / /\nFROM r/c\nRUN --mount=from=0 x\nCOPY --from=r / /\nCOPY --from=9 / /\nFROM r/d AS alone\nFROM scratch AS none\n";
        let images = |target: Option<&str>| {
            let all = Dockerfile::read(text).images(&BTreeMap::new(), target, "amd64");
            all.into_iter().map(|one| (one.image, one.lines.start)).collect::<Vec<_>>()
        };
        let named =
            |all: &[(&str, usize)]| all.iter().map(|(image, line)| ((*image).to_owned(), *line)).collect::<Vec<_>>();
        assert_eq!(images(None), []);
        assert_eq!(images(Some("ALONE")), named(&[("r/d", 8)]));
        assert_eq!(images(Some("r")), named(&[("r/a", 0), ("r/b", 1)]));
        assert_eq!(images(Some("not-there")), []);
        let whole = text.replace("FROM r/d", "FROM q\nCOPY --from=2 / /\nFROM r/d");
        let found =
            Dockerfile::read(&whole.replace(" AS none", "\nCOPY --from=3 / /")).images(&BTreeMap::new(), None, "amd64");
        let found: Vec<_> = found.iter().map(|one| one.image.as_str()).collect();
        assert_eq!(found, ["r/a", "r/b", "r/c", "0", "q"]);
        let platform = Dockerfile::read("FROM --platform=$BUILDPLATFORM a").images(&BTreeMap::new(), None, "arm64");
        assert_eq!(platform[0].platform.as_deref(), Some("linux/arm64"));
        // Stages that need each other are BuildKit's to refuse.
        let _circle =
            Dockerfile::read("FROM a AS x\nCOPY --from=y / /\nFROM x AS y\n").images(&BTreeMap::new(), None, "amd64");
    }

    proptest! {
        #[test]
        fn every_place_is_the_images(text in "(FROM|COPY|RUN|ARG A=|--from=|--mount=|from=|<<|E|\\$\\{?|AS|\u{feff}|\r?\n|[ \"'\\\\,#a-cé]){0,40}") {
            let images = Dockerfile::read(&text).images(&BTreeMap::new(), None, "amd64");
            let same: Vec<_> = images.iter().map(|one| (one, text.get(one.place.clone()).expect("a place"))).collect();
            let again = renamed(&text, &same);
            prop_assert!(again.len() >= text.len());
            let other: Vec<_> = images.iter().map(|one| (one, "x")).collect();
            prop_assert_eq!(renamed(&text, &other).lines().count(), text.lines().count());
        }
    }
}
