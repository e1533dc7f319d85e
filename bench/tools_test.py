#!/usr/bin/env python3
"""The measuring programs measured against each other: what the client counts as accepted is what the servers have counted, recorded
and stored; refusals and deaths are seen; syncs are counted and slowed. Argument: the directory of the programs."""
import json
import os
import smtplib
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness.server import CounterFile  # noqa: E402

PROGRAMS = Path(sys.argv.pop(1)).resolve()


class Tools(unittest.TestCase):
    def setUp(self):
        self._temporary = tempfile.TemporaryDirectory()
        self.directory = Path(self._temporary.name)
        self._servers = []

    def tearDown(self):
        for server in self._servers:
            server.kill()
            server.communicate()
        self._temporary.cleanup()

    def serve(self, program, *options, environment=None):
        """Starts a server on a free port; returns its process and the port."""
        server = subprocess.Popen([PROGRAMS / program, "--port", "0", *map(str, options)], stdout=subprocess.PIPE, text=True,
                                  cwd=self.directory, env=dict(os.environ, **(environment or {})))
        self._servers.append(server)
        return server, int(server.stdout.readline().split()[-1])

    def stop(self, server):
        server.terminate()
        return json.loads(server.communicate(timeout=20)[0])

    def load(self, port, *options):
        finished = subprocess.run([PROGRAMS / "sealpost-load", "--port", str(port), "--json", *map(str, options)],
                                  capture_output=True, text=True, check=False, timeout=60)
        self.assertIn(finished.returncode, (0, 1), finished.stderr)
        return json.loads(finished.stdout)

    def test_every_way_of_sending_arrives_complete(self):
        ways = [("none", []), ("implicit", []), ("starttls", []), ("implicit", ["--bdat"]), ("implicit", ["--pipelining", "off"]),
                ("none", ["--bdat", "--pipelining", "off"]), ("implicit", ["--user", "ann", "--password", "x"]),
                ("implicit", ["--size", "70000"]), ("implicit", ["--threads", "2"])]
        for store in ("null", "append"):
            for tls, options in ways:
                with self.subTest(store=store, tls=tls, options=options):
                    server, port = self.serve("sealpost-ceiling", "--store", store, "--tls", tls, "--ring-megabytes", 4)
                    result = self.load(port, "--tls", tls, "--connections", 8, "--messages", 25, "--connections-total", 16, *options)
                    self.assertEqual(result["errors"], {})
                    self.assertEqual(result["accepted_all"], 400)
                    counted = self.stop(server)
                    self.assertEqual(counted["messages"], 400)
                    self.assertEqual(counted["connections"], 16)
                    size = int(options[1]) if "--size" in options else 2048
                    self.assertEqual(counted["bytes"], 400 * size)

    def test_ledger_and_record_name_the_same_messages(self):
        ledger, record = self.directory / "ledger", self.directory / "record"
        _, port = self.serve("sealpost-sink", "--record", record)
        self.load(port, "--tls", "none", "--connections", 10, "--messages", 20, "--ledger", ledger)
        acknowledged = [line.split() for line in ledger.read_text().splitlines()]
        self.assertEqual(len({identity for identity, _ in acknowledged}), 200)
        self.assertEqual(len({queue_id for _, queue_id in acknowledged}), 200)
        self.assertEqual(sorted(identity for identity, _ in acknowledged), sorted(record.read_text().split()))

    def test_sink_stores_what_was_sent_without_dot_stuffing(self):
        store = self.directory / "store"
        _, port = self.serve("sealpost-sink", "--store", store)
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.sendmail("a@b.example", ["c@d.example", "e@f.example"], "Subject: x\r\n\r\n.dot\r\nend.\r\n")
        self.assertEqual((store / "00000001.eml").read_bytes(), b"Subject: x\r\n\r\n.dot\r\nend.\r\n")
        self.assertEqual((store / "00000001.envelope").read_text().upper().count("RCPT TO:"), 2)

    def test_sink_defers_the_first_and_refuses_its_part_of_the_rest(self):
        for place, stage in (("data", "final"), ("rcpt", "RCPT")):
            with self.subTest(place=place):
                server, port = self.serve("sealpost-sink", "--defer-first", 5, "--fail-rate", 0.25, "--refuse-at", place)
                result = self.load(port, "--tls", "none", "--messages", 105)
                self.assertEqual(result["errors"], {f"{stage} 451": 5, f"{stage} 550": 25})
                self.assertEqual(result["accepted_all"], 75)
                self.assertEqual(self.stop(server)["messages"], 75)

    def test_slow_sink_answers_late(self):
        _, port = self.serve("sealpost-sink", "--slow", 50)
        result = self.load(port, "--tls", "none", "--messages", 4)
        self.assertGreaterEqual(result["final_reply"]["p50_ms"], 50)

    def test_client_outlives_the_server_and_finds_the_next_one(self):
        ledger, record = self.directory / "ledger", self.directory / "record"
        server, port = self.serve("sealpost-sink", "--record", record)
        client = subprocess.Popen([PROGRAMS / "sealpost-load", "--port", str(port), "--tls", "none", "--connections", "10",
                                   "--messages", "1000000", "--seconds", "30", "--reconnect", "--ledger", ledger, "--json"],
                                  stdout=subprocess.PIPE, text=True)
        self._servers.append(client)
        wait_until(lambda: lines_of(ledger) > 100)
        server.kill()
        server.wait()
        seen = lines_of(ledger)
        successor = subprocess.Popen([PROGRAMS / "sealpost-sink", "--port", str(port), "--record", str(record)],
                                     stdout=subprocess.DEVNULL)
        self._servers.append(successor)
        wait_until(lambda: lines_of(ledger) > seen + 1000)
        client.terminate()
        result = json.loads(client.communicate(timeout=20)[0])
        self.assertTrue(result["errors"])
        self.assertEqual(result["accepted_all"], lines_of(ledger))
        recorded = set(record.read_text().split())
        self.assertEqual([line for line in ledger.read_text().splitlines() if line.split()[0] not in recorded], [])

    def test_client_stops_and_says_why_when_nobody_listens(self):
        finished = subprocess.run([PROGRAMS / "sealpost-load", "--port", "1", "--connections", "2", "--json"],
                                  capture_output=True, text=True, check=False)
        self.assertEqual(finished.returncode, 1)
        self.assertEqual(json.loads(finished.stdout)["errors"], {"connect: Connection refused": 2})

    def test_sessions_are_resumed_when_asked_and_only_then(self):
        _, port = self.serve("sealpost-ceiling")
        options = ("--connections", 4, "--connections-total", 100)
        self.assertEqual(self.load(port, *options)["resumed"], 0)
        self.assertGreaterEqual(self.load(port, *options, "--resume", "on")["resumed"], 90)

    def test_idle_connections_are_held_and_their_loss_is_seen(self):
        server, port = self.serve("sealpost-ceiling")
        client = subprocess.Popen([PROGRAMS / "sealpost-load", "--port", str(port), "--idle", "100", "--hold", "30", "--json"],
                                  stdout=subprocess.PIPE, text=True)
        self._servers.append(client)
        self.assertEqual(client.stdout.readline(), "100 idle connections up, 0 failed\n")
        server.kill()
        result = json.loads(client.communicate(timeout=20)[0])
        self.assertEqual((result["idle_ready"], result["idle_lost"]), (100, 100))

    def test_syncs_are_counted_and_slowed(self):
        shim = {"LD_PRELOAD": str(PROGRAMS / "libsealpost_slow_sync.so"), "SEALPOST_SLOW_SYNC_FILE": str(self.directory / "syncs")}
        server, port = self.serve("sealpost-ceiling", "--store", "append", "--ring-megabytes", 4, environment=shim)
        counters = CounterFile(self.directory / "syncs")
        before = counters[0]
        counters[2] = 30_000
        result = self.load(port, "--messages", 5)
        self.assertEqual(counters[0] - before, 5)  # one connection: nobody to share a sync with
        self.assertGreaterEqual(result["final_reply"]["p50_ms"], 30)
        self.assertEqual(self.stop(server)["syncs"], 5)


def lines_of(path):
    return path.read_text().count("\n") if path.exists() else 0


def wait_until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("waited too long")
        time.sleep(0.01)


if __name__ == "__main__":
    unittest.main()
