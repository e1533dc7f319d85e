#!/usr/bin/env python3
"""Kills the server in the middle of its work, again and again, and counts.

Each round: start the server on the same spool, submit messages with unique ids over SMTPS on many connections while earlier ones are being delivered
to a sink, SIGKILL the server at a random moment. The load generator writes an id into its ledger when the 250 for it has arrived. At the end the
server runs until its queue is empty. Then
  - every id in the ledger must have reached the sink (an acknowledged message is never lost),
  - every id in the sink must come from one of our runs (nothing is delivered that was never sent),
  - and ids that arrived twice are counted: they are allowed only where the kill fell between the sink's final reply and our record of it.
A share of the messages is large enough to lie in segment files."""
import argparse
import collections
import json
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.argv, arguments_given = sys.argv[:1], sys.argv[1:]
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))
import harness  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--rounds", type=int, default=200)
parser.add_argument("--seed", type=int, default=int(time.time()))
parser.add_argument("--sealpost", type=Path, required=True)
parser.add_argument("--load", type=Path, required=True)
parser.add_argument("--sink", type=Path, required=True)
options = parser.parse_args(arguments_given)
harness.SEALPOST = options.sealpost.resolve()

SIZES = (2_000, 2_000, 2_000, 60_000, 400_000)
USER, PASSWORD = "load@example.com", "load"


def start_sink(directory, record):
    sink = subprocess.Popen([options.sink, "--tls", "none", "--port", "0", "--slow", "20", "--record", record], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    line = sink.stdout.readline()
    port = re.search(r"(\d+)\s*$", line)
    assert port, f"the sink said {line!r}"
    return sink, int(port[1])


def run_load(server, ledger, size, run_id):
    return subprocess.Popen([options.load, "--host", "127.0.0.1", "--port", str(server.smtps_port), "--tls", "implicit", "--user", USER, "--password", PASSWORD,
                             "--connections", "20", "--messages", "1000", "--size", str(size), "--seconds", "20", "--warm-up", "0",
                             "--timeout", "2", "--ledger", ledger, "--run-id", str(run_id), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ids(path):
    if not path.exists():
        return []
    return [line.split()[0] for line in path.read_text().splitlines() if line.strip()]


def kill_round(server, ledger, chance, run_id):
    server.start()
    load = run_load(server, ledger, chance.choice(SIZES), run_id)
    time.sleep(chance.uniform(0.05, 0.8))
    server.stop(signal.SIGKILL)
    try:
        load.communicate(timeout=60)
    finally:
        load.kill()
        load.wait()


def drain(server):
    """Runs the server until its queue is empty; the number of messages it found at its start."""
    server.start()
    queued = []

    def is_empty():
        stats = json.loads(server.tool("queue", "stats", "--json", "--config", server.config).stdout)
        queued.append(stats["queued"])
        return stats["queued"] == 0
    harness.wait_for(is_empty, "the queue to drain", seconds=300)
    status = server.stop()
    assert status == 0, f"the server ended with {status}"
    return max(queued)


def main():
    chance = random.Random(options.seed)
    began = time.monotonic()
    server = harness.Server()
    sink, ok = None, False
    try:
        ledger, record = server.directory / "ledger", server.directory / "record"
        sink, port = start_sink(server.directory, record)
        server.routes = f'[[route]]\ndomains = ["*"]\ndeliver = "smtp"\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'
        server.extra = '[queue]\nretry = ["1s", "1s", "2s"]\n'
        server.write_config()
        server.add_user(USER, PASSWORD)
        print(f"kill: {options.rounds} rounds, seed {options.seed}", flush=True)
        runs = set()  # what the ids of everything that was ever sent begin with
        for number in range(1, options.rounds + 1):
            run_id = chance.getrandbits(63) | 1
            runs.add(f"{run_id:016x}")
            kill_round(server, ledger, chance, run_id)
            if number % 10 == 0 or number == options.rounds:
                print(f"kill: round {number}: {len(ids(ledger))} acknowledged, {len(ids(record))} delivered, {time.monotonic() - began:.0f} s", flush=True)
        left = drain(server)
        sink.send_signal(signal.SIGTERM)
        sink.wait(timeout=30)

        acknowledged, delivered = set(ids(ledger)), collections.Counter(ids(record))
        lost = sorted(acknowledged - delivered.keys())
        phantom = sorted(name for name in delivered if name.split("-")[0] not in runs)
        twice = sum(count - 1 for count in delivered.values())
        print(f"kill: {options.rounds} rounds, {len(acknowledged)} acknowledged, {len(delivered)} delivered ({left} of them after the last restart), "
              f"{len(lost)} lost, {len(phantom)} never sent, {twice} duplicates, {len(delivered.keys() - acknowledged)} delivered without their 250 having arrived")
        assert len(acknowledged) > 5 * options.rounds, "too few messages to prove anything"
        ok = not lost and not phantom
        if not ok:
            print("lost:", lost[:20], "never sent:", phantom[:20])
    finally:
        if sink is not None:
            sink.kill()
            sink.wait()
        server.__exit__(None if ok else AssertionError, None, None)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
