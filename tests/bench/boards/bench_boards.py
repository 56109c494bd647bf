#!/usr/bin/python3
"""What ward boards cost: 64 beds at 1 Hz, first without and then with 12 readers of the live stream.

  bench_boards.py BIN_DIR [--beds N] [--boards N] [--seconds S] [--warm-up S] [--pages N]

The readers are a process of their own; none of their time counts. Of magwatchd the share of one CPU of the thread that
runs rules, devices and pagers (the core) and of the one that serves HTTP, from /proc; and how long a page takes from the
charted sign to its webhook, one bed after the other.
"""
import argparse
import http.server
import json
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1]), str(pathlib.Path(__file__).resolve().parents[1] / "idle")]
import daemon  # noqa: E402
from bench_idle import TICKS, resident_mib, scenario, sections, start_watches  # noqa: E402

READERS = """
import socket, sys, threading
def read():
    wire = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    wire.sendall(b"GET /api/v1/stream HTTP/1.1\\r\\nHost: localhost\\r\\nX-Magwatch-Client: board\\r\\n\\r\\n")
    while wire.recv(1 << 16):
        pass
for _ in range(int(sys.argv[2])):
    threading.Thread(target=read).start()
"""


class Receiver(http.server.ThreadingHTTPServer):
    """Notes when each page of a bed arrives."""

    def __init__(self):
        arrived = self.arrived = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                at = time.monotonic()
                page = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                arrived.setdefault(page.get("bed"), at)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def threads(pid):
    """CPU seconds of each thread, by its name; the core is the first."""
    out = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        head, fields = (task / "stat").read_text().rsplit(")", 1)
        name = "core" if task.name == str(pid) else head.split("(", 1)[1]
        fields = fields.split()
        out[name] = out.get(name, 0) + (int(fields[11]) + int(fields[12])) / TICKS
    return out


def share(pid, seconds):
    before, began = threads(pid), time.monotonic()
    time.sleep(seconds)
    after, lasted = threads(pid), time.monotonic() - began
    return {name: round(100 * (after[name] - before.get(name, 0)) / lasted, 2) for name in after}


def pages(port, receiver, beds):
    took = []
    for alias in beds:
        began = time.monotonic()
        daemon.post(port, "entries", {"bed": alias, "person": "midwife-1", "key": f"low-{alias}", "kind": "avpu",
                                      "value": "unresponsive"})
        while alias not in receiver.arrived:
            if time.monotonic() - began > 60:
                raise AssertionError(f"no page for {alias}")
            time.sleep(0.0005)
        took.append(receiver.arrived[alias] - began)
    return took


def connected(port):
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        text = b""
        while chunk := wire.recv(1 << 16):
            text += chunk
    return next(float(line.split()[-1]) for line in text.decode().splitlines() if line.startswith("magwatch_displays_connected "))


def measure(arguments, process, port, receiver, beds, boards):
    shares = share(process.pid, arguments.seconds)
    took = pages(port, receiver, beds)
    line = {"boards": boards, "cpu_percent_core": shares["core"],
            "cpu_percent_http": sum(value for name, value in shares.items() if "http" in name),
            "page_ms_p50": round(1000 * statistics.median(took), 1), "page_ms_max": round(1000 * max(took), 1),
            "resident_mib": round(resident_mib(process.pid), 1)}
    print(json.dumps(line), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin")
    parser.add_argument("--beds", type=int, default=64)
    parser.add_argument("--boards", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--warm-up", type=float, default=20)
    parser.add_argument("--pages", type=int, default=15, help="of each half")
    arguments = parser.parse_args()
    modbus = daemon.free_ports(arguments.beds + 1)
    port, receiver = modbus + arguments.beds, Receiver()
    beds = [f"bed-{i}" for i in range(arguments.beds)]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "scenario.toml").write_text(scenario(arguments.beds))
        daemon.write_config(folder, port, sections(arguments.beds, modbus), receiver=f"http://127.0.0.1:{receiver.server_port}/")
        with daemon.running(arguments.bin + "/magwatch-simulator", "--scenario", folder / "scenario.toml",
                            "--modbus-base-port", modbus, folder=folder), \
                daemon.started(arguments.bin + "/magwatchd", port, folder) as process:
            start_watches(port, arguments.beds)
            time.sleep(arguments.warm_up)
            measure(arguments, process, port, receiver, beds[:arguments.pages], 0)
            readers = subprocess.Popen([sys.executable, "-c", READERS, str(port), str(arguments.boards)])
            try:
                while connected(port) < arguments.boards:
                    time.sleep(0.1)
                time.sleep(arguments.warm_up)
                measure(arguments, process, port, receiver, beds[arguments.pages:2 * arguments.pages], arguments.boards)
                # Boards that left in the meantime would be no figure.
                return 0 if connected(port) == arguments.boards else 1
            finally:
                readers.kill()
                readers.wait()


if __name__ == "__main__":
    raise SystemExit(main())
