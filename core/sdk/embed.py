#!/usr/bin/env python3
"""Writes the files below a folder as a C source: `plugin_templates` of core/plugin_template.h.

    embed.py OUT FOLDER FILE…       FOLDER/KIND/PATH
"""
import os
import pathlib
import sys


def array(name, content):
    lines = [", ".join(str(byte) for byte in content[at:at + 24]) for at in range(0, len(content), 24)]
    return f"static const unsigned char {name}[] = {{\n    " + ",\n    ".join(lines) + "};\n"


def main():
    out, folder, *paths = map(pathlib.Path, sys.argv[1:])
    arrays, rows = [], []
    for number, path in enumerate(paths):
        kind, *rest = path.resolve().relative_to(folder.resolve()).parts
        arrays.append(array(f"bytes{number}", path.read_bytes()))
        rows.append(f'    {{"{kind}", "{"/".join(rest)}", (const char *)bytes{number}, sizeof bytes{number}, '
                    f"{str(os.access(path, os.X_OK)).lower()}}},\n")
    out.write_text('#include "plugin_template.h"\n\n' + "\n".join(arrays)
                   + "\nconst struct plugin_template plugin_templates[] = {\n" + "".join(rows)
                   + "};\nconst size_t plugin_template_count = sizeof plugin_templates / sizeof *plugin_templates;\n",
                   encoding="utf-8")


main()
