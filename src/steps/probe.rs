//! What a login shell of the remote user has in its environment (`userEnvProbe`, devcontainer-semantics.md section 1.4).

use std::collections::BTreeMap;
use std::time::Duration;

use super::command::{Ahead, Place};
use super::gate::{Gate, fresh_mark};
use super::limits::within;
use super::processes;
use super::remote_user::RemoteUser;
use super::shell::{COOKIE, EndMark, Opened, Script, Words};
use crate::devcontainer::UserEnvProbe;
use crate::engine::EngineError;

/// As the reference: after this, the commands do without.
const WITHIN: Duration = Duration::from_secs(10);

/// The beginning of what the probe's processes are known by.
pub(super) const COOKIE_OF_PROBE: &str = "userEnvProbe:";

/// What belongs to the probing shell alone.
const ITS_OWN: [&str; 5] = ["PWD", "OLDPWD", "SHLVL", "_", COOKIE];

/// Returns the variables that a shell of the remote user ends up with, or why it did not say, as the end of a sentence. It is asked through the
/// first of the shells that were opened ahead, which then waits on: starting one more process in the container would cost as much again.
pub(super) async fn probe(
    place: &Place,
    user: &RemoteUser,
    kind: UserEnvProbe,
    ahead: &mut Ahead,
) -> Result<BTreeMap<String, String>, String> {
    let flags = match kind {
        UserEnvProbe::None => return Ok(BTreeMap::new()),
        UserEnvProbe::LoginShell => "-lc",
        UserEnvProbe::InteractiveShell => "-ic",
        UserEnvProbe::LoginInteractiveShell => "-lic",
    };
    let mark = fresh_mark();
    // Whatever the profile prints stands before the first of these signs, and what the shell says at its end after the second.
    let signs = [fresh_mark(), fresh_mark()];
    let [before, after] = signs.each_ref().map(EndMark::as_str);
    let words = [user.shell.clone(), flags.to_owned(), format!("echo {before}; cat /proc/self/environ; echo {after}")];
    let cookie = format!("{COOKIE_OF_PROBE}{}", mark.as_str());
    let env = [("HOME".to_owned(), Some(user.home.clone()))];
    let (command, opened) = (Words::Exec(&words), Opened::Now);
    let script = Script { command, folder: "/", env: &env, success: None, opened, cookie: cookie.clone(), mark: &mark };
    let gate = match ahead.next().await {
        Some(gate) => gate,
        None => Gate::open(&place.engine, &place.container, &place.user).await.map_err(|error| not_asked(&error))?,
    };
    let cookies = [cookie, gate.cookie().to_owned()];
    let text = script.text();
    match within(&place.cancel, None, tokio::time::timeout(WITHIN, gate.ask(&text, &mark))).await {
        Ok(Ok(Ok((printed, gate)))) => {
            ahead.put_back(gate);
            parse(&printed, before, after).ok_or_else(|| "did not say what its environment is".to_owned())
        }
        Ok(Ok(Err(error))) => Err(not_asked(&error)),
        Ok(Err(_)) | Err(_) => {
            // A shell that hangs would hang on. What is left of it is not worth a word beside the warning.
            let _left = processes::end(&place.engine, &place.container, &cookies).await;
            Err(format!("did not answer within {} s", WITHIN.as_secs()))
        }
    }
}

fn not_asked(error: &EngineError) -> String {
    format!("could not be asked ({error})")
}

fn parse(printed: &[u8], before: &str, after: &str) -> Option<BTreeMap<String, String>> {
    let text = String::from_utf8_lossy(printed);
    let (_, environ) = text.rsplit_once(&format!("{before}\n"))?;
    let (environ, _) = environ.split_once(after)?;
    let pair = |entry: &str| entry.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    let is_variable = |name: &str| !name.is_empty() && !name.contains(char::is_control) && !ITS_OWN.contains(&name);
    Some(environ.split('\0').filter_map(pair).filter(|(name, _)| is_variable(name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_that_talks_does_not_disturb() {
        let printed = b"Welcome!\nX=1\nsign\nA=1\0PWD=/\0B=x\ny\0endC=1\nBye!\0D=1\0";
        let found = parse(printed, "sign", "end").expect("found");
        assert_eq!(found, [("A", "1"), ("B", "x\ny")].map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        assert_eq!(parse(b"A=1\0", "sign", "end"), None);
        assert_eq!(parse(b"sign\nA=1\0", "sign", "end"), None);
    }
}
