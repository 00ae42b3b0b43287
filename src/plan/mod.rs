//! What is to be done, decided before anything is: the reason for the run and what is known of the codespace ─► which phases run,
//! and why the others do not. Pure.

use std::collections::BTreeSet;

use crate::github::Purpose;
use crate::lifecycle::{HookPlan, OpeningPlan, Planned};
use crate::phase::{Hook, Phase};

/// The reason for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Occasion {
    /// There is no container yet.
    Create,
    /// There is a container, and it is to be started.
    Start,
    /// The container runs already.
    Attach,
    /// The container runs already, and is to be logged in to its registries once more; no command of its runs.
    Refresh,
    /// A new container takes the place of the one that is there, or was: made from the configuration in `/workspaces`, which stays.
    Rebuild,
}

impl Occasion {
    /// Returns the occasion's name in the journal.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Start => "start",
            Self::Attach => "attach",
            Self::Refresh => "refresh",
            Self::Rebuild => "rebuild",
        }
    }

    /// Tells whether the container runs already, with what it was started with.
    pub const fn finds_it_running(self) -> bool {
        matches!(self, Self::Attach | Self::Refresh)
    }
}

/// Whether `initializeCommand` may run on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InitializeConsent {
    /// The user said so (`--allow-initialize`).
    Given,
    /// The user has not.
    NotGiven,
}

/// Whether the run ends in an attach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attach {
    /// `postAttachCommand` runs.
    Yes,
    /// It does not (`start`, `--no-attach`), and why.
    No(&'static str),
}

/// Which phases the container says have succeeded: the truth about it (DESIGN section 5 and STYLE section 1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// Phases that have succeeded in this container, whenever.
    pub once: BTreeSet<Phase>,
    /// Phases that have succeeded since the container was last started.
    pub since_start: BTreeSet<Phase>,
}

/// What the plan of the later phases depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The reason for the run.
    pub occasion: Occasion,
    /// What the container was made for.
    pub purpose: Purpose,
    /// `waitFor`.
    pub wait_for: Phase,
    /// The hooks that have a command.
    pub commands: BTreeSet<Hook>,
    /// What has succeeded.
    pub marks: Marks,
    /// How many complete registry triples this codespace sees.
    pub registries: usize,
    /// How many more there are whose access key AWS does not exchange.
    pub refused: usize,
    /// Whether the run ends in an attach.
    pub attach: Attach,
    /// The prebuild that the container was just made of.
    pub prebuild: Option<String>,
    /// Whether a person's dotfiles are to be installed: a part of `postCreateCommand`, whether that has a command or not.
    pub dotfiles: bool,
}

const NO_COMMAND: &str = "the configuration has none";

/// Returns what to do before `onCreateCommand`.
pub fn opening(
    occasion: Occasion,
    has_initialize: bool,
    consent: InitializeConsent,
    prebuild: Option<&str>,
) -> OpeningPlan {
    let initialize = match (has_initialize, occasion, consent) {
        // Specification: on the host, "including during container creation and on subsequent starts". At an attach nobody looks for one.
        (_, Occasion::Attach | Occasion::Refresh, _) => Planned::Skip("the codespace runs already".to_owned()),
        (false, ..) => Planned::Skip(NO_COMMAND.to_owned()),
        (true, _, InitializeConsent::Given) => Planned::Run,
        (true, _, InitializeConsent::NotGiven) => {
            Planned::Skip("it would run on this machine: give --allow-initialize to let it".to_owned())
        }
    };
    match occasion {
        Occasion::Create | Occasion::Rebuild => {
            let image =
                prebuild.map_or(Planned::Run, |name| Planned::Skip(format!("it is that of the prebuild {name}")));
            OpeningPlan { initialize, image, create: Planned::Run }
        }
        // `create` wakes a container that is there: it is started, and what is known of it is gathered.
        Occasion::Start | Occasion::Attach | Occasion::Refresh => {
            let image = Planned::Skip("the container is there already".to_owned());
            OpeningPlan { initialize, image, create: Planned::Run }
        }
    }
}

/// Returns what to do from `onCreateCommand` on (the table of DESIGN section 2, column "runs").
pub fn hooks(facts: &Facts) -> HookPlan {
    if facts.occasion == Occasion::Refresh {
        return refresh(facts);
    }
    let once = |hook: Hook| match (facts.commands.contains(&hook), facts.marks.once.contains(&hook.phase())) {
        (false, _) => Planned::Skip(NO_COMMAND.to_owned()),
        (true, true) => Planned::Skip(facts.prebuild.as_ref().map_or_else(
            || "it has succeeded in this container".to_owned(),
            |prebuild| format!("it has succeeded in the prebuild {prebuild}"),
        )),
        (true, false) => Planned::Run,
    };
    let started = |phase: Phase| facts.marks.since_start.contains(&phase);
    // A prebuild is refreshed by running its updateContentCommand again (codespaces-facts.md section 1.3).
    let update_content = match (facts.purpose, facts.commands.contains(&Hook::UpdateContent)) {
        (Purpose::Prebuild, true) => Planned::Run,
        (Purpose::Prebuild | Purpose::Codespace, _) => once(Hook::UpdateContent),
    };
    let login = match without_login(facts) {
        Some(reason) => Planned::Skip(reason.to_owned()),
        None if started(Phase::RegistryLogin) => Planned::Skip("it was made when the codespace was started".to_owned()),
        None => Planned::Run,
    };
    let post_start = match (facts.commands.contains(&Hook::PostStart), started(Phase::PostStartCommand)) {
        (false, _) => Planned::Skip(NO_COMMAND.to_owned()),
        (true, true) => Planned::Skip("it has run since the codespace was started".to_owned()),
        (true, false) => Planned::Run,
    };
    let post_attach = match (facts.commands.contains(&Hook::PostAttach), facts.attach) {
        (false, _) => Planned::Skip(NO_COMMAND.to_owned()),
        (true, Attach::No(reason)) => Planned::Skip(reason.to_owned()),
        (true, Attach::Yes) => Planned::Run,
    };
    HookPlan {
        wait_for: facts.wait_for,
        on_create: once(Hook::OnCreate),
        update_content,
        login,
        post_create: match once(Hook::PostCreate) {
            Planned::Skip(_) if facts.dotfiles && !facts.marks.once.contains(&Phase::PostCreateCommand) => Planned::Run,
            planned @ (Planned::Run | Planned::Skip(_)) => planned,
        },
        post_start,
        post_attach,
    }
}

/// Returns why there is nothing that a login could be made with.
const fn without_login(facts: &Facts) -> Option<&'static str> {
    match (facts.registries, facts.refused) {
        (0, 0) => {
            Some("no registry secrets: three named <ID>_CONTAINER_REGISTRY_SERVER, _USER and _PASSWORD make a login")
        }
        (0, _) => Some("AWS exchanges no access key of the registry secrets"),
        _ => None,
    }
}

/// The login alone, where it has its place: after `updateContentCommand` (DESIGN section 2).
fn refresh(facts: &Facts) -> HookPlan {
    let is_missing = |hook: &Hook| facts.commands.contains(hook) && !facts.marks.once.contains(&hook.phase());
    let missing = [Hook::OnCreate, Hook::UpdateContent].into_iter().find(is_missing);
    let login = match (missing, without_login(facts)) {
        (Some(hook), _) => Planned::Skip(format!("{} has not succeeded, and a login comes after it", hook.phase())),
        (None, Some(reason)) => Planned::Skip(reason.to_owned()),
        (None, None) => Planned::Run,
    };
    let none = || Planned::Skip("`registry refresh` runs no command".to_owned());
    HookPlan {
        wait_for: facts.wait_for,
        on_create: none(),
        update_content: none(),
        login,
        post_create: none(),
        post_start: none(),
        post_attach: none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            occasion: Occasion::Create,
            purpose: Purpose::Codespace,
            wait_for: Phase::UpdateContentCommand,
            commands: Hook::ALL.into_iter().collect(),
            marks: Marks::default(),
            registries: 1,
            refused: 0,
            attach: Attach::Yes,
            prebuild: None,
            dotfiles: false,
        }
    }

    /// One letter a phase, from `onCreateCommand` on: R runs, - is skipped.
    fn check(facts: &Facts, expected: &str) {
        let plan = hooks(facts);
        let all = [
            &plan.on_create,
            &plan.update_content,
            &plan.login,
            &plan.post_create,
            &plan.post_start,
            &plan.post_attach,
        ];
        let letters: String = all.iter().map(|planned| if **planned == Planned::Run { 'R' } else { '-' }).collect();
        assert_eq!(letters, expected, "{facts:?}");
    }

    #[test]
    fn a_new_codespace_runs_everything() {
        check(&facts(), "RRRRRR");
    }

    #[test]
    fn what_succeeded_once_does_not_run_again_and_what_failed_does() {
        let mut facts = facts();
        facts.marks.once = [Phase::OnCreateCommand, Phase::UpdateContentCommand].into();
        check(&facts, "--RRRR");
        facts.marks.once.insert(Phase::PostCreateCommand);
        check(&facts, "--R-RR");
    }

    #[test]
    fn a_running_codespace_is_neither_logged_in_nor_started_again() {
        let mut facts = facts();
        facts.marks.once = [Phase::OnCreateCommand, Phase::UpdateContentCommand, Phase::PostCreateCommand].into();
        facts.marks.since_start = [Phase::RegistryLogin, Phase::PostStartCommand].into();
        check(&facts, "-----R");
    }

    #[test]
    fn dotfiles_are_a_part_of_post_create_command_also_where_it_has_no_command() {
        let mut facts = facts();
        facts.commands.clear();
        check(&facts, "--R---");
        facts.dotfiles = true;
        check(&facts, "--RR--");
        facts.marks.once.insert(Phase::PostCreateCommand);
        check(&facts, "--R---");
    }

    #[test]
    fn a_start_does_not_attach() {
        let mut facts = facts();
        facts.attach = Attach::No("start");
        check(&facts, "RRRRR-");
    }

    #[test]
    fn a_prebuild_is_refreshed_by_its_update_content_command() {
        let mut facts = facts();
        facts.purpose = Purpose::Prebuild;
        facts.marks.once = [Phase::OnCreateCommand, Phase::UpdateContentCommand].into();
        check(&facts, "-RRRRR");
    }

    #[test]
    fn without_secrets_there_is_no_login_and_the_reason_names_them() {
        let mut facts = facts();
        facts.registries = 0;
        check(&facts, "RR-RRR");
        match hooks(&facts).login {
            Planned::Skip(reason) => assert!(reason.contains("_CONTAINER_REGISTRY_SERVER"), "{reason}"),
            Planned::Run => panic!("planned"),
        }
    }

    #[test]
    fn each_occasion_has_its_opening() {
        use InitializeConsent::{Given, NotGiven};
        let check = |occasion, has_initialize, consent, expected: &str| {
            let OpeningPlan { initialize, image, create } = opening(occasion, has_initialize, consent, None);
            let letter = |planned: &Planned| if *planned == Planned::Run { 'R' } else { '-' };
            let letters: String = [&initialize, &image, &create].into_iter().map(letter).collect();
            assert_eq!(letters, expected, "{occasion:?} {has_initialize} {consent:?}");
        };
        for occasion in [Occasion::Create, Occasion::Rebuild] {
            check(occasion, true, Given, "RRR");
            check(occasion, true, NotGiven, "-RR");
            check(occasion, false, Given, "-RR");
        }
        check(Occasion::Start, true, Given, "R-R");
        check(Occasion::Start, true, NotGiven, "--R");
        check(Occasion::Attach, true, Given, "--R");
    }

    #[test]
    fn a_codespace_of_a_prebuild_has_its_image_and_goes_on_at_the_login() {
        let opening = opening(Occasion::Create, false, InitializeConsent::NotGiven, Some("calm-lamp"));
        assert_eq!(opening.image, Planned::Skip("it is that of the prebuild calm-lamp".to_owned()));
        assert_eq!(opening.create, Planned::Run);
        let mut facts = Facts { prebuild: Some("calm-lamp".to_owned()), ..facts() };
        facts.marks.once = [Phase::OnCreateCommand, Phase::UpdateContentCommand].into();
        check(&facts, "--RRRR");
        assert_eq!(hooks(&facts).on_create, Planned::Skip("it has succeeded in the prebuild calm-lamp".to_owned()));
    }

    #[test]
    fn a_refresh_logs_in_where_a_login_may_be_and_runs_nothing() {
        let mut facts = Facts { occasion: Occasion::Refresh, ..facts() };
        facts.commands = [Hook::UpdateContent, Hook::PostStart].into();
        let login = |facts: &Facts| hooks(facts).login;
        assert!(matches!(login(&facts), Planned::Skip(reason) if reason.starts_with("updateContentCommand has not")));
        facts.marks.once = [Phase::UpdateContentCommand].into();
        facts.marks.since_start = [Phase::RegistryLogin].into();
        assert_eq!(login(&facts), Planned::Run);
        assert!(matches!(hooks(&facts).post_start, Planned::Skip(_)));
        facts.registries = 0;
        assert!(matches!(login(&facts), Planned::Skip(_)));
    }
}
