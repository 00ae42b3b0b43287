#!/usr/bin/env bash
# Prints everything of a tree that can be told; times without parts of a second, as an image has none.
cd "$1" || exit
find . -printf '%y %m %U %G %s %n %TY-%Tm-%Td_%TH:%TM:%.2TS %p %l\0' | LC_ALL=C sort -z | tr '\0\n' '\n?' | sed 's/^d \(.*\) [0-9]* \([0-9]* 20\)/d \1 \2/'
find . -type f -exec sha256sum {} + | LC_ALL=C sort
/usr/sbin/getcap -r .
[ plain -ef twin ] && [ plain -ef setgid/triplet ] && echo linked
