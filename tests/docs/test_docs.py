#!/usr/bin/env python3
"""Is what the documents say true? Every pipeline in them passes `lint`, and the README's commands work as written,
one after the other, in a directory of their own.

    test_docs.py SLUICE SOURCE-DIR
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SLUICE, SOURCE = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
ADDRESS = "127.0.0.1:8181"  # in the README; the test takes any that is free
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


def blocks(path, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", path.read_text(encoding="utf-8"), re.M | re.S)


def lint(path, directory):
    for number, text in enumerate(blocks(path, "yaml"), 1):
        file = directory / "pipeline.yaml"
        file.write_text(text, encoding="utf-8")
        done = subprocess.run([SLUICE, "lint", file], capture_output=True, text=True, cwd=directory)
        wrong = done.returncode or " error: " in done.stderr or " warning: " in done.stderr
        check(f"{path.name}, pipeline {number}", done.stderr if wrong else "")


def tour():
    """The README's commands but for those that build, and the sandbox, which the test starts and ends itself."""
    for text in blocks(SOURCE / "README.md", "sh"):
        for line in text.splitlines():
            code = re.search(r"# exit code (\d+)", line)
            if re.match(r"(sudo|make|kill)\b|build/sluice sandbox\b", line):
                continue
            yield f"({line.split('  #')[0]}) && exit 99 || [ $? -eq {code[1]} ]" if code else line


def run_tour(directory):
    (directory / "build").mkdir()
    (directory / "build/sluice").symlink_to(SLUICE)
    (directory / "pipelines").symlink_to(SOURCE / "pipelines")
    start = next(line for text in blocks(SOURCE / "README.md", "sh") for line in text.splitlines()
                 if line.startswith("build/sluice sandbox"))
    command = start.removesuffix("&").replace(ADDRESS, "127.0.0.1:0").split()
    environment = {**os.environ, "XDG_STATE_HOME": str(directory / "state"), "NO_COLOR": "1"}
    for name in list(environment):
        if name.startswith(("SUPABASE_", "GSM_FUSION_")):
            del environment[name]
    sandbox = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=directory)
    try:
        address = sandbox.stdout.readline().strip()
        script = "\n".join(tour()).replace("http://" + ADDRESS, address)
        done = subprocess.run(["bash", "-e"], input=script, capture_output=True, text=True, cwd=directory,
                              env=environment)
    finally:
        sandbox.terminate()
        sandbox.wait()
    check("the commands of README.md", done.stdout[-2000:] + done.stderr[-2000:] if done.returncode else "")
    orders = subprocess.run(["sqlite3", "orders.db", "select imei from orders order by 1"], capture_output=True,
                            text=True, cwd=directory).stdout.split()
    check("two orders, as README.md says", "" if orders == ["001001001234563", "004400000000016"] else str(orders))
    rejected = (directory / "rejected.csv").read_text(encoding="utf-8")
    check("the third row is in rejected.csv", "" if "004900000000014,a wrong check digit," in rejected else rejected)


def main():
    with tempfile.TemporaryDirectory() as directory:
        for path in [SOURCE / "README.md", *sorted((SOURCE / "docs").glob("*.md"))]:
            lint(path, pathlib.Path(directory))
        run_tour(pathlib.Path(directory))
    print(f"1..{count}")
    sys.exit(failed)


main()
