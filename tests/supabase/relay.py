#!/usr/bin/env python3
"""A network between a program and a server that can be slow, and can be cut.

    relay.py HOST PORT [MILLISECONDS]     prints the port that it listens on; then, on standard input:
        cut       every connection ends without a word, new ones are refused, until
        join
        hold      the next client that goes to the ledger's gate gets as far as that, but its round trip has no end:
                  the rest of what it says stays here

Each answers "done" when it is. It ends when its standard input is closed."""

import socket
import sys
import threading
import time

host, port = sys.argv[1], int(sys.argv[2])
delay = float(sys.argv[3]) / 1000 if len(sys.argv) > 3 else 0
lock = threading.Lock()
pairs = set()
cut = False
hold, held = threading.Event(), threading.Event()
SYNC = b"S\0\0\0\4"


def withhold(data):
    """What of it is passed on; all of it, unless it is the one to be held."""
    if hold.is_set() and b"sluice.gate FOR UPDATE" in data and data.endswith(SYNC):
        hold.clear()
        return data[: -len(SYNC)], True
    return data, False


def pump(source, target):
    """Bytes leave as long after they came as the network is long; more may come meanwhile."""
    waiting, filled = [], threading.Condition()

    def deliver():
        while True:
            with filled:
                while not waiting:
                    filled.wait()
                due, data = waiting.pop(0)
            time.sleep(max(0, due - time.monotonic()))
            try:
                target.sendall(data) if data else target.shutdown(socket.SHUT_WR)
            except OSError:
                return
            if not data:
                return

    threading.Thread(target=deliver, daemon=True).start()
    stays = False
    while True:
        try:
            data = source.recv(65536)
        except OSError:
            data = b""
        if stays and data:
            continue
        data, stays = withhold(data)
        with filled:
            waiting.append((time.monotonic() + delay, data))
            filled.notify()
        if stays:
            held.set()
        if not data:
            return


def accept(listener):
    while True:
        client, _ = listener.accept()
        with lock:
            if cut:
                client.close()
                continue
        try:
            server = socket.create_connection((host, port))
        except OSError:
            client.close()
            continue
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with lock:
            pairs.add((client, server))
        threading.Thread(target=pump, args=(client, server), daemon=True).start()
        threading.Thread(target=pump, args=(server, client), daemon=True).start()


def end_all():
    for pair in pairs:
        for end in pair:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()
    pairs.clear()


def main():
    global cut
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
    print(listener.getsockname()[1], flush=True)
    for line in sys.stdin:
        if line.strip() == "hold":
            hold.set()
            held.wait()
        else:
            with lock:
                cut = line.strip() == "cut"
                if cut:
                    end_all()
        print("done", flush=True)


if __name__ == "__main__":
    main()
