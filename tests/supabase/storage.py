#!/usr/bin/env python3
"""The object storage of a Supabase project, as its API answers: nearly every error is HTTP 400 with the true
status as a string in the body. Buckets `batch-uploads` (private) and `public-files` (public) are there.

    storage.py PORT"""

import base64
import hashlib
import hmac
import json
import os
import re
import sys
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BUCKETS = {"batch-uploads": False, "public-files": True}
MOST = 50 * 1024 * 1024
KEY = re.compile(r"^[A-Za-z0-9_ .,!*&$@=;:+?/()'-]+$")
SECRET = os.environ.get("STORAGE_SECRET", "").encode()
objects = {}


def sign(path, until):
    return hmac.new(SECRET, ("%s %d" % (path, until)).encode(), hashlib.sha256).hexdigest()


class Storage(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, kind="application/json"):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def refuse(self, status, code, message):
        self.answer(400, {"statusCode": str(status), "error": code, "code": code, "message": message})

    def role(self):
        try:
            head, body, signature = self.headers["Authorization"].removeprefix("Bearer ").split(".")
            good = hmac.new(SECRET, (head + "." + body).encode(), hashlib.sha256).digest()
            if base64.urlsafe_b64encode(good).rstrip(b"=").decode() != signature:
                return None
            return json.loads(base64.urlsafe_b64decode(body + "=="))["role"]
        except (AttributeError, KeyError, TypeError, ValueError):
            return None

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def do_POST(self):
        path, data = urllib.parse.unquote(self.path.split("?")[0]), self.body()
        role = self.role()
        if role is None:
            return self.refuse(403, "InvalidJWT", "jws invalid")
        if path == "/bucket":
            wanted = json.loads(data)
            if wanted["name"] in BUCKETS:
                return self.refuse(409, "ResourceAlreadyExists", "The resource already exists")
            BUCKETS[wanted["name"]] = bool(wanted.get("public"))
            return self.answer(200, {"name": wanted["name"]})
        signing = path.startswith("/object/sign/")
        name = path.removeprefix("/object/sign/" if signing else "/object/")
        bucket = name.split("/")[0]
        if bucket not in BUCKETS:
            return self.refuse(404, "NoSuchBucket", "Bucket not found")
        if role != "service_role":
            return self.refuse(403, "AccessDenied", "new row violates row-level security policy")
        if signing:
            if name not in objects:
                return self.refuse(404, "NoSuchKey", "Object not found")
            until = int(time.time()) + int(json.loads(data)["expiresIn"])
            return self.answer(200, {"signedURL": "/object/sign/%s?token=%d.%s" % (name, until, sign(name, until))})
        if not KEY.match(name):
            return self.refuse(400, "InvalidKey", "Invalid key: " + name)
        if len(data) > MOST:
            return self.refuse(413, "EntityTooLarge", "The object exceeded the maximum allowed size")
        if name in objects and self.headers.get("x-upsert") != "true":
            return self.refuse(409, "KeyAlreadyExists", "The resource already exists")
        objects[name] = (data, self.headers.get("Content-Type") or "application/octet-stream")
        return self.answer(200, {"Key": name, "Id": hashlib.sha256(name.encode()).hexdigest()[:32]})

    def do_GET(self):
        path, _, query = self.path.partition("?")
        path = urllib.parse.unquote(path)
        if path.startswith("/object/public/"):
            name = path.removeprefix("/object/public/")
            allowed = BUCKETS.get(name.split("/")[0])
        else:
            name = path.removeprefix("/object/sign/")
            until, _, signature = query.removeprefix("token=").partition(".")
            allowed = until.isdigit() and int(until) > time.time() and hmac.compare_digest(signature, sign(name, int(until)))
        if not allowed:
            return self.refuse(400, "InvalidJWT", "jwt malformed")
        if name not in objects:
            return self.refuse(404, "NoSuchKey", "Object not found")
        return self.answer(200, *objects[name])


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Storage).serve_forever()
