//! Several at once on one prebuild, and an engine that was away between its making and its use.

use std::fs;
use std::io::{BufRead, BufReader};

use super::{Prebuilds, commit};
use crate::support::{Deadline, Ran, Sandbox};

const CONFIG: &str = r#"{
    "image": "busybox:1",
    "onCreateCommand": "head -c 300000000 /dev/zero | tr '\\0' x >large; echo made >/root/made"
}"#;

#[test]
fn two_codespaces_are_made_of_it_at_once() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let folder = sandbox.repository("app", CONFIG);
    let _prebuild = prebuilds.created(&folder, &[]);
    let names = [sandbox.name("one"), sandbox.name("two")];
    let repository = folder.display().to_string();
    let children: Vec<_> =
        names.iter().map(|name| sandbox.spawn(&["up", &repository, "--name", name, "--json"])).collect();
    for (child, name) in children.into_iter().zip(&names) {
        let _deadline = Deadline::of(child.id());
        let up = Ran::of(child.wait_with_output().expect("ended")).expect(0);
        assert_eq!(up.phases(), "--+------", "{}", up.stderr);
        assert_eq!(sandbox.inside(name, "wc -c <large; cat ~/made"), "300000000\nmade\n");
    }
    assert_eq!(prebuilds.names().len(), 1);
}

#[test]
fn one_that_a_codespace_is_being_made_of_is_deleted_after_that() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let folder = sandbox.repository("app", CONFIG);
    let prebuild = prebuilds.created(&folder, &[]);
    let name = sandbox.name("one");
    let repository = folder.display().to_string();
    let mut up = sandbox.watch(&["up", &repository, "--name", &name, "--json"]);
    up.until_started("create");
    let mut delete = sandbox.spawn(&["prebuild", "delete", &prebuild]);
    let _deadline = Deadline::of(delete.id());
    let mut line = String::new();
    BufReader::new(delete.stderr.take().expect("piped")).read_line(&mut line).expect("text");
    assert_eq!(line, format!("waiting for localspace up (process {})\n", up.id()));
    let ran = up.end().0.expect(0);
    assert_eq!(ran.phases(), "--+------", "{}", ran.stderr);
    let _deleted = Ran::of(delete.wait_with_output().expect("ended")).expect(0);
    assert_eq!(sandbox.inside(&name, "wc -c <large; cat ~/made"), "300000000\nmade\n");
    assert!(prebuilds.names().is_empty() && prebuilds.volumes().is_empty());
    // A later one has nothing to do with it.
    fs::write(folder.join("more"), "x").expect("written");
    commit(&folder, "more");
    let other = sandbox.name("two");
    let up = sandbox.up(&folder, &other, &[]).expect(0);
    assert!(up.stderr.contains("onCreateCommand: succeeded"), "{}", up.stderr);
    for name in [&name, &other] {
        let _gone = sandbox.run(&["delete", "-c", name]).expect(0);
    }
    assert_eq!(prebuilds.objects(), "");
}
