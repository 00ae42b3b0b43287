//! Features at addresses.

use super::*;

#[tokio::test]
async fn a_tarball_is_fetched_and_kept() {
    let (published, machine) = (Published::new(), Machine::new());
    let layer = published.layer.clone();
    let server = Server::start(move |_| Reply::new(200, layer.clone())).await;
    // The reference writes https, and asks `localhost` without.
    let written = format!("https://localhost:{}/a/devcontainer-feature-tool.tgz", server.port);
    let digest = Digest::of(&published.layer);
    let found = machine.find(&written).await.expect("found");
    assert_eq!(found.metadata, METADATA);
    assert_eq!(found.source.digest(), Some(digest.to_string().as_str()));
    assert_eq!(server.asked(), ["GET /a/devcontainer-feature-tool.tgz"]);
    assert_eq!(machine.install(&written, Some(&digest)).await.expect("kept"), "echo hi");
    assert_eq!(server.asked().len(), 1, "nobody was asked");
    let other = machine.find_locked(&written, Some(&Digest::of(b"other"))).await.expect_err("another");
    assert!(other.to_string().contains("which the lockfile names"), "{other}");
    server.stop().await;
    let found = machine.find(&written).await.expect("kept");
    assert!(found.notes[0].contains("cannot be reached"), "{found:?}");
    assert_eq!(machine.install(&written, None).await.expect("kept"), "echo hi");
}

#[tokio::test]
async fn a_tarball_that_is_none_is_not_kept() {
    let machine = Machine::new();
    for (reply, part) in [
        (Reply::new(200, "<html>"), "it is damaged"),
        (Reply::new(200, Published::of(&[("x", "")], None).layer), "it has no devcontainer-feature.json"),
        (Reply::new(404, "gone"), "not found: gone"),
        (Reply::new(403, ""), "was refused without a login: 403"),
    ] {
        let server = Server::start(move |_| reply.clone()).await;
        let written = format!("https://127.0.0.1:{}/devcontainer-feature-tool.tgz", server.port);
        let text = problem(machine.find(&written).await);
        assert!(text.contains(part), "{text}");
        server.stop().await;
        assert!(problem(machine.find(&written).await).contains("had no answer"), "{part}");
    }
}
