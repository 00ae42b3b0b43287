//! Each rule of codespaces-facts.md section 2 that says who sees a secret, in its words.

use super::*;
use crate::github::hub::parse;

/// One secret a level and policy; its name says which.
const HUB: &str = "
users: {mona: , hubot: , cat: }
organizations: {acme: {members: [mona, cat]}, globex: }
repositories:
  acme/app: {visibility: private, access: {hubot: read, cat: read}}
  acme/inner: {visibility: internal}
  acme/site: {visibility: public, access: {hubot: write}}
  mona/dotfiles:
secrets:
  - {name: ORG_ALL, organization: acme, visibility: all, value: x}
  - {name: ORG_PRIVATE, organization: acme, visibility: private, value: x}
  - {name: ORG_SELECTED, organization: acme, visibility: selected, repositories: [Acme/App], value: x}
  - {name: OTHER_ORG, organization: globex, visibility: all, value: x}
  - {name: REPO, repository: acme/app, value: x}
  - {name: USER, user: mona, repositories: [acme/app, mona/dotfiles], value: x}
  - {name: USER_NONE, user: mona, repositories: [], value: x}
  - {name: OTHER_USER, user: hubot, repositories: [acme/app], value: x}
  - {name: EACH, organization: acme, visibility: all, value: x}
  - {name: EACH, repository: acme/app, value: x}
  - {name: EACH, user: mona, repositories: [acme/app], value: x}
";

/// Returns what each name came to: the level that counts or a dash, then the reasons of the others.
fn told(repository: &str, actor: &str, branch: Branch, purpose: Purpose) -> Vec<String> {
    let hub = parse(HUB, "hub.yaml").expect("a hub");
    let repository = repository.parse().expect("a name");
    let viewer = hub.viewer(&repository, actor, branch, purpose).expect("known");
    let line = |one: Effective<'_>| {
        let winner = one.winner.map_or("-", |secret| secret.scope.level().name());
        let unseen = one.unseen.iter().map(|(secret, why)| format!(" {}:{}", secret.scope.level().name(), why.name()));
        format!("{} {winner}{}", one.name, unseen.collect::<String>())
    };
    effective(&hub.secrets, &viewer).into_iter().map(line).collect()
}

fn codespace(repository: &str, actor: &str) -> Vec<String> {
    told(repository, actor, Branch::Own, Purpose::Codespace)
}

/// "The secret at the lowest level takes precedence"; user secrets: selected repositories.
#[test]
fn the_lowest_level_wins_and_the_others_are_told() {
    assert_eq!(
        codespace("acme/app", "mona"),
        [
            "EACH user repository:shadowed organization:shadowed",
            "ORG_ALL organization",
            "ORG_PRIVATE organization",
            "ORG_SELECTED organization",
            "REPO repository",
            "USER user",
            "USER_NONE - user:not-assigned",
        ]
    );
    // Case does not count in what a person types.
    assert_eq!(codespace("ACME/App", "Mona"), codespace("acme/app", "mona"));
}

/// Organization secrets: "all / private (private + internal) / selected repositories".
#[test]
fn an_organizations_policy_says_which_repositories_see_its_secret() {
    let org = |repository: &str, actor: &str| -> Vec<String> {
        codespace(repository, actor).into_iter().filter(|line| line.starts_with("ORG")).collect()
    };
    assert_eq!(
        org("acme/inner", "mona"),
        ["ORG_ALL organization", "ORG_PRIVATE organization", "ORG_SELECTED - organization:not-selected"]
    );
    assert_eq!(
        org("acme/site", "mona"),
        [
            "ORG_ALL organization",
            "ORG_PRIVATE - organization:repository-is-public",
            "ORG_SELECTED - organization:not-selected"
        ]
    );
    // An organization's secrets are none of a person's repositories'.
    assert_eq!(
        codespace("mona/dotfiles", "mona"),
        ["EACH - user:not-assigned", "USER user", "USER_NONE - user:not-assigned"]
    );
}

/// "Not injected: user lacks write access to the codespace's repository; codespace made from a pull-request branch of a fork".
#[test]
fn without_write_access_and_for_a_forks_pull_request_there_is_none() {
    for (actor, branch, why) in [
        ("hubot", Branch::Own, "no-write-access"),
        // A member whom the repository lets read alone.
        ("cat", Branch::Own, "no-write-access"),
        ("mona", Branch::ForksPullRequest, "pull-request-of-a-fork"),
        ("hubot", Branch::ForksPullRequest, "pull-request-of-a-fork"),
    ] {
        let lines = told("acme/app", actor, branch, Purpose::Codespace);
        assert!(lines.len() >= 5);
        for line in lines {
            let (_, reasons) = line.split_once(" - ").unwrap_or_else(|| panic!("{actor} sees {line}"));
            assert!(reasons.split(' ').all(|reason| reason.ends_with(why)), "{line}");
        }
    }
    // Named in the repository, and no member.
    assert!(codespace("acme/site", "hubot").contains(&"ORG_ALL organization".to_owned()));
}

/// A prebuild "has no user secrets": those of the levels above come forth.
#[test]
fn in_a_prebuild_no_user_is_there_to_shadow_anything() {
    let lines = told("acme/app", "nobody", Branch::Own, Purpose::Prebuild);
    assert!(lines.contains(&"EACH repository organization:shadowed".to_owned()), "{lines:?}");
    let lines = told("acme/app", "mona", Branch::Own, Purpose::Prebuild);
    assert!(lines.contains(&"EACH repository user:prebuild organization:shadowed".to_owned()), "{lines:?}");
    assert!(lines.contains(&"USER - user:prebuild".to_owned()), "{lines:?}");
}

#[test]
fn who_and_what_a_file_does_not_list_is_unknown_and_a_file_without_lists_knows_nothing() {
    let hub = parse(HUB, "hub.yaml").expect("a hub");
    let ask = |hub: &Hub, repository: &str, actor: &str| {
        let repository = repository.parse().expect("a name");
        hub.viewer(&repository, actor, Branch::Own, Purpose::Codespace).map(|viewer| (viewer.visibility, viewer.access))
    };
    assert_eq!(ask(&hub, "acme/apo", "mona"), Err(Unknown::Repository));
    assert_eq!(ask(&hub, "acme/app", "nobody"), Err(Unknown::User));
    assert_eq!(ask(&hub, "mona/dotfiles", "mona"), Ok((Visibility::Private, Some(Access::Admin))));
    assert_eq!(ask(&hub, "mona/dotfiles", "cat"), Ok((Visibility::Private, None)));
    assert_eq!(ask(&Hub::default(), "a/b", "anybody"), Ok((Visibility::Private, Some(Access::Write))));
}

#[test]
fn what_was_set_counts_over_the_file_and_a_level_has_its_limit() {
    let one = |owner: &str, name: &str, value: &str| {
        let text =
            format!("organizations: {{{owner}: }}\nsecrets: [{{name: {name}, organization: {owner}, value: {value}}}]");
        parse(&text, "hub.yaml").expect("a hub").secrets
    };
    let all = together([one("acme", "A", "file"), one("acme", "B", "file")].concat(), one("Acme", "A", "set"));
    let all = all.expect("few");
    let told: Vec<_> = all.iter().map(|one| (one.name.as_str(), one.scope.owner())).collect();
    assert_eq!(told, [("B", "organization acme".to_owned()), ("A", "organization Acme".to_owned())]);
    let many = |from: usize, to: usize| (from..to).flat_map(|n| one("acme", &format!("S{n}"), "x")).collect::<Vec<_>>();
    assert!(together(many(0, 60), many(50, 100)).is_ok());
    let error = together(many(0, 60), many(50, 101)).expect_err("101").to_string();
    assert_eq!(error, "organization acme has 101 secrets: GitHub takes 100");
}

#[test]
fn every_reason_is_explained() {
    let repository = "acme/site".parse().expect("a name");
    let viewer = Viewer {
        repository: &repository,
        visibility: Visibility::Public,
        actor: "mona",
        access: None,
        branch: Branch::Own,
        purpose: Purpose::Codespace,
    };
    for (why, part) in [
        (Unseen::Shadowed(SecretLevel::User), "the user's secret"),
        (Unseen::RepositoryIsPublic, "acme/site is public"),
        (Unseen::NotSelected, "selected"),
        (Unseen::NotAssigned, "not assigned to acme/site"),
        (Unseen::NoWriteAccess, "mona may not write to acme/site"),
        (Unseen::ForksPullRequest, "fork"),
        (Unseen::Prebuild, "prebuild"),
    ] {
        let (reason, _) = why.explain(&viewer);
        assert!(reason.contains(part), "{reason}");
    }
}
