//! Which prebuild a codespace is made from, or why from none (codespaces-facts.md section 1.6).

use std::fmt;

use super::record::Record;
use crate::codespace::CodespaceName;

/// The codespace that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// The branch; nothing where the commit is on none.
    pub branch: Option<&'a str>,
    /// The configuration's path.
    pub config_path: &'a str,
    /// The digest of the configuration's files, as they are in that commit.
    pub configuration: &'a str,
    /// How the newest run of a prebuild for that branch and configuration ended.
    pub last_run: LastRun,
    /// Whether an older prebuild may take the place of one whose run has failed ("prebuild optimization").
    pub is_optimized: bool,
}

/// How the newest run of a prebuild ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LastRun {
    /// There was none that is known of, or it succeeded.
    #[default]
    Succeeded,
    /// It failed.
    Failed,
    /// It goes on.
    Running,
}

/// A prebuild that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its name.
    pub name: CodespaceName,
    /// What is known of it.
    pub record: Record,
    /// How far its commit is from the one that is wanted.
    pub distance: Distance,
}

/// How far a prebuild's commit is from the one that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Distance {
    /// The repository does not have it (any more).
    Unknown,
    /// It is in the history of the one that is wanted, which has these more, the newest first.
    Behind(Vec<String>),
    /// It is in no history of that one.
    Beside,
}

/// What came of the choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// This one, by its place in the list.
    Use(usize),
    /// None.
    None(Unfit),
}

/// Why there is none that fits. Of several reasons the one that is nearest to a fit is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unfit {
    /// The repository has none.
    NoPrebuild,
    /// They are for other configurations.
    OtherConfiguration,
    /// They are for other branches.
    OtherBranch,
    /// The repository does not have their commit.
    CommitUnknown,
    /// The configuration has changed since, or is another one on this branch.
    ConfigurationChanged,
    /// The last run goes on, and no older one may take its place.
    RunGoesOn,
    /// The last run failed, and no older one may take its place.
    LastRunFailed,
}

impl fmt::Display for Unfit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::NoPrebuild => "the repository has no prebuild",
            Self::OtherConfiguration => "its prebuilds are for another configuration",
            Self::OtherBranch => "its prebuilds are for other branches, of which this one is no child",
            Self::CommitUnknown => "the commit of its prebuild is not in the repository any more",
            Self::ConfigurationChanged => "the configuration has changed since the prebuild was made",
            Self::RunGoesOn => {
                "a prebuild is being made, and the one before it is not used meanwhile (--disable-optimization)"
            }
            Self::LastRunFailed => {
                "the last prebuild failed, and the one before it is not used then (--disable-optimization)"
            }
        })
    }
}

/// Chooses: of those that fit, one of the same branch before one of its parent's, and the newest of these.
pub fn choose(wanted: &Wanted<'_>, all: &[Candidate]) -> Chosen {
    let mut nearest = Unfit::NoPrebuild;
    let mut best: Option<(bool, &str, usize)> = None;
    for (at, candidate) in all.iter().enumerate() {
        match fits(wanted, candidate) {
            Err(reason) => nearest = nearest.max(reason),
            Ok(is_same_branch) => {
                let this = (is_same_branch, candidate.record.created.as_str(), at);
                best = best.max(Some(this));
            }
        }
    }
    match best {
        Some((_, _, at)) => Chosen::Use(at),
        None => Chosen::None(nearest),
    }
}

/// Tells whether one fits, and then whether it is the branch's own.
fn fits(wanted: &Wanted<'_>, candidate: &Candidate) -> Result<bool, Unfit> {
    let record = &candidate.record;
    if record.config_path != wanted.config_path {
        return Err(Unfit::OtherConfiguration);
    }
    let is_same_branch = wanted.branch.is_some() && record.branch.as_deref() == wanted.branch;
    match &candidate.distance {
        // Facts: "Child branches made from the prebuilt branch can use its prebuild if their devcontainer config is the same".
        Distance::Behind(_) => {}
        Distance::Beside if is_same_branch => {}
        Distance::Unknown if is_same_branch => return Err(Unfit::CommitUnknown),
        Distance::Beside | Distance::Unknown => return Err(Unfit::OtherBranch),
    }
    if record.configuration != wanted.configuration {
        return Err(Unfit::ConfigurationChanged);
    }
    match wanted.last_run {
        LastRun::Failed if !wanted.is_optimized => Err(Unfit::LastRunFailed),
        LastRun::Running if !wanted.is_optimized => Err(Unfit::RunGoesOn),
        LastRun::Succeeded | LastRun::Failed | LastRun::Running => Ok(is_same_branch),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(branch: &str, created: &str, distance: Distance) -> Candidate {
        let record = Record {
            branch: Some(branch.to_owned()),
            config_path: "d.json".to_owned(),
            configuration: "c1".to_owned(),
            created: created.to_owned(),
            ..Record::empty()
        };
        Candidate { name: CodespaceName::generate([1; 8]), record, distance }
    }

    fn wanted() -> Wanted<'static> {
        Wanted {
            branch: Some("main"),
            config_path: "d.json",
            configuration: "c1",
            last_run: LastRun::Succeeded,
            is_optimized: true,
        }
    }

    fn here() -> Distance {
        Distance::Behind(Vec::new())
    }

    #[test]
    fn the_newest_of_the_branch_is_taken_and_else_the_parents() {
        let all = [
            candidate("main", "2026-01-01", here()),
            candidate("main", "2026-01-03", Distance::Beside),
            candidate("main", "2026-01-02", here()),
            candidate("other", "2026-01-09", here()),
        ];
        assert_eq!(choose(&wanted(), &all), Chosen::Use(1));
        assert_eq!(choose(&Wanted { branch: Some("child"), ..wanted() }, &all), Chosen::Use(3));
        assert_eq!(choose(&Wanted { branch: None, ..wanted() }, &all[..3]), Chosen::Use(2));
    }

    #[test]
    fn each_reason_is_told() {
        let check = |wanted: Wanted<'_>, distance: Distance, expected: Unfit| {
            assert_eq!(choose(&wanted, &[candidate("main", "2026", distance)]), Chosen::None(expected));
        };
        assert_eq!(choose(&wanted(), &[]), Chosen::None(Unfit::NoPrebuild));
        check(Wanted { config_path: "other.json", ..wanted() }, here(), Unfit::OtherConfiguration);
        check(Wanted { branch: Some("child"), ..wanted() }, Distance::Beside, Unfit::OtherBranch);
        check(Wanted { branch: Some("child"), ..wanted() }, Distance::Unknown, Unfit::OtherBranch);
        check(wanted(), Distance::Unknown, Unfit::CommitUnknown);
        check(Wanted { configuration: "c2", ..wanted() }, here(), Unfit::ConfigurationChanged);
        let strict = |last_run| Wanted { last_run, is_optimized: false, ..wanted() };
        check(strict(LastRun::Failed), here(), Unfit::LastRunFailed);
        check(strict(LastRun::Running), here(), Unfit::RunGoesOn);
        assert_eq!(choose(&strict(LastRun::Succeeded), &[candidate("main", "2026", here())]), Chosen::Use(0));
        let failed = Wanted { last_run: LastRun::Failed, ..wanted() };
        assert_eq!(choose(&failed, &[candidate("main", "2026", here())]), Chosen::Use(0));
        let mixed = [candidate("main", "2026", Distance::Unknown), candidate("other", "2026", Distance::Beside)];
        assert_eq!(choose(&wanted(), &mixed), Chosen::None(Unfit::CommitUnknown));
    }
}
