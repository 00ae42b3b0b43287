//! `/etc/environment` and `/etc/profile`, as the reference patches them before anything runs in a container: so that a login shell, `su` and
//! `sudo -i` have what the container has (devcontainer-semantics.md section 1.4). Pure. Never a secret: those are no container's.

/// Returns `/etc/environment` with the container's variables at its end; nothing where they are all there.
///
/// Reference CLI: values as they are, so that a quote or a line break spoils the file. Here quotes and backslashes are escaped, and a value of
/// several lines, which the format cannot hold, is left out.
pub(super) fn environment(existing: &str, env: &[String]) -> Option<String> {
    let known: std::collections::BTreeSet<&str> = existing.lines().collect();
    let line = |entry: &String| {
        let (name, value) = entry.split_once('=')?;
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
        (!value.contains(['\n', '\r', '\0'])).then(|| format!("{name}=\"{escaped}\""))
    };
    let lines: Vec<String> = env.iter().filter_map(line).filter(|line| !known.contains(line.as_str())).collect();
    if lines.is_empty() {
        return None;
    }
    let end = if existing.is_empty() || existing.ends_with('\n') { "" } else { "\n" };
    Some(format!("{existing}{end}\n{}\n", lines.join("\n")))
}

/// Returns `/etc/profile` where it sets `PATH` only for those who have none; nothing where it does not set it.
///
/// Reference CLI: takes everything to the line's end for the value, `; export PATH` and comments too. Here a line is left alone whose
/// assignment is not its last word.
pub(super) fn profile(existing: &str) -> Option<String> {
    let patched: String = existing.split_inclusive('\n').map(patched).collect();
    (patched != existing).then_some(patched)
}

fn patched(line: &str) -> String {
    let (text, end) = line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n"));
    let is_comment = text.trim_start().starts_with('#');
    let at = if text.starts_with("PATH=") { Some(0) } else { text.find(" PATH=").map(|at| at + 1) };
    let parts = at.filter(|_| !is_comment).and_then(|at| text.split_at_checked(at + "PATH=".len()));
    match parts {
        Some((before, value)) if is_word(value.trim_end()) => format!("{before}${{PATH:-{}}}{end}", value.trim_end()),
        Some(_) | None => line.to_owned(),
    }
}

/// Tells whether a text is one word of a shell in which nothing is replaced.
fn is_word(text: &str) -> bool {
    let quoted = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    let inner = |text: &str| !text.contains(['$', '`', '\\', '"', '\'', '}']);
    match quoted('"').or_else(|| quoted('\'')) {
        Some(text) => inner(text),
        None => inner(text) && !text.is_empty() && !text.contains([' ', '\t', ';', '&', '|', '(', ')', '#', '<', '>']),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_containers_variables_are_added_once_and_quoted() {
        let env = ["PATH=/bin", "A=x \"y\" \\z$", "B=1\n2", "C=", "none"].map(str::to_owned);
        let expected = "OLD=1\n\nPATH=\"/bin\"\nA=\"x \\\"y\\\" \\\\z$\"\nC=\"\"\n";
        for existing in ["OLD=1\n", "OLD=1"] {
            assert_eq!(environment(existing, &env).as_deref(), Some(expected));
        }
        assert_eq!(environment(expected, &env), None);
        assert_eq!(environment("", &env[..1]).as_deref(), Some("\nPATH=\"/bin\"\n"));
        assert_eq!(environment("", &[]), None);
    }

    #[test]
    fn a_path_is_set_only_where_there_is_none() {
        for (line, expected) in [
            ("PATH=\"/usr/local/bin:/usr/bin\"", "PATH=${PATH:-\"/usr/local/bin:/usr/bin\"}"),
            ("  PATH=\"/usr/local/sbin:/bin\"  ", "  PATH=${PATH:-\"/usr/local/sbin:/bin\"}"),
            ("export PATH=\"/a:/b\"", "export PATH=${PATH:-\"/a:/b\"}"),
            ("PATH=/a:/b", "PATH=${PATH:-/a:/b}"),
            ("PATH=''", "PATH=${PATH:-''}"),
        ] {
            assert_eq!(profile(&format!("x\n{line}\ny")), Some(format!("x\n{expected}\ny")), "{line}");
        }
        for line in [
            "PATH=$PATH:/x",
            "PATH=\"/a:$HOME/bin\"",
            "PATH=${PATH:-/a}",
            "PATH=`getconf PATH`",
            "  PATH=/bin; export PATH",
            "if true; then PATH=/a; fi",
            "f() { PATH=/a }",
            "PATH=/a # comment",
            "PATH=/a MORE=b",
            "PATH='/a' '/b'",
            "# PATH=/a",
            "MANPATH=/x",
            "export PATH",
            "PATH=",
        ] {
            assert_eq!(profile(&format!("{line}\n")), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_a_second_patch_changes_nothing(text in "(( |PATH=|/a|\"|'|\\$|\n|\u{e9}|#|;)){0,30}", value in any::<String>()) {
            let once = profile(&text).unwrap_or(text);
            prop_assert_eq!(profile(&once), None);
            let env = [format!("A={value}")];
            let once = environment(&once, &env).unwrap_or(once);
            prop_assert_eq!(environment(&once, &env), None);
        }
    }
}
