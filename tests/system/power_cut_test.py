#!/usr/bin/python3
"""The power fails under the real daemon: it is killed while it writes, and of what it had written and never synced each
sector stays, is what stood there before, or is noise. Whatever was confirmed is still there, the open call rings again,
and a torn end is taken for no damage.

  power_cut_test.py MAGWATCHD POWER_CUT [--cuts N] [--seed N] [--slower FACTOR] [--without-syncs]

POWER_CUT is preloaded into the daemon (tests/support/power_cut.cpp) and keeps what each write covered, and each sync.
--without-syncs is the control: it takes what was synced too, as a disk that lies, and then something must be missing.
"""
import argparse
import collections
import os
import random
import struct
import threading
import time

from surroundings import preloaded
from ward_process import ChartingWard, wait_for

HEAD = struct.Struct("=c15xQqQ")
SECTOR = 512
READY_WITHIN, PAGED_WITHIN = 3, 5  # s


class Cut:
    """What was written to each database since it was last synced, in order."""

    def __init__(self, records, without_syncs):
        self.pending = collections.defaultdict(list)
        data, at = records.read_bytes(), 0
        while at < len(data):
            what, path_bytes, offset, size = HEAD.unpack_from(data, at)
            at += HEAD.size
            path, at = data[at:at + path_bytes].decode(), at + path_bytes
            if what == b"s":
                if not without_syncs:
                    self.pending[path].clear()
                continue
            stood = struct.unpack_from("=Q", data, at)[0]
            before, at = data[at + 8:at + 8 + stood], at + 8 + stood
            self.pending[path].append((what, offset, size, before))

    def apply(self, chance):
        """The newest first, so that what is undone ends at what stood there at the last sync. How many sectors changed."""
        changed = 0
        for path, writes in self.pending.items():
            if not os.path.exists(path):
                continue
            with open(path, "r+b") as file:
                for what, offset, size, before in reversed(writes):
                    if what == b"t":
                        if chance.random() < 0.5:  # it had not become shorter
                            file.seek(offset)
                            file.write(before)
                        continue
                    for start in range(0, size, SECTOR):
                        fate = chance.choice(("stays", "stays", "before", "noise"))
                        length = min(SECTOR, size - start)
                        if fate == "stays":
                            continue
                        old = before[start:start + length].ljust(length, b"\0")
                        file.seek(offset + start)
                        file.write(old if fate == "before" else chance.randbytes(length))
                        changed += 1
        return changed


class PoweredWard(ChartingWard):
    def __init__(self, arguments):
        super().__init__(arguments.magwatchd)
        self.records = self.directory / "writes"
        self.arguments = arguments

    def begin(self):
        self.records.unlink(missing_ok=True)
        self.start(**preloaded(self.arguments.power_cut, MAGWATCH_TEST_WRITES=str(self.records)))

    def chart_until_it_dies(self):
        while self.enter():
            pass


def one_cut(ward, chance):
    """Sectors that the cut took, and how long the start and the first page took after it."""
    writer = threading.Thread(target=ward.chart_until_it_dies, daemon=True)
    writer.start()
    time.sleep(chance.uniform(0.05, 0.6))  # the instant of the cut, not a synchronisation
    ward.kill()
    writer.join()
    before = len(ward.heard())
    changed = Cut(ward.records, ward.arguments.without_syncs).apply(chance)
    ward.begin()
    ready = ward.ready()
    slower = ward.arguments.slower
    assert ready <= ward.within(READY_WITHIN, slower)(), f"ready only after {ready:.2f} s"
    assert ward.json("beds")["beds"][0]["watched"], "nobody is watched any more"
    wait_for("the open call rings again", lambda: len(ward.heard()) > before, 60)
    paged = time.monotonic() - ward.started
    assert paged <= ward.within(PAGED_WITHIN, slower)(), f"paged only after {paged:.2f} s"
    assert not ward.missing(), f"confirmed, and lost: {ward.missing()} of {len(ward.confirmed)}"
    faults = {f["fault"]: f["detail"] for f in ward.json("status")["faults"]}
    assert "journal" not in faults, faults
    assert not list((ward.directory / "state").glob("*.damaged-*")), "a torn end was taken for damage"
    return changed, ready, paged


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("magwatchd")
    parser.add_argument("power_cut")
    parser.add_argument("--cuts", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slower", type=float, default=1, help="factor on the bars, for a busy machine")
    parser.add_argument("--without-syncs", action="store_true", help="the control: it must fail")
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    taken, slowest_ready, slowest_page = 0, 0.0, 0.0
    with PoweredWard(arguments) as ward:
        ward.begin()
        ward.ready()
        ward.open_call()
        cuts = 0
        while cuts < arguments.cuts or not taken:  # a few cuts may find nothing that was not synced
            changed, ready, paged = one_cut(ward, chance)
            cuts, taken = cuts + 1, taken + changed
            slowest_ready, slowest_page = max(slowest_ready, ready), max(slowest_page, paged)
        keys = collections.Counter(ward.heard())
        assert max(keys.values()) <= 2, keys.most_common(3)
        print(f"{cuts} power cuts, {taken} sectors lost or garbled, {len(ward.confirmed)} entries kept, "
              f"slowest page {slowest_page:.2f} s, slowest ready {slowest_ready:.2f} s")


if __name__ == "__main__":
    main()
