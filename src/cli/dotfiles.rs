//! The flags of a person's dotfiles.

use super::error::{CliError, Kind};
use crate::codespace::RepositoryName;
use crate::steps::{DOTFILES, Dotfiles};

/// A person's dotfiles.
#[derive(Debug, clap::Args)]
pub(super) struct DotfilesArgs {
    /// Install these dotfiles in a new codespace: a repository's URL, or OWNER/NAME on GitHub
    #[arg(long = "dotfiles-repository", value_name = "URL")]
    dotfiles_repository: Option<String>,
    /// What installs them; else install.sh, bootstrap.sh, setup.sh and the like, or links
    #[arg(long = "dotfiles-install-command", value_name = "COMMAND", requires = "dotfiles_repository")]
    install_command: Option<String>,
    /// Where they are cloned to in the codespace
    #[arg(long = "dotfiles-target-path", value_name = "PATH", requires = "dotfiles_repository", default_value = DOTFILES)]
    target_path: String,
}

impl DotfilesArgs {
    /// Tells whether there are any.
    pub(super) const fn are_given(&self) -> bool {
        self.dotfiles_repository.is_some()
    }

    /// Returns what is to be installed.
    pub(super) fn order(&self) -> Result<Option<Dotfiles>, CliError> {
        let Some(text) = &self.dotfiles_repository else { return Ok(None) };
        let repository = dotfiles_repository(text)?;
        Ok(Some(Dotfiles { repository, install: self.install_command.clone(), target: self.target_path.clone() }))
    }
}

/// Reads what git can clone: OWNER/NAME is GitHub's, anything with a colon or that begins as a path is itself. (The reference CLI's rule.) What holds a
/// login is never told.
fn dotfiles_repository(text: &str) -> Result<String, CliError> {
    let fail = |problem: String, hint: &str| {
        CliError::new(Kind::Usage, format!("--dotfiles-repository: {problem}"), Some(hint.to_owned()))
    };
    if holds_login(text) {
        let hint = "leave it out: it would be seen; a secret can hold it for git in the codespace";
        return Err(fail("the URL holds a login".to_owned(), hint));
    }
    if text.contains(':') || ["/", "./", "../"].iter().any(|start| text.starts_with(start)) {
        return Ok(text.to_owned());
    }
    let name: Result<RepositoryName, _> = text.parse();
    let name = name.map_err(|error| fail(error.to_string(), "give a repository's URL, or OWNER/NAME on GitHub"))?;
    Ok(format!("https://github.com/{name}.git"))
}

/// Tells whether a URL holds a password, or what may be a token: over HTTP a user's name alone is of no use, and GitHub takes a token in its place.
fn holds_login(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_http = ["http", "https"].iter().any(|http| scheme.eq_ignore_ascii_case(http));
    authority.rsplit_once('@').is_some_and(|(login, _)| is_http || login.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotfiles_are_github_s_by_name_and_a_login_is_refused_and_not_told() {
        for (text, expected) in [
            ("mona/dotfiles", Some("https://github.com/mona/dotfiles.git")),
            ("https://git.example/mona/dotfiles", Some("https://git.example/mona/dotfiles")),
            ("ssh://git@git.example/dotfiles", Some("ssh://git@git.example/dotfiles")),
            ("git@github.com:mona/dotfiles.git", Some("git@github.com:mona/dotfiles.git")),
            ("/srv/dotfiles", Some("/srv/dotfiles")),
            ("./dotfiles", Some("./dotfiles")),
            ("https://mona:hunter2@git.example/dotfiles", None),
            ("https://hunter2@git.example/dotfiles", None),
            ("HTTPS://hunter2@git.example", None),
            ("ssh://mona:hunter2@git.example/dotfiles", None),
            ("dotfiles", None),
            ("", None),
        ] {
            let read = dotfiles_repository(text);
            assert_eq!(read.as_deref().ok(), expected, "{text}");
            assert!(read.err().is_none_or(|error| !format!("{error:?}").contains("hunter2")), "{text}");
        }
    }
}
