//! The types of properties that have more to them than a word.

use super::shape::{
    Form, Names, Shape, form, is_extension, is_host_and_port, is_repository, is_secret_name, is_size, is_variable,
};

use Names::{Closed, Open};
use Shape::{Any, Bool, Either, Lenient, List, Map, Null, OneOf, Record, Text, Whole};

pub(super) const TEXTS: Shape = List(&Text);
pub(super) const TEXT_OR_TEXTS: Shape = Either(&[Text, TEXTS], "a string or a list of strings");
pub(super) const COMMAND: Shape = Either(
    &[Text, TEXTS, Map(None, &Either(&[Text, TEXTS], "a string or a list of strings"))],
    "a string, a list of strings or an object of them",
);
pub(super) const VARIABLE: Option<Form> = Some(form(is_variable, "a variable's name is not empty and holds no `=`"));
// Reference CLI: a size of another form, such as 4GB, counts as 0.
pub(super) const SIZE: Shape = Lenient(&Shape::Form(form(is_size, "a size such as 8gb (lower case: tb, gb, mb, kb)")));
pub(super) const MOUNT: Shape = Either(
    &[
        Text,
        Record(
            Closed,
            &[
                ("type", Text),
                ("source", Text),
                ("target", Text),
                ("external", Either(&[Bool, Text], "true or false")),
                ("src", Text),
                ("dst", Text),
                ("destination", Text),
                ("readonly", Either(&[Bool, Text], "true or false")),
                ("ro", Either(&[Bool, Text], "true or false")),
            ],
        ),
    ],
    "a string or an object with type, source and target",
);
pub(super) const PORT_ATTRIBUTES: Shape = Lenient(&Record(
    Open,
    &[
        ("onAutoForward", OneOf(&["notify", "openBrowser", "openBrowserOnce", "openPreview", "silent", "ignore"])),
        ("elevateIfNeeded", Bool),
        ("label", Text),
        ("requireLocalPort", Bool),
        ("protocol", OneOf(&["http", "https"])),
    ],
));
pub(super) const OTHER_PORTS: Shape = Lenient(&Record(
    Closed,
    &[
        ("onAutoForward", OneOf(&["notify", "openBrowser", "openPreview", "silent", "ignore"])),
        ("elevateIfNeeded", Bool),
        ("label", Text),
        ("requireLocalPort", Bool),
        ("protocol", OneOf(&["http", "https"])),
    ],
));
pub(super) const BUILD: Shape = Record(
    Closed,
    &[
        ("dockerfile", Text),
        ("context", Text),
        ("target", Text),
        ("args", Map(None, &Text)),
        ("cacheFrom", TEXT_OR_TEXTS),
        ("options", TEXTS),
    ],
);
pub(super) const GPU: Shape = Either(
    &[Bool, OneOf(&["optional"]), Record(Closed, &[("cores", Whole(1, u32::MAX)), ("memory", SIZE)])],
    "true, false, \"optional\" or an object with cores and memory",
);
pub(super) const HOST: Shape =
    Record(Closed, &[("cpus", Whole(1, u32::MAX)), ("memory", SIZE), ("storage", SIZE), ("gpu", GPU)]);
pub(super) const SECRETS: Shape = Map(
    Some(form(is_secret_name, "a secret's name has letters, digits and _ only, and begins with no digit")),
    &Record(Closed, &[("description", Text), ("documentationUrl", Text)]),
);
pub(super) const ACCESS: Shape = OneOf(&["read", "write"]);
pub(super) const PERMISSIONS: Shape = Either(
    &[
        OneOf(&["read-all", "write-all"]),
        Record(
            Closed,
            &[
                ("actions", ACCESS),
                ("checks", ACCESS),
                ("contents", ACCESS),
                ("deployments", ACCESS),
                ("discussions", ACCESS),
                ("issues", ACCESS),
                ("packages", OneOf(&["read"])),
                ("pages", ACCESS),
                ("pull_requests", ACCESS),
                ("repository_projects", ACCESS),
                ("statuses", ACCESS),
                ("workflows", OneOf(&["write"])),
            ],
        ),
    ],
    "\"read-all\", \"write-all\" or an object of permissions",
);
pub(super) const CUSTOMIZATIONS: Shape = Record(
    Open,
    &[
        (
            "vscode",
            Lenient(&Record(
                Open,
                &[
                    ("extensions", List(&Shape::Form(form(is_extension, "publisher.name")))),
                    ("settings", Map(None, &Any)),
                    ("devPort", Whole(0, 65535)),
                ],
            )),
        ),
        (
            "codespaces",
            Lenient(&Record(
                Open,
                &[
                    (
                        "repositories",
                        Map(
                            Some(form(is_repository, "a repository is OWNER/NAME")),
                            &Record(Open, &[("permissions", PERMISSIONS)]),
                        ),
                    ),
                    ("openFiles", TEXTS),
                    ("disableAutomaticConfiguration", Bool),
                ],
            )),
        ),
    ],
);
pub(super) const FORWARD: Shape =
    Either(&[Whole(0, 65535), Shape::Form(form(is_host_and_port, "host:port"))], "a port's number or \"host:port\"");
pub(super) const APP_PORT: Shape = Either(
    &[Whole(0, 65535), Text, List(&Either(&[Whole(0, 65535), Text], "a port"))],
    "a port's number, a string, or a list of them",
);
pub(super) const TEXT_OR_BOOL: Shape = Either(&[Text, Bool], "a string, true or false");
/// Features by id, each with its options. (Reference CLI: `null` for them is a crash, and a number is no option.)
pub(super) const FEATURES: Shape = Map(
    None,
    &Either(&[Text, Bool, Map(None, &Lenient(&TEXT_OR_BOOL))], "an object of options, a string, true or false"),
);
pub(super) const ENV_OR_NULL: Shape = Map(VARIABLE, &Either(&[Text, Null], "a string or null"));

/// The properties that are lifecycle commands, in the order in which they run.
pub(in crate::devcontainer) const HOOKS: [&str; 6] = [
    "initializeCommand",
    "onCreateCommand",
    "updateContentCommand",
    "postCreateCommand",
    "postStartCommand",
    "postAttachCommand",
];

// The published schema leaves postAttachCommand out; the reference takes it.
pub(super) const WAIT_FOR: Shape = OneOf(&HOOKS);
