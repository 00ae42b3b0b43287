//! Which prebuild a new version is made over, or why from nothing (codespaces-facts.md section 1.3, "prebuild update").

use std::fmt;

use super::choose::{Candidate, Chosen, LastRun, Unfit, Wanted, choose};

/// The most layers of an image that one more is put on: an engine takes no more than about 125.
const MOST_LAYERS: usize = 115;

/// Why a new version is made from nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anew {
    /// None of those that are there fits.
    Unfit(Unfit),
    /// Its image has as many layers as an engine takes.
    Layers(usize),
}

impl fmt::Display for Anew {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unfit(reason) => reason.fmt(out),
            Self::Layers(count) => {
                write!(out, "the prebuild's image has {count} layers, and an engine takes no more than about 125")
            }
        }
    }
}

/// Chooses the newest that fits, of those of the same branch and configuration.
pub fn over(branch: Option<&str>, config_path: &str, configuration: &str, all: &[Candidate]) -> Result<usize, Anew> {
    let wanted = Wanted { branch, config_path, configuration, last_run: LastRun::Succeeded, is_optimized: true };
    match choose(&wanted, all) {
        Chosen::Use(at) => Ok(at),
        Chosen::None(reason) => Err(Anew::Unfit(reason)),
    }
}

/// Tells whether an image of so many layers takes one more.
pub const fn takes_more(layers: usize) -> Result<(), Anew> {
    if layers > MOST_LAYERS { Err(Anew::Layers(layers)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::super::choose::Distance;
    use super::super::record::Record;
    use super::*;
    use crate::codespace::CodespaceName;

    #[test]
    fn the_newest_that_fits_is_made_over() {
        let one = |created: &str, configuration: &str, distance: Distance| {
            let record = Record {
                branch: Some("main".to_owned()),
                config_path: "d".to_owned(),
                configuration: configuration.to_owned(),
                created: created.to_owned(),
                ..Record::empty()
            };
            Candidate { name: CodespaceName::generate([1; 8]), record, distance }
        };
        let behind = || Distance::Behind(vec!["x".to_owned()]);
        let check = |configuration: &str, all: &[Candidate], expected: Result<usize, Anew>| {
            assert_eq!(over(Some("main"), "d", configuration, all), expected);
        };
        let all = [one("2", "c1", behind()), one("3", "c1", Distance::Beside), one("4", "c2", behind())];
        check("c1", &all, Ok(1));
        check("c2", &all, Ok(2));
        check("c3", &all, Err(Anew::Unfit(Unfit::ConfigurationChanged)));
        check("c1", &[], Err(Anew::Unfit(Unfit::NoPrebuild)));
        check("c1", &[one("2", "c1", Distance::Unknown)], Err(Anew::Unfit(Unfit::CommitUnknown)));
    }

    #[test]
    fn an_image_with_many_layers_is_made_anew() {
        assert_eq!(takes_more(115), Ok(()));
        assert_eq!(takes_more(116), Err(Anew::Layers(116)));
        assert!(Anew::Layers(116).to_string().contains("has 116 layers"));
    }
}
