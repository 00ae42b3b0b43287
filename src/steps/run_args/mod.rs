//! `runArgs`: the flags of `docker run`, read when the configuration is, and set in the engine's request when a container is made.

mod flags;
mod values;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::devcontainer::{ConfigError, DevContainer, Mount, Spanned, Variables, nearest};
use crate::engine::{ContainerSpec, ExtraOptions};
use flags::{Does, Flag, Takes};

/// What `runArgs` say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunArgs {
    /// `--user`.
    user: Option<String>,
    /// `--hostname`.
    hostname: Option<String>,
    /// `--env`, as `NAME=VALUE`.
    env: Vec<String>,
    /// `--env-file`.
    env_files: Vec<Spanned<String>>,
    /// `--label`.
    labels: BTreeMap<String, String>,
    /// `--mount` and `--volume`.
    mounts: Vec<Mount>,
    /// `--init`.
    init: bool,
    /// `--privileged`.
    privileged: bool,
    extra: Box<ExtraOptions>,
    warnings: Vec<String>,
}

/// A word of `runArgs`, its variables replaced.
#[derive(Debug)]
struct Word {
    text: String,
    span: Range<usize>,
}

impl RunArgs {
    /// Reads the flags of a configuration. Pure: what is wrong with them is known before anything is asked of an engine.
    pub fn parse(config: &DevContainer, variables: &Variables) -> Result<Self, ConfigError> {
        let word = |word: &Spanned<String>| Word { text: variables.apply(&word.value), span: word.span.clone() };
        let mut read = Self::default();
        let mut words = config.run_args.iter().map(word);
        while let Some(word) = words.next() {
            if word.text.starts_with("--") && word.text.len() > 2 {
                read.long(config, &word, &mut words)?;
            } else if word.text.starts_with('-') && word.text.len() > 1 {
                read.short(config, &word, &mut words)?;
            } else {
                return Err(fault(config, &word.span, &format!("`{}` is no flag", word.text)));
            }
        }
        // A name alone stands for the variable of where docker is called; there is none on a machine of GitHub's own.
        let env = std::mem::take(&mut read.env);
        let given = |text: String| {
            if text.contains('=') {
                return Some(text);
            }
            variables.local_env.get(&text).map(|value| format!("{text}={value}"))
        };
        read.env = env.into_iter().filter_map(given).collect();
        Ok(read)
    }

    /// Returns what a person should know, in words.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Returns the files of variables, as paths that docker would open.
    pub(super) fn env_files(&self) -> &[Spanned<String>] {
        &self.env_files
    }

    /// Tells whether files of the repository are read for them.
    pub const fn names_files(&self) -> bool {
        !self.env_files.is_empty()
    }

    /// Returns what is to be mounted.
    pub(super) fn mounts(&self) -> &[Mount] {
        &self.mounts
    }

    /// Returns the platform that the image is to be for.
    pub(super) fn platform(&self) -> Option<&str> {
        self.extra.platform.as_deref()
    }

    /// Sets all but the mounts. What the configuration says in another way holds too; where there can be only one, the flag wins, as it
    /// stands later on docker's command line.
    pub(super) fn apply(&self, spec: &mut ContainerSpec) {
        let Self { user, hostname, env, labels, init, privileged, extra, .. } = self.clone();
        spec.user = user.or(spec.user.take());
        spec.hostname = hostname.or(spec.hostname.take());
        spec.env.extend(env);
        spec.labels.extend(labels);
        spec.init |= init;
        spec.privileged |= privileged;
        let own = std::mem::take(&mut spec.extra);
        spec.extra = ExtraOptions {
            cap_add: [own.cap_add, extra.cap_add].concat(),
            security_opt: [own.security_opt, extra.security_opt].concat(),
            ..*extra
        };
    }

    /// Reads `--flag`, `--flag=value`, or `--flag` and the word after it.
    fn long(
        &mut self,
        config: &DevContainer,
        word: &Word,
        words: &mut impl Iterator<Item = Word>,
    ) -> Result<(), ConfigError> {
        let (name, value) =
            word.text.split_once('=').map_or((word.text.as_str(), None), |(name, value)| (name, Some(value)));
        let given = Given { name, flag: find(config, word, name)?, at: word };
        match (value, given.flag.takes) {
            (Some(value), _) => self.set(config, &given, value, &word.span),
            (None, Takes::Nothing) => self.set(config, &given, "true", &word.span),
            (None, Takes::Value) => {
                let next = given.wanted(config, words)?;
                self.set(config, &given, &next.text, &next.span)
            }
        }
    }

    /// Reads `-f`, `-fvalue`, `-f=value`, `-f` and the word after it, and several in one, as in `-it`.
    fn short(
        &mut self,
        config: &DevContainer,
        word: &Word,
        words: &mut impl Iterator<Item = Word>,
    ) -> Result<(), ConfigError> {
        let mut rest = word.text.get(1..).unwrap_or_default();
        while let Some(letter) = rest.chars().next() {
            let name = format!("-{letter}");
            let given = Given { name: &name, flag: find(config, word, &name)?, at: word };
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
            match (given.flag.takes, rest.strip_prefix('=')) {
                (_, Some(value)) => return self.set(config, &given, value, &word.span),
                (Takes::Nothing, None) => self.set(config, &given, "true", &word.span)?,
                (Takes::Value, None) if !rest.is_empty() => return self.set(config, &given, rest, &word.span),
                (Takes::Value, None) => {
                    let next = given.wanted(config, words)?;
                    return self.set(config, &given, &next.text, &next.span);
                }
            }
        }
        Ok(())
    }

    /// Sets one flag to a value that stands at `span`.
    fn set(
        &mut self,
        config: &DevContainer,
        given: &Given<'_>,
        value: &str,
        span: &Range<usize>,
    ) -> Result<(), ConfigError> {
        let name = given.name;
        match given.flag.does {
            Does::Set(setter) => {
                setter(self, value).map_err(|problem| fault(config, span, &format!("`{name}`: {problem}")))?;
            }
            Does::EnvFile => self.env_files.push(Spanned { value: value.to_owned(), span: span.clone() }),
            Does::LeftOut(_) if given.flag.takes == Takes::Nothing && values::switch(value) == Ok(false) => {}
            Does::LeftOut(why) => {
                let warning = fault(config, &given.at.span, &format!("`{name}` is left out: {why}"));
                self.warnings.push(warning.to_string());
            }
            // It was not found.
            Does::Refused => {}
        }
        Ok(())
    }
}

/// A flag as it was written.
#[derive(Debug)]
struct Given<'a> {
    /// By which of its names.
    name: &'a str,
    flag: &'static Flag,
    at: &'a Word,
}

impl Given<'_> {
    /// Returns the word that is its value.
    fn wanted(&self, config: &DevContainer, words: &mut impl Iterator<Item = Word>) -> Result<Word, ConfigError> {
        words.next().ok_or_else(|| fault(config, &self.at.span, &format!("`{}` wants a value", self.name)))
    }
}

fn find(config: &DevContainer, word: &Word, name: &str) -> Result<&'static Flag, ConfigError> {
    match flags::find(name) {
        Some(Flag { does: Does::Refused, .. }) => {
            Err(fault(config, &word.span, &format!("`{name}` is not supported by this version")))
        }
        Some(flag) => Ok(flag),
        None => {
            let two = name.split_once(' ').filter(|(flag, _)| flags::find(flag).is_some());
            let hint = match two {
                Some((flag, _)) => Some(format!("a flag and its value are two words: \"{flag}\", \"…\"")),
                None => nearest(name, flags::names()).map(|meant| format!("did you mean `{meant}`?")),
            };
            Err(ConfigError { hint, ..fault(config, &word.span, &format!("`{name}` is no flag of `docker run`")) })
        }
    }
}

fn fault(config: &DevContainer, span: &Range<usize>, problem: &str) -> ConfigError {
    config.error(span.clone(), format!("runArgs: {problem}"), None)
}

#[cfg(test)]
mod tests;
