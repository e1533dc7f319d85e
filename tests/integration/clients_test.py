#!/usr/bin/env python3
"""Real clients over both services: swaks, msmtp, curl, Python's smtplib and openssl s_client each submit the same difficult message over 465
(TLS first) and over 587 (STARTTLS), and it arrives unchanged but for the trace fields."""
import base64
import smtplib
import ssl
import subprocess
import threading
import unittest

from harness import PASSWORD, USER, Server, need, run_tests, temporary_file, without_trace

RECIPIENT = "bob@another.example"

# UTF-8 in header and body, a header line of 900 octets, a folded one, every kind of line that begins with a dot, white space at the end of lines,
# and empty lines at the end.
MESSAGE = (
    "Date: Mon, 23 Nov 2026 17:43:03 +0000\n"
    "Message-ID: <difficult@example.com>\n"
    "From: \"Ann \u00c5ngstr\u00f6m\" <ann@example.com>\n"
    "To: Bob <bob@another.example>\n"
    "Subject: Gr\u00fc\u00dfe aus \u6771\u4eac\n"
    "X-Long: " + "long " * 178 + "end\n"
    "X-Folded: first\n\tsecond\n   third\n"
    "MIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=utf-8\n"
    "Content-Transfer-Encoding: 8bit\n"
    "\n"
    ".\n"
    "..\n"
    ".a line that begins with a dot\n"
    "...\n"
    "na\u00efve caf\u00e9 \U0001f4ee\n"
    "trailing white space \t \n"
    "From the beginning of a line\n"
    + "x" * 990 + "\n"
    "\n"
    ".\n"
    "\n"
).encode()


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.__enter__()
        cls.count = 0

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def expect_delivery(self, what):
        type(self).count += 1
        message = self.server.delivered(self.count)[-1]
        self.assertEqual(without_trace(message), MESSAGE, what)
        self.assertIn(b"with ESMTPSA", message)
        self.assertRegex(message, rb"tls TLS_[A-Z0-9_]+")

    def run_client(self, *command, **options):
        result = subprocess.run([str(word) for word in command], capture_output=True, timeout=60, **options)
        self.assertEqual(result.returncode, 0, (result.stdout + result.stderr).decode(errors="replace")[-3000:])
        return result

    def test_swaks(self):
        need("swaks")
        for port, tls in ((self.server.smtps_port, "--tls-on-connect"), (self.server.starttls_port, "--tls")):
            with self.subTest(tls), temporary_file(self.server, "message", MESSAGE) as path:
                self.run_swaks(port, tls, path)
                self.expect_delivery(f"swaks {tls}")

    def run_swaks(self, port, tls, path):
        # With --no-data-fixup swaks sends the file as it is: CRLF line ends, dots stuffed, terminated.
        wire = b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in MESSAGE.split(b"\n")[:-1]) + b".\r\n"
        path.write_bytes(wire)
        self.run_client("swaks", "--server", "127.0.0.1", "--port", port, tls, "--from", USER, "--to", RECIPIENT, "--auth", "LOGIN",
                        "--auth-user", USER, "--auth-password", PASSWORD, "--data", f"@{path}", "--no-data-fixup", "--suppress-data")

    def test_msmtp(self):
        need("msmtp")
        for port, starttls in ((self.server.smtps_port, "off"), (self.server.starttls_port, "on")):
            with self.subTest(starttls=starttls), temporary_file(self.server, "msmtprc", b"") as rc:
                rc.chmod(0o600)
                rc.write_text(f"account default\nhost localhost\nport {port}\ntls on\ntls_starttls {starttls}\n"
                              f"tls_trust_file {self.server.certificate}\nauth plain\nuser {USER}\npasswordeval cat {self.server.directory}/password\n"
                              f"from {USER}\nset_date_header off\nset_msgid_header off\nundisclosed_recipients off\n")
                (self.server.directory / "password").write_text(PASSWORD + "\n")
                self.run_client("msmtp", "--file", rc, "--", RECIPIENT, input=MESSAGE)
                self.expect_delivery(f"msmtp starttls {starttls}")

    def test_curl(self):
        need("curl")
        for url, options in ((f"smtps://localhost:{self.server.smtps_port}", []), (f"smtp://localhost:{self.server.starttls_port}", ["--ssl-reqd"])):
            with self.subTest(url), temporary_file(self.server, "message", MESSAGE.replace(b"\n", b"\r\n")) as path:
                self.run_client("curl", "--silent", "--show-error", "--url", url, *options, "--cacert", self.server.certificate, "--user", f"{USER}:{PASSWORD}",
                                "--mail-from", USER, "--mail-rcpt", RECIPIENT, "--upload-file", path)
                self.expect_delivery(f"curl {url}")

    def test_smtplib(self):
        context = ssl.create_default_context(cafile=str(self.server.certificate))
        for starttls in (False, True):
            with self.subTest(starttls=starttls):
                if starttls:
                    client = smtplib.SMTP("localhost", self.server.starttls_port, timeout=30)
                    client.starttls(context=context)
                else:
                    client = smtplib.SMTP_SSL("localhost", self.server.smtps_port, timeout=30, context=context)
                with client:
                    client.ehlo()
                    self.assertIn("AUTH", client.esmtp_features["auth"].upper() + " AUTH")
                    client.user, client.password = USER, PASSWORD
                    # smtplib encodes credentials as ASCII in login(); the mechanisms below take UTF-8.
                    token = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
                    self.assertEqual(client.docmd("AUTH", "PLAIN " + token)[0], 235)
                    client.sendmail(USER, [RECIPIENT], MESSAGE.replace(b"\n", b"\r\n"), mail_options=["BODY=8BITMIME"])
                self.expect_delivery(f"smtplib starttls {starttls}")

    def test_openssl_s_client(self):
        token = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
        stuffed = b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in MESSAGE.split(b"\n")[:-1])
        dialogue = [(b"EHLO client.example\r\n", b"250 "), (f"AUTH PLAIN {token}\r\n".encode(), b"235 "), (f"MAIL FROM:<{USER}>\r\n".encode(), b"250 "),
                    (f"RCPT TO:<{RECIPIENT}>\r\n".encode(), b"250 "), (b"DATA\r\n", b"354 "), (stuffed + b".\r\n", b"250 "), (b"QUIT\r\n", b"221 ")]
        for port, options in ((self.server.smtps_port, []), (self.server.starttls_port, ["-starttls", "smtp"])):
            with self.subTest(options=options):
                client = subprocess.Popen(["openssl", "s_client", "-quiet", "-verify_return_error", "-CAfile", self.server.certificate, "-connect",
                                           f"127.0.0.1:{port}", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                watchdog = threading.Timer(60, client.kill)
                watchdog.start()
                try:
                    if not options:
                        self.read_reply(client, b"220 ")
                    for octets, reply in dialogue:
                        client.stdin.write(octets)
                        client.stdin.flush()
                        self.read_reply(client, reply)
                    client.wait(timeout=30)
                finally:
                    watchdog.cancel()
                    client.kill()
                    client.wait()
                    client.stdin.close()
                    client.stdout.close()
                self.expect_delivery(f"openssl s_client {options}")

    def read_reply(self, client, expected):
        for _ in range(50):
            line = client.stdout.readline()
            self.assertTrue(line, f"s_client ended before {expected!r}")
            if line[3:4] == b" ":
                self.assertTrue(line.startswith(expected), line)
                return
        self.fail("a reply without end")


if __name__ == "__main__":
    run_tests()
