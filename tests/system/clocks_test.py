#!/usr/bin/python3
"""The real daemon under clocks that are set: it starts in 1970 and runs over the end of 32 bits in 2038, its wall clock
jumps by half a second, an hour and years while a call is open, and its machine sleeps. Timers are judged by the steady
clock of this machine.

  clocks_test.py MAGWATCHD WALL_CLOCK [--jumps N] [--seed N] [--slower FACTOR]

WALL_CLOCK is preloaded into the daemon (tests/support/wall_clock.cpp): the daemon is the one that is shipped, and what it
asks of CLOCK_REALTIME and CLOCK_BOOTTIME is what the test says. A suspend is a SIGSTOP, both clocks moved on, and a
SIGCONT: what a process sees of one, with the kernel's own timers standing still meanwhile. Devices that slept with the
machine, or whose connections died, are not in it.
"""
import argparse
import collections
import concurrent.futures
import datetime
import json
import random
import re
import signal
import time

from receivers import Listener
from surroundings import preloaded, set_clocks
from ward_process import Ward, wait_for

WAIT = 5  # s between two pages of a call that nobody answers
ERROR = 1  # s, of a timer
WOKEN = 5  # s, from the end of a suspend to its first page
TOLD = 2  # s: a jump beyond it is one
YEAR = 365 * 86400
SIZES = (0.5, -0.5, 3600, -3600, 3 * YEAR, -3 * YEAR)


class Pages(Listener):
    """What arrived, with the steady time of it. It judges no signature: that of a ward whose clock is wrong is old."""

    def take(self, headers, body):
        return time.monotonic(), json.loads(body)


class ClockedWard(Ward):
    """A ward whose clocks are ours. The page of a call that nobody answers comes again every WAIT seconds."""

    def __init__(self, arguments, wall):
        super().__init__(arguments.magwatchd)
        self.clock = self.directory / "clock"
        self.preloaded = preloaded(arguments.wall_clock, MAGWATCH_TEST_CLOCK=str(self.clock))
        self.pages = Pages()
        config = self.directory / "magwatch.toml"
        text = config.read_text().replace(f":{self.receiver.port}/page", f":{self.pages.server_port}/page")
        config.write_text(text.replace('wait = "60 s"', f'wait = "{WAIT} s"'))
        self.ahead = [0.0, 0.0]  # s, of the wall clock and of the one that counts sleep
        self.set_wall(wall)

    def begin(self):
        self.start(**self.preloaded)
        self.ready()

    def move(self, wall=0.0, slept=0.0):
        self.ahead = [self.ahead[0] + wall + slept, self.ahead[1] + slept]
        set_clocks(self.clock, *self.ahead)

    def wall(self):
        return time.time() + self.ahead[0]

    def set_wall(self, seconds):
        self.move(seconds - self.wall())

    def calls_heard(self):
        """The pages of calls about patients, each once."""
        first = {}
        for at, page in list(self.pages.heard):
            if page["kind"] == "physiological":
                first.setdefault(page["key"], (at, page))
        return list(first.values())

    def alarm(self, rule):
        return next((a for a in self.json("alarms")["alarms"] if a["rule"] == rule), None)

    def said(self, rule):
        return (self.alarm(rule) or {"message": ""})["message"]

    def shows_its_time(self):
        """What people are shown is the time of the wall clock."""
        shown = datetime.datetime.fromisoformat(self.json("status")["at"].replace("Z", "+00:00")).timestamp()
        assert abs(shown - self.wall()) < 60, (shown, self.wall())

    def close(self):
        super().close()
        self.pages.close()


class Timer:
    """The pages of one call: never before their time, and late by no more than is allowed."""

    def __init__(self, ward, slower):
        self.ward, self.slower, self.largest = ward, slower, 0.0
        self.begin()

    def begin(self):
        """From the page that is about to leave now."""
        self.count = len(self.ward.calls_heard())
        self.first, self.number, self.before = time.monotonic(), 0, None

    def next(self, within=60):
        heard = wait_for("the next page", lambda: self.ward.calls_heard()[self.count:], within * self.slower)
        at, self.count = heard[0][0], self.count + 1
        assert at >= self.first + self.number * WAIT - 0.1, f"page {self.number} came {at - self.first:.2f} s after all"
        if self.before is not None:
            late = at - self.before - WAIT
            self.largest = max(self.largest, abs(late))
            assert late <= ERROR * self.slower, f"late by {late:.2f} s"
        self.number, self.before = self.number + 1, at
        return at


def none_twice(ward, kills=0):
    """But one whose outcome a kill took along: it is sent again under its key, once."""
    keys = collections.Counter(page["key"] for _, page in ward.pages.heard)
    assert sum(keys.values()) - len(keys) <= kills and max(keys.values()) <= 2, keys


def rung(arguments, wall):
    ward = ClockedWard(arguments, wall)
    ward.begin()
    ward.watch()
    timer = Timer(ward, arguments.slower)
    ward.ring()
    timer.next()
    return ward, timer


def jumps(arguments):
    """The wall clock is set while a call is open: each page comes in its time, once, and the jump is told."""
    chance = random.Random(arguments.seed)
    sizes = [*SIZES] + [chance.choice((-1, 1)) * 10 ** chance.uniform(-0.3, 8) for _ in range(arguments.jumps)]
    ward, timer = rung(arguments, time.time())
    with ward:
        ward.doing = "jumps"
        untold = 0.0  # what smaller steps have moved it by: the next that is told may tell them too
        for size in sizes:
            if abs(ward.wall() + size - time.time()) > 5 * YEAR:
                size = -size  # not before 1970, nor for ever in one direction
            ward.move(wall=size)
            timer.next()
            untold += size
            if abs(size) > TOLD:
                wait_for(f"a jump of {size:.0f} s is told", lambda: any(
                    f"by {round(moved) + more} s" in ward.said("technical.clock_jumped")
                    for moved in (size, untold) for more in (-1, 0, 1)), 60)
                untold = 0.0
            ward.shows_its_time()
        none_twice(ward)
        others = {a["rule"] for a in ward.json("alarms")["alarms"]} - {"reflex-absent", "technical.clock_jumped"}
        assert not {r for r in others if r in ("technical.gap", "technical.loop_late")}, others
        ward.must(f"calls/{ward.calls()[0]['id']}/answer", {"person": "midwife-1", "answer": "here"})
        assert ward.calls()[0]["state"] == "attended"
        return f"{len(sizes)} jumps of the wall clock, largest error of a timer {timer.largest:.2f} s"


def began_at(arguments, wall, name):
    """Watched, paged and killed around a time that programs go wrong at."""
    ward, timer = rung(arguments, wall)
    with ward:
        ward.doing = name
        for _ in range(2):
            timer.next()
        ward.shows_its_time()
        ward.kill()
        killed = time.monotonic()
        timer.begin()
        ward.begin()
        timer.next(5)
        gap = ward.said("technical.gap")
        lasted = time.monotonic() - killed
        seconds = int(gap.removeprefix("Nobody was watching for ").split(" ")[0]) if gap else 0
        assert gap and seconds <= lasted + ERROR, (gap, lasted)
        timer.next()
        none_twice(ward, kills=1)
        ward.shows_its_time()
        assert not ward.said("technical.clock_jumped")
        return f"{name}: largest error of a timer {timer.largest:.2f} s"


def unwatched(text):
    """The seconds that an alarm tells; -1: it tells none."""
    found = re.search(r"Nobody was watching for (\d+) s", text)
    return int(found.group(1)) if found else -1


def stopped_while_set(arguments):
    """The clock is set while nobody runs: in the same boot the steady one says for how long."""
    ward, timer = rung(arguments, time.time())
    with ward:
        ward.doing = "set while nobody ran"
        for size in (-3 * YEAR, 6 * YEAR):
            killed = time.monotonic()
            ward.kill()
            ward.move(wall=size)
            ward.move(slept=90)
            timer.begin()
            ward.begin()
            timer.next(5)
            gap = ward.said("technical.gap")
            assert 90 <= unwatched(gap) <= 91 + time.monotonic() - killed, gap
            timer.next()
        none_twice(ward, kills=2)
        return "set while nobody ran: the gap is told by the steady clock"


def suspends(arguments):
    """The machine sleeps: who waits is told at once, once, and for how long nobody watched."""
    ward, timer = rung(arguments, time.time())
    slowest = 0.0
    with ward:
        ward.doing = "suspends"
        for slept in (60, 8 * 3600):
            stopped = time.monotonic()
            ward.process.send_signal(signal.SIGSTOP)
            wait_for("it stands", lambda: f"State:\tT" in open(f"/proc/{ward.process.pid}/status").read(), 60)
            ward.move(slept=slept)
            timer.begin()
            woken = time.monotonic()
            ward.process.send_signal(signal.SIGCONT)
            at = timer.next()
            slowest = max(slowest, at - woken)
            assert at - woken <= WOKEN * arguments.slower, f"paged {at - woken:.1f} s after it woke"
            longest = slept + time.monotonic() - stopped + 1
            wait_for("it is told", lambda longest=longest, slept=slept:
                     slept <= unwatched(ward.said("technical.loop_late")) <= longest, 60)
            timer.next()
        none_twice(ward)
        assert not ward.said("technical.clock_jumped"), "the wall clock was right all the time"
        return f"suspends: paged {slowest:.2f} s after it woke, largest error of a timer {timer.largest:.2f} s"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("magwatchd")
    parser.add_argument("wall_clock")
    parser.add_argument("--jumps", type=int, default=0, help="so many more, of random sizes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slower", type=float, default=1, help="factor on the bars, for a busy machine")
    arguments = parser.parse_args()
    end_of_32_bits = 2 ** 31
    parts = (lambda: jumps(arguments), lambda: began_at(arguments, 10, "1970"),
             lambda: began_at(arguments, end_of_32_bits - 6, "2038"), lambda: stopped_while_set(arguments),
             lambda: suspends(arguments))
    with concurrent.futures.ThreadPoolExecutor(len(parts)) as pool:
        for line in [one.result() for one in [pool.submit(part) for part in parts]]:
            print(line)


if __name__ == "__main__":
    main()
