"""HL7 to a running daemon, as a gateway sends it. Python's standard library only."""


def framed(message):
    return b"\x0b" + message.encode() + b"\x1c\r"


def answer(wire):
    """The next whole answer, in its frame."""
    said = b""
    while not said.endswith(b"\x1c\r"):
        part = wire.recv(4096)
        if not part:
            raise ConnectionError(f"the daemon hung up after {said!r}")
        said += part
    return said


def exchange(wire, message):
    """The answer to one message."""
    wire.sendall(framed(message))
    return answer(wire)
