#!/usr/bin/env python3
"""The tool as an operator meets it: the smallest configuration, its errors, users, sending, the queue, and stopping without loss."""
import base64
import json
import signal
import smtplib
import socket
import ssl
import unittest

from harness import PASSWORD, USER, Server, free_port, make_certificate, run_tests, wait_for


def closed_port_route():
    """A route to a port where nobody listens: everything is deferred."""
    return f'[[route]]\ndomains = ["*"]\ndeliver = "smtp"\nhost = "127.0.0.1"\nport = {free_port()}\ntls = "none"\n'


class Configuration(unittest.TestCase):
    def setUp(self):
        self.server = Server(routes='[[route]]                            # first match wins\ndomains = ["*"]\ndeliver = "smtp"\nhost = "127.0.0.1"\nport = 2525\ntls = "none"\n')
        self.addCleanup(self.server.__exit__, None, None, None)

    def refused(self, *expected, command=("config", "check")):
        result = self.server.tool(*command, "--config", self.server.config, check=False)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        for text in expected:
            self.assertIn(text, result.stdout + result.stderr)
        return result

    def line_of(self, text):
        return next(number for number, line in enumerate(self.server.config.read_text().splitlines(), 1) if text in line)

    def edit(self, old, new):
        text = self.server.config.read_text()
        self.assertIn(old, text)
        self.server.config.write_text(text.replace(old, new, 1))

    def test_the_smallest_file_is_accepted_and_shown(self):
        self.assertEqual(self.server.tool("config", "check", "--config", self.server.config).returncode, 0)
        self.assertIn("mail.example.com", self.server.tool("config", "show", "--config", self.server.config).stdout)
        shown = json.loads(self.server.tool("config", "show", "--json", "--config", self.server.config).stdout)
        self.assertIn("hostname", json.dumps(shown))

    def test_an_unknown_key_names_file_line_and_the_likely_one(self):
        self.edit("private_key =", "privat_key =")
        self.refused(f"sealpost.toml:{self.line_of('privat_key')}", "private_key")

    def test_a_bad_value_names_file_and_line(self):
        self.edit('deliver = "smtp"', 'deliver = "pigeon"')
        self.refused(f"sealpost.toml:{self.line_of('pigeon')}", "pigeon")

    def test_a_missing_certificate_names_file_and_line(self):
        self.server.certificate.unlink()
        self.refused("sealpost.toml:", "cert.pem")
        self.refused("cert.pem", command=("serve",))

    def test_broken_toml_names_file_and_line(self):
        self.edit("[tls]", "[tls")
        self.refused(f"sealpost.toml:{self.line_of('[tls')}")

    def test_the_key_of_another_certificate_is_said_in_words(self):
        _, other = make_certificate(self.server.directory, "other")
        self.edit(self.server.private_key.name, other.name)
        for command in (("config", "check"), ("serve",)):
            result = self.refused("sealpost.toml:", "other-key.pem", command=command)
            self.assertIn("not", result.stdout + result.stderr)

    def test_swapped_key_and_certificate_are_said_in_words(self):
        text = self.server.config.read_text()
        a, b = self.server.certificate.name, self.server.private_key.name
        self.server.config.write_text(text.replace(a, "@").replace(b, a).replace("@", b))
        self.refused("swapped", command=("serve",))

    def test_wrong_usage_exits_with_2(self):
        self.assertEqual(self.server.tool("queue", "dance", check=False).returncode, 2)
        self.assertEqual(self.server.tool("serve", "--no-such-option", check=False).returncode, 2)

    def test_a_missing_configuration_is_named(self):
        result = self.server.tool("serve", "--config", "/nonexistent/sealpost.toml", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("/nonexistent/sealpost.toml", result.stderr)

    def test_users_are_added_listed_and_not_added_twice(self):
        self.server.add_user()
        again = self.server.tool("user", "add", USER, "--password-stdin", "--config", self.server.config, input="x\n", check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn(USER, again.stderr)
        listed = json.loads(self.server.tool("user", "list", "--json", "--config", self.server.config).stdout)
        self.assertEqual(len(listed), 1)
        self.server.tool("user", "delete", USER, "--config", self.server.config)
        self.assertEqual(json.loads(self.server.tool("user", "list", "--json", "--config", self.server.config).stdout), [])
        missing = self.server.tool("user", "disable", USER, "--config", self.server.config, check=False)
        self.assertEqual(missing.returncode, 1)


class Sending(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.__enter__()
        (cls.server.directory / "password").write_text(PASSWORD + "\n")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def send(self, *more, port=None, ca=None, user=USER, password="password", check=True):
        login = ["--user", user, "--password-file", self.server.directory / password] if user else []
        return self.server.tool("send", "--server", f"localhost:{port or self.server.smtps_port}", "--ca", ca or self.server.certificate, *login,
                                "--from", USER, "--to", "bob@another.example", *more, check=check)

    def test_the_transcript_shows_both_sides_and_the_tls_line_but_no_password(self):
        result = self.send("--subject", "Hi", "--body", "Hello", "--auth", "login", "--timing")
        for text in ("S: 220 mail.example.com ESMTP", "C: EHLO", "< TLSv1.3 TLS_", "verified", "days left", "S: 334 VXNlcm5hbWU6", "S: 334 UGFzc3dvcmQ6",
                     "S: 235 2.7.0 Authentication successful", "S: 250 2.1.0 Ok", "S: 250 2.1.5 Ok", "S: 354 End data with <CR><LF>.<CR><LF>", "C: .",
                     "S: 250 2.0.0 Ok: queued as ", "S: 221 2.0.0 Bye", " ms  "):
            self.assertIn(text, result.stdout)
        for secret in (PASSWORD, base64.b64encode(PASSWORD.encode()).decode()):
            self.assertNotIn(secret, result.stdout + result.stderr)

    def test_starttls_greets_once_and_hides_auth_before_tls(self):
        result = self.send("--tls", "starttls", "--body", "x", port=self.server.starttls_port)
        before, after = result.stdout.split("< TLS", 1)
        self.assertIn("STARTTLS", before)
        self.assertNotIn("AUTH", before)
        self.assertIn("S: 220 2.0.0 TLS go ahead", before)
        self.assertIn("AUTH PLAIN LOGIN", after)
        self.assertNotIn("250-STARTTLS", after)
        self.assertNotIn("S: 220", after)

    def test_json_is_one_document(self):
        document = json.loads(self.send("--json", "--body", "x").stdout)
        self.assertTrue(document["accepted"])
        self.assertRegex(document["queue_id"], r"^[0-9A-Z]{13}$")
        self.assertTrue(any(line["who"] == "S" for line in document["dialogue"]))

    def test_a_certificate_that_is_not_trusted_ends_it_before_the_password(self):
        other, _ = make_certificate(self.server.directory, "stranger")
        result = self.send("--body", "x", ca=other, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertNotIn("AUTH", result.stdout)
        self.assertIn("certificate", result.stderr)

    def test_a_wrong_password_is_535_and_exit_1(self):
        (self.server.directory / "wrong").write_text("wrong\n")
        result = self.send("--body", "x", password="wrong", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("535 5.7.8", result.stderr)

    def test_without_login_nothing_is_taken(self):
        result = self.send("--body", "x", user=None, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("530 5.7.0", result.stdout)

    def test_plain_text_on_465_is_answered_and_logged_in_words(self):
        with socket.create_connection(("127.0.0.1", self.server.smtps_port), timeout=20) as client:
            client.sendall(b"EHLO lost.example\r\n")
            answer = client.recv(500)
        self.assertRegex(answer, rb"^\d\d\d .*TLS")
        wait_for(lambda: "EHLO lost.example" in self.server.log(), "the log line about plain text")

    def test_nothing_is_said_on_465_before_the_handshake(self):
        with socket.create_connection(("127.0.0.1", self.server.smtps_port), timeout=20) as client:
            client.settimeout(0.5)
            with self.assertRaises(TimeoutError):
                client.recv(1)

    def test_a_client_hello_on_587_is_recognised(self):
        context = ssl.create_default_context(cafile=str(self.server.certificate))
        with self.assertRaises((ssl.SSLError, OSError)):
            with socket.create_connection(("127.0.0.1", self.server.starttls_port), timeout=20) as raw:
                context.wrap_socket(raw, server_hostname="localhost")
        wait_for(lambda: "the client began a TLS handshake" in self.server.log(), "the log line about TLS on 587")

    def test_a_script_plays_and_says_where_the_server_differs(self):
        script = self.server.directory / "script.txt"
        script.write_text("# A short session.\nS: 220 mail.example.com *\nC: NOOP\nS: 250 2.0.0 Ok\nC: QUIT\nS: 221 2.0.0 Bye\n")
        self.server.tool("send", "--server", f"localhost:{self.server.smtps_port}", "--ca", self.server.certificate, "--script", script)
        script.write_text("# A wrong one.\nS: 220 mail.example.com *\nC: NOOP\nS: 251 never\n")
        result = self.server.tool("send", "--server", f"localhost:{self.server.smtps_port}", "--ca", self.server.certificate, "--script", script, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("line 4", result.stderr)


class Queue(unittest.TestCase):
    def setUp(self):
        self.server = Server(routes=closed_port_route())
        self.server.__enter__()
        self.addCleanup(self.server.__exit__, None, None, None)
        (self.server.directory / "password").write_text(PASSWORD + "\n")

    def send(self, to="bob@another.example", body="hello"):
        result = self.server.tool("send", "--server", f"localhost:{self.server.smtps_port}", "--ca", self.server.certificate, "--user", USER, "--password-file",
                                  self.server.directory / "password", "--from", USER, "--to", to, "--body", body, "--json")
        return json.loads(result.stdout)["queue_id"]

    def queue(self, *arguments, check=True):
        result = self.server.tool("queue", *arguments, "--json", "--config", self.server.config, check=check)
        return json.loads(result.stdout) if result.returncode == 0 else result

    def test_deferred_mail_is_listed_shown_and_deleted_with_and_without_a_server(self):
        first, second, third = (self.send(f"{name}@another.example") for name in ("bob", "carol", "dave"))
        wait_for(lambda: all(message["attempts"] > 0 for message in self.queue("list")), "the first attempts")
        self.assertEqual([message["id"] for message in self.queue("list")], [first, second, third])
        shown = self.queue("show", second)
        self.assertEqual(shown["sender"], USER)
        self.assertEqual(shown["account"], USER)
        self.assertEqual(shown["recipients"][0]["address"], "carol@another.example")
        self.assertRegex(shown["recipients"][0]["last_reply"], r"^4\d\d ")
        self.assertEqual(self.queue("delete", second), {"messages": 1})
        self.assertEqual(self.queue("show", second, check=False).returncode, 1)
        self.assertEqual(len(self.queue("list", "--recipient", "bob@another.example")), 1)

        self.assertEqual(self.server.stop(), 0)
        self.assertEqual([message["id"] for message in self.queue("list")], [first, third])
        self.assertEqual(self.queue("delete", third), {"messages": 1})
        self.assertEqual(self.queue("stats")["queued"], 1)
        self.server.start()
        self.assertEqual([message["id"] for message in self.queue("list")], [first])

    def test_what_was_acknowledged_is_delivered_after_the_route_is_mended(self):
        self.send(body="\u00fcber " * 20_000)  # large enough to lie in a segment file
        self.assertEqual(self.server.stop(), 0)
        self.server.routes = '[[route]]\ndomains = ["*"]\ndeliver = "maildir"\npath = "mail"\n'
        self.server.write_config()
        self.server.start()
        self.queue("retry", "--all")
        self.assertIn("\u00fcber".encode(), self.server.delivered(1)[0])
        wait_for(lambda: self.queue("list") == [], "the queue to be empty")

    def test_a_filter_or_all_is_asked_for(self):
        self.assertEqual(self.queue("delete", check=False).returncode, 2)
        self.assertEqual(self.queue("show", "0000000000000", check=False).returncode, 1)
        self.assertEqual(self.queue("show", "nonsense", check=False).returncode, 1)

    def test_two_servers_do_not_share_a_data_directory(self):
        second = self.server.tool("serve", "--config", self.server.config, check=False)
        self.assertEqual(second.returncode, 1)
        self.assertTrue(second.stderr.strip())


class Stopping(unittest.TestCase):
    def test_sigterm_lets_a_session_finish_and_says_421_to_an_idle_one(self):
        server = Server()
        self.addCleanup(server.__exit__, None, None, None)
        server.__enter__()
        context = ssl.create_default_context(cafile=str(server.certificate))
        busy = smtplib.SMTP_SSL("localhost", server.smtps_port, context=context, timeout=30)
        idle = smtplib.SMTP_SSL("localhost", server.smtps_port, context=context, timeout=30)
        for client in (busy, idle):
            client.ehlo()
        busy.docmd("AUTH", "PLAIN " + base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode())
        busy.mail(USER)
        busy.rcpt("bob@another.example")
        self.assertEqual(busy.docmd("DATA")[0], 354)
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(idle.getreply()[0], 421)
        busy.send(b"Subject: late\r\n\r\nstill accepted\r\n.\r\n")
        self.assertEqual(busy.getreply()[0], 250)
        self.assertEqual(server.process.wait(timeout=60), 0)
        server.process = None
        busy.close()
        idle.close()
        server.start()
        self.assertIn(b"still accepted", server.delivered(1)[0])


if __name__ == "__main__":
    run_tests()
