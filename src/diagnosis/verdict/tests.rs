//! Each thing that can be found out, and what is said of it.

use super::*;

fn hidden(part: &str, reason: Unseen, instead: Option<&str>) -> HiddenSecret {
    HiddenSecret {
        name: format!("A_CONTAINER_REGISTRY_{part}"),
        owner: "organization acme".to_owned(),
        place: Some("hub.yaml:7:12".to_owned()),
        reason,
        why: format!("it is {}", reason.name()),
        fix: instead.is_none().then(|| "add acme/app to its repositories".to_owned()),
        instead: instead.map(str::to_owned),
    }
}

fn trial() -> Trial<'static> {
    Trial {
        is_good: true,
        said: "Login Succeeded",
        refused_image: None,
        shadowed_is_good: false,
        newer: None,
        stored: Stored::Same,
    }
}

fn refused() -> Trial<'static> {
    Trial { is_good: false, said: "unauthorized: authentication required", ..trial() }
}

/// What is examined beside the login itself.
#[derive(Default)]
struct Beside<'a> {
    user: &'a str,
    hidden: &'a [HiddenSecret],
    misnamed: Option<Oddity>,
    odd: Option<Oddity>,
    is_prebuild: bool,
}

#[track_caller]
fn check(found: Findings<'_>, beside: Beside<'_>, name: &str, evidence: &str, next: &str) {
    let (server, codespace) = (RegistryServer::normalise("a.example"), "calm-lamp".parse().expect("a name"));
    let told = verdict(&Examined {
        id: "A",
        server: Some(&server),
        user: beside.user,
        codespace: &codespace,
        purpose: if beside.is_prebuild { Purpose::Prebuild } else { Purpose::Codespace },
        hidden: beside.hidden,
        misnamed: beside.misnamed,
        odd: beside.odd,
        found,
    });
    assert_eq!((told.name, told.is_good), (name, name == "login-good"), "{told:?}");
    assert!(told.evidence.contains(evidence), "{told:?}");
    assert!(told.next.contains(next), "{told:?}");
}

fn oddity() -> Oddity {
    Oddity { what: "A_CONTAINER_REGISTRY_USER is odd".to_owned(), next: "set it again".to_owned() }
}

#[test]
fn what_docker_says_decides() {
    let tried = |trial| Findings::Tried(trial);
    let said = |said| tried(Trial { is_good: false, said, ..trial() });
    let none = Beside::default;
    check(tried(trial()), none(), "login-good", "the same login", "nothing");
    check(
        said("lookup a.example: no such host"),
        none(),
        "server-unreachable",
        "no such host",
        "A_CONTAINER_REGISTRY_SERVER",
    );
    check(said("failed with status: 404 Not Found"), none(), "no-registry", "404", "by its name alone");
    check(said("something"), none(), "login-failed", "something", "docker login -u USER a.example");
    check(
        tried(refused()),
        none(),
        "login-refused",
        "docker login said: unauthorized",
        "make a new token at a.example",
    );
    let image = Trial { refused_image: Some("denied"), ..trial() };
    check(tried(image), none(), "image-refused", "docker pull said: denied", "the right to read this image");
    check(Findings::NoDocker, none(), "no-docker", "no docker in the codespace", "Docker-in-Docker");
    let key = Findings::KeyRefused { reason: "AWS knows no such access key", hint: "set it" };
    check(key, none(), "access-key-refused", "no such access key", "set it");
}

/// A name that is not docker's own is told whether docker takes it or not; a value that is odd, where nothing else is wrong.
#[test]
fn what_is_odd_is_told_before_what_it_leads_to() {
    for trial in [trial(), refused()] {
        let beside = Beside { misnamed: Some(oddity()), odd: Some(oddity()), ..Beside::default() };
        let said = format!("is odd; docker login said: {}", trial.said);
        check(Findings::Tried(trial), beside, "server-misnamed", &said, "set it again");
    }
    let odd = || Beside { odd: Some(oddity()), ..Beside::default() };
    check(Findings::Tried(trial()), odd(), "odd-value", "is odd", "set it again");
    check(
        Findings::Tried(refused()),
        odd(),
        "login-refused",
        "unauthorized: authentication required; A_",
        "set it again",
    );
    let key = Findings::KeyRefused { reason: "the secret is wrong", hint: "set it" };
    check(key, odd(), "access-key-refused", "the secret is wrong; A_", "set it again");
}

#[test]
fn a_half_that_is_missing_is_told_with_why() {
    let missing = ["A_CONTAINER_REGISTRY_PASSWORD".to_owned()];
    let half =
        || Findings::Incomplete { missing: &missing, lack: "A_CONTAINER_REGISTRY_PASSWORD is missing".to_owned() };
    check(half(), Beside::default(), "incomplete", "is missing", "set all three");
    for reason in [Unseen::NotAssigned, Unseen::NotSelected, Unseen::RepositoryIsPublic, Unseen::NoWriteAccess] {
        let all = [hidden("USER", Unseen::NotAssigned, None), hidden("PASSWORD", reason, None)];
        let evidence =
            format!("is missing; A_CONTAINER_REGISTRY_PASSWORD of organization acme: it is {}", reason.name());
        let next =
            "add acme/app to its repositories (A_CONTAINER_REGISTRY_PASSWORD of organization acme, hub.yaml:7:12)";
        check(half(), Beside { hidden: &all, ..Beside::default() }, "incomplete", &evidence, next);
    }
    let empty = [hidden("PASSWORD", Unseen::SecretsFile, Some("the secrets file"))];
    let beside = Beside { hidden: &empty, ..Beside::default() };
    check(
        half(),
        beside,
        "incomplete",
        "shadowed-by-secrets-file",
        "delete or correct A_CONTAINER_REGISTRY_PASSWORD of the secrets",
    );
    let fork = [HiddenSecret { fix: None, ..hidden("PASSWORD", Unseen::ForksPullRequest, None) }];
    let beside = Beside { hidden: &fork, ..Beside::default() };
    check(half(), beside, "incomplete", "pull-request-of-a-fork", "a branch of the repository itself");
}

#[test]
fn a_shadowed_value_is_told_and_by_whom() {
    let all = [hidden("PASSWORD", Unseen::SecretsFile, Some("the secrets file"))];
    let beside = || Beside { hidden: &all, ..Beside::default() };
    let told = "A_CONTAINER_REGISTRY_PASSWORD of organization acme: it is shadowed-by-secrets-file";
    check(Findings::Tried(refused()), beside(), "login-refused", told, "make a new token");
    let works = Trial { shadowed_is_good: true, ..refused() };
    let next =
        "delete or correct A_CONTAINER_REGISTRY_PASSWORD of the secrets file, so that the one of organization acme";
    check(Findings::Tried(works), beside(), "login-refused", "what is shadowed docker login succeeds", next);
    check(Findings::Tried(trial()), beside(), "login-good", "", "nothing");
}

#[test]
fn what_the_codespace_has_is_held_against_what_works() {
    let (other, name) = ("codespace-has-other-values", "A_CONTAINER_REGISTRY_USER");
    let newer = Findings::Tried(Trial { newer: Some(name), stored: Stored::Other, ..trial() });
    check(newer, Beside::default(), other, "USER was set after", "localspace stop -c calm-lamp && localspace start");
    let stored = |stored| Findings::Tried(Trial { stored, ..trial() });
    let refresh = "localspace registry refresh -c calm-lamp";
    check(stored(Stored::Absent), Beside::default(), other, "has none for this server", refresh);
    check(stored(Stored::Other), Beside::default(), other, "in its place", refresh);
    let prebuild = Beside { is_prebuild: true, ..Beside::default() };
    check(stored(Stored::Absent), prebuild, other, "never logged in", "from postCreateCommand on");
    let said = "denied: Your authorization token has expired. Reauthenticate and try again.";
    let key = || Beside { user: "AKIA", ..Beside::default() };
    check(stored(Stored::Refused(said.to_owned())), key(), "token-expired", "the access key is good", refresh);
    check(stored(Stored::Refused("denied".to_owned())), key(), other, "is refused: denied", refresh);
    let own = Findings::Tried(Trial { is_good: false, said, ..trial() });
    check(own, Beside { user: "AWS", ..Beside::default() }, "token-expired", said, "of an access key");
}
