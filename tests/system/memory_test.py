#!/usr/bin/python3
"""Memory runs out under the real daemon, at one request for it or at every one from there on: it goes on, or it ends and goes
on from its journal. Whatever was confirmed is still there, the open call rings on, and no loop is lost without a word. The
same of one that may never have more than 64 MiB.

  memory_test.py MAGWATCHD NO_MEMORY [--points N] [--seed N] [--slower FACTOR]

NO_MEMORY is preloaded into the daemon (tests/support/no_memory.cpp). The test plays the service manager, whose watchdog
ends a daemon that stands still.
"""
import argparse
import collections
import http.client
import json
import mmap
import random
import struct
import time

from surroundings import Manager, preloaded
from ward_process import ChartingWard, wait_for

WATCHDOG = 4  # s
PERSON, PIN = "midwife-9", "471109"
LITTLE = 64  # MiB of its own data and stacks
WAIT = 5  # s between two pages of a call that nobody answers
NUMBERS = struct.Struct("=qqqq")


class ScarceWard(ChartingWard):
    def __init__(self, arguments):
        super().__init__(arguments.magwatchd)
        config = self.directory / "magwatch.toml"
        config.write_text(config.read_text().replace('wait = "60 s"', f'wait = "{WAIT} s"'))
        self.arguments = arguments
        path = self.directory / "memory"
        path.write_bytes(bytes(NUMBERS.size))
        with open(path, "r+b") as file:
            self.shared = mmap.mmap(file.fileno(), NUMBERS.size)
        self.environment = preloaded(arguments.no_memory, MAGWATCH_TEST_MEMORY=str(path))
        self.manager = Manager(self.directory, WATCHDOG)

    def begin(self):
        self.refuse(0, 0)
        self.start(**self.environment, **self.manager.environment())
        self.manager.watch(self.process)
        self.ready()

    def refuse(self, first, last):
        """From now on; returns how many requests there were before, and how many of them were refused."""
        count, _, _, refused = NUMBERS.unpack(self.shared[:])
        self.shared[:] = NUMBERS.pack(0, first, last, 0)
        return count, refused

    def was_refused(self):
        """A request, since the last refuse()."""
        return NUMBERS.unpack(self.shared[:])[3] > 0

    def close(self):
        self.manager.process = None
        self.manager.close()
        super().close()


def busy(ward, seconds):
    """What a ward does meanwhile: entries, pages, screens, and the daemon's own work."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and ward.process.poll() is None:
        ward.enter()
        ward.get("/api/v1/beds")
        ward.get("/metrics")


def one_point(ward, first, last):
    """Whether it ended of it. Afterwards it watches as before, by itself or from its journal."""
    ward.refuse(first, last)
    busy(ward, 1.5)
    while not ward.was_refused() and ward.process.poll() is None:  # a slow machine asks for less in that time
        busy(ward, 0.5)
    _, refused = ward.refuse(0, 0)
    before = len(ward.heard())
    slower = ward.arguments.slower
    # It is there, or it is known not to be: the watchdog waits for one that stands still.
    wait_for("an entry, or the end", lambda: ward.process.poll() is not None or ward.enter(), 3 * WATCHDOG * slower)
    ended = ward.process.poll() is not None
    if ended:
        ward.manager.process = None
        before = len(ward.heard())
        ward.begin()
    wait_for("the open call rings on", lambda: len(ward.heard()) > before or ward.process.poll() is not None,
             2 * WAIT * slower)
    if ward.process.poll() is not None:  # by the watchdog: a loop was lost, and it was seen
        ended, before = True, len(ward.heard())
        ward.begin()
        wait_for("the open call rings after the watchdog", lambda: len(ward.heard()) > before, 2 * WAIT * slower)
    assert ward.json("beds")["beds"][0]["watched"], "nobody is watched any more"
    assert ward.enter(), f"no entry is taken any more: {ward.answer}"
    assert not ward.missing(), f"confirmed, and lost: {ward.missing()}"
    assert not list((ward.directory / "state").glob("*.damaged-*")), "something was taken for damage"
    return refused, ended


def unlock(ward):
    """As a board at a station does."""
    own = f"http://127.0.0.1:{ward.port}"
    headers = {"Content-Type": "application/json", "X-Magwatch-Client": "board", "Origin": own, "Sec-Fetch-Site": "same-origin"}
    line = http.client.HTTPConnection("127.0.0.1", ward.port, timeout=60)
    line.request("POST", "/api/v1/session/unlock", json.dumps({"person": PERSON, "pin": PIN}), headers)
    answer = line.getresponse()
    return answer.status, json.loads(answer.read())


def within_little_memory(arguments):
    """All its life it may have LITTLE: it watches, pages and keeps what is charted, and goes on from its journal."""
    with ChartingWard(arguments.magwatchd) as ward:
        ward.doing = f"with {LITTLE} MiB"
        ward.start()
        ward.ready()
        ward.must("people", {"name": PERSON, "role": "midwife", "pin": PIN})
        assert unlock(ward)[0] == 200
        ward.kill()
        # Of stacks only what is used should count, as of a limit of a service.
        ward.prefix = ["prlimit", f"--data={LITTLE << 20}", "--stack=1048576"]
        ward.start()
        ward.ready()
        # Its hash would take as much again: nobody is told that a right PIN is wrong, and no try counts.
        for _ in range(5):
            status, answer = unlock(ward)
            assert status == 503 and "no memory" in answer["error"], (status, answer)
        ward.open_call()
        busy(ward, 3)
        assert ward.process.poll() is None, f"it ended: {ward.process.poll()}"
        ward.kill()
        before = len(ward.heard())
        ward.start()
        ward.ready()
        wait_for("the open call rings again", lambda: len(ward.heard()) > before, 60)
        assert ward.json("beds")["beds"][0]["watched"], "nobody is watched any more"
        assert ward.confirmed and not ward.missing(), f"confirmed, and lost: {ward.missing()}"
        print(f"{LITTLE} MiB: watched, paged, and kept {len(ward.confirmed)} entries")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("magwatchd")
    parser.add_argument("no_memory")
    parser.add_argument("--points", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slower", type=float, default=1, help="factor on the bars, for a busy machine")
    arguments = parser.parse_args()
    within_little_memory(arguments)
    chance = random.Random(arguments.seed)
    with ScarceWard(arguments) as ward:
        ward.begin()
        ward.open_call()
        ward.refuse(0, 0)
        busy(ward, 1.5)
        asked, _ = ward.refuse(0, 0)
        assert asked > 1000, f"only {asked} requests for memory were seen"
        refused = ended = 0
        for point in range(arguments.points):
            first = chance.randrange(1, asked)
            last = first if point % 3 else 1 << 62  # once, or for good until the test gives memory back
            more, died = one_point(ward, first, last)
            refused, ended = refused + more, ended + died
        assert refused >= arguments.points, f"only {refused} requests were refused"
        keys = collections.Counter(ward.heard())
        assert max(keys.values()) <= 2, keys.most_common(3)
        print(f"{arguments.points} points at which memory ran out, {refused} requests refused, {ended} ends, "
              f"{len(ward.confirmed)} entries kept")


if __name__ == "__main__":
    main()
