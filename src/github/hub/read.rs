//! From the hub's file to the model: what does not fit together is an error with its place. No error shows a line of the file, which may hold values.
#![allow(clippy::wildcard_enum_match_arm, reason = "the enums matched here are a library's, and may grow")]

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_saphyr::{Location, Spanned};

use super::error::HubFileError;
use super::file::{
    AccessKeyEntry, AccountEntry, FromEntry, Hidden, HubFile, PackageEntry, RegistryEntry, RepositoryEntry,
    SecretEntry, TokenEntry,
};
use super::{
    Access, AccessKey, AccessPolicy, Account, Accounts, GHCR, Hub, HubSecret, NPM, Organization, Package, PackageKind,
    PackageName, Place, PublishedBy, Repository, SecretScope, Token, User, ValueSource, Visibility,
};
use crate::codespace::RepositoryName;
use crate::duration::duration;
use crate::github::registry::RegistryServer;
use crate::github::secret::{InvalidSecretName, MAX_SECRETS, MAX_VALUE, SecretName};
use crate::nearest::nearest;

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 8 * 1024 * 1024;

/// Reads a hub's file.
pub fn load(path: &Path) -> Result<Hub, HubFileError> {
    let file = path.display().to_string();
    let unreadable = |source| HubFileError::Unreadable { file: file.clone(), source };
    let mut text = String::new();
    let opened = std::fs::File::open(path).map_err(unreadable)?;
    opened.take(MAX_FILE + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MAX_FILE {
        return Err(HubFileError::TooLarge { file });
    }
    let hub = parse(&text, &file);
    zeroize::Zeroize::zeroize(&mut text);
    hub
}

/// Reads the text of a hub's file; `file` is what it is called.
pub fn parse(text: &str, file: &str) -> Result<Hub, HubFileError> {
    let read = if text.trim().is_empty() { Ok(HubFile::default()) } else { serde_saphyr::from_str(text) };
    let told = read.map_err(|error| {
        let (line, column) = error.location().map_or((1, 1), |at| (at.line(), at.column()));
        Fault { line, column, problem: first_line(&error), hint: None }
    });
    told.and_then(|written| {
        let folder = Path::new(file).parent().unwrap_or(Path::new(""));
        Reader { file, folder, hub: Hub::default() }.hub(written)
    })
    .map_err(|Fault { line, column, problem, hint }| HubFileError::Malformed {
        file: file.to_owned(),
        line,
        column,
        problem,
        hint,
    })
}

/// Returns what a library says of a fault, without the text around it.
fn first_line(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let line = text.lines().next().unwrap_or_default();
    line.split(" at line ").next().unwrap_or(line).to_owned()
}

/// Something wrong at a place.
struct Fault {
    line: u64,
    column: u64,
    problem: String,
    hint: Option<String>,
}

fn fault(at: Location, problem: impl Into<String>) -> Fault {
    Fault { line: at.line(), column: at.column(), problem: problem.into(), hint: None }
}

/// What stands for itself, by what it is written as.
type Choice<T> = (&'static str, T);

const VISIBILITIES: [Choice<Visibility>; 3] =
    [("private", Visibility::Private), ("internal", Visibility::Internal), ("public", Visibility::Public)];
const PUBLISHERS: [Choice<PublishedBy>; 2] =
    [("actions", PublishedBy::Actions), ("pat", PublishedBy::PersonalAccessToken)];
const ACCESSES: [Choice<Access>; 3] = [("read", Access::Read), ("write", Access::Write), ("admin", Access::Admin)];

fn choice<T: Copy>(text: &Spanned<String>, choices: &[Choice<T>]) -> Result<T, Fault> {
    let names = || choices.iter().map(|(name, _)| *name);
    choices.iter().find(|(name, _)| *name == text.value).map(|(_, value)| *value).ok_or_else(|| {
        let all = names().collect::<Vec<_>>().join(", ");
        fault(text.referenced, format!("`{}` is none of {all}", text.value)).meant(&text.value, names())
    })
}

impl Fault {
    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what was meant, where that is close.
    fn meant<'a>(mut self, word: &str, known: impl Iterator<Item = &'a str>) -> Self {
        self.hint = nearest(word, known).map(|known| format!("did you mean `{known}`?"));
        self
    }
}

struct Reader<'a> {
    /// What the file is called.
    file: &'a str,
    /// What paths in the file are relative to.
    folder: &'a Path,
    hub: Hub,
}

impl Reader<'_> {
    fn hub(mut self, written: HubFile) -> Result<Hub, Fault> {
        for (login, entry) in written.users.0 {
            let tokens = entry.unwrap_or_default().tokens.into_iter().map(|token| self.token(token));
            self.hub.users.insert(login.value, User { tokens: tokens.collect::<Result<_, _>>()? });
        }
        for (name, entry) in written.organizations.0 {
            if self.hub.users.keys().any(|login| login.eq_ignore_ascii_case(&name.value)) {
                return Err(fault(name.referenced, format!("{} is a user already", name.value)));
            }
            let members = entry.unwrap_or_default().members;
            let members = members.iter().map(|login| self.user(login)).collect::<Result<_, _>>()?;
            self.hub.organizations.insert(name.value, Organization { members });
        }
        for (name, entry) in written.repositories.0 {
            let (name, repository) = self.repository(&name, entry.unwrap_or_default())?;
            self.hub.repositories.insert(name, repository);
        }
        for (name, entry) in written.packages.0 {
            let (name, package) = self.package(&name, entry.unwrap_or_default())?;
            self.hub.packages.insert(name, package);
        }
        for secret in written.secrets {
            let secret = self.secret(secret)?;
            self.hub.secrets.push(secret);
        }
        for (server, entry) in written.registries.0 {
            let (server, accounts) = self.registry(&server, entry.unwrap_or_default())?;
            self.hub.registries.insert(server, accounts);
        }
        Ok(self.hub)
    }

    fn token(&self, written: TokenEntry) -> Result<Token, Fault> {
        let TokenEntry { name, scopes, value, value_from } = written;
        let value = self.source(name.referenced, value, value_from, "value")?;
        let scopes = scopes.into_iter().map(|scope| scope.value).collect();
        Ok(Token { name: name.value, scopes, value })
    }

    fn user(&self, login: &Spanned<String>) -> Result<String, Fault> {
        listed(login, self.hub.users.keys(), "user", "users")
    }

    /// Refuses what only an organization has.
    fn visibility(&self, written: &Spanned<String>, owner: &str) -> Result<Visibility, Fault> {
        let visibility = choice(written, &VISIBILITIES)?;
        if visibility == Visibility::Internal && self.hub.is_user(owner) {
            let problem = format!("only an organization has what is internal, and {owner} is a user");
            return Err(fault(written.referenced, problem));
        }
        Ok(visibility)
    }

    fn repository(
        &self,
        written: &Spanned<String>,
        entry: RepositoryEntry,
    ) -> Result<(RepositoryName, Repository), Fault> {
        let name = repository_name(written)?;
        if let Some((other, _)) = self.hub.repository(&name) {
            return Err(fault(written.referenced, format!("{name} is there already, as {other}: case does not count")));
        }
        let visibility = entry.visibility.map(|text| self.visibility(&text, name.owner())).transpose()?;
        let access = entry.access.0.iter().map(|(login, text)| Ok((self.user(login)?, choice(text, &ACCESSES)?)));
        let access = access.collect::<Result<BTreeMap<_, _>, Fault>>()?;
        Ok((name, Repository { visibility: visibility.unwrap_or(Visibility::Private), access }))
    }

    /// Returns the repository that is meant, by the name it is listed under.
    fn known(&self, written: &Spanned<String>) -> Result<RepositoryName, Fault> {
        let name = repository_name(written)?;
        self.hub.repository(&name).map(|(known, _)| known.clone()).ok_or_else(|| {
            let names: Vec<String> = self.hub.repositories.keys().map(ToString::to_string).collect();
            fault(written.referenced, format!("there is no repository {name} under `repositories`"))
                .meant(&written.value, names.iter().map(String::as_str))
        })
    }

    fn package(&self, written: &Spanned<String>, entry: PackageEntry) -> Result<(PackageName, Package), Fault> {
        let name = PackageName::parse(&written.value).filter(|name| name.to_string() == written.value);
        let name = name.ok_or_else(|| {
            fault(written.referenced, format!("`{}` is no package of {GHCR} or {NPM}", written.value))
                .hint(format!("write {GHCR}/OWNER/NAME, or {NPM}/@OWNER/NAME, in lower case, without tag and version"))
        })?;
        let other = match name.kind() {
            PackageKind::Container => entry.tarball.as_ref().map(|text| (text, "tarball", "image")),
            PackageKind::Npm => entry.image.as_ref().map(|text| (text, "image", "tarball")),
        };
        if let Some((text, given, wanted)) = other {
            let problem = format!("`{given}` publishes nothing to {}", name.kind().host());
            return Err(fault(text.referenced, problem).hint(format!("`{wanted}` does")));
        }
        let repository = entry.repository.as_ref().map(|text| self.known(text)).transpose()?;
        if let (Some(linked), Some(text)) = (&repository, &entry.repository)
            && !linked.owner().eq_ignore_ascii_case(name.owner())
        {
            let problem = format!("{name} is {}'s, and cannot be linked to {linked}", name.owner());
            return Err(fault(text.referenced, problem).hint("a package is linked to a repository of its own owner"));
        }
        let visibility = entry.visibility.map(|text| self.visibility(&text, name.owner())).transpose()?;
        let published_by = entry.published_by.map(|text| choice(&text, &PUBLISHERS)).transpose()?;
        let listed = entry.codespaces_access.iter().map(|text| self.known(text));
        let mut package = Package {
            visibility: Visibility::Private,
            repository,
            published_by: published_by.unwrap_or(PublishedBy::Actions),
            inherit_access: entry.inherit_access,
            codespaces_access: listed.collect::<Result<_, _>>()?,
            image: entry.image.map(|image| image.value),
            tarball: entry.tarball.map(|path| self.folder.join(path.value)),
        };
        package.visibility = visibility.unwrap_or_else(|| self.inherited(&package));
        Ok((name, package))
    }

    /// Returns the visibility of a package that has none of its own (source document: "if the repository is public, the package is also public").
    fn inherited(&self, package: &Package) -> Visibility {
        let linked = package.repository.as_ref().filter(|_| package.inherits());
        linked.and_then(|name| self.hub.repository(name)).map_or(Visibility::Private, |(_, found)| found.visibility)
    }

    fn secret(&self, written: SecretEntry) -> Result<HubSecret, Fault> {
        let at = written.name.referenced;
        let name: SecretName =
            written.name.value.parse().map_err(|error: InvalidSecretName| fault(at, error.to_string()))?;
        let scope = self.scope(at, &written)?;
        let alike = || self.hub.secrets.iter().filter(|other| other.scope.owner() == scope.owner());
        if alike().any(|other| other.name == name) {
            return Err(fault(at, format!("{} has a secret {name} already", scope.owner())));
        }
        if alike().count() >= MAX_SECRETS {
            return Err(fault(at, format!("{} has {MAX_SECRETS} secrets, the most that GitHub takes", scope.owner())));
        }
        let value = self.source(at, written.value, written.value_from, "value")?;
        if let ValueSource::Given(value) = &value
            && value.expose().len() > MAX_VALUE
        {
            return Err(fault(at, format!("the value of {name} is larger than 48 KB, the most that GitHub takes")));
        }
        let place = Place { file: self.file.to_owned(), line: at.line(), column: at.column() };
        Ok(HubSecret { name, scope, value, place: Some(place) })
    }

    fn scope(&self, at: Location, written: &SecretEntry) -> Result<SecretScope, Fault> {
        let assigned = |all: &Option<Vec<Spanned<String>>>| {
            all.iter().flatten().map(|text| self.known(text)).collect::<Result<Vec<_>, Fault>>()
        };
        let (visibility, repositories) = (&written.visibility, &written.repositories);
        let only = |what: &str, whose: &str| fault(at, format!("`{what}` is for {whose} only"));
        match (&written.user, &written.repository, &written.organization) {
            (Some(login), None, None) => match visibility {
                Some(_) => Err(only("visibility", "an organization's secrets")),
                None => Ok(SecretScope::User { user: self.user(login)?, repositories: assigned(repositories)? }),
            },
            (None, Some(name), None) => match (visibility, repositories) {
                (None, None) => Ok(SecretScope::Repository(self.known(name)?)),
                _ => Err(only("visibility` and `repositories", "a user's or an organization's secrets")),
            },
            (None, None, Some(name)) => {
                let policy = match (visibility.as_ref().map(|text| text.value.as_str()), repositories) {
                    (Some("all"), None) => AccessPolicy::All,
                    (Some("private") | None, None) => AccessPolicy::Private,
                    (Some("selected") | None, Some(_)) => AccessPolicy::Selected(assigned(repositories)?),
                    (Some("selected"), None) => {
                        return Err(fault(at, "`visibility: selected` wants a list of `repositories`"));
                    }
                    (Some("all" | "private"), Some(_)) => {
                        return Err(fault(at, "`repositories` is for `visibility: selected` only"));
                    }
                    (Some(other), _) => return Err(fault(at, format!("`{other}` is none of all, private, selected"))),
                };
                let organization = listed(name, self.hub.organizations.keys(), "organization", "organizations")?;
                Ok(SecretScope::Organization { organization, policy })
            }
            _ => Err(fault(at, "a secret has one of `user`, `repository` and `organization`")),
        }
    }

    fn registry(&self, written: &Spanned<String>, entry: RegistryEntry) -> Result<(RegistryServer, Accounts), Fault> {
        let at = written.referenced;
        let server = RegistryServer::normalise(&written.value);
        if [GHCR, NPM].contains(&server.config_key()) {
            let hint = "its accounts are the users' tokens: `users: {LOGIN: {tokens: [{name, scopes, value_from}]}}`";
            return Err(fault(at, format!("{server} is there already")).hint(hint));
        }
        if self.hub.registries.contains_key(&server) {
            return Err(fault(at, format!("{server} is there already")));
        }
        match entry {
            RegistryEntry { accounts, .. } if server.is_ecr() && !accounts.is_empty() => {
                Err(fault(at, format!("{server} is AWS's: it has `access_keys`, and no `accounts`")))
            }
            RegistryEntry { access_keys, .. } if !server.is_ecr() && !access_keys.is_empty() => {
                Err(fault(at, format!("{server} is not AWS's: it has `accounts`, and no `access_keys`")))
            }
            RegistryEntry { expires_after: Some(text), .. } if !server.is_ecr() => {
                Err(fault(text.referenced, format!("{server} is not AWS's: its logins do not expire")))
            }
            RegistryEntry { accounts, access_keys, expires_after } => {
                let users = accounts.into_iter().map(|AccountEntry { user, password, password_from }| {
                    let secret = self.source(user.referenced, password, password_from, "password")?;
                    Ok(Account { name: user.value, secret })
                });
                let of_all = expires_after.as_ref().map(life).transpose()?.unwrap_or(AccessKey::LONGEST);
                let keys = access_keys.into_iter().map(|AccessKeyEntry { id, secret, secret_from, expires_after }| {
                    let secret = self.source(id.referenced, secret, secret_from, "secret")?;
                    let expires_after = expires_after.as_ref().map(life).transpose()?.unwrap_or(of_all);
                    Ok(AccessKey { account: Account { name: id.value, secret }, expires_after })
                });
                let users = users.collect::<Result<_, Fault>>()?;
                Ok((server, Accounts { users, access_keys: keys.collect::<Result<_, Fault>>()? }))
            }
        }
    }

    /// Returns where a value is from, which is said in one way.
    fn source(
        &self,
        at: Location,
        given: Option<Hidden>,
        from: Option<Spanned<FromEntry>>,
        name: &str,
    ) -> Result<ValueSource, Fault> {
        match (given, from) {
            (Some(Hidden(value)), None) => Ok(ValueSource::Given(value)),
            (None, Some(from)) => match from.value {
                FromEntry { env: Some(env), command: None, file: None } => Ok(ValueSource::Env(env)),
                FromEntry { env: None, command: Some(command), file: None } => Ok(ValueSource::Command(command)),
                FromEntry { env: None, command: None, file: Some(file) } => {
                    Ok(ValueSource::File(self.folder.join(PathBuf::from(file))))
                }
                _ => Err(fault(from.referenced, format!("`{name}_from` has one of `env`, `command` and `file`"))),
            },
            (None, None) | (Some(_), Some(_)) => {
                Err(fault(at, format!("it wants a value: one of `{name}` and `{name}_from`")))
            }
        }
    }
}

/// Reads how long a token is good, in whole seconds.
fn life(written: &Spanned<String>) -> Result<Duration, Fault> {
    let wrong = |problem: String| fault(written.referenced, format!("`expires_after`: {problem}"));
    let life = duration(&written.value).map_err(wrong)?;
    if life.subsec_nanos() != 0 {
        return Err(wrong(format!("`{}` is no whole number of seconds", written.value)));
    }
    if life > AccessKey::LONGEST {
        return Err(wrong("a token of AWS's is good for twelve hours at most".to_owned()));
    }
    Ok(life)
}

/// Returns the one that is meant, as it is listed: case does not count.
fn listed<'a>(
    written: &Spanned<String>,
    known: impl Iterator<Item = &'a String> + Clone,
    what: &str,
    list: &str,
) -> Result<String, Fault> {
    known.clone().find(|known| known.eq_ignore_ascii_case(&written.value)).cloned().ok_or_else(|| {
        fault(written.referenced, format!("there is no {what} {} under `{list}`", written.value))
            .meant(&written.value, known.map(String::as_str))
    })
}

fn repository_name(written: &Spanned<String>) -> Result<RepositoryName, Fault> {
    written
        .value
        .parse()
        .map_err(|_| fault(written.referenced, format!("`{}` is no repository: expected OWNER/NAME", written.value)))
}
