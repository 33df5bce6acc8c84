#!/usr/bin/env python3
"""Requests that no browser sends: raw_http.py HOST:PORT WHAT [MORE]. Prints the status, or "cut off"."""
import socket
import sys
import time

HOST, PORT = sys.argv[1].split(":")
PATIENCE = 90  # for a server on a loaded machine; what is cut off is cut off long before


def connect():
    link = socket.create_connection((HOST, int(PORT)), timeout=PATIENCE)
    return link


def status(link):
    """The status of the answer; "cut off": there is none."""
    try:
        line = link.makefile("rb").readline()
    except OSError:
        return "cut off"
    return line.split()[1].decode() if line.startswith(b"HTTP/") else "cut off"


def head(path="/preview", method="POST", more=b""):
    return f"{method} {path} HTTP/1.1\r\nHost: {HOST}:{PORT}\r\n".encode() + more


def send(link, data):
    """False: the other side has closed."""
    try:
        link.sendall(data)
        return True
    except OSError:
        return False


def none():
    link = connect()
    link.sendall(b"GET / HTTP/1.1\r\n\r\n")
    return status(link)


def lines():
    """A list of what is no IMEI with more lines in its head; | stands between them."""
    more = "".join(line + "\r\n" for line in sys.argv[4].split("|"))
    link = connect()
    link.sendall(head("/api/orders", more=f"Authorization: Bearer {sys.argv[3]}\r\nContent-Type: text/plain\r\n{more}\r\n".encode()))
    send(link, b"f\r\nnot-an-imei-123\r\n0\r\n\r\n" if "chunked" in more else b"not-an-imei-123")
    return status(link)


def announce():
    link = connect()
    link.sendall(head("/login", more=b"Content-Length: 1073741824\r\n\r\n"))
    return status(link)


def pieces():
    link = connect()
    link.sendall(head("/login", more=b"Transfer-Encoding: chunked\r\n\r\n"))
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    for _ in range(16 * 1024):
        if not send(link, piece):
            return "cut off"
    return "all of it was taken"


def headers():
    link = connect()
    link.sendall(head(method="GET"))
    for number in range(100000):
        if not send(link, f"X-Header-{number}: {'y' * 100}\r\n".encode()):
            break
    return status(link)


def address():
    link = connect()
    send(link, head("/" + "a" * 1000000, "GET") + b"\r\n")
    return status(link)


def bytewise():
    """A form in chunks of a byte each: COOKIE TYPE FILE. Prints where it leads to."""
    cookie, kind, name = sys.argv[3:6]
    more = f"Cookie: {cookie}\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    link = connect()
    with open(name, "rb") as file:
        body = file.read()
    link.sendall(head(more=more.encode()) + b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n")
    for line in link.makefile("rb"):
        if line.lower().startswith(b"location: "):
            return line.split()[1].decode()
    return "nowhere"


def drip():
    link = connect()
    link.sendall(head(method="GET"))
    end = time.monotonic() + PATIENCE
    link.settimeout(0.5)
    while time.monotonic() < end:
        try:
            link.sendall(b"X")
            if not link.recv(1):
                return "cut off"
        except TimeoutError:
            continue
        except OSError:
            return "cut off"
    return "still there"


def crowd():
    """More clients that say nothing than there is room for; they stay until we end. Prints nothing."""
    links = []
    for _ in range(600):
        try:
            links.append(connect())
        except OSError:
            break
    link = connect()
    link.sendall(head("/login", "GET", b"Connection: close\r\n\r\n"))
    if status(link) != "200":
        return "nobody else is served"
    return ""


def bodies():
    """The same with clients that have begun to log in."""
    more = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\nExpect: 100-continue\r\n\r\n"
    links = []
    for _ in range(300):
        try:
            links.append(connect())
            links[-1].sendall(head("/login", more=more))
            links[-1].recv(12)  # it is waited for
        except OSError:
            break
    link = connect()
    link.sendall(head("/login", "GET", b"Connection: close\r\n\r\n"))
    return "" if status(link) == "200" else "nobody else is served"


print(globals()[sys.argv[2]](), end="")
