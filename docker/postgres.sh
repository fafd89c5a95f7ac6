#!/bin/sh
# What docker.io/library/postgres does with these settings, for tests.
set -eu
PATH=/usr/lib/postgresql/15/bin:$PATH
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb -D "$PGDATA" -U "$POSTGRES_USER" --auth=trust > /tmp/initdb.log
  echo 'host all all all trust' >> "$PGDATA/pg_hba.conf"
  postgres --single -D "$PGDATA" postgres <<SQL > /tmp/createdb.log
create database "$POSTGRES_DB"
SQL
fi
exec postgres -D "$PGDATA" -c 'listen_addresses=*' -c max_connections=200
