//! Two homes on one engine: to each the other's codespaces are not there.

use crate::support::{Sandbox, left_of};

#[test]
fn two_homes_do_not_see_each_others_codespaces() {
    let (ours, theirs) = (Sandbox::new(), Sandbox::new());
    let config = r#"{"image": "busybox:1", "onCreateCommand": "touch ~/here"}"#;
    let repository = ours.repository("r", config);
    let (our_name, their_name) = (ours.name("ours"), theirs.name("theirs"));
    let _up = ours.up(&repository, &our_name, &[]).expect(0);
    let _up = theirs.up(&repository, &their_name, &[]).expect(0);
    for (home, name, other) in [(&ours, &our_name, &their_name), (&theirs, &their_name, &our_name)] {
        let listed = home.run(&["list", "--json"]).expect(0).json();
        assert_eq!(listed.as_array().expect("a list").len(), 1, "{listed}");
        assert_eq!(listed[0]["name"], name.as_str());
        // Where a name may be left out, there is one codespace.
        assert_eq!(home.run(&["view", "--json"]).expect(0).json()["name"], name.as_str());
        for verb in [&["view"][..], &["stop"], &["start"], &["delete"], &["logs"]] {
            let ran = home.run(&[verb, &["-c", other]].concat()).expect(2);
            assert!(ran.stderr.contains(&format!("there is no codespace {other}")), "{verb:?}: {}", ran.stderr);
        }
    }
    // A name is the engine's container's: whose it is already has it.
    let taken = theirs.up(&repository, &our_name, &[]);
    assert_eq!(taken.code, 3, "{taken:?}");
    assert!(taken.stderr.contains(&our_name), "{}", taken.stderr);
    let _all = theirs.run(&["delete", "--all"]).expect(0);
    assert_eq!(left_of(&their_name), "");
    assert_eq!(theirs.run(&["list", "--json"]).expect(0).json(), serde_json::json!([]));
    assert_eq!(ours.inside(&our_name, "ls ~"), "here\n");
}
