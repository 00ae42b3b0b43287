//! A user's shell that does not answer. What a command sees in its environment is said by the scenarios of `devcontainers/hooks`.

use crate::support::{Sandbox, commit};

#[test]
fn a_profile_that_hangs_is_told() {
    let sandbox = Sandbox::new();
    let repository = sandbox.sample("hooks", &[]);
    commit(&repository);
    let name = sandbox.name("hangs");
    let began = std::time::Instant::now();
    let up = sandbox.up(&repository, &name, &["--config", ".devcontainer/profile-hangs/devcontainer.json"]).expect(0);
    assert!((10..50).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert!(up.stderr.contains("/bin/bash, the user's shell, did not answer within 10 s"), "{}", up.stderr);
}
