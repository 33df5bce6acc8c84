#!/usr/bin/env python3
"""Does the code in docs/write-a-plugin.md compile, and does its first plugin work?

    test_code.py SLUICE SOURCE-DIR CC
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SLUICE, SOURCE, CC = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
FLAGS = ["-Wall", "-Wextra", "-Werror", "-fPIC", "-I", SOURCE / "include", "-x", "c"]
PIPELINE = """name: shout
source: {csv: {path: in.csv}}
actions:
  - shout: {field: title}
sinks:
  - csv: {path: out.csv}
"""
count = 0
failed = False


def check(name, problem):
    """One line of TAP; `problem` is empty when all is well."""
    global count, failed
    count += 1
    print(f"{'not ok' if problem else 'ok'} {count} - {name}")
    for line in problem.splitlines():
        print(f"# {line}")
    failed = failed or bool(problem)


def said(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    return (done.stdout + done.stderr or f"exit code {done.returncode}") if done.returncode else ""


def main():
    text = (SOURCE / "docs/write-a-plugin.md").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as directory:
        here = pathlib.Path(directory)
        for number, block in enumerate(re.findall(r"^```c\n(.*?)^```$", text, re.M | re.S), 1):
            if "SLUICE_PLUGIN(" in block:
                check(f"block {number} is a plugin", said(CC, *FLAGS, "-shared", "-o", here / "shout.so", "-", input=block))
            else:
                check(f"block {number} compiles", said(CC, *FLAGS, "-c", "-o", here / "block.o", "-", input=block))
        (here / "in.csv").write_text("title,other\nabc,def\n", encoding="utf-8")
        (here / "shout.yaml").write_text(PIPELINE, encoding="utf-8")
        check("the first one runs", said(SLUICE, "--plugin-dir", here, "--state-dir", here / "state", "run",
                                         here / "shout.yaml", cwd=here))
        written = here / "out.csv"
        check("and does what it says", "" if written.exists() and "ABC,def" in written.read_text(encoding="utf-8") else "no")
    print(f"1..{count}")
    sys.exit(failed)


main()
