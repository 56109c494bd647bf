#!/usr/bin/python3
"""A switch fails: the monitors of 64 watched beds are gone in the same instant, with the real daemon and real lines. The ward
gets one technical page and not 64, a page about a patient in that instant leaves at once, and each bed is told.

  flood_test.py MAGWATCHD MAGWATCH_SIMULATOR [--beds N] [--slower FACTOR]
"""
import argparse
import time

import monitors
from ward_process import Ward, free_ports, seconds, wait_for

PATIENT = 3
PAGED_WITHIN = 5  # s
POLLED_WITHIN = 5  # s after a start, G5
WINDOW = 60       # s, with one technical page at most
TOLD_WITHIN = 35  # s: three polls, at most 30 s, and a turn; the group waits 2 s


class SwitchedWard(Ward):
    def __init__(self, binary, simulator, beds):
        super().__init__(binary, beds)
        self.beds, port = beds, free_ports(beds)
        config = self.directory / "magwatch.toml"
        config.write_text(config.read_text() + """[escalation.technical]
rungs = [["bedside"]]
wait = "60 s"
first_after = "1 s"
""" + monitors.configured(beds, port))
        self.monitors = monitors.Monitors(self, simulator, beds, port)

    def polled(self):
        """How many monitors have answered."""
        status, body = self.get("/metrics")
        assert status == 200
        return sum("polls_total" in line and 'result="ok"' in line and not line.endswith(" 0")
                   for line in body.decode().splitlines() if line.startswith("magwatch_"))

    def pages(self, kind, before=0):
        """When they arrived, of those after so many."""
        arrived = [a["page"] for a in self.receiver.arrived()]
        return [page for page in arrived if page["kind"] == kind][before:]

    def close(self):
        self.monitors.stop()
        super().close()


def lose_all(ward, slower):
    quiet = len(ward.pages("technical"))
    ward.monitors.stop()
    began, delay = time.monotonic(), ward.since_now()
    status, answer = ward.chart(PATIENT, kind="reflex", site="knee", value=0)
    assert status in (200, 201), answer
    wait_for("the page about a patient", lambda: ward.pages("physiological"),
             ward.within(PAGED_WITHIN, slower, delay))
    patient = time.monotonic() - began
    wait_for("a technical page", lambda: ward.pages("technical", quiet),
             ward.within(TOLD_WITHIN, slower, delay))
    told = time.monotonic() - began
    wait_for("every bed is told", lambda: len(ward.with_rule("technical.silent")) == ward.beds,
             ward.within(TOLD_WITHIN, slower, delay))
    first = time.monotonic()
    wait_for("a minute", lambda: time.monotonic() - first > WINDOW, 2 * WINDOW)
    # One that left before the last of them was silent counts fewer: the next says all.
    wait_for("a page counts them all",
             lambda: any(str(ward.beds) in page["text"] for page in ward.pages("technical", quiet)),
             ward.within(WINDOW, slower, delay))
    pages = ward.pages("technical", quiet)
    at = [seconds(arrival["received"]) for arrival in ward.receiver.arrived()
          if arrival["page"]["kind"] == "technical"][quiet:]
    # What left 60 s apart may arrive a little less than that apart.
    most = max(sum(one <= other < one + WINDOW - 1 for other in at) for one in at)
    assert most <= 1, f"{most} technical pages in a minute: {[p['text'] for p in pages]}"
    ward.monitors.start()
    wait_for("all are back: nobody is silent", lambda: not ward.with_rule("technical.silent"), 120)
    print(f"{ward.beds} lost: page about a patient after {patient:.2f} s, {most} technical pages in a minute, the "
          f"first after {told:.1f} s")


def start_again(ward, slower):
    """After a kill every monitor is polled again in time."""
    ward.kill()
    ward.start()
    wait_for("every monitor is polled", lambda: ward.get("/readyz")[0] == 200 and ward.polled() == ward.beds,
             ward.within(POLLED_WITHIN, slower))
    print(f"restarted: every monitor was polled after {time.monotonic() - ward.started:.2f} s")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("magwatchd")
    parser.add_argument("simulator")
    parser.add_argument("--beds", type=int, default=64)
    parser.add_argument("--slower", type=float, default=1, help="factor on the bars, for a build with sanitizers")
    arguments = parser.parse_args()
    with SwitchedWard(arguments.magwatchd, arguments.simulator, arguments.beds) as ward:
        ward.monitors.start()
        ward.start()
        ward.ready()
        for bed in range(1, ward.beds + 1):
            ward.watch(bed)
            status, answer = ward.chart(bed, kind="infusion", value=1, unit="g/h")
            assert status in (200, 201), answer
        wait_for("all monitors", lambda: ward.polled() == ward.beds, 120)
        lose_all(ward, arguments.slower)
        start_again(ward, arguments.slower)


if __name__ == "__main__":
    main()
