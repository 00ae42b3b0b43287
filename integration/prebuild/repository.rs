//! A repository that the commands of a prebuild have left in disorder: what the newest commit does not touch stays as it was.

use std::fs;

use super::{Prebuilds, commit, git};
use crate::support::Sandbox;

const CONFIG: &str =
    r#"{"image": "mcr.microsoft.com/devcontainers/base:trixie", "onCreateCommand": "sh .devcontainer/work.sh"}"#;

const WORK: &str = "set -e
git config user.name hook && git config user.email hook@example && git config hook.wrote yes
echo stashed >>stashed && git stash -q
git branch of-hook
echo changed >>modified
echo staged >>staged && git add staged
echo new >added && git add added
git rm -q --cached forgotten
echo untracked >untracked
printf '#!/bin/sh\\nexit 0\\n' >.git/hooks/pre-commit && chmod +x .git/hooks/pre-commit
git -c protocol.file.allow=always submodule -q update --init
";

const TELL: &str = "git status --porcelain; git stash list | wc -l; git config hook.wrote; git branch --format='%(refname:short)'; \
    test -x .git/hooks/pre-commit && echo hook; git submodule status 2>&1 | cut -c1,42-; cat module/in-module";

#[test]
fn what_the_newest_commit_does_not_touch_stays_as_it_was() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let other = sandbox.repository("other", "{}");
    fs::write(other.join("in-module"), "of the submodule\n").expect("written");
    commit(&other, "two");
    let folder = sandbox.repository("app", CONFIG);
    fs::write(folder.join(".devcontainer/work.sh"), WORK).expect("written");
    for name in ["stashed", "modified", "staged", "forgotten", "moved-on"] {
        fs::write(folder.join(name), "one\n").expect("written");
    }
    git(&other, &["bundle", "create", &folder.join("bundle").display().to_string(), "HEAD", "main"]);
    let from = other.display().to_string();
    git(&folder, &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &from, "module"]);
    git(&folder, &["config", "-f", ".gitmodules", "submodule.module.url", "/workspaces/app/bundle"]);
    commit(&folder, "base");
    let _prebuild = prebuilds.created(&folder, &[]);
    let tell = |name: &str| {
        let name = sandbox.name(name);
        let up = sandbox.up(&folder, &name, &[]).expect(0);
        assert!(up.stderr.contains("onCreateCommand: skipped: it has succeeded in the prebuild"), "{}", up.stderr);
        (
            sandbox.inside(&name, TELL),
            sandbox.inside(&name, "git log -1 --format=%s; cat moved-on; git fsck 2>&1 | grep -v dangling; true"),
        )
    };
    let expected = "A  added\nD  forgotten\n M modified\nM  staged\n?? forgotten\n?? untracked\n1\nyes\nmain\nof-hook\nhook\n  module (heads/main)\nof the submodule\n";
    let (same, at) = tell("same");
    assert_eq!(at, "base\none\n");
    // The submodule's commit is told in the words of git's version there.
    let words = |told: &str| told.replace(" (remotes/origin/HEAD)", " (heads/main)");
    assert_eq!(words(&same), expected);
    fs::write(folder.join("moved-on"), "two\n").expect("written");
    commit(&folder, "newer");
    let (newer, at) = tell("newer");
    assert_eq!(at, "newer\ntwo\n");
    assert_eq!(words(&newer), expected);
}
