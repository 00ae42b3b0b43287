//! `exec` where standard input and output are a terminal: the command has one too.

use rustix::termios::tcgetattr;

use crate::support::Sandbox;

/// Makes a codespace with a secret; returns its name.
fn codespace(sandbox: &Sandbox) -> String {
    let repository =
        sandbox.repository("r", r#"{"image": "busybox:1", "remoteEnv": {"GREETING": "hello-from-config"}}"#);
    let secrets = sandbox.file("s.env", "TOKEN='hunter2-hunter2'\n");
    let name = sandbox.name("terminal");
    let _up = sandbox.up(&repository, &name, &["--secrets-file", &secrets]).expect(0);
    name
}

#[test]
fn it_has_a_terminal_of_the_same_size_also_when_that_changes() {
    let sandbox = Sandbox::new();
    let name = codespace(&sandbox);
    let command = "trap 'stty size; exit 5' WINCH; tty; stty size; echo ready; while :; do read -r line; done";
    let mut terminal = sandbox.terminal(&["exec", "-c", &name, "--", "sh", "-c", command]);
    terminal.until("ready");
    assert!(terminal.shown.contains("/dev/pts/"), "{}", terminal.shown);
    assert!(terminal.shown.contains("33 90\r\n"), "{}", terminal.shown);
    terminal.resize(70, 22);
    terminal.until("22 70\r\n");
    let (code, shown) = terminal.end();
    assert_eq!(code, 5, "{shown}");
}

#[test]
fn ctrl_c_reaches_the_command_and_the_terminal_is_as_it_was_afterwards() {
    let sandbox = Sandbox::new();
    let name = codespace(&sandbox);
    let command = "trap 'echo interrupted; exit 9' INT; echo ready; while :; do read -r line; done";
    let mut terminal = sandbox.terminal(&["exec", "-c", &name, "--", "sh", "-c", command]);
    let before = format!("{:?}", tcgetattr(&terminal.keys).expect("a terminal").local_modes);
    terminal.until("ready");
    assert_ne!(format!("{:?}", tcgetattr(&terminal.keys).expect("a terminal").local_modes), before);
    terminal.type_in("\u{3}");
    terminal.until("interrupted");
    let after = terminal.keys.try_clone().expect("cloned");
    let (code, shown) = terminal.end();
    assert_eq!(code, 9, "{shown}");
    assert_eq!(format!("{:?}", tcgetattr(&after).expect("a terminal").local_modes), before);
}

#[test]
fn what_is_typed_early_is_not_lost_and_the_environment_is_not_shown() {
    let sandbox = Sandbox::new();
    let name = codespace(&sandbox);
    let command = "read -r one; read -r other; echo \"<$one|$other|$GREETING|${#TOKEN}|$TOKEN>\"";
    let mut terminal = sandbox.terminal(&["exec", "-c", &name, "--", "sh", "-c", command]);
    // Nothing of ours runs yet.
    terminal.type_in("typed early\r");
    terminal.type_in("and more\r");
    let (code, shown) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("<typed early|and more|hello-from-config|15|***>"), "{shown}");
    for text in ["export", "LOCALSPACE", "ready-", "end-", "hunter2"] {
        assert!(!shown.contains(text), "{text}: {shown}");
    }
    assert_eq!(shown.matches("hello-from-config").count(), 1, "{shown}");
}
