//! What a registry is asked for, and what is made of its answers.

use super::*;

#[tokio::test]
async fn a_feature_is_found_by_its_tag_and_by_its_digest() {
    let published = Published::new();
    let answers = published.clone();
    let (server, machine) = (Server::start(move |asked| answers.answer(asked)).await, Machine::new());
    let found = machine.find(&tool(&server)).await.expect("found");
    assert_eq!(found.metadata, METADATA);
    assert_eq!(found.notes, [""; 0]);
    let Source::Oci { digest, manifest, .. } = &found.source else { panic!("{found:?}") };
    assert_eq!(digest, &published.digest().to_string());
    assert_eq!(manifest.to_string().as_bytes(), published.manifest, "as it was served");
    // Metadata is in the manifest: no layer was asked for.
    assert_eq!(server.asked(), ["GET /v2/acme/f/tool/manifests/1"]);

    let by_digest = format!("127.0.0.1:{}/acme/f/tool@{}", server.port, published.digest());
    assert_eq!(machine.install(&by_digest, None).await.expect("fetched"), "echo hi");
    assert_eq!(server.asked().len(), 2, "the manifest is there already, the layer was not");
}

#[tokio::test]
async fn metadata_of_an_older_feature_is_in_its_layer() {
    let published = Published::of(&[("devcontainer-feature.json", METADATA)], None);
    let (server, machine) = (Server::start(move |asked| published.answer(asked)).await, Machine::new());
    assert_eq!(machine.find(&tool(&server)).await.expect("found").metadata, METADATA);
    let empty = Published::of(&[("install.sh", "")], None);
    let server = Server::start(move |asked| empty.answer(asked)).await;
    let error = machine.find(&tool(&server)).await.expect_err("no Feature");
    assert!(error.to_string().contains("is no Feature: it has no devcontainer-feature.json"), "{error}");
    assert_eq!(error.fault(), Fault::Configuration);
}

#[tokio::test]
async fn an_answer_that_is_not_what_was_asked_for_is_not_taken() {
    let other = Published::new().digest();
    for (name, reply, part, fault) in [
        (
            "image",
            Reply::new(200, r#"{"config": {"mediaType": "application/vnd.oci.image.config.v1+json"}}"#),
            "it is a container image",
            Fault::Configuration,
        ),
        ("page", Reply::new(200, "<html>sign in</html>"), "cannot be used: it is no JSON", Fault::Registry),
        ("gone", Reply::new(404, ""), "/manifests/1: not found", Fault::Registry),
        (
            "busy",
            Reply::new(429, r#"{"errors":[{"code":"TOOMANYREQUESTS"}]}"#),
            "failed: 429: TOOMANYREQUESTS",
            Fault::Registry,
        ),
        ("down", Reply::new(503, ""), "failed: 503", Fault::Registry),
        ("odd", Reply::new(204, ""), "its status is 204", Fault::Registry),
        (
            "claims",
            Reply::new(200, Published::new().layer).with("Docker-Content-Digest", other.to_string()),
            "which the registry's answer names",
            Fault::Registry,
        ),
    ] {
        let (server, machine) = (Server::start(move |_| reply.clone()).await, Machine::new());
        let error = machine.find(&tool(&server)).await.expect_err(name);
        assert!(error.to_string().contains(part), "{name}: {error}");
        assert_eq!(error.fault(), fault, "{name}");
        assert!(error.to_string().starts_with(&format!("cannot get the Feature `127.0.0.1:{}/", server.port)));
    }
}

#[tokio::test]
async fn another_manifest_than_the_pinned_one_is_not_taken() {
    let (published, machine) = (Published::new(), Machine::new());
    let server = Server::start(move |_| Reply::new(200, published.manifest.clone())).await;
    let pinned = Digest::of(b"another");
    let locked = machine.find_locked(&tool(&server), Some(&pinned)).await.expect_err("another");
    assert!(locked.to_string().contains("which the lockfile names"), "{locked}");
    assert!(locked.hint().is_some_and(|hint| hint.contains("remove its entry")));
    assert_eq!(locked.fault(), Fault::Configuration);
    let by_id = machine.find(&format!("127.0.0.1:{}/acme/f/tool@{pinned}", server.port)).await;
    assert!(problem(by_id).contains("which its id names"));
    let asked = format!("GET /v2/acme/f/tool/manifests/{pinned}");
    assert_eq!(server.asked(), [asked.as_str(), asked.as_str()]);
}

#[tokio::test]
async fn another_layer_than_the_manifests_is_not_taken() {
    let published = Published::new();
    let mut tampered = published.layer.clone();
    tampered[600] ^= 1;
    for (layer, part) in
        [(tampered, "which its manifest names"), (b"long".repeat(2000), "it is larger than 3072 bytes")]
    {
        let published = published.clone();
        assert_eq!(published.layer.len(), 3072);
        let layer = Reply::new(200, layer);
        let reply =
            move |asked: &Asked| if asked.line.contains("/blobs/") { layer.clone() } else { published.answer(asked) };
        let (server, machine) = (Server::start(reply).await, Machine::new());
        let text = problem(machine.install(&tool(&server), None).await);
        assert!(text.contains(part), "{text}");
        let work = machine.around.cache.join("work");
        assert_eq!(std::fs::read_dir(work).expect("there").count(), 0, "nothing is left of it");
    }
}

#[tokio::test]
async fn size_has_an_end() {
    let huge = Server::start(|_| Reply { owed: 1 << 40, ..Reply::new(200, vec![b' '; 5 << 20]) }).await;
    let machine = Machine::impatient();
    let text = problem(machine.find(&tool(&huge)).await);
    assert!(text.contains("it is larger than 4194304 bytes"), "{text}");
    let text = problem(machine.find(&format!("https://127.0.0.1:{}/devcontainer-feature-x.tgz", huge.port)).await);
    assert!(text.contains("was not answered in full"), "{text}");
    let mut manifest: serde_json::Value = serde_json::from_slice(&Published::new().manifest).expect("JSON");
    manifest["layers"][0]["size"] = (300_u64 << 20).into();
    let server = Server::start(move |_| Reply::new(200, manifest.to_string())).await;
    let text = problem(machine.install(&tool(&server), None).await);
    assert!(text.contains("its layer has 314572800 bytes"), "{text}");
}

#[tokio::test]
async fn a_server_that_falls_silent_is_not_waited_for() {
    let published = Published::new();
    let slow = Reply { owed: 100, ..Reply::new(200, published.manifest) };
    let (server, machine) = (Server::start(move |_| slow.clone()).await, Machine::impatient());
    let error = machine.find(&tool(&server)).await.expect_err("silent");
    assert!(error.to_string().contains("was not answered in full within 0.3 seconds"), "{error}");
    assert_eq!(error.fault(), Fault::Registry);
    // One that takes a connection and says nothing.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let text = problem(machine.find(&format!("127.0.0.1:{port}/acme/f/tool")).await);
    assert!(text.contains("was not answered in full within 0.3 seconds"), "{text}");
    // Nor is a whole answer waited for longer than it may take.
    let mut machine = Machine::new();
    machine.around.limits.small = Duration::from_millis(300);
    let text = problem(machine.find(&tool(&server)).await);
    assert!(text.contains("was not answered in full within 0.3 seconds"), "{text}");
}

#[tokio::test]
async fn a_login_does_not_follow_to_another_server() {
    let (published, machine) = (Published::new(), Machine::new());
    let elsewhere = {
        let published = published.clone();
        Server::start(move |_| Reply::new(200, published.layer.clone())).await
    };
    let target = format!("http://localhost:{}/signed?signature=hidden", elsewhere.port);
    let reply = move |asked: &Asked| match asked.authorization.as_str() {
        "" => Reply::new(401, "").with("WWW-Authenticate", "Basic realm=x"),
        _ if asked.line.contains("/blobs/") => Reply::new(307, "").with("Location", target.clone()),
        _ => published.answer(asked),
    };
    let server = Server::start(reply).await;
    machine
        .docker_config(&json!({"auths": {format!("127.0.0.1:{}", server.port): {"username": "me", "password": "pw"}}}));
    assert_eq!(machine.install(&tool(&server), None).await.expect("fetched"), "echo hi");
    assert_eq!(elsewhere.asked(), ["GET /signed?signature=hidden"]);
    assert!(server.asked().last().is_some_and(|last| last.ends_with("Basic bWU6cHc=")));
}

#[tokio::test]
async fn a_redirection_has_an_end_and_a_direction() {
    let machine = Machine::new();
    let round = Server::start(|asked| Reply::new(302, "").with("Location", format!("{}x", &asked.line[4..]))).await;
    assert!(problem(machine.find(&tool(&round)).await).contains("redirects more than 10 times"));
    assert_eq!(round.asked().len(), 11);
    for (target, part) in [
        ("http://registry.example/x", "http:// is not asked"),
        ("file:///etc/passwd", "file:// is not asked"),
        ("https://me:pw@registry.example/", "holds a login"),
        ("http://[", "an address that is none"),
    ] {
        let server = Server::start(move |_| Reply::new(302, "").with("Location", target)).await;
        let text = problem(machine.find(&tool(&server)).await);
        assert!(text.contains(part) && !text.contains("me:pw"), "{text}");
    }
}

#[tokio::test]
async fn nobody_at_home_is_told() {
    let machine = Machine::new();
    let server = Server::start(|_| Reply::new(200, "")).await;
    let written = tool(&server);
    server.stop().await;
    let error = machine.find(&written).await.expect_err("nobody");
    assert!(error.to_string().contains("had no answer: "), "{error}");
    assert!(error.to_string().contains("Connection refused"), "{error}");
    assert_eq!(error.fault(), Fault::Registry);
    let error = machine.find("registry.localspace.invalid/a/b:1").await.expect_err("no such host");
    assert!(
        error.to_string().contains("GET https://registry.localspace.invalid/v2/a/b/manifests/1 had no answer"),
        "{error}"
    );
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_told() {
    for (network, part) in [
        (
            Network { certificates: Some("/nonexistent/ca.pem".into()), ..Network::default() },
            "SSL_CERT_FILE cannot be used",
        ),
        (
            Network { proxy: Some(crate::redact::Secret::new("socks5://h:1".to_owned())), ..Network::default() },
            "HTTPS_PROXY cannot be used: only http://",
        ),
    ] {
        let mut machine = Machine::new();
        machine.around.network = network;
        let error = machine.find("ghcr.io/a/b").await.expect_err(part);
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(error.fault(), Fault::Machine);
    }
}
