#!/usr/bin/env python3
"""A pooler that lets nobody in: refusing.py TEXT answers each start-up with FATAL XX000 and that text, as
Supabase's pooler does. Prints its port."""
import socket
import struct
import sys


def receive(connection, count):
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise OSError("closed")
        data += piece
    return data


def refuse(connection, text):
    while True:
        length = struct.unpack("!I", receive(connection, 4))[0]
        if struct.unpack("!I", receive(connection, length - 4)[:4])[0] == 80877103:
            connection.sendall(b"N")  # no TLS here; go on without
            continue
        fields = b"SFATAL\0VFATAL\0CXX000\0M" + text.encode() + b"\0\0"
        connection.sendall(b"E" + struct.pack("!I", len(fields) + 4) + fields)
        return


with socket.create_server(("127.0.0.1", 0)) as server:
    print(server.getsockname()[1], flush=True)
    while True:
        connection, _ = server.accept()
        with connection:
            try:
                refuse(connection, sys.argv[1])
            except OSError:
                pass
