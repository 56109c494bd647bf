#!/usr/bin/python3
"""kill -9 at random instants: an unanswered episode pages again within 5 s, an answered one stays quiet, no
answer is lost, a quiet ward pages nobody, and no key is sent more than twice.

  kill_test.py MAGWATCHD [--kills N] [--seed N] [--slower FACTOR] [--history MIB --filler FILL_HISTORY]
"""
import argparse
import collections
import random
import subprocess
import time

from ward_process import Ward, wait_for


def physiological(pages):
    return [p for p in pages if p.get("kind") == "physiological"]


def page_of(arrival):
    """What the webhook said, wherever the receiver's log keeps it."""
    return arrival.get("page", arrival)


def arrivals(ward):
    return [page_of(a) for a in ward.receiver.arrived()]


HISTORY_DAYS = 14  # of each bed: within what is kept


def fill(ward, filler, mib):
    """Vital signs of so many beds that their file has this size."""
    state = ward.directory / "state"
    state.mkdir(mode=0o700, exist_ok=True)
    size, beds = 0, 0
    while size < mib:
        beds += 1
        subprocess.run([filler, state, f"bed-{beds}", str(24 * HISTORY_DAYS), str(beds)], check=True)
        size = (state / "history.db").stat().st_size / 2**20
    print(f"history: {size:.0f} MiB of {beds} beds", flush=True)


def unanswered(arguments, chance):
    """After each kill the open call must arrive again, as a new repetition."""
    kills, slower = arguments.kills, arguments.slower
    slowest_ready = slowest_page = delayed = 0.0
    with Ward(arguments.magwatchd) as ward:
        if arguments.history:
            fill(ward, arguments.filler, arguments.history)
        ward.start()
        ward.ready()
        ward.watch()
        ward.ring()
        wait_for("first page", lambda: physiological(arrivals(ward)), 60)
        for _ in range(kills):
            time.sleep(chance.uniform(0.0, 0.4))  # the instant of the kill, not a synchronisation
            ward.kill()
            before = len(physiological(arrivals(ward)))
            ward.start()
            ready = ward.ready()
            assert ready <= ward.within(3, slower)(), f"ready only after {ready:.2f} s"
            wait_for("page after restart", lambda: len(physiological(arrivals(ward))) > before, 60)
            paged = time.monotonic() - ward.started
            assert paged <= ward.within(5, slower)(), f"paged only after {paged:.2f} s"
            slowest_ready, slowest_page = max(slowest_ready, ready), max(slowest_page, paged)
            delayed = max(delayed, ward.delay.seconds())
        keys = collections.Counter(p["key"] for p in physiological(arrivals(ward)))
        assert max(keys.values()) <= 2, keys.most_common(3)
        # An answer given at any instant is not lost: what was confirmed is still there after the kill.
        ward.must(f"calls/{ward.calls()[0]['id']}/answer", {"person": "midwife-1", "answer": "here"})
        # One that is on its way arrives after the kill, and is none that rang again.
        wait_for("every page has its word", lambda: all(page["outcome"] for page in ward.json("pages")["pages"]), 60)
        ward.kill()
        quiet_from = len(physiological(arrivals(ward)))
        ward.start()
        ward.ready()
        calls = ward.calls()
        assert calls[0]["state"] == "attended", calls
        for _ in range(5):
            ward.kill()
            ward.start()
            ward.ready()
        assert len(physiological(arrivals(ward))) == quiet_from, "an answered call rang again"
        print(f"unanswered: {kills} kills, slowest page {slowest_page:.2f} s, slowest ready {slowest_ready:.2f} s, "
              f"the machine's delay {delayed:.2f} s at most")


def quiet(binary, kills, chance):
    """Kills on a quiet ward page nobody about a patient."""
    with Ward(binary) as ward:
        ward.start()
        ward.ready()
        ward.watch()
        ward.chart(kind="infusion", value=1, unit="g/h")
        for i in range(kills):
            ward.chart(key=f"k-{i}", kind="rr", value=16, unit="/min")
            time.sleep(chance.uniform(0.0, 0.2))
            ward.kill()
            ward.start()
            ward.ready()
        assert not physiological(arrivals(ward)), physiological(arrivals(ward))[:2]
        assert [b["alias"] for b in ward.json("beds")["beds"] if b["watched"]] == ["bed-1"], "the watch is still there"
        print(f"quiet: {kills} kills, no page about a patient")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("magwatchd")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--history", type=int, default=0, help="MiB of vital signs beside the journal")
    parser.add_argument("--filler", help="fill_history, which makes them")
    parser.add_argument("--slower", type=float, default=1, help="factor on the bars, for a build with sanitizers")
    arguments = parser.parse_args()
    if arguments.history and not arguments.filler:
        parser.error("--history needs --filler")
    chance = random.Random(arguments.seed)
    unanswered(arguments, chance)
    quiet(arguments.magwatchd, arguments.kills, chance)


if __name__ == "__main__":
    main()
