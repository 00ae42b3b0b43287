//! Files as strange as they come, in `/workspaces` and in the container's own file system: the same in a codespace of the prebuild.

use std::fs;

use super::Prebuilds;
use crate::support::{Sandbox, commit};

const CONFIG: &str = r#"{
    "image": "mcr.microsoft.com/devcontainers/base:trixie", "remoteUser": "root",
    "onCreateCommand": "sh .devcontainer/make.sh /workspaces/tree && sh .devcontainer/make.sh /srv/tree && sh .devcontainer/tell.sh /workspaces/tree >/workspaces/before && sh .devcontainer/tell.sh /srv/tree >/srv/before"
}"#;

const MAKE: &str = r#"set -e
mkdir -p "$1" && cd "$1"
echo content >plain && chown 1234:4321 plain && chmod 0640 plain
echo x >suid && chown 7 suid && chmod 4755 suid
mkdir sticky setgid && chmod 1777 sticky && chmod 2770 setgid
mkdir -p empty/inside/deep
ln plain twin && ln plain setgid/triplet
ln -s nowhere dangling && ln -s /etc/passwd absolute && ln -s empty to-folder
mkfifo -m 620 pipe
perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un("socket")) or die $!'
touch "$(printf 'new\nline')" "$(printf 'not\377utf8')" ' spaces ' ./-dash '*'
cp /bin/true capable && setcap cap_net_bind_service=ep capable
perl -e '($p, $n, $v) = ("plain", "user.note", "a\0b\xff"); syscall(188, $p, $n, $v, length $v, 0) == 0 or die $!'
truncate -s 300M sparse && printf data | dd of=sparse bs=1 seek=100000000 conv=notrunc status=none
head -c 40M /dev/urandom >large
chown -h 55:66 dangling
touch -h -d '2001-09-09 01:46:40.123456789' plain dangling sticky suid
touch -d '2001-09-09 01:46:40' empty/inside empty
"#;

/// Prints everything of a tree that can be told; times without parts of a second, as an image has none.
const TELL: &str = r#"cd "$1"
find . -printf '%y %m %U %G %s %n %TY-%Tm-%Td_%TH:%TM:%.2TS %p %l\0' | LC_ALL=C sort -z | tr '\0\n' '\n?' | sed 's/^d \(.*\) [0-9]* \([0-9]* 20\)/d \1 \2/'
find . -type f -exec sha256sum {} + | LC_ALL=C sort
/usr/sbin/getcap -r .
[ plain -ef twin ] && [ plain -ef setgid/triplet ] && echo linked
"#;

#[test]
fn everything_is_as_it_was() {
    let sandbox = Sandbox::new();
    let prebuilds = Prebuilds::new(&sandbox);
    let folder = sandbox.path("app");
    fs::create_dir_all(folder.join(".devcontainer")).expect("made");
    for (name, text) in [("devcontainer.json", CONFIG), ("make.sh", MAKE), ("tell.sh", TELL)] {
        fs::write(folder.join(".devcontainer").join(name), text).expect("written");
    }
    commit(&folder);
    let _prebuild = prebuilds.created(&folder, &[]);
    let name = sandbox.name("one");
    let _up = sandbox.up(&folder, &name, &[]).expect(0);
    let inside = |text: &str| sandbox.inside(&name, text);
    assert_eq!(inside("sh .devcontainer/tell.sh /workspaces/tree | diff /workspaces/before -"), "");
    // An image has no sockets.
    assert_eq!(
        inside(
            "sh .devcontainer/tell.sh /srv/tree >/tmp/after; grep -v ' ./socket ' /srv/before | diff - /tmp/after; grep -c ' ./socket ' /srv/before"
        ),
        "1\n"
    );
    let attribute = r#"perl -e '($p, $n, $v) = ("plain", "user.note", "\0" x 9); $l = syscall(191, $p, $n, $v, 9); print unpack("H*", substr($v, 0, $l))'"#;
    assert_eq!(inside(&format!("cd /workspaces/tree; {attribute}")), "610062ff");
    // Holes stay holes, and times have their parts of a second, in volumes.
    assert_eq!(
        inside("cd /workspaces/tree; du -m sparse | cut -f1; stat -c %y plain dangling"),
        "1\n2001-09-09 01:46:40.123456789 +0000\n2001-09-09 01:46:40.123456789 +0000\n"
    );
    assert_eq!(
        inside("tail -c +100000001 /workspaces/tree/sparse | head -c 4; readlink /workspaces/tree/dangling"),
        "datanowhere\n"
    );
}
