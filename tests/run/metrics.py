#!/usr/bin/env python3
"""Is standard input text of Prometheus, format 0.0.4, as strict readers want it? Prints "good", or what is wrong.

Also: each metric has HELP and TYPE before its values, values of one metric stand together, no series comes twice,
counters end in _total, histograms have growing buckets up to +Inf, which is the count.
"""
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (-?[0-9.]+(?:e[-+]?[0-9]+)?|NaN|[+-]Inf)")


def wrong(text):
    sys.exit(print(text))


def check(text):
    helped, types, seen, family, buckets = set(), {}, set(), None, {}
    if not text.endswith("\n"):
        wrong("the last line has no end")
    for number, line in enumerate(text.split("\n")[:-1], 1):
        if found := re.fullmatch(rf"# HELP ({NAME}) (\S.*)", line):
            if found[1] in helped:
                wrong(f"line {number}: {found[1]} a second time")
            helped.add(found[1])
            continue
        if found := re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge|histogram)", line):
            family = found[1]
            types[family] = found[2]
            if family not in helped:
                wrong(f"line {number}: {family} has no HELP")
            if (found[2] == "counter") != family.endswith("_total"):
                wrong(f"line {number}: the name of a {found[2]}: {family}")
            continue
        found = SAMPLE.fullmatch(line)
        if not found:
            wrong(f"line {number} is none: {line}")
        name, labels, value = found[1], found[2] or "", float(found.groups()[-1])
        suffix = name[len(family or ""):]
        if not family or not name.startswith(family) or suffix not in (
                ("_bucket", "_sum", "_count") if types[family] == "histogram" else ("",)):
            wrong(f"line {number}: {name} stands under {family}")
        if (name, labels) in seen:
            wrong(f"line {number}: {name}{{{labels}}} a second time")
        seen.add((name, labels))
        if suffix == "_bucket":
            rest, _, bound = labels.rpartition(',le="')
            last, least = buckets.get((family, rest), (-1.0, -1.0))
            if float(bound[:-1].replace("+Inf", "inf")) <= last or value < least:
                wrong(f"line {number}: buckets go up")
            buckets[family, rest] = (float(bound[:-1].replace("+Inf", "inf")), value)
        if suffix == "_count" and buckets.get((family, labels)) != (float("inf"), value):
            wrong(f"line {number}: the count isn't that of the bucket +Inf")
    print("good")


check(sys.stdin.read())
