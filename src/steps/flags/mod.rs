//! Flags of a docker command, as a configuration has them: a list of words, read by a table of what each flag sets.

pub(super) mod values;

use std::ops::Range;

use crate::devcontainer::{ConfigError, DevContainer, Spanned};
use crate::nearest::nearest;

/// The flags of one docker command.
#[derive(Debug)]
pub(super) struct Flags<T: 'static> {
    /// The property that has them.
    pub(super) property: &'static str,
    /// The command, for a person.
    pub(super) command: &'static str,
    pub(super) table: &'static [Flag<T>],
}

/// A flag.
#[derive(Debug)]
pub(super) struct Flag<T: 'static> {
    /// Its name, `--…`.
    pub(super) name: &'static str,
    /// Another name of it: an older one, or a short one of two characters.
    pub(super) also: Option<&'static str>,
    pub(super) takes: Takes,
    pub(super) does: Does<T>,
}

/// Whether a flag has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// None, or true or false after an equals sign.
    Nothing,
    /// The next word, or what stands after an equals sign.
    Value,
}

/// What is set, or what is wrong with the value, in words.
pub(super) type Setter<T> = fn(&mut T, &str) -> Result<(), String>;

/// What becomes of a flag.
#[derive(Debug)]
pub(super) enum Does<T: 'static> {
    /// It sets something.
    Set(Setter<T>),
    /// It names a file, which is not read yet.
    Name(fn(&mut T, Spanned<String>)),
    /// It is left out, and a person is told why.
    LeftOut(&'static str),
    /// It is not supported: an error, with why.
    Refused(&'static str),
}

pub(super) const fn set<T>(name: &'static str, setter: Setter<T>) -> Flag<T> {
    Flag { name, also: None, takes: Takes::Value, does: Does::Set(setter) }
}

pub(super) const fn switch<T>(name: &'static str, setter: Setter<T>) -> Flag<T> {
    Flag { name, also: None, takes: Takes::Nothing, does: Does::Set(setter) }
}

pub(super) const fn left_out<T>(name: &'static str, takes: Takes, why: &'static str) -> Flag<T> {
    Flag { name, also: None, takes, does: Does::LeftOut(why) }
}

pub(super) const fn refused<T>(name: &'static str, why: &'static str) -> Flag<T> {
    Flag { name, also: None, takes: Takes::Value, does: Does::Refused(why) }
}

pub(super) fn put<T>(slot: &mut Option<T>, value: Result<T, String>) -> Result<(), String> {
    *slot = Some(value?);
    Ok(())
}

pub(super) fn add<T>(all: &mut impl Extend<T>, one: Result<T, String>) -> Result<(), String> {
    all.extend([one?]);
    Ok(())
}

pub(super) fn add_all<T>(all: &mut Vec<T>, more: Result<Vec<T>, String>) -> Result<(), String> {
    all.extend(more?);
    Ok(())
}

pub(super) fn turn(slot: &mut bool, value: Result<bool, String>) -> Result<(), String> {
    *slot = value?;
    Ok(())
}

impl<T> Flag<T> {
    pub(super) const fn or(mut self, also: &'static str) -> Self {
        self.also = Some(also);
        self
    }
}

/// A flag as it was written.
struct Given<'a, T: 'static> {
    /// By which of its names.
    name: &'a str,
    flag: &'static Flag<T>,
    at: &'a Spanned<String>,
}

impl<T> Flags<T> {
    /// Reads the words, their variables replaced, and sets what they say. Returns what a person should know.
    pub(super) fn read(
        &self,
        config: &DevContainer,
        mut words: impl Iterator<Item = Spanned<String>>,
        into: &mut T,
    ) -> Result<Vec<String>, ConfigError> {
        let mut reading = Reading { flags: self, config, into, warnings: Vec::new() };
        while let Some(word) = words.next() {
            if word.value.starts_with("--") && word.value.len() > 2 {
                reading.long(&word, &mut words)?;
            } else if word.value.starts_with('-') && word.value.len() > 1 {
                reading.short(&word, &mut words)?;
            } else {
                return Err(self.fault(config, &word.span, &format!("`{}` is no flag", word.value)));
            }
        }
        Ok(reading.warnings)
    }

    fn get(&self, name: &str) -> Option<&'static Flag<T>> {
        self.table.iter().find(|flag| flag.name == name || flag.also == Some(name))
    }

    fn find(&self, config: &DevContainer, word: &Spanned<String>, name: &str) -> Result<&'static Flag<T>, ConfigError> {
        match self.get(name) {
            Some(Flag { does: Does::Refused(why), .. }) => {
                Err(self.fault(config, &word.span, &format!("`{name}` {why}")))
            }
            Some(flag) => Ok(flag),
            None => {
                let two = name.split_once(' ').filter(|(flag, _)| self.get(flag).is_some());
                let hint = match two {
                    Some((flag, _)) => Some(format!("a flag and its value are two words: \"{flag}\", \"…\"")),
                    None => nearest(name, self.table.iter().map(|flag| flag.name))
                        .map(|meant| format!("did you mean `{meant}`?")),
                };
                let problem = format!("`{name}` is no flag of `{}`", self.command);
                Err(ConfigError { hint, ..self.fault(config, &word.span, &problem) })
            }
        }
    }

    fn fault(&self, config: &DevContainer, span: &Range<usize>, problem: &str) -> ConfigError {
        config.error(span.clone(), format!("{}: {problem}", self.property), None)
    }
}

struct Reading<'a, T: 'static> {
    flags: &'a Flags<T>,
    config: &'a DevContainer,
    into: &'a mut T,
    warnings: Vec<String>,
}

impl<T> Reading<'_, T> {
    /// Reads `--flag`, `--flag=value`, or `--flag` and the word after it.
    fn long(
        &mut self,
        word: &Spanned<String>,
        words: &mut impl Iterator<Item = Spanned<String>>,
    ) -> Result<(), ConfigError> {
        let text = word.value.as_str();
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let given = Given { name, flag: self.flags.find(self.config, word, name)?, at: word };
        match (value, given.flag.takes) {
            (Some(value), _) => self.set(&given, value, &word.span),
            (None, Takes::Nothing) => self.set(&given, "true", &word.span),
            (None, Takes::Value) => self.set_to_next(&given, words),
        }
    }

    /// Reads `-f`, `-fvalue`, `-f=value`, `-f` and the word after it, and several in one, as in `-it`.
    fn short(
        &mut self,
        word: &Spanned<String>,
        words: &mut impl Iterator<Item = Spanned<String>>,
    ) -> Result<(), ConfigError> {
        let mut rest = word.value.get(1..).unwrap_or_default();
        while let Some(letter) = rest.chars().next() {
            let name = format!("-{letter}");
            let given = Given { name: &name, flag: self.flags.find(self.config, word, &name)?, at: word };
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
            match (given.flag.takes, rest.strip_prefix('=')) {
                (_, Some(value)) => return self.set(&given, value, &word.span),
                (Takes::Nothing, None) => self.set(&given, "true", &word.span)?,
                (Takes::Value, None) if !rest.is_empty() => return self.set(&given, rest, &word.span),
                (Takes::Value, None) => return self.set_to_next(&given, words),
            }
        }
        Ok(())
    }

    /// Sets a flag to the word after it.
    fn set_to_next(
        &mut self,
        given: &Given<'_, T>,
        words: &mut impl Iterator<Item = Spanned<String>>,
    ) -> Result<(), ConfigError> {
        match words.next() {
            Some(next) => self.set(given, &next.value, &next.span),
            None => Err(self.flags.fault(self.config, &given.at.span, &format!("`{}` wants a value", given.name))),
        }
    }

    /// Sets one flag to a value that stands at `span`.
    fn set(&mut self, given: &Given<'_, T>, value: &str, span: &Range<usize>) -> Result<(), ConfigError> {
        let (name, flags, config) = (given.name, self.flags, self.config);
        match given.flag.does {
            Does::Set(setter) => {
                setter(self.into, value)
                    .map_err(|problem| flags.fault(config, span, &format!("`{name}`: {problem}")))?;
            }
            Does::Name(setter) => setter(self.into, Spanned { value: value.to_owned(), span: span.clone() }),
            // Turned off, it is left out anyway.
            Does::LeftOut(_) if given.flag.takes == Takes::Nothing && values::switch(value) == Ok(false) => {}
            Does::LeftOut(why) => {
                let warning = flags.fault(config, &given.at.span, &format!("`{name}` is left out: {why}"));
                self.warnings.push(warning.to_string());
            }
            // It was not found.
            Does::Refused(_) => {}
        }
        Ok(())
    }
}
