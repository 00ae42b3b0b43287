//! Where a repository's folder is mounted in a container, as the reference does it (devcontainer-semantics.md section 1.5).

/// What is mounted, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mounted {
    /// The folder in the container that the repository's top is at.
    pub(super) target: String,
    /// The mount, as text.
    pub(super) mount: String,
    /// Another one, of what a linked worktree has in common with its repository.
    pub(super) common: Option<String>,
}

/// Returns how the folder `top` is mounted. `gitdir` is what its `.git` file names, where what a worktree has in common is to be mounted
/// too: that is possible only where the name is relative, as it has to be right in the container.
pub(super) fn mounted(top: &str, gitdir: Option<&str>) -> Mounted {
    let top = if top == "/" { top } else { top.trim_end_matches('/') };
    let Some(gitdir) = gitdir.filter(|gitdir| !gitdir.starts_with('/')) else {
        let target = format!("/workspaces/{}", name(top));
        return Mounted { mount: bind(top, &target), target, common: None };
    };
    // `.git/worktrees/NAME` of the repository: two levels up is its `.git`.
    let common = resolved(top, &format!("{gitdir}/../.."));
    let mut below = Vec::new();
    let mut around = top;
    while !common.starts_with(&format!("{}/", around.trim_end_matches('/'))) && !around.is_empty() {
        below.push(name(around));
        around = around.rsplit_once('/').map_or("", |(parent, _)| parent);
    }
    below.reverse();
    let target = format!("/workspaces/{}", below.join("/"));
    let common_target = resolved(&target, &format!("{gitdir}/../.."));
    Mounted { mount: bind(top, &target), common: Some(bind(&common, &common_target)), target }
}

/// Returns a path's last part.
fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// A part with a comma stands in quotes, as CSV has it.
fn bind(source: &str, target: &str) -> String {
    let quoted = |part: String| if part.contains(',') { format!("\"{part}\"") } else { part };
    format!("type=bind,{},{}", quoted(format!("source={source}")), quoted(format!("target={target}")))
}

/// Returns a path that is given from a folder, without `.` and `..`.
fn resolved(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(top: &str, gitdir: Option<&str>, target: &str, common: Option<&str>) {
        let found = mounted(top, gitdir);
        assert_eq!(found.target, target, "{top}");
        assert_eq!(found.mount, format!("type=bind,source={top},target={target}"), "{top}");
        assert_eq!(found.common.as_deref(), common, "{top}");
    }

    #[test]
    fn a_folder_is_mounted_by_its_name() {
        check("/home/user/project", None, "/workspaces/project", None);
        assert_eq!(mounted("/home/user/project/", None).target, "/workspaces/project");
        assert_eq!(mounted("/", None).target, "/workspaces/");
        let comma = mounted("/v/comma, space", None).mount;
        assert_eq!(comma, r#"type=bind,"source=/v/comma, space","target=/workspaces/comma, space""#);
        assert_eq!(mounted("/v,x/y", None).mount, r#"type=bind,"source=/v,x/y",target=/workspaces/y"#);
    }

    #[test]
    fn a_linked_worktree_lies_beside_what_it_has_in_common_with_its_repository() {
        for (top, gitdir, target, common) in [
            (
                "/home/user/worktrees/feature",
                "../../repo/.git/worktrees/feature",
                "/workspaces/worktrees/feature",
                Some("type=bind,source=/home/user/repo/.git,target=/workspaces/repo/.git"),
            ),
            (
                "/home/user/repo-worktree",
                "../repo/.git/worktrees/worktree",
                "/workspaces/repo-worktree",
                Some("type=bind,source=/home/user/repo/.git,target=/workspaces/repo/.git"),
            ),
            (
                "/home/user/projects/worktrees/feature",
                "../../repos/main/.git/worktrees/feature",
                "/workspaces/worktrees/feature",
                Some("type=bind,source=/home/user/projects/repos/main/.git,target=/workspaces/repos/main/.git"),
            ),
            ("/home/user/project", "/absolute/path/to/.git/worktrees/project", "/workspaces/project", None),
        ] {
            check(top, Some(gitdir), target, common);
        }
    }

    #[test]
    fn a_git_file_that_leads_nowhere_does_not_hang() {
        assert_eq!(mounted("/a/b", Some("../../../../..")).target, "/workspaces/a/b");
        assert_eq!(mounted("/a/b", Some("")).target, "/workspaces/a/b");
    }
}
