"""A server under measurement: one process tree, started with the counting shim, whose CPU, memory and syncs can be read."""
import mmap
import os
import resource
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
READY_SECONDS = 30
STOP_SECONDS = 40


class CounterFile:
    """A mapped row of native 64-bit numbers that another process writes (or reads)."""

    def __init__(self, path):
        with open(path, "a+b") as file:
            file.truncate(4096)
            self._memory = mmap.mmap(file.fileno(), 4096)

    def __getitem__(self, index):
        return struct.unpack_from("=Q", self._memory, index * 8)[0]

    def __setitem__(self, index, value):
        struct.pack_into("=Q", self._memory, index * 8, value)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _process_tree(root):
    children = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    tree = [root]
    for pid in tree:
        tree.extend(children.get(pid, []))
    return tree


class Server:
    """`name` is the column of the table; `counters` are the server's own, where it has any."""

    def __init__(self, name, command, port, directory, slow_sync_library, counters=None):
        self.name = name
        self.port = port
        self.counters = counters
        self._command = [str(word) for word in command]
        self._directory = Path(directory)
        self._shim_file = self._directory / "syncs"
        self._library = slow_sync_library
        self._process = None
        self._shim = None

    def start(self):
        self._shim = CounterFile(self._shim_file)
        environment = dict(os.environ, LD_PRELOAD=str(self._library), SEALPOST_SLOW_SYNC_FILE=str(self._shim_file))
        with open(self._directory / "log", "ab") as log:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                                             cwd=self._directory, preexec_fn=_raise_descriptor_limit)
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise SystemExit(f"{self.name} ended with status {self._process.returncode}:\n{self.log_tail()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"{self.name} does not listen on port {self.port}:\n{self.log_tail()}")

    def stop(self):
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def log_tail(self):
        return "\n".join((self._directory / "log").read_text(errors="replace").splitlines()[-15:])

    def cpu_seconds(self):
        """User and system time of the process and all below it, the ended children included."""
        ticks = 0
        for pid in _process_tree(self._process.pid):
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            ticks += sum(int(field) for field in fields[11:15])
        return ticks / CLOCK_TICKS

    def memory_kib(self):
        """Proportional set size of the tree: shared pages count once."""
        total = 0
        for pid in _process_tree(self._process.pid):
            try:
                for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
            except OSError:
                continue
        return total

    def syncs(self):
        return self._shim[0]

    def slow_syncs(self, milliseconds):
        """Makes every sync from now on slower by this much."""
        self._shim[2] = int(milliseconds * 1000)

    def settle(self, seconds_max=60):
        """Waits until the server does nothing any more, so that one window does not pay for the one before."""
        deadline = time.monotonic() + seconds_max
        before = (self.cpu_seconds(), self.syncs())
        while time.monotonic() < deadline:
            time.sleep(0.25)
            now = (self.cpu_seconds(), self.syncs())
            if now[0] - before[0] <= 1.5 / CLOCK_TICKS and now[1] == before[1]:
                return
            before = now


def _raise_descriptor_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
