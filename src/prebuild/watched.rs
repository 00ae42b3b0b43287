//! Which files of a repository are its dev container configuration: what "on configuration change" watches.

/// The files of a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watched {
    /// The folders that everything counts in.
    folders: Vec<String>,
    /// Single files.
    files: Vec<String>,
}

impl Watched {
    /// Returns those of a configuration at a path, which names other files, as paths in the repository.
    pub fn of<'a>(config_path: &str, named: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut folders, mut files) = (Vec::new(), Vec::new());
        if let Some((folder, _)) = config_path.split_once('/').filter(|(folder, _)| *folder == ".devcontainer") {
            folders.push(folder.to_owned());
        } else if !config_path.is_empty() {
            files.push(config_path.to_owned());
        }
        for path in named {
            if let Some(path) = normal(path)
                && !folders.iter().any(|folder| is_inside(&path, folder))
                && !files.contains(&path)
            {
                files.push(path);
            }
        }
        Self { folders, files }
    }

    /// Tells whether a path in the repository is one of them.
    pub fn has(&self, path: &str) -> bool {
        self.files.iter().any(|file| file == path) || self.folders.iter().any(|folder| is_inside(path, folder))
    }

    /// Returns everything that is to be looked at: folders and files.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.folders.iter().chain(&self.files).map(String::as_str)
    }
}

fn is_inside(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Returns a path without `.` and `..`; nothing where it leads out of the repository.
fn normal(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_its_folder_and_what_it_names() {
        let watched = Watched::of(
            ".devcontainer/app/devcontainer.json",
            [".devcontainer/../Dockerfile", ".devcontainer/x", "../../out"],
        );
        for path in [".devcontainer/app/devcontainer.json", ".devcontainer/on-create.sh", "Dockerfile"] {
            assert!(watched.has(path), "{path}");
        }
        for path in ["package.json", ".devcontainer.json", ".devcontainers/x", "sub/Dockerfile", "out"] {
            assert!(!watched.has(path), "{path}");
        }
        assert_eq!(watched.paths().collect::<Vec<_>>(), [".devcontainer", "Dockerfile"]);
        let single = Watched::of(".devcontainer.json", []);
        assert!(single.has(".devcontainer.json") && !single.has(".devcontainer/x"));
        assert!(!Watched::of("", []).has(""));
    }
}
