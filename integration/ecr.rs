//! Registries of AWS's: an access key is exchanged for a token at each start.

use serde_json::{Value, json};

use crate::support::{Aws, Sandbox, docker};

/// A login as it stands in a Docker configuration.
fn auth(text: &str) -> Value {
    use base64::Engine as _;
    json!({ "auth": base64::engine::general_purpose::STANDARD.encode(text) })
}

fn triple(id: &str, server: &str, (user, password): (&str, &str)) -> String {
    format!(
        "{id}_CONTAINER_REGISTRY_SERVER={server}\n{id}_CONTAINER_REGISTRY_USER={user}\n{id}_CONTAINER_REGISTRY_PASSWORD={password}\n"
    )
}

const CONFIG: &str = r#"{"image": "busybox:1", "postStartCommand": "cat ~/.docker/config.json >/logins || true"}"#;

/// Several of different accounts and regions, each with a key of its own; a token of one's own is passed through.
#[test]
fn access_keys_are_exchanged_and_a_token_is_taken_as_it_is() {
    let (aws, mut sandbox) = (Aws::start(), Sandbox::new());
    sandbox.set_env("AWS_ENDPOINT_URL", aws.url());
    let servers = ["123456789012.dkr.ecr.us-east-1.amazonaws.com", "210987654321.dkr.ecr.eu-west-1.amazonaws.com"];
    let other = "333333333333.dkr.ecr.us-east-1.amazonaws.com";
    let mut text = triple("ONE", servers[0], aws.key("reader"));
    text += &triple("TWO", servers[1], aws.key("reader"));
    text += &triple("THREE", other, ("AWS", "a-token-of-ones-own"));
    let secrets = sandbox.file("s.env", &text);
    let name = sandbox.name("ecr");
    let up = sandbox.up(&sandbox.repository("r", CONFIG), &name, &["--secrets-file", &secrets]).expect(0);
    let label = format!("label=localspace.codespace={name}");
    let container = docker(&["ps", "-q", "--filter", &label]).stdout;
    let read = docker(&["exec", container.trim(), "cat", "/logins"]).expect(0).stdout;
    let logins: Value = serde_json::from_str(&read).expect("JSON");
    for server in servers {
        assert_eq!(logins["auths"][server], auth("AWS:123456789012-auth-token"), "{server}");
    }
    assert_eq!(logins["auths"][other], auth("AWS:a-token-of-ones-own"));
    let registries = up.json()["registries"].clone();
    assert_eq!(registries.as_array().map(Vec::len), Some(3), "{registries}");
    assert_eq!((&registries[0]["outcome"], &registries[0]["user"]), (&json!("written"), &json!(aws.key("reader").0)));
    // Once more, of what runs: a login alone.
    let _gone = docker(&["exec", container.trim(), "rm", "/root/.docker/config.json", "/logins"]).expect(0);
    let refreshed = sandbox.run(&["registry", "refresh", "-c", &name, "--json"]).expect(0);
    assert_eq!(refreshed.phases(), "--+--+---");
    let read = docker(&["exec", container.trim(), "cat", "/root/.docker/config.json"]).expect(0).stdout;
    let again: Value = serde_json::from_str(&read).expect("JSON");
    assert_eq!(again["auths"], logins["auths"]);
    let _absent = docker(&["exec", container.trim(), "ls", "/logins"]).expect(1);
    let _put = docker(&["exec", container.trim(), "cp", "/root/.docker/config.json", "/logins"]).expect(0);
    // A token is no secret of the user's, and yet shown nowhere.
    let shown = sandbox.run(&["exec", "-c", &name, "--", "cat", "/logins"]).expect(0).stdout;
    let encoded = auth("AWS:123456789012-auth-token");
    assert!(shown.contains("***") && !shown.contains(encoded["auth"].as_str().expect("a text")), "{shown}");
}

/// Each refusal has its words and its next step, and the codespace is made all the same.
#[test]
fn a_key_that_is_refused_is_told_with_what_is_missing() {
    let (aws, mut sandbox) = (Aws::start(), Sandbox::new());
    sandbox.set_env("AWS_ENDPOINT_URL_ECR", aws.url());
    let server = |account: usize| format!("{account}.dkr.ecr.eu-west-1.amazonaws.com");
    let (id, _) = aws.key("reader");
    let text = triple("DENIED", &server(1), aws.key("nobody"))
        + &triple("UNKNOWN", &server(2), ("AKIAXXXXXXXXXXXXXXXX", "no-such-secret"))
        + &triple("WRONG", &server(3), (id, "not-its-secret"));
    let secrets = sandbox.file("s.env", &text);
    let name = sandbox.name("refused");
    let up = sandbox.up(&sandbox.repository("r", CONFIG), &name, &["--secrets-file", &secrets]).expect(0);
    for (id, reason, hint) in [
        ("DENIED", "is not allowed ecr:GetAuthorizationToken", "allow ecr:GetAuthorizationToken to that user in IAM"),
        ("UNKNOWN", "AWS knows no such access key", "set UNKNOWN_CONTAINER_REGISTRY_USER"),
        ("WRONG", "does not belong to the access key id", "set WRONG_CONTAINER_REGISTRY_PASSWORD"),
    ] {
        let registries = up.json()["registries"].clone();
        let told = registries.as_array().expect("a list").iter().find(|one| one["id"] == id).expect(id);
        assert_eq!(told["outcome"], "failed", "{told}");
        assert!(told["reason"].as_str().is_some_and(|text| text.contains(reason)), "{told}");
        assert!(up.stderr.contains(hint), "{hint}: {}", up.stderr);
    }
    assert!(!up.stderr.contains("not-its-secret") && !up.stdout.contains("no-such-secret"));
    assert_eq!(sandbox.inside(&name, "cat /logins 2>/dev/null; true"), "");
}

#[test]
fn an_aws_that_cannot_be_reached_is_told_with_where_it_was_asked() {
    let mut sandbox = Sandbox::new();
    sandbox.set_env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let text = triple("FAR", "1.dkr.ecr.eu-west-1.amazonaws.com", ("AKIAXXXXXXXXXXXXXXXX", "secret-of-it"));
    let secrets = sandbox.file("s.env", &text);
    let name = sandbox.name("far");
    let up = sandbox.up(&sandbox.repository("r", CONFIG), &name, &["--secrets-file", &secrets]).expect(0);
    let reason = up.json()["registries"][0]["reason"].clone();
    assert!(reason.as_str().is_some_and(|text| text.contains("cannot be reached at http://127.0.0.1:9")), "{reason}");
    assert!(up.stderr.contains("AWS_ENDPOINT_URL"), "{}", up.stderr);
}
