#!/usr/bin/env python3
"""A way to a server that breaks off: passes bytes to and from PORT, and cuts a connection in the middle of a reply.

    cutter.py PORT FILE     prints its own port, serves until its standard input is closed

While FILE is there, half of the next reply is passed on, then both ends are closed and FILE is removed. With lines in
it, it is the reply to a request that holds the last line, after requests that held the others."""

import os
import socket
import sys
import threading


def is_cut():
    try:
        if open(sys.argv[2]).read():
            return False
        os.unlink(sys.argv[2])
        return True
    except FileNotFoundError:
        return False


def await_next(request):
    """A request that holds the first line strikes it out."""
    try:
        first, *rest = open(sys.argv[2]).read().splitlines()
    except (FileNotFoundError, ValueError):
        return
    if first.encode() in request:
        with open(sys.argv[2] + ".new", "w") as new:
            new.writelines(line + "\n" for line in rest)
        os.rename(sys.argv[2] + ".new", sys.argv[2])


def pump(source, target, replies):
    try:
        while piece := source.recv(65536):
            if not replies:
                await_next(piece)
            if replies and len(piece) > 1 and is_cut():
                target.sendall(piece[: len(piece) // 2])
                break
            target.sendall(piece)
    except OSError:
        pass
    for end in source, target:
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(client):
    try:
        server = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    except OSError:
        client.close()
        return
    back = threading.Thread(target=pump, args=(server, client, True), daemon=True)
    back.start()
    pump(client, server, False)
    back.join()
    client.close()
    server.close()


def accept(listener):
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client,), daemon=True).start()


listener = socket.create_server(("127.0.0.1", 0), backlog=64)
print(listener.getsockname()[1], flush=True)
threading.Thread(target=accept, args=(listener,), daemon=True).start()
sys.stdin.read()
