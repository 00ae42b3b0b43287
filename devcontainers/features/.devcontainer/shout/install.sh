#!/bin/sh
# Installs `shout`. The Feature that it depends on is there already.
set -e
greet
cat >/usr/local/bin/shout <<SCRIPT
#!/bin/sh
greet | tr a-z A-Z | sed 's/\$/$MARK/'
SCRIPT
chmod 755 /usr/local/bin/shout
