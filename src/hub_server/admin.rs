//! What `localspace` itself asks of a hub that runs: tokens for codespaces, packages and access that come to it, its file read again. One line of
//! JSON each way, on a socket that is in the container alone.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use super::access::{Publication, seen_by};
use super::site::Kind;
use super::store::{Holder, Issued};
use super::{ServeError, Server, failed, log, npm, proof};
use crate::codespace::RepositoryName;
use crate::github::EcrToken;
use crate::github::hub::{GHCR, NPM, PackageName};
use crate::github::packages::{self, Action, Explanation, Linked, Subject};
use crate::permissions::Permissions;

/// The socket's name in the runtime folder.
const SOCKET: &str = "admin.sock";
/// Where a tarball waits that is to be published, in the runtime folder.
pub const TARBALL: &str = "published.tgz";
/// The longest question and answer, in bytes.
const LONGEST: u64 = 4 * 1024 * 1024;
/// The longest time that a token may be good for, in seconds: a codespace runs for twelve hours at most (codespaces-facts.md section 1.1).
const LONGEST_LIFE: i64 = 12 * 3600;

/// A question.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase")]
pub enum Question {
    /// What it is.
    About,
    /// A new token for a codespace; one that it has ends.
    #[serde(rename_all = "camelCase")]
    IssueCodespaceToken {
        /// The codespace.
        codespace: String,
        /// Its repository.
        repository: String,
        /// Whose it is.
        user: String,
        /// What it may do with other repositories.
        #[serde(default)]
        permissions: Permissions,
        /// How long it is good for, in seconds; twelve hours at most.
        seconds: i64,
    },
    /// The end of a codespace's token.
    RevokeCodespaceToken {
        /// The codespace.
        codespace: String,
    },
    /// A token that pushes one package.
    IssuePublisherToken {
        /// What is published.
        publication: Publication,
        /// How long it is good for, in seconds.
        seconds: i64,
    },
    /// A password for a user of another registry that expires: AWS's, for an access key.
    IssueRegistryPassword {
        /// The registry.
        registry: String,
        /// Whom the password is shown with.
        user: String,
        /// The account that it stands for.
        account: String,
        /// How long it is good for, in seconds.
        seconds: i64,
    },
    /// A package of npm's, whose tarball waits at [`TARBALL`].
    PublishTarball {
        /// What is published.
        publication: Publication,
    },
    /// A repository more in a package's list "Manage Codespaces access".
    Grant {
        /// The package.
        package: String,
        /// The repository.
        repository: String,
    },
    /// May a codespace of a repository pull a package without permissions on others, and by which rule?
    Explain {
        /// The package.
        package: String,
        /// The repository.
        repository: String,
    },
    /// The file, read again.
    Reload,
}

/// An answer.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(tag = "is", rename_all = "camelCase")]
pub enum Answer {
    /// What it is.
    About(About),
    /// A token: shown this once.
    Token {
        /// The token.
        value: String,
        /// When it is good no longer, in seconds since 1970; an older hub does not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<i64>,
    },
    /// A version of a package is published.
    Published {
        /// The version.
        version: String,
    },
    /// A decision.
    Explained(Explained),
    /// It is done.
    Done,
    /// It cannot be done.
    Failed {
        /// Why.
        reason: String,
    },
}

/// What a hub says of itself.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct About {
    /// The certificate authority, as PEM.
    pub ca_certificate: String,
    /// The registries, as an image's name begins with them.
    pub registries: Vec<String>,
    /// Every name that they are asked under.
    pub hosts: Vec<String>,
    /// The packages that there are.
    pub packages: Vec<AboutPackage>,
}

/// Why a codespace may or may not pull a package with nothing but its own token.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    /// Whether it may.
    pub is_allowed: bool,
    /// The rule's name.
    pub rule: String,
    /// What it says of this package.
    pub why: String,
    /// What changes a refusal.
    pub fix: Option<String>,
}

/// What a hub says of a package.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct AboutPackage {
    /// `ghcr.io/OWNER/NAME` or `npm.pkg.github.com/@OWNER/NAME`.
    pub name: String,
    /// Who may see it.
    pub visibility: crate::github::hub::Visibility,
    /// How it was published.
    pub published_by: crate::github::hub::PublishedBy,
    /// The repository that it is linked to.
    pub repository: Option<String>,
}

/// What a token looks like.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// Random, after the prefix that GitHub gives its kind.
    Bare(&'static str),
    /// One of AWS's.
    Aws,
}

/// Opens the socket, for the container's root alone.
pub(super) fn bind(runtime: &Path) -> Result<UnixListener, ServeError> {
    let path = runtime.join(SOCKET);
    // A socket that a killed one has left would be in its way.
    let _none = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path).map_err(failed("listen on", &path))?;
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).map_err(failed("guard", &path))?;
    Ok(listener)
}

pub(super) async fn take(listener: UnixListener, server: Arc<Server>) {
    while let Ok((stream, _)) = listener.accept().await {
        let server = server.clone();
        tokio::spawn(async move { talk(stream, &server).await });
    }
}

async fn talk(stream: UnixStream, server: &Server) {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    let mut reader = BufReader::new(reader.take(LONGEST));
    if reader.read_line(&mut line).await.is_err() {
        return;
    }
    let answer = match serde_json::from_str(&line) {
        Ok(question) => server.do_as_asked(question).await.unwrap_or_else(|reason| Answer::Failed { reason }),
        Err(error) => Answer::Failed { reason: error.to_string() },
    };
    if let Ok(text) = serde_json::to_string(&answer) {
        // Whoever is gone does not want to know.
        let _told = writer.write_all(format!("{text}\n").as_bytes()).await;
    }
}

/// Hands a question on to the hub that runs here; returns its answer, one line each.
pub async fn ask(runtime: &Path, question: &str) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(runtime.join(SOCKET)).await?;
    stream.write_all(question.trim_end().as_bytes()).await?;
    stream.write_all(b"\n").await?;
    let mut answer = String::new();
    let _length = stream.take(LONGEST).read_to_string(&mut answer).await?;
    Ok(answer)
}

impl Server {
    async fn do_as_asked(&self, question: Question) -> Result<Answer, String> {
        match question {
            Question::About => Ok(Answer::About(self.about())),
            Question::IssueCodespaceToken { codespace, repository, user, permissions, seconds } => {
                let _valid: RepositoryName = repository.parse().map_err(text)?;
                let more = if permissions.is_empty() { String::new() } else { format!(", with {permissions}") };
                log::note(format_args!("a new token for {user}'s codespace {codespace} of {repository}{more}"));
                let holder = Holder::Codespace { codespace, repository, user, permissions };
                self.issue(Form::Bare("ghu_"), GHCR, "", (holder, seconds)).await
            }
            Question::RevokeCodespaceToken { codespace } => {
                let mut store = self.store.lock().await;
                store.revoke(&codespace, now()).map_err(text)?;
                log::note(format_args!("the token of the codespace {codespace} has ended"));
                self.renewed(&store)
            }
            Question::IssuePublisherToken { publication, seconds } => {
                let _valid = package(&publication.package)?;
                self.issue(Form::Bare("ghs_"), GHCR, "", (Holder::Publisher { publication }, seconds)).await
            }
            Question::IssueRegistryPassword { registry, user, account, seconds } => {
                let world = self.world();
                let site = world.sites.by_name(&registry).filter(|site| site.name != GHCR);
                let site = site.ok_or_else(|| format!("there is no registry {registry} with passwords"))?;
                let form = if site.kind == Kind::Aws { Form::Aws } else { Form::Bare("") };
                self.issue(form, &site.name, &user, (Holder::Account { name: account }, seconds)).await
            }
            Question::PublishTarball { publication } => {
                let name = package(&publication.package)?;
                let file = self.places.runtime.join(TARBALL);
                let version = npm::publish_file(self, &name, publication, &file).await;
                // Where it could not be published, nobody wants it either.
                let _gone = std::fs::remove_file(&file);
                version.map(|version| Answer::Published { version })
            }
            Question::Grant { package: name, repository } => {
                let (name, repository) = (package(&name)?, repository.parse().map_err(text)?);
                if !self.world().hub.packages.contains_key(&name) {
                    return Err(format!("there is no package {name}"));
                }
                let mut store = self.store.lock().await;
                store.grant(&name, &repository).map_err(text)?;
                self.renewed(&store)
            }
            Question::Explain { package: name, repository } => {
                let (name, repository) = (package(&name)?, repository.parse().map_err(text)?);
                Ok(Answer::Explained(self.explain(&name, &repository)))
            }
            Question::Reload => {
                let store = self.store.lock().await;
                self.reload(&store).map(|()| Answer::Done).map_err(text)
            }
        }
    }

    fn explain(&self, name: &PackageName, repository: &RepositoryName) -> Explained {
        let hub = &self.world().hub;
        let visibility = seen_by(hub, repository);
        // It is asked about what a token did not open, whatever that was granted.
        let package = hub.packages.get_key_value(name);
        let rule = packages::decide(package, repository, visibility, Linked::Closed, Action::Pull);
        let Explanation { why, fix } = rule.explain(&Subject { name, repository, visibility }, hub);
        Explained { is_allowed: rule.allows(), rule: rule.name().to_owned(), why, fix }
    }

    fn about(&self) -> About {
        let world = self.world();
        let packages = world.hub.packages.iter().map(|(name, package)| AboutPackage {
            name: name.to_string(),
            visibility: package.visibility,
            published_by: package.published_by,
            repository: package.repository.as_ref().map(ToString::to_string),
        });
        About {
            ca_certificate: self.authority.certificate.clone(),
            registries: world.sites.iter().map(|site| site.name.clone()).collect(),
            hosts: world.sites.hosts(),
            packages: packages.collect(),
        }
    }

    async fn issue(
        &self,
        form: Form,
        registry: &str,
        user: &str,
        (holder, seconds): (Holder, i64),
    ) -> Result<Answer, String> {
        let until = now().saturating_add(seconds.clamp(0, LONGEST_LIFE));
        let value = match form {
            Form::Bare(prefix) => proof::token(prefix).map_err(text)?,
            Form::Aws => EcrToken::form(&proof::token("").map_err(text)?, until),
        };
        let digest = self.world().key.proof(registry, user, &value);
        let issued = Issued { proof: digest.text(), registry: registry.to_owned(), holder, until };
        let mut store = self.store.lock().await;
        store.issue(digest, issued, now()).map_err(text)?;
        self.renew(&store).map_err(text)?;
        Ok(Answer::Token { value, until: Some(until) })
    }

    fn renewed(&self, store: &super::Store) -> Result<Answer, String> {
        self.renew(store).map(|()| Answer::Done).map_err(text)
    }
}

fn package(name: &str) -> Result<PackageName, String> {
    PackageName::parse(name)
        .ok_or_else(|| format!("{name} is no package: expected {GHCR}/OWNER/NAME or {NPM}/@OWNER/NAME"))
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
