//! `localspace test`: what a repository says of its codespace, held against a real one.

mod action;
mod ends;
mod faults;
mod life;
mod samples;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Ran, Sandbox, docker};

/// A repository with scenarios; whatever they leave goes when this is dropped.
struct Tested {
    sandbox: Sandbox,
    repository: PathBuf,
}

impl Tested {
    /// Makes a repository with this configuration and these scenarios.
    fn new(config: &str, scenarios: &[(&str, &str)]) -> Self {
        let sandbox = Sandbox::new();
        let repository = sandbox.path("app");
        let folder = repository.join(".localspace");
        std::fs::create_dir_all(&folder).expect("made");
        for (name, text) in scenarios {
            std::fs::write(folder.join(name), text).expect("written");
        }
        let repository = sandbox.repository("app", config);
        Self { sandbox, repository }
    }

    fn words<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let folder = self.repository.to_str().expect("text");
        [&["test", folder], more].concat()
    }

    fn test(&self, more: &[&str]) -> Ran {
        self.sandbox.run(&self.words(more))
    }

    /// Returns the cases that were told of as JSON.
    #[track_caller]
    fn cases(ran: &Ran) -> Vec<Value> {
        let events = ran.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        events.filter(|event| event["event"] == "caseFinished").collect()
    }

    /// Returns everything that the engine has of homes below this sandbox's, and the folders of runs.
    fn left(&self) -> String {
        let own = self.sandbox.path("localspace").display().to_string();
        let mut left = String::new();
        for (list, inspect, label) in [
            (&["ps", "-aq"][..], "container", ".Config.Labels"),
            (&["volume", "ls", "-q"], "volume", ".Labels"),
            (&["network", "ls", "-q"], "network", ".Labels"),
            (&["images", "-q"], "image", ".Config.Labels"),
        ] {
            let filter = ["--filter", "label=localspace.home"];
            let ids = docker(&[list, &filter].concat()).stdout;
            for id in ids.lines() {
                let format = format!("{{{{index {label} \"localspace.home\"}}}}");
                // It may be another test's, and gone by now.
                let home = docker(&[inspect, "inspect", "-f", &format, id]).stdout;
                if home.starts_with(&own) {
                    left.push_str(&format!("{inspect} {id}\n"));
                }
            }
        }
        let runs = std::fs::read_dir(self.sandbox.path("localspace/state/tests")).into_iter().flatten();
        left + &runs.flatten().map(|run| format!("{}\n", run.path().display())).collect::<String>()
    }

    /// Returns the homes that runs have left.
    fn homes(&self) -> Vec<PathBuf> {
        let folders = |path: &Path| {
            std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect::<Vec<_>>()
        };
        let runs = folders(&self.sandbox.path("localspace/state/tests"));
        runs.iter().flat_map(|run| folders(run)).map(|case| case.join("home")).collect()
    }
}

impl Drop for Tested {
    fn drop(&mut self) {
        for home in self.homes() {
            for words in [&["delete", "--all"][..], &["prebuild", "delete", "--all"]] {
                let mut command = self.sandbox.command(words);
                let _gone = command.env("LOCALSPACE_HOME", &home).output();
            }
        }
    }
}
