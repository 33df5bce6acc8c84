#!/usr/bin/env python3
"""Does every file include only what lies below it?

    include/sluice  <-  pure  <-  I/O  <-  runner  <-  commands;   plugins: sluice/*, their own folder, libraries

Pure modules compute: what they are given, they get in memory. They open nothing and wait for nothing, which is
why their tests need nothing. layers.txt says which layer a module is of; one that it doesn't name may do I/O and
knows neither runs nor commands.
"""
import pathlib
import re
import sys

def listed(layer):
    lines = (pathlib.Path(__file__).parent / "layers.txt").read_text(encoding="utf-8").splitlines()
    return {line.split()[0] for line in lines if line.split()[1:] == [layer]}


PURE, RUNNER = listed("pure"), listed("runner")
COMMAND = set("command flag_value lone main program provider store".split())

# What a pure module may take from the system: words, numbers, locks, pages of memory (and what is told of them).
PLAIN = re.compile(r"(sanitizer/asan_interface|std\w+|string|strings|inttypes|ctype|errno|limits|assert|math|time|pthread|sys/mman|arpa/inet|yaml)\.h")

LAYERS = ["pure", "I/O", "runner", "commands"]


def layer(module):
    if module in PURE:
        return 0
    if module in RUNNER:
        return 2
    return 3 if module in COMMAND or module.startswith(("cmd_", "clerk")) else 1


def includes(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
        if found:
            yield f"{path}:{number}", found[1] == "<", found[2]


def check_contract(root):
    for path in sorted(root.glob("include/sluice/*.h")):
        for place, system, name in includes(path):
            if not ((name.startswith("std") or name == "string.h") if system else (path.parent / name).exists()):
                yield f"{place}: the contract includes {name}; it has only itself and the C standard's headers"


def check_core(root):
    modules = {path.stem for path in root.glob("core/*.[ch]")}
    for listed in sorted((PURE | RUNNER | COMMAND) - modules):
        yield f"{__file__}: names a module that is gone: {listed}"
    for path in sorted(root.glob("core/*.[ch]")):
        own = layer(path.stem)
        for place, system, name in includes(path):
            module = name.removesuffix(".h")
            if system and own == 0 and not name.startswith("sluice/") and not PLAIN.fullmatch(name):
                yield f"{place}: a pure module includes <{name}>; move what needs it into a module that does I/O"
            if not system and module not in modules:
                yield f"{place}: there is no core/{name}"
            elif not system and layer(module) > own:
                yield f"{place}: {LAYERS[own]} includes {name}, which is above it ({LAYERS[layer(module)]})"


def check_plugins(root):
    for folder in sorted(path for path in root.glob("plugins/*") if path.is_dir()):
        for path in sorted(folder.glob("*.[ch]")):
            for place, system, name in includes(path):
                if not system and (".." in name or not (folder / name).exists()):
                    yield f"{place}: a plugin includes {name}, which isn't in its folder"
                if system and (root / "core" / name).exists():
                    yield f"{place}: a plugin includes <{name}> of the core"


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    wrong = [line for check in (check_contract, check_core, check_plugins) for line in check(root)]
    sys.exit("\n".join(wrong) if wrong else 0)


main()
