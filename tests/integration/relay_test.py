#!/usr/bin/env python3
"""Relaying: to another Sealpost over both kinds of TLS, not to one whose certificate is wrong, to servers that refuse and to servers that say "later";
and what the sender is told about it."""
import email
import email.policy
import shutil
import subprocess
import unittest

from clients_test import MESSAGE
from harness import PASSWORD, USER, Server, make_certificate, need, run_tests, wait_for, without_trace
from scripted_server import OK, Recorder, ScriptedServer

LOGIN = "relay@far.example"
CONTENT = MESSAGE.replace(b"\n", b"\r\n")


def smtp_route(domain, port, tls, more=""):
    return f'[[route]]\ndomains = ["{domain}"]\ndeliver = "smtp"\nhost = "localhost"\nport = {port}\ntls = "{tls}"\n{more}\n'


def with_login(ca_file):
    return f'ca_file = "{ca_file}"\nusername = "{LOGIN}"\npassword_file = "relay-password"\n'


class BetweenServers(unittest.TestCase):
    """Two Sealposts: `near` takes the mail and relays it to `far`, which knows `near` by its login."""

    @classmethod
    def setUpClass(cls):
        cls.far = Server()
        cls.addClassCleanup(cls.far.__exit__, None, None, None)
        cls.far.add_user(LOGIN)
        cls.far.start()
        cls.stranger, _ = make_certificate(cls.far.directory, "stranger")
        cls.recorders = {"implicit": Recorder(cls.far.smtps_port), "required": Recorder(cls.far.starttls_port)}
        for recorder in cls.recorders.values():
            cls.addClassCleanup(recorder.close)
        cls.other_name, key = make_certificate(cls.far.directory, "other-name", names="DNS:other.example")
        cls.misnamed = ScriptedServer(tls="starttls", certificate=(cls.other_name, key))
        cls.misnamed_implicit = ScriptedServer(tls="implicit", certificate=(cls.other_name, key))
        cls.plain = ScriptedServer()
        for server in (cls.misnamed, cls.misnamed_implicit, cls.plain):
            cls.addClassCleanup(server.close)
        right, wrong, other = with_login(cls.far.certificate), with_login(cls.stranger), with_login(cls.other_name)
        cls.near = Server(routes=(
            smtp_route("implicit.example", cls.far.smtps_port, "implicit", right) + smtp_route("required.example", cls.far.starttls_port, "required", right)
            + smtp_route("implicit.unknown.example", cls.recorders["implicit"].port, "implicit", wrong)
            + smtp_route("required.unknown.example", cls.recorders["required"].port, "required", wrong)
            + smtp_route("implicit.misnamed.example", cls.misnamed_implicit.port, "implicit", other)
            + smtp_route("required.misnamed.example", cls.misnamed.port, "required", other)
            + smtp_route("required.plain.example", cls.plain.port, "required", right)))
        cls.addClassCleanup(cls.near.__exit__, None, None, None)
        (cls.near.directory / "relay-password").write_text(PASSWORD + "\n")
        cls.near.__enter__()
        cls.relayed = 0

    def relay(self, domain, content=CONTENT, expected=MESSAGE):
        self.near.submit(USER, [f"bob@{domain}"], content, ["BODY=8BITMIME"])
        type(self).relayed += 1
        message = self.far.delivered(self.relayed)[-1]
        self.assertEqual(without_trace(message), expected)
        self.assertEqual(message.count(b"\nReceived: from "), 2, message[:2000])
        self.assertEqual(message.count(b"with ESMTPSA"), 2, message[:2000])
        self.assertTrue(message.startswith(f"Return-Path: <{USER}>\n".encode()), message[:200])
        return message

    def test_a_message_arrives_unchanged_over_implicit_tls(self):
        self.relay("implicit.example")

    def test_a_message_arrives_unchanged_over_starttls(self):
        self.relay("required.example")

    def test_a_message_from_a_segment_file_arrives_unchanged(self):
        body = "".join(f".line {number} \u00fcber\n" for number in range(20_000)).encode()
        content = MESSAGE.split(b"\n\n")[0] + b"\n\n" + body
        for domain in ("implicit.example", "required.example"):
            self.relay(domain, content.replace(b"\n", b"\r\n"), content)

    def deferred(self, domain):
        """Submits to a destination that must not get the mail; the reply that `queue show` gives."""
        identifier = self.near.submit(USER, [f"bob@{domain}"], CONTENT, ["BODY=8BITMIME"])
        shown = wait_for(lambda: (message := self.near.queue("show", identifier))["attempts"] > 0 and message, "the first attempt")
        self.assertEqual(shown["recipients"][0]["status"], "pending")
        self.assertIn(shown["recipients"][0]["last_reply"], self.near.tool("queue", "show", identifier, "--config", self.near.config).stdout)
        self.near.queue("delete", identifier)
        return shown["recipients"][0]["last_reply"]

    def test_a_certificate_of_an_unknown_authority_keeps_the_mail_here(self):
        logins = self.far.log().count("event=authenticated")
        for tls, recorder in self.recorders.items():
            with self.subTest(tls):
                reply = self.deferred(f"{tls}.unknown.example")
                self.assertRegex(reply, r"^451 4\.7\.5 .*certificate")
                octets = bytes(recorder.octets)
                self.assertTrue(octets)
                if tls == "implicit":
                    self.assertEqual(octets[:2], b"\x16\x03")  # a TLS handshake record, and nothing before it
                else:
                    self.assertEqual(octets.split(b"\x16\x03")[0], b"EHLO mail.example.com\r\nSTARTTLS\r\n")
                for secret in (b"MAIL", b"AUTH", b"Subject", PASSWORD.encode()):
                    self.assertNotIn(secret, octets)
        self.assertEqual(self.far.log().count("event=authenticated"), logins)

    def test_a_certificate_for_another_name_keeps_the_mail_here(self):
        for tls, server in (("implicit", self.misnamed_implicit), ("required", self.misnamed)):
            with self.subTest(tls):
                self.assertRegex(self.deferred(f"{tls}.misnamed.example"), r"^451 4\.7\.5 .*(name|host)")
                self.assertEqual([line for line, is_tls in server.commands if is_tls or line.split()[0] not in ("EHLO", "STARTTLS")], [])
                wait_for(lambda: server.failed_handshakes == 1, "the alert")

    def test_required_tls_that_is_not_offered_keeps_the_mail_here(self):
        self.assertRegex(self.deferred("required.plain.example"), r"STARTTLS")
        self.assertEqual([line.split()[0] for line, _ in self.plain.commands if line != "QUIT"], ["EHLO"])


class Opportunistic(unittest.TestCase):
    def test_mail_is_delivered_with_tls_where_it_can_be_and_without_where_not(self):
        server = Server()
        self.addCleanup(server.__exit__, None, None, None)
        strange = make_certificate(server.directory, "strange", names="DNS:other.example")
        sinks = {"none": ScriptedServer(), "starttls": ScriptedServer(tls="starttls", certificate=strange), "broken": ScriptedServer(tls="broken")}
        for sink in sinks.values():
            self.addCleanup(sink.close)
        server.routes = "".join(smtp_route(f"{name}.example", sink.port, "opportunistic") for name, sink in sinks.items())
        server.write_config()
        server.__enter__()
        for name, sink in sinks.items():
            with self.subTest(name):
                server.submit(USER, [f"bob@{name}.example"], CONTENT, ["BODY=8BITMIME"])
                wait_for(lambda: sink.messages, "the message")
                self.assertEqual(without_trace(sink.messages[0].content), MESSAGE)
                self.assertEqual(sink.messages[0].is_tls, name == "starttls")
                self.assertIn("BODY=8BITMIME", sink.messages[0].parameters["MAIL"])
        server.wait_until_queue_is_empty()


def local_part(address):
    return address.split("@")[0]


class Refusals(unittest.TestCase):
    """The far end answers RCPT by the local part of the recipient; reports come to the sender's own Maildir."""

    @classmethod
    def setUpClass(cls):
        def recipient_reply(address, count):
            kind = local_part(address)
            if kind.startswith("refused"):
                return f"550-5.1.1 <{address}>: there is nobody\n550 5.1.1 of that name here"
            if kind == "later" and count < 2:
                return "450 4.2.0 Come back in a second"
            return "450 4.2.1 Mailbox is locked" if kind == "never" else OK

        def content_reply(message, address):
            return "554 5.7.1 We do not like this content" if "picky" in map(local_part, message.recipients) else OK

        cls.sink = ScriptedServer(recipient_reply=recipient_reply, content_reply=content_reply)
        cls.addClassCleanup(cls.sink.close)
        cls.server = Server(routes='[[route]]\ndomains = ["example.com"]\ndeliver = "maildir"\npath = "mail/{local_part}"\n' + smtp_route("*", cls.sink.port, "none"),
                            extra='[queue]\nretry = ["1s"]\n')
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.server.__enter__()

    def reports(self, sender):
        """The reports that the sender got, once the queue is empty: a report is committed together with the end of its recipient."""
        self.server.wait_until_queue_is_empty()
        new = self.server.directory / "mail" / sender / "new"
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in new.iterdir()] if new.exists() else []

    def check_report(self, report, sender, recipients):
        """RFC 6522 and RFC 3464, as Python's parser sees them. Returns the fields of the recipients."""
        self.assertEqual(report.defects, [])
        self.assertEqual(report["Return-Path"], "<>")
        self.assertEqual(report["To"].addresses[0].addr_spec, f"{sender}@example.com")
        self.assertEqual(report["Auto-Submitted"], "auto-replied")
        self.assertEqual(report.get_content_type(), "multipart/report")
        self.assertEqual(report.get_param("report-type"), "delivery-status")
        human, status, original = report.iter_parts()
        self.assertEqual(human.get_content_type(), "text/plain")
        self.assertEqual(status.get_content_type(), "message/delivery-status")
        for part in (human, status, original):
            self.assertEqual(part.defects, [])
        per_message, *per_recipient = status.get_payload()
        self.assertEqual(per_message["Reporting-MTA"], "dns; mail.example.com")
        self.assertTrue(per_message["Arrival-Date"])
        self.assertEqual([fields["Final-Recipient"] for fields in per_recipient], [f"rfc822; {recipient}" for recipient in recipients])
        for recipient in recipients:
            self.assertIn(recipient, human.get_content())
        returned = original.get_payload(0).as_bytes() if original.is_multipart() else original.get_content()
        self.assertIn("<difficult@example.com>", returned if isinstance(returned, str) else returned.decode())
        return per_recipient

    def submit(self, sender, recipients, recipient_options=(), mail_options=()):
        self.server.submit(f"{sender}@example.com" if sender else "", recipients, CONTENT, ["BODY=8BITMIME", *mail_options], recipient_options)

    def test_a_permanent_refusal_becomes_a_report_with_the_words_of_the_far_end(self):
        self.submit("ann", ["refused@far.example"], mail_options=["ENVID=QQ314159"])
        report, = self.reports("ann")
        fields, = self.check_report(report, "ann", ["refused@far.example"])
        self.assertEqual(fields["Action"], "failed")
        self.assertEqual(fields["Status"], "5.1.1")
        self.assertEqual(fields["Remote-MTA"], "dns; localhost")
        self.assertRegex(fields["Diagnostic-Code"], r"^smtp; 550 5\.1\.1 <refused@far\.example>: there is nobody\s+of\s+that name here$")
        human, status, _ = report.iter_parts()
        self.assertIn("there is nobody", human.get_content())
        self.assertEqual(status.get_payload(0)["Original-Envelope-Id"], "QQ314159")

    def test_a_refusal_behind_the_dot_becomes_a_report(self):
        self.submit("beth", ["picky@far.example"])
        report, = self.reports("beth")
        fields, = self.check_report(report, "beth", ["picky@far.example"])
        self.assertEqual(fields["Status"], "5.7.1")
        self.assertIn("We do not like this content", fields["Diagnostic-Code"])

    def test_the_null_sender_is_told_nothing(self):
        self.submit("", ["refused-null@far.example"])
        self.reports("nobody")
        self.assertEqual(len(self.sink.attempts["refused-null@far.example"]), 1)
        self.assertFalse([path for path in self.server.directory.glob("mail/*/new/*") if b"refused-null" in path.read_bytes()])

    def test_notify_never_is_honoured(self):
        self.submit("carol", ["refused-never@far.example"], ["NOTIFY=NEVER"])
        self.assertEqual(self.reports("carol"), [])
        self.assertEqual(len(self.sink.attempts["refused-never@far.example"]), 1)

    def test_notify_success_alone_brings_no_failure_report(self):
        self.submit("dora", ["refused-success@far.example"], ["NOTIFY=SUCCESS"])
        self.assertEqual(self.reports("dora"), [])

    def test_the_original_recipient_comes_back_with_the_report(self):
        self.submit("emma", ["refused-orcpt@far.example"], ["NOTIFY=FAILURE", "ORCPT=rfc822;Alias+2Bx@example.org"])
        report, = self.reports("emma")
        fields, = self.check_report(report, "emma", ["refused-orcpt@far.example"])
        self.assertEqual(fields["Original-Recipient"], "rfc822;Alias+x@example.org")

    def test_ret_full_brings_the_whole_message_back(self):
        self.submit("flora", ["refused-full@far.example"], mail_options=["RET=FULL"])
        new = self.server.directory / "mail" / "flora" / "new"
        report, = self.reports("flora")
        self.assertEqual(list(report.iter_parts())[2].get_content_type(), "message/global")
        raw, = (path.read_bytes() for path in new.iterdir())
        self.assertIn(MESSAGE.split(b"\n\n", 1)[1], raw)

    def test_a_temporary_refusal_is_tried_again_on_schedule_and_delivered_once(self):
        self.submit("gina", ["later@far.example"])
        self.assertEqual(self.reports("gina"), [])
        attempts = self.sink.attempts["later@far.example"]
        self.assertEqual(len(attempts), 3)
        for before, after in zip(attempts, attempts[1:]):
            self.assertGreaterEqual(after - before, 0.99)
        taken = [message for message in self.sink.messages if message.recipients == ["later@far.example"]]
        self.assertEqual([without_trace(message.content) for message in taken], [MESSAGE])

    def test_of_two_recipients_one_gets_it_once_and_the_report_names_the_other(self):
        self.submit("hanna", ["refused-two@far.example", "good@far.example"])
        report, = self.reports("hanna")
        self.check_report(report, "hanna", ["refused-two@far.example"])
        self.assertNotIn("good@far.example", report.as_string().split("Content-Type: message/delivery-status")[1])
        self.assertEqual([message.recipients for message in self.sink.messages if "good@far.example" in message.recipients], [["good@far.example"]])

    def test_one_refused_for_now_does_not_bring_the_mail_twice_to_the_other(self):
        self.submit("ida", ["later-good@far.example", "never@far.example"])
        wait_for(lambda: len(self.sink.attempts["never@far.example"]) >= 3, "three attempts")
        self.assertEqual(len(self.sink.attempts["later-good@far.example"]), 1)
        self.server.queue("delete", "--recipient", "never@far.example")
        self.assertEqual(self.reports("ida"), [])


class Expiry(unittest.TestCase):
    def test_mail_that_expires_goes_back_with_4_4_7(self):
        """The server is stopped and comes back a week later, by its clock: one more attempt, and the report."""
        need("cc")
        sink = ScriptedServer(recipient_reply=lambda address, count: "450 4.2.1 Mailbox is locked")
        self.addCleanup(sink.close)
        server = Server(routes='[[route]]\ndomains = ["example.com"]\ndeliver = "maildir"\npath = "mail"\n' + smtp_route("*", sink.port, "none"))
        self.addCleanup(server.__exit__, None, None, None)
        server.__enter__()
        server.submit(USER, ["bob@far.example"], CONTENT, ["BODY=8BITMIME"])
        wait_for(lambda: server.queue("list")[0]["attempts"] == 1, "the first attempt")
        self.assertEqual(server.stop(), 0)
        server.preload = self.a_week_later(server)
        server.start()
        server.wait_until_queue_is_empty()
        self.assertEqual(len(sink.attempts["bob@far.example"]), 2)
        report = email.message_from_bytes(server.delivered(1)[0], policy=email.policy.default)
        fields = list(report.iter_parts())[1].get_payload()[1]
        self.assertEqual((fields["Action"], fields["Status"]), ("failed", "4.4.7"))
        self.assertIn("expired", fields["Diagnostic-Code"])
        self.assertIn("450 4.2.1", fields["Diagnostic-Code"])

    def a_week_later(self, server):
        """A library for LD_PRELOAD whose wall clock is a week fast; the steady clock is as it was."""
        source, library = server.directory / "week.c", server.directory / "week.so"
        source.write_text("#include <time.h>\n#include <unistd.h>\n#include <sys/syscall.h>\n"
                          "int clock_gettime(clockid_t id, struct timespec* now) {\n  long result = syscall(SYS_clock_gettime, id, now);\n"
                          "  if (result == 0 && id == CLOCK_REALTIME) now->tv_sec += 7 * 86400;\n  return (int)result;\n}\n")
        subprocess.run([shutil.which("cc"), "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
        return library


if __name__ == "__main__":
    run_tests()
