"""Starts real servers for the integration tests: certificates made on the spot, high ports on loopback, everything in one temporary directory.
Ends only what it started. A test file calls run_tests() with the path of the sealpost binary as its last argument."""
import base64
import contextlib
import json
import os
import re
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

SEALPOST = Path(sys.argv[-1]).resolve() if len(sys.argv) > 1 else None
USER = "ann@example.com"
PASSWORD = "a secret: \u00fc\"\\ '%"
DEADLINE = 30.0  # seconds to wait for what takes milliseconds; sanitizers and a busy machine are slow


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, what, seconds=DEADLINE):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s in vain for {what}")


def make_certificate(directory, name="cert", days="30", names="DNS:localhost,IP:127.0.0.1", key="ec"):
    """A self-signed certificate and its key; returns both paths."""
    certificate, private_key = directory / f"{name}.pem", directory / f"{name}-key.pem"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"] if key == "ec" else ["-newkey", f"rsa:{key}"]
    subprocess.run(["openssl", "req", "-x509", *kind, "-nodes", "-days", days, "-subj", "/CN=localhost", "-addext", f"subjectAltName={names}",
                    "-keyout", private_key, "-out", certificate], check=True, capture_output=True)
    private_key.chmod(0o600)
    return certificate, private_key


class Server:
    """A sealpost server with one user. `routes` is TOML; by default everything goes to the Maildir `mail`."""

    def __init__(self, directory=None, routes=None, extra="", preload=None):
        self.directory = Path(directory or tempfile.mkdtemp(prefix="sealpost-test-"))
        self._owns_directory = directory is None
        self.smtps_port, self.starttls_port = free_port(), free_port()
        self.certificate, self.private_key = make_certificate(self.directory)
        self.config = self.directory / "sealpost.toml"
        self.routes = routes or '[[route]]\ndomains = ["*"]\ndeliver = "maildir"\npath = "mail"\n'
        self.extra = extra
        self.preload = preload
        self.process = None
        self.log_path = self.directory / "server.log"
        self.write_config()

    def write_config(self):
        self.config.write_text(f'''hostname = "mail.example.com"
data_directory = "data"
{self.extra}
[tls]
certificate = "{self.certificate.name}"
private_key = "{self.private_key.name}"

[[listener]]
service = "submissions"
address = "127.0.0.1:{self.smtps_port}"

[[listener]]
service = "submission"
address = "127.0.0.1:{self.starttls_port}"

{self.routes}''')

    def tool(self, *arguments, check=True, **options):
        options.setdefault("timeout", 120)
        result = subprocess.run([SEALPOST, *arguments], capture_output=True, text=True, **options)
        if check and result.returncode != 0:
            raise AssertionError(f"sealpost {' '.join(map(str, arguments))}: {result.returncode}\n{result.stdout}{result.stderr}")
        return result

    def add_user(self, name=USER, password=PASSWORD):
        self.tool("user", "add", name, "--password-stdin", "--config", self.config, input=password + "\n")

    def start(self):
        environment = dict(os.environ)
        if self.preload:
            environment["LD_PRELOAD"] = str(self.preload)
        log = open(self.log_path, "ab")
        offset = log.tell()
        self.process = subprocess.Popen([SEALPOST, "serve", "--config", self.config], stderr=log, stdout=log, env=environment)
        log.close()

        def started():
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log()[-4000:]}")
            with open(self.log_path, "rb") as text:
                text.seek(offset)
                return b"event=started" in text.read()
        wait_for(started, "the server to start")
        return self

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def stop(self, how=signal.SIGTERM):
        """Sends the signal and returns the exit status."""
        self.process.send_signal(how)
        status = self.process.wait(timeout=90)
        self.process = None
        return status

    def connect(self):
        """smtplib over TLS, greeted and logged in."""
        client = smtplib.SMTP_SSL("localhost", self.smtps_port, context=ssl.create_default_context(cafile=str(self.certificate)), timeout=60)
        client.ehlo("client.example")
        code, text = client.docmd("AUTH", "PLAIN " + base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode())
        if code != 235:
            raise AssertionError(f"AUTH: {code} {text}")
        return client

    def submit(self, sender, recipients, content, mail_options=(), recipient_options=()):
        """Submits one message over TLS and returns its queue id."""
        with self.connect() as client:
            for code, text in (client.mail(sender, mail_options), *(client.rcpt(address, recipient_options) for address in recipients), client.data(content)):
                if code != 250:
                    raise AssertionError(f"{code} {text}")
            return text.split()[-1].decode()

    def queue(self, *arguments):
        return json.loads(self.tool("queue", *arguments, "--json", "--config", self.config).stdout)

    def wait_until_queue_is_empty(self, seconds=DEADLINE):
        wait_for(lambda: self.queue("list") == [], "the queue to be empty", seconds)

    def delivered(self, count, mailbox="mail", seconds=DEADLINE):
        """Waits until the Maildir holds `count` messages; returns their contents in order of arrival."""
        new = self.directory / mailbox / "new"
        wait_for(lambda: new.is_dir() and len(list(new.iterdir())) >= count, f"{count} messages in {new}\n{self.log()[-3000:]}", seconds)
        files = sorted(new.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        return [path.read_bytes() for path in files]

    def __enter__(self):
        self.add_user()
        return self.start()

    def __exit__(self, kind, value, traceback):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        if kind is not None:
            sys.stderr.write(f"--- the end of the server's log\n{self.log()[-4000:]}\n")
        if self._owns_directory:
            shutil.rmtree(self.directory, ignore_errors=True)


TRACE = re.compile(rb"(Return-Path|Delivered-To|Received):", re.I)


def without_trace(message, drop=TRACE):
    """The message without the trace fields on top, and without a field in `drop` anywhere in its header."""
    lines = message.replace(b"\r\n", b"\n").split(b"\n")
    kept, skipping, in_header = [], False, True
    for line in lines:
        if in_header:
            if line == b"":
                in_header = False
            elif line[:1] in b" \t":
                if skipping:
                    continue
            else:
                skipping = bool(drop.match(line))
                if skipping:
                    continue
        kept.append(line)
    return b"\n".join(kept)


@contextlib.contextmanager
def temporary_file(server, name, content):
    path = server.directory / name
    path.write_bytes(content)
    yield path
    path.unlink()


def need(*programs):
    """The programs that a test runs; skips with the reason when one is truly absent."""
    for program in programs:
        if shutil.which(program) is None:
            raise unittest.SkipTest(f"{program} is not installed")


def run_tests():
    if SEALPOST is None or not SEALPOST.exists():
        sys.exit("usage: TEST.py [unittest options] PATH-TO-SEALPOST")
    unittest.main(argv=sys.argv[:-1], verbosity=2)
