"""The servers of one run: two ceilings, the sink, and Sealpost twice: once with a route that discards, once relaying to the sink."""
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.server import CounterFile, Server, free_port

USER = "ann@example.com"
PASSWORD = "a throwaway password"

SEALPOST_CONFIGURATION = """\
hostname = "bench.example.com"
data_directory = "data"

[tls]
certificate = "{certificate}"
private_key = "{key}"

[[listener]]
service = "submissions"
address = "127.0.0.1:{port}"

[[route]]
domains = ["*"]
{route}
{extra}"""


@dataclass
class Programs:
    """Where the built programs are."""
    build: Path

    def tool(self, name):
        return self.build / "bench" / name

    @property
    def sealpost(self):
        return self.build / "sealpost"

    @property
    def slow_sync(self):
        return self.tool("libsealpost_slow_sync.so")


def make_certificate(directory):
    """A throwaway ECDSA P-256 pair that every server of the run shares."""
    certificate, key = directory / "cert.pem", directory / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=bench.example.com", "-addext", "subjectAltName=DNS:bench.example.com,DNS:localhost",
                    "-out", certificate, "-keyout", key], check=True, capture_output=True)
    key.chmod(0o600)
    return certificate, key


class Contestants:
    def __init__(self, programs, directory, wanted, sealpost_settings=""):
        self.programs = programs
        self.servers = {}
        self.sink = None
        self._directory = directory
        self._settings = sealpost_settings
        self._certificate, self._key = make_certificate(directory)
        if "smtp" in wanted:
            self._add_sink()
        for name in wanted:
            if name in ("null", "append"):
                self._add_ceiling(name)
            else:
                self._add_sealpost(name)

    def start(self):
        for server in self._all():
            server.start()

    def stop(self):
        for server in reversed(self._all()):
            server.stop()

    def _all(self):
        return ([self.sink] if self.sink else []) + list(self.servers.values())

    def _own_directory(self, name):
        directory = self._directory / name
        directory.mkdir()
        return directory

    def _add_sink(self):
        directory, port = self._own_directory("sink"), free_port()
        command = [self.programs.tool("sealpost-sink"), "--port", port, "--stats", directory / "stats"]
        self.sink = Server("sink", command, port, directory, self.programs.slow_sync, CounterFile(directory / "stats"))

    def _add_ceiling(self, store):
        directory, port = self._own_directory(store), free_port()
        command = [self.programs.tool("sealpost-ceiling"), "--store", store, "--port", port, "--ring", directory / "ring",
                   "--certificate", self._certificate, "--key", self._key, "--stats", directory / "stats"]
        self.servers[store] = Server(store, command, port, directory, self.programs.slow_sync,
                                     CounterFile(directory / "stats"))

    def _add_sealpost(self, route):
        directory, port = self._own_directory(route), free_port()
        lines = 'deliver = "discard"'
        if route == "smtp":
            lines = f'deliver = "smtp"\nhost = "127.0.0.1"\nport = {self.sink.port}\ntls = "none"'
        configuration = directory / "sealpost.toml"
        configuration.write_text(SEALPOST_CONFIGURATION.format(certificate=self._certificate, key=self._key, port=port,
                                                               route=lines, extra=self._settings))
        added = subprocess.run([self.programs.sealpost, "user", "add", USER, "--password-stdin", "--config", configuration],
                               input=PASSWORD + "\n", text=True, capture_output=True, check=False)
        if added.returncode != 0:
            raise SystemExit(f"sealpost user add failed: {added.stderr.strip()}")
        self.servers[route] = Server(route, [self.programs.sealpost, "serve", "--config", configuration], port, directory,
                                     self.programs.slow_sync)
