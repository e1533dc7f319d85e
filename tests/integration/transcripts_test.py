#!/usr/bin/env python3
"""The transcripts of tests/transcripts against the real server: real sockets, real TLS, real users, played by `sealpost send --script`; what they expect to
be accepted is looked for in the Maildir. Those whose set-up the configuration cannot express are skipped and counted; the transcript_runner plays all."""
import collections
import re
import unittest
from pathlib import Path

from harness import TRACE, Server, free_port, run_tests, without_trace

TRANSCRIPTS = Path(__file__).resolve().parents[1] / "transcripts"
PLAYED_AT_LEAST = 100
LISTENER = '[[listener]]\nservice = "{}"\naddress = "127.0.0.1:{}"\n{}\n'
ROUTE = '[[route]]\ndomains = ["*"]\ndeliver = "maildir"\npath = "mail"\n'

# The limits that a configuration may set, and the least that it accepts.
LIMITS = {"size_max": ("message_size_max", 64 * 1024), "recipients_max": ("recipients_max", 100), "errors_max": ("errors_max", 1),
          "auth_failures_max": ("auth_failures_max", 3)}

Accepted = collections.namedtuple("Accepted", "sender recipients content")


def expand(text):
    """The escapes of a transcript that occur in set-up and expectations."""
    text = re.sub(r"\\\{(.)\*(\d+)\}", lambda match: match[1] * int(match[2]), text).encode()
    named = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\", b"*": b"*"}
    return re.sub(rb"\\(x[0-9A-Fa-f]{2}|.)", lambda match: named.get(match[1]) or bytes.fromhex(match[1][1:].decode()), text)


class Script:
    """One file: where it is to be played, and what must come of it."""

    def __init__(self, path):
        self.path, self.service = path, "submissions"
        self.name = str(path.relative_to(TRANSCRIPTS))
        self.skip = None
        self.users, self.limits, self.hostname, self.insecure, self.local_domain = {}, [], "mail.example.com", False, None
        self.accepted, self.has_expectations = [], False
        for line in path.read_text().splitlines():
            kind, _, text = line.partition(": ")
            if kind == "given":
                self.arrange(text)
            self.has_expectations |= kind == "expect"
            if kind == "expect" and text.startswith("accepted"):
                sender, recipients, content = re.fullmatch(r"accepted from <(.*?)> to (.*?) content ?(.*)", text).groups()
                self.accepted.append(Accepted(sender, re.findall("<(.*?)>", recipients), expand(content)))

    def arrange(self, text):
        word, _, rest = text.partition(" ")
        if word == "service":
            self.service = rest
        elif word == "hostname":
            self.hostname = rest
        elif word == "user":
            name, _, password = rest.partition(" ")
            self.users[name] = expand(password).decode()
        elif word == "local":
            self.local_domain = rest.removeprefix("domain ")
        elif text == "auth without tls":
            self.insecure = True
        elif word in LIMITS:
            key, least = LIMITS[word]
            if int(rest) < least:
                self.skip = f"{word} below what the configuration accepts"
            self.limits.append(f"{key} = {rest}")
        else:
            self.skip = " ".join(text.split(" ")[:2])

    def server_key(self):
        """Scripts with the same key are played against one server."""
        return self.hostname, tuple(sorted(self.limits)), self.insecure


class Transcripts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scripts = [Script(path) for path in sorted(TRANSCRIPTS.rglob("*.txt"))]
        cls.groups = collections.defaultdict(list)
        for script in cls.scripts:
            if not script.skip:
                cls.groups[script.server_key()].append(script)

    def start_server(self, scripts):
        """A server with all three services, set up as these scripts want it."""
        hostname, limits, insecure = scripts[0].server_key()
        domains = sorted({script.local_domain for script in scripts if script.local_domain}) or ["local.example"]
        smtp_port = free_port()
        server = Server(extra=f"local_domains = {domains}\n[limits]\n" + "\n".join(limits), routes=LISTENER.format("smtp", smtp_port, "") + ROUTE)
        self.addCleanup(server.__exit__, None, None, None)
        text = server.config.read_text().replace("mail.example.com", hostname)
        if insecure:
            text = text.replace('service = "submission"\n', 'service = "submission"\ninsecure_auth_without_tls = true\n')
        server.config.write_text(text)
        for name, password in {name: password for script in scripts for name, password in script.users.items()}.items():
            server.add_user(name, password)
        server.start()
        server.ports = {"submissions": server.smtps_port, "submission": server.starttls_port, "smtp": smtp_port}
        return server

    def play(self, server, script):
        return server.tool("send", "--script", script.path, "--server", f"localhost:{server.ports[script.service]}", "--ca", server.certificate, "--timeout", "20",
                           "--tls", "implicit" if script.service == "submissions" else "starttls", check=False)

    def look_for(self, accepted, messages):
        """Each recipient has one message with the accepted content behind what the server put on top; it is taken out of `messages`."""
        for recipient in accepted.recipients:
            found = [message for message in messages if self.is_it(message, accepted, recipient)]
            self.assertTrue(found, f"{accepted} is not among {messages}")
            messages.remove(found[0])

    @staticmethod
    def is_it(message, accepted, recipient):
        content = accepted.content.replace(b"\r\n", b"\n")
        # Date and Message-ID were added where they are missing; content that begins without a header got the empty line in front.
        added = re.compile(b"|".join([TRACE.pattern, *(name for name in (b"Date:", b"Message-ID:") if name.lower() not in content.lower())]), re.I)
        return (message.startswith(f"Return-Path: <{accepted.sender}>\nDelivered-To: {recipient}\nReceived: ".encode())
                and without_trace(message, added) in (content, b"\n" + content))

    @staticmethod
    def delivered(server):
        """What lies in the Maildir; reports of success are no concern of these tests."""
        new = server.directory / "mail" / "new"
        return {path.name: content for path in (new.iterdir() if new.exists() else []) if b"\nAuto-Submitted:" not in (content := path.read_bytes())}

    def test_every_script_plays_as_written(self):
        played = 0
        for scripts in self.groups.values():
            server = self.start_server(scripts)
            seen = set()
            for script in scripts:
                with self.subTest(script.name):
                    result = self.play(server, script)
                    self.assertEqual(result.returncode, 0, result.stderr + "\n" + result.stdout[-2000:])
                    played += 1
                    if "queued as" in result.stdout:
                        server.wait_until_queue_is_empty()
                    messages = [content for name, content in self.delivered(server).items() if name not in seen]
                    for accepted in script.accepted:
                        self.look_for(accepted, messages)
                    if script.has_expectations:
                        self.assertEqual(messages, [], "more was delivered than the transcript expects")
                seen |= set(self.delivered(server))
            self.assertEqual(server.stop(), 0)
        skipped = collections.Counter(script.skip for script in self.scripts if script.skip)
        print(f"\n{played} of {len(self.scripts)} transcripts played, against {len(self.groups)} servers; {skipped.total()} skipped: "
              + ", ".join(f"{count} need \"{reason}\"" for reason, count in skipped.most_common()))
        self.assertGreaterEqual(played, PLAYED_AT_LEAST)


if __name__ == "__main__":
    run_tests()
