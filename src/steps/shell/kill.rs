//! How a command's processes are ended, all of them.

use super::end_mark::EndMark;
use crate::shell_word::quote;

/// The variable that every process of a command of ours inherits. Its value is what the command is for and the command's own mark,
/// `onCreateCommand:0123…`.
pub(crate) const COOKIE: &str = "LOCALSPACE_HOOK";

/// Returns the script that ends every process whose cookie begins with one of `cookies`, and all of their descendants: with `SIGTERM`, and after two
/// seconds with `SIGKILL`. It prints the numbers of those that are left all the same. It is for a root that may look into every process.
///
/// The engine has no order for this (moby#9098). A process that leaves its session or its parent keeps its environment; one that clears
/// its environment (`sudo`) keeps its parent. So both are followed.
pub(crate) fn kill_script(cookies: &[String], mark: &EndMark) -> String {
    let wanted: Vec<_> = cookies.iter().map(|cookie| format!("*{}*", quote(&format!("{COOKIE}={cookie}")))).collect();
    let wanted = wanted.join("|");
    let end = mark.script();
    // An environment's values end in NUL, which a shell drops: no program but `cat` is wanted to read it.
    format!(
        r#"{{
exec 3>&2 2>/dev/null
list() {{
  found=' '
  for p in /proc/[0-9]*; do
    case "$(cat "$p/environ")" in {wanted}) found="$found${{p#/proc/}} " ;; esac
  done
  grown=1
  while [ "$grown" = 1 ]; do
    grown=0
    for p in /proc/[0-9]*; do
      pid=${{p#/proc/}}
      case "$found" in *" $pid "*) continue ;; esac
      read -r stat <"$p/stat" || continue
      set -- ${{stat##*) }}
      case "$found" in *" $2 "*) found="$found$pid "; grown=1 ;; esac
    done
  done
  echo $found
}}
living() {{
  alive=
  for pid in $pids; do
    read -r stat <"/proc/$pid/stat" || continue
    set -- ${{stat##*) }}
    [ "$1" = Z ] || alive="$alive $pid"
  done
}}
settle() {{
  tries=0
  while [ $tries -lt 20 ]; do
    living
    [ -z "$alive" ] && return
    sleep 0.1 || sleep 1
    tries=$((tries + 1))
  done
}}
pids=$(list)
alive=
if [ -n "$pids" ]; then
  kill -TERM $pids
  settle
  pids="$pids $(list)"
  kill -KILL $pids
  settle
fi
echo $alive
code=0
exec 2>&3
{end}
}}
"#
    )
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::process::{Command, Stdio};

    use super::super::end_mark::Found;
    use super::*;

    fn kill(cookie: &str) -> String {
        let mark = EndMark::new([5; 16]);
        let mut shell =
            Command::new("sh").arg("-s").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("sh runs");
        let text = kill_script(&["none:".to_owned(), cookie.to_owned()], &mark);
        shell.stdin.take().expect("piped").write_all(text.as_bytes()).expect("written");
        let output = shell.wait_with_output().expect("ended");
        match mark.finder().push(&output.stdout) {
            Found::End { output, exit_code, .. } => {
                assert_eq!(exit_code, 0);
                String::from_utf8_lossy(&output).into_owned()
            }
            Found::Output(output) => panic!("no mark: {}", String::from_utf8_lossy(&output)),
        }
    }

    #[test]
    fn a_tree_that_left_its_session_and_a_child_without_the_cookie_are_ended() {
        let cookie = format!("test{}:", std::process::id());
        // The pipe's end is the event that every process is gone.
        let mut child = Command::new("sh")
            .args(["-c", "setsid sh -c 'trap \"\" TERM; env -i sleep 300; sleep 300' & sleep 300"])
            .env(COOKIE, format!("{cookie}0123"))
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh runs");
        assert_eq!(kill(&cookie), "\n");
        let mut rest = String::new();
        child.stdout.take().expect("piped").read_to_string(&mut rest).expect("ends");
        assert!(!child.wait().expect("ended").success());
    }

    #[test]
    fn what_belongs_to_another_command_is_left_alone() {
        let cookie = format!("other{}", std::process::id());
        let mut child = Command::new("sleep").arg("300").env(COOKIE, &cookie).spawn().expect("sleep runs");
        assert_eq!(kill(&format!("{cookie}:")), "\n");
        assert_eq!(child.try_wait().expect("asked"), None);
        child.kill().expect("killed");
        child.wait().expect("ended");
    }
}
