#!/bin/sh
# Installs `greet`, and an entrypoint that notes when the container starts.
set -e
mkdir -p "$GREETER"
cat >/usr/local/bin/greet <<SCRIPT
#!/bin/sh
printf '%s\n' '$(printf %s "$GREETING" | sed "s/'/'\\\\''/g"), $_REMOTE_USER of $_REMOTE_USER_HOME'
SCRIPT
cat >"$GREETER/started" <<'SCRIPT'
#!/bin/sh
date +%s >/var/tmp/greeter-started
SCRIPT
chmod 755 /usr/local/bin/greet "$GREETER/started"
