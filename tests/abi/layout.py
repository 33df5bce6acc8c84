#!/usr/bin/env python3
"""Compares the layout of everything in include/sluice with the listing that was checked in.

    layout.py [--add] CC INCLUDE-DIR LISTING

A line of the listing never changes and never goes: plugins that were built with it are out there. Lines are
added, by --add, when a struct gets another member at its end, or a constant is new.

    sluice_text fixed 16                    a struct without a size of its own: it stays as large as it is
    sluice_batch grows                      one that begins with its size (or is read by a stride)
    sluice_batch.names 24 8 const sluice_text *
                                            offset, size, type
    SLUICE_METHOD_POST = 2                         an enumerator or a number defined by the preprocessor
"""
import re
import subprocess
import sys
import tempfile

BY_STRIDE = {"sluice_option"}  # sluice_component.option_stride says how far apart they are


def preprocess(cc, include, *flags):
    source = "#include <sluice/sluice.h>\n"
    command = [cc, "-E", "-P", "-std=c11", "-I", include, *flags, "-"]
    return subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout


def split(text, separator=","):
    """Parts of `text` between separators that stand in no parentheses."""
    parts, depth, begin = [], 0, 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == separator and depth == 0:
            parts.append(text[begin:at].strip())
            begin = at + 1
    return parts + [text[begin:].strip()]


def tidy(text):
    text = re.sub(r"__attribute__\s*\(\(.*?\)\)\)?(?=\s*;|$)", "", text)
    return re.sub(r"\s*\*\s*", " *", re.sub(r"\s+", " ", text)).replace("* *", "**").strip()


def declaration(text):
    """The name and the type of a member or parameter; parameters of a function lose their names."""
    text = tidy(text)
    function = re.fullmatch(r"(.*?)\(\s*\*\s*(\w*)\s*\)\s*\((.*)\)", text)
    if function:
        result, name, parameters = function.groups()
        types = ", ".join(declaration(p)[1] for p in split(parameters))
        return name, f"{result.strip()} (*)({types})"
    array = re.fullmatch(r"(.*?)(\w+)\s*(\[.*\])", text)
    if array:
        return array.group(2), f"{array.group(1).strip()} {array.group(3)}"
    named = re.fullmatch(r"(.*[\s*])(\w+)", text)
    if named and (named.group(1).strip() not in ("const", "struct", "enum", "unsigned")):
        return named.group(2), named.group(1).strip()
    return "", text


def members(body):
    for statement in filter(None, split(body, ";")):
        first, *others = split(statement)
        name, kind = declaration(first)
        yield name, kind
        for other in others:
            yield other, kind


def listing_source(text, numbers):
    """A C program that prints the listing."""
    out = ["#include <stdio.h>", "#include <stddef.h>", "#include <sluice/sluice.h>", "int main(void) {"]
    structs = re.findall(r"typedef struct (\w+)\s*\{(.*?)\}\s*(\w+)\s*;", text, re.S)
    if len(structs) != len(re.findall(r"\bstruct\s+\w+\s*\{", text)):
        sys.exit("layout: a struct in include/sluice isn't written as `typedef struct NAME { … } NAME;`")
    for tag, body, name in structs:
        listed = list(members(body))
        grows = listed[0] == ("size", "uint32_t") or name in BY_STRIDE
        if tag != name:
            sys.exit(f"layout: struct {tag} and its typedef {name} differ")
        if grows:
            out.append(f'puts("{name} grows");')
            # Padding at the end would be read as the next member by a newer core: it has to have a name.
            last = listed[-1][0]
            out.append(f'_Static_assert(offsetof({name}, {last}) + sizeof((({name} *)0)->{last}) == sizeof({name}), '
                       f'"{name} has padding at its end: name it reserved");')
        else:
            out.append(f'printf("{name} fixed %zu\\n", sizeof({name}));')
        for member, kind in listed:
            out.append(f'printf("{name}.{member} %zu %zu {kind}\\n", offsetof({name}, {member}), '
                       f'sizeof((({name} *)0)->{member}));')
    for body in re.findall(r"\benum\s+\w*\s*\{(.*?)\}", text, re.S):
        numbers = [item.split("=")[0].strip() for item in split(body) if item] + numbers
    for number in sorted(set(numbers)):
        out.append(f'printf("{number} = %lld\\n", (long long)({number}));')
    return "\n".join(out + ["return 0;", "}"])


def numbers_of(macros):
    """Macros of ours that are a number, or a number from <stdint.h>."""
    return [name for name, value in re.findall(r"^#define (SLUICE_[A-Z0-9_]+) (.+)$", macros, re.M)
            if name != "SLUICE_ABI_MINOR" and re.fullmatch(r"\(?-?\d+u?\)?|UINT32_MAX|\(4294967295U\)", value)]


def current(cc, include):
    source = listing_source(preprocess(cc, include), numbers_of(preprocess(cc, include, "-dM")))
    with tempfile.TemporaryDirectory() as directory:
        program = directory + "/layout"
        if subprocess.run([cc, "-std=gnu11", "-I", include, "-x", "c", "-", "-o", program], input=source,
                          text=True).returncode:
            sys.exit("layout: the listing of include/sluice doesn't compile")
        return subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()


def ends(lines):
    """Where each struct that grows ends."""
    out = {}
    for line in lines:
        member = re.match(r"(\w+)\.\w+ (\d+) (\d+) ", line)
        if member:
            out[member[1]] = max(out.get(member[1], 0), int(member[2]) + int(member[3]))
    return out


def problems(known, now):
    present = set(now)
    for line in known:
        if line not in present:
            yield f"this was promised and isn't so any more: {line}"
    before = ends(known)
    for line in now:
        member = re.match(r"(\w+)\.\w+ (\d+) ", line)
        if member and line not in set(known) and int(member[2]) < before.get(member[1], 0):
            yield f"a new member stands before the end of its struct: {line}"


def main():
    add = "--add" in sys.argv
    cc, include, path = [a for a in sys.argv[1:] if a != "--add"]
    now = current(cc, include)
    try:
        with open(path, encoding="utf-8") as file:
            known = [line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")]
    except FileNotFoundError:
        if not add:
            raise
        known = []
    wrong = list(problems(known, now))
    new = [line for line in now if line not in set(known)]
    if new and not add:
        wrong += [f"not in {path} yet, run 'make abi': {line}" for line in new]
    if wrong:
        sys.exit("\n".join("layout: " + line for line in wrong))
    if new:
        with open(path, "w", encoding="utf-8") as file:
            file.write("# What plugins rely on. Lines are added (make abi), never changed: see layout.py.\n")
            file.write("\n".join(now) + "\n")
        print(f"layout: {len(new)} lines added to {path}")


main()
