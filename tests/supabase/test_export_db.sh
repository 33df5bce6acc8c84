#!/bin/sh
# What is exported of Postgres is what is exported of a file, to the byte.
store=db
. "$(dirname "$0")/../run/test_export.sh"
