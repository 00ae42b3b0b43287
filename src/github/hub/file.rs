//! The hub's file as it is written: every name that may stand in it, and where it stands.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_saphyr::Spanned;

use crate::redact::Secret;

/// A map's entries in their order, with the places of their names.
#[derive(Debug)]
pub(super) struct Entries<V>(pub(super) Vec<(Spanned<String>, V)>);

impl<V> Default for Entries<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Entries<V> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Names<V>(std::marker::PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for Names<V> {
            type Value = Entries<V>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a map of names")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<V>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        from.deserialize_map(Names(std::marker::PhantomData))
    }
}

/// The whole file.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct HubFile {
    pub(super) users: Entries<Option<UserEntry>>,
    pub(super) organizations: Entries<Option<OrganizationEntry>>,
    pub(super) repositories: Entries<Option<RepositoryEntry>>,
    pub(super) packages: Entries<Option<PackageEntry>>,
    pub(super) secrets: Vec<SecretEntry>,
    pub(super) registries: Entries<Option<RegistryEntry>>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct UserEntry {
    pub(super) tokens: Vec<TokenEntry>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenEntry {
    pub(super) name: Spanned<String>,
    #[serde(default)]
    pub(super) scopes: Vec<Spanned<String>>,
    pub(super) value: Option<Hidden>,
    pub(super) value_from: Option<Spanned<FromEntry>>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct OrganizationEntry {
    pub(super) members: Vec<Spanned<String>>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RepositoryEntry {
    pub(super) visibility: Option<Spanned<String>>,
    pub(super) access: Entries<Spanned<String>>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PackageEntry {
    pub(super) visibility: Option<Spanned<String>>,
    pub(super) repository: Option<Spanned<String>>,
    pub(super) published_by: Option<Spanned<String>>,
    pub(super) inherit_access: Option<bool>,
    pub(super) codespaces_access: Vec<Spanned<String>>,
    pub(super) image: Option<Spanned<String>>,
    pub(super) tarball: Option<Spanned<String>>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretEntry {
    pub(super) name: Spanned<String>,
    pub(super) user: Option<Spanned<String>>,
    pub(super) repository: Option<Spanned<String>>,
    pub(super) organization: Option<Spanned<String>>,
    pub(super) visibility: Option<Spanned<String>>,
    pub(super) repositories: Option<Vec<Spanned<String>>>,
    pub(super) value: Option<Hidden>,
    pub(super) value_from: Option<Spanned<FromEntry>>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RegistryEntry {
    pub(super) accounts: Vec<AccountEntry>,
    pub(super) access_keys: Vec<AccessKeyEntry>,
    pub(super) expires_after: Option<Spanned<String>>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountEntry {
    pub(super) user: Spanned<String>,
    pub(super) password: Option<Hidden>,
    pub(super) password_from: Option<Spanned<FromEntry>>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccessKeyEntry {
    pub(super) id: Spanned<String>,
    pub(super) secret: Option<Hidden>,
    pub(super) secret_from: Option<Spanned<FromEntry>>,
    pub(super) expires_after: Option<Spanned<String>>,
}

/// Where a value is from that does not stand in the file.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FromEntry {
    pub(super) env: Option<String>,
    pub(super) command: Option<String>,
    pub(super) file: Option<String>,
}

/// A value that is shown nowhere.
#[derive(Debug)]
pub(super) struct Hidden(pub(super) Secret<String>);

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|value| Self(Secret::new(value)))
    }
}
