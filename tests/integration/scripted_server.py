"""The far end of a delivery, for tests: a small SMTP or LMTP server that answers as the test says and remembers all it was told. One thread for each
connection; it follows RFC 5321, RFC 2033 and RFC 3207 as far as a delivering client can tell. Recorder stands between a client and a server and keeps
the octets of the client."""
import base64
import collections
import contextlib
import socket
import ssl
import threading
import time

OK = "250 2.0.0 Ok"
Message = collections.namedtuple("Message", "sender recipients parameters content is_tls login")


class ScriptedServer:
    """`recipient_reply(address, count)` answers RCPT; `count` says how often the address was named before. `content_reply(message, address)` answers
    behind the final dot: for SMTP once, with the address None, for LMTP once for each recipient. `tls` is "none", "starttls", "implicit" or "broken":
    STARTTLS is offered and goes wrong."""

    def __init__(self, lmtp=False, unix_socket=None, tls="none", certificate=None, extensions=("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN"),
                 recipient_reply=lambda address, count: OK, content_reply=lambda message, address: OK):
        self.lmtp, self.tls, self.extensions = lmtp, tls, extensions
        self.recipient_reply, self.content_reply = recipient_reply, content_reply
        self.context = None
        if tls in ("starttls", "implicit"):
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*certificate)
        self.messages = []           # all that was taken, as Message
        self.commands = []           # (command line, came under TLS)
        self.attempts = collections.defaultdict(list)  # address: the moments at which RCPT named it
        self.failed_handshakes = 0
        self.problems = []           # exceptions of our own threads; the test fails on them at the end
        self._open, self._lock, self._is_closing = set(), threading.Lock(), False
        if unix_socket:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(unix_socket))
            self._listener.listen(50)
        else:
            self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
            self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        self.close()

    def close(self):
        self._is_closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self._listener.close()
        with self._lock:
            for session in self._open:
                with contextlib.suppress(OSError):
                    session.connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(30)
        if self.problems:
            raise self.problems[0]

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection):
        connection.settimeout(60)
        session = _Session(self, connection)
        with self._lock:
            self._open.add(session)
        try:
            session.run()
        except (ConnectionError, ssl.SSLError, TimeoutError):
            pass  # the client hung up, as it may
        except Exception as problem:  # noqa: BLE001
            if not self._is_closing:
                self.problems.append(problem)
        finally:
            with self._lock:
                self._open.discard(session)
            session.file.close()
            session.connection.close()


class _Session:
    def __init__(self, server, connection):
        self.server, self.connection, self.is_tls, self.login = server, connection, False, None
        self.file = connection.makefile("rb")
        self.forget_transaction()

    def forget_transaction(self):
        self.sender, self.recipients, self.parameters = None, [], {}

    def say(self, *lines):
        self.connection.sendall("".join(line + "\r\n" for line in lines).encode())

    def start_tls(self):
        try:
            self.file.close()
            self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        except OSError:
            self.server.failed_handshakes += 1
            raise ConnectionResetError from None
        self.file, self.is_tls = self.connection.makefile("rb"), True

    def run(self):
        if self.server.tls == "implicit":
            self.start_tls()
        self.say("220 far.example " + ("LMTP" if self.server.lmtp else "ESMTP"))
        while line := self.file.readline():
            line = line.decode().removesuffix("\r\n")
            self.server.commands.append((line, self.is_tls))
            verb, _, rest = line.partition(" ")
            answer = getattr(self, "on_" + verb.lower(), None)
            if answer is None:
                self.say("500 5.5.2 what?")
            elif answer(rest) == "end":
                return

    def on_ehlo(self, rest):
        if self.server.lmtp:
            return self.say("500 5.5.1 This is LMTP")
        return self.hello()

    def on_lhlo(self, rest):
        if not self.server.lmtp:
            return self.say("500 5.5.1 This is SMTP")
        return self.hello()

    def hello(self):
        offered = list(self.server.extensions)
        if self.server.tls in ("starttls", "broken") and not self.is_tls:
            offered.append("STARTTLS")
        if self.is_tls:
            offered.append("AUTH PLAIN")
        lines = ["far.example", *offered]
        self.say(*("250-" + line for line in lines[:-1]), "250 " + lines[-1])

    def on_starttls(self, rest):
        self.say("220 2.0.0 Go ahead")
        if self.server.tls == "broken":
            self.file.peek(1)  # the ClientHello is here; in one piece with the 220 our octets would be an injection, another story
            self.connection.sendall(b"no handshake follows\r\n")
            return "end"
        return self.start_tls()

    def on_auth(self, rest):
        mechanism, _, response = rest.partition(" ")
        if mechanism != "PLAIN" or not response:
            return self.say("504 5.5.4 PLAIN with an initial response, please")
        self.login = base64.b64decode(response).decode().split("\0")[1:]
        return self.say("235 2.7.0 Welcome")

    def on_mail(self, rest):
        self.forget_transaction()
        path, *parameters = rest.removeprefix("FROM:").split(" ")
        self.sender, self.parameters["MAIL"] = path.strip("<>"), parameters
        self.say("250 2.1.0 Ok")

    def on_rcpt(self, rest):
        path, *parameters = rest.removeprefix("TO:").split(" ")
        address = path.strip("<>")
        count = len(self.server.attempts[address])
        self.server.attempts[address].append(time.monotonic())
        reply = self.server.recipient_reply(address, count)
        if reply.startswith("2"):
            self.recipients.append(address)
            self.parameters[address] = parameters
        self.say(*reply.split("\n"))

    def on_data(self, rest):
        if not self.recipients:
            return self.say("503 5.5.1 No recipients")
        self.say("354 Go ahead")
        lines = []
        while (line := self.file.readline()) != b".\r\n":
            if not line.endswith(b"\r\n"):
                raise ConnectionResetError
            lines.append(line[1:] if line.startswith(b".") else line)
        message = Message(self.sender, self.recipients, self.parameters, b"".join(lines), self.is_tls, self.login)
        replies = {address: self.server.content_reply(message, address) for address in (self.recipients if self.server.lmtp else [None])}
        taken = [address for address, reply in replies.items() if reply.startswith("2")]
        if taken:
            self.server.messages.append(message._replace(recipients=taken) if self.server.lmtp else message)
        self.forget_transaction()
        return self.say(*replies.values())

    def on_rset(self, rest):
        self.forget_transaction()
        self.say(OK)

    def on_noop(self, rest):
        self.say(OK)

    def on_quit(self, rest):
        self.say("221 2.0.0 Bye")
        return "end"


class Recorder:
    """Passes connections on to a port of this machine; `octets` is all that clients sent."""

    def __init__(self, port):
        self.octets, self._target, self._threads, self._open = bytearray(), port, [], []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)

    def _start(self, *what):
        thread = threading.Thread(target=what[0], args=what[1:])
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            self._open += [client, server]
            self._start(self._pass_on, client, server, self.octets)
            self._start(self._pass_on, server, client, None)

    @staticmethod
    def _pass_on(source, target, record):
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                if record is not None:
                    record += piece
                target.sendall(piece)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in self._threads:
            thread.join(30)
