#!/usr/bin/env python3
"""A provider that says what it is told to: to every question about orders, the file reply.xml in its working
directory; where the order is among them whose id is in poison.txt, a page of HTML. Prints its URL; notes the ids
that it was asked about, a question a line, in asked.txt."""
import http.server
import os
import urllib.parse


class Liar(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        with open("asked.txt", "a", encoding="utf-8") as asked:
            print(form.get("orderIds", [""])[0], file=asked)
        with open("reply.xml", "rb") as reply:
            body = reply.read()
        if os.path.exists("poison.txt"):
            with open("poison.txt", encoding="utf-8") as poison:
                if poison.read().strip() in form.get("orderIds", [""])[0].split(","):
                    body = b"<html>Fatal error</html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
