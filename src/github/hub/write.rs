//! From the model back to a hub's file, for the hub's own container: what [`super::parse`] reads is written, as JSON, which is YAML too. Secrets are
//! left out: a registry has no use for them.

use serde_json::{Map, Value, json};

use super::{Access, AccessKey, Accounts, Hub, Package, PublishedBy, Token, ValueSource};

/// Returns the text of a file that says what the model says. Values that were given stand in it.
pub fn write(hub: &Hub) -> String {
    let users = hub.users.iter().map(|(login, user)| {
        let tokens: Vec<Value> = user.tokens.iter().map(token).collect();
        (login.clone(), json!({ "tokens": tokens }))
    });
    let organizations =
        hub.organizations.iter().map(|(name, one)| (name.clone(), json!({ "members": one.members.clone() })));
    let repositories = hub.repositories.iter().map(|(name, one)| {
        let access: Map<String, Value> =
            one.access.iter().map(|(login, access)| (login.clone(), access_word(*access).into())).collect();
        (name.to_string(), json!({ "visibility": one.visibility.name(), "access": access }))
    });
    let packages = hub.packages.iter().map(|(name, one)| (name.to_string(), package(one)));
    let registries = hub.registries.iter().map(|(server, one)| (server.config_key().to_owned(), accounts(one)));
    let document = json!({
        "users": users.collect::<Map<_, _>>(),
        "organizations": organizations.collect::<Map<_, _>>(),
        "repositories": repositories.collect::<Map<_, _>>(),
        "packages": packages.collect::<Map<_, _>>(),
        "registries": registries.collect::<Map<_, _>>(),
    });
    format!("{document}\n")
}

const fn access_word(access: Access) -> &'static str {
    match access {
        Access::Read => "read",
        Access::Write => "write",
        Access::Admin => "admin",
    }
}

fn token(token: &Token) -> Value {
    valued(json!({ "name": token.name, "scopes": token.scopes }), "value", &token.value)
}

fn package(package: &Package) -> Value {
    let by = match package.published_by {
        PublishedBy::Actions => "actions",
        PublishedBy::PersonalAccessToken => "pat",
    };
    let listed: Vec<String> = package.codespaces_access.iter().map(ToString::to_string).collect();
    let mut written = Map::new();
    let mut put = |name: &str, value: Value| written.insert(name.to_owned(), value);
    put("visibility", package.visibility.name().into());
    put("published_by", by.into());
    put("codespaces_access", listed.into());
    if let Some(linked) = &package.repository {
        put("repository", linked.to_string().into());
    }
    if let Some(chosen) = package.inherit_access {
        put("inherit_access", chosen.into());
    }
    if let Some(image) = &package.image {
        put("image", image.clone().into());
    }
    if let Some(tarball) = &package.tarball {
        put("tarball", tarball.display().to_string().into());
    }
    written.into()
}

fn accounts(accounts: &Accounts) -> Value {
    let users: Vec<Value> =
        accounts.users.iter().map(|one| valued(json!({ "user": one.name }), "password", &one.secret)).collect();
    let keys: Vec<Value> = accounts
        .access_keys
        .iter()
        .map(|AccessKey { account, expires_after }| {
            let key = json!({ "id": account.name, "expires_after": format!("{}s", expires_after.as_secs()) });
            valued(key, "secret", &account.secret)
        })
        .collect();
    json!({ "accounts": users, "access_keys": keys })
}

/// Adds a value, or where it is from.
fn valued(mut written: Value, name: &str, source: &ValueSource) -> Value {
    let (name, value) = match source {
        ValueSource::Given(value) => (name.to_owned(), json!(value.expose())),
        ValueSource::Env(env) => (format!("{name}_from"), json!({ "env": env })),
        ValueSource::Command(command) => (format!("{name}_from"), json!({ "command": command })),
        ValueSource::File(path) => (format!("{name}_from"), json!({ "file": path.display().to_string() })),
    };
    if let Some(fields) = written.as_object_mut() {
        fields.insert(name, value);
    }
    written
}
