//! The flags of a person's dotfiles.

use crate::codespace::{InvalidRepository, RepositoryName};
use crate::steps::{DOTFILES, Dotfiles};

/// A person's dotfiles.
#[derive(Debug, clap::Args)]
pub(super) struct DotfilesArgs {
    /// Install these dotfiles in a new codespace: a repository's URL, or OWNER/NAME on GitHub
    #[arg(long = "dotfiles-repository", value_name = "URL", value_parser = dotfiles_repository)]
    dotfiles_repository: Option<String>,
    /// What installs them; else install.sh, bootstrap.sh, setup.sh and the like, or links
    #[arg(long = "dotfiles-install-command", value_name = "COMMAND", requires = "dotfiles_repository")]
    install_command: Option<String>,
    /// Where they are cloned to in the codespace
    #[arg(long = "dotfiles-target-path", value_name = "PATH", requires = "dotfiles_repository", default_value = DOTFILES)]
    target_path: String,
}

impl DotfilesArgs {
    /// Returns what is to be installed.
    pub(super) fn order(&self) -> Option<Dotfiles> {
        let repository = self.dotfiles_repository.clone()?;
        Some(Dotfiles { repository, install: self.install_command.clone(), target: self.target_path.clone() })
    }
}

/// Reads what git can clone: OWNER/NAME is GitHub's, anything with a colon or that begins as a path is itself. (The reference CLI's rule.)
fn dotfiles_repository(text: &str) -> Result<String, String> {
    let host = text.split_once("://").and_then(|(_, rest)| rest.split('/').next());
    if host.is_some_and(|host| host.split_once('@').is_some_and(|(login, _)| login.contains(':'))) {
        return Err(
            "leave the password out: it would be seen; a secret can hold it for git in the codespace".to_owned()
        );
    }
    if text.contains(':') || ["/", "./", "../"].iter().any(|start| text.starts_with(start)) {
        return Ok(text.to_owned());
    }
    let name: RepositoryName = text.parse().map_err(|error: InvalidRepository| error.to_string())?;
    Ok(format!("https://github.com/{name}.git"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotfiles_are_github_s_by_name_and_a_password_is_refused() {
        for (text, expected) in [
            ("mona/dotfiles", Some("https://github.com/mona/dotfiles.git")),
            ("https://git.example/mona/dotfiles", Some("https://git.example/mona/dotfiles")),
            ("https://mona@git.example/dotfiles", Some("https://mona@git.example/dotfiles")),
            ("git@github.com:mona/dotfiles.git", Some("git@github.com:mona/dotfiles.git")),
            ("/srv/dotfiles", Some("/srv/dotfiles")),
            ("./dotfiles", Some("./dotfiles")),
            ("https://mona:hunter2@git.example/dotfiles", None),
            ("dotfiles", None),
            ("", None),
        ] {
            let read = dotfiles_repository(text);
            assert_eq!(read.as_deref().ok(), expected, "{text}");
            assert!(read.err().is_none_or(|error| !error.contains("hunter2")), "{text}");
        }
    }
}
