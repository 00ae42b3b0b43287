//! What a prebuild saves: `prebuild report`.

use super::Prebuilds;
use crate::support::Sandbox;

#[test]
fn two_codespaces_are_compared_and_gone() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let config = r#"{
        "image": "busybox:1",
        "onCreateCommand": "timeout 1 sh -c 'while :; do :; done'; true",
        "postCreateCommand": "true"
    }"#;
    let folder = sandbox.repository("app", config).display().to_string();
    let told = sandbox.run(&["prebuild", "report", &folder, "--json"]).expect(0).json();
    assert_eq!((&told["outcome"], &told["prebuildMade"]), (&"success".into(), &true.into()), "{told}");
    assert_eq!(told["cached"], "the image busybox:1 was on the engine already");
    let phases = told["phases"].as_array().expect("a list");
    let of = |name: &str| phases.iter().find(|one| one["phase"] == name).expect("a phase");
    assert!(of("onCreateCommand")["without"].as_f64().expect("seconds") > 0.9, "{told}");
    assert!(of("onCreateCommand")["with"].is_null() && of("postCreateCommand")["with"].is_f64(), "{told}");
    assert_eq!(prebuilds.names(), [told["prebuild"].as_str().expect("a name")]);
    assert!(sandbox.run(&["list", "--json"]).expect(0).json().as_array().expect("a list").is_empty());

    let ran = sandbox.run(&["prebuild", "report", &folder]).expect(0);
    for said in ["PHASE ", "WITH PREBUILD\n", "\ntotal "] {
        assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
    }
    assert!(ran.stderr.contains("on one machine, one after the other"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("no prebuild fits"), "{}", ran.stderr);
    let _deleted = sandbox.run(&["prebuild", "delete", "--all"]).expect(0);
    assert_eq!(prebuilds.objects(), "");

    let failing = sandbox.repository("fails", r#"{"image": "busybox:1", "onCreateCommand": "false"}"#);
    let failed = sandbox.run(&["prebuild", "report", &failing.display().to_string(), "--json"]).expect(1);
    assert_eq!(failed.json()["outcome"], "error");
    assert!(sandbox.run(&["list", "--json"]).expect(0).json().as_array().expect("a list").is_empty());
}
