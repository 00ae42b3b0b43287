//! Flags of the reference CLI's `read-configuration`, for scripts that pass them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::devcontainer::feature::{Requested, additional};

/// What a script that knows the reference may pass; some of it changes nothing here, which is said.
#[derive(Debug, clap::Args)]
pub(super) struct ReferenceFlags {
    /// The folder, as the reference CLI is told it; a container that was made of it counts, if there is one
    #[arg(long, value_name = "PATH", conflicts_with = "repository")]
    pub(super) workspace_folder: Option<String>,
    /// Take the text of this file, as if it stood in the configuration's place
    #[arg(long, value_name = "FILE")]
    pub(super) override_config: Option<PathBuf>,
    /// The container to merge the metadata of, by its id or name, or its codespace's name
    #[arg(long, value_name = "ID", conflicts_with_all = ["explain", "check"])]
    pub(super) container_id: Option<String>,
    /// The same, by a label; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = label, conflicts_with_all = ["explain", "check"])]
    pub(super) id_label: Vec<(String, String)>,
    /// Features to install besides the configuration's, as a JSON object
    #[arg(long, value_name = "JSON", value_parser = features)]
    additional_features: Option<Features>,
    /// Mount the top folder of the repository around the folder
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_value = "true", default_missing_value = "true")]
    mount_workspace_git_root: Switch,
    /// Mount what a linked git worktree has in common with its repository too
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_value = "false", default_missing_value = "true")]
    mount_git_worktree_common_dir: Switch,
    #[command(flatten)]
    idle: IdleFlags,
}

/// What changes nothing here.
#[derive(Debug, clap::Args)]
struct IdleFlags {
    #[arg(long, value_name = "PATH", hide = true)]
    docker_path: Option<PathBuf>,
    #[arg(long, value_name = "PATH", hide = true)]
    docker_compose_path: Option<PathBuf>,
    #[arg(long, value_name = "PATH", hide = true)]
    user_data_folder: Option<PathBuf>,
    #[arg(long, value_parser = ["info", "debug", "trace"], hide = true)]
    log_level: Option<String>,
    #[arg(long, value_parser = ["text", "json"], hide = true)]
    log_format: Option<String>,
    #[arg(long, hide = true)]
    terminal_columns: Option<u32>,
    #[arg(long, hide = true)]
    terminal_rows: Option<u32>,
    #[arg(long, num_args = 0..=1, default_missing_value = "true", hide = true)]
    skip_feature_auto_mapping: Option<Switch>,
    #[arg(long, num_args = 0..=1, default_missing_value = "true", hide = true)]
    oci_auth_hardening: Option<Switch>,
    #[arg(long, value_name = "REGISTRY=HOST", hide = true)]
    allow_cross_origin_auth_host: Vec<String>,
}

/// Features that are added.
#[derive(Debug, Clone)]
struct Features(Vec<Requested>);

/// A flag that may be given a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Switch {
    #[value(name = "true")]
    On,
    #[value(name = "false")]
    Off,
}

impl ReferenceFlags {
    /// Tells whether the top folder around the opened one is mounted, and not that one itself.
    pub(super) fn mounts_top(&self) -> bool {
        self.mount_workspace_git_root == Switch::On
    }

    /// Tells whether what a worktree has in common with its repository is mounted too.
    pub(super) fn mounts_common(&self) -> bool {
        self.mounts_top() && self.mount_git_worktree_common_dir == Switch::On
    }

    /// Returns the Features that are added.
    pub(super) fn additional_features(&self) -> Vec<Requested> {
        self.additional_features.as_ref().map(|all| all.0.clone()).unwrap_or_default()
    }

    /// Returns the labels that a container is looked for by; of two with one name, the last counts.
    pub(super) fn id_labels(&self) -> BTreeMap<String, String> {
        self.id_label.iter().cloned().collect()
    }

    /// Tells whether a container is asked for by what it is known by.
    pub(super) fn names_container(&self) -> bool {
        self.container_id.is_some() || !self.id_label.is_empty()
    }

    /// Returns what was given and changes nothing, for a person.
    pub(super) fn without_effect(&self) -> Option<String> {
        let idle = &self.idle;
        let given = [
            ("--docker-path", idle.docker_path.is_some()),
            ("--docker-compose-path", idle.docker_compose_path.is_some()),
            ("--user-data-folder", idle.user_data_folder.is_some()),
            ("--log-level", idle.log_level.is_some()),
            ("--log-format", idle.log_format.is_some()),
            ("--terminal-columns", idle.terminal_columns.is_some()),
            ("--terminal-rows", idle.terminal_rows.is_some()),
            ("--skip-feature-auto-mapping", idle.skip_feature_auto_mapping.is_some()),
            ("--oci-auth-hardening", idle.oci_auth_hardening.is_some()),
            ("--allow-cross-origin-auth-host", !idle.allow_cross_origin_auth_host.is_empty()),
        ];
        let given: Vec<&str> = given.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag).collect();
        (!given.is_empty()).then(|| given.join(", "))
    }
}

fn features(text: &str) -> Result<Features, String> {
    additional(text).map(Features)
}

/// Reads `NAME=VALUE`, neither of them empty.
fn label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}
