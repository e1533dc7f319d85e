#!/usr/bin/env python3
"""The limits over the wire: at the limit and one beyond, what the client is told, and that nobody else notices. And memory: fifty large messages at once."""
import contextlib
import os
import smtplib
import socket
import threading
import time
import unittest

from harness import USER, Server, run_tests, wait_for, without_trace

SIZE_MAX = 64 * 1024
RECIPIENTS_MAX = 100
RECIPIENT = "bob@another.example"


def message_of(octets):
    """A message of exactly so many octets in lines of at most 78, none of which begins with a dot."""
    header = b"Subject: size\r\n\r\n"
    lines, rest = divmod(octets - len(header), 80)
    message = header + (b"x" * 78 + b"\r\n") * (lines - 1) + b"y" * (78 + rest) + b"\r\n"
    assert len(message) == octets
    return message


class Sizes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(extra=f"[limits]\nmessage_size_max = {SIZE_MAX}\nrecipients_max = {RECIPIENTS_MAX}\n")
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.server.__enter__()

    def begin(self, *mail_options):
        client = self.server.connect()
        self.addCleanup(client.close)
        return client, client.docmd("MAIL", f"FROM:<{USER}> " + " ".join(mail_options))

    def test_the_limit_is_announced(self):
        client, _ = self.begin()
        self.assertEqual(client.esmtp_features["size"], str(SIZE_MAX))

    def test_data_of_the_largest_size_arrives_and_one_octet_more_does_not(self):
        client, _ = self.begin()
        client.rcpt("just-fits@another.example")
        self.assertEqual(client.data(message_of(SIZE_MAX))[0], 250)
        client.mail(USER)
        client.rcpt("too-much@another.example")
        code, text = client.data(message_of(SIZE_MAX + 1))
        self.assertEqual((code, text[:5]), (552, b"5.3.4"))
        # The session goes on, and the refused message has left nothing behind.
        client.mail(USER)
        client.rcpt(RECIPIENT)
        self.assertEqual(client.data(b"Subject: after\r\n\r\n")[0], 250)
        self.server.wait_until_queue_is_empty()
        new = [path.read_bytes() for path in (self.server.directory / "mail" / "new").iterdir()]
        self.assertFalse([message for message in new if b"too-much" in message])
        largest = message_of(SIZE_MAX).replace(b"\r\n", b"\n").partition(b"\n\n")[2]
        kept, = (message for message in new if b"just-fits" in message)
        self.assertEqual(without_trace(kept).partition(b"\n\n")[2], largest)

    def test_bdat_of_the_largest_size_arrives_and_one_octet_more_does_not(self):
        for octets, expected in ((SIZE_MAX, 250), (SIZE_MAX + 1, 552)):
            client, _ = self.begin()
            client.rcpt(RECIPIENT)
            message = message_of(octets)
            self.assertEqual(self.chunk(client, message[:1000], "")[0], 250)
            self.assertEqual(self.chunk(client, message[1000:], " LAST")[0], expected)
            self.assertEqual(client.noop()[0], 250)

    @staticmethod
    def chunk(client, octets, last):
        client.send(f"BDAT {len(octets)}{last}\r\n".encode() + octets)
        return client.getreply()

    def test_a_declared_size_is_refused_before_it_is_sent(self):
        self.assertEqual(self.begin(f"SIZE={SIZE_MAX}")[1][0], 250)
        code, text = self.begin(f"SIZE={SIZE_MAX + 1}")[1]
        self.assertEqual((code, text[:5]), (552, b"5.3.4"))

    def test_one_recipient_too_many_is_told_to_come_again(self):
        client, _ = self.begin()
        for number in range(RECIPIENTS_MAX):
            self.assertEqual(client.rcpt(f"r{number}@crowd.example")[0], 250)
        code, text = client.rcpt("excess@crowd.example")
        self.assertEqual((code, text[:5]), (452, b"4.5.3"))
        self.assertEqual(client.data(b"Subject: crowd\r\n\r\n")[0], 250)
        self.server.wait_until_queue_is_empty()
        addresses = [line for path in (self.server.directory / "mail" / "new").iterdir() for line in path.read_bytes().split(b"\n")
                     if line.startswith(b"Delivered-To: ") and line.endswith(b"@crowd.example")]
        self.assertEqual(sorted(addresses), sorted(f"Delivered-To: r{number}@crowd.example".encode() for number in range(RECIPIENTS_MAX)))


class Connections(unittest.TestCase):
    def test_those_beyond_the_limit_are_turned_away_and_the_others_go_on(self):
        with Server(extra="[limits]\nconnections_max = 4\n") as server, contextlib.ExitStack() as stack:
            clients = [stack.enter_context(contextlib.closing(server.connect())) for _ in range(4)]
            with socket.create_connection(("127.0.0.1", server.starttls_port), timeout=20) as excess:
                self.assertRegex(excess.makefile("rb").read(), rb"^421 4\.3\.2 [^\r\n]*\r\n$")
            # Before TLS there is nobody to say it to.
            with socket.create_connection(("127.0.0.1", server.smtps_port), timeout=20) as excess:
                self.assertEqual(excess.recv(100), b"")
            wait_for(lambda: server.log().count("connections_max is reached") == 2, "the log lines")
            for client in clients:
                client.mail(USER)
                client.rcpt(RECIPIENT)
                self.assertEqual(client.data(b"Subject: still here\r\n\r\n")[0], 250)
            self.assertEqual(clients.pop().quit()[0], 221)

            def has_place():
                with contextlib.suppress(OSError, smtplib.SMTPException):
                    return stack.enter_context(contextlib.closing(server.connect()))
            wait_for(has_place, "the place that became free")
            server.delivered(4)


class Deadlines(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(extra='[limits]\ncommand_timeout = "1s"\nhandshake_timeout = "1s"\ncontent_timeout = "2s"\n')
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.server.__enter__()

    def expect_timeout(self, client, since):
        code, text = client.getreply()
        self.assertEqual((code, text[:5]), (421, b"4.4.2"))
        self.assertGreaterEqual(time.monotonic() - since, 0.9)
        self.assertEqual(client.sock.recv(1), b"")  # an orderly end: under TLS anything else than close_notify would raise

    def test_a_client_that_says_nothing_more_hears_421_before_the_end(self):
        client = self.server.connect()
        self.addCleanup(client.close)
        self.expect_timeout(client, time.monotonic())

    def test_the_same_before_starttls(self):
        client = smtplib.SMTP("localhost", self.server.starttls_port, timeout=30)
        self.addCleanup(client.close)
        self.expect_timeout(client, time.monotonic())

    def test_a_command_in_drops_is_no_way_around_it(self):
        client = self.server.connect()
        self.addCleanup(client.close)
        client.sock.settimeout(0.05)  # well below the precision of deadlines: the server never waits in vain
        since = time.monotonic()
        answer = None
        while answer is None and time.monotonic() - since < 10:
            client.sock.sendall(b"N")
            with contextlib.suppress(TimeoutError):
                answer = client.sock.recv(200)
        self.assertRegex(answer, rb"^421 4\.4\.2 ")
        self.assertGreaterEqual(time.monotonic() - since, 0.9)

    def test_content_that_stops_hears_421_and_is_not_delivered(self):
        client = self.server.connect()
        self.addCleanup(client.close)
        client.mail(USER)
        client.rcpt(RECIPIENT)
        self.assertEqual(client.docmd("DATA")[0], 354)
        since = time.monotonic()
        client.send(b"Subject: half\r\n\r\nhalf of it\r\n")
        self.expect_timeout(client, since)
        self.server.wait_until_queue_is_empty()
        self.assertFalse((self.server.directory / "mail").exists())

    def test_a_silent_client_is_not_waited_for_in_the_handshake(self):
        since = time.monotonic()
        with socket.create_connection(("127.0.0.1", self.server.smtps_port), timeout=20) as silent:
            self.assertEqual(silent.recv(1), b"")
        self.assertGreaterEqual(time.monotonic() - since, 0.9)
        with socket.create_connection(("127.0.0.1", self.server.starttls_port), timeout=20) as silent:
            replies = silent.makefile("rb")
            replies.readline()
            silent.sendall(b"STARTTLS\r\n")
            self.assertTrue(replies.readline().startswith(b"220 "))
            self.assertEqual(replies.read(), b"")


class Memory(unittest.TestCase):
    CLIENTS = 50
    SIZE = 20_000_000
    MOST = 150 * 1024  # KiB beyond what the server had after its start

    @unittest.skipIf(os.environ.get("SEALPOST_SANITIZE"), "a sanitizer's allocator keeps what was freed: its memory says nothing about ours")
    def test_fifty_large_messages_at_once_are_not_held_in_memory(self):
        with Server(routes='[[route]]\ndomains = ["*"]\ndeliver = "discard"\n') as server:
            before = self.high_water(server)
            half = threading.Barrier(self.CLIENTS)
            block = b"".join(b"%07d " % number + b"x" * 70 + b"\r\n" for number in range(12_500))  # 1,000,000 octets
            assert len(block) * 20 == self.SIZE
            replies = []

            def submit():
                client = server.connect()
                client.sock.settimeout(300)
                client.mail(USER, [f"SIZE={self.SIZE + 20}"])
                client.rcpt(RECIPIENT)
                client.docmd("DATA")
                client.send(b"Subject: large\r\n\r\n")
                for piece in range(20):
                    if piece == 10:
                        half.wait(300)  # all of them are in the middle of their message now
                    client.sock.sendall(block)
                client.send(b".\r\n")
                replies.append(client.getreply()[0])
                client.quit()

            threads = [threading.Thread(target=submit) for _ in range(self.CLIENTS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(replies, [250] * self.CLIENTS)
            server.wait_until_queue_is_empty(120)
            self.assertEqual(server.queue("stats")["delivered"], self.CLIENTS)
            used = self.high_water(server) - before
            print(f"\n{self.CLIENTS} messages of {self.SIZE} octets: {used / 1024:.1f} MiB of memory beyond {before / 1024:.1f} MiB")
            self.assertLess(used, self.MOST)

    @staticmethod
    def high_water(server):
        with open(f"/proc/{server.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


if __name__ == "__main__":
    run_tests()
