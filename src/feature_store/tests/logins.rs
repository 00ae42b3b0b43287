//! Which login a registry, or whoever makes tokens for it, is shown.

use super::*;
use crate::github::{Registry, RegistryServer};
use crate::redact::Secret;

/// A registry that wants a token, and the server that makes them: `good` for the login `me:pw`, `anonymous` for none.
fn wants_token(taken: &'static str) -> impl Fn(&Asked) -> Reply + Send + Sync + 'static {
    let published = Published::new();
    move |asked| {
        if asked.line.starts_with("GET /token?") || asked.line.starts_with("POST /token") {
            return match asked.authorization.as_str() {
                "Basic bWU6cHc=" => Reply::new(200, r#"{"token":"good"}"#),
                "" if asked.body.contains("refresh_token=fresh") => Reply::new(200, r#"{"access_token":"good"}"#),
                "" if asked.body.is_empty() => Reply::new(200, r#"{"token":"anonymous"}"#),
                _ => Reply::new(401, r#"{"details":"incorrect username or password"}"#),
            };
        }
        match asked.authorization.strip_prefix("Bearer ") {
            Some(token) if token == taken => published.answer(asked),
            Some(_) => Reply::new(403, r#"{"errors":[{"code":"DENIED","message":"denied"}]}"#),
            None => Reply::new(401, "").with("WWW-Authenticate", r#"Bearer realm="/token",service="s t""#),
        }
    }
}

fn login(machine: &Machine, server: &Server, auth: &serde_json::Value) {
    machine.docker_config(&json!({"auths": {format!("127.0.0.1:{}", server.port): auth}}));
}

#[tokio::test]
async fn a_token_is_had_with_the_login_and_remembered() {
    let (server, machine) = (Server::start(wants_token("good")).await, Machine::new());
    login(&machine, &server, &json!({"username": "me", "password": "pw"}));
    let written = tool(&server);
    let store = FeatureStore::new(machine.around.clone());
    let Named { id, .. } = FeatureId::read(&written, "").expect("an id");
    let found = store.find(&id, &written, None).await.expect("found");
    let _content = store.content(&found.source, &written).await.expect("fetched");
    let manifest = "GET /v2/acme/f/tool/manifests/1";
    let scope = "GET /token?service=s+t&scope=repository%3Aacme%2Ff%2Ftool%3Apull";
    let layer = format!("GET {} Bearer good", Published::new().layer_path());
    assert_eq!(
        server.asked(),
        [manifest, &format!("{scope} Basic bWU6cHc="), &format!("{manifest} Bearer good"), &layer]
    );
}

#[tokio::test]
async fn a_token_for_tokens_is_posted() {
    let (server, machine) = (Server::start(wants_token("good")).await, Machine::new());
    login(&machine, &server, &json!({"identitytoken": "fresh"}));
    let _found = machine.find(&tool(&server)).await.expect("found");
    let posted = &server.all()[1];
    assert_eq!(posted.line, "POST /token");
    assert_eq!(
        posted.body,
        "client_id=devcontainer&grant_type=refresh_token&service=s+t&scope=repository%3Aacme%2Ff%2Ftool%3Apull&refresh_token=fresh"
    );
}

#[tokio::test]
async fn a_login_that_has_expired_does_not_stand_in_the_way() {
    // Refused where tokens are made, or where they are shown.
    for (auth, taken) in [
        (json!({"username": "me", "password": "old"}), "anonymous"),
        (json!({"identitytoken": "old"}), "anonymous"),
        (json!({"username": "me", "password": "pw"}), "anonymous"),
    ] {
        let (server, machine) = (Server::start(wants_token(taken)).await, Machine::new());
        login(&machine, &server, &auth);
        let _found = machine.find(&tool(&server)).await.unwrap_or_else(|error| panic!("{auth}: {error}"));
        assert!(server.asked().last().is_some_and(|last| last.ends_with("Bearer anonymous")), "{auth}");
    }
}

#[tokio::test]
async fn a_refusal_says_which_login_was_refused_and_never_shows_it() {
    let (server, mut machine) = (Server::start(wants_token("nothing")).await, Machine::new());
    let without = machine.find(&tool(&server)).await.expect_err("refused");
    assert!(
        without.to_string().contains("was refused without a login: 403: DENIED, denied; there may be no permission"),
        "{without}"
    );
    assert!(without.hint().is_some_and(|hint| hint.contains("docker login 127.0.0.1:")), "{without:?}");
    assert_eq!(without.fault(), Fault::Registry);
    let secret = |text: &str| Secret::new(text.to_owned());
    let host = format!("127.0.0.1:{}", server.port);
    machine.around.oci_auth = Some(secret(&format!("{host}|me|hunter2")));
    let with = machine.find(&tool(&server)).await.expect_err("refused");
    let text = format!("{with} {with:?} {:?}", with.hint());
    assert!(text.contains("with the login in DEVCONTAINERS_OCI_AUTH: 401: incorrect username or password"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    let server = RegistryServer::normalise(&host);
    machine.around.registries =
        vec![Registry { id: "ACME".to_owned(), server, user: "me".to_owned(), password: secret("pw"), token: None }];
    let with = machine.find(&format!("{host}/acme/f/tool:1")).await.expect_err("refused");
    assert!(
        with.to_string().contains("with the secrets ACME_CONTAINER_REGISTRY_USER and _PASSWORD: 403: DENIED"),
        "{with}"
    );
    assert!(!format!("{:?}", machine.around).contains("hunter2"));
}

#[tokio::test]
async fn user_and_password_are_shown_to_a_registry_that_wants_them() {
    let published = Published::new();
    let reply = move |asked: &Asked| match asked.authorization.as_str() {
        "Basic bWU6cHc=" => published.answer(asked),
        _ => Reply::new(401, r#"{"errors":[{"code":"UNAUTHORIZED"}]}"#)
            .with("WWW-Authenticate", r#"Negotiate, Basic realm="x""#),
    };
    let (server, machine) = (Server::start(reply).await, Machine::new());
    assert!(problem(machine.find(&tool(&server)).await).contains("without a login: 401: UNAUTHORIZED"));
    login(&machine, &server, &json!({"username": "me", "password": "no"}));
    assert!(problem(machine.find(&tool(&server)).await).contains("with the login in the Docker configuration: 401"));
    login(&machine, &server, &json!({"auth": "bWU6cHc="}));
    let _found = machine.find(&tool(&server)).await.expect("found");
    // A token for tokens is no password.
    login(&machine, &server, &json!({"identitytoken": "fresh"}));
    assert!(problem(machine.find(&format!("{}.0", tool(&server))).await).contains("401"));
    assert!(server.asked().iter().all(|asked| !asked.contains("fresh")));
}

#[tokio::test]
async fn a_challenge_that_leads_astray_is_not_followed() {
    for (challenge, part) in [
        ("Bearer service=x", "does not say where one is had"),
        ("Bearer realm=\"http://tokens.example/\"", "http:// is not asked"),
        ("Bearer realm=\"file:///etc/passwd\"", "file:// is not asked"),
        ("Negotiate", "without a login: 401"),
        ("", "without a login: 401"),
    ] {
        let server = Server::start(move |_| Reply::new(401, "").with("WWW-Authenticate", challenge)).await;
        let text = problem(Machine::new().find(&tool(&server)).await);
        assert!(text.contains(part), "{text}");
    }
    for (answer, part) in [
        (Reply::new(200, "{}"), "there is no token in it"),
        (Reply::new(200, r#"{"token":"a\nb"}"#), "there is no token in it"),
        (Reply::new(500, ""), "GET http://127.0.0.1"),
        (Reply::new(200, vec![b' '; 2 << 20]), "it is larger than 1048576 bytes"),
    ] {
        let challenge = Reply::new(401, "").with("WWW-Authenticate", "Bearer realm=/token");
        let reply =
            move |asked: &Asked| if asked.line.starts_with("GET /token") { answer.clone() } else { challenge.clone() };
        let server = Server::start(reply).await;
        let text = problem(Machine::new().find(&tool(&server)).await);
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test]
async fn a_login_is_not_shown_to_whom_a_registry_redirects_to() {
    // As the reader of image layers once did (CVE-2020-15157): whoever is redirected to asks for the registry's login.
    for challenge in ["Bearer realm=\"/token\"", "Basic realm=\"x\""] {
        let other = Server::start(move |asked| {
            if asked.line.starts_with("GET /token") {
                Reply::new(200, r#"{"token":"good"}"#)
            } else {
                Reply::new(401, "").with("WWW-Authenticate", challenge)
            }
        })
        .await;
        let elsewhere = format!("http://127.0.0.1:{}/blob", other.port);
        let server = Server::start(move |_| Reply::new(307, "").with("Location", elsewhere.clone())).await;
        for auth in [json!({"username": "me", "password": "pw"}), json!({"identitytoken": "fresh"})] {
            let machine = Machine::new();
            login(&machine, &server, &auth);
            let _refused = machine.find(&tool(&server)).await.expect_err("refused");
        }
        let asked = other.all();
        assert!(asked.iter().all(|one| one.authorization.is_empty() && one.body.is_empty()), "{asked:?}");
        assert!(!asked.is_empty());
    }
}

#[tokio::test]
async fn a_credential_helper_that_cannot_be_run_is_told_where_a_registry_refuses() {
    let (server, machine) = (Server::start(wants_token("good")).await, Machine::new());
    machine.docker_config(&json!({"credsStore": "localspace-none", "auths": {format!("127.0.0.1:{}", server.port): {"auth": "bWU6b2xk"}}}));
    let error = machine.find(&tool(&server)).await.expect_err("refused");
    assert!(
        error.hint().is_some_and(|hint| hint.contains("docker-credential-localspace-none cannot be run")),
        "{error:?}"
    );
}
