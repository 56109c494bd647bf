"""Readers of the live stream, as ward boards are; each keeps what it heard."""
import socket
import threading
import time


class Reader:
    """One connection to /api/v1/stream. `board`: it says that it is one; `slow`: it reads nothing."""

    def __init__(self, port, board=False, slow=False, address="127.0.0.1"):
        self.wire = socket.socket()
        self.wire.bind((address, 0))
        self.wire.settimeout(60)
        self.wire.connect(("127.0.0.1", port))
        extra = "X-Magwatch-Client: board\r\n" if board else ""
        self.wire.sendall(f"GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n{extra}\r\n".encode())
        self.events, self.bytes, self.ended = [], 0, threading.Event()
        self.status = b"{}"  # the last event that says how the daemon is
        self.thread = None if slow else threading.Thread(target=self.read, daemon=True)
        if self.thread:
            self.thread.start()

    def read(self):
        """Notes (when, name) of each event until the end."""
        try:
            with self.wire.makefile("rb") as lines:
                for line in lines:
                    self.bytes += len(line)
                    if line.startswith(b"event: "):
                        self.events.append((time.monotonic(), line[7:].decode().strip()))
                    if line.startswith(b"data: ") and b'"status":' in line:
                        self.status = line[6:]
        except (OSError, ValueError):
            pass
        self.ended.set()

    def heard(self, name):
        return [at for at, what in list(self.events) if what == name]

    def close(self):
        try:
            self.wire.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the other end was first
        self.wire.close()
        if self.thread:
            self.thread.join()


def faults(ward):
    return {one["fault"]: one["detail"] for one in ward.json("status")["faults"]}


def series(ward, name):
    """The value of one metric, by its whole name with labels."""
    for line in ward.get("/metrics")[1].decode().splitlines():
        if line.rsplit(" ", 1)[0] == name:
            return float(line.rsplit(" ", 1)[1])
    raise KeyError(name)
