//! Kept, encrypted, and never lost.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use age::secrecy::ExposeSecret;
use tempfile::TempDir;

use super::*;
use crate::codespace::RepositoryName;
use crate::github::hub::AccessPolicy;

fn store() -> (TempDir, SecretStore) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = SecretStore::new(folder.path().join("config"), KeySources::default());
    (folder, store)
}

fn with_key(folder: &Path, given: Option<&str>, file: Option<PathBuf>) -> SecretStore {
    let given = given.map(|key| Secret::new(key.to_owned()));
    SecretStore::new(folder.join("config"), KeySources { given, file, keyring: None })
}

fn secret(name: &str, scope: SecretScope, value: &str) -> KeptSecret {
    let updated = "2026-01-02T03:04:05Z".parse().expect("a time");
    KeptSecret { name: name.parse().expect("a name"), scope, value: Secret::new(value.to_owned()), updated }
}

fn repository(name: &str) -> SecretScope {
    SecretScope::Repository(name.parse().expect("a name"))
}

fn set(store: &SecretStore, name: &str, value: &str) -> Result<(), StoreError> {
    store.change(|secrets| put(secrets, secret(name, repository("acme/app"), value)))
}

fn names(store: &SecretStore) -> Vec<String> {
    store.load().expect("loaded").iter().map(|one| one.name.to_string()).collect()
}

#[test]
fn every_level_comes_back_as_it_was() {
    let (_folder, store) = store();
    assert_eq!(store.load().expect("none"), []);
    let named =
        |names: &[&str]| names.iter().map(|name| name.parse().expect("a name")).collect::<Vec<RepositoryName>>();
    let organization = |policy| SecretScope::Organization { organization: "acme".to_owned(), policy };
    let all = vec![
        secret(
            "A",
            SecretScope::User { user: "mona".to_owned(), repositories: named(&["acme/app", "mona/x"]) },
            "1\n\"é",
        ),
        secret("A", repository("acme/app"), "2"),
        secret("A", organization(AccessPolicy::All), "3"),
        secret("B", organization(AccessPolicy::Private), "4"),
        secret("C", organization(AccessPolicy::Selected(named(&["acme/app"]))), "5"),
        secret("D", organization(AccessPolicy::Selected(Vec::new())), "6"),
    ];
    store.change(|secrets| all.iter().try_for_each(|one| put(secrets, one.clone()))).expect("kept");
    assert_eq!(store.load().expect("loaded"), all);
    // A name is there once at its owner, whose case does not count.
    store.change(|secrets| put(secrets, secret("A", repository("Acme/App"), "new"))).expect("kept");
    assert_eq!(store.load().expect("loaded").len(), all.len());
    let gone = store.change(|secrets| Ok(take(secrets, &"A".parse().expect("a name"), &repository("ACME/app"))));
    assert!(gone.expect("changed"));
    assert_eq!(store.load().expect("loaded").len(), all.len() - 1);
}

#[test]
fn nothing_on_the_disk_shows_a_value_and_all_is_its_owners() {
    let (folder, store) = store();
    set(&store, "A", "hunter2-hunter2").expect("kept");
    let config = folder.path().join("config");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&config).expect("a folder") {
        let path = entry.expect("an entry").path();
        assert_eq!(path.metadata().expect("there").permissions().mode() & 0o777, 0o600, "{}", path.display());
        let bytes = std::fs::read(&path).expect("read");
        assert!(!bytes.windows(7).any(|window| window == b"hunter2"), "{}", path.display());
        files.push(path.file_name().expect("a name").to_owned());
    }
    files.sort();
    assert_eq!(files, ["secrets.age", "secrets.key"]);
    assert_eq!(config.metadata().expect("there").permissions().mode() & 0o777, 0o700);
}

#[test]
fn the_first_key_that_is_named_counts() {
    let (folder, store) = store();
    set(&store, "A", "value").expect("kept");
    let own = std::fs::read_to_string(folder.path().join("config/secrets.key")).expect("a key");
    let other = age::x25519::Identity::generate();
    let other = other.to_string().expose_secret().to_owned();
    let file = folder.path().join("key.txt");
    std::fs::write(&file, format!("# created: today\r\n{other}\r\n")).expect("written");

    // The one that was made here, given in each way.
    assert_eq!(names(&with_key(folder.path(), Some(&own), Some(file.clone()))), ["A"]);
    let wrong = [with_key(folder.path(), Some(&other), None), with_key(folder.path(), None, Some(file.clone()))];
    for (store, from) in wrong.iter().zip([KEY, "key.txt"]) {
        let error = store.load().expect_err("another key");
        assert!(error.to_string().contains(from), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains(KEY_FILE)));
        // Nothing is written over what cannot be opened.
        assert!(matches!(set(store, "B", "x"), Err(StoreError::WrongKey { .. })));
    }
    assert_eq!(names(&store), ["A"]);

    // Where the key is gone, none is made in its place.
    std::fs::remove_file(folder.path().join("config/secrets.key")).expect("removed");
    assert!(matches!(store.load(), Err(StoreError::NoKey { .. })));
    assert!(matches!(set(&store, "B", "x"), Err(StoreError::NoKey { .. })));
    std::fs::write(folder.path().join("config/secrets.key"), own).expect("put back");
    assert_eq!(names(&store), ["A"]);
}

#[test]
fn a_key_of_ones_own_makes_no_other() {
    let (folder, _) = store();
    let key = age::x25519::Identity::generate().to_string().expose_secret().to_owned();
    let store = with_key(folder.path(), Some(&key), None);
    set(&store, "A", "value").expect("kept");
    assert!(!folder.path().join("config/secrets.key").exists());
    // The age program opens the file with that key.
    let sealed = std::fs::read(folder.path().join("config/secrets.age")).expect("there");
    let text = age::decrypt(&key.parse::<age::x25519::Identity>().expect("a key"), &sealed).expect("opened");
    assert!(String::from_utf8_lossy(&text).starts_with("{\"version\":1,"));
}

#[test]
fn what_is_no_key_is_told_without_its_text() {
    let (folder, store) = store();
    set(&store, "A", "value").expect("kept");
    let long = format!("AGE-SECRET-KEY-1{}", "Q".repeat(58));
    for text in [
        "hunter2",
        "",
        "# only a comment\n",
        "AGE-SECRET-KEY-1HUNTER2",
        long.as_str(),
        "hunter2\nhunter2",
        "age1hunter2",
    ] {
        let error = with_key(folder.path(), Some(text), None).load().expect_err(text);
        assert!(matches!(error, StoreError::BadKey { .. }), "{error}");
        let told = format!("{error} {:?}", error.hint()).to_lowercase();
        assert!(told.contains("localspace_secrets_key") && !told.contains("hunter2"), "{told}");
    }
    let missing = with_key(folder.path(), None, Some(folder.path().join("none"))).load().expect_err("missing");
    assert!(missing.to_string().contains("there is no such file"), "{missing}");
}

#[test]
fn a_damaged_file_is_told_and_left_as_it_is() {
    let (folder, store) = store();
    set(&store, "A", "hunter2").expect("kept");
    let path = folder.path().join("config/secrets.age");
    let whole = std::fs::read(&path).expect("read");
    let mut damaged: Vec<Vec<u8>> = (0..whole.len()).step_by(7).map(|length| whole[..length].to_vec()).collect();
    damaged.extend((0..whole.len()).step_by(5).map(|at| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    }));
    damaged.push([whole.clone(), b"more".to_vec()].concat());
    for bytes in damaged {
        std::fs::write(&path, &bytes).expect("written");
        let error = store.load().expect_err("damaged");
        assert!(matches!(error, StoreError::Damaged { .. } | StoreError::WrongKey { .. }), "{error}");
        assert!(set(&store, "B", "x").is_err());
        assert_eq!(std::fs::read(&path).expect("there"), bytes);
    }
    std::fs::write(&path, whole).expect("put back");
    assert_eq!(names(&store), ["A"]);
}

/// What a process leaves that is killed while it writes.
#[test]
fn a_half_that_was_left_is_written_over() {
    let (folder, store) = store();
    set(&store, "A", "value").expect("kept");
    std::fs::write(folder.path().join("config/secrets.age.new"), "half of a").expect("written");
    assert_eq!(names(&store), ["A"]);
    set(&store, "B", "value").expect("kept");
    assert_eq!(names(&store), ["A", "B"]);
    assert!(!folder.path().join("config/secrets.age.new").exists());
}

#[test]
fn a_newer_programs_file_is_not_written_over() {
    let (folder, store) = store();
    set(&store, "A", "value").expect("kept");
    let key: age::x25519::Identity = std::fs::read_to_string(folder.path().join("config/secrets.key"))
        .expect("a key")
        .lines()
        .last()
        .expect("a line")
        .parse()
        .expect("a key");
    for (text, words) in [
        (r#"{"version":2,"secrets":[]}"#, "a newer one wrote it"),
        ("no JSON", "line 1"),
        (
            r#"{"version":1,"secrets":[{"name":"A","level":"planet","owner":"x","value":"hunter2","updatedAt":"2026-01-02T03:04:05Z"}]}"#,
            "a secret in it is none",
        ),
    ] {
        let sealed = age::encrypt(&key.to_public(), text.as_bytes()).expect("encrypted");
        std::fs::write(folder.path().join("config/secrets.age"), &sealed).expect("written");
        let error = store.load().expect_err(text).to_string();
        assert!(error.contains(words) && !error.contains("hunter2"), "{error}");
        assert!(set(&store, "B", "x").is_err());
    }
}

#[test]
fn an_owner_has_as_many_as_github_takes() {
    let (_folder, store) = store();
    let many = |owner: &str| -> Result<(), StoreError> {
        store.change(|secrets| {
            (0..MAX_SECRETS).try_for_each(|at| put(secrets, secret(&format!("S{at}"), repository(owner), "x")))
        })
    };
    many("acme/app").expect("100");
    many("acme/other").expect("another 100");
    let error = set(&store, "ONE_MORE", "x").expect_err("101").to_string();
    assert_eq!(error, "repository acme/app has 100 secrets, the most that GitHub takes");
    set(&store, "S1", "changed").expect("it is there already");
    assert_eq!(names(&store).len(), 2 * MAX_SECRETS);
}

/// A keyring that is open, or has something to say.
#[derive(Debug)]
struct Fake {
    key: std::sync::Mutex<Option<String>>,
    closed: Option<&'static str>,
}

impl Keyring for Fake {
    fn get(&self) -> Result<Option<Secret<String>>, String> {
        match self.closed {
            Some(why) => Err(why.to_owned()),
            None => Ok(self.key.lock().expect("ours").clone().map(Secret::new)),
        }
    }

    fn set(&self, key: &Secret<String>) -> Result<(), String> {
        *self.key.lock().expect("ours") = Some(key.expose().clone());
        Ok(())
    }
}

fn with_keyring(folder: &Path, key: Option<String>, closed: Option<&'static str>) -> (SecretStore, Arc<Fake>) {
    let fake = Arc::new(Fake { key: std::sync::Mutex::new(key), closed });
    let keys = KeySources { keyring: Some(fake.clone()), ..KeySources::default() };
    (SecretStore::new(folder.join("config"), keys), fake)
}

#[test]
fn a_new_key_is_kept_in_the_keyring_and_not_on_the_disk() {
    let (folder, _) = store();
    let (store, keyring) = with_keyring(folder.path(), None, None);
    set(&store, "A", "value").expect("kept");
    assert!(!folder.path().join("config/secrets.key").exists());
    let key = keyring.key.lock().expect("ours").clone();
    assert_eq!(names(&with_keyring(folder.path(), key.clone(), None).0), ["A"]);

    // Closed, emptied or changed: told, and nothing is written over.
    let closed = with_keyring(folder.path(), key, Some("it is locked")).0;
    let error = closed.load().expect_err("closed").to_string();
    assert!(error.contains("the keyring does not answer: it is locked"), "{error}");
    assert!(matches!(set(&closed, "B", "x"), Err(StoreError::NoKey { .. })));
    let empty = with_keyring(folder.path(), None, None).0;
    assert!(matches!(set(&empty, "B", "x"), Err(StoreError::NoKey { .. })));
    let other = age::x25519::Identity::generate().to_string().expose_secret().to_owned();
    let error = with_keyring(folder.path(), Some(other), None).0.load().expect_err("another").to_string();
    assert!(error.contains("the key of the keyring does not open"), "{error}");
}

#[test]
fn where_the_keyring_does_not_answer_the_key_is_a_file_and_stays_one() {
    let (folder, _) = store();
    set(&with_keyring(folder.path(), None, Some("there is none")).0, "A", "value").expect("kept");
    assert!(folder.path().join("config/secrets.key").exists());
    let (open, keyring) = with_keyring(folder.path(), None, None);
    set(&open, "B", "value").expect("kept");
    assert_eq!(names(&open), ["A", "B"]);
    assert!(keyring.key.lock().expect("ours").is_none());
}
