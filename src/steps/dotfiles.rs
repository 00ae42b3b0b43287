//! A person's dotfiles: cloned in the container when a codespace is new, after `postCreateCommand`, and installed (codespaces-facts.md
//! section 1.9, devcontainer-semantics.md section 1.4).
//!
//! They are part of the phase `postCreateCommand`, with its environment and secrets. What goes wrong with them is a warning: the codespace can be
//! used. (Reference CLI: nothing is said of it.)

use std::sync::Arc;

use super::choices::Dotfiles;
use super::command::{CommandOrder, How};
use super::runner::EngineRunner;
use super::shell::Words;
use crate::engine::EngineError;
use crate::lifecycle::StepFailure;
use crate::phase::Phase;
use crate::shell_word::quote;

/// Where Codespaces clones them.
pub const DOTFILES: &str = "/workspaces/.codespaces/.persistedshare/dotfiles";

/// What the commands of dotfiles are labelled with.
const LABEL: &str = "dotfiles";

const PHASE: Phase = Phase::PostCreateCommand;

/// The exit codes by which the script says that it did not come to the installation.
const NO_GIT: i32 = 90;
const NO_CLONE: i32 = 91;

/// Installs them where the run has any.
pub(super) async fn install(runner: &mut EngineRunner, env: &[(String, Option<String>)]) -> Result<(), StepFailure> {
    let Some(dotfiles) = runner.order.dotfiles.clone() else { return Ok(()) };
    let place = Arc::clone(&runner.running()?.place);
    let (script, folder) = (script(&dotfiles), runner.order.workspace_folder.clone());
    let shown = format!("git clone --depth 1 {} {}", dotfiles.repository, dotfiles.target);
    let order = CommandOrder {
        phase: PHASE,
        label: Some(LABEL.to_owned()),
        words: Words::Shell(&script),
        shown: Some(&shown),
        folder: &folder,
        env,
        success: None,
        deadline: super::limits::deadline(runner.order.timeout),
    };
    let end = place.run(&order, None, &mut runner.leftovers).await;
    let (why, hint) = match end.map(|end| end.how) {
        Ok(How::Exited(0)) => return Ok(()),
        Ok(How::Exited(NO_GIT)) => ("there is no git in the container", "take an image or a Feature that has git"),
        Ok(How::Exited(NO_CLONE)) => ("they could not be cloned", "`localspace logs` shows what git said"),
        Ok(How::Exited(code)) => {
            let message = format!("the dotfiles are not installed: their script ended with exit code {code}");
            runner.warn(PHASE, message, Some("`localspace logs` shows what it printed".to_owned())).await;
            return Ok(());
        }
        Ok(How::Cut(cut)) => return Err(cut.failure(runner.order.timeout)),
        Ok(How::Gone) => ("the container ended", "`docker logs` shows what its first process printed"),
        Err(EngineError::Refused { .. }) => ("the container takes no command", "is it running?"),
        Err(error) => return Err(error.into()),
    };
    runner.warn(PHASE, format!("the dotfiles are not installed: {why}"), Some(hint.to_owned())).await;
    Ok(())
}

/// Returns the script: the clone, then the command, or the first of the usual scripts, or else links to what begins with a dot.
fn script(dotfiles: &Dotfiles) -> String {
    let (repository, install) = (quote(&dotfiles.repository), quote(dotfiles.install.as_deref().unwrap_or_default()));
    let target = match dotfiles.target.strip_prefix("~/") {
        Some(inside) => format!("\"$HOME\"/{}", quote(inside)),
        None => quote(&dotfiles.target),
    };
    format!(
        r#"target={target}
command -v git >/dev/null 2>&1 || {{ echo "there is no git" >&2; exit {NO_GIT}; }}
[ -d "$target" ] || GIT_TERMINAL_PROMPT=0 git clone --depth 1 -- {repository} "$target" || exit {NO_CLONE}
cd "$target" || exit {NO_CLONE}
run() {{
  [ -x "$1" ] || chmod +x "$1"
  "./$1"
}}
command={install}
if [ -n "$command" ]; then
  if [ -f "$command" ]; then run "$command"; else sh -c "$command"; fi
  exit
fi
for script in install.sh install bootstrap.sh bootstrap script/bootstrap setup.sh setup script/setup; do
  [ -f "$script" ] || continue
  run "$script"
  exit
done
code=0
for file in .[!.]* ..?*; do
  [ "$file" = .git ] || [ ! -e "$file" ] && continue
  if [ -d "$HOME/$file" ] && [ ! -L "$HOME/$file" ]; then
    echo "$HOME/$file is a folder already: it is left as it is" >&2
    continue
  fi
  ln -sfn "$PWD/$file" "$HOME/$file" || code=1
done
exit $code
"#
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::{Command, Output};

    use super::*;

    /// A person's repository of these files, and a home.
    fn ground(files: &[(&str, &str)]) -> tempfile::TempDir {
        let ground = tempfile::tempdir().expect("a folder");
        let repository = ground.path().join("dot files");
        std::fs::create_dir_all(ground.path().join("home")).expect("made");
        for (name, text) in files {
            let path = repository.join(name);
            std::fs::create_dir_all(path.parent().expect("inside")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        let git = |args: &[&str]| {
            let author = ["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "init.defaultBranch=main"];
            let done = Command::new("git").arg("-C").arg(&repository).args(author).args(args).output().expect("git");
            assert!(done.status.success(), "{done:?}");
        };
        git(&["init", "-q"]);
        git(&["add", "-A"]);
        git(&["commit", "-qm", "one"]);
        ground
    }

    fn run(ground: &Path, install: Option<&str>, target: &str) -> Output {
        let repository = ground.join("dot files").display().to_string();
        let target = target.replace("GROUND", &ground.display().to_string());
        let text = script(&Dotfiles { repository, install: install.map(str::to_owned), target });
        Command::new("sh").args(["-c", &text]).env("HOME", ground.join("home")).output().expect("sh runs")
    }

    #[test]
    fn the_first_of_the_usual_scripts_runs_executable_or_not() {
        let files = [("setup.sh", "#!/bin/sh\ntouch ~/wrong"), ("bootstrap", "#!/bin/sh\npwd >~/ran"), (".rc", "x")];
        let ground = ground(&files);
        let ran = run(ground.path(), None, "~/own dots");
        assert!(ran.status.success(), "{ran:?}");
        let seen = std::fs::read_to_string(ground.path().join("home/ran")).expect("ran");
        assert!(seen.ends_with("home/own dots\n"), "{seen}");
        assert!(!ground.path().join("home/wrong").exists() && !ground.path().join("home/.rc").exists());
    }

    #[test]
    fn without_a_script_what_begins_with_a_dot_is_linked() {
        let ground = ground(&[(".rc", "mine"), (".config/x", "y"), ("plain", "z")]);
        std::fs::create_dir(ground.path().join("home/.config")).expect("made");
        std::fs::write(ground.path().join("home/.rc"), "the image's").expect("written");
        let ran = run(ground.path(), None, "GROUND/clone");
        assert!(ran.status.success(), "{ran:?}");
        assert_eq!(std::fs::read_to_string(ground.path().join("home/.rc")).expect("linked"), "mine");
        assert!(!ground.path().join("home/plain").exists() && !ground.path().join("home/.git").exists());
        assert!(!ground.path().join("home/.config").is_symlink());
        assert!(String::from_utf8_lossy(&ran.stderr).contains(".config is a folder already"), "{ran:?}");
    }

    #[test]
    fn a_command_of_ones_own_is_a_script_or_a_shells() {
        let ground = ground(&[("my install", "#!/bin/sh\nexit 7"), ("install.sh", "#!/bin/sh\nexit 1")]);
        assert_eq!(run(ground.path(), Some("my install"), "GROUND/a").status.code(), Some(7));
        assert_eq!(run(ground.path(), Some("test -f install.sh && exit 8"), "GROUND/b").status.code(), Some(8));
    }

    #[test]
    fn what_cannot_be_cloned_is_told_from_a_script_that_fails() {
        let ground = ground(&[("install", "#!/bin/sh\nexit 3")]);
        assert_eq!(run(ground.path(), None, "GROUND/a").status.code(), Some(3));
        let text =
            script(&Dotfiles { repository: "/no/such".to_owned(), install: None, target: "/no/where".to_owned() });
        let ran = Command::new("sh").args(["-c", &text]).output().expect("sh runs");
        assert_eq!(ran.status.code(), Some(NO_CLONE));
        let ran = Command::new("/bin/sh").args(["-c", &text]).env("PATH", "/no").output().expect("sh runs");
        assert_eq!(ran.status.code(), Some(NO_GIT));
    }
}
