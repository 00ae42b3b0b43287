#!/bin/sh
# Counts the lines of a file.
echo "$(wc -l <"$1") lines in $1"
