//! A hub's file: read as a whole, and refused with its place.

use proptest::prelude::*;

use super::*;

/// DESIGN section 6, and what else may stand in the file.
const WHOLE: &str = r#"
users: {mona: {tokens: [{name: ci, scopes: [write:packages], value_from: {env: MONA_PAT}}]}, hubot: }
organizations: {acme: {members: [mona]}}
repositories:
  acme/app: {visibility: private, access: {hubot: read}}
  acme/api:
  acme/site: {visibility: public}
packages:
  ghcr.io/acme/api:
    visibility: private
    repository: acme/api
    published_by: pat
    inherit_access: true
    codespaces_access: [Acme/App]
    image: busybox-local
  ghcr.io/acme/site: {repository: acme/site}
  ghcr.io/acme/tool/deep:
secrets:
  - {name: acr_password, organization: acme, visibility: selected, repositories: [acme/app], value: 98765}
  - {name: A, organization: acme, visibility: all, value_from: {command: "pass show a"}}
  - {name: A, organization: acme2, value: x}
  - {name: A, repository: acme/app, value_from: {file: a.txt}}
  - {name: A, user: mona, repositories: [acme/app], value: x}
registries:
  acme.azurecr.io: {accounts: [{user: robot, password_from: {env: ACR_PASSWORD}}]}
  123456789012.dkr.ecr.us-east-1.amazonaws.com:
    expires_after: 90m
    access_keys:
      - {id: AKIAEXAMPLE, secret_from: {env: ECR_SECRET}}
      - {id: AKIASHORT, secret_from: {env: ECR_SECRET}, expires_after: 20}
  1.dkr.ecr.us-east-1.amazonaws.com: {access_keys: [{id: AKIALONG, secret: x}]}
"#;

fn whole() -> Hub {
    let text = WHOLE.replace("{acme: {members: [mona]}}", "{acme: {members: [mona]}, acme2: }");
    parse(&text, "/etc/hub.yaml").expect("a hub")
}

#[test]
fn the_whole_file_is_read() {
    let hub = whole();
    assert_eq!(hub.organizations.get("acme").map(|one| one.members.clone()), Some(vec!["mona".to_owned()]));
    let package = |name: &str| hub.packages.get(&PackageName::of_image(name).expect("a name")).expect("there");
    let api = package("ghcr.io/acme/api");
    assert!(api.inherits() && api.published_by == PublishedBy::PersonalAccessToken);
    assert_eq!(api.codespaces_access.first().map(ToString::to_string).as_deref(), Some("acme/app"));
    // Source document: "if the repository is public, the package is also public".
    assert_eq!(package("ghcr.io/acme/site").visibility, Visibility::Public);
    assert_eq!(package("ghcr.io/acme/tool/deep").visibility, Visibility::Private);
    assert_eq!(hub.secrets.len(), 5);
    let files: Vec<_> = hub.secrets.iter().filter(|one| matches!(one.value, ValueSource::File(_))).collect();
    assert_eq!(files.first().map(|one| one.value.clone()), Some(ValueSource::File("/etc/a.txt".into())));
    assert_eq!(hub.registries.len(), 3);
    let keys = hub.registries.values().flat_map(|one| &one.access_keys);
    let lives: Vec<_> = keys.map(|key| (key.account.name.as_str(), key.expires_after.as_secs())).collect();
    assert_eq!(lives, [("AKIALONG", 12 * 3600), ("AKIAEXAMPLE", 90 * 60), ("AKIASHORT", 20)]);
    assert!(!format!("{hub:?}").contains("98765"));
    assert_eq!(parse("", "hub.yaml").expect("an empty hub"), Hub::default());
    assert_eq!(parse("# nothing yet\n", "hub.yaml").expect("an empty hub"), Hub::default());
}

#[test]
fn what_is_written_reads_as_it_was() {
    let without_secrets = |hub: Hub| Hub { secrets: Vec::new(), ..hub };
    let hub = without_secrets(whole());
    assert_eq!(parse(&write(&hub), "/etc/hub.yaml").expect("a hub"), hub);
    let odd = r#"registries: {r.example: {accounts: [{user: "a b", password: "\"\u00e9\t: #{}%\\"}]}}"#;
    let hub = parse(odd, "/etc/hub.yaml").expect("a hub");
    assert_eq!(parse(&write(&hub), "/etc/hub.yaml").expect("a hub"), hub);
}

/// The place and the words of each error; none shows a value.
#[test]
fn what_is_wrong_is_named_with_its_place() {
    let one_more = |count: usize| {
        let secrets: String =
            (0..count).map(|n| format!("  - {{name: S{n}, repository: acme/app, value: hunter2}}\n")).collect();
        format!("repositories: {{acme/app: }}\nsecrets:\n{secrets}")
    };
    assert!(parse(&one_more(100), "hub.yaml").is_ok());
    let (many, large) = (
        one_more(101),
        format!("repositories: {{a/b: }}\nsecrets: [{{name: A, repository: a/b, value: {}}}]", "x".repeat(50_000)),
    );
    for (text, place, words) in [
        ("packges: {}", "1:1", "packges"),
        ("repositories: {acme/app: {visibilty: private}}", "1:27", "visibilty"),
        ("repositories: {acme/app: {visibility: privte}}", "1:39", "did you mean `private`?"),
        ("repositories: {acme: }", "1:16", "OWNER/NAME"),
        ("repositories: {acme/app: , Acme/App: }", "1:28", "case does not count"),
        ("repositories:\n  acme/app:\n  acme/app:\n", "3:3", "acme/app"),
        ("users: {mona: }\nrepositories: {mona/app: {visibility: internal}}", "2:39", "only an organization"),
        ("organizations: {acme: {members: [mona]}}", "1:34", "no user mona"),
        ("users: {acme: }\norganizations: {Acme: }", "2:17", "a user already"),
        ("packages: {ghcr.io/acme/Api: }", "1:12", "lower case"),
        ("packages: {acme.azurecr.io/api: }", "1:12", "no package of ghcr.io"),
        (
            "repositories: {acme/api: }\npackages: {ghcr.io/acme/api: {repository: acme/apo}}",
            "2:43",
            "did you mean `acme/api`?",
        ),
        (
            "repositories: {other/api: }\npackages: {ghcr.io/acme/api: {repository: other/api}}",
            "2:43",
            "cannot be linked",
        ),
        ("packages: {ghcr.io/acme/api: {inherit_access: 7}}", "1:47", "bool"),
        ("secrets: [{name: GITHUB_X, repository: a/b, value: hunter2}]", "1:18", "GITHUB_"),
        ("secrets: [{name: A, value: hunter2}]", "1:18", "one of `user`, `repository` and `organization`"),
        (
            "organizations: {acme: }\nsecrets: [{name: A, organization: acme, visibility: selected, value: hunter2}]",
            "2:18",
            "a list of `repositories`",
        ),
        (
            "organizations: {acme: }\nsecrets: [{name: A, organization: acme, visibility: some, value: hunter2}]",
            "2:18",
            "all, private, selected",
        ),
        ("organizations: {acme: }\nsecrets: [{name: A, organization: acme}]", "2:18", "`value` and `value_from`"),
        ("organizations: {acme: }\nsecrets: [{name: A, organization: acme, value: {a: hunter2}}]", "2:48", ""),
        (
            "organizations: {acme: }\nsecrets: [{name: A, organization: acme, value_from: {env: A, file: b}}]",
            "2:53",
            "`env`, `command` and `file`",
        ),
        (many.as_str(), "103:12", "100 secrets"),
        (large.as_str(), "2:18", "48 KB"),
        ("registries: {ghcr.io: }", "1:14", "there already"),
        ("registries: {a.example: {access_keys: [{id: x, secret: hunter2}]}}", "1:14", "not AWS's"),
        ("registries: {a.example: {expires_after: 20s}}", "1:41", "do not expire"),
        ("registries: {1.dkr.ecr.a.amazonaws.com: {expires_after: soon}}", "1:57", "a number and ms, s, m or h"),
        ("registries: {1.dkr.ecr.a.amazonaws.com: {expires_after: 13h}}", "1:57", "twelve hours"),
        (
            "registries: {1.dkr.ecr.a.amazonaws.com: {access_keys: [{id: x, secret: y, expires_after: 1.5s}]}}",
            "1:90",
            "whole number of seconds",
        ),
        ("registries: {https://a.example/v2: , A.example: }", "1:38", "there already"),
        ("a: [", "1:", ""),
        ("- a", "1:", ""),
    ] {
        let error = parse(text, "hub.yaml").expect_err(text);
        let HubFileError::Malformed { hint, .. } = &error else { panic!("{text}: {error}") };
        let told = format!("{error} {}", hint.as_deref().unwrap_or_default());
        assert!(told.starts_with(&format!("hub.yaml:{place}")), "{text}\n{told}");
        assert!(told.contains(words), "{text}\n{told}");
        assert!(!told.contains("hunter2") && !told.contains('\n'), "{text}\n{told}");
    }
}

#[test]
fn what_is_too_much_is_refused_in_time() {
    let deep = "[".repeat(1 << 20);
    let bomb = "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c]\n";
    for text in [deep.as_str(), bomb, "\u{0}", "\u{feff}:", "users: !!binary x"] {
        assert!(parse(text, "hub.yaml").is_err());
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "(users|secrets|packages|: |- |\\n|  |\\{|\\}|\\[|\\]|&a |\\*a|\"|'|#|\\||>|!|%|@|\u{e9}|,|\\?|ghcr.io/a/b|\\t){0,40}") {
        let _hub = parse(&text, "hub.yaml");
    }
}
