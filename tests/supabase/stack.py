#!/usr/bin/env python3
"""A Supabase project on loopback, out of the real parts: PostgreSQL, PostgREST, nginx as the gateway,
pgbouncer as the pooler in transaction mode; only the object storage is a fake (storage.py).

    stack.py DIRECTORY            starts all of it there, prints NAME=VALUE lines and then `ready`,
                                  and stops everything when its standard input is closed

Everything listens on 127.0.0.1 and free ports. Keys and passwords are made anew each time. The servers run
as nobody in particular: when this is root, as the user `postgres`, for PostgreSQL refuses root."""

import base64
import grp
import hashlib
import hmac
import json
import os
import pwd
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
PG = "/usr/lib/postgresql/15/bin/"
SCHEMA = open(os.path.join(HERE, "project.sql")).read()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def jwt(secret, role):
    part = lambda value: base64.urlsafe_b64encode(value).rstrip(b"=")
    head = part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    body = part(json.dumps({"iss": "supabase", "role": role, "exp": int(time.time()) + 86400}).encode())
    sign = part(hmac.new(secret.encode(), head + b"." + body, hashlib.sha256).digest())
    return (head + b"." + body + b"." + sign).decode()


class Stack:
    def __init__(self, directory):
        self.dir = os.path.abspath(directory)
        self.processes = []
        self.user = {}
        if os.getuid() == 0:
            entry = pwd.getpwnam("postgres")
            groups = [g.gr_gid for g in grp.getgrall() if "postgres" in g.gr_mem]
            self.user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": groups}
            os.chown(self.dir, entry.pw_uid, entry.pw_gid)
        os.umask(0o077)
        self.password = secrets.token_urlsafe(18)
        self.jwt_secret = secrets.token_urlsafe(36)
        self.anon = jwt(self.jwt_secret, "anon")
        self.service = jwt(self.jwt_secret, "service_role")
        self.sb_secret = "sb_secret_" + secrets.token_urlsafe(24)
        self.sb_publishable = "sb_publishable_" + secrets.token_urlsafe(24)

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def write(self, name, text):
        with open(self.path(name), "w") as out:
            out.write(text)
        if self.user:
            os.chown(self.path(name), self.user["user"], self.user["group"])
        return self.path(name)

    def run(self, *command, **more):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.dir,
                              **self.user, **more)
        if done.returncode:
            sys.exit("stack: %s failed:\n%s" % (command[0], done.stdout))

    def start(self, name, *command, environment=None, user=None):
        log = open(self.path(name + ".log"), "ab")
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.dir,
                                   env=dict(os.environ, **(environment or {})), **(self.user if user is None else user))
        self.processes.append((name, process))
        return process

    def wait_for(self, name, ready):
        process = dict(self.processes)[name]
        until = time.monotonic() + 30
        while not ready():
            if process.poll() is not None or time.monotonic() > until:
                sys.exit("stack: %s didn't start:\n%s" % (name, open(self.path(name + ".log")).read()))
            time.sleep(0.02)

    # -- PostgreSQL ------------------------------------------------------------------------------

    def certificates(self):
        """An authority of our own, and a certificate for db.project.supabase.test."""
        ca = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test authority",
              "-keyout", "ca.key", "-out", "ca.crt"]
        self.run(*ca)
        self.run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=db.project.supabase.test",
                 "-keyout", "server.key", "-out", "server.csr")
        names = self.write("names.cnf", "subjectAltName=DNS:db.project.supabase.test\n")
        self.run("openssl", "x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                 "-days", "2", "-extfile", names, "-out", "server.crt")

    def postgres(self):
        self.db_port = free_port()
        password = self.write("password", self.password + "\n")
        self.run(PG + "initdb", "-D", "data", "-U", "postgres", "-A", "scram-sha-256", "--pwfile", password, "-E", "UTF8",
                 "--locale=C", "--no-sync")
        self.certificates()
        self.write("data/postgresql.auto.conf", "\n".join([
            "listen_addresses = '127.0.0.1'", "port = %d" % self.db_port, "unix_socket_directories = ''",
            "max_connections = 60", "ssl = on", "ssl_cert_file = '%s'" % self.path("server.crt"),
            "ssl_key_file = '%s'" % self.path("server.key"), "log_min_messages = warning", ""]))
        self.start_postgres()
        self.psql(SCHEMA.replace("@password@", self.password))

    def start_postgres(self):
        self.start("postgres", PG + "postgres", "-D", self.path("data"))
        self.wait_for("postgres", lambda: subprocess.run(
            [PG + "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.db_port)]).returncode == 0)

    def uri(self, port=None, user="postgres"):
        return "postgresql://%s:%s@127.0.0.1:%d/postgres" % (user, self.password, port or self.db_port)

    def psql(self, sql):
        self.run("psql", "-q", "-v", "ON_ERROR_STOP=1", self.uri(), input=sql)

    # -- what stands in front of it --------------------------------------------------------------

    def postgrest(self, binary):
        self.rest_port, admin = free_port(), free_port()
        self.start("postgrest", binary, user={}, environment={
            "PGRST_DB_URI": self.uri(user="authenticator"), "PGRST_DB_SCHEMAS": "public", "PGRST_DB_ANON_ROLE": "anon",
            "PGRST_JWT_SECRET": self.jwt_secret, "PGRST_SERVER_HOST": "127.0.0.1",
            "PGRST_SERVER_PORT": str(self.rest_port), "PGRST_ADMIN_SERVER_PORT": str(admin),
            "PGRST_DB_MAX_ROWS": "1000", "PGRST_DB_POOL": "10", "PGRST_LOG_LEVEL": "error"})
        self.wait_for("postgrest", lambda: answers("http://127.0.0.1:%d/ready" % admin))

    def gateway(self):
        self.url_port = free_port()
        keys = {self.anon: "", self.service: "", self.sb_publishable: "Bearer " + self.anon,
                self.sb_secret: "Bearer " + self.service}
        text = open(os.path.join(HERE, "gateway.conf")).read()
        text = text.replace("@keys@", "\n".join("        '%s' '%s';" % (key, role or "$http_authorization")
                                              for key, role in keys.items()))
        for name, value in (("@directory@", self.dir), ("@listen@", self.url_port), ("@rest@", self.rest_port),
                            ("@storage@", self.storage_port)):
            text = text.replace(name, str(value))
        self.start("nginx", "/usr/sbin/nginx", "-p", self.dir, "-e", self.path("nginx.err"), "-c", self.write("nginx.conf", text))
        self.wait_for("nginx", lambda: answers("http://127.0.0.1:%d/health" % self.url_port))

    def pooler(self):
        self.pool_port = free_port()
        users = self.write("users.txt", '"postgres" "%s"\n' % self.password)
        self.start("pgbouncer", "/usr/sbin/pgbouncer", self.write("pgbouncer.ini", "\n".join([
            "[databases]", "postgres = host=127.0.0.1 port=%d dbname=postgres" % self.db_port, "[pgbouncer]",
            "listen_addr = 127.0.0.1", "listen_port = %d" % self.pool_port, "unix_socket_dir =",
            "auth_type = scram-sha-256", "auth_file = " + users, "pool_mode = transaction", "default_pool_size = 8",
            "max_client_conn = 50", "ignore_startup_parameters = extra_float_digits", "logfile = " + self.path("pgbouncer.out"), ""])))
        self.wait_for("pgbouncer", lambda: accepts(self.pool_port))

    def storage(self):
        self.storage_port = free_port()
        self.start("storage", sys.executable, os.path.join(HERE, "storage.py"), str(self.storage_port), user={},
                   environment={"STORAGE_SECRET": self.jwt_secret})
        self.wait_for("storage", lambda: accepts(self.storage_port))

    # -- all of it -------------------------------------------------------------------------------

    def start_all(self, binary):
        self.postgres()
        self.storage()
        self.postgrest(binary)
        self.gateway()
        self.pooler()

    def stop(self):
        for name, process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGINT if name == "postgres" else signal.SIGTERM)
        for _, process in reversed(self.processes):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def print(self):
        for name, value in (
                ("SUPABASE_URL", "http://127.0.0.1:%d" % self.url_port), ("SUPABASE_SERVICE_KEY", self.service),
                ("SUPABASE_ANON_KEY", self.anon), ("SUPABASE_SECRET_KEY", self.sb_secret),
                ("SUPABASE_PUBLISHABLE_KEY", self.sb_publishable), ("SUPABASE_DIRECT_URL", self.uri()),
                ("SUPABASE_POOLER_URL", self.uri(self.pool_port)), ("SUPABASE_CA", self.path("ca.crt")),
                ("SUPABASE_PIDS", ",".join("%s:%d" % (n, p.pid) for n, p in self.processes))):
            print("%s=%s" % (name, value))
        print("ready", flush=True)


def answers(url):
    try:
        return urllib.request.urlopen(url, timeout=1).status == 200
    except OSError:
        return False


def accepts(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def main():
    stack = Stack(sys.argv[1])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        stack.start_all(os.environ["POSTGREST"])
        stack.print()
        sys.stdin.read()
    finally:
        stack.stop()


if __name__ == "__main__":
    main()
