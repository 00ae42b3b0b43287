//! Prebuilds: made, kept, and what codespaces are that are made of them.

mod checks;
mod compose;
mod engine;
mod hub;
mod killed;
mod layers;
mod life;
mod meeting;
mod remote;
mod report;
mod repository;
mod settings;
mod sharing;
mod trigger;
mod update;
mod view;

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{Ran, Sandbox, docker};

/// The prebuilds of a sandbox; they go when this is dropped.
struct Prebuilds<'a> {
    sandbox: &'a Sandbox,
}

impl<'a> Prebuilds<'a> {
    const fn new(sandbox: &'a Sandbox) -> Self {
        Self { sandbox }
    }

    fn create(&self, folder: &Path, more: &[&str]) -> Ran {
        let folder = folder.display().to_string();
        self.sandbox.run(&[&["prebuild", "create", &folder], more].concat())
    }

    /// Makes one, and returns its name.
    #[track_caller]
    fn created(&self, folder: &Path, more: &[&str]) -> String {
        self.create(folder, more).expect(0).stdout.trim().to_owned()
    }

    #[track_caller]
    fn list(&self) -> Vec<Value> {
        let listed = self.sandbox.run(&["prebuild", "list", "--json"]).expect(0).json();
        listed.as_array().expect("a list").clone()
    }

    /// Returns the names of those that are kept: a run that failed has none.
    #[track_caller]
    fn names(&self) -> Vec<String> {
        self.list().iter().filter_map(|one| Some(one["name"].as_str()?.to_owned())).collect()
    }

    /// Returns the volumes of this home's prebuilds.
    #[track_caller]
    fn volumes(&self) -> Vec<String> {
        let home = self.label();
        let filters = ["--filter", "label=localspace.prebuild", "--filter", &home];
        let listed = docker(&[&["volume", "ls", "-q"], &filters[..]].concat()).expect(0).stdout;
        listed.lines().filter(|name| name.starts_with("localspace-prebuild.")).map(str::to_owned).collect()
    }

    /// Returns the filter of everything that is this home's.
    fn label(&self) -> String {
        format!("label=localspace.home={}", self.sandbox.path("localspace/state").display())
    }

    /// Returns everything that the engine has of this home's prebuilds and codespaces.
    #[track_caller]
    fn objects(&self) -> String {
        let home = self.label();
        let listed = |kind: &[&str]| docker(&[kind, &["-q", "--filter", &home]].concat()).expect(0).stdout;
        listed(&["volume", "ls"]) + &listed(&["images"]) + &listed(&["ps", "-a"]) + &listed(&["network", "ls"])
    }
}

impl Drop for Prebuilds<'_> {
    fn drop(&mut self) {
        for name in self.sandbox.codespaces() {
            let _gone = self.sandbox.run(&["delete", "-c", &name]);
        }
        let _gone = self.sandbox.run(&["prebuild", "delete", "--all"]);
    }
}

/// Runs git in a repository, as nobody in particular.
#[track_caller]
fn git(folder: &Path, words: &[&str]) {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "user.name=t", "-c", "user.email=t@t"]).args(words);
    let ran = Ran::of(command.output().expect("git runs"));
    let _done = ran.expect(0);
}

/// Commits everything that lies in a repository.
#[track_caller]
pub(crate) fn commit(folder: &Path, subject: &str) {
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "--allow-empty", "-m", subject]);
}
