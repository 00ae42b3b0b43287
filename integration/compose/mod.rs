//! Docker Compose projects: through the real `docker compose`.

mod builds;
mod files;
mod killed;
mod life;
mod live;
mod meeting;
mod parts;
mod recovery;
mod repair;

use std::path::PathBuf;

use crate::support::{Sandbox, commit, docker};

/// Makes a repository whose service `app` is the codespace, and whose Compose file this is.
fn project(sandbox: &Sandbox, name: &str, more: &str, compose: &str) -> PathBuf {
    let config = format!(r#"{{"dockerComposeFile": "docker-compose.yml", "service": "app"{more}}}"#);
    let folder = sandbox.path(name);
    std::fs::create_dir_all(folder.join(".devcontainer")).expect("made");
    std::fs::write(folder.join(".devcontainer/devcontainer.json"), config).expect("written");
    std::fs::write(folder.join(".devcontainer/docker-compose.yml"), compose).expect("written");
    commit(&folder);
    folder
}

/// Returns what `docker inspect` tells of a container.
fn about(container: &str, format: &str) -> String {
    docker(&["inspect", "-f", format, container]).expect(0).stdout.trim().to_owned()
}
