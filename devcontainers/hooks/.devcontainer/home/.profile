# As Debian's own: a login shell reads .bashrc too, which does nothing where the shell is not interactive. What it prints is no variable.
echo 'welcome, A=1'
echo welcome >&2
printf 'B=2\0'
export FROM_PROFILE=p LINES='1
2'
. ~/.bashrc
