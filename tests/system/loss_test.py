#!/usr/bin/python3
"""Lines that lose packets, and one that is narrow: to the boards, to a monitor and to a receiver of pages. The alarm path stays
as it was where the line is not its own; where it is, she is paged about or the ward is told.

  loss_test.py MAGWATCHD [--rounds N] [--seconds S] [--slower FACTOR]   defaults for CI

In a network namespace of its own, where nftables drops 10, 30 and 50 % of what goes either way, at random. Prints what each
line made of it.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
import unittest

import monitors
from board_streams import Reader
from receivers import Receiver
from ward_process import WardTest, wait_for

SIZES = argparse.ArgumentParser(add_help=False)
SIZES.add_argument("--rounds", type=int, default=3, help="pages for each line and loss")
SIZES.add_argument("--seconds", type=float, default=6, help="for which a line to boards or a monitor loses so much")
SIZES.add_argument("--slower", type=float, default=1, help="factor on the bars, for a build with sanitizers")
OPTIONS, rest = SIZES.parse_known_args(sys.argv[2:])
BINARY = sys.argv[1]
ALONE = "MAGWATCH_TEST_OWN_NETWORK"
LOSSES = (10, 30, 50)  # % each way
BOARDS = "127.0.0.2"   # where readers of the board come from
# A page goes out in milliseconds; a thread that shares nothing with a bad line may share the machine's cores with it.
MOST_TIMES_SLOWER, AT_LEAST_S, NEVER_S = 10, 1.0, 5.0
SECOND_CHANNEL_S = 11  # 10, and what it takes to look
TOLD_WITHIN_S = 31     # three polls, at most 30 s, and one
MUTE_S = 40            # of a line that loses nearly all: nothing that it brought before may be shown then


def in_a_network_of_its_own():
    """Runs this program again in one, as often as it is not."""
    if ALONE not in os.environ:
        own = ["unshare", "--user", "--map-root-user", "--net", "--pid", "--mount-proc", "--fork", "--kill-child",
               sys.executable, *sys.orig_argv[1:]]
        path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"  # of nft and ip, for anybody
        os.execvpe(own[0], own, {**os.environ, ALONE: "1", "PATH": path})
    # Packets as on a real line: not 64 KiB at once.
    subprocess.run(["ip", "link", "set", "lo", "up", "mtu", "1500", "gso_max_size", "1500"], check=True)


def lines(*rules):
    """These are what happens to packets from now on, to both ends of a line: none, nothing."""
    text = "add table inet lines\ndelete table inet lines\n"
    if rules:
        text += "table inet lines { chain input { type filter hook input priority 0;\n" + "\n".join(rules) + "\n}\n}\n"
    subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)


def dropped():
    """How many packets they have dropped."""
    found = json.loads(subprocess.run(["nft", "--json", "list", "table", "inet", "lines"], capture_output=True, check=True).stdout)
    return sum(part["counter"]["packets"] for one in found["nftables"] for part in one.get("rule", {}).get("expr", [])
               if "counter" in part)


def loses(percent, *ends):
    """The rules of a line, each end of which is an expression of nftables."""
    return [f"{end} numgen random mod 100 < {percent} counter drop" for end in ends]


def of_port(port):
    return f"tcp dport {port}", f"tcp sport {port}"


class Loss(WardTest):
    binary = BINARY

    def setUp(self):
        super().setUp()
        self.addCleanup(lines)

    def begin(self, config=""):
        self.config.write_text(self.config.read_text() + config)
        self.start()
        self.ward.watch()

    def pages(self):
        return [self.ward.page_of_a_sign() for _ in range(OPTIONS.rounds)]

    def test_boards_on_bad_lines_do_not_concern_the_alarm_path(self):
        self.begin()
        quiet = statistics.median(self.pages())
        readers = [Reader(self.ward.port, address=BOARDS) for _ in range(8)]
        self.addCleanup(lambda: [reader.close() for reader in readers])
        wait_for("the stream", lambda: all(reader.events for reader in readers), 60)
        both = f"ip saddr {BOARDS}", f"ip daddr {BOARDS}"
        bad = {f"{percent} % lost": loses(percent, *both) for percent in LOSSES}
        bad["1 Mbit/s"] = [f"{end} limit rate over 125 kbytes/second burst 4 kbytes counter drop" for end in both]
        for name, rules in bad.items():
            lines(*rules)
            until = time.monotonic() + OPTIONS.seconds
            took = self.pages()
            while time.monotonic() < until or not dropped():  # while the readers fall behind
                took.append(self.ward.page_of_a_sign())
                self.replace_ended(readers)
            lines()
            print(f"boards, {name}: page {1000 * statistics.median(took):.0f} ms, longest {1000 * max(took):.0f} ms; "
                  f"quiet {1000 * quiet:.0f} ms", flush=True)
            self.assertLess(statistics.median(took), max(MOST_TIMES_SLOWER * quiet, AT_LEAST_S) * OPTIONS.slower)
            self.assertLess(max(took), NEVER_S * OPTIONS.slower)
        # What the line held back comes, or the board comes again.
        before = time.monotonic()

        def alive():
            self.replace_ended(readers)
            return all(reader.events and reader.events[-1][0] > before for reader in readers)
        wait_for("each board to live again", alive, 120)

    def replace_ended(self, readers):
        """A board that was hung up on comes again, as a browser does."""
        for i, reader in enumerate(readers):
            if not reader.ended.is_set():
                continue
            reader.close()
            try:
                readers[i] = Reader(self.ward.port, address=BOARDS)
            except OSError:
                pass  # not through this line; later

    def test_a_monitor_on_a_bad_line_is_heard_or_the_ward_is_told(self):
        monitor = monitors.Monitor()
        monitor.values["hr"] = Watched.FIRST
        self.addCleanup(monitor.close)
        port = monitor.server_address[1]
        (self.ward.directory / "map.toml").write_text(monitors.register_map(
            'name = "map"\nmodel = "Simulated"\ncommissioned = true\nsimulation = true\ninterval = "1 s"\ntimeout = "1 s"\n'))
        pack = self.ward.directory / "example.toml"
        pack.write_text(pack.read_text() + '''
[[rule]]
id = "slow-breathing-now"
title = "Slow breathing, at once"
message = "Slow breathing"
prompt = "Examine."
source = "this test"
priority = "high"
grade = 2
when = "rr < 8 /min"
''')
        self.begin(f'[[modbus]]\nname = "monitor"\nkind = "monitor"\nbed = "bed-1"\nhost = "127.0.0.1"\nport = {port}\n'
                   f'map = "map.toml"\n')
        watched = Watched(monitor, self.shown, lambda: "bed-1" in self.ward.with_rule("technical.silent"))
        self.addCleanup(watched.stop)
        for percent in (*LOSSES, 90):
            wait_for("her values", lambda: self.shown("rr") is not None, 60)
            watched.oldest = watched.untold = watched.looks = watched.empty = 0
            lines(*loses(percent, *of_port(port)))
            time.sleep(OPTIONS.seconds if percent < 90 else MUTE_S)  # what is looked at is every moment of it, not its end
            wait_for("a packet that is lost", lambda: dropped() > 0, 60)
            monitor.values["rr"] = 6
            before, began = len(self.pages_of_her()), time.monotonic()
            wait_for("a page about her or the word that she is not heard",
                     lambda: len(self.pages_of_her()) > before or watched.told(), TOLD_WITHIN_S * OPTIONS.slower)
            took = time.monotonic() - began
            wait_for("it to look often", lambda: watched.looks > 10, 60)
            lines()
            wait_for("a page about her", lambda: len(self.pages_of_her()) > before, 60)
            self.assertTrue(watched.thread.is_alive(), "it looked until now")
            print(f"monitor, {percent} % lost: paged or told {took:.1f} s after a change; the oldest value that was shown "
                  f"{watched.oldest:.0f} s; {100 * watched.empty / watched.looks:.0f} % of the time none, the longest untold "
                  f"{watched.untold:.1f} s", flush=True)
            self.assertLess(watched.oldest, TOLD_WITHIN_S * OPTIONS.slower)
            self.assertLess(watched.untold, TOLD_WITHIN_S * OPTIONS.slower)
            monitor.values["rr"] = monitors.REST["rr"]
            self.over()

    def shown(self, name):
        """What the ward shows as of now, or None."""
        signals = self.ward.json("beds/bed-1")["bed"]["signals"]
        return next((s["value"] for s in signals if s["signal"] == name), None)

    def pages_of_her(self):
        return [a for a in self.ward.receiver.arrived()
                if a["page"]["kind"] == "physiological" and "Slow breathing" in a["page"]["text"]]

    def over(self):
        """Answers and acknowledges until nothing rings at her bed."""
        def nothing():
            for call in self.ward.calls():
                self.ward.post(f"calls/{call['id']}/answer", {"person": "midwife-1", "answer": "here"})
            for alarm in self.ward.json("alarms")["alarms"]:
                self.ward.post(f"alarms/{alarm['id']}/acknowledge", {"person": "midwife-1"})
            return not self.ward.with_rule("slow-breathing-now")
        wait_for("its end", nothing, 60)

    def test_a_page_on_a_bad_line_arrives_by_it_or_by_the_second_channel(self):
        second = self.ward.directory / "second"
        second.mkdir()
        other = Receiver(second, self.ward.directory / "hook.key")
        self.addCleanup(other.stop)
        first, text = self.ward.receiver.port, self.config.read_text()
        channel = next(line for line in text.splitlines() if line.startswith("channels = "))
        inner = channel[len("channels = ["):-1]
        self.config.write_text(text.replace(channel, f"channels = [{inner}, {inner.replace(f':{first}/', f':{other.port}/')}]"))
        self.begin()

        for percent in LOSSES:
            lines(*loses(percent, *of_port(first)))
            took = []
            while len(took) < OPTIONS.rounds or not dropped():  # a few pages may all pass where little is lost
                took.append(self.ward.page_of_a_sign((self.ward.receiver, other)))
            lines()
            by_first = len(self.about_her(self.ward.receiver.arrived()))
            print(f"pager, {percent} % lost: page {statistics.median(took):.2f} s, longest {max(took):.2f} s; "
                  f"{by_first} so far by the first channel, {len(self.about_her(other.arrived()))} by the second", flush=True)
            self.assertLess(max(took), SECOND_CHANNEL_S * OPTIONS.slower)

    @staticmethod
    def about_her(pages):
        """Each page once, however often it was sent."""
        return {a["page"]["key"] for a in pages if a["page"]["kind"] == "physiological"}


class Watched:
    """Counts the heart rate of a monitor up, a beat a second, and looks five times a second which one the ward shows."""

    FIRST = 50  # what it counts from

    def __init__(self, monitor, shown, told):
        self.monitor, self.shown, self.told = monitor, shown, told
        self.oldest = self.untold = 0.0  # s: of a value that was shown as of now; without one, and without a word on it
        self.looks = self.empty = 0
        self.began = self.good = time.monotonic()
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def look(self):
        now = time.monotonic()
        beat = int(now - self.began) % 100
        self.monitor.values["hr"] = self.FIRST + beat
        value = self.shown("hr")
        self.looks += 1
        self.empty += value is None
        if value is not None:
            self.oldest = max(self.oldest, (beat - (value - self.FIRST)) % 100)
        if value is not None or self.told():
            self.good = now
        self.untold = max(self.untold, now - self.good)

    def run(self):
        while not self.stopping.wait(0.2):
            self.look()

    def stop(self):
        self.stopping.set()
        self.thread.join()


if __name__ == "__main__":
    in_a_network_of_its_own()
    sys.argv[1:] = rest
    unittest.main(verbosity=2)
