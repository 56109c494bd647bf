"""The story of tools/demo, step by step: what the staff do, and what must really be seen before it goes on.

Every step is a generator: it acts, then yields until the API, the page receiver or the simulator shows what
the step waits for, or its time is over. A step that was not seen is told as such and counts as failed.
"""
import time

from ward_client import Refused

BODY_SPEED = 120  # body time, while nobody is waited for
QUIET_S = 6       # of six quiet beds before anything happens, at --speed 1
TOXIC, EPIDURAL, CABLE, FROZEN = "bed-3", "bed-4", "bed-1", "bed-2"
BEDS = ["bed-%d" % n for n in range(1, 7)]
ROUND_S = 300     # the midwife's round through all beds, while one looks on


class Story:
    def __init__(self, director):
        self.director = director
        self.daemon, self.simulator = director.daemon, director.simulator
        self.seen = []       # (step, whether it was seen)
        self.began = None
        self.last_round = 0.0

    # --- helpers ---

    def say(self, text, kind="story"):
        self.director.terminal.say(text, kind)

    def pause(self, seconds):
        end = time.monotonic() + seconds / self.director.options.speed
        while time.monotonic() < end:
            yield

    def until(self, step, condition, limit, told=None):
        """Waits for `condition`, which gives a truthy value; `limit` seconds are generous on purpose."""
        deadline = time.monotonic() + limit
        while True:
            result = condition()
            if result:
                break
            if time.monotonic() > deadline:
                self.seen.append((step, False))
                self.say("NOT SEEN within %d s: %s" % (limit, step), "fault")
                return None
            yield
        self.seen.append((step, True))
        if told:
            self.say(told(result) if callable(told) else told, "good")
        return result

    def check(self, step, holds):
        self.seen.append((step, bool(holds)))
        if not holds:
            self.say("NOT TRUE: " + step, "fault")

    def alarms(self, bed, kind="physiological"):
        return [a for a in self.daemon.get("alarms")["alarms"] if a["bed"] == bed and a["kind"] == kind]

    def call(self, bed, kind="physiological"):
        for call in self.daemon.get("calls")["calls"]:
            if call["bed"] == bed and call["kind"] == kind:
                return call
        return None

    def pages(self, bed, since=0, kind="physiological", **wanted):
        return [p for p in self.director.pages[since:] if p["bed"] == bed and p["kind"] == kind
                and all(p.get(k) == v for k, v in wanted.items())]

    def truth(self, bed):
        return self.simulator.truth()[bed]["truth"]

    def fresh(self, bed, signal):
        for known in self.daemon.get("beds/" + bed)["bed"]["signals"]:
            if known["signal"] == signal:
                return known["value"]
        return None

    def chart(self, bed, reflexes=True):
        """One midwife's set for one bed, as true as the simulated body is."""
        truth = self.truth(bed)
        if reflexes:
            if bed == EPIDURAL:
                self.daemon.enter(bed, "reflex", site="arm", value=truth["reflex_arm"])
            self.daemon.enter(bed, "reflex", site="knee", value=truth["reflex_knee"])
        words = ["alert", "voice", "pain", "unresponsive"]
        self.daemon.enter(bed, "avpu", value=words[truth["avpu"]])

    # --- the steps ---

    def admit(self):
        hour_ago = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 4 * 3600))
        for bed in BEDS:
            facts = {"weight": {"value": 70, "unit": "kg"}, "epidural": bed == EPIDURAL}
            self.daemon.post("watch/start", bed=bed, person="midwife", facts=facts, calcium_at_bed=True,
                             hammer_at_bed=True, oxygen_at_bed=True)
            self.daemon.enter(bed, "screening", others="no")
            if bed != TOXIC:
                self.daemon.enter(bed, "infusion", value=1, unit="g/h")
            self.chart(bed)
            self.daemon.enter(bed, "urine", value=240, unit="mL", since=hour_ago)
            yield
        self.last_round = time.monotonic()
        self.say("The midwife starts the watch of six beds and charts reflexes, consciousness and urine of each.",
                 "staff")
        self.say("Beds 1 to 4 and a pump speak Modbus TCP, beds 5 and 6 HL7 through a gateway. "
                 "Magnesium runs at 1 g/h everywhere.")

    def quiet(self):
        def all_fresh():
            beds = self.daemon.get("beds")["beds"]
            # Single dropouts are normal: each bed has been heard if its heart rate is fresh.
            return all(b["watched"] and any(s["signal"] == "hr" and s["value"] is not None for s in b["signals"])
                       for b in beds)
        yield from self.until("six watched beds with fresh values", all_fresh, 30)
        yield from self.pause(QUIET_S)
        highs = [a for a in self.daemon.get("alarms")["alarms"] if a["priority"] == "high"]
        self.check("six quiet beds: no high alarm", not highs)
        # The machine may page for itself, for a slow disk say.
        paged = [p for p in self.director.pages if p["bed"]]
        self.check("six quiet beds: no page", not paged)
        if not highs and not paged:
            self.say("Six quiet beds: fresh data, no alarm, no page.", "good")

    def overdose(self):
        self.say("Bed 3: the load is in, and the load bag is left on. Nobody turns the pump down.", "story")
        self.say(self.simulator("flow %s 300" % TOXIC)["text"], "fault")
        began = time.monotonic()
        pages = yield from self.until("the dose rule pages", lambda: self.pages(TOXIC), 30)
        if not pages:
            return
        truth = self.truth(TOXIC)
        self.check("the dose rule pages before any sign", truth["reflex_knee"] == 2 and truth["rr"] > 14)
        self.say("Paged %.1f s after the pump was turned up, before any sign: her reflexes are still %d+, she breathes "
                 "%.0f/min." % (pages[0]["came_s"] - began, truth["reflex_knee"], truth["rr"]), "good")

    def reflexes_go(self):
        self.simulator("speed %d" % BODY_SPEED)
        self.say("Nobody comes. Her body's clock now runs %d times as fast; the daemon keeps real time." %
                 (BODY_SPEED * self.director.options.speed))
        for grade, limit in ((1, 120), (0, 120)):
            held = yield from self.until("her reflex is %d+" % grade,
                                         lambda: self.simulator.truth()[TOXIC]["holding"], limit)
            if not held:
                return
            since = len(self.director.pages)
            self.say("The midwife tests her knee reflex and charts %s." % ("1+" if grade else "0, absent"), "staff")
            self.daemon.enter(TOXIC, "reflex", site="knee", value=grade)
            if grade == 1:
                yield from self.until("the weaker reflex is an alarm",
                                      lambda: [a for a in self.alarms(TOXIC) if "reflex" in a["rule"]], 20,
                                      lambda found: "magwatch: %s." % found[0]["title"])
            else:
                yield from self.until("the lost reflex pages again",
                                      lambda: [p for p in self.pages(TOXIC, since) if "reflex" in p["text"].lower()],
                                      30, "The lost reflex breaks through at once: a new page.")
            yield from self.pause(2)
            self.simulator("go " + TOXIC)
        yield from self.devices_fail()

    def breathing_slows(self):
        yield from self.until("she breathes 9 times a minute or less",
                              lambda: self.simulator.truth()[TOXIC]["holding"], 120)
        since = len(self.director.pages)
        self.say("Her breathing slows.")

        def grade_two():
            return [p for p in self.pages(TOXIC) if p["grade"] == 2 and "calcium gluconate" in p["text"]]
        pages = yield from self.until("grade 2 pages, with calcium gluconate", grade_two, 90)
        if pages:
            together = sorted({p["to"] for p in self.pages(TOXIC, since)} | {p["to"] for p in pages})
            self.say("Grade 2: STOP magnesium, calcium gluconate. Paged: %s." % ", ".join(together), "good")

    def coming(self):
        call = self.call(TOXIC)
        if not call:
            self.check("a call is open for bed 3", False)
            return
        yield from self.pause(2)
        self.say("The obstetrician answers her page: coming.", "staff")
        self.daemon.post("calls/%s/answer" % call["id"], person="obstetrician", answer="coming")
        yield from self.until("the answer changes the call to accepted",
                              lambda: (self.call(TOXIC) or {}).get("state") == "accepted", 10)
        call = self.call(TOXIC) or {}
        self.check("the ward sounds on after \"coming\"", call.get("sounding"))
        if call.get("sounding"):
            self.say("Accepted is not attended: no more pages to this rung, and the ward itself sounds on.", "good")

    def acknowledge(self):
        """Acknowledging clears nothing."""
        # High ones latch: no noise in her breathing ends one meanwhile.
        before = {a["id"] for a in self.alarms(TOXIC) if a["priority"] == "high"}
        for alarm in self.alarms(TOXIC):
            try:
                self.daemon.post("alarms/%s/acknowledge" % alarm["id"], person="midwife")
            except Refused:
                # It may have ended between the look and the tap; then there is nothing to acknowledge.
                if alarm["id"] in {a["id"] for a in self.alarms(TOXIC)}:
                    raise
                before.discard(alarm["id"])
        yield from self.until("the alarms are acknowledged",
                              lambda: all(a["acknowledged"] for a in self.alarms(TOXIC)), 10)
        still = {a["id"] for a in self.alarms(TOXIC)}
        self.check("acknowledging clears nothing", before and before <= still)
        self.say("The midwife acknowledges on her way: %d alarms stay open, because nothing is cured by a tap." %
                 len(still), "staff")

    def here(self):
        yield from self.pause(4)
        call = self.call(TOXIC)
        if not call:
            self.check("the call is still open", False)
            return
        self.say("At the bed: \"I am here\".", "staff")
        self.daemon.post("calls/%s/answer" % call["id"], person="obstetrician", answer="here")
        yield from self.until("the call is attended and the ward is silent",
                              lambda: (self.call(TOXIC) or {"state": ""})["state"] == "attended"
                              and not self.call(TOXIC)["sounding"], 10,
                              "Attended: the ward's signal stops, the alarms stay until the cause is gone.")

    def treat(self):
        yield from self.pause(2)
        self.say(self.simulator("stop-pump " + TOXIC)["text"] + "; " + "calcium gluconate goes in slowly", "staff")
        self.daemon.enter(TOXIC, "stop", person="obstetrician")
        self.simulator("calcium %s 1" % TOXIC)
        self.simulator("go " + TOXIC)
        yield from self.until("magwatch sees the pump at 0",
                              lambda: self.daemon.get("beds/" + TOXIC)["bed"]["infusion"]["running"] is False, 20,
                              "magwatch sees the pump at 0 g/h.")

    def devices_fail(self):
        """One cable out, one monitor frozen: each becomes a technical alarm, and no gap stays silent."""
        # Already here: magwatch takes a minute to be sure that a monitor stands still.
        self.say("Meanwhile: " + self.simulator("unplug " + CABLE)["text"], "fault")
        self.say("Meanwhile: " + self.simulator("freeze " + FROZEN)["text"], "fault")
        yield

    def recovery(self):
        back = yield from self.until("she breathes again as before", lambda: self.truth(TOXIC)["rr"] >= 13, 120)
        if back:
            yield from self.until("magwatch sees her breathing", lambda: (self.fresh(TOXIC, "rr") or 0) >= 12, 20)
            truth = self.truth(TOXIC)
            self.say("Without more magnesium her body clears what is there. Breathing %.0f/min, SpO2 %.0f %%, "
                     "level %.1f mmol/L and falling." % (truth["rr"], truth["spo2"], truth["magnesium"]), "good")

    def devices_told(self):
        for bed, words, rules in ((CABLE, "unplugged", ("technical.silent", "technical.silent_long")),
                                  (FROZEN, "frozen", ("technical.frozen",))):
            yield from self.until("the %s monitor becomes a technical alarm" % words,
                                  lambda: [a for a in self.alarms(bed, "technical") if a["rule"] in rules], 90,
                                  lambda found: "magwatch about %s: %s. %s" % (bed, found[0]["message"],
                                                                              found[0]["prompt"] or ""))
            yield from self.until("the %s monitor is paged" % words, lambda: self.pages(bed, kind="technical"), 90)
        # Magnesium runs there and nobody sees her breathe: that is more than a technical matter.
        yield from self.until("somebody is sent to look at her breathing",
                              lambda: [p for p in self.pages(CABLE) if "BREATHING" in p["text"].upper()], 60,
                              "With magnesium on board a lost breathing signal sends somebody to look.")
        self.say("No silent gap: what magwatch cannot see, it says.", "good")

    def epidural(self):
        knee = self.truth(EPIDURAL)["reflex_knee"]
        quiet = not self.pages(EPIDURAL) and not [a for a in self.alarms(EPIDURAL) if a["priority"] == "high"]
        self.check("the epidural bed stays quiet", knee == 0 and quiet)
        if quiet:
            self.say("Bed 4 was quiet all the while: knee reflex 0 under her epidural, arm reflex 2+. That is no "
                     "toxicity.", "good")
        yield

    def repair(self):
        """Somebody goes, looks, and mends it."""
        for bed in (CABLE, FROZEN):
            for call in [c for c in self.daemon.get("calls")["calls"] if c["bed"] == bed]:
                self.daemon.post("calls/%s/answer" % call["id"], person="midwife", answer="here")
            self.daemon.enter(bed, "rr", value=round(self.truth(bed)["rr"]), unit="/min")
        self.say("The midwife looks at both women and counts their breaths.", "staff")
        self.say(self.simulator("replug " + CABLE)["text"], "staff")
        self.say(self.simulator("thaw " + FROZEN)["text"], "staff")
        yield from self.until("both monitors are heard again",
                              lambda: all(self.fresh(bed, "hr") is not None for bed in (CABLE, FROZEN)), 60)
        self.simulator("speed 1")

    # --- whole plays ---

    def play(self):
        self.began = time.monotonic()
        for step in (self.admit, self.quiet, self.overdose, self.reflexes_go, self.breathing_slows, self.coming,
                     self.acknowledge, self.here, self.treat, self.recovery, self.epidural, self.devices_told,
                     self.repair):
            yield from step()

    def calm(self):
        """Six quiet beds: nobody is paged for a body that is well."""
        self.began = time.monotonic()
        yield from self.admit()
        yield from self.quiet()
        yield from self.pause(30)
        self.check("nobody is paged for a well body", not [p for p in self.director.pages
                                                           if p["kind"] == "physiological"])

    def afterwards(self):
        self.say("The ward goes on. %s" % ("Keys: u f k a h, q quits." if self.director.terminal.keyboard
                                           else "Ctrl-C ends it."), "dim")
        while True:
            if time.monotonic() - self.last_round > ROUND_S:
                self.last_round = time.monotonic()
                for bed in BEDS:
                    self.chart(bed)
                    self.daemon.enter(bed, "urine", value=5, unit="mL")
                self.say("The midwife has been round all beds again.", "staff")
            yield

    def summary(self):
        missed = [step for step, seen in self.seen if not seen]
        took = time.monotonic() - self.began
        if missed:
            self.say("%d of %d steps were not seen: %s" % (len(missed), len(self.seen), "; ".join(missed)), "fault")
        else:
            self.say("The story is over after %d s: all %d steps were seen, %d pages." %
                     (took, len(self.seen), len(self.director.pages)), "good")
        return not missed
