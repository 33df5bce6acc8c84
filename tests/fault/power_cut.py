#!/usr/bin/env python3
"""What a disk holds after the power went: takes back what unsynced.so saw written and not synced.

    power_cut.py DISK [SEED]     with a seed, half of the writes, in no order, did reach the disk

Prints how many bytes were lost. Run it when no process has a file of DISK open.
"""
import os
import pathlib
import random
import struct
import sys

ENTRY = struct.Struct("=qqQQ")  # struct entry of unsynced.c


def entries(log):
    at = 0
    while at + ENTRY.size <= len(log):
        offset, size_before, before, written = ENTRY.unpack_from(log, at)
        at += ENTRY.size
        if at + before + written > len(log):
            return  # the process died in it, and so before the write
        yield offset, size_before, log[at:at + before], log[at + before:at + before + written]
        at += before + written


def reboot(path, log, chance):
    changes = list(entries(log))
    lost = 0
    with open(path, "r+b", buffering=0) as file:
        for offset, size_before, before, _ in reversed(changes):
            os.pwrite(file.fileno(), before, offset)
            os.ftruncate(file.fileno(), size_before)
        for offset, _, _, written in changes:
            if chance.random() >= chance.reached:
                lost += len(written)
            elif written:
                os.pwrite(file.fileno(), written, offset)
            else:
                os.ftruncate(file.fileno(), offset)
    return lost


def main():
    disk = pathlib.Path(sys.argv[1])
    chance = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    chance.reached = 0.5 if len(sys.argv) > 2 else 0
    logs = disk / ".unsynced"
    lost = 0
    for path in sorted(disk.rglob("*")):
        if path.name.endswith("-shm"):
            path.unlink()
            continue
        log = logs / str(path.lstat().st_ino)
        if path.parent != logs and path.is_file() and log.exists():
            lost += reboot(path, log.read_bytes(), chance)
    for log in logs.iterdir():
        log.unlink()
    print(lost)


main()
