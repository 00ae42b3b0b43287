//! The git command: by our settings alone where files are made, by the user's where only those know the way.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Output, Stdio};

use tokio::process::Command;

use super::address::{Login, scrub};
use super::locate::Repository;
use super::{RepositoryError, error};

/// What of the environment would lead git elsewhere (`git rev-parse --local-env-vars`), or into what is made.
const LEADS_ASTRAY: [&str; 22] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ATTR_SOURCE",
    "GIT_AUTHOR_DATE",
    "GIT_CEILING_DIRECTORIES",
    "GIT_COMMITTER_DATE",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DEFAULT_HASH",
    "GIT_DEFAULT_REF_FORMAT",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_TEMPLATE_DIR",
    "GIT_WORK_TREE",
];

/// Settings that hold whatever else is set: nothing of the user's or the repository's runs, and no file is changed on its way.
const ALWAYS: [&str; 8] = [
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.autocrlf=false",
    "core.fsmonitor=false",
    "core.sharedRepository=umask",
    "clone.rejectShallow=false",
    "init.defaultRefFormat=files",
    "submodule.recurse=false",
];

/// Answers git with the login that is in the environment, so that it is in no argument.
const LOGIN: &str =
    r#"!f() { test "$1" = get && printf 'username=%s\npassword=%s\n' "$LOCALSPACE_USER" "$LOCALSPACE_PASSWORD"; }; f"#;

/// One call of git, which asks nobody anything.
#[derive(Debug)]
pub(super) struct Git {
    command: Command,
    verb: &'static str,
}

impl Git {
    /// Returns git in a folder of ours, which knows nothing of the user's and this machine's settings.
    pub(super) fn ours(folder: &Path) -> Self {
        let mut git = Self::users(folder);
        git.command
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env_remove("GIT_CONFIG_COUNT")
            .env_remove("GIT_CONFIG_PARAMETERS")
            .args(["-c", "core.excludesFile=/dev/null"]);
        git
    }

    /// Returns git as the user has it: how a server is reached, and what is ignored, is in the user's settings alone.
    pub(super) fn users(folder: &Path) -> Self {
        let mut command = Command::new("git");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        #[cfg(test)]
        command.envs(super::tests::surroundings());
        for name in LEADS_ASTRAY {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0").env("GIT_NO_LAZY_FETCH", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{who}_NAME"), "localspace")
                .env(format!("GIT_{who}_EMAIL"), "localspace@localhost");
        }
        command.arg("-C").arg(folder);
        for setting in ALWAYS {
            command.args(["-c", setting]);
        }
        Self { command, verb: "" }
    }

    /// Returns git on a repository of the user's, which is only read. That it is named keeps git from looking for another, and from
    /// refusing one that belongs to another user: what is called here runs nothing of it.
    pub(super) fn reading(repository: &Repository) -> Self {
        Self::ours(Path::new("/")).git_dir(repository)
    }

    /// Names the repository.
    pub(super) fn git_dir(mut self, repository: &Repository) -> Self {
        self.command.arg("--git-dir").arg(&repository.git_dir);
        self
    }

    /// Has it use this index, and none of the repository's.
    pub(super) fn index(mut self, file: &Path) -> Self {
        self.command.env("GIT_INDEX_FILE", file);
        self
    }

    /// Reads one more file of settings, in place of the user's.
    pub(super) fn settings(mut self, file: &Path) -> Self {
        self.command.env("GIT_CONFIG_GLOBAL", file);
        self
    }

    /// Logs in as a URL said; where it has no password, whatever the user has set up for such a name is asked first.
    pub(super) fn login(mut self, login: &Login) -> Self {
        let helper = format!("credential.{}.helper=", login.server);
        let password = login.password.as_ref().map_or("", |password| password.expose());
        self.command.env("LOCALSPACE_USER", login.user.expose()).env("LOCALSPACE_PASSWORD", password);
        if login.password.is_some() {
            // The empty one takes the user's away: nothing is asked, and nothing stored.
            self.command.args(["-c", &helper]);
        } else {
            self.command.env("GIT_CONFIG_COUNT", "1");
            self.command.env("GIT_CONFIG_KEY_0", format!("credential.{}.username", login.server));
            self.command.env("GIT_CONFIG_VALUE_0", login.user.expose());
        }
        self.command.arg("-c").arg(helper + LOGIN);
        self
    }

    /// Has a commit be of a time, in seconds since 1970, so that it is the same one whenever it is made.
    pub(super) fn at(mut self, seconds: &str) -> Self {
        for who in ["AUTHOR", "COMMITTER"] {
            self.command.env(format!("GIT_{who}_DATE"), format!("{seconds} +0000"));
        }
        self
    }

    /// Says what git is to do.
    pub(super) fn verb(mut self, verb: &'static str) -> Self {
        self.verb = verb;
        self.arg(verb)
    }

    pub(super) fn arg(mut self, word: impl AsRef<OsStr>) -> Self {
        self.command.arg(word);
        self
    }

    pub(super) fn args<T: AsRef<OsStr>>(mut self, words: impl IntoIterator<Item = T>) -> Self {
        self.command.args(words);
        self
    }

    /// Reads from something else than nothing.
    pub(super) fn stdin(mut self, from: impl Into<Stdio>) -> Self {
        self.command.stdin(from);
        self
    }

    /// Starts it. What ends is to be given to [`Git::judge`].
    pub(super) fn spawn(mut self) -> Result<(tokio::process::Child, &'static str), RepositoryError> {
        let child = self.command.spawn().map_err(RepositoryError::NoGit)?;
        Ok((child, self.verb))
    }

    /// Returns the arguments, which every user of this machine can see.
    #[cfg(test)]
    pub(super) fn words(&self) -> Vec<&OsStr> {
        self.command.as_std().get_args().collect()
    }

    /// Runs it and returns what it printed, as it is: names of files need not be text.
    pub(super) async fn run(mut self) -> Result<Vec<u8>, RepositoryError> {
        let output = self.command.output().await.map_err(RepositoryError::NoGit)?;
        Self::judge(self.verb, output)
    }

    /// Runs it and returns the text that it printed, without the line's end.
    pub(super) async fn text(self) -> Result<String, RepositoryError> {
        let printed = self.run().await?;
        Ok(String::from_utf8_lossy(&printed).trim_end_matches('\n').to_owned())
    }

    /// Returns what was printed, or why it failed.
    pub(super) fn judge(verb: &'static str, output: Output) -> Result<Vec<u8>, RepositoryError> {
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(error::of_git(verb, scrub(String::from_utf8_lossy(&output.stderr).trim())))
    }
}
