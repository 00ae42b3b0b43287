#!/usr/bin/env bash
# Makes files as strange as they come in a folder.
set -e
mkdir -p "$1"
cd "$1"
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
