//! What a devcontainer-feature.json may say.
//!
//! Source: the published devContainerFeature.schema.json, and what the reference reads beyond it.

use super::shape::{Names, Shape};
use super::values::{COMMAND, FEATURES, MOUNT, TEXT_OR_BOOL, TEXTS, VARIABLE};

use Shape::{Any, Bool, List, Map, OneOf, Record, Text};

/// One option. That its default is of its type is looked at where it is read.
const OPTION: Shape = Record(
    Names::Closed,
    &[
        ("type", OneOf(&["boolean", "string"])),
        ("default", TEXT_OR_BOOL),
        ("description", Text),
        ("enum", TEXTS),
        ("proposals", TEXTS),
    ],
);

/// Every property of a Feature.
pub(super) const FEATURE: &[(&str, Shape)] = &[
    ("$schema", Text),
    ("capAdd", TEXTS),
    ("containerEnv", Map(VARIABLE, &Text)),
    // Written by the packager of a Feature that had another name.
    ("currentId", Text),
    ("customizations", Map(None, &Any)),
    ("dependsOn", FEATURES),
    ("deprecated", Bool),
    ("description", Text),
    ("documentationURL", Text),
    ("entrypoint", Text),
    // Older places, which are moved as in a configuration.
    ("extensions", TEXTS),
    ("id", Text),
    ("init", Bool),
    // Of the time before registries: read by nobody.
    ("install", Any),
    ("installsAfter", TEXTS),
    ("keywords", TEXTS),
    ("legacyIds", TEXTS),
    ("licenseURL", Text),
    ("mounts", List(&MOUNT)),
    ("name", Text),
    ("onCreateCommand", COMMAND),
    ("options", Map(None, &OPTION)),
    ("postAttachCommand", COMMAND),
    ("postCreateCommand", COMMAND),
    ("postStartCommand", COMMAND),
    ("privileged", Bool),
    ("securityOpt", TEXTS),
    ("settings", Map(None, &Any)),
    ("updateContentCommand", COMMAND),
    ("version", Text),
];
