#!/usr/bin/env python3
"""Writes files as a C source: `assets` of asset.h.

    embed.py OUT FILE…
"""
import hashlib
import pathlib
import sys

TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


def array(name, content):
    lines = [", ".join(str(byte) for byte in content[at:at + 24]) for at in range(0, len(content), 24)]
    return f"static const unsigned char {name}[] = {{\n    " + ",\n    ".join(lines) + "};\n"


def main():
    out, *paths = map(pathlib.Path, sys.argv[1:])
    arrays, rows = [], []
    for number, path in enumerate(paths):
        content = path.read_bytes()
        address = f"/assets/{path.stem}-{hashlib.sha256(content).hexdigest()[:16]}{path.suffix}"
        arrays.append(array(f"bytes{number}", content))
        rows.append(f'    {{"{path.name}", "{address}", "{TYPES[path.suffix]}", (const char *)bytes{number}, '
                    f"sizeof bytes{number}}},\n")
    out.write_text('#include "asset.h"\n\n' + "\n".join(arrays) + "\nconst struct asset assets[] = {\n" + "".join(rows)
                   + "};\nconst size_t asset_count = sizeof assets / sizeof *assets;\n", encoding="utf-8")


main()
