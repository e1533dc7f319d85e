"""The scenarios, and one window of each: load on a server, then what it cost the server."""
import json
import subprocess
import time
from dataclasses import dataclass, field

from harness.contestants import PASSWORD, USER

DELIVERY_SECONDS_MAX = 180


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    connections: int = 50
    messages: int = 100
    size: int = 2048
    resume: bool = False
    sync_delay_ms: int = 0
    kind: str = "window"  # "end-to-end" sends a fixed number and waits for the sink; "idle" holds connections
    servers: tuple = ("null", "append", "discard", "smtp")


SCENARIOS = [
    Scenario("2k-50", "2 KB, 50 connections × 100 messages"),
    Scenario("2k-200", "2 KB, 200 × 100", connections=200),
    Scenario("50k-50", "50 KB, 50 × 100", size=51_200),
    Scenario("single", "2 KB, one message per connection, 50 at a time, full handshakes", messages=1),
    Scenario("single-resumed", "the same, TLS sessions resumed", messages=1, resume=True),
    Scenario("slow-2ms", "2 KB, 50 × 100, each sync 2 ms slower", sync_delay_ms=2, servers=("append", "discard", "smtp")),
    Scenario("slow-10ms", "2 KB, 50 × 100, each sync 10 ms slower", sync_delay_ms=10, servers=("append", "discard", "smtp")),
    Scenario("end-to-end", "2 KB, 50 × 100, until the sink has everything", kind="end-to-end", servers=("smtp",)),
    Scenario("idle", "idle logged-in TLS connections", kind="idle", servers=("null", "discard")),
]


@dataclass
class Sample:
    """One window. Costs are of everything the server did for it, deliveries included, until it was idle again."""
    messages_per_second: float = 0
    p50_ms: float = 0
    p99_ms: float = 0
    syncs_per_message: float = 0
    cpu_microseconds: float = 0
    memory_kib: float = 0
    resumed: float = 0
    errors: dict = field(default_factory=dict)


class Bench:
    def __init__(self, contestants, seconds, warm_up, messages_end_to_end, idle_connections):
        self._contestants = contestants
        self._seconds = seconds
        self._warm_up = warm_up
        self._messages_end_to_end = messages_end_to_end
        self._idle_connections = idle_connections

    def sample(self, scenario, name):
        server = self._contestants.servers[name]
        if not server.is_running():
            raise SystemExit(f"{name} has ended:\n{server.log_tail()}")
        if scenario.kind == "idle":
            return self._idle(server)
        server.slow_syncs(scenario.sync_delay_ms)
        try:
            return self._load(scenario, server)
        finally:
            server.slow_syncs(0)
            server.settle()

    def _command(self, server, *options):
        words = [self._contestants.programs.tool("sealpost-load"), "--port", server.port, "--user", USER, "--password", PASSWORD,
                 "--from", USER, "--json", *options]
        return [str(word) for word in words]

    def _load(self, scenario, server):
        options = ["--connections", scenario.connections, "--messages", scenario.messages, "--size", scenario.size,
                   "--resume", "on" if scenario.resume else "off"]
        if scenario.kind == "end-to-end":
            options += ["--connections-total", -(-self._messages_end_to_end // scenario.messages)]
        else:
            options += ["--seconds", self._seconds, "--warm-up", self._warm_up]
        is_relaying = server.name == "smtp"
        sink = self._contestants.sink.counters if is_relaying else None
        received_before = sink[0] if is_relaying else 0
        self._log_in_once(server)
        cpu_before, syncs_before = server.cpu_seconds(), server.syncs()
        result = run_load(self._command(server, *options))
        errors = dict(result["errors"])
        if is_relaying:
            missing = wait_for_sink(sink, received_before + result["accepted_all"])
            if missing > 0:
                errors["not delivered in time"] = missing
        server.settle()
        accepted = max(1, result["accepted_all"])
        rate = result["messages_per_second"]
        if scenario.kind == "end-to-end":
            rate = (sink[0] - received_before) * 1e9 / max(1, sink[3] - result["started_ns"])
        return Sample(messages_per_second=rate, p50_ms=result["final_reply"]["p50_ms"], p99_ms=result["final_reply"]["p99_ms"],
                      syncs_per_message=(server.syncs() - syncs_before) / accepted,
                      cpu_microseconds=(server.cpu_seconds() - cpu_before) * 1e6 / accepted,
                      resumed=result["resumed"] / max(1, result["handshakes"]), errors=errors)

    def _log_in_once(self, server):
        """A server that remembers verified credentials hashes a password at the first login only. Fifty first logins at once cost it
        more than a second of CPU, which would be the figure of whichever window happened to come first."""
        process = subprocess.Popen(self._command(server, "--idle", 1, "--hold", 0), stdout=subprocess.PIPE)
        process.communicate()
        server.settle()

    def _idle(self, server):
        # A fresh process: one that has worked would serve the connections from memory it already holds.
        server.stop()
        server.start()
        before = server.memory_kib()
        command = self._command(server, "--idle", self._idle_connections, "--hold", 600)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            process.stdout.readline()  # Printed when all are up.
            server.settle(seconds_max=10)
            memory = server.memory_kib()
        finally:
            process.terminate()
            result = json.loads(process.communicate()[0])
        ready = max(1, result["idle_ready"])
        return Sample(memory_kib=(memory - before) / ready, errors=dict(result["errors"]))


def run_load(command):
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if finished.returncode == 2 or not finished.stdout:
        raise SystemExit(f"sealpost-load failed: {' '.join(command)}")
    return json.loads(finished.stdout)


def wait_for_sink(counters, expected):
    """Waits until the sink has counted `expected` messages; returns how many are missing after the longest wait."""
    deadline = time.monotonic() + DELIVERY_SECONDS_MAX
    while counters[0] < expected and time.monotonic() < deadline:
        time.sleep(0.02)
    return max(0, expected - counters[0])
