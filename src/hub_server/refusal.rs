//! What each kind of registry says when it refuses: the real ones' words (codespaces-facts.md section 3.4), which Docker puts its own around. Pure.

use http::StatusCode;
use serde_json::json;

use super::site::Kind;

/// Why something is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nobody is logged in.
    NotLoggedIn,
    /// Nobody is logged in who could push.
    NotLoggedInToPush,
    /// The login is no good, or not any more.
    BadLogin,
    /// The login was good, and is too old.
    Expired,
    /// Whoever it is may not pull that, by this rule.
    NoAccess(&'static str),
    /// A codespace's token pulls, and does nothing else.
    PullsOnly(Target),
    /// The token has not the scope for it.
    NoScope,
    /// The token's user may not write there.
    NoWriteAccess(Target),
}

/// What a push was to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// Change a package.
    There,
    /// Make one.
    New,
}

/// A refusal as a registry says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Words {
    /// The status.
    pub(super) status: StatusCode,
    /// The code of the distribution specification.
    pub(super) code: &'static str,
    /// The message.
    pub(super) message: &'static str,
}

/// The message that clients leave out, as the code says it.
const UNAUTHORIZED: &str = "authentication required";
const DENIED: &str = "requested access to the resource is denied";

impl Refusal {
    /// Returns its name, for the log.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::NotLoggedIn | Self::NotLoggedInToPush => "not-logged-in",
            Self::BadLogin => "bad-login",
            Self::Expired => "expired-login",
            Self::NoAccess(rule) => rule,
            Self::PullsOnly(_) => "codespace-token-pulls-only",
            Self::NoScope => "token-lacks-scope",
            Self::NoWriteAccess(_) => "user-may-not-write",
        }
    }

    /// Returns how a registry of that kind says it.
    pub(super) const fn words(self, kind: Kind) -> Words {
        match kind {
            Kind::Github => self.of_github(),
            Kind::Npm => self.of_npm(),
            Kind::DockerHub => self.of_docker_hub(),
            Kind::Azure => {
                let message = "authentication required, visit https://aka.ms/acr/authorization for more information.";
                unauthorized(message)
            }
            Kind::Aws => match self {
                Self::BadLogin => {
                    let message = "Your Authorization Token is invalid.";
                    Words { status: StatusCode::BAD_REQUEST, code: "DENIED", message }
                }
                Self::Expired => denied("Your authorization token has expired. Reauthenticate and try again."),
                Self::NotLoggedIn
                | Self::NotLoggedInToPush
                | Self::NoAccess(_)
                | Self::PullsOnly(_)
                | Self::NoScope
                | Self::NoWriteAccess(_) => unauthorized(UNAUTHORIZED),
            },
            Kind::Plain => unauthorized(UNAUTHORIZED),
        }
    }

    const fn of_github(self) -> Words {
        match self {
            Self::NotLoggedIn => unauthorized(UNAUTHORIZED),
            Self::NotLoggedInToPush => {
                unauthorized("unauthenticated: User cannot be authenticated with the token provided.")
            }
            Self::BadLogin | Self::Expired => denied("denied"),
            Self::NoAccess(_) => denied(DENIED),
            Self::PullsOnly(Target::There) => denied("installation not allowed to Write organization package"),
            Self::PullsOnly(Target::New) => denied("installation not allowed to Create organization package"),
            Self::NoScope => denied("permission_denied: The token provided does not match expected scopes."),
            Self::NoWriteAccess(Target::There) => denied("permission_denied: write_package"),
            Self::NoWriteAccess(Target::New) => denied("permission_denied: create_package"),
        }
    }

    const fn of_npm(self) -> Words {
        match self {
            Self::NotLoggedIn | Self::NotLoggedInToPush => unauthorized("authentication token not provided"),
            Self::BadLogin | Self::Expired => {
                unauthorized("unauthenticated: User cannot be authenticated with the token provided.")
            }
            Self::NoAccess(_) => denied("Permission permission_denied: read_package"),
            Self::NoScope => denied("Permission permission_denied: The token provided does not match expected scopes."),
            Self::PullsOnly(Target::There) | Self::NoWriteAccess(Target::There) => {
                denied("Permission permission_denied: write_package")
            }
            Self::PullsOnly(Target::New) | Self::NoWriteAccess(Target::New) => {
                denied("Permission permission_denied: create_package")
            }
        }
    }

    const fn of_docker_hub(self) -> Words {
        match self {
            Self::BadLogin | Self::Expired => unauthorized("incorrect username or password"),
            Self::NotLoggedIn
            | Self::NotLoggedInToPush
            | Self::NoAccess(_)
            | Self::PullsOnly(_)
            | Self::NoScope
            | Self::NoWriteAccess(_) => unauthorized(UNAUTHORIZED),
        }
    }
}

const fn unauthorized(message: &'static str) -> Words {
    Words { status: StatusCode::UNAUTHORIZED, code: "UNAUTHORIZED", message }
}

const fn denied(message: &'static str) -> Words {
    Words { status: StatusCode::FORBIDDEN, code: "DENIED", message }
}

/// Returns the body of an error.
pub(super) fn body(code: &str, message: &str) -> String {
    format!("{}\n", json!({ "errors": [{ "code": code, "message": message }] }))
}
