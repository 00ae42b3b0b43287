//! What is to be said about a configuration.

use std::ops::Range;

/// One thing to be said, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which rule says it.
    pub rule: Rule,
    /// The place in the file.
    pub span: Range<usize>,
    /// What it is, in words.
    pub problem: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Which rule a finding is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The text is no clean JSON, and yet says what its author meant.
    Syntax,
    /// A name is there twice.
    Duplicate,
    /// A property that there is not.
    Unknown,
    /// A property of another kind of container.
    OtherKind,
    /// `null`, where that is no value.
    Null,
    /// A value of the wrong type or form.
    Type,
    /// The same, where nothing goes wrong by it.
    LenientType,
    /// Two properties that cannot both be.
    Conflict,
    /// Something that has to be there is not.
    Missing,
    /// A NUL character.
    Nul,
    /// A `workspaceFolder` that is no string.
    Folder,
    /// A variable without a name.
    VariableName,
    /// A variable in the default of another.
    Nested,
    /// It does not act in this version.
    Idle,
    /// This version cannot make such a codespace.
    Refused,
}

/// How much weight a finding has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The configuration cannot be used as it is.
    Error,
    /// A person should know it.
    Warning,
}

impl Rule {
    /// Returns its name, as it stands in output for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Duplicate => "duplicate",
            Self::Unknown => "unknown-property",
            Self::OtherKind => "property-of-another-kind",
            Self::Null => "null",
            Self::Type => "type",
            Self::LenientType => "form",
            Self::Conflict => "conflict",
            Self::Missing => "missing",
            Self::Nul => "nul",
            Self::Folder => "workspace-folder",
            Self::VariableName => "variable-name",
            Self::Nested => "nested-variable",
            Self::Idle => "does-not-act",
            Self::Refused => "not-supported",
        }
    }

    /// Returns the weight of its findings.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Type
            | Self::Conflict
            | Self::Missing
            | Self::Nul
            | Self::Folder
            | Self::VariableName
            | Self::Refused => Severity::Error,
            Self::Syntax
            | Self::Duplicate
            | Self::Unknown
            | Self::OtherKind
            | Self::Null
            | Self::LenientType
            | Self::Nested
            | Self::Idle => Severity::Warning,
        }
    }

    /// Tells whether it is about what this version of localspace does, and not about the configuration.
    pub const fn is_ours(self) -> bool {
        matches!(self, Self::Idle | Self::Refused)
    }
}
