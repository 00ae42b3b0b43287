#!/bin/sh
# Pulls packages of the organization.
set -e
for package; do
    docker pull -q "ghcr.io/acme/$package:1"
done
