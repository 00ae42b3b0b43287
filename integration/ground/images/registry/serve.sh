#!/bin/sh
# Serves the registry as registry.acme.test and localhost, with a certificate of an authority made for it (/auth/ca.crt), to the user
# `robot` with the password REGISTRY_PASSWORD.
set -e

mkdir -p /auth
cd /auth
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=acme test CA' -keyout ca.key -out ca.crt
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=registry.acme.test -keyout tls.key -out tls.csr
echo subjectAltName=DNS:registry.acme.test,DNS:localhost,IP:127.0.0.1 >tls.ext
openssl x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile tls.ext -out tls.crt
# The registry takes bcrypt alone.
perl -e '@c=("a".."z",0..9); print "robot:", crypt($ENV{REGISTRY_PASSWORD}, "\$2b\$05\$".join("",map{$c[rand @c]}1..21)."u"), "\n"' >htpasswd
cat >registry.yml <<YAML
version: 0.1
log: {level: info}
storage: {filesystem: {rootdirectory: /var/lib/registry}, delete: {enabled: true}}
http: {addr: ":443", tls: {certificate: /auth/tls.crt, key: /auth/tls.key}}
auth: {htpasswd: {realm: acme, path: /auth/htpasswd}}
YAML
exec docker-registry serve registry.yml
