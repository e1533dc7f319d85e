# The floors of the house: which folder of src/ may include which. This is the only list; the libraries are linked by it and
# tests/floors_test.py compares it with the real #include lines. A folder may include itself and what stands behind its colon.
# Folders appear here only once they exist.
set(SEALPOST_FLOORS
  # F0: the standard library, and libcrypto behind thin wrappers
  "base:"
  "crypto:base"
  # F1: pure. No Asio, no sockets, no clock, no log, no coroutine, no files; time, randomness and answers arrive as arguments
  "sasl:base crypto"
  "smtp:base sasl"
  "message:base"
  "dsn:base smtp message"
  "schedule:base"
  # F2
  "observe:base"
  "net:base crypto observe"
  # F3
  "identity:base crypto sasl observe net"
  "spool:base crypto smtp message observe"
  # F4
  "delivery:base crypto sasl smtp message observe net"
  "queue:base crypto smtp message dsn schedule observe net spool delivery"
  "submission:base crypto sasl smtp message observe net identity spool queue"
  # F5: config knows everyone; nobody but daemon and cli knows it
  "config:base crypto sasl smtp message dsn schedule observe net identity spool delivery queue submission"
  # F6
  "daemon:base crypto sasl smtp message dsn schedule observe net identity spool delivery queue submission config"
  "cli:base crypto sasl smtp message dsn schedule observe net identity spool delivery queue submission config daemon"
)
