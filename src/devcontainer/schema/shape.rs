//! Types of values.

/// A form of text.
#[derive(Debug, Clone, Copy)]
pub(in crate::devcontainer) struct Form {
    /// Tells whether a text has it.
    pub(super) fits: fn(&str) -> bool,
    /// The form, in words.
    pub(super) words: &'static str,
}

/// Returns a form.
pub(super) const fn form(fits: fn(&str) -> bool, words: &'static str) -> Form {
    Form { fits, words }
}

/// What a value has to be.
#[derive(Debug)]
pub(in crate::devcontainer) enum Shape {
    /// Anything.
    Any,
    /// A string.
    Text,
    /// A string of some form.
    Form(Form),
    /// True or false.
    Bool,
    /// Null.
    Null,
    /// A whole number from one to another.
    Whole(u32, u32),
    /// One of some words.
    OneOf(&'static [&'static str]),
    /// A list.
    List(&'static Shape),
    /// An object whose names are free, or of some form.
    Map(Option<Form>, &'static Shape),
    /// An object of known names.
    Record(Names, &'static [(&'static str, Shape)]),
    /// One of several; in words, all of them.
    Either(&'static [Shape], &'static str),
    /// Where it is not so, nothing that acts here or on GitHub goes wrong: a warning.
    Lenient(&'static Shape),
}

/// Whether an object may have other names than the known ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::devcontainer) enum Names {
    /// It may.
    Open,
    /// It may not.
    Closed,
}

impl Shape {
    /// Returns what a value has to be, in words that fit behind "expected to be".
    pub(in crate::devcontainer) fn words(&self) -> String {
        match self {
            Self::Any => "anything".to_owned(),
            Self::Text => "a string".to_owned(),
            Self::Form(form) => form.words.to_owned(),
            Self::Either(_, words) => (*words).to_owned(),
            Self::Bool => "true or false".to_owned(),
            Self::Null => "null".to_owned(),
            Self::Whole(least, u32::MAX) => format!("a whole number, at least {least}"),
            Self::Whole(least, most) => format!("a whole number from {least} to {most}"),
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
            Self::List(Self::Text) => "a list of strings".to_owned(),
            Self::List(item) => format!("a list, each {}", item.words()),
            Self::Map(_, Self::Text) => "an object of strings".to_owned(),
            Self::Map(..) | Self::Record(..) => "an object".to_owned(),
            Self::Lenient(shape) => shape.words(),
        }
    }
}

/// `3000`-like keys and ranges, regular expressions over a command line, or `host:port`: anything but nothing.
pub(super) fn is_port_key(text: &str) -> bool {
    !text.is_empty()
}

/// `host:port`.
pub(super) fn is_host_and_port(text: &str) -> bool {
    let Some((host, port)) = text.split_once(':') else { return false };
    let host_fits = |one: u8| one.is_ascii_lowercase() || one.is_ascii_digit() || one == b'-';
    !host.is_empty() && host.bytes().all(host_fits) && (1..=5).contains(&port.len()) && is_digits(port)
}

/// A size such as `8gb`.
pub(super) fn is_size(text: &str) -> bool {
    let number = text.strip_suffix('b').map_or(text, |unit| unit.strip_suffix(['t', 'g', 'm', 'k']).unwrap_or("x"));
    is_digits(number)
}

/// A secret's name.
pub(super) fn is_secret_name(text: &str) -> bool {
    is_variable(text)
        && text.bytes().all(|one| one.is_ascii_alphanumeric() || one == b'_')
        && !text.starts_with(|one: char| one.is_ascii_digit())
}

/// A variable's name, as an environment can hold it.
pub(super) fn is_variable(text: &str) -> bool {
    !text.is_empty() && !text.contains(['=', '\0'])
}

/// An extension's id.
pub(super) fn is_extension(text: &str) -> bool {
    let id = text.strip_prefix('-').unwrap_or(text);
    let name = id.split('@').next().unwrap_or_default();
    let part =
        |part: &str| !part.is_empty() && part.bytes().all(|one| one.is_ascii_alphanumeric() || b"-_".contains(&one));
    name.split_once('.').is_some_and(|(publisher, name)| part(publisher) && name.split('.').all(part))
}

/// `owner/name` of a repository; the name may be `*`.
pub(super) fn is_repository(text: &str) -> bool {
    let part = |part: &str, more: &[u8]| {
        !part.is_empty()
            && part.bytes().all(|one| one.is_ascii_alphanumeric() || b"-_.".contains(&one) || more.contains(&one))
    };
    text.split_once('/').is_some_and(|(owner, name)| part(owner, b"") && part(name, b"*"))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|one| one.is_ascii_digit())
}
