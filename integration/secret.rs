//! `secret set`, `list` and `delete`: `gh secret`'s flags and words, and what is kept.

use std::io::Write;
use std::process::Stdio;
use std::sync::atomic::Ordering;

use serde_json::json;

use crate::support::{NEXT, Ran, Sandbox, docker};

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.set_env("GITHUB_USER", "mona");
    sandbox
}

/// Runs a verb with something on its standard input.
fn piped(sandbox: &Sandbox, args: &[&str], input: &str) -> Ran {
    let mut command = sandbox.command(args);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("run");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("written");
    Ran::of(child.wait_with_output().expect("ended"))
}

#[test]
fn a_secret_is_set_listed_and_deleted_in_the_words_of_gh() {
    let sandbox = sandbox();
    let none = sandbox.run(&["secret", "list", "--repo", "acme/app"]).expect(0);
    assert_eq!((none.stdout.as_str(), none.stderr.as_str()), ("", "no secrets found\n"));
    for (flags, told) in [
        (&["TOKEN", "--repo", "acme/app"][..], "acme/app"),
        (&["TOKEN", "-R", "acme/api"], "acme/api"),
        (&["TOKEN", "--org", "acme"], "acme"),
        (&["OPEN", "-o", "acme", "-v", "all"], "acme"),
        (&["SOME", "-o", "acme", "--repos", "app,other/x"], "acme"),
        (&["MINE", "--user", "--repos", "acme/app"], "your user"),
        (&["THEIRS", "--user=hubot", "-a", "codespaces"], "user hubot"),
    ] {
        let set = piped(&sandbox, &[&["secret", "set"], flags].concat(), "hunter2-hunter2\n").expect(0);
        assert!(
            set.stderr.starts_with(&format!("✓ Set Codespaces secret {} for {told}\n", flags[0])),
            "{}",
            set.stderr
        );
        assert_eq!(set.stdout, "");
    }
    let list = |flags: &[&str]| sandbox.run(&[&["secret", "list"], flags].concat()).expect(0).stdout;
    let lines = list(&["--org", "acme"]);
    let cells: Vec<Vec<&str>> = lines.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(
        cells.iter().map(|row| (row[0], row[2])).collect::<Vec<_>>(),
        [("OPEN", "ALL"), ("SOME", "SELECTED"), ("TOKEN", "PRIVATE")]
    );
    assert_eq!(list(&["-R", "ACME/app"]).split('\t').next(), Some("TOKEN"));
    let mut document = sandbox.run(&["secret", "ls", "--user", "--json"]).expect(0).json();
    assert!(document[0]["updatedAt"].take().is_string());
    let expected = json!([{ "name": "MINE", "updatedAt": null, "visibility": "selected", "numSelectedRepos": 1, "selectedRepos": ["acme/app"] }]);
    assert_eq!(document, expected);
    assert!(list(&["-u", "hubot"]).starts_with("THEIRS\t"));

    // Set again, a user's secret keeps its repositories.
    let _set = piped(&sandbox, &["secret", "set", "mine", "-u"], "another value").expect(0);
    assert_eq!(sandbox.run(&["secret", "list", "-u", "--json"]).expect(0).json()[0]["numSelectedRepos"], 1);

    let deleted = sandbox.run(&["secret", "delete", "token", "--org", "Acme", "--json"]).expect(0);
    assert_eq!(deleted.stderr, "✓ Deleted Codespaces secret TOKEN from Acme\n");
    assert_eq!(deleted.json(), json!({ "deleted": ["TOKEN"], "level": "organization", "owner": "Acme" }));
    let gone = sandbox.run(&["secret", "remove", "TOKEN", "--org", "acme"]).expect(2);
    assert!(gone.stderr.contains("there is no secret TOKEN of organization acme"), "{}", gone.stderr);
    assert_eq!(list(&["-R", "acme/app"]).lines().count(), 1);
}

#[test]
fn a_value_is_asked_for_where_somebody_is_there_and_is_not_shown() {
    let sandbox = sandbox();
    let mut terminal = sandbox.terminal(&["secret", "set", "TYPED", "--user", "--repos", "acme/app"]);
    terminal.until("the value of TYPED: ");
    terminal.type_in("hunter2-typed\r");
    let (code, shown) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("✓ Set Codespaces secret TYPED for your user") && !shown.contains("hunter2"), "{shown}");
    let (_, listed) = sandbox.terminal(&["secret", "list", "--user"]).end();
    assert!(listed.contains("VISIBILITY") && listed.contains("Visible to 1 selected repository"), "{listed}");

    // Interrupted, nothing is set, and the terminal shows again what is typed.
    let mut terminal = sandbox.terminal(&["secret", "set", "LATER", "--user"]);
    terminal.until("the value of LATER: ");
    terminal.type_in("\u{3}");
    let (code, shown) = terminal.end();
    assert_eq!(code, 130, "{shown}");
    assert_eq!(sandbox.run(&["secret", "list", "--user"]).expect(0).stdout.lines().count(), 1);
}

#[test]
fn what_github_would_refuse_is_refused_and_no_value_is_told() {
    let sandbox = sandbox();
    let long = "hunter2".repeat(7100);
    for (args, input, words) in [
        (&["GITHUB_X", "-R", "a/b"][..], "hunter2", "GITHUB_"),
        (&["1A", "-R", "a/b"], "hunter2", "digit"),
        (&["A", "-R", "a/b"], "\n\n", "is empty"),
        (&["A", "-R", "a/b"], long.as_str(), "48 KB"),
        (&["A", "-R", "a/b"], "hunter2\0", "NUL"),
        (&["A", "-R", "a/b", "--body", ""], "", "is empty"),
        (&["A", "-R", "a/b", "--visibility", "all"], "hunter2", "`--visibility` is only supported with `--org`"),
        (&["A", "-R", "a/b", "--repos", "c"], "hunter2", "`--repos` is only supported"),
        (&["A", "-o", "a", "-v", "selected"], "hunter2", "`--repos` list required"),
        (&["A", "-o", "a", "-v", "all", "-r", "c"], "hunter2", "`--repos` is only supported"),
        (&["A", "-o", "a", "-r", "c/d/e"], "hunter2", "no repository name"),
        (&["A", "-o", "a b"], "hunter2", "no organization's name"),
        (&["A", "--env", "production"], "hunter2", "environment secrets are not supported for codespaces"),
        (&["A", "--app", "actions"], "hunter2", "only the secrets of codespaces"),
    ] {
        let ran = piped(&sandbox, &[&["secret", "set"], args].concat(), input).expect(2);
        assert!(ran.stderr.contains(words) && !ran.stderr.contains("hunter2"), "{args:?}: {}", ran.stderr);
    }
    assert!(!sandbox.path("localspace/config/secrets.age").exists());
    let many: String = (0..101).map(|at| format!("S{at}=hunter2-{at}\n")).collect();
    let file = sandbox.file("many.env", &many);
    let ran = sandbox.run(&["secret", "set", "-f", &file, "-R", "a/b", "--json"]).expect(2);
    assert!(ran.stderr.contains("repository a/b has 100 secrets") && !ran.stderr.contains("hunter2"), "{}", ran.stderr);
    assert_eq!(ran.json()["outcome"], "error");
    assert_eq!(sandbox.run(&["secret", "list", "-R", "a/b", "--json"]).expect(0).json(), json!([]));
    let few = sandbox.file("few.env", "A=1234\nB='5 6'\n");
    let ran = sandbox.run(&["secret", "set", "--env-file", &few, "-R", "a/b", "--json"]).expect(0);
    assert_eq!(ran.json(), json!({ "set": ["A", "B"], "level": "repository", "owner": "a/b" }));
}

#[test]
fn of_many_who_set_at_once_none_undoes_another() {
    let sandbox = sandbox();
    let names: Vec<String> = (0..8).map(|at| format!("N{at}")).collect();
    let set = |name: &String| sandbox.spawn(&["secret", "set", name, "-R", "a/b", "--body", "hunter2"]);
    let running: Vec<_> = names.iter().map(set).collect();
    for child in running {
        let _set = Ran::of(child.wait_with_output().expect("ended")).expect(0);
    }
    let list = sandbox.run(&["secret", "list", "-R", "a/b"]).expect(0).stdout;
    assert_eq!(list.lines().filter_map(|line| line.split('\t').next()).collect::<Vec<_>>(), names);
}

#[test]
fn another_key_or_a_damaged_file_is_told_and_a_codespace_is_not_made_without() {
    let mut sandbox = sandbox();
    let _set = piped(&sandbox, &["secret", "set", "TOKEN", "-R", "acme/app"], "hunter2-hunter2").expect(0);
    let repository = sandbox.repository("r", r#"{"image": "busybox:1"}"#);
    let file = sandbox.path("localspace/config/secrets.age");
    let whole = std::fs::read(&file).expect("there");
    std::fs::write(&file, &whole[..whole.len() / 2]).expect("written");
    let damaged = sandbox.up(&repository, &sandbox.name("damaged"), &["--repository", "acme/app"]).expect(2);
    assert!(damaged.stderr.contains("secrets.age is damaged"), "{}", damaged.stderr);
    std::fs::write(&file, &whole).expect("put back");

    sandbox.set_env("LOCALSPACE_SECRETS_KEY", "AGE-SECRET-KEY-1HUNTER2");
    let bad = sandbox.run(&["secret", "list", "-R", "acme/app", "--json"]).expect(2);
    assert!(bad.stderr.contains("LOCALSPACE_SECRETS_KEY holds no age identity"), "{}", bad.stderr);
    assert!(!(bad.stderr + &bad.stdout).to_lowercase().contains("hunter2"));
    assert_eq!(std::fs::read(&file).expect("there"), whole);
}

const HUB: &str = "
users: {mona: , hubot: }
organizations: {acme: {members: [mona]}}
repositories: {acme/app: {access: {hubot: read}}, acme/site: {visibility: public}}
secrets:
  - {name: ACR_CONTAINER_REGISTRY_SERVER, organization: acme, visibility: private, value: hunter2-server}
  - {name: ACR_CONTAINER_REGISTRY_USER, organization: acme, visibility: selected, repositories: [acme/site], value: hunter2-user}
  - {name: EACH, organization: acme, visibility: all, value: hunter2-org}
  - {name: EACH, repository: acme/app, value: hunter2-repo}
";

#[test]
fn what_a_codespace_sees_is_told_with_the_reason_for_the_rest() {
    let sandbox = sandbox();
    let hub = sandbox.file("hub.yaml", HUB);
    let _set = piped(&sandbox, &["secret", "set", "EACH", "-u", "-r", "acme/app"], "hunter2-user").expect(0);
    let _set = piped(&sandbox, &["secret", "set", "ALONE", "-u"], "hunter2-alone").expect(0);
    let list = |more: &[&str]| sandbox.run(&[&["secret", "list", "--hub", &hub], more].concat()).expect(0);
    let app = list(&["--effective", "-R", "Acme/App", "--json"]).json();
    assert_eq!(
        (&app["repository"], &app["visibility"], &app["user"]),
        (&json!("acme/app"), &json!("private"), &json!("mona"))
    );
    let each = &app["secrets"][3];
    assert_eq!(each["name"], "EACH");
    assert_eq!(each["visible"], json!({ "level": "user", "owner": "mona", "place": null }));
    let unseen = |secret: &serde_json::Value| -> Vec<String> {
        let all = secret["notVisible"].as_array().expect("a list").iter();
        all.map(|one| format!("{} {}", one["level"].as_str().unwrap_or("?"), one["reason"].as_str().unwrap_or("?")))
            .collect()
    };
    assert_eq!(unseen(each), ["repository shadowed", "organization shadowed"]);
    assert_eq!(unseen(&app["secrets"][2]), ["user not-assigned"]);
    let place = app["secrets"][0]["visible"]["place"].as_str().expect("a place");
    assert!(place.ends_with("hub.yaml:6:12"), "{place}");
    assert_eq!(
        app["registries"],
        json!([{ "id": "ACR", "missing": ["ACR_CONTAINER_REGISTRY_USER", "ACR_CONTAINER_REGISTRY_PASSWORD"] }])
    );

    let text = list(&["--effective", "-R", "acme/site"]).stdout;
    for part in [
        "mona's codespace of acme/site (public) sees of the secrets:\n",
        "ACR_CONTAINER_REGISTRY_SERVER of organization acme: repository-is-public: its access policy is `private`, and acme/site is public",
        "EACH of user mona: not-assigned: it is not assigned to acme/site; add acme/site to its repositories",
        "registry ACR: no login, for want of ACR_CONTAINER_REGISTRY_SERVER and ACR_CONTAINER_REGISTRY_PASSWORD\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let reader = list(&["--effective", "-R", "acme/app", "--user", "hubot", "--json"]).json();
    assert!(reader["secrets"].as_array().is_some_and(|all| all.iter().all(|one| one["visible"].is_null())), "{reader}");
    let fork = list(&["--effective", "-R", "acme/app", "--fork-pull-request"]).stdout;
    assert!(fork.contains("sees of the secrets:\n  none\nand does not see:\n"), "{fork}");
    assert!(fork.contains("pull-request-of-a-fork"), "{fork}");
    assert!(![text, fork, app.to_string()].concat().contains("hunter2"));

    let phases = list(&["--phases", "-R", "acme/app", "--json"]).json();
    let each = &phases[3];
    assert_eq!(each["name"], "EACH");
    let all = ["onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand"];
    assert_eq!((&each["codespace"]["level"], &each["codespace"]["phases"]), (&json!("user"), &json!(all)));
    assert_eq!((&each["prebuild"]["level"], &each["prebuild"]["phases"]), (&json!("repository"), &json!(all[..2])));
    assert_eq!(phases[2]["prebuild"], json!(null));
    let text = list(&["--phases", "-R", "acme/app"]).stdout;
    assert!(
        text.contains("user mona: all commands")
            && text.contains("repository acme/app: onCreateCommand, updateContentCommand"),
        "{text}"
    );
}

#[test]
fn what_is_set_reaches_a_codespace_at_its_next_start_and_the_key_reaches_none() {
    let mut sandbox = sandbox();
    let key = "AGE-SECRET-KEY-17WR7LY4H2TH7UHT688FJDDPMYRENSDYLJ8XY6XV6T6WV6VXL8K7S5SKAJ4";
    sandbox.set_env("LOCALSPACE_SECRETS_KEY", key);
    let config = r#"{
        "image": "busybox:1", "containerEnv": {"ASKED": "${localEnv:LOCALSPACE_SECRETS_KEY:none}"},
        "initializeCommand": "env", "postStartCommand": "env >/var/post-start"
    }"#;
    let repository = sandbox.repository("r", config);
    let set = |name: &str, flags: &[&str], value: &str| {
        let _set = piped(&sandbox, &[&["secret", "set", name], flags].concat(), value).expect(0);
    };
    set("OF_ORG", &["-o", "acme"], "first-of-org");
    set("OF_OTHER", &["-R", "acme/other"], "first-of-other");
    let name = sandbox.name("set");
    let up = sandbox.up(&repository, &name, &["--repository", "acme/app", "--allow-initialize"]).expect(0);
    let seen = || docker(&["exec", &name, "cat", "/var/post-start"]).expect(0).stdout;
    let text = seen();
    assert!(
        text.contains("OF_ORG=first-of-org\n") && !text.contains("OF_OTHER") && text.contains("ASKED=none\n"),
        "{text}"
    );
    let logs = sandbox.run(&["logs", "-c", &name]).expect(0).stdout;
    assert!(!(logs + &up.stderr + &text).contains("AGE-SECRET-KEY"));

    set("OF_ORG", &["-o", "acme"], "second-of-org");
    set("OF_USER", &["-u", "-r", "acme/app"], "first-of-user");
    let newer = || sandbox.run(&["view", "-c", &name, "--json"]).expect(0).json()["newerSecrets"].clone();
    assert_eq!(newer(), json!(["OF_ORG", "OF_USER"]));
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let _started = sandbox.run(&["start", "-c", &name]).expect(0);
    let text = seen();
    assert!(text.contains("OF_ORG=second-of-org\n") && text.contains("OF_USER=first-of-user\n"), "{text}");
    assert_eq!(newer(), json!([]));
}

/// What a repository recommends is a person's to give: told once, with what gives it, and never in the way.
#[test]
fn recommended_secrets_that_are_not_there_are_told_when_a_codespace_is_made() {
    let sandbox = sandbox();
    let config = r#"{"image": "busybox:1", "secrets": {
        "API_KEY": {"description": "the key of the API", "documentationUrl": "https://acme.example/keys"},
        "DB_URL": {"description": "the database"}, "PLAIN": {}, "OF_REPO": {}}}"#;
    let folder = sandbox.repository("app", config);
    for (name, flags) in [("DB_URL", &["--user", "--repos", "acme/web"][..]), ("OF_REPO", &["--repo", "acme/app"])] {
        let _set = piped(&sandbox, &[&["secret", "set", name], flags].concat(), "a value of it").expect(0);
    }
    let up = |more: &[&str]| {
        let name = sandbox.name(&format!("recommended{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        sandbox.up(&folder, &name, &[&["--repository", "acme/app", "--no-attach"], more].concat()).expect(0).stderr
    };
    let told = up(&[]);
    for words in [
        "API_KEY (the key of the API, https://acme.example/keys): localspace secret set API_KEY --user --repos acme/app",
        "DB_URL (the database): localspace secret set DB_URL --user --repos acme/web,acme/app",
        "PLAIN: localspace secret set PLAIN --user --repos acme/app",
    ] {
        assert!(told.replace("\n  ", " ").contains(words), "{words}: {told}");
    }
    assert!(!told.contains("OF_REPO") && told.matches("the repository recommends").count() == 1, "{told}");
    let other = up(&["--user", "hubot"]);
    assert!(other.contains("secret set API_KEY --user=hubot --repos acme/app"), "{other}");
    assert!(!up(&["--fork-pull-request"]).contains("the repository recommends"));
    // Each says what it takes to be there.
    let _set = piped(&sandbox, &["secret", "set", "API_KEY", "--user", "--repos", "acme/app"], "a key").expect(0);
    let _set =
        piped(&sandbox, &["secret", "set", "DB_URL", "--user", "--repos", "acme/web,acme/app"], "a url").expect(0);
    assert!(up(&[]).contains("recommends a secret that is not there"));
    let secrets = sandbox.file("s.env", "PLAIN=of a file\n");
    assert!(!up(&["--secrets-file", &secrets]).contains("the repository recommends"));
    let list = |more: &[&str]| {
        let mut command = sandbox.command(&[&["secret", "list", "--effective"], more].concat());
        Ran::of(command.current_dir(&folder).output().expect("run")).expect(0)
    };
    let states = list(&["--json"]).json();
    let repository = states["repository"].as_str().expect("a name").to_owned();
    let state = |name: &str| {
        let all = states["recommended"].as_array().expect("a list");
        all.iter().find(|one| one["name"] == name).map(|one| one["state"].clone()).expect(name)
    };
    assert_eq!([state("API_KEY"), state("DB_URL"), state("PLAIN")], ["not-assigned", "not-assigned", "not-set"]);
    let text = list(&[]).stdout;
    let line = format!("recommended PLAIN: not-set: localspace secret set PLAIN --user --repos {repository}\n");
    assert!(text.contains(&line), "{text}");
}
