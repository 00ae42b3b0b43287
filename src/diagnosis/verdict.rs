//! What is wrong with a registry's login, from everything that was found out about it: one verdict, its evidence and the one next step (source document,
//! "Debugging private image registry access"; codespaces-facts.md section 5, rows 1 to 5 and 15). No evidence shows a value.

use super::expiry::{access_key, renewal};
use super::login::{LoginVerdict, Oddity};
use crate::codespace::CodespaceName;
use crate::github::{Purpose, RegistryServer, Unseen};

/// A secret of a registry's that the codespace does not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiddenSecret {
    /// Its name.
    pub name: String,
    /// Whose it is, in words.
    pub owner: String,
    /// Where it stands; nothing where `secret set` keeps it.
    pub place: Option<String>,
    /// Why it is not seen.
    pub reason: Unseen,
    /// The same in words.
    pub why: String,
    /// What changes it.
    pub fix: Option<String>,
    /// The one that is seen in its place, in words.
    pub instead: Option<String>,
}

impl HiddenSecret {
    fn told(&self) -> String {
        format!("{} of {}: {}", self.name, self.owner, self.why)
    }

    fn next(&self) -> String {
        if let Some(instead) = &self.instead {
            return format!("delete or correct {} of {instead}, so that the one of {} counts", self.name, self.owner);
        }
        let fix =
            self.fix.clone().unwrap_or_else(|| "have the codespace of a branch of the repository itself".to_owned());
        let place = self.place.as_ref().map_or(String::new(), |place| format!(", {place}"));
        format!("{fix} ({} of {}{place})", self.name, self.owner)
    }
}

/// A registry and what was found out about it.
#[derive(Debug, Clone)]
pub struct Examined<'a> {
    /// The `<ID>` of its secrets.
    pub id: &'a str,
    /// Where it is, where that is known.
    pub server: Option<&'a RegistryServer>,
    /// As whom.
    pub user: &'a str,
    /// The codespace.
    pub codespace: &'a CodespaceName,
    /// What that is for.
    pub purpose: Purpose,
    /// Its secrets that the codespace does not see, the lowest level first.
    pub hidden: &'a [HiddenSecret],
    /// What is wrong with the server's name as it is written.
    pub misnamed: Option<Oddity>,
    /// What is odd about the other values.
    pub odd: Option<Oddity>,
    /// What was found out.
    pub found: Findings<'a>,
}

/// What was found out about a login.
#[derive(Debug, Clone)]
pub enum Findings<'a> {
    /// Not all of the three secrets are there.
    Incomplete {
        /// The names of those that are not.
        missing: &'a [String],
        /// The same as a clause.
        lack: String,
    },
    /// AWS exchanges no token for its access key.
    KeyRefused {
        /// Why.
        reason: &'a str,
        /// What to do about it.
        hint: &'a str,
    },
    /// Nothing in the codespace could use a login.
    NoDocker,
    /// It was tried.
    Tried(Trial<'a>),
}

/// What came of a login that was tried.
#[derive(Debug, Clone)]
pub struct Trial<'a> {
    /// Docker took it.
    pub is_good: bool,
    /// Docker's words.
    pub said: &'a str,
    /// The words of a pull that failed.
    pub refused_image: Option<&'a str>,
    /// Where it was refused: whether docker took the values of the secrets that are shadowed.
    pub shadowed_is_good: bool,
    /// A secret of it that was set after the codespace was started.
    pub newer: Option<&'a str>,
    /// What the codespace has.
    pub stored: Stored,
}

/// The login that stands in a codespace, against one that works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// The same.
    Same,
    /// None.
    Absent,
    /// Another one.
    Other,
    /// One of AWS's tokens that is refused, with docker's words.
    Refused(String),
}

/// What is said of a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Its name, as it stands in output for programs.
    pub name: &'static str,
    /// Whether the codespace may use the registry.
    pub is_good: bool,
    /// What shows it.
    pub evidence: String,
    /// The one next step.
    pub next: String,
}

fn bad(name: &'static str, evidence: impl Into<String>, next: impl Into<String>) -> Verdict {
    Verdict { name, is_good: false, evidence: evidence.into(), next: next.into() }
}

/// Decides.
pub fn verdict(examined: &Examined<'_>) -> Verdict {
    match &examined.found {
        Findings::Incomplete { missing, lack } => examined.incomplete(missing, lack),
        Findings::KeyRefused { reason, hint } => match &examined.odd {
            Some(odd) => bad("access-key-refused", format!("{reason}; {}", odd.what), &odd.next),
            None => bad("access-key-refused", *reason, *hint),
        },
        Findings::NoDocker => bad(
            "no-docker",
            "there is no docker in the codespace, or no engine behind it: nothing in it could use the login",
            "make the codespace from an image, or with a Feature, that has Docker-in-Docker",
        ),
        Findings::Tried(trial) => examined.tried(trial),
    }
}

impl Examined<'_> {
    /// Not every secret is there: told with why the one that is set is not seen, where there is one.
    fn incomplete(&self, missing: &[String], lack: &str) -> Verdict {
        let of_missing = || self.hidden.iter().filter(|one| missing.contains(&one.name));
        let evidence = of_missing().fold(lack.to_owned(), |text, one| format!("{text}; {}", one.told()));
        let next = of_missing().next().map_or_else(
            || "set all three of SERVER, USER and PASSWORD with one ID, at levels that this codespace sees (`localspace secret list --effective`)".to_owned(),
            HiddenSecret::next,
        );
        bad("incomplete", evidence, next)
    }

    fn tried(&self, trial: &Trial<'_>) -> Verdict {
        let outcome = LoginVerdict::of_docker(trial.is_good, trial.said);
        if let Some(Oddity { what, next }) = &self.misnamed {
            return bad("server-misnamed", format!("{what}; docker login said: {}", trial.said), next);
        }
        if outcome != LoginVerdict::Good {
            return self.refused(&outcome, trial);
        }
        if let Some(said) = trial.refused_image {
            let next = "give the login's user or token the right to read this image; `localspace registry explain` knows those of ghcr.io";
            return bad("image-refused", format!("the login is good, and docker pull said: {said}"), next);
        }
        if let Some(Oddity { what, next }) = &self.odd {
            return bad("odd-value", format!("the login is good without it, and {what}"), next);
        }
        self.differs(trial).unwrap_or_else(|| Verdict {
            name: outcome.name(),
            is_good: true,
            evidence: "docker login: Login Succeeded, and the codespace has the same login".to_owned(),
            next: "nothing: the login works".to_owned(),
        })
    }

    fn refused(&self, outcome: &LoginVerdict, trial: &Trial<'_>) -> Verdict {
        let said = format!("docker login said: {}", trial.said);
        if *outcome == LoginVerdict::Expired {
            return bad(outcome.name(), format!("the token has expired: {said}"), access_key(self.id));
        }
        if let Some(Oddity { what, next }) = &self.odd {
            return bad(outcome.name(), format!("{said}; {what}"), next);
        }
        let shadowed: Vec<&HiddenSecret> = self.hidden.iter().filter(|one| one.instead.is_some()).collect();
        let evidence = shadowed.iter().fold(said, |text, one| format!("{text}; {}", one.told()));
        match shadowed.first() {
            Some(first) if trial.shadowed_is_good => {
                bad(outcome.name(), format!("{evidence}; with what is shadowed docker login succeeds"), first.next())
            }
            Some(_) | None => {
                let server = self.server.map(ToString::to_string).unwrap_or_default();
                bad(outcome.name(), evidence, outcome.next(self.id, &server))
            }
        }
    }

    /// Returns how what the codespace has differs from a login that works, and what to do.
    fn differs(&self, trial: &Trial<'_>) -> Option<Verdict> {
        const OTHER: &str = "codespace-has-other-values";
        let name = self.codespace;
        if let Some(secret) = trial.newer {
            let evidence = format!("the login is good, and {secret} was set after the codespace was started");
            return Some(bad(OTHER, evidence, format!("localspace stop -c {name} && localspace start -c {name}")));
        }
        let refresh = renewal(self.id, self.user, name, true);
        match &trial.stored {
            Stored::Same => None,
            Stored::Absent if self.purpose == Purpose::Prebuild => Some(bad(
                OTHER,
                "the login is good, and a prebuild is never logged in",
                "make a codespace, and pull from postCreateCommand on",
            )),
            Stored::Absent => {
                let evidence = "the login is good, and the codespace's ~/.docker/config.json has none for this server";
                Some(bad(OTHER, evidence, format!("localspace registry refresh -c {name}")))
            }
            Stored::Other => {
                let evidence =
                    "the login is good, and something else in the codespace has put another one in its place";
                Some(bad(OTHER, evidence, format!("localspace registry refresh -c {name}")))
            }
            Stored::Refused(said) if said.contains(EXPIRED) => {
                let evidence =
                    format!("the access key is good, and the token that the codespace has has expired: {said}");
                Some(bad(LoginVerdict::Expired.name(), evidence, refresh))
            }
            Stored::Refused(said) => {
                let evidence =
                    format!("the access key is good, and the token that the codespace has is refused: {said}");
                Some(bad(OTHER, evidence, refresh))
            }
        }
    }
}

/// AWS's words for an old token (codespaces-facts.md section 3.4).
pub(super) const EXPIRED: &str = "authorization token has expired";

#[cfg(test)]
mod tests;
