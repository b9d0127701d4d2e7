#!/bin/sh
# Copies the licences of the modules that packages link, which most of them ask of those who pass on a binary:
#
#   .deploy/licenses.sh DIRECTORY PACKAGE...
#
# The packages' tests count as well, since the suite is a test binary. The texts come from the module cache.
set -eu
directory=$1
shift
format='{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}'
modules=$(go list -deps -test -f "$format" "$@")
echo "$modules" | sort -u | while read -r path source; do
  test -n "$path" || continue # a package of the project, or of Go
  texts=$(cd "$source" &&
    find . -type f \( -name 'LICEN[CS]E*' -o -name 'COPYING*' -o -name 'NOTICE*' -o -name 'PATENTS*' \))
  if test -z "$texts"; then
    echo "$source holds no licence of $path: find out under which one it is published, or drop the module" >&2
    exit 1
  fi
  echo "$texts" | while read -r text; do
    mkdir -p "$directory/$path/$(dirname "$text")"
    cp "$source/$text" "$directory/$path/$text"
  done
done
