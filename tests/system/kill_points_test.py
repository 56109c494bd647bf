#!/usr/bin/python3
"""kill -9 at each named point: no alarm and no promised page is lost, no answer that was confirmed, and no key is sent
more than twice to one person and channel.

  kill_points_test.py MAGWATCHD MAGWATCHD_CRASH [--kills N] [--point NAME] [--jobs N] [--seed N] [--slower FACTOR]

MAGWATCHD_CRASH is the daemon linked with tests/system/crash_point.cpp: it kills itself at the point that
MAGWATCH_KILL_AT names. What goes on from its journal is the daemon itself.
"""
import argparse
import collections
import concurrent.futures
import http.client
import json
import random
import re
import signal
import subprocess
import time
import urllib.parse

from receivers import SmsGateway
from ward_process import Ward, free_port, wait_for

# How often a point is passed in one life, at most: three findings ring two people each, one of them by SMS.
POINTS = {"intent.before": 3, "intent.after": 3, "send.before": 6, "send.after": 6, "sending.before": 6,
          "sending.after": 6, "outcome.before": 6, "outcome.after": 6, "receipt.before": 3, "receipt.after": 3,
          "answer.before": 2, "answer.after": 2, "answer.said": 2}
BEDS = 5  # kills of one ward: each has a bed of its own
FINDINGS = [("reflex-absent", {"kind": "reflex", "site": "knee", "value": 0}),
            ("rr-counted-low", {"kind": "rr", "value": 9, "unit": "/min"}),
            ("unresponsive", {"kind": "avpu", "value": "pain"})]
WAYS = ("code", "api", "link")
LETTER = {"coming": "Y", "here": "H"}
PAGED_WITHIN = 5  # s from the start on


class KillWard(Ward):
    """A midwife who is paged by SMS and answers by it, and with her a colleague whose pages have links."""

    def __init__(self, binary, crash):
        super().__init__(binary, BEDS)
        self.crash = crash
        self.gateway = SmsGateway(self.took)
        self.callbacks = free_port()
        config = self.directory / "magwatch.toml"
        text = config.read_text()
        colleague = text[text.index("[[person]]"):text.index("[escalation.high]")]
        text = text.replace('rungs = [["bedside"]]', 'rungs = [["bedside"], { who = ["charge"], together = true }]')
        text += colleague.replace("midwife-1", "charge-1").replace("bedside", "charge")
        text += f'\n[pager]\nanswer_url = "http://127.0.0.1:{self.port}"\n'
        config.write_text(text)
        self.gateway.configure(self, self.callbacks, f"http://127.0.0.1:{self.callbacks}")

    def start(self, binary=None, **environment):
        self.log_before = (self.directory / "daemon.log").stat().st_size
        super().start(binary, **environment)

    def took(self, message):
        if "MAG HIGH" in message["Body"]:
            self.call_back(message["StatusCallback"], {"id": "m" + message["Key"], "status": "delivered"})

    @staticmethod
    def send_form(port, url, body="", **headers):
        """(status, answer); status 0 if nobody was there to answer."""
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            client.request("POST", urllib.parse.urlsplit(url).path, body,
                           {"Content-Type": "application/x-www-form-urlencoded", **headers})
            answer = client.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            client.close()

    def call_back(self, url, fields):
        """The gateway's word; its result, "" if nobody took it."""
        body = urllib.parse.urlencode(fields)
        signature = SmsGateway.signature(body).hexdigest()
        status, answer = self.send_form(self.callbacks, url, body, **{"X-Signature": signature})
        return json.loads(answer)["result"] if status == 200 else ""

    def sms(self, bed):
        return [(m["Key"], m["Body"]) for m in list(self.gateway.heard)
                if re.search(rf"MAG HIGH .*Bed {bed} ", m["Body"])]

    def webhooks(self, bed):
        """Of the colleague, who has no other channel."""
        pages = [a["page"] for a in self.receiver.arrived()]
        return [(p["key"], p["text"], p["answers"]) for p in pages
                if p["kind"] == "physiological" and p["bed"] == f"bed-{bed}" and "/charge-1/" in p["key"]]

    def paged(self, bed):
        """How many pages about this bed reached each of the two."""
        return len(self.sms(bed)), len(self.webhooks(bed))

    def after(self, bed, before):
        """Of the pages to each of the two after so many: {key: text}. What came twice under one key is one: the first
        may have been on its way when its sender died."""
        def texts(pages):
            found = {}
            for key, text, *_ in pages:
                found[key] = found.get(key, "") + text
            return found
        return texts(self.sms(bed)[before[0]:]), texts(self.webhooks(bed)[before[1]:])

    def first_of_this_life(self, bed):
        """The key that each of the two was sent first since the last start, once there is one. Pages leave side by
        side: in which order they arrive says nothing."""
        log = (self.directory / "daemon.log").read_bytes()[self.log_before:].decode(errors="replace")
        keys = re.findall(rf"page\.sent PAGE=(\S+) BED=bed-{bed} ", log)
        firsts = [next((key for key in keys if f"/{person}" in key), None)
                  for person in ("midwife-1/sms", "charge-1/webhook")]
        return firsts if all(firsts) else None

    def sent(self, bed):
        """The keys of the pages about this bed that the daemon means to have sent."""
        return {p["key"] for p in self.json("pages")["pages"] if p["kind"] == "physiological" and p["bed"] == f"bed-{bed}"}

    def call(self, bed):
        found = [c for c in self.calls() if c["bed"] == f"bed-{bed}" and c["kind"] == "physiological"]
        return found[0] if found else {"state": "none"}

    def close(self):
        self.gateway.close()
        super().close()


class Kill:
    """One life that ends at a point, and the one after it."""

    def __init__(self, ward, bed, point, count, way, slower):
        self.ward, self.bed, self.point, self.count, self.way, self.slower = ward, bed, point, count, way, slower
        self.charted = []    # what somebody tried to chart
        self.confirmed = []  # of it, what was taken
        self.said = []       # (answer, taken?)

    def __str__(self):
        return f"{self.point}:{self.count} bed {self.bed} by {self.way}"

    def dead(self):
        return self.ward.process.poll() is not None

    def chart(self, finding):
        rule, what = finding
        status, _ = self.ward.chart(self.bed, **what)
        return status in (200, 201)

    def answer(self, kind):
        """True if it was confirmed."""
        ward = self.ward
        if self.way == "code":
            code = re.search(r"Reply (\d+)Y", self.known_text).group(1)
            return ward.call_back("/sms/hospital/reply", {"id": f"{self}-{kind}", "from": SmsGateway.NUMBER,
                                                          "text": code + LETTER[kind]}) == "answer"
        if self.way == "api":
            return ward.post(f"calls/{self.known_call}/answer", {"person": "midwife-1", "answer": kind})[0] == 200
        return ward.send_form(ward.port, self.known_links[kind])[0] == 200

    def live_and_die(self):
        ward = self.ward
        ward.start(ward.crash, MAGWATCH_KILL_AT=f"{self.point}:{self.count}")
        ward.ready()
        answers = self.point.startswith("answer")
        for finding in FINDINGS[:1 if answers else None]:
            before = ward.paged(self.bed)
            self.charted.append(finding)
            if self.chart(finding):
                self.confirmed.append(finding)
            wait_for("its pages, or the end", lambda: self.dead() or all(ward.after(self.bed, before)), 60)
            if self.dead():
                break
        if answers:
            self.known_text = ward.sms(self.bed)[0][1]
            self.known_links = ward.webhooks(self.bed)[0][2]
            self.known_call = ward.call(self.bed)["id"]
            for kind in ("coming", "here")[2 - self.count:]:
                self.said.append((kind, self.answer(kind)))
        wait_for("the end", self.dead, 60)
        assert ward.process.returncode == -signal.SIGKILL, ward.process.returncode

    def go_on(self):
        ward = self.ward
        before = ward.paged(self.bed)
        called = bool(self.confirmed) or before != (0, 0)
        ward.start()
        ward.ready()
        for finding in self.charted:  # who was not told "taken" tries again
            assert finding in self.confirmed or self.chart(finding), finding
        rules = {a["rule"] for a in ward.json("alarms")["alarms"] if a["bed"] == f"bed-{self.bed}"}
        assert {rule for rule, _ in self.charted} <= rules, f"lost alarms: {rules}"
        if self.said:
            self.check_answers()
        if not self.said or ward.call(self.bed)["state"] == "calling":
            left = PAGED_WITHIN * self.slower - (time.monotonic() - ward.started)
            how_long = re.compile(r"Not watched for \d|Unwatched \d" if called else "")
            firsts = wait_for("both are paged after the start", lambda: ward.first_of_this_life(self.bed),
                              max(left, 0.5))
            wait_for("their arrival", lambda: all(map(dict.__contains__, ward.after(self.bed, before), firsts)),
                     max(left, 0.5))
            for key, texts in zip(firsts, ward.after(self.bed, before)):
                assert how_long.search(texts[key]), f"the first, {key}, says not how long nobody watched: {texts}"
        assert "technical.gap" in {a["rule"] for a in ward.json("alarms")["alarms"]}
        if self.said:
            assert self.answer(self.said[-1][0]), "the same answer again is taken"
            assert ward.call(self.bed)["state"] == "attended", ward.call(self.bed)
        else:
            ward.must(f"calls/{ward.call(self.bed)['id']}/answer", {"person": "midwife-1", "answer": "here"})
        self.sent = ward.sent(self.bed)

    def check_answers(self):
        kind, taken = self.said[-1]
        state = self.ward.call(self.bed)["state"]
        assert kind == "here"
        if self.point == "answer.before":
            assert not taken
            assert state == ("calling" if len(self.said) == 1 else "accepted"), state
        else:
            assert self.point == "answer.said" or not taken, "nobody was told before it was durable"
            assert state == "attended", (self.said, state)
        assert all(taken for _, taken in self.said[:-1])


def kill_all_beds(arguments, point, number):
    """The kills of one ward; how long each start took until it was ready is not promised here."""
    chance = random.Random(f"{arguments.seed} {point} {number}")
    kills = []
    with KillWard(arguments.magwatchd, arguments.crash) as ward:
        ward.doing = point
        ward.start()
        ward.ready()
        for bed in range(1, BEDS + 1):
            ward.watch(bed)
            assert ward.chart(bed, kind="infusion", value=1, unit="g/h")[0] in (200, 201)
        for bed in range(1, BEDS + 1):
            if number * BEDS + bed > arguments.kills:
                break
            ward.kill()
            kills.append(Kill(ward, bed, point, chance.randint(1, POINTS[point]), WAYS[bed % len(WAYS)],
                              arguments.slower))
            ward.doing = kills[-1]
            kills[-1].live_and_die()
            kills[-1].go_on()
        for kill in kills:
            assert ward.sent(kill.bed) == kill.sent, f"{kill}: an answered call rang again"
        keys = collections.Counter([m["Key"] for m in ward.gateway.heard] +
                                   [a["page"]["key"] for a in ward.receiver.arrived()])
        assert max(keys.values()) <= 2, keys.most_common(3)
    return len(kills)


def the_daemon_has_no_such_points(arguments):
    for binary, wanted in ((arguments.crash, True), (arguments.magwatchd, False)):
        with open(binary, "rb") as file:
            assert (b"MAGWATCH_KILL_AT" in file.read()) == wanted, binary
    wrong = subprocess.run([arguments.crash, "--config", "/nonexistent"], env={"MAGWATCH_KILL_AT": "nowhere:1"},
                           check=False, capture_output=True)
    assert wrong.returncode != 0
    with Ward(arguments.magwatchd) as ward:
        ward.start(MAGWATCH_KILL_AT="intent.before:1")
        ward.ready()
        ward.watch()
        ward.ring()
        wait_for("the page", lambda: [a for a in ward.receiver.arrived() if a["page"]["kind"] == "physiological"], 60)
        assert ward.process.poll() is None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("magwatchd")
    parser.add_argument("crash")
    parser.add_argument("--kills", type=int, default=BEDS, help="at each point")
    parser.add_argument("--point", choices=POINTS, action="append")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slower", type=float, default=1, help="factor on the bars, for a build with sanitizers")
    arguments = parser.parse_args()
    began = time.monotonic()
    the_daemon_has_no_such_points(arguments)
    work = [(point, number) for number in range(-(-arguments.kills // BEDS)) for point in arguments.point or POINTS]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        running = [pool.submit(kill_all_beds, arguments, *one) for one in work]
        try:
            done = sum(one.result() for one in running)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    print(f"{done} kills at {len(arguments.point or POINTS)} points in {time.monotonic() - began:.0f} s: nothing lost")


if __name__ == "__main__":
    main()
