"""Starts http_fake_ward and talks to it with the standard library's client."""
import http.client
import json
import os
import queue
import socket
import subprocess
import tempfile
import threading

PROGRAM = None  # set by the test's main


class FakeWard:
    """The server in a process of its own; `lines` holds what it said since."""

    def __init__(self, **options):
        self.folder = tempfile.TemporaryDirectory()
        os.chmod(self.folder.name, 0o755)
        options.setdefault("socket", os.path.join(self.folder.name, "d.sock"))
        self.socket_path = options["socket"]
        self.killed = False
        self.process = subprocess.Popen([PROGRAM, json.dumps(options)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        first = self.lines.get(timeout=30)
        self.error = first.get("error")
        self.port = first.get("port")
        self.link = first.get("link")

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))

    def said(self):
        """Every input since the last call: a marker is sent through, and what came before it counts."""
        self.post("/api/v1/entries", {"key": "marker", "kind": "stop", "bed": "bed-3", "person": "marker"})
        found = []
        while True:
            line = self.lines.get(timeout=30)
            if line.get("person") == "marker":
                return found
            found.append(line)

    def command(self, letters):
        """Changes the ward: see fake_ward.cpp."""
        self.process.stdin.write(letters)
        self.process.stdin.flush()

    def stop(self):
        if self.process.stdin.closed:
            return self.process.returncode
        self.process.stdin.close()
        code = self.process.wait(timeout=30)
        self.process.stdout.close()
        self.folder.cleanup()
        return code

    def kill(self):
        self.killed = True
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, error, *_):
        code = self.stop()
        assert error or self.killed or code == 0, f"the server ended with {code}"

    # --- clients ---

    def connect(self, source="127.0.0.1", receive_buffer=None):
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(30)
        connection.bind((source, 0))
        connection.connect(("127.0.0.1", self.port))
        return connection

    def request(self, method, path, body=None, headers=None, unix=False):
        """-> (status, headers, body): a new connection for each."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        if unix:
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.settimeout(30)
            connection.sock.connect(self.socket_path)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    def post(self, path, body, unix=False, **headers):
        sent = {"Content-Type": "application/json", "X-Magwatch-Client": "test"}
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        sent = {name: value for name, value in sent.items() if value is not None}
        raw = body if isinstance(body, (bytes, str)) else json.dumps(body)
        status, answer_headers, text = self.request("POST", path, raw, sent, unix)
        return status, answer_headers, json.loads(text)

    def get(self, path, unix=False, **headers):
        status, answer_headers, text = self.request("GET", path, None, headers, unix)
        return status, answer_headers, json.loads(text)

    def metric(self, name):
        """The value of one series, by its whole name with labels."""
        for line in self.request("GET", "/metrics")[2].decode().splitlines():
            if line.rsplit(" ", 1)[0] == name:
                return float(line.rsplit(" ", 1)[1])
        raise KeyError(name)


def read_all(connection):
    """Everything until the other end closes."""
    data = b""
    while True:
        try:
            part = connection.recv(65536)
        except ConnectionResetError:
            return data
        if not part:
            return data
        data += part
