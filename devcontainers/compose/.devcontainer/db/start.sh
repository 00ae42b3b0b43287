#!/bin/sh
# Starts the server; an empty volume gets a cluster first, and what lies in /docker-entrypoint-initdb.d, as the image `postgres` does it.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb --username postgres --auth trust >/dev/null
    echo 'host all all all trust' >>"$PGDATA/pg_hba.conf"
    pg_ctl --wait --options "-c listen_addresses=''" start >/dev/null
    for file in /docker-entrypoint-initdb.d/*.sql; do
        psql --quiet --username postgres --set ON_ERROR_STOP=1 --file "$file"
    done
    pg_ctl --wait stop >/dev/null
fi
exec postgres -c listen_addresses='*'
