//! The scripts that run while an image is built.

use super::{BUILTIN_ENV, FEATURE_ENV, FOLDER, MOUNTED};
use crate::devcontainer::feature::id::without_version;
use crate::devcontainer::feature::options::variable;
use crate::devcontainer::feature::order::Feature;
use crate::shell_word::quote;

/// Returns the script that runs a Feature's install.sh: in a copy of its folder, with its options in the environment. It says what is installed,
/// and at a failure what has failed.
pub(super) fn wrapper(feature: &Feature, folder: &str, values: &[(String, String)]) -> String {
    let (title, id) = (feature.metadata.title(), without_version(&feature.written));
    let help = feature.metadata.documentation_url.as_ref().map_or(String::new(), |url| {
        format!(" Look at the documentation at {url} for help troubleshooting this error.")
    });
    let failure = quote(&format!("ERROR: Feature \"{title}\" ({id}) failed to install!{help}"));
    let banner = quote(&banner(feature, values));
    format!(
        "#!/bin/sh
set -e
at_exit() {{
    [ $? -eq 0 ] || printf '%s\\n' {failure}
}}
trap at_exit EXIT
printf '%s\\n' {banner}
cp -a {MOUNTED}/{folder} {FOLDER}/
chmod -R 0755 {FOLDER}/{folder}
cd {FOLDER}/{folder}
set -a
. ../{BUILTIN_ENV}
. ./{FEATURE_ENV}
set +a
./install.sh
cd /
rm -rf {FOLDER}/{folder}
"
    )
}

fn banner(feature: &Feature, values: &[(String, String)]) -> String {
    let metadata = &feature.metadata;
    let line = "=".repeat(75);
    let mut lines = vec![line.clone()];
    if metadata.is_deprecated {
        let id = &metadata.id;
        lines.push(format!(
            "(!) WARNING: Using the deprecated Feature \"{id}\". This Feature will no longer receive any further updates/support."
        ));
    }
    if let Some(today) = metadata.renamed() {
        lines.push(format!(
            "(!) WARNING: This feature has been renamed. Please update the reference in devcontainer.json to \"{today}\"."
        ));
    }
    let facts = [
        ("Feature", metadata.title()),
        ("Description", metadata.description.as_deref().unwrap_or_default()),
        ("Id", without_version(&feature.written)),
        ("Version", metadata.version.as_deref().unwrap_or_default()),
        ("Documentation", metadata.documentation_url.as_deref().unwrap_or_default()),
        ("Options", ""),
    ];
    lines.extend(facts.map(|(name, value)| format!("{name:<13} : {value}").trim_end().to_owned()));
    lines.extend(values.iter().map(|(name, value)| format!("    {}={}", variable(name), quote(value))));
    lines.push(line);
    lines.join("\n")
}

/// The script that adds the users' homes to what Features see; its arguments are the two users. A user is looked for by name, then by number,
/// and has to be exactly that.
// Reference CLI: without getent it takes every line that begins with the name.
pub(super) const HOMES_SCRIPT: &str = r#"#!/bin/sh
set -e
home_of() {
    if command -v getent > /dev/null 2>&1 && entry=$(getent passwd "$1"); then
        entry=${entry%:*}
        printf '%s' "${entry##*:}"
        return
    fi
    by_number=''
    [ -r /etc/passwd ] || return 0
    while IFS=: read -r name _ number _ _ home _ || [ -n "$name" ]; do
        if [ "$name" = "$1" ]; then
            printf '%s' "$home"
            return
        fi
        if [ "$number" = "$1" ] && [ -z "$by_number" ]; then
            by_number=$home
        fi
    done < /etc/passwd
    printf '%s' "$by_number"
}
{
    printf "_CONTAINER_USER_HOME='%s'\n" "$(home_of "$1")"
    printf "_REMOTE_USER_HOME='%s'\n" "$(home_of "$2")"
} >> /tmp/dev-container-features/devcontainer-features.builtin.env
chmod -R 0755 /tmp/dev-container-features
"#;

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nwebdev:x:33:33::/srv:/bin/sh\ndeveloper:x:1001:1001::/home/developer:\n\
        dev:x:1000:1000:A, B:/home/dev:/bin/bash\n1001:x:5:5::/home/number:/bin/sh\nlast:x:7:7::/last:/bin/sh";

    /// Returns the homes that the script finds in our own passwd file, without getent.
    fn homes(container_user: &str, remote_user: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(path("passwd"), PASSWD).expect("written");
        let script = HOMES_SCRIPT
            .replace("command -v getent", "false")
            .replace("/etc/passwd", &path("passwd"))
            .replace(&format!("{FOLDER}/{BUILTIN_ENV}"), &path("env"))
            .replace(FOLDER, &path(""));
        let status = Command::new("/bin/sh").args(["-c", &script, "sh", container_user, remote_user]).status();
        assert!(status.expect("sh runs").success());
        std::fs::read_to_string(path("env")).expect("written")
    }

    #[test]
    fn a_user_is_exactly_the_one_that_is_named() {
        for (user, home) in [
            ("dev", "/home/dev"),
            ("root", "/root"),
            ("0", "/root"),
            ("33", "/srv"),
            ("1001", "/home/number"),
            ("last", "/last"),
            ("de", ""),
            ("web", ""),
            ("a.c", ""),
            ("", ""),
        ] {
            let expected = format!("_CONTAINER_USER_HOME='{home}'\n_REMOTE_USER_HOME='/root'\n");
            assert_eq!(homes(user, "root"), expected, "{user}");
        }
    }
}
