//! Scenarios that cannot be: each is an error with its place and what to do, and nothing runs.

use super::Tested;

const CONFIG: &str = r#"{"image": "busybox:1"}"#;

#[test]
fn a_repository_with_none_is_told_how_to_begin_and_nothing_is_written() {
    let tested = Tested::new(CONFIG, &[]);
    std::fs::remove_dir(tested.repository.join(".localspace")).expect("empty");
    let ran = tested.test(&[]).expect(2);
    assert!(ran.stderr.contains("there is no scenario in ") && ran.stderr.contains("hint: "), "{}", ran.stderr);
    assert!(!tested.repository.join(".localspace").exists());
    let ran = tested.sandbox.run(&["test", "/nowhere"]).expect(2);
    assert!(ran.stderr.contains("cannot open /nowhere"), "{}", ran.stderr);
}

#[test]
fn every_fault_of_every_file_is_told_at_once() {
    let tested = Tested::new(
        CONFIG,
        &[
            ("a.yaml", "name: one\nexpext: {}\n"),
            ("b.yaml", "name: two\nexpect: {phases: {onCreateCommand: {stdout: {matches: '['}}}}\n"),
            ("c.yaml", "name: three\nexpect: {outcome: success}\n"),
            ("d.yml", "name: three\nexpect: {outcome: success}\n"),
            ("e.yaml", "name: five\npath: ../..\nexpect: {outcome: success}\n"),
            ("f.yaml", "name: six\nhub: none.yaml\nexpect: {outcome: success}\n"),
            ("g.yaml", "name: seven\nsecrets_file: none.env\nexpect: {outcome: success}\n"),
            ("h.yaml", "name: eight\npath: none\nexpect: {outcome: success}\n"),
            ("hub.yaml", "users: {}\n"),
            ("notes.txt", "name: [\n"),
        ],
    );
    let ran = tested.test(&[]).expect(2);
    for text in [
        "a.yaml:2:1: unknown field `expext`",
        "did you mean `expect`?",
        "b.yaml:2:55: `[` is no regular expression",
        "d.yml:1:7: the scenario of ",
        "c.yaml:1:7 has the same name: three",
        "e.yaml:2:7: ../.. is outside of the repository",
        "f.yaml:2:6: there is no hub's file none.yaml",
        "g.yaml:2:15: there is no secrets file none.env",
        "h.yaml:2:7: cannot open the repository's folder none",
    ] {
        assert!(ran.stderr.contains(text), "{text}:\n{}", ran.stderr);
    }
    assert!(!ran.stderr.contains("hub.yaml:") && !ran.stderr.contains("notes.txt"), "{}", ran.stderr);
}

#[test]
fn a_file_that_is_huge_strange_or_no_file_is_an_error() {
    let tested = Tested::new(CONFIG, &[]);
    let folder = tested.repository.join(".localspace");
    for (name, content) in [
        ("huge.yaml", vec![b'#'; 2 * 1024 * 1024]),
        ("binary.yaml", vec![0xff, 0xfe, 0]),
        (
            "bomb.yaml",
            format!(
                "a: &a [x,x,x,x,x,x,x,x,x]\n{}",
                (0..12)
                    .map(|at| {
                        let (one, next) = (char::from(b'a' + at), char::from(b'b' + at));
                        format!("{next}: &{next} [*{one},*{one},*{one},*{one},*{one},*{one},*{one},*{one},*{one}]\n")
                    })
                    .collect::<String>()
            )
            .into_bytes(),
        ),
    ] {
        let path = folder.join(name);
        std::fs::write(&path, content).expect("written");
        let ran = tested.test(&[]).expect(2);
        assert!(ran.stderr.contains(name), "{}", ran.stderr);
        std::fs::remove_file(path).expect("there");
    }
}

#[test]
fn those_that_are_meant_are_listed_and_every_part_has_others() {
    let text = |name: &str| format!("name: {name}\nmatrix: {{user: [a, b, c]}}\nexpect: {{outcome: success}}\n");
    let tested = Tested::new(CONFIG, &[("a.yaml", &text("first")), ("b.yaml", &text("second"))]);
    let names = |more: &[&str]| {
        let ran = tested.test(&[&["--list", "--format", "json"], more].concat()).expect(0);
        let listed = ran.json();
        listed
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|one| one["name"].as_str().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let all = names(&[]);
    assert_eq!(all.len(), 6);
    assert_eq!(names(&["--filter", "second [user=b]"]), ["second [user=b]"]);
    let mut parts: Vec<String> =
        ["1/4", "2/4", "3/4", "4/4"].iter().flat_map(|part| names(&["--shard", part])).collect();
    parts.sort_unstable();
    assert_eq!(parts, all);
    let matrix = tested.test(&["--list", "--format", "github-matrix", "--shards", "4"]).expect(0).json();
    assert_eq!(matrix, serde_json::json!({ "shard": ["1/4", "2/4", "3/4", "4/4"] }));
    let ran = tested.test(&["--filter", "none of them"]).expect(2);
    assert!(ran.stderr.contains("none of 6 scenarios has that in its name"), "{}", ran.stderr);
    let _bad = tested.test(&["--shard", "5/4"]).expect(2);
}

#[test]
fn the_schema_is_json_and_wants_no_repository() {
    let tested = Tested::new(CONFIG, &[]);
    let schema = tested.sandbox.run(&["test", "--schema"]).expect(0).json();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
}
