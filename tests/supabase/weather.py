#!/usr/bin/env python3
"""The way to the gateway on a bad day: passes requests on to URL, and spoils what a file says.

    weather.py URL FILE     prints its own address, serves until its standard input is closed

FILE has one line, read at each request: `fine`; or KIND, for every request; or KIND N, for every N-th; or
KIND N METHOD, for that method alone; KIND N METHOD PART, for addresses with that in them. Kinds: cut (half of
the reply, then nothing), lost (acted on, no reply), long-BYTES (html-520 for a longer address), clock (an hour
behind), html-STATUS, empty-STATUS, later-STATUS (Retry-After: 1), json-STATUS, code-STATUS-CODE (as the API
says it)."""

import http.client
import http.server
import sys
import threading
import time
import urllib.parse

TARGET = urllib.parse.urlsplit(sys.argv[1])
HTML = b"<!DOCTYPE html><html><body><h1>520: Web server is returning an unknown error</h1></body></html>"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen = 0
    lock = threading.Lock()

    def kind(self):
        words = open(sys.argv[2]).read().split() or ["fine"]
        if words[2:] and (words[2] != self.command or "".join(words[3:]) not in self.path):
            return "fine"
        with Handler.lock:
            Handler.seen += 1
            return words[0] if len(words) == 1 or Handler.seen % int(words[1]) == 0 else "fine"

    def date_time_string(self, timestamp=None):
        behind = 3600 if open(sys.argv[2]).read().startswith("clock") else 0
        return super().date_time_string((timestamp or time.time()) - behind)

    def answer(self, status, body, *headers):
        self.send_response(status)
        for name, value in headers + (("Content-Length", str(len(body))),):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def spoil(self, kind, status, code="null"):
        if kind == "html":
            self.answer(status, HTML, ("Content-Type", "text/html"))
        elif kind == "empty":
            self.answer(status, b"")
        elif kind == "later":
            self.answer(status, b"", ("Retry-After", "1"))
        else:
            code = code if code == "null" else '"%s"' % code
            self.answer(status, b'{"code":%s,"message":"no","hint":null}' % code.encode(), ("Content-Type", "application/json"))

    def pass_on(self, kind):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if kind.startswith("long-"):
            kind = "html-520" if len(self.path) > int(kind[5:]) else "fine"
        if "-" in kind:
            name, status, *code = kind.split("-")
            return self.spoil(name, int(status), *code)
        path = self.path.removeprefix("/rest/v1") if TARGET.fragment == "bare" else self.path
        there = http.client.HTTPConnection(TARGET.netloc)
        there.request(self.command, path, body, {k: v for k, v in self.headers.items() if k.lower() != "host"})
        reply = there.getresponse()
        text = reply.read()
        there.close()
        if kind == "lost":
            self.close_connection = True
            return None
        keep = [(k, v) for k, v in reply.getheaders()
                if k.lower() in ("content-type", "content-range", "preference-applied", "retry-after")]
        if kind != "cut":
            return self.answer(reply.status, text, *keep)
        self.send_response(reply.status)
        for name, value in keep + [("Content-Length", str(len(text) + 9))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text[: len(text) // 2])
        self.close_connection = True
        return None

    def do_GET(self):
        self.pass_on(self.kind())

    do_POST = do_PATCH = do_GET

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


server = Server(("127.0.0.1", 0), Handler)
print("http://127.0.0.1:%d" % server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
