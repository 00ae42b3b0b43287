//! Images that no codespace can be made from: each is a failure that says why, and leaves nothing. Those that are unlike others and are one
//! all the same are the scenarios of `devcontainers/strange-images`.

use serde_json::{Value, json};

use crate::support::{Sandbox, left_of};

/// Asserts that a Dockerfile on top of busybox, with what of a configuration goes with it, fails in these words.
#[track_caller]
fn fails(dockerfile: &str, mut config: Value, code: i32, said: &[&str]) {
    let sandbox = Sandbox::new();
    config["build"] = json!({"dockerfile": "Dockerfile"});
    let repository = sandbox.repository("r", &config.to_string());
    let text = format!("FROM busybox:1\n{dockerfile}\n");
    std::fs::write(repository.join(".devcontainer/Dockerfile"), text).expect("written");
    let name = sandbox.name("strange");
    let up = sandbox.up(&repository, &name, &["--working-tree"]).expect(code);
    for said in said {
        assert!(up.stderr.contains(said), "{}", up.stderr);
    }
    let _gone = sandbox.run(&["delete", "-c", &name]);
    assert_eq!(left_of(&name), "");
}

#[test]
fn an_image_whose_own_program_ends_says_so_where_it_is_asked_to_run() {
    let said = ["the container has ended, with exit code 1", "overrideCommand"];
    fails("ENTRYPOINT [\"/bin/false\"]", json!({"overrideCommand": false}), 3, &said);
}

#[test]
fn an_image_that_has_no_user_says_which_one_is_missing() {
    let said = ["devcontainer.json:1:", "the image has no user `root`; its /etc/passwd is missing"];
    fails("RUN rm /etc/passwd /etc/group", json!({}), 2, &said);
}
