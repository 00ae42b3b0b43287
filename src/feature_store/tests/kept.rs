//! What is fetched once, and what is done where nobody can be asked.

use super::*;

async fn served(published: &Published) -> Server {
    let published = published.clone();
    Server::start(move |asked| published.answer(asked)).await
}

#[tokio::test]
async fn what_a_digest_names_is_fetched_once() {
    let (published, machine) = (Published::new(), Machine::new());
    let server = served(&published).await;
    let (written, digest) = (tool(&server), published.digest());
    assert_eq!(machine.install(&written, Some(&digest)).await.expect("fetched"), "echo hi");
    assert_eq!(server.asked().len(), 2);
    assert_eq!(machine.install(&written, Some(&digest)).await.expect("kept"), "echo hi");
    assert_eq!(server.asked().len(), 2, "nobody was asked");
    server.stop().await;
    assert_eq!(machine.install(&written, Some(&digest)).await.expect("kept"), "echo hi");
}

#[tokio::test]
async fn a_tag_is_asked_for_each_time_and_stands_in_when_nobody_answers() {
    let (published, machine) = (Published::new(), Machine::new());
    let server = served(&published).await;
    let written = tool(&server);
    assert_eq!(machine.install(&written, None).await.expect("fetched"), "echo hi");
    assert_eq!(machine.install(&written, None).await.expect("fetched"), "echo hi");
    let manifest = "GET /v2/acme/f/tool/manifests/1".to_owned();
    assert_eq!(server.asked(), [manifest.clone(), format!("GET {}", published.layer_path()), manifest]);
    let other = format!("127.0.0.1:{}/acme/f/tool:2", server.port);
    server.stop().await;
    let found = machine.find(&written).await.expect("kept");
    assert_eq!(found.metadata, METADATA);
    assert!(
        found.notes[0].contains("cannot be reached") && found.notes[0].contains(&published.digest().to_string()),
        "{found:?}"
    );
    assert_eq!(machine.install(&written, None).await.expect("kept"), "echo hi");
    assert!(problem(machine.find(&other).await).contains("had no answer"), "it was never asked for");
}

#[tokio::test]
async fn a_refusal_is_no_reason_to_take_what_was() {
    let (published, machine) = (Published::new(), Machine::new());
    let is_open = std::sync::Arc::new(std::sync::atomic::AtomicU16::new(200));
    let (open, answers) = (std::sync::Arc::clone(&is_open), published.clone());
    let server = Server::start(move |asked| match open.load(std::sync::atomic::Ordering::SeqCst) {
        200 => answers.answer(asked),
        status => Reply::new(status, ""),
    })
    .await;
    let written = tool(&server);
    let _found = machine.find(&written).await.expect("found");
    for (status, expected) in
        [(401, Err(())), (403, Err(())), (404, Err(())), (503, Ok(())), (429, Ok(())), (200, Ok(()))]
    {
        is_open.store(status, std::sync::atomic::Ordering::SeqCst);
        assert_eq!(machine.find(&written).await.map(drop).map_err(drop), expected, "{status}");
    }
}

#[tokio::test]
async fn what_was_changed_in_the_cache_is_fetched_again() {
    let (published, machine) = (Published::new(), Machine::new());
    let server = served(&published).await;
    let (written, digest) = (tool(&server), published.digest());
    assert_eq!(machine.install(&written, Some(&digest)).await.expect("fetched"), "echo hi");
    let folder = machine.around.cache.join("sha256");
    let change = || {
        for entry in std::fs::read_dir(&folder).expect("there") {
            let path = entry.expect("an entry").path();
            let text = std::fs::read_to_string(&path).expect("text");
            std::fs::write(&path, text.replace("echo hi", "echo no").replace("1.2.3", "6.6.6")).expect("written");
        }
    };
    change();
    assert_eq!(machine.install(&written, Some(&digest)).await.expect("fetched"), "echo hi");
    assert_eq!(server.asked().len(), 4, "both were fetched again");
    change();
    server.stop().await;
    assert!(problem(machine.install(&written, Some(&digest)).await).contains("had no answer"));
}

#[tokio::test]
async fn two_stores_at_once_fetch_the_same() {
    let (published, machine) = (Published::new(), Machine::new());
    let server = served(&published).await;
    let written = tool(&server);
    let all = (0..8).map(|_| machine.install(&written, None));
    for installed in futures_util::future::join_all(all).await {
        assert_eq!(installed.expect("fetched"), "echo hi");
    }
    assert_eq!(std::fs::read_dir(machine.around.cache.join("work")).expect("there").count(), 0);
    assert_eq!(std::fs::read_dir(machine.around.cache.join("sha256")).expect("there").count(), 2);
}

#[tokio::test]
async fn a_manifest_that_cannot_be_kept_is_used_all_the_same() {
    let (published, machine) = (Published::new(), Machine::new());
    let server = served(&published).await;
    std::fs::write(&machine.around.cache, "no folder").expect("written");
    let found = machine.find(&tool(&server)).await.expect("found");
    assert_eq!(found.metadata, METADATA);
    assert!(found.notes[0].contains("is not kept: cannot make "), "{found:?}");
    // Its files need a place.
    let error = machine.install(&tool(&server), None).await.expect_err("no place");
    assert_eq!(error.fault(), Fault::Machine);
}

#[tokio::test]
async fn a_feature_of_the_repository_is_copied() {
    let machine = Machine::new();
    let feature = machine.around.repository.join(".devcontainer/x");
    std::fs::create_dir_all(&feature).expect("made");
    let error = machine.find("./x").await.expect_err("no Feature");
    assert_eq!(
        error.to_string(),
        "cannot get the Feature `./x`: .devcontainer/x is no Feature: it has no devcontainer-feature.json"
    );
    std::fs::write(feature.join("devcontainer-feature.json"), METADATA).expect("written");
    std::fs::write(feature.join("install.sh"), "echo local").expect("written");
    assert_eq!(machine.find("./x").await.expect("found").metadata, METADATA);
    assert_eq!(machine.install("./x", None).await.expect("copied"), "echo local");
    std::os::unix::fs::symlink(machine.folder.path(), feature.join("out")).expect("linked");
    let error = machine.install("./x", None).await.expect_err("refused");
    assert!(error.to_string().contains(".devcontainer/x/out: it is a link that leads out"), "{error}");
    assert_eq!(error.fault(), Fault::Configuration);
    assert!(problem(machine.find("./gone").await).contains("no such folder"));
}
