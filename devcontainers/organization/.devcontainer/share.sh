#!/bin/sh
# Puts an image into each of the organization's other registries, and gets it from there again.
set -e
for image in acme.azurecr.io/tools/api:1 123456789012.dkr.ecr.us-east-1.amazonaws.com/api:1 acme/api:1; do
    docker tag ghcr.io/acme/api:1 "$image"
    docker push -q "$image"
    docker rmi "$image" >/dev/null
    docker pull -q "$image"
done
