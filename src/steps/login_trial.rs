//! A login that is tried in a codespace: `docker login` with exactly the values of the secrets, and a configuration of its own (source document,
//! "Debugging private image registry access").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::gate::Gate;
use crate::engine::{ContainerId, Engine, EngineError};
use crate::redact::Secret;
use crate::shell_word::quote;

/// What is tried.
#[derive(Debug, Clone, Copy)]
pub struct LoginTrial<'a> {
    /// The server, as docker is told it.
    pub server: &'a str,
    /// As whom.
    pub user: &'a str,
    /// With what.
    pub password: &'a Secret<String>,
    /// An image that is pulled with that login, and stays if it is there already.
    pub image: Option<&'a str>,
    /// An image that is asked for with a login that was refused, where the registry says why at a pull alone.
    pub probe: Option<&'a str>,
}

/// What docker said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// There is no docker in the codespace, or no engine behind it.
    NoDocker,
    /// It was tried.
    Login {
        /// Docker took it.
        is_good: bool,
        /// Docker's words.
        said: String,
        /// The words of a pull that failed.
        refused_image: Option<String>,
    },
}

/// What stands behind the login's words, with its exit code.
const ENDED: &str = "== login ended: ";

impl LoginTrial<'_> {
    /// Tries it in a container, as a user. The password goes over standard input, and is in no process's arguments.
    pub async fn run(&self, engine: &Engine, container: &ContainerId, user: &str) -> Result<Tried, EngineError> {
        let printed = Gate::open(engine, container, user).await?.print(&self.script()).await?;
        Ok(read(&printed))
    }

    fn script(&self) -> String {
        let pull = self.image.map_or_else(String::new, |image| {
            let image = quote(image);
            format!("if [ $ended = 0 ]; then out=$(docker --config \"$d\" pull -q {image} 2>&1) || printf '%s\\n' \"$out\"; fi\n")
        });
        let probe = self.probe.map_or_else(String::new, |image| {
            let auth = STANDARD.encode(format!("{}:{}", self.user, self.password.expose()));
            let config = serde_json::json!({ "auths": { self.server: { "auth": auth } } }).to_string();
            let (config, image) = (quote(&config), quote(image));
            format!("if [ $ended != 0 ]; then printf %s {config} >\"$d/config.json\"; docker --config \"$d\" pull -q {image} 2>&1; fi\n")
        });
        // Where there is no engine, there is nothing that a login could be for.
        format!(
            "if command -v docker >/dev/null && docker version >/dev/null 2>&1; then\nd=$(mktemp -d)\n\
             printf %s {password} | docker --config \"$d\" login -u {user} --password-stdin {server} 2>&1\nended=$?\n\
             {probe}echo '{ENDED}'$ended\n{pull}rm -rf \"$d\"\nfi\n",
            password = quote(self.password.expose()),
            user = quote(self.user),
            server = quote(self.server),
        )
    }
}

/// What docker says of where it keeps logins: nothing about this one.
const HINTS: [&str; 3] = ["WARNING", "Configure a credential helper", "https://docs.docker.com/"];

fn read(printed: &str) -> Tried {
    let Some((said, rest)) = printed.rsplit_once(ENDED) else { return Tried::NoDocker };
    let (code, pulled) = rest.split_once('\n').unwrap_or((rest, ""));
    let is_hint = |line: &str| HINTS.iter().any(|hint| line.starts_with(hint));
    let said = said.lines().filter(|line| !line.trim().is_empty() && !is_hint(line)).collect::<Vec<_>>();
    let refused_image = Some(pulled.trim().to_owned()).filter(|said| !said.is_empty());
    Tried::Login { is_good: code.trim() == "0", said: said.join(" "), refused_image }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_printed_is_told_apart() {
        assert_eq!(read(""), Tried::NoDocker);
        let login = |is_good, said: &str, image: Option<&str>| Tried::Login {
            is_good,
            said: said.to_owned(),
            refused_image: image.map(str::to_owned),
        };
        assert_eq!(read("Login Succeeded\n== login ended: 0\n"), login(true, "Login Succeeded", None));
        assert_eq!(read("WARNING! x\n\nno\n== login ended: 1\n"), login(false, "no", None));
        let hints =
            "WARNING! x\nConfigure a credential helper to remove this warning. See\nhttps://docs.docker.com/x\n";
        assert_eq!(read(&format!("{hints}ok\n== login ended: 0\n")), login(true, "ok", None));
        assert_eq!(read("ok\n== login ended: 0\ndenied\n"), login(true, "ok", Some("denied")));
    }
}
