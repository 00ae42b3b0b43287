//! How a command's processes are ended, all of them.

/// The variable that every process of a hook inherits, with the hook's own mark as its value.
pub(crate) const COOKIE: &str = "LOCALSPACE_HOOK";

/// Returns the script (for root) that ends every process whose environment holds the cookie, and all of their descendants: with
/// `SIGTERM`, and after two seconds with `SIGKILL`. `cookie` is the value, or nothing for the processes of any hook.
///
/// The engine has no order for this (moby#9098). A process that leaves its session or its parent keeps its environment; one that clears
/// its environment (`sudo`) keeps its parent. So both are followed.
pub(crate) fn kill_script(cookie: Option<&str>) -> String {
    let wanted = format!("{COOKIE}={}", cookie.unwrap_or_default());
    format!(
        r#"list() {{
  found=' '
  for p in /proc/[0-9]*; do
    if grep -aq '{wanted}' "$p/environ" 2>/dev/null; then found="$found${{p#/proc/}} "; fi
  done
  grown=1
  while [ "$grown" = 1 ]; do
    grown=0
    for p in /proc/[0-9]*; do
      pid=${{p#/proc/}}
      case "$found" in *" $pid "*) continue ;; esac
      read -r stat 2>/dev/null <"$p/stat" || continue
      set -- ${{stat##*) }}
      case "$found" in *" $2 "*) found="$found$pid "; grown=1 ;; esac
    done
  done
  echo $found
}}
pids=$(list)
[ -z "$pids" ] && exit 0
kill -TERM $pids 2>/dev/null
tries=0
while [ $tries -lt 20 ]; do
  alive=
  for pid in $pids; do
    read -r stat 2>/dev/null <"/proc/$pid/stat" || continue
    set -- ${{stat##*) }}
    [ "$1" = Z ] || alive="$alive $pid"
  done
  [ -z "$alive" ] && break
  sleep 0.1 2>/dev/null || sleep 1
  tries=$((tries + 1))
done
pids=$(list)
[ -z "$pids" ] || kill -KILL $pids 2>/dev/null
exit 0
"#
    )
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_tree_that_left_its_session_and_a_child_without_the_cookie_are_ended() {
        let cookie = format!("test{}", std::process::id());
        // The pipe's end is the event that every process is gone.
        let mut child = Command::new("sh")
            .args(["-c", "setsid sh -c 'trap \"\" TERM; env -i sleep 300; sleep 300' & sleep 300"])
            .env(COOKIE, &cookie)
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh runs");
        let script = kill_script(Some(&cookie));
        let killed = Command::new("sh").args(["-c", &script]).status().expect("sh runs");
        assert!(killed.success());
        let mut rest = String::new();
        child.stdout.take().expect("piped").read_to_string(&mut rest).expect("ends");
        assert!(!child.wait().expect("ended").success());
    }
}
