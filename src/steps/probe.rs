//! What a login shell of the remote user has in its environment (`userEnvProbe`, devcontainer-semantics.md section 1.4).

use std::collections::BTreeMap;
use std::time::Duration;

use super::command::Place;
use super::gate::{Gate, Piece, fresh_mark};
use super::remote_user::RemoteUser;
use super::shell::{COOKIE, Opened, Script, Words};
use crate::devcontainer::UserEnvProbe;
use crate::journal::OutputStream;

/// As the reference: after this, the commands do without.
const WITHIN: Duration = Duration::from_secs(10);

/// What belongs to the probing shell alone.
const ITS_OWN: [&str; 5] = ["PWD", "OLDPWD", "SHLVL", "_", COOKIE];

/// Returns the variables that a shell of the remote user ends up with; nothing where it did not say in time.
pub(super) async fn probe(place: &Place, user: &RemoteUser, kind: UserEnvProbe) -> Option<BTreeMap<String, String>> {
    let flags = match kind {
        UserEnvProbe::None => return Some(BTreeMap::new()),
        UserEnvProbe::LoginShell => "-lc",
        UserEnvProbe::InteractiveShell => "-ic",
        UserEnvProbe::LoginInteractiveShell => "-lic",
    };
    let mark = fresh_mark();
    // Whatever the profile prints stands before this sign.
    let sign = fresh_mark();
    let words = [user.shell.clone(), flags.to_owned(), format!("echo {}; cat /proc/self/environ", sign.as_str())];
    let script =
        Script { command: Words::Exec(&words), folder: "/", env: &[], success: None, opened: Opened::Now, mark: &mark };
    let read = async {
        let gate = Gate::open(&place.engine, &place.container, &place.user).await.ok()?;
        let mut running = gate.run(&script.text(), &mark).await;
        let mut printed = Vec::new();
        loop {
            match running.next().await.ok()? {
                Piece::Output(OutputStream::Stdout, bytes) => printed.extend(bytes),
                Piece::Output(OutputStream::Stderr, _) => {}
                Piece::Ended(_) | Piece::Closed => return parse(&printed, sign.as_str()),
            }
        }
    };
    tokio::time::timeout(WITHIN, read).await.ok().flatten()
}

fn parse(printed: &[u8], sign: &str) -> Option<BTreeMap<String, String>> {
    let text = String::from_utf8_lossy(printed);
    let (_, environ) = text.rsplit_once(&format!("{sign}\n"))?;
    let pair = |entry: &str| entry.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    let all = environ.split('\0').filter_map(pair);
    Some(all.filter(|(name, _)| !name.is_empty() && !ITS_OWN.contains(&name.as_str())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_that_talks_does_not_disturb() {
        let found = parse(b"Welcome!\nX=1\nsign\nA=1\0PWD=/\0B=x\ny\0", "sign").expect("found");
        assert_eq!(found, [("A", "1"), ("B", "x\ny")].map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        assert_eq!(parse(b"A=1\0", "sign"), None);
    }
}
