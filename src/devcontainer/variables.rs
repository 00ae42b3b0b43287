//! Variables in a configuration's strings (devcontainer-semantics.md section 1.2).

use std::collections::BTreeMap;

/// What variables stand for. What is absent stays as it is written, for a later stage.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    /// The host's environment: `${localEnv:…}`.
    pub local_env: BTreeMap<String, String>,
    /// `${localWorkspaceFolder}`.
    pub local_folder: Option<String>,
    /// `${localWorkspaceFolderBasename}`, where it is not the last part of `local_folder`.
    pub local_basename: Option<String>,
    /// `${containerWorkspaceFolder}`.
    pub container_folder: Option<String>,
    /// `${devcontainerId}`.
    pub id: Option<String>,
    /// The container's environment: `${containerEnv:…}`.
    pub container_env: Option<BTreeMap<String, String>>,
}

impl Variables {
    /// Returns `text` with its variables replaced, in one pass: what a variable stands for is not looked at again.
    ///
    /// Everything after the second colon is the default. (Reference CLI: the text up to the third, so that `${localEnv:X:https://y}` is
    /// `https`; cli#719.)
    pub fn apply(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let (before, from) = rest.split_at(start);
            out.push_str(before);
            rest = from;
            let Some(end) = from.find('}') else { break };
            let (variable, after) = from.split_at(end + 1);
            match variable.get(2..end).and_then(|inner| self.value(inner)) {
                Some(value) => out.push_str(&value),
                None => out.push_str(variable),
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn value(&self, inner: &str) -> Option<String> {
        let (name, argument) = inner.split_once(':').map_or((inner, None), |(name, argument)| (name, Some(argument)));
        let basename = |path: &String| path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        let from = |env: &BTreeMap<String, String>| {
            let (name, default) = argument?.split_once(':').map_or((argument?, ""), |(name, default)| (name, default));
            Some(env.get(name).cloned().unwrap_or_else(|| default.to_owned()))
        };
        match name {
            "localEnv" | "env" => from(&self.local_env),
            "containerEnv" => from(self.container_env.as_ref()?),
            "localWorkspaceFolder" => self.local_folder.clone(),
            "localWorkspaceFolderBasename" => {
                self.local_basename.clone().or_else(|| self.local_folder.as_ref().map(basename))
            }
            "containerWorkspaceFolder" => self.container_folder.clone(),
            "containerWorkspaceFolderBasename" => self.container_folder.as_ref().map(basename),
            "devcontainerId" => self.id.clone(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn variables() -> Variables {
        Variables {
            local_env: [("USER".to_owned(), "mona".to_owned()), ("EMPTY".to_owned(), String::new())].into(),
            local_folder: Some("/home/mona/app".to_owned()),
            local_basename: None,
            container_folder: Some("/workspaces/app".to_owned()),
            id: None,
            container_env: None,
        }
    }

    #[test]
    fn variables_are_replaced_once() {
        for (text, expected) in [
            ("${localEnv:USER}-${env:USER}", "mona-mona"),
            ("${localEnv:NONE}", ""),
            ("${localEnv:NONE:https://x:1}", "https://x:1"),
            ("${localEnv:EMPTY:d}", ""),
            ("${localEnv}", "${localEnv}"),
            ("${localWorkspaceFolderBasename}", "app"),
            ("${containerWorkspaceFolder}/x", "/workspaces/app/x"),
            ("${devcontainerId}", "${devcontainerId}"),
            ("${containerEnv:PATH}", "${containerEnv:PATH}"),
            ("${unknown:x} $HOME ${", "${unknown:x} $HOME ${"),
            ("a${localEnv:USER", "a${localEnv:USER"),
        ] {
            assert_eq!(variables().apply(text), expected, "{text}");
        }
    }

    #[test]
    fn a_folder_may_be_called_otherwise_than_its_last_part() {
        let local_basename = Some("app".to_owned());
        let variables =
            Variables { local_folder: Some("/tmp/clone-1".to_owned()), local_basename, ..Variables::default() };
        let text = "${localWorkspaceFolder} ${localWorkspaceFolderBasename}";
        assert_eq!(variables.apply(text), "/tmp/clone-1 app");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[${}:a-z é]{0,40}") {
            let _text = variables().apply(&text);
        }
    }
}
