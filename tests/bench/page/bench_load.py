#!/usr/bin/python3
"""Sample to page on a full ward: 64 monitors at 1 Hz over Modbus TCP, both cores busy, many episodes.

  bench_load.py MAGWATCHD [--beds N] [--seconds S] [--busy N] [--state DIR]

From the reply that carries the last needed sample to the first byte of the page at its receiver. One process plays
monitors and receiver, so that both instants come from one clock, and competes for the cores like magwatchd does: its own
delay (Python) is part of the figure. --busy processes (as many as there are cores) loop meanwhile at the same priority.
The pack is the shipped example with one rule more that has no delay; the journal is synced to disk before a page leaves.
"""
import argparse
import asyncio
import json
import os
import pathlib
import random
import statistics
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import daemon  # noqa: E402

RULE = '''
[[rule]]
id = "bench-now"
title = "Slow breathing, at once"
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
interval = "1 s"
timeout = "1 s"
'''
REGISTERS = [("rr", 0, "/min"), ("hr", 1, "/min"), ("spo2", 2, "%")]


class Bed:
    """One monitor: well for a while, then slow breathing until its page has arrived."""

    def __init__(self, number, chance):
        self.number, self.chance = number, chance
        self.replied = None  # when the first low rate of this episode was written
        self.well(time.perf_counter())

    def well(self, now):
        self.falls_at = now + self.chance.uniform(5, 15)
        self.replied = None

    def values(self, now):
        low = now >= self.falls_at
        if low and self.replied is None:
            self.replied = now
        drift = self.chance.randrange(3)
        return [6 if low else 15 + drift, 80 + drift, 96 + drift]


class Bench:
    def __init__(self, beds):
        chance = random.Random(1)
        self.beds = {number: Bed(number, chance) for number in range(1, beds + 1)}
        self.taken, self.samples, self.running = [], 0, False

    async def device(self, reader, writer):
        while True:
            try:
                head = await reader.readexactly(12)
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            transaction, _, _, unit, function, first, count = struct.unpack(">HHHBBHH", head)
            now = time.perf_counter()
            values = self.beds[unit].values(now if self.running else 0)[first:first + count]
            body = struct.pack(">BBB", unit, function, 2 * count) + struct.pack(f">{count}H", *values)
            writer.write(struct.pack(">HHH", transaction, 0, len(body)) + body)
            self.samples += 1
            await writer.drain()

    async def receiver(self, reader, writer):
        while True:
            try:
                await reader.readexactly(1)
                now = time.perf_counter()
                head = await reader.readuntil(b"\r\n\r\n")
                length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
                body = await reader.readexactly(int(length[0].split(b":")[1]) if length else 0)
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            await writer.drain()
            page = json.loads(body) if body else {}
            if page.get("kind") != "physiological" or "Slow breathing" not in page["text"]:
                continue
            bed = self.beds[int(page["bed"].split("-")[1])]
            if bed.replied is not None:
                self.taken.append(now - bed.replied)
                bed.well(now)


def write_files(folder, beds, device, receiver, http):
    (folder / "pack.toml").write_text((daemon.ROOT / "rules/packs/example.toml").read_text() + RULE)
    (folder / "map.toml").write_text(MAP + "".join(
        f'[[register]]\nsignal = "{signal}"\nfunction = 4\naddress = {address}\ntype = "u16"\nunit = "{unit}"\n'
        for signal, address, unit in REGISTERS))
    ward = "".join(daemon.bed(f"bed-{i}") for i in range(1, beds + 1))
    ward += "".join(f'[[modbus]]\nname = "monitor-{i}"\nkind = "monitor"\nhost = "127.0.0.1"\nport = {device}\n'
                    f'unit = {i}\nmap = "map.toml"\nbed = "bed-{i}"\n' for i in range(1, beds + 1))
    daemon.write_config(folder, http, ward, folder / "pack.toml", f"http://127.0.0.1:{receiver}/p")


async def measure(arguments, folder):
    bench = Bench(arguments.beds)
    device = await asyncio.start_server(bench.device, "127.0.0.1", 0, backlog=256)
    receiver = await asyncio.start_server(bench.receiver, "127.0.0.1", 0, backlog=256)
    http = daemon.free_port()
    write_files(folder, arguments.beds, device.sockets[0].getsockname()[1], receiver.sockets[0].getsockname()[1], http)
    busy = []
    with daemon.started(arguments.magwatchd, http, folder) as process:
        try:
            for number in bench.beds:
                await asyncio.to_thread(daemon.watch, http, f"bed-{number}")
            busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(arguments.busy)]
            await asyncio.sleep(2)
            bench.running, before = True, bench.samples
            await asyncio.sleep(arguments.seconds)
            bench.running = False
            polled = (bench.samples - before) / arguments.seconds
            waiting = [time.perf_counter() - bed.replied for bed in bench.beds.values() if bed.replied is not None]
            assert process.poll() is None, (folder / "log").read_text()[-2000:]
        finally:
            for one in busy:
                one.kill()
                one.wait()
    # An episode whose page did not come before the end counts with what it waited so far.
    taken = sorted(1000 * t for t in bench.taken + [w for w in waiting if w > 1])
    return {"beds": arguments.beds, "busy": arguments.busy, "episodes": len(taken), "polls_per_s": round(polled, 1),
            "sample_to_page_ms_p50": round(statistics.median(taken), 2),
            "p99": round(taken[min(len(taken) - 1, int(len(taken) * 0.99))], 2), "max": round(taken[-1], 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("magwatchd")
    parser.add_argument("--beds", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--busy", type=int, default=os.cpu_count())
    parser.add_argument("--state", help="folder for the journal")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.state) as folder:
        print(json.dumps(asyncio.run(measure(arguments, pathlib.Path(folder)))))


if __name__ == "__main__":
    main()
