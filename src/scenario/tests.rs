//! What a scenario's file may say, what is wrong with one, and what is not as it is expected.

use super::*;
use crate::phase::Phase;

const EXAMPLE: &str = r#"
name: the private API image is there after creation
repository: acme/app
hub: hub.yaml
user: mona
runs:
  - create
  - prebuild
expect:
  outcome: success
  phases:
    onCreateCommand: {outcome: succeeded, seconds: "< 60"}
    registryLogin: {outcome: succeeded, servers: [ghcr.io, acme.azurecr.io]}
    postCreateCommand: {outcome: succeeded, stdout: {contains: [pulled], excludes: [error]}}
  container:
    files: {"~/.docker/config.json": {mode: "0600", json: {"auths.ghcr\\.io": present}}}
    env: {CODESPACES: "true"}
    commands: [{run: docker image ls -q, exit: 0, stdout: {matches: "^[0-9a-f]+"}}]
    ports: [3000]
  secrets_leaked: none
"#;

fn read(text: &str) -> Scenario {
    parse(text, "a.yaml").unwrap_or_else(|error| panic!("{error} ({:?})", error.hint()))
}

/// Returns what is wrong with a file, and what to do about it.
fn fault(text: &str) -> String {
    let error = parse(text, "a.yaml").expect_err("a fault");
    let error = format!("{error} | {}", error.hint().unwrap_or_default());
    error.strip_prefix("a.yaml:").unwrap_or(&error).to_owned()
}

#[test]
fn the_example_of_the_contract_is_read_and_makes_two_codespaces() {
    let scenario = read(EXAMPLE);
    let cases = cases(&scenario);
    let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    let name = "the private API image is there after creation";
    assert_eq!(names, [format!("{name} [create]"), format!("{name} [prebuild]")]);
    let lives: Vec<Vec<&str>> =
        cases.iter().map(|case| life(&scenario, case).iter().map(|step| step.action.name()).collect()).collect();
    assert_eq!(lives, [vec!["create"], vec!["prebuild", "create"]]);
    let expect = scenario.written.expect.as_ref().expect("expected");
    let questions = expect.value.questions().expect("of the container");
    assert_eq!(questions.files, [("~/.docker/config.json".to_owned(), true)].into());
    assert_eq!(questions.commands, ["docker image ls -q"]);
    assert!(questions.surroundings && !questions.engine && expect.value.asks_for_leaks());
}

#[test]
fn a_matrix_is_every_combination() {
    let scenario = read(
        "name: all\nhub: h\nmatrix: {config: [a, b], user: [x, y, z], prebuild: [true, false], secrets: [true, false]}\nexpect: {outcome: success}",
    );
    let cases = cases(&scenario);
    assert_eq!(cases.len(), 24);
    let first = cases.first().expect("one");
    assert_eq!(first.name, "all [prebuild, config=a, user=x, secrets=true]");
    assert!(first.of_prebuild && first.with_secrets && first.config.as_deref() == Some("a"));
    let names: std::collections::BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), 24);
}

#[test]
fn steps_are_words_or_maps_and_come_after_the_codespace_or_make_it() {
    let scenario = read(
        "name: n\nrepository: a/b\nexpect: {outcome: success}\nsteps:\n- stop\n- start:\n- rebuild: {full: true}\n- exec: make\n  expect: {exit: 2}\n- secret: {set: A, value: x}\n- push: main\n- push: {files: {a: b, c: null}}\n",
    );
    let steps = life(&scenario, &cases(&scenario)[0]);
    let names: Vec<&str> = steps.iter().map(|step| step.action.name()).collect();
    assert_eq!(names, ["create", "stop", "start", "rebuild", "exec", "secret", "push", "push"]);
    assert!(matches!(steps[3].action, Action::Rebuild { full: true }));
    assert!(!format!("{:?}", steps[5].action).contains("\"x\""), "a value is shown");
    let own =
        read("name: n\nsteps:\n- push: {files: {a: b}}\n- prebuild\n- create:\n  expect: {prebuild: {used: true}}\n");
    let names: Vec<&str> = life(&own, &cases(&own)[0]).iter().map(|step| step.action.name()).collect();
    assert_eq!(names, ["push", "prebuild", "create"]);
}

#[test]
fn each_fault_has_its_place_and_what_to_do() {
    let with = |rest: &str| format!("name: n\n{rest}");
    let mut wrong = String::new();
    for (text, expected) in [
        (String::new(), "1:1: missing field `name`"),
        (with(""), "1:7: the scenario expects nothing | say under `expect`"),
        (with("expext: {}"), "2:1: unknown field `expext`"),
        (with("expext: {}"), "| did you mean `expect`?"),
        (with("expect: {outcome: sucess}"), "2:19: unknown variant `sucess`"),
        (with("expect: {outcome: sucess}"), "| did you mean `success`?"),
        (with("expect: {}"), "2:9: `expect` is empty"),
        (with("expect: [a]"), "2:9: "),
        (with("expect: {phases: {}}"), "2:18: `phases` is empty"),
        (with("expect: {phases: {onCreateComand: succeeded}}"), "did you mean `onCreateCommand`?"),
        (with("expect: {phases: {onCreateCommand: {}}}"), "2:36: `onCreateCommand` is empty"),
        (with("expect: {phases: {onCreateCommand: {stdout: {}}}}"), "2:45: `stdout` is empty"),
        (with("expect: {phases: {onCreateCommand: {stdout: {contains: []}}}}"), "2:56: `contains` is empty"),
        (with("expect: {phases: {onCreateCommand: {stdout: {excludes: ['']}}}}"), "`excludes` has an empty text"),
        (
            with("expect: {message: {contains: no}}"),
            "2:20: invalid type: boolean `false`, expected a text or a list of texts | put",
        ),
        (with("expect: {phases: {onCreateCommand: {stdout: {matches: '('}}}}"), "2:55: `(` is no regular expression"),
        (with("expect: {phases: {onCreateCommand: {seconds: 60}}}"), "2:46: "),
        (with("expect: {phases: {onCreateCommand: {seconds: '< 1d'}}}"), "2:46: `< 1d` is no limit of time"),
        (with("expect: {phases: {registryLogin: {stdout: {contains: a}}}}"), "the phase registryLogin has no `stdout`"),
        (with("expect: {phases: {onCreateCommand: {servers: [a]}}}"), "the phase onCreateCommand has no `servers`"),
        (
            with("expect: {phases: {onCreateCommand: {outcome: skipped, exit_code: 0}}}"),
            "a phase that is skipped has no `exit_code`",
        ),
        (with("expect: {phases: {initializeCommand: succeeded}}"), "it may not run on this machine | say `allow_init"),
        (with("expect: {exit: 0}"), "2:16: `exit` cannot be expected of the step `create`"),
        (with("expect: {container: {ports: [0]}}"), "2:30: nothing answers on port 0"),
        (with("expect: {container: {ports: [70000]}}"), "2:30: "),
        (with("expect: {container: {files: {a: {mode: '999'}}}}"), "`999` are no permissions"),
        (with("expect: {container: {files: {a: {}}}}"), "2:33: `a` is empty"),
        (with("expect: {container: {commands: [{run: ' '}]}}"), "`run` is empty"),
        (with("steps: []\nexpect: {outcome: success}"), "2:8: `steps` is empty"),
        (with("steps: [stip]\nexpect: {outcome: success}"), "2:9: unknown variant `stip`"),
        (with("steps: [{}]\nexpect: {outcome: success}"), "2:9: the step does nothing"),
        (with("steps: [{stop: , start: }]\nexpect: {outcome: success}"), "the step has both `stop` and `start`"),
        (with("steps: [{stop: , expect: {outcome: success}}]"), "`outcome` cannot be expected of the step `stop`"),
        (with("steps: [{push: a, expect: {seconds: '< 1'}}]"), "`seconds` cannot be expected of the step `push`"),
        (with("steps: [{start: , expect: {phases: {image: succeeded}}}]"), "image never runs in the step `start`"),
        (
            with("steps: [prebuild, create]\nexpect: {outcome: success}"),
            "3:9: the scenario has a step `create` of its own",
        ),
        (with("steps: [stop, {create: , expect: {outcome: success}}]"), "2:9: there is no codespace yet to stop"),
        (
            with("steps: [{prebuild: , expect: {phases: {registryLogin: succeeded}}}, create]"),
            "no registry login is made in a prebuild",
        ),
        (with("steps: [{secret: {set: A}}]\nexpect: {outcome: success}"), "the secret A wants one value"),
        (with("steps: [{secret: {set: A, value: b}}]\nexpect: {outcome: success}"), "the scenario's has no name"),
        (with("steps: [{secret: {}}]\nexpect: {outcome: success}"), "a step `secret` sets one or deletes one"),
        (
            with("steps: [{push: {files: {../a: b}}}]\nexpect: {outcome: success}"),
            "`../a` is no file of the repository",
        ),
        (
            with("steps: [{push: {files: {.GIT/config: b}}}]\nexpect: {outcome: success}"),
            "is no file of the repository",
        ),
        (with("matrix: {}\nexpect: {outcome: success}"), "2:9: `matrix` is empty"),
        (with("matrix: {user: [a, a]}\nexpect: {outcome: success}"), "2:20: `a` is there twice"),
        (with("matrix: {secrets: [true]}\nexpect: {outcome: success}"), "there are none to leave out"),
        (with("matrix: {user: [a]}\nuser: b\nexpect: {outcome: success}"), "`user` is in the matrix and beside it"),
        (with("version: 2\nexpect: {outcome: success}"), "2:10: version 2 of the format is not known"),
        (with("repository: app\nexpect: {outcome: success}"), "2:13: `app` is no repository"),
        (with("timeout: 1d\nexpect: {outcome: success}"), "2:10: `1d` is no length of time"),
        (with("path: ''\nexpect: {outcome: success}"), "2:7: `path` is empty"),
        (with("runs: []\nexpect: {outcome: success}"), "2:7: `runs` is empty"),
        (with("runs: [create, create]\nexpect: {outcome: success}"), "2:16: `create` is there twice"),
        (with("name: m\nexpect: {outcome: success}"), "2:1: duplicate"),
        ("name: ''\nexpect: {outcome: success}".to_owned(), "1:7: `name` is empty"),
        ("name: [a\n".to_owned(), ""),
    ] {
        let told = fault(&text);
        if !told.contains(expected) {
            wrong.push_str(&format!("{text}\n  is: {told}\n  not: {expected}\n"));
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn no_text_makes_it_panic() {
    use proptest::prelude::*;

    proptest!(ProptestConfig::with_cases(300), |(
        text in "(name: n\n)?(expect|steps|matrix|runs)?:? ?[-{}\\[\\]:,&*!|>'\"#a-z\n ]{0,60}"
    )| {
        let _read = parse(&text, "a.yaml");
    });
}

#[test]
fn the_schema_has_every_name_and_refuses_others() {
    let schema = schema();
    let text = schema.to_string();
    for name in
        ["name", "runs", "matrix", "onCreateCommand", "secrets_leaked", "value_from_env", "additionalProperties"]
    {
        assert!(text.contains(&format!("\"{name}\"")), "{name}");
    }
    assert_eq!(schema["required"], serde_json::json!(["name"]));
    assert_eq!(schema["additionalProperties"], serde_json::json!(false));
}

/// Returns what is not as a scenario expects it.
fn mismatches(expect: &str, seen: &Seen) -> Vec<String> {
    let scenario = read(&format!("name: n\nexpect: {expect}"));
    let step = life(&scenario, &cases(&scenario)[0]).remove(0);
    let found = check(&step, seen);
    found.iter().map(|one| format!("{}: {} / {}", one.what, one.expected, one.actual)).collect()
}

fn ran(outcome: PhaseWord, stdout: &str) -> SeenPhase {
    SeenPhase {
        outcome: Some(outcome),
        exit_code: Some(0),
        stdout: stdout.into(),
        seconds: 1.5,
        ..SeenPhase::default()
    }
}

#[test]
fn what_is_so_is_no_mismatch_and_what_is_not_is_told_with_both() {
    let mut seen = Seen { outcome: Some(OutcomeWord::Success), seconds: 3.0, ..Seen::default() };
    seen.warnings = "a secret is missing\n".into();
    seen.phases.insert(Phase::OnCreateCommand, ran(PhaseWord::Succeeded, "one\ntwo\n"));
    seen.phases.insert(
        Phase::RegistryLogin,
        SeenPhase { servers: ["b".to_owned(), "a".to_owned()].into(), ..ran(PhaseWord::Succeeded, "") },
    );
    for (expect, expected) in [
        ("{outcome: success}", ""),
        ("{outcome: error}", "outcome: error / success"),
        ("{seconds: '< 4'}", ""),
        ("{seconds: '> 4'}", "seconds: > 4 / 3.00"),
        ("{phases: {onCreateCommand: succeeded}}", ""),
        ("{phases: {onCreateCommand: failed}}", "onCreateCommand: failed / succeeded"),
        ("{phases: {postCreateCommand: succeeded}}", "postCreateCommand: succeeded / it was never come to"),
        ("{phases: {onCreateCommand: {stdout: {contains: two, matches: '^two$', excludes: three}}}}", ""),
        (
            "{phases: {onCreateCommand: {stdout: {contains: three}}}}",
            "onCreateCommand.stdout: contains \"three\" / none of its 2 lines has it",
        ),
        (
            "{phases: {onCreateCommand: {stdout: {excludes: two}}}}",
            "onCreateCommand.stdout: excludes \"two\" / it is in line 2",
        ),
        ("{phases: {onCreateCommand: {stdout: {equals: \"one\\ntwo\"}}}}", ""),
        ("{phases: {onCreateCommand: {exit_code: 1}}}", "onCreateCommand.exit_code: 1 / 0"),
        ("{phases: {onCreateCommand: {seconds: '< 1'}}}", "onCreateCommand.seconds: < 1 / 1.50"),
        ("{phases: {registryLogin: {servers: [a, b]}}}", ""),
        ("{phases: {registryLogin: {servers: [a]}}}", "registryLogin.servers: a / a, b"),
        ("{diagnosis: none}", ""),
        ("{diagnosis: [x]}", "diagnosis: x / none"),
        ("{warnings: {contains: secret, excludes: token}}", ""),
        ("{warnings: {contains: token}}", "warnings: contains \"token\" / its one line has it not"),
        ("{warnings: none}", "warnings: none / 1"),
        ("{secrets_leaked: none}", ""),
        ("{prebuild: {used: false}}", ""),
        ("{prebuild: {used: true}}", "prebuild.used: one is used / none is used: "),
        ("{prebuild: {saves: '> 1%'}}", "prebuild.saves: > 1% / no prebuild of this scenario was used"),
        ("{container: {ports: [80]}}", "container: a codespace to look at / there is none"),
    ] {
        assert_eq!(mismatches(expect, &seen).join("; "), expected, "{expect}");
    }
}

#[test]
fn a_failure_that_nothing_is_said_of_is_one() {
    let mut seen = Seen { outcome: Some(OutcomeWord::Error), message: "not so".to_owned(), ..Seen::default() };
    seen.phases.insert(Phase::OnCreateCommand, SeenPhase { exit_code: Some(7), ..ran(PhaseWord::Failed, "") });
    for expect in [
        "{outcome: error}",
        "{message: {contains: not}}",
        "{phases: {onCreateCommand: failed}}",
        "{phases: {onCreateCommand: {exit_code: 7}}}",
    ] {
        assert_eq!(mismatches(expect, &seen), [""; 0], "{expect}");
    }
    assert_eq!(mismatches("{seconds: '< 1'}", &seen), ["outcome: success / error: not so"]);
    let scenario = read("name: n\nexpect: {outcome: success}\nsteps: [{exec: make}, {exec: make, expect: {exit: 2}}]");
    let steps = life(&scenario, &cases(&scenario)[0]);
    let command = SeenCommand { exit: 2, ..SeenCommand::default() };
    let seen = Seen { command: Some(command), ..Seen::default() };
    let whats: Vec<Vec<String>> =
        steps.iter().skip(1).map(|step| check(step, &seen).into_iter().map(|one| one.actual).collect()).collect();
    assert_eq!(whats, [vec!["2".to_owned()], vec![]]);
}

#[test]
fn a_phase_is_looked_at_where_it_ran() {
    let mut seen = Seen::default();
    seen.phases.insert(Phase::OnCreateCommand, ran(PhaseWord::Skipped, ""));
    seen.in_prebuild.insert(Phase::OnCreateCommand, ran(PhaseWord::Succeeded, "made"));
    for word in ["skipped", "succeeded", "{stdout: {contains: made}}"] {
        assert_eq!(mismatches(&format!("{{phases: {{onCreateCommand: {word}}}}}"), &seen), [""; 0], "{word}");
    }
}

#[test]
fn a_codespace_is_held_against_all_that_it_has_to_have() {
    let content = |text: &str| Some(Ok(text.into()));
    let file = SeenFile {
        kind: Some(KindWord::File),
        mode: 0o600,
        owner: "vscode".to_owned(),
        group: "vscode".to_owned(),
        content: content(r#"{"auths": {"ghcr.io": {"auth": "x"}}, "list": [1, 2]}"#),
    };
    let answers = Answers {
        files: [("/a".to_owned(), file)].into(),
        env: [("A".to_owned(), "1".to_owned())].into(),
        user: "vscode".to_owned(),
        users: [(
            "vscode".to_owned(),
            SeenUser { uid: 1000, groups: ["docker".to_owned()].into(), ..SeenUser::default() },
        )]
        .into(),
        ports: [(80, None), (81, Some("connection refused".to_owned()))].into(),
        commands: vec![SeenCommand { exit: 3, stdout: "out".into(), ..SeenCommand::default() }],
        ..Answers::default()
    };
    let seen = Seen { container: Some(Ok(answers)), ..Seen::default() };
    for (expect, expected) in [
        ("files: {/a: present, /b: absent}", ""),
        ("files: {/a: absent}", "container.files./a: absent / it is there"),
        ("files: {/b: {mode: '0600'}}", "container.files./b: present / it is not there"),
        (
            "files: {/a: {mode: '0644', owner: root}}",
            "container.files./a.mode: 0644 / 0600; container.files./a.owner: root / vscode",
        ),
        (r#"files: {/a: {type: file, json: {"auths.ghcr\\.io": present, list.1: 2, "auths.x": absent}}}"#, ""),
        (
            r#"files: {/a: {json: {"auths.ghcr\\.io": absent}}}"#,
            r"container.files./a.json.auths.ghcr\.io: absent / it is there",
        ),
        ("files: {/a: {json: {list.0: 7}}}", "container.files./a.json.list.0: 7 / 1"),
        ("env: {A: '1', B: absent}", ""),
        ("env: {A: '2', B: present}", "container.env.A: 2 / 1; container.env.B: present / absent"),
        ("user: root", "container.user: root / vscode"),
        ("users: {vscode: {uid: 1000, groups: docker}, root: absent}", ""),
        ("users: {vscode: {groups: [wheel]}}", "container.users.vscode.groups: in wheel / in docker"),
        ("ports: [80, 81]", "container.ports.81: something answers / connection refused"),
        ("commands: [{run: make, exit: 3, stdout: {equals: out}}]", ""),
        ("commands: [{run: make}]", "container.commands `make`: exit code 0 / exit code 3"),
    ] {
        assert_eq!(mismatches(&format!("{{container: {{{expect}}}}}"), &seen).join("; "), expected, "{expect}");
    }
}

#[test]
fn much_output_is_cut_and_what_is_not_looked_at_is_no_success() {
    let mut phase = ran(PhaseWord::Succeeded, "");
    for _ in 0..9 {
        phase.stdout.push(&"é".repeat(512 * 1024));
    }
    assert!(phase.stdout.is_cut && phase.stdout.text.len() <= 8 * 1024 * 1024);
    let mut seen = Seen::default();
    seen.phases.insert(Phase::OnCreateCommand, phase);
    for expect in ["contains: x", "excludes: x", "equals: x"] {
        let expect = format!("{{phases: {{onCreateCommand: {{stdout: {{{expect}}}}}}}}}");
        assert_eq!(mismatches(&expect, &seen).len(), 1, "{expect}");
    }
}
