#!/usr/bin/python3
"""Register read to page: from the reply that carries the new value to the first byte of the webhook.

  bench_page.py MAGWATCHD [--trials N] [--state DIR]

One process plays the device and the receiver, so that both instants come from one clock; its own time (Python)
is part of the figure. The journal is synced to disk before each page leaves (--state chooses the disk).
"""
import argparse
import asyncio
import json
import pathlib
import statistics
import struct
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import daemon  # noqa: E402

PACK = '''name = "bench"
title = "One rule without delay"
version = "1"
example = true
[[rule]]
id = "rr-now"
title = "Slow breathing"
message = "Slow breathing"
prompt = "Examine."
source = "bench"
priority = "high"
grade = 2
when = "rr < 8 /min"
'''
MAP = '''name = "bench"
model = "bench"
commissioned = true
interval = "50 ms"
timeout = "1 s"
[[register]]
signal = "rr"
function = 4
address = 0
type = "u16"
unit = "/min"
'''


class Bench:
    def __init__(self):
        self.rate = 16
        self.replied = None   # when the first reply with the low rate was written
        self.arrived = asyncio.Event()
        self.taken = []

    async def device(self, reader, writer):
        while True:
            try:
                head = await reader.readexactly(12)
            except asyncio.IncompleteReadError:
                return
            transaction, _, _, unit, function, _, count = struct.unpack(">HHHBBHH", head)
            body = struct.pack(">BBB", unit, function, 2 * count) + struct.pack(">H", self.rate) * count
            if self.rate < 8 and self.replied is None:
                self.replied = time.perf_counter()
            writer.write(struct.pack(">HHH", transaction, 0, len(body)) + body)
            await writer.drain()

    async def receiver(self, reader, writer):
        while True:
            try:
                await reader.readexactly(1)
                now = time.perf_counter()
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return
            length = int([l for l in head.lower().split(b"\r\n") if l.startswith(b"content-length")][0].split(b":")[1])
            body = json.loads(await reader.readexactly(length))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            if body.get("kind") == "physiological" and self.replied is not None:
                self.taken.append(now - self.replied)
                self.replied = None
                self.arrived.set()


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("magwatchd")
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--state", help="folder for the journal")
    arguments = parser.parse_args()
    bench = Bench()
    device = await asyncio.start_server(bench.device, "127.0.0.1", 0)
    receiver = await asyncio.start_server(bench.receiver, "127.0.0.1", 0)
    http = daemon.free_port()
    with tempfile.TemporaryDirectory(dir=arguments.state) as folder:
        folder = pathlib.Path(folder)
        (folder / "pack.toml").write_text(PACK)
        (folder / "map.toml").write_text(MAP)
        daemon.write_config(folder, http, daemon.bed("bed-1") + f'''
[[modbus]]
name = "monitor-1"
kind = "monitor"
host = "127.0.0.1"
port = {device.sockets[0].getsockname()[1]}
unit = 1
map = "map.toml"
bed = "bed-1"
''', folder / "pack.toml", f"http://127.0.0.1:{receiver.sockets[0].getsockname()[1]}/p")
        with daemon.started(arguments.magwatchd, http, folder):
            await asyncio.to_thread(daemon.watch, http, "bed-1")
            for _ in range(arguments.trials):
                bench.arrived.clear()
                bench.rate = 6
                await asyncio.wait_for(bench.arrived.wait(), 10)
                bench.rate = 16
                await asyncio.sleep(0.3)  # the condition clears and the call ends
    taken = sorted(t * 1000 for t in bench.taken)
    print(json.dumps({"trials": len(taken), "read_to_page_ms_p50": round(statistics.median(taken), 3),
                      "p90": round(taken[int(len(taken) * 0.9)], 3), "max": round(taken[-1], 3)}))


asyncio.run(main())
