//! Scenarios that are run to their end: what passes, what does not and is told of, and what they go through.

use super::Tested;
use crate::support::triple;

const CONFIG: &str = r#"{
    "image": "busybox:1", "containerEnv": {"A": "b"},
    "onCreateCommand": "echo made >~/made; echo first line; echo second line; chmod 640 ~/made",
    "postCreateCommand": "test ! -e fail",
    "postStartCommand": "httpd -p 3000",
    "postAttachCommand": "true"
}"#;

const WHOLE: &str = r#"
name: everything is there
runs: [create, prebuild]
expect:
  outcome: success
  seconds: "< 60"
  phases:
    initializeCommand: skipped
    onCreateCommand: {outcome: succeeded, exit_code: 0, seconds: "< 30", stdout: {contains: [first, second], matches: "^second line$", excludes: third}}
    registryLogin: {outcome: skipped, reason: {contains: no registry secrets}}
    postAttachCommand: succeeded
  container:
    files:
      ~/made: {type: file, mode: "0640", owner: root, text: {equals: made}}
      .devcontainer/devcontainer.json: {json: {image: "busybox:1", postCreateCommand: present, features: absent}}
      none: absent
    env: {A: b, CODESPACES: "true", NONE: absent}
    user: root
    workspace_folder: /workspaces/app
    users: {root: {uid: 0, home: /root}, nobody-at-all: absent}
    ports: [3000]
    commands: [{run: cat ~/made, stdout: {equals: made}}, {run: exit 7, exit: 7}]
    labels: {localspace.repository: octocat/app}
  diagnosis: none
  secrets_leaked: none
"#;

#[test]
fn what_is_so_passes_with_and_without_a_prebuild_and_nothing_stays() {
    let tested = Tested::new(CONFIG, &[("whole.yaml", WHOLE)]);
    let ran = tested.test(&["--json"]).expect(0);
    let cases = Tested::cases(&ran);
    let mut names: Vec<&str> = cases.iter().filter_map(|case| case["name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["everything is there [create]", "everything is there [prebuild]"]);
    assert!(cases.iter().all(|case| case["outcome"] == "passed"), "{}", ran.stdout);
    assert_eq!(tested.left(), "");
}

#[test]
fn what_is_not_so_is_told_with_its_place_both_values_and_how_to_repeat_it() {
    let text = r#"
name: not so
expect:
  phases:
    onCreateCommand: {stdout: {contains: third, excludes: second}}
    postCreateCommand: failed
  container:
    files: {~/made: {mode: "0600"}}
    ports: [4000]
"#;
    let tested = Tested::new(CONFIG, &[("not.yaml", text)]);
    let ran = tested.test(&["--json"]).expect(1);
    let cases = Tested::cases(&ran);
    let attempt = &cases[0]["attempts"][0];
    let told: Vec<String> = attempt["failures"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            format!("{} {}: {} / {}", one["line"], text("what"), text("expected"), text("actual"))
        })
        .collect();
    assert_eq!(
        told,
        [
            "5 onCreateCommand.stdout: contains \"third\" / none of its 2 lines has it",
            "5 onCreateCommand.stdout: excludes \"second\" / it is in line 2",
            "6 postCreateCommand: failed / succeeded",
            "8 container.files.~/made.mode: 0600 / 0640",
            "9 container.ports.4000: something answers / nothing listens, 10 s after the last phase",
        ]
    );
    assert!(cases[0]["repeat"].as_str().is_some_and(|repeat| repeat.ends_with("--filter 'not so' --keep")));
    for text in ["not.yaml:5:", "contains \"third\"", "second line", "--keep", "1 failed"] {
        assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
    }
    assert_eq!(tested.left(), "");
}

#[test]
fn files_and_a_workflow_of_github_are_told_too() {
    let mut tested =
        Tested::new(CONFIG, &[("not.yaml", "name: not so\nexpect: {phases: {onCreateCommand: failed}}\n")]);
    let (junit, summary) = (tested.sandbox.path("out/junit.xml"), tested.sandbox.path("summary.md"));
    std::fs::write(&summary, "before\n").expect("written");
    tested.sandbox.set_env("GITHUB_ACTIONS", "true");
    tested.sandbox.set_env("GITHUB_STEP_SUMMARY", &summary.display().to_string());
    let workspace = tested.sandbox.path("").display().to_string();
    tested.sandbox.set_env("GITHUB_WORKSPACE", &workspace);
    let ran = tested.sandbox.run(&["test", "app", "--junit", &junit.display().to_string()]).expect(1);
    let written = std::fs::read_to_string(&junit).expect("written");
    assert!(written.contains("<testsuite ") && written.contains("not so") && written.contains("<failure"), "{written}");
    let page = std::fs::read_to_string(&summary).expect("written");
    assert!(page.starts_with("before\n") && page.contains("not so"), "{page}");
    for line in [
        "::error file=app/.localspace/not.yaml,line=2,col=36,",
        // Its command stands in the second line of the configuration's hooks.
        "::error file=app/.devcontainer/devcontainer.json,line=3,col=5,",
    ] {
        assert!(ran.stderr.lines().any(|one| one.starts_with(line)), "{line}: {}", ran.stderr);
    }
}

#[test]
fn a_life_of_many_steps_with_commits_secrets_and_a_prebuild() {
    let text = r#"
name: many steps
repository: acme/app
user: mona
steps:
  - prebuild:
    expect: {phases: {onCreateCommand: succeeded, registryLogin: skipped}, secrets_leaked: none}
  - push: {files: {new.txt: "new\n", .devcontainer/none: null, deep/er: x}, message: a newer commit}
  - secret: {set: TOKEN, value: hidden-value}
  - create:
    expect:
      prebuild: {used: true, commits_behind: 1, reason: {contains: main}}
      phases: {onCreateCommand: succeeded, postCreateCommand: succeeded}
      container:
        files: {new.txt: present, deep/er: {text: {equals: x}}, ~/made: present}
        env: {TOKEN: present, GITHUB_USER: mona, GITHUB_REPOSITORY: acme/app}
  - secret: {set: TOKEN, value: other-value}
  - exec: test "$TOKEN" != other-value
  - stop
  - start: {}
    expect: {phases: {postStartCommand: succeeded, postCreateCommand: skipped}}
  - exec: test "$TOKEN" = other-value; echo "$TOKEN"
    expect: {exit: 0, stdout: {equals: "***"}}
  - rebuild:
    expect: {phases: {onCreateCommand: succeeded}, container: {files: {new.txt: present}}}
  - secret: {delete: TOKEN}
  - push: {files: {fail: ""}}
  - create: {prebuild: never}
    expect: {outcome: error, phases: {postCreateCommand: {outcome: failed, exit_code: 1}, postStartCommand: skipped}}
  - exec: echo "$TOKEN"; echo so
    expect: {stdout: {equals: secret}}
"#;
    // What is removed has to be there.
    let text = text.replace(".devcontainer/none", ".localspace/many.yaml");
    let tested = Tested::new(CONFIG, &[("many.yaml", &text)]);
    let ran = tested.test(&["--json"]).expect(1);
    let cases = Tested::cases(&ran);
    let attempt = &cases[0]["attempts"][0];
    let steps: Vec<&str> =
        attempt["steps"].as_array().expect("a list").iter().filter_map(|step| step["name"].as_str()).collect();
    let all = "prebuild push secret create secret exec stop start exec rebuild secret push create exec";
    assert_eq!(steps.join(" "), all, "{}", ran.stderr);
    assert_eq!(attempt["failures"].as_array().map(Vec::len), Some(1), "{}", ran.stderr);
    assert_eq!(attempt["failures"][0]["actual"], "\"\\nso\"");
    for value in ["hidden-value", "other-value"] {
        assert!(!ran.stdout.contains(value) && !ran.stderr.contains(value), "{value} is shown");
    }
    assert_eq!(tested.left(), "");
}

#[test]
fn an_older_commit_is_made_and_a_push_brings_the_newer_one() {
    let tested = Tested::new(CONFIG, &[]);
    let scenario = "name: pushed\nref: HEAD~1\nsteps:\n- create:\n  expect: {container: {files: {later: absent}}}\n- push: main\n- create:\n  expect: {container: {files: {later: present}}}\n";
    let folder = &tested.repository;
    std::fs::write(folder.join("later"), "x").expect("written");
    std::fs::write(folder.join(".localspace/pushed.yaml"), scenario).expect("written");
    crate::prebuild::commit(folder, "later");
    let _passed = tested.test(&[]).expect(0);
}

#[test]
fn what_passes_at_a_later_try_is_flaky() {
    let config = r#"{"image": "busybox:1", "initializeCommand": "test -e ../once || { touch ../once; exit 1; }"}"#;
    let text = "name: at last\nallow_initialize: true\nexpect: {outcome: success}\n";
    let tested = Tested::new(config, &[("at-last.yaml", text)]);
    // It runs in a clone of the repository, so the file is beside that.
    let flag = tested.sandbox.path("once");
    let config = config.replace("../once", &flag.display().to_string());
    std::fs::write(tested.repository.join(".devcontainer/devcontainer.json"), config).expect("written");
    let ran = tested.test(&["--working-tree", "--retries", "2", "--json"]).expect(0);
    let cases = Tested::cases(&ran);
    assert_eq!((&cases[0]["outcome"], cases[0]["attempts"].as_array().map(Vec::len)), (&"flaky".into(), Some(2)));
    std::fs::remove_file(&flag).expect("made");
    let _failed = tested.test(&["--working-tree"]).expect(1);
    assert_eq!(tested.left(), "");
}

#[test]
fn a_secret_that_the_engine_knows_is_told_and_not_shown() {
    let config = r#"{"image": "busybox:1", "containerEnv": {"COPY": "abcdef-123456"}, "onCreateCommand": "true"}"#;
    let text = "name: leaks\nsecrets_file: secrets.env\nexpect: {secrets_leaked: none}\n";
    let tested = Tested::new(config, &[("leaks.yaml", text)]);
    let _file = tested.sandbox.file("app/.localspace/secrets.env", "TOKEN=abcdef-123456\n");
    let ran = tested.test(&["--json"]).expect(1);
    let failure = &Tested::cases(&ran)[0]["attempts"][0]["failures"][0];
    assert_eq!(
        failure["around"],
        serde_json::json!(["a secret in the container's variable COPY", "a secret in the label devcontainer.metadata"]),
        "{}",
        ran.stderr
    );
    assert!(!ran.stdout.contains("abcdef") && !ran.stderr.contains("abcdef"));
}

#[test]
fn a_first_scenario_is_written_from_what_is_so_and_holds() {
    let tested = Tested::new(CONFIG, &[]);
    let file = tested.repository.join(".localspace/codespace.yaml");
    let ran = tested.test(&["--init"]).expect(0);
    assert!(ran.stdout.trim().ends_with("app/.localspace/codespace.yaml"), "{}", ran.stdout);
    let text = std::fs::read_to_string(&file).expect("written");
    for line in [
        "  outcome: success\n",
        "    #   stdout: {contains: \"second line\"}\n",
        "    ports: [3000]\n",
        "    user: \"root\"\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert_eq!(tested.left(), "");
    let _holds = tested.test(&[]).expect(0);
    let again = tested.test(&["--init"]).expect(2);
    assert!(again.stderr.contains("is there already"), "{}", again.stderr);
}

#[test]
fn a_first_scenario_has_what_the_codespace_was_made_with() {
    let tested = Tested::new(CONFIG, &[]);
    let secrets = tested.repository.join("secrets.env");
    std::fs::write(&secrets, triple("ACME", "acme.example", "hunter2-hunter2")).expect("written");
    let secrets = secrets.display().to_string();
    let words = ["--init", "--secrets-file", &secrets, "--repository", "acme/app", "--user", "mona"];
    let ran = tested.test(&words).expect(0);
    let text = std::fs::read_to_string(tested.repository.join(".localspace/codespace.yaml")).expect("written");
    for line in [
        "repository: \"acme/app\"\n",
        "secrets_file: \"../secrets.env\"\n",
        "user: \"mona\"\n",
        "    registryLogin: {outcome: succeeded, servers: [\"acme.example\"]}\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("hunter2") && !ran.stderr.contains("hunter2"), "{text}");
    let _holds = tested.test(&[]).expect(0);
    let alone = tested.test(&["--user", "mona"]).expect(2);
    assert!(alone.stderr.contains("--init"), "{}", alone.stderr);
}

#[test]
fn what_is_kept_can_be_opened() {
    let tested = Tested::new(CONFIG, &[("kept.yaml", "name: kept\nexpect: {outcome: error}\n")]);
    let ran = tested.test(&["--keep", "--json"]).expect(1);
    let cases = Tested::cases(&ran);
    let opened = cases[0]["attempts"][0]["kept"].as_str().expect("a command").to_owned();
    let binary = env!("CARGO_BIN_EXE_localspace");
    let command = opened.replace("localspace exec", &format!("{binary} exec")) + " -c 'cat ~/made'";
    let seen = tested.sandbox.program("sh", &["-c", &command]).output().expect("sh runs");
    assert_eq!(String::from_utf8_lossy(&seen.stdout), "made\n", "{command}: {seen:?}");
    // A later run leaves it alone.
    let _again = tested.test(&[]).expect(1);
    let homes = tested.homes();
    assert_eq!(homes.len(), 1);
    let gone = tested.sandbox.command(&["delete", "--all"]).env("LOCALSPACE_HOME", &homes[0]).output();
    assert!(gone.expect("ran").status.success());
}
