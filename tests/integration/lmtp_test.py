#!/usr/bin/env python3
"""Delivery by LMTP (RFC 2033), over TCP and over a Unix-domain socket: behind the dot there is one reply for each recipient, and each is honoured by itself."""
import email
import email.policy
import unittest

from clients_test import MESSAGE
from harness import Server, run_tests, wait_for, without_trace
from scripted_server import OK, ScriptedServer

CONTENT = MESSAGE.replace(b"\n", b"\r\n")
SENDERS = '[[route]]\ndomains = ["example.com"]\ndeliver = "maildir"\npath = "mail/{local_part}"\n'
QUEUE = '[queue]\nretry = ["1s"]\n'


class Mailboxes:
    """What the LMTP server says about each mailbox; "busy" changes its mind at the third message."""

    def __init__(self):
        self.busy_replies = 0

    def recipient_reply(self, address, count):
        return "550 5.1.1 No such mailbox" if address.startswith("unknown@") else OK

    def content_reply(self, message, address):
        if address.startswith("full@"):
            return "552 5.2.2 Mailbox is full"
        if address.startswith("busy@"):
            self.busy_replies += 1
            if self.busy_replies <= 2:
                return "450 4.2.0 Mailbox is busy"
        return f"250 2.0.0 <{address}> Saved"


class Lmtp:
    """The tests; the two classes below say how the LMTP server is reached."""

    def setUp(self):
        self.server = Server(extra=QUEUE)
        self.addCleanup(self.server.__exit__, None, None, None)
        self.mailboxes = Mailboxes()
        self.lmtp, where = self.listen(lmtp=True, recipient_reply=self.mailboxes.recipient_reply, content_reply=self.mailboxes.content_reply)
        self.addCleanup(self.lmtp.close)
        self.server.routes = SENDERS + f'[[route]]\ndomains = ["*"]\ndeliver = "lmtp"\n{where}\n'
        self.server.write_config()
        self.server.__enter__()

    def submit(self, sender, recipients, recipient_options=()):
        self.server.submit(f"{sender}@example.com", recipients, CONTENT, ["BODY=8BITMIME"], recipient_options)

    def reports(self, sender):
        new = self.server.directory / "mail" / sender / "new"
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in new.iterdir()] if new.exists() else []

    def taken_by(self, address):
        return [message for message in self.lmtp.messages if address in message.recipients]

    def test_each_reply_behind_the_dot_is_honoured_by_itself(self):
        self.submit("ann", ["good@far.example", "full@far.example", "busy@far.example"])
        self.server.wait_until_queue_is_empty()
        for address in ("good@far.example", "busy@far.example"):
            messages = self.taken_by(address)
            self.assertEqual(len(messages), 1, address)
            self.assertEqual(without_trace(messages[0].content), MESSAGE)
        self.assertEqual(self.taken_by("full@far.example"), [])
        self.assertEqual({address.split("@")[0]: len(moments) for address, moments in self.lmtp.attempts.items()}, {"good": 1, "full": 1, "busy": 3})
        report, = self.reports("ann")
        _, *recipients = list(report.iter_parts())[1].get_payload()
        self.assertEqual([(fields["Final-Recipient"], fields["Action"], fields["Status"]) for fields in recipients],
                         [("rfc822; full@far.example", "failed", "5.2.2")])
        self.assertRegex(recipients[0]["Diagnostic-Code"], r"^smtp; 552 5\.2\.2 Mailbox is full$")

    def test_replies_are_counted_for_the_recipients_that_rcpt_accepted(self):
        self.submit("beth", ["unknown@far.example", "full@far.example", "good@far.example"])
        self.server.wait_until_queue_is_empty()
        self.assertEqual(len(self.taken_by("good@far.example")), 1)
        report, = self.reports("beth")
        _, *recipients = list(report.iter_parts())[1].get_payload()
        self.assertEqual({fields["Final-Recipient"]: fields["Status"] for fields in recipients},
                         {"rfc822; unknown@far.example": "5.1.1", "rfc822; full@far.example": "5.2.2"})

    def test_lhlo_is_said_and_the_connection_is_used_again(self):
        for number in range(3):
            self.submit("carol", [f"good{number}@far.example"])
            wait_for(lambda: self.taken_by(f"good{number}@far.example"), "the message")
        verbs = [line.split()[0] for line, _ in self.lmtp.commands]
        self.assertEqual(verbs[:1], ["LHLO"])
        self.assertNotIn("EHLO", verbs)
        self.assertLess(verbs.count("LHLO"), 3)

    def test_success_is_reported_as_delivered_when_it_was_asked_for(self):
        self.lmtp.extensions = [name for name in self.lmtp.extensions if name != "DSN"]
        self.submit("dora", ["good@far.example"], ["NOTIFY=SUCCESS"])
        self.server.wait_until_queue_is_empty()
        report, = self.reports("dora")
        _, fields = list(report.iter_parts())[1].get_payload()
        self.assertEqual((fields["Action"], fields["Status"][:2]), ("delivered", "2."))


class OverTcp(Lmtp, unittest.TestCase):
    def listen(self, **script):
        lmtp = ScriptedServer(**script)
        return lmtp, f'host = "127.0.0.1"\nport = {lmtp.port}'


class OverUnixSocket(Lmtp, unittest.TestCase):
    def listen(self, **script):
        path = self.server.directory / "lmtp.sock"
        return ScriptedServer(unix_socket=path, **script), f'socket = "{path.name}"'

    def test_a_socket_that_is_missing_defers_and_says_so(self):
        self.lmtp.close()
        (self.server.directory / "lmtp.sock").unlink()
        identifier = self.server.submit("emma@example.com", ["good@far.example"], CONTENT, ["BODY=8BITMIME"])
        shown = wait_for(lambda: (message := self.server.queue("show", identifier))["attempts"] > 0 and message, "the first attempt")
        self.assertRegex(shown["recipients"][0]["last_reply"], r"^451 4\.4\.\d .*lmtp\.sock")


if __name__ == "__main__":
    run_tests()
