#!/usr/bin/env python3
"""Runs a command and writes the most memory that it had, in KiB, to a file.

    peak.py FILE COMMAND [ARGUMENT]…     ends with the command's exit code
"""
import pathlib
import resource
import subprocess
import sys

code = subprocess.run(sys.argv[2:]).returncode
pathlib.Path(sys.argv[1]).write_text(f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}\n")
sys.exit(code)
