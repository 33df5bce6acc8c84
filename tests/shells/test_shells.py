#!/usr/bin/env python3
"""Do real shells complete sluice's command lines? bash and zsh at a terminal, with the tabulator; fish by `complete -C`.

    test_shells.py SLUICE
"""
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SLUICE = os.path.abspath(sys.argv[1])
PATIENCE = 60  # seconds, for a loaded machine; only a failure takes so long
count = 0
failed = False


def check(name, problem):
    """One line of TAP; `problem` is empty when all is well."""
    global count, failed
    count += 1
    print(f"{'not ok' if problem else 'ok'} {count} - {name}", flush=True)
    for line in problem.splitlines():
        print(f"# {line}")
    failed = failed or bool(problem)


class Shell:
    """An interactive shell at a terminal of its own."""

    def __init__(self, words, home):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.chdir(home)
            os.execvpe(words[0], words, environment(home))
        self.heard = ""

    def expect(self, pattern):
        """Waits until what was printed since the last `type` matches; what is wrong otherwise."""
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, self.heard, re.S):
            if time.monotonic() > end or not self.listen(end):
                return f"no {pattern!r} in {self.heard!r}"
        return ""

    def listen(self, end):
        if select.select([self.terminal], [], [], max(0, end - time.monotonic()))[0]:
            try:
                piece = os.read(self.terminal, 4096)
            except OSError:
                return False
            self.heard += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\x07", "", piece.decode(errors="replace"))
            return bool(piece)
        return True

    def type(self, keys):
        self.heard = ""
        os.write(self.terminal, keys.encode())

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


def environment(home):
    kept = {name: value for name, value in os.environ.items() if name.endswith(("SAN_OPTIONS", "_PLUGIN_PATH"))}
    return {**kept, "PATH": f"{home}/bin:/usr/bin:/bin", "HOME": str(home), "TERM": "dumb", "LC_ALL": "C.UTF-8",
            "INPUTRC": "/dev/null", "PS1": "> "}


# What is typed, and what must then stand on the line, or below it.
CASES = [
    ("a command", "sluice bala\t", r"sluice balance "),
    ("its verb", "sluice ledger resol\t", r"ledger resolve "),
    ("several that fit", "sluice ledger re\t\t\t", r"resolve.*resume"),
    ("an option", "sluice run --no-pro\t", r"run --no-progress "),
    ("an option's value", "sluice orders --format gs\t", r"--format gsm_fusion "),
    ("an option's value behind '='", "sluice orders --format=gs\t", r"--format=gsm_fusion "),
    ("a provider", "sluice services gs\t", r"services gsm_fusion "),
    ("a component", "sluice plugins show gsm_fusion.pl\t", r"gsm_fusion\.place "),
    ("a file", "sluice lint pla\t", r"lint place\.yaml "),
    ("a file behind options", "sluice --log-level info run --limit 3 pla\t", r"--limit 3 place\.yaml "),
    ("a file behind '='", "sluice run --env-file=pla\t", r"--env-file=place\.yaml"),
    ("a directory", "sluice -C fol\t", r"-C folder/?"),
]


def run_terminal(name, words, start, home):
    shell = Shell(words, home)
    shell.type(start + "; echo rea''dy\n")
    problem = shell.expect(r"(?<!')ready\n")
    check(f"{name}: begins", problem)
    for title, keys, pattern in [] if problem else CASES:
        shell.type(keys)
        check(f"{name}: {title}", shell.expect(pattern))
        shell.type("\x05\x15echo n''ext\n")
        shell.expect(r"(?<!')next\n")
    shell.close()


def run_fish(home):
    script = "sluice completion fish | source; complete -C $argv[1]"
    for title, keys, pattern in CASES:
        typed = keys.rstrip("\t")
        done = subprocess.run(["fish", "--no-config", "-c", script, typed], capture_output=True, text=True, cwd=home,
                              env=environment(home), stdin=subprocess.DEVNULL)
        # fish prints what the last word may become, not the whole line
        wanted = pattern.strip().split(" ")[-1] if "*" not in pattern else pattern
        got = done.stdout + done.stderr
        check(f"fish: {title}", "" if re.search(rf"(^|\n){wanted}", got, re.S) else f"no {wanted!r} in {got!r}")


def main():
    with tempfile.TemporaryDirectory() as directory:
        home = pathlib.Path(directory)
        (home / "bin").mkdir()
        (home / "bin/sluice").symlink_to(SLUICE)
        (home / "folder").mkdir()
        (home / "place.yaml").write_text("name: place\n")
        (home / ".zshrc").touch()
        missing = [name for name in ("bash", "zsh", "fish") if not shutil.which(name)]
        check("bash, zsh and fish are installed (.ci/deps test)", " ".join(missing))
        run_terminal("bash", ["bash", "--norc", "--noprofile", "-i"], "source <(sluice completion bash)", home)
        if "zsh" not in missing:
            run_terminal("zsh", ["zsh", "-f", "-i"], "unsetopt prompt_cr prompt_sp zle_bracketed_paste 2>/dev/null; "
                         "autoload -U compinit; compinit -u; source <(sluice completion zsh)", home)
        if "fish" not in missing:
            run_fish(home)
    print(f"1..{count}")
    sys.exit(failed)


main()
