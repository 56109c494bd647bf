#!/usr/bin/python3
"""A monitor falls silent in every state that its line can be in, each at a bed of its own: the real daemon tells of each in
time, and shows none of its values as if they were of now.

  silence_test.py MAGWATCHD MAGWATCH_SIMULATOR [--rounds N] [--slower FACTOR]

Polled over Modbus TCP, through a relay in this program, or sending HL7 messages. Prints how long after the last value the
alarm of each came.
"""
import argparse
import asyncio
import socket
import struct
import sys
import threading
import time

import mllp
import monitors
from ward_process import Ward, free_port, free_ports, wait_for

TOLD_WITHIN = 31  # s after the last value: three polls, at most 30 s, and one
POLLED = ("refused", "reset", "unanswered", "mid_frame", "unaccepted")
SENDING = ("closed", "reset", "open", "mid_frame", "unread")


def lingers_not(wire):
    """When it is closed the other side sees RST."""
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Relay:
    """Between the daemon and a device; each word of POLLED breaks it another way."""

    def __init__(self, port, to):
        self.port, self.to = port, to
        self.state, self.server, self.held, self.lines = "good", None, None, set()

    async def open(self):
        self.state = "good"
        self.server = await asyncio.start_server(self.line, "127.0.0.1", self.port)

    async def line(self, reader, writer):
        """One connection of the daemon's, until either side or hang_up() ends it."""
        task = asyncio.current_task()
        self.lines.add(task)
        try:
            if self.state != "reset":
                answers, requests = await asyncio.open_connection("127.0.0.1", self.to)
                ways = asyncio.gather(self.carry(reader, requests, lambda data: data), self.carry(answers, writer, self.answer))
                try:
                    await ways
                finally:
                    requests.transport.abort()
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            if self.state == "reset":
                lingers_not(writer.get_extra_info("socket"))
            writer.transport.abort()
            self.lines.discard(task)

    async def carry(self, reader, writer, change):
        while data := await reader.read(4096):
            writer.write(change(data))
        raise EOFError

    def answer(self, data):
        return {"good": data, "mid_frame": data[:len(data) // 2]}.get(self.state, b"")

    async def hang_up(self):
        for task in list(self.lines):
            task.cancel()
        await asyncio.gather(*self.lines, return_exceptions=True)

    async def breaks(self, state):
        self.state = state
        if state in ("refused", "unaccepted"):
            self.server.close()
        if state in ("refused", "unaccepted", "reset"):
            await self.hang_up()
        if state == "unaccepted":  # the machine takes the connection, and no program ever does
            self.held = socket.create_server(("127.0.0.1", self.port), backlog=64)

    async def mend(self):
        if self.held:
            self.held.close()
            self.held = None
        await self.hang_up()
        if self.state in ("refused", "unaccepted"):
            await self.open()
        self.state = "good"

    async def close(self):
        self.server.close()
        await self.hang_up()


class Sender:
    """A gateway that sends its bed's values each second over one connection."""

    def __init__(self, name, bed, port):
        self.name, self.bed, self.port = name, bed, port
        self.last, self.number = 0.0, 0
        self.connect()

    def connect(self):
        self.wire = socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def message(self):
        self.number += 1
        now = time.strftime("%Y%m%d%H%M%S", time.gmtime())
        lines = [f"MSH|^~\\&|{self.name}|ICU|||{now}+0000||ORU^R01^ORU_R01|{self.name}{self.number}|P|2.6", "PID|1||X",
                 f"PV1|1|I|{self.bed}", f"OBR|1|||V|||{now}+0000"]
        for index, (code, value, unit) in enumerate((("8867-4^Heart rate^LN", 80, "/min"), ("9279-1^RR^LN", 16, "/min"),
                                                     ("59408-5^SpO2^LN", 97, "%")), 1):
            lines.append(f"OBX|{index}|NM|{code}||{value + self.number % 2}|{unit}|||||R")
        return "\r".join(lines) + "\r"

    def send(self):
        self.wire.sendall(mllp.framed(self.message()))
        self.last = time.monotonic()
        answer = mllp.answer(self.wire)
        assert b"MSA|AA|" in answer, answer

    def breaks(self, state):
        if state == "closed":
            self.wire.close()
        elif state == "reset":
            lingers_not(self.wire)
            self.wire.close()
        elif state == "mid_frame":
            whole = mllp.framed(self.message())
            self.wire.sendall(whole[:len(whole) // 2])
        elif state == "unread":
            self.last = time.monotonic()
            self.wire.sendall(mllp.framed(self.message()))
        # "open": nothing more is said

    def mend(self):
        self.wire.close()
        self.connect()


class SilentWard(Ward):
    def __init__(self, binary, simulator):
        self.names = [f"polled, {state}" for state in POLLED] + [f"sending, {state}" for state in SENDING]
        super().__init__(binary, len(self.names))
        devices, self.mllp = free_ports(2 * len(POLLED)), free_port()
        relays = devices + len(POLLED)
        config = self.directory / "magwatch.toml"
        config.write_text(config.read_text() + monitors.configured(len(POLLED), relays) +
                          f'[hl7]\nlisten = "127.0.0.1:{self.mllp}"\n' + "".join(
            f'[[hl7.source]]\nname = "gateway-{i}"\napplication = "GW{i}"\nperiod = "1 s"\n'
            for i in range(len(SENDING))))
        self.monitors = monitors.Monitors(self, simulator, len(POLLED), devices)
        self.monitors.start()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.relays = [Relay(relays + i, devices + i) for i in range(len(POLLED))]
        for relay in self.relays:
            self.on_relays(relay.open())
        self.senders = []

    def on_relays(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def dial(self):
        self.senders = [Sender(f"GW{i}", f"bed-{len(POLLED) + i + 1}", self.mllp) for i in range(len(SENDING))]

    def silent(self):
        return self.with_rule("technical.silent")

    def current(self):
        """The beds of which a rate of breathing is shown as of now."""
        return {bed["alias"] for bed in self.json("beds")["beds"]
                if any(s["signal"] == "rr" and s["value"] is not None for s in bed["signals"])}

    def all_beds(self):
        return {f"bed-{i + 1}" for i in range(len(self.names))}

    def send(self):
        for sender in self.senders:
            sender.send()

    def speak(self, condition):
        """The senders say their values, each second, until the condition holds."""
        for _ in range(120):
            self.send()
            if condition():
                return
            time.sleep(1)
        raise AssertionError("not within 2 min")

    def close(self):
        self.monitors.stop()
        for relay in self.relays:
            self.on_relays(relay.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        super().close()


def fall_silent(ward, slower):
    """How long each bed's last value is ago when its alarm is there: the seconds by name."""
    ward.speak(lambda: ward.current() == ward.all_beds() and not ward.silent())
    ward.send()
    began = time.monotonic()
    for relay, state in zip(ward.relays, POLLED):
        ward.on_relays(relay.breaks(state))
    for sender, state in zip(ward.senders, SENDING):
        sender.breaks(state)
    last = {f"bed-{i + 1}": began for i in range(len(POLLED))} | {s.bed: s.last for s in ward.senders}
    told = {}

    def everybody():
        for bed in ward.silent() - told.keys():
            told[bed] = time.monotonic() - last[bed]
        return told.keys() == ward.all_beds()

    wait_for("each silence is told", everybody, (TOLD_WITHIN + 5) * slower)
    wait_for("nothing old is shown as new", lambda: not ward.current(), 60 * slower)
    took = {name: told[f"bed-{i + 1}"] for i, name in enumerate(ward.names)}
    late = {name: seconds for name, seconds in took.items() if seconds > TOLD_WITHIN * slower}
    assert not late, late
    for relay in ward.relays:
        ward.on_relays(relay.mend())
    for sender in ward.senders:
        sender.mend()
    return took


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("magwatchd")
    parser.add_argument("simulator")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--slower", type=float, default=1, help="factor on the bars, for a build with sanitizers")
    arguments = parser.parse_args()
    longest = {}
    with SilentWard(arguments.magwatchd, arguments.simulator) as ward:
        ward.start()
        ward.ready()
        for bed in range(1, len(ward.names) + 1):
            ward.watch(bed)
        ward.dial()
        for number in range(arguments.rounds):
            ward.doing = f"round {number + 1}"
            for name, seconds in fall_silent(ward, arguments.slower).items():
                longest[name] = max(seconds, longest.get(name, 0))
        ward.speak(lambda: not ward.silent())
    for name, seconds in longest.items():
        print(f"{name}: told {seconds:.1f} s after the last value")
    print(f"{len(longest)} states, {arguments.rounds} rounds: the longest {max(longest.values()):.1f} s")


if __name__ == "__main__":
    sys.exit(main())
