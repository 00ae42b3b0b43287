//! The decision about packages: every combination, and the source document's cases.

use proptest::prelude::*;

use super::*;

fn repository(name: &str) -> RepositoryName {
    name.parse().expect("a repository")
}

fn name() -> PackageName {
    PackageName::of_image("ghcr.io/acme/api").expect("a package")
}

/// Where a codespace is launched: (its repository, who may see that).
const FROM: [(&str, Visibility); 8] = [
    ("acme/api", Visibility::Private),
    ("acme/api", Visibility::Internal),
    ("acme/api", Visibility::Public),
    ("acme/app", Visibility::Private),
    ("acme/app", Visibility::Internal),
    ("acme/app", Visibility::Public),
    ("other/app", Visibility::Private),
    ("other/app", Visibility::Public),
];

fn packages() -> Vec<Package> {
    let mut all = Vec::new();
    for visibility in Visibility::ALL {
        for linked in [None, Some("acme/api"), Some("acme/app"), Some("other/api")] {
            for published_by in [PublishedBy::Actions, PublishedBy::PersonalAccessToken] {
                for inherit_access in [None, Some(true), Some(false)] {
                    for listed in [&[][..], &["acme/api"], &["acme/app"], &["other/app"]] {
                        all.push(Package {
                            visibility,
                            repository: linked.map(repository),
                            published_by,
                            inherit_access,
                            codespaces_access: listed.iter().map(|name| repository(name)).collect(),
                            image: None,
                            tarball: None,
                        });
                    }
                }
            }
        }
    }
    all
}

const EITHER: [Linked; 2] = [Linked::Readable, Linked::Closed];

/// Returns every codespace that may ask: where it is launched, who may see that, what it may do with other repositories.
fn everywhere() -> impl Iterator<Item = (RepositoryName, Visibility, Linked)> {
    FROM.into_iter().flat_map(|(from, seen_by)| EITHER.map(|linked| (repository(from), seen_by, linked)))
}

/// Every visibility × link × inherit × how published × access list × repository × permission.
#[test]
fn the_invariants_hold_for_every_combination() {
    let name = name();
    let mut combinations = 0;
    for package in packages() {
        for (from, seen_by, linked) in everywhere() {
            let is_listed = package.codespaces_access.contains(&from);
            let rule = decide(Some((&name, &package)), &from, seen_by, linked, Action::Pull);
            let what = format!("{package:?} from {from} ({seen_by}, {linked:?}): {rule:?}");
            let without = decide(Some((&name, &package)), &from, seen_by, Linked::Closed, Action::Pull);
            let inherits = package.inherits() && package.repository.is_some();
            assert!(rule == without || (rule == Rule::InheritedAccess && inherits && !without.allows()), "{what}");
            if package.visibility == Visibility::Public {
                assert_eq!(rule, Rule::PublicPackage, "{what}");
            } else {
                assert!(is_listed || seen_by != Visibility::Public || !rule.allows(), "leaks: {what}");
                assert!(!is_listed || rule.allows(), "the list is not heeded: {what}");
                assert!(is_listed || from.owner() == "acme" || rule == Rule::DifferentOrganization, "{what}");
            }
            let push = decide(Some((&name, &package)), &from, seen_by, linked, Action::Push);
            assert_eq!(push, Rule::CodespaceTokenPullsOnly, "{what}");
            combinations += 1;
        }
    }
    assert_eq!(combinations, 3 * 4 * 2 * 3 * 4 * 8 * 2);
}

/// Each sentence of the source document's section on GitHub Packages, and each row of codespaces-facts.md section 3.1: what it is about; the
/// package ghcr.io/acme/api, which is linked to acme/api; where the codespace is launched, and who may see that; the rule.
const CASES: &str = "
published in the same repository     | private by actions                  | acme/api private  | same-repository
case does not count                  | private by actions                  | Acme/API private  | same-repository
inherit was unselected               | private by actions, inherits: no    | acme/api private  | inherit-access-unselected
published with a token               | private by pat                      | acme/api private  | published-with-pat
a token, and inherit selected        | private by pat, inherits: yes       | acme/api private  | inherited-access
a token, and added by hand           | private by pat, lists acme/api      | acme/api private  | codespaces-access-list
internal, from a private repository  | internal by actions                 | acme/app private  | internal-to-organization
internal, from an internal one       | internal by pat                     | acme/app internal | internal-to-organization
internal needs no inheritance        | internal by pat                     | acme/api private  | internal-to-organization
internal, from a public repository   | internal by actions                 | acme/app public   | public-repository-needs-access-list
private, from a public repository    | private by actions                  | acme/app public   | public-repository-needs-access-list
not even from its own, if public     | private by actions                  | acme/api public   | public-repository-needs-access-list
a public repository, added by hand   | internal by actions, lists acme/app | acme/app public   | codespaces-access-list
private, from one of the subset      | private by actions, lists acme/app  | acme/app private  | codespaces-access-list
private, from another                | private by actions, lists acme/web  | acme/app private  | not-in-codespaces-access-list
from another organization            | internal by actions                 | other/app private | different-organization
another organization, added by hand  | private by actions, lists other/app | other/app private | codespaces-access-list
public                               | public by pat                       | other/app public  | public-package
";

fn visibility(text: &str) -> Visibility {
    Visibility::ALL.into_iter().find(|one| one.name() == text).expect("a visibility")
}

fn package(text: &str) -> Package {
    let mut parts = text.split(", ");
    let (seen_by, by) = parts.next().and_then(|first| first.split_once(" by ")).expect("VISIBILITY by WHOM");
    let mut package = Package {
        visibility: visibility(seen_by),
        repository: Some(repository("acme/api")),
        published_by: if by == "pat" { PublishedBy::PersonalAccessToken } else { PublishedBy::Actions },
        inherit_access: None,
        codespaces_access: Vec::new(),
        image: None,
        tarball: None,
    };
    for part in parts {
        match part.split_once(' ').expect("two words") {
            ("inherits:", chosen) => package.inherit_access = Some(chosen == "yes"),
            ("lists", name) => package.codespaces_access.push(repository(name)),
            other => panic!("{other:?}"),
        }
    }
    package
}

#[test]
fn the_source_documents_cases() {
    let name = name();
    for case in CASES.lines().filter(|line| !line.is_empty()) {
        let [_, described, from, expected]: [&str; 4] =
            case.split('|').map(str::trim).collect::<Vec<_>>().try_into().expect("four columns");
        let (from, seen_by) = from.split_once(' ').expect("a repository and who may see it");
        let package = package(described);
        let rule =
            decide(Some((&name, &package)), &repository(from), visibility(seen_by), Linked::Closed, Action::Pull);
        assert_eq!(rule.name(), expected, "{case}");
    }
    let nothing = decide(None, &repository("acme/api"), Visibility::Private, Linked::Readable, Action::Pull);
    assert_eq!(nothing, Rule::UnknownPackage);
}

/// A permission opens the packages of one repository to private and internal ones of its owner, and nothing else.
#[test]
fn a_permission_opens_what_inherits_the_access_of_its_repository() {
    let name = name();
    for (described, from, expected) in [
        ("private by actions", "acme/app private", "inherited-access"),
        ("private by actions", "acme/app internal", "inherited-access"),
        ("private by pat, inherits: yes", "acme/app private", "inherited-access"),
        ("private by actions", "acme/api private", "same-repository"),
        ("internal by actions", "acme/app private", "internal-to-organization"),
        ("private by actions, lists acme/app", "acme/app private", "codespaces-access-list"),
        ("private by pat", "acme/app private", "not-in-codespaces-access-list"),
        ("private by actions, inherits: no", "acme/app private", "not-in-codespaces-access-list"),
        ("private by actions", "acme/app public", "public-repository-needs-access-list"),
        ("private by actions", "other/app private", "different-organization"),
        ("public by actions", "acme/app public", "public-package"),
    ] {
        let (from, seen_by) = from.split_once(' ').expect("a repository and who may see it");
        let package = package(described);
        let asking = (repository(from), visibility(seen_by));
        let rule = decide(Some((&name, &package)), &asking.0, asking.1, Linked::Readable, Action::Pull);
        assert_eq!(rule.name(), expected, "{described} from {from}");
    }
}

/// A codespace reaches with its token what its user reaches.
#[test]
fn a_permission_is_worth_what_its_users_access_is() {
    const HUB: &str = "
users: {mona: , hubot: , eve: }
organizations: {acme: {members: [mona]}}
repositories:
  acme/api: {visibility: private, access: {hubot: read}}
  acme/site: {visibility: public}
packages:
  ghcr.io/acme/api: {repository: acme/api}
  ghcr.io/acme/site: {visibility: private, repository: acme/site}
  ghcr.io/acme/none:
";
    let hub = crate::github::hub::parse(HUB, "hub.yaml").expect("a hub");
    for (image, user, permissions, expected) in [
        ("ghcr.io/acme/api", "mona", "acme/api: packages read", Linked::Readable),
        ("ghcr.io/acme/api", "Mona", "acme/*: read-all", Linked::Readable),
        ("ghcr.io/acme/api", "hubot", "acme/api: packages read", Linked::Readable),
        ("ghcr.io/acme/api", "eve", "acme/api: packages read", Linked::Closed),
        ("ghcr.io/acme/api", "mona", "acme/api: contents read", Linked::Closed),
        ("ghcr.io/acme/api", "mona", "acme/site: packages read", Linked::Closed),
        ("ghcr.io/acme/api", "mona", "", Linked::Closed),
        ("ghcr.io/acme/site", "eve", "acme/site: packages read", Linked::Readable),
        ("ghcr.io/acme/none", "mona", "acme/*: write-all", Linked::Closed),
        ("ghcr.io/acme/gone", "mona", "acme/*: write-all", Linked::Closed),
    ] {
        let name = PackageName::of_image(image).expect("a package");
        let package = hub.packages.get_key_value(&name);
        let permissions = permissions.parse().expect("permissions");
        assert_eq!(Linked::of(package, user, &permissions, &hub), expected, "{image} for {user}: {permissions}");
    }
}

/// What is printed as the mend of a refusal mends it.
#[test]
fn the_list_mends_every_refusal() {
    let name = name();
    for package in packages() {
        for (from, seen_by, linked) in everywhere() {
            if !decide(Some((&name, &package)), &from, seen_by, linked, Action::Pull).allows() {
                let mended = Package { codespaces_access: vec![from.clone()], ..package.clone() };
                assert!(
                    decide(Some((&name, &mended)), &from, seen_by, linked, Action::Pull).allows(),
                    "{package:?} from {from}"
                );
            }
        }
    }
}

#[test]
fn a_package_is_named_as_its_image_is() {
    for (image, expected) in [
        ("ghcr.io/acme/api", Some("ghcr.io/acme/api")),
        ("ghcr.io/acme/api:1", Some("ghcr.io/acme/api")),
        ("ghcr.io/acme/api:1@sha256:00", Some("ghcr.io/acme/api")),
        ("ghcr.io/Acme/tools/api@sha256:00", Some("ghcr.io/acme/tools/api")),
        ("ghcr.io/acme", None),
        ("ghcr.io/acme/", None),
        ("ghcr.io//api", None),
        ("ghcr.io/acme/../api", None),
        ("ghcr.io.evil.example/acme/api", None),
        ("acme/api", None),
        ("", None),
    ] {
        let read = PackageName::of_image(image).map(|name| name.to_string());
        assert_eq!(read.as_deref(), expected, "{image}");
    }
}

proptest! {
    #[test]
    fn no_image_panics(image in "(ghcr\\.io)?[a-z/:@.A-Z\u{e9}-]{0,20}") {
        let _name = PackageName::of_image(&image);
    }
}
