//! What is to be said about a configuration.

mod links;

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
    /// No configuration at all: the file cannot be read, or holds none.
    Unreadable,
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
    /// An image is pulled before the registry login.
    PullBeforeLogin,
    /// A command waits for input.
    WaitsForInput,
    /// A command does not end.
    NeverEnds,
    /// A script that may not be executed.
    NotExecutable,
    /// A script with CRLF.
    LineEnds,
    /// A secret where none is yet.
    SecretAtBuild,
    /// A secret's name that GitHub does not take.
    SecretName,
    /// What a prebuild is not given.
    PrebuildAccess,
    /// A Feature's id that names nothing, or leaves the repository.
    FeatureId,
    /// A Feature that is not there, or not whole.
    FeatureMissing,
    /// Features that wait for each other.
    FeatureCycle,
    /// A place in the order of Features that is nobody's.
    FeatureOrder,
    /// An option that a Feature does not take.
    FeatureOption,
    /// A person's secret, where a prebuild runs.
    UserSecret,
    /// A repository that a codespace is not given access to.
    RepositoryAccess,
    /// GitHub over SSH, for which there is no key.
    GitOverSsh,
    /// More than the largest machine has.
    HostRequirements,
    /// Work that a prebuild could have done.
    CouldBePrebuilt,
    /// A Feature that does not install on this image.
    MobyOnTrixie,
    /// A user that the image does not have.
    UserMissing,
    /// An image with a list of packages whose key has changed.
    YarnList,
    /// An image without an SSH server.
    NoSshServer,
    /// A package of another owner than the repository's.
    ForeignPackage,
    /// A container with a fixed name.
    ContainerName,
    /// A service that is not started.
    ComposeProfile,
    /// A configuration that Codespaces does not find.
    Misplaced,
    /// A port of another host, which is not forwarded.
    HostPort,
    /// An older name, or one that stands in an older place.
    Deprecated,
    /// It does not act in this version.
    Idle,
}

/// How much weight a finding has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The configuration cannot be used as it is.
    Error,
    /// A person should know it.
    Warning,
    /// It could be better.
    Note,
}

impl Severity {
    /// Returns its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 43] = [
        Self::Unreadable,
        Self::Syntax,
        Self::Duplicate,
        Self::Unknown,
        Self::OtherKind,
        Self::Null,
        Self::Type,
        Self::LenientType,
        Self::Conflict,
        Self::Missing,
        Self::Nul,
        Self::Folder,
        Self::VariableName,
        Self::Nested,
        Self::PullBeforeLogin,
        Self::WaitsForInput,
        Self::NeverEnds,
        Self::NotExecutable,
        Self::LineEnds,
        Self::SecretAtBuild,
        Self::SecretName,
        Self::PrebuildAccess,
        Self::FeatureId,
        Self::FeatureMissing,
        Self::FeatureCycle,
        Self::FeatureOrder,
        Self::FeatureOption,
        Self::UserSecret,
        Self::RepositoryAccess,
        Self::GitOverSsh,
        Self::HostRequirements,
        Self::CouldBePrebuilt,
        Self::MobyOnTrixie,
        Self::UserMissing,
        Self::YarnList,
        Self::NoSshServer,
        Self::ForeignPackage,
        Self::ContainerName,
        Self::ComposeProfile,
        Self::Misplaced,
        Self::HostPort,
        Self::Deprecated,
        Self::Idle,
    ];

    /// Returns its name, as it stands in output for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
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
            Self::PullBeforeLogin => "pull-before-login",
            Self::WaitsForInput => "waits-for-input",
            Self::NeverEnds => "never-ends",
            Self::NotExecutable => "not-executable",
            Self::LineEnds => "line-ends",
            Self::SecretAtBuild => "secret-at-build",
            Self::SecretName => "secret-name",
            Self::PrebuildAccess => "prebuild-access",
            Self::FeatureId => "feature-id",
            Self::FeatureMissing => "feature-missing",
            Self::FeatureCycle => "feature-cycle",
            Self::FeatureOrder => "feature-order",
            Self::FeatureOption => "feature-option",
            Self::UserSecret => "user-secret",
            Self::RepositoryAccess => "repository-access",
            Self::GitOverSsh => "git-over-ssh",
            Self::HostRequirements => "host-requirements",
            Self::CouldBePrebuilt => "could-be-prebuilt",
            Self::MobyOnTrixie => "moby",
            Self::UserMissing => "user-not-in-image",
            Self::YarnList => "yarn-list",
            Self::NoSshServer => "no-ssh-server",
            Self::ForeignPackage => "foreign-package",
            Self::ContainerName => "container-name",
            Self::ComposeProfile => "compose-profile",
            Self::Misplaced => "misplaced",
            Self::HostPort => "host-port",
            Self::Deprecated => "deprecated",
            Self::Idle => "does-not-act",
        }
    }

    /// Returns the weight of its findings.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Unreadable
            | Self::Type
            | Self::Conflict
            | Self::Missing
            | Self::Nul
            | Self::Folder
            | Self::VariableName
            | Self::NotExecutable
            | Self::LineEnds
            | Self::SecretName
            | Self::FeatureId
            | Self::FeatureMissing
            | Self::FeatureCycle
            | Self::MobyOnTrixie
            | Self::UserMissing => Severity::Error,
            Self::Syntax
            | Self::Duplicate
            | Self::Unknown
            | Self::OtherKind
            | Self::Null
            | Self::LenientType
            | Self::Nested
            | Self::PullBeforeLogin
            | Self::WaitsForInput
            | Self::NeverEnds
            | Self::SecretAtBuild
            | Self::PrebuildAccess
            | Self::FeatureOrder
            | Self::FeatureOption
            | Self::UserSecret
            | Self::RepositoryAccess
            | Self::GitOverSsh
            | Self::HostRequirements
            | Self::YarnList
            | Self::ContainerName
            | Self::ComposeProfile
            | Self::Misplaced
            | Self::HostPort
            | Self::Deprecated
            | Self::Idle => Severity::Warning,
            Self::CouldBePrebuilt | Self::NoSshServer | Self::ForeignPackage => Severity::Note,
        }
    }

    /// Returns the weight of its findings in a check, where nothing is made of them: a file that is no clean JSON is to be mended.
    pub const fn severity_in_check(self) -> Severity {
        if matches!(self, Self::Syntax) { Severity::Error } else { self.severity() }
    }

    /// Tells whether it is about what this version of localspace does, and not about the configuration.
    pub const fn is_ours(self) -> bool {
        matches!(self, Self::Idle)
    }
}
