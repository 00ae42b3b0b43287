//! Lifecycle commands, in the forms that a configuration has for them.

/// A lifecycle command in one of its forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LifecycleCommand {
    /// One command.
    Single(SingleCommand),
    /// Several, by name, in parallel.
    Parallel(Vec<(String, SingleCommand)>),
}

impl LifecycleCommand {
    /// Returns the command for a person, one line for each of its parts and of their lines.
    pub fn lines(&self) -> Vec<String> {
        let lines = |label: &str, command: &SingleCommand| -> Vec<String> {
            let text = match command {
                SingleCommand::Shell(text) => text.clone(),
                SingleCommand::Exec(words) => format!("{words:?}"),
            };
            text.lines().map(|line| format!("{label}{line}")).collect()
        };
        match self {
            Self::Single(command) => lines("", command),
            Self::Parallel(entries) => {
                entries.iter().flat_map(|(label, command)| lines(&format!("{label}: "), command)).collect()
            }
        }
    }
}

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SingleCommand {
    /// Through a shell.
    Shell(String),
    /// Without one.
    Exec(Vec<String>),
}
