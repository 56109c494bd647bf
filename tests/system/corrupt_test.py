#!/usr/bin/python3
"""Stores that are damaged while nobody runs: bits turned, pages zeroed, files cut short or put in place of each other. The
daemon is up and watches within 10 s, says what is lost, pages, and shows nothing that was never said.

  corrupt_test.py MAGWATCHD [--files N] [--seed N] [--slower FACTOR]
"""
import argparse
import itertools
import random
import shutil
import time

from ward_process import ChartingWard, wait_for

READY_WITHIN = 10  # s
ENTRIES = 40  # that were confirmed after the last snapshot
PAGE = 4096


def turn_bits(data, chance):
    for _ in range(chance.choice((1, 8, 200))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def zero_pages(data, chance):
    for _ in range(chance.choice((1, 3))):
        at = chance.randrange(max(1, len(data) // PAGE)) * PAGE
        data[at:at + PAGE] = bytes(len(data[at:at + PAGE]))


def noise_pages(data, chance):
    at = chance.randrange(max(1, len(data) // PAGE)) * PAGE
    data[at:at + PAGE] = chance.randbytes(len(data[at:at + PAGE]))


def cut(data, chance):
    del data[chance.randrange(len(data)):]


def doubled(data, chance):
    """A page stands where another belongs."""
    pages = max(1, len(data) // PAGE)
    source, target = (chance.randrange(pages) * PAGE for _ in range(2))
    data[target:target + PAGE] = data[source:source + PAGE]


DAMAGES = (turn_bits, zero_pages, noise_pages, cut, doubled)
FILES = ("journal.db", "journal.db", "journal.db-wal", "journal.db-mark", "history.db", "history.db-wal", "commission.key", "answer.key",
         "people.json", "backup.json", "starts")


WATCH = {"calcium_at_bed": True, "hammer_at_bed": True, "oxygen_at_bed": True}
INFUSION = {"key": "new-infusion", "kind": "infusion", "value": 1, "unit": "g/h"}
REFLEX = {"key": "new-reflex", "kind": "reflex", "site": "knee", "value": 0}


class DamagedWard(ChartingWard):
    def faults(self):
        return {f["fault"]: f["detail"] for f in self.json("status")["faults"]}

    def paged(self, bed):
        return len([a for a in self.receiver.arrived()
                    if a["page"]["kind"] == "physiological" and a["page"]["bed"] == f"bed-{bed}"])

    def watched(self):
        return {bed["alias"] for bed in self.json("beds")["beds"] if bed["watched"]}


def make(ward, template, chance):
    """A ward with some life in it: a snapshot, records after it, an open call; killed or ended in order."""
    ward.start()
    ward.ready()
    ward.watch(1)
    ward.ring(1)
    wait_for("a page", lambda: ward.paged(1), 60)
    ward.process.terminate()
    assert ward.process.wait(60) == 0
    ward.start()
    ward.ready()
    for _ in range(ENTRIES):
        assert ward.enter(), ward.answer
    ward.kill()
    shutil.copytree(ward.directory / "state", template)


def damage(state, chance):
    """Damages some of the files; in words what was done."""
    done = []
    for _ in range(chance.choice((1, 1, 2))):
        there = [name for name in FILES if (state / name).exists() and (state / name).stat().st_size]
        path = state / chance.choice(there)
        how = chance.choice(DAMAGES)
        data = bytearray(path.read_bytes())
        how(data, chance)
        path.write_bytes(data)
        done.append(f"{path.name} {how.__name__}")
    return ", ".join(done)


def look(ward, slower):
    """What must hold whatever was damaged; how long the start took, whether all was there, and whether loss was told."""
    began = time.monotonic()
    ward.start()
    ward.ready()
    took = time.monotonic() - began
    assert took <= ward.within(READY_WITHIN, slower)(), f"ready only after {took:.1f} s"
    watched = ward.watched()
    assert watched <= {"bed-1"}, f"somebody is watched who never was: {watched}"
    rules = {a["rule"] for a in ward.json("alarms")["alarms"] if a["bed"] == "bed-1"}
    assert rules <= {"reflex-absent"} | {r for r in rules if r.startswith(("technical.", "check."))}, rules
    missing = ward.missing()
    whole = watched == {"bed-1"} and "reflex-absent" in rules and not missing
    told = ward.faults().get("journal")
    if not whole and not told:
        what = f"lost, and nobody is told: watched {watched}, alarms {rules}, entries {missing}"
        told = wait_for(what, lambda: ward.faults().get("journal"), 60)
    before = ward.paged(2)
    # A store that takes nothing confirms nothing, and watches and pages all the same.
    for path, what in (("watch/start", WATCH), ("entries", INFUSION), ("entries", REFLEX)):
        status, _ = ward.post(path, {"bed": "bed-2", "person": "midwife-1"} | what)
        if status not in (200, 201):
            wait_for("not confirmed: why is told", lambda: ward.faults().get("journal"), 60)
    wait_for("a new alarm pages", lambda: ward.paged(2) > before, 60)
    count = itertools.count()
    # Or the ward is told that they are not: one that can be read and not written is of use until it is moved.
    wait_for("records are kept again", lambda: ward.faults().get("journal") or ward.chart(
        2, key=f"again-{next(count)}", kind="rr", value=17, unit="/min")[0] in (200, 201), 60)
    return took, whole, bool(told)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("magwatchd")
    parser.add_argument("--files", type=int, default=30, help="damaged stores")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slower", type=float, default=1, help="factor on the bars, for a build with sanitizers")
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    slowest, lost, unsure = 0.0, 0, 0
    with DamagedWard(arguments.magwatchd, 2) as ward:
        template, state = ward.directory / "template", ward.directory / "state"
        make(ward, template, chance)
        for number in range(arguments.files):
            shutil.rmtree(state)
            shutil.copytree(template, state)
            ward.doing = f"store {number}: {damage(state, chance)}"
            took, whole, told = look(ward, arguments.slower)
            slowest, lost, unsure = max(slowest, took), lost + (not whole), unsure + (whole and told)
            ward.kill()
        print(f"{arguments.files} damaged stores, {lost} lost something and said so, {unsure} said so and had lost nothing, "
              f"slowest ready {slowest:.2f} s")


if __name__ == "__main__":
    main()
