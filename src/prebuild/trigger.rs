//! What a push would do to a prebuild: which triggers start a run, and which prebuild codespaces get until that is over (codespaces-facts.md
//! section 1.6).

use super::choose::{Candidate, Chosen, LastRun, Unfit, Wanted, choose};
use super::watched::Watched;

/// When a prebuild's configuration has its runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// "Every push", which is what holds where nothing was chosen.
    EveryPush,
    /// "On configuration change".
    ConfigurationChange,
    /// "Scheduled".
    Scheduled,
}

/// Whether a push starts a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At once.
    AtOnce,
    /// When the one that goes on is over, in the place of any that waits.
    Queued,
    /// It does not.
    No,
}

/// A push.
#[derive(Debug, Clone, Copy)]
pub struct Push<'a> {
    /// The files that differ between the two commits, as paths in the repository.
    pub changed: &'a [String],
    /// What is the configuration of the one, and of the other.
    pub watched: &'a [Watched],
    /// Whether it is the same commit.
    pub is_same: bool,
    /// How the newest run stands.
    pub last_run: LastRun,
}

/// What a trigger does at a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The trigger.
    pub trigger: Trigger,
    /// Whether a run is started.
    pub start: Start,
    /// Why.
    pub reason: String,
    /// Which prebuild a codespace of the new commit gets until a run has succeeded.
    pub meanwhile: Chosen,
}

impl Trigger {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::EveryPush, Self::ConfigurationChange, Self::Scheduled];

    /// Returns its name for a program.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EveryPush => "everyPush",
            Self::ConfigurationChange => "configurationChange",
            Self::Scheduled => "scheduled",
        }
    }

    /// Returns what it is called on GitHub.
    pub const fn title(self) -> &'static str {
        match self {
            Self::EveryPush => "Every push",
            Self::ConfigurationChange => "On configuration change",
            Self::Scheduled => "Scheduled",
        }
    }
}

impl Start {
    /// Returns its name for a program.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AtOnce => "atOnce",
            Self::Queued => "queued",
            Self::No => "no",
        }
    }
}

impl Push<'_> {
    /// Returns which of the changed files are configuration.
    pub fn configuration(&self) -> Vec<&str> {
        let is_watched = |path: &&String| self.watched.iter().any(|watched| watched.has(path));
        self.changed.iter().filter(is_watched).map(String::as_str).collect()
    }

    /// Decides for each trigger; `wanted` is a codespace of the new commit, `all` are the prebuilds that are there.
    pub fn decide(&self, wanted: &Wanted<'_>, all: &[Candidate]) -> Vec<Decision> {
        let decide = |trigger| {
            let (start, reason) = self.start(trigger);
            let last_run = if start == Start::No { self.last_run } else { LastRun::Running };
            let meanwhile = choose(&Wanted { last_run, ..wanted.clone() }, all);
            Decision { trigger, start, reason, meanwhile }
        };
        Trigger::ALL.map(decide).into()
    }

    fn start(&self, trigger: Trigger) -> (Start, String) {
        if self.is_same {
            return (Start::No, "both are the same commit: nothing is pushed".to_owned());
        }
        let files = self.configuration();
        // Facts: "one run per configuration; new queued run replaces waiting ones; a push that changes the devcontainer config is never skipped and
        // runs at once".
        match (trigger, files.first(), self.last_run) {
            (Trigger::Scheduled, None, _) => {
                (Start::No, "a push starts none: the next one runs at its time, on the commit of then".to_owned())
            }
            (Trigger::Scheduled, Some(_), _) => {
                let reason =
                    "a push starts none: until its time the branch has no prebuild, as the configuration has changed";
                (Start::No, reason.to_owned())
            }
            (Trigger::EveryPush | Trigger::ConfigurationChange, Some(first), last) => {
                let more = if files.len() > 1 { format!(" and {} more", files.len() - 1) } else { String::new() };
                let beside = match last {
                    LastRun::Running => ", beside the run that goes on",
                    LastRun::Succeeded | LastRun::Failed => "",
                };
                let reason =
                    format!("{first}{more} is configuration: such a push is never skipped, and runs at once{beside}");
                (Start::AtOnce, reason)
            }
            (Trigger::EveryPush, None, LastRun::Running) => {
                let reason = "a run goes on: this one waits, and a later push takes its place";
                (Start::Queued, reason.to_owned())
            }
            (Trigger::EveryPush, None, LastRun::Succeeded | LastRun::Failed) => {
                (Start::AtOnce, "every push starts one, and none goes on".to_owned())
            }
            (Trigger::ConfigurationChange, None, _) => {
                (Start::No, format!("none of the changed files ({}) is configuration", self.changed.len()))
            }
        }
    }
}

/// What is said of what a codespace gets meanwhile.
pub fn meanwhile(chosen: &Chosen, all: &[Candidate]) -> String {
    use super::choose::Distance;
    match chosen {
        Chosen::Use(at) => {
            let Some(one) = all.get(*at) else { return String::new() };
            match &one.distance {
                Distance::Behind(commits) if commits.is_empty() => format!("{}, which is of this commit", one.name),
                Distance::Behind(commits) if commits.len() == 1 => format!("{}, 1 commit behind", one.name),
                Distance::Behind(commits) => format!("{}, {} commits behind", one.name, commits.len()),
                Distance::Beside | Distance::Unknown => format!("{}, of a commit that is not in its history", one.name),
            }
        }
        Chosen::None(Unfit::NoPrebuild) => "none: there is none yet".to_owned(),
        Chosen::None(reason) => format!("none: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::choose::Distance;
    use super::super::record::Record;
    use super::*;
    use crate::codespace::CodespaceName;

    const CONFIG: &str = ".devcontainer/devcontainer.json";

    fn told(changed: &[&str], is_same: bool, last_run: LastRun) -> String {
        let changed: Vec<String> = changed.iter().map(|path| (*path).to_owned()).collect();
        let watched = [Watched::of(CONFIG, ["Dockerfile"])];
        let push = Push { changed: &changed, watched: &watched, is_same, last_run };
        let wanted = Wanted {
            branch: Some("main"),
            config_path: CONFIG,
            configuration: if push.configuration().is_empty() { "c1" } else { "c2" },
            last_run,
            is_optimized: false,
        };
        let record = Record {
            branch: Some("main".to_owned()),
            config_path: CONFIG.to_owned(),
            configuration: "c1".to_owned(),
            ..Record::empty()
        };
        let name = CodespaceName::generate([1; 8]);
        let all = [Candidate { name, record, distance: Distance::Behind(vec!["x".to_owned()]) }];
        let letter = |decision: &Decision| {
            let start = match decision.start {
                Start::AtOnce => "now",
                Start::Queued => "waits",
                Start::No => "no",
            };
            let gets = match decision.meanwhile {
                Chosen::Use(_) => "old",
                Chosen::None(Unfit::ConfigurationChanged) => "changed",
                Chosen::None(Unfit::RunGoesOn) => "running",
                Chosen::None(_) => "none",
            };
            format!("{start}:{gets}")
        };
        push.decide(&wanted, &all).iter().map(letter).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_trigger_has_its_pushes() {
        for (changed, is_same, last_run, expected) in [
            (&["src/main.rs"][..], false, LastRun::Succeeded, "now:running no:old no:old"),
            (&["src/main.rs"], false, LastRun::Running, "waits:running no:running no:running"),
            (&[CONFIG, "src/main.rs"], false, LastRun::Succeeded, "now:changed now:changed no:changed"),
            (&["Dockerfile"], false, LastRun::Running, "now:changed now:changed no:changed"),
            (&[".devcontainer/on-create.sh"], false, LastRun::Failed, "now:changed now:changed no:changed"),
            (&[], false, LastRun::Succeeded, "now:running no:old no:old"),
            (&[], true, LastRun::Succeeded, "no:old no:old no:old"),
        ] {
            assert_eq!(told(changed, is_same, last_run), expected, "{changed:?}");
        }
    }

    #[test]
    fn what_a_codespace_gets_meanwhile_is_said() {
        let name = CodespaceName::generate([1; 8]);
        let said = |distance: Distance| {
            let all = [Candidate { name: name.clone(), record: Record::empty(), distance }];
            meanwhile(&Chosen::Use(0), &all).replace(name.as_str(), "P")
        };
        assert_eq!(said(Distance::Behind(Vec::new())), "P, which is of this commit");
        assert_eq!(said(Distance::Behind(vec![String::new()])), "P, 1 commit behind");
        assert_eq!(said(Distance::Behind(vec![String::new(); 2])), "P, 2 commits behind");
        assert_eq!(said(Distance::Beside), "P, of a commit that is not in its history");
        assert_eq!(meanwhile(&Chosen::None(Unfit::NoPrebuild), &[]), "none: there is none yet");
        assert!(meanwhile(&Chosen::None(Unfit::ConfigurationChanged), &[]).starts_with("none: the configuration has"));
    }
}
