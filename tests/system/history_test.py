#!/usr/bin/python3
"""Trends, events and exports of a real magwatchd: what it kept, what happens now, and what an export says of both.

  history_test.py MAGWATCHD MAGWATCH FILL_HISTORY
"""
import copy
import csv
import datetime
import io
import json
import os
import sqlite3
import subprocess
import sys
import urllib.parse

from fhir_rules import mistakes
from ward_process import Ward

HOURS = 30
PATH = "/api/v1/beds/bed-1/"


def utc(hours=0.0):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def trend(ward, **query):
    return ward.json("beds/bed-1/trend?" + urllib.parse.urlencode(query))


def kinds(found):
    return [event["kind"] for event in found["events"]]


def looks_back(ward):
    found = trend(ward, points=2000, to=utc(-0.1))
    assert list(found)[0] == "simulation" and found["simulation"] is True, list(found)
    assert found["resolution_seconds"] == 60, found["resolution_seconds"]
    for name, unit in (("hr", "/min"), ("spo2", "%"), ("art_sys", "mmHg"), ("mg", "mmol/L")):
        signal = found["signals"][name]
        assert signal["unit"] == unit, signal["unit"]
        times = [point[0] for point in signal["points"]]
        assert times == sorted(set(times)) and 0 <= times[0] and times[-1] <= 86400 + 60, times[:3]
        assert len(times) <= 2000 and all(least <= greatest for _, least, greatest in signal["points"])
    assert len(found["signals"]["hr"]["points"]) > 1400
    fine = trend(ward, points=2000, signals="rr", **{"from": utc(-2), "to": utc(-1)})
    assert list(fine["signals"]) == ["rr"] and fine["resolution_seconds"] == 2, fine["resolution_seconds"]
    assert len(fine["signals"]["rr"]["points"]) > 1700
    assert kinds(trend(ward, **{"from": utc(-HOURS - 1)})) == ["watch_start"]


def refuses(ward):
    for query in ("points=2001", "points=1", "points=x", "from=yesterday", "signals=rr,nonsense", "from=2026-01-01T00:00:00Z"
                  "&to=2026-01-01T00:00:00Z", "from=1999-01-01T00:00:00Z", "x=1", "points=5&points=6", "points", "points=%zz",
                  "resolution=full"):
        status, body = ward.get(PATH + "trend?" + query)
        assert status == 400 and json.loads(body)["error"], (query, status, body)
    assert ward.get("/api/v1/beds/bed-9/trend")[0] == 404
    assert ward.get(PATH + "export.csv?resolution=weekly")[0] == 400
    assert ward.get(PATH + "export.fhir.json?interval_minutes=0")[0] == 400
    assert ward.get("/api/v1/beds?points=5")[0] == 400  # others still take none


def happens(ward):
    ward.watch()
    for what in ({"kind": "infusion", "value": 1, "unit": "g/h"},
                 {"kind": "bolus", "value": 4, "unit": "g", "over_seconds": 1200},
                 {"kind": "level", "value": 2.9, "unit": "mmol/L", "drawn_at": utc()},
                 {"kind": "urine", "value": 120, "unit": "mL"}):
        assert ward.chart(**what)[0] == 200, what
        assert ward.chart(**what)[0] == 200, "the same key again is answered"
    assert ward.chart(kind="reflex", site="knee", value=9)[0] == 422
    ward.ring()
    assert ward.chart(kind="stop")[0] == 200
    ward.must("beds/bed-1/protocol/open", {"person": "midwife-1", "key": "open", "branch": "grade2"})
    steps = ward.json("beds/bed-1/protocol")["checklist"]["steps"]
    give = next(step["id"] for step in steps if step["kind"] == "give")
    ward.must("beds/bed-1/protocol/step", {"person": "midwife-1", "key": "give", "step": give, "act": "start"})
    found = trend(ward, **{"from": utc(-0.5)})
    texts = [event["text"] for event in found["events"]]
    for kind, text in (("watch_start", "watch started"), ("infusion", "infusion 1 g/h"),
                       ("bolus", "bolus 4 g over 20 min"), ("entry", "serum magnesium 2.9 mmol/L"),
                       ("entry", "urine 120 mL"), ("stop", "infusion stopped"), ("calcium", "calcium gluconate begun")):
        assert [e["kind"] for e in found["events"] if e["text"] == text] == [kind], (text, texts)
    assert {"alarm", "page", "checklist"} <= set(kinds(found)), texts
    alarm = next(event for event in found["events"] if event["kind"] == "alarm" and event["priority"] == "high")
    assert alarm["ref"], alarm
    assert "midwife" not in json.dumps(found), "people have no place in the history"
    # Charted values stand among the others, in the minute that is not over, too.
    assert found["signals"]["reflex_knee"]["points"][-1][1:] == [0, 0], found["signals"]["reflex_knee"]
    assert found["signals"]["mg"]["points"][-1][1:] == [2.9, 2.9]
    assert [stay["to"] is None for stay in found["stays"]] == [False, True], found["stays"]
    return texts


def csv_rows(text):
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert rows and all(None not in row and len(row) == 12 for row in rows)
    return rows


def exports_csv(ward):
    status, body = ward.get(PATH + "export.csv")  # of the newest stay
    assert status == 200, body
    rows = csv_rows(body.decode())
    assert {row["simulation"] for row in rows} == {"true"} and {row["bed"] for row in rows} == {"bed-1"}
    assert rows == sorted(rows, key=lambda row: row["time"][:16]), "in the order of the minutes"
    values = {row["name"]: row for row in rows if row["record"] == "value"}
    assert values["mg"]["value"] == "2.9" and values["mg"]["unit"] == "mmol/L", values["mg"]
    assert "hr" not in values, "a monitor's value of before her time"
    status, body = ward.get(PATH + "export.csv?" + urllib.parse.urlencode({"from": utc(-25), "to": utc(-1)}))
    rows = csv_rows(body.decode())
    means = [row for row in rows if row["record"] == "mean" and row["name"] == "rr"]
    assert len(means) >= 1439 and {row["unit"] for row in means} == {"/min"}, len(means)
    assert {row["count"] for row in means[1:-1]} == {"60"}, "the first and last minute are not whole"
    assert all(float(row["least"]) <= float(row["value"]) <= float(row["greatest"]) for row in means)
    status, body = ward.get(PATH + "export.csv?" + urllib.parse.urlencode(
        {"from": utc(-2), "to": utc(-1), "resolution": "full", "signals": "rr"}))
    assert len(csv_rows(body.decode())) > 3500
    assert ward.get(PATH + "export.csv?" + urllib.parse.urlencode({"from": utc(-24 * 8)}))[0] == 400


def exports_fhir(ward):
    status, body = ward.get(PATH + "export.fhir.json?" + urllib.parse.urlencode({"from": utc(-26)}))
    assert status == 200, body
    bundle = json.loads(body)  # a parser that is not the one that wrote it
    found = mistakes(bundle)
    assert not found, found[:10]
    resources = [entry["resource"] for entry in bundle["entry"]]
    patients = [one for one in resources if one["resourceType"] == "Patient"]
    assert len(patients) == 2 and all(set(one) == {"resourceType", "id", "meta", "identifier"} for one in patients), patients
    codes = {one["code"]["coding"][0]["code"] for one in resources if one["resourceType"] == "Observation"}
    assert {"8867-4", "9279-1", "59408-5", "85354-9", "2601-3", "reflex-knee", "infusion-rate", "bolus-dose"} <= codes, codes
    assert "midwife" not in body.decode()
    status, again = ward.get(PATH + "export.fhir.json?" + urllib.parse.urlencode({"from": utc(-26)}))
    ids = {entry["fullUrl"] for entry in json.loads(again)["entry"]}
    assert len(ids & {entry["fullUrl"] for entry in bundle["entry"]}) > 0.95 * len(ids), "the same things, the same ids"
    return bundle


def rules_see_mistakes(bundle):
    """The table is no better than what it finds: each of these breaks a rule of FHIR."""
    where = next(i for i, entry in enumerate(bundle["entry"]) if "effectivePeriod" in entry["resource"])
    panel = next(i for i, entry in enumerate(bundle["entry"]) if "effectiveDateTime" in entry["resource"]
                 and "component" in entry["resource"])

    def broken(change):
        made = copy.deepcopy(bundle)
        change(made["entry"][where]["resource"], made)
        return mistakes(made)

    changes = {
        "no status": lambda o, b: o.pop("status"), "a status of ours": lambda o, b: o.update(status="done"),
        "no code": lambda o, b: o.pop("code"), "an element of ours": lambda o, b: o.update(bed="bed-1"),
        "local time": lambda o, b: o["effectivePeriod"].update(start="2026-03-01T02:14:00"),
        "a date only in words": lambda o, b: b.update(timestamp="today"),
        "turned round": lambda o, b: o["effectivePeriod"].update(start="2100-01-01T00:00:00Z"),
        "a unit of ours": lambda o, b: o["valueQuantity"].update(code="bpm"),
        "another unit": lambda o, b: o["valueQuantity"].update(code="mmol/L"),
        "a number as text": lambda o, b: o["valueQuantity"].update(value="14"),
        "two values": lambda o, b: o.update(valueInteger=1),
        "a code that is none": lambda o, b: o["code"]["coding"][0].update(code="8867-5"),
        "a code that nobody defines": lambda o, b: o["code"]["coding"][0].update(system="urn:x"),
        "a patient who is not there": lambda o, b: o["subject"].update(reference="urn:uuid:0"),
        "a name twice": lambda o, b: b["entry"].append(b["entry"][1]),
        "an empty list": lambda o, b: o.update(category=[]),
        "no list": lambda o, b: o.update(category=o["category"][0]),
        "another type": lambda o, b: b.update(type="bundle"),
        "no code system": lambda o, b: b["entry"].pop(0),
        "no pressures": lambda o, b: b["entry"][panel]["resource"].pop("component"),
    }
    for what, change in changes.items():
        assert broken(change), f"the rules do not see: {what}"


def command(magwatch, ward, *words):
    environment = {**os.environ, "MAGWATCH_SOCKET": f"{ward.directory}/magwatchd.sock"}
    return subprocess.run([magwatch, "export", *words], env=environment, capture_output=True, text=True, timeout=60)


def tells_by_command(magwatch, ward):
    done = command(magwatch, ward, "--bed", "bed-1")
    assert done.returncode == 0, done.stderr
    assert [row["value"] for row in csv_rows(done.stdout) if row["name"] == "mg"] == ["2.9"]
    # Longer than one answer holds: in pieces, with one head, and nothing twice.
    done = command(magwatch, ward, "--bed", "bed-1", "--from", utc(-5), "--to", utc(-0.5), "--full", "--signals", "rr")
    rows = csv_rows(done.stdout)
    times = [row["time"] for row in rows]
    assert len(rows) > 16000 and len(set(times)) == len(times) and "time" not in times, len(rows)
    file = ward.directory / "stay.json"
    words = ("--bed", "bed-1", "--from", utc(-26), "--format", "fhir", "--interval", "15min", "--output", file, "--json")
    done = command(magwatch, ward, *words)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["bytes"] == file.stat().st_size and told["format"] == "fhir", told
    assert not mistakes(json.loads(file.read_text()))
    assert command(magwatch, ward, *words).returncode == 1, "a file that is there is not written over"
    assert command(magwatch, ward, "--bed", "bed-9").returncode == 1
    assert command(magwatch, ward, "--bed", "bed-1", "--from", "soon").returncode == 2
    assert command(magwatch, ward, "--bed", "bed-1", "--json").returncode == 2


def what_was_answered_is_in_the_next_trend(ward):
    before = kinds(trend(ward, **{"from": utc(-0.5)})).count("entry")
    for number in range(1, 31):
        assert ward.chart(kind="sedation", drug="morphine", key=f"sedation-{number}")[0] == 200
        found = kinds(trend(ward, **{"from": utc(-0.5)})).count("entry")
        assert found == before + number, (found, before, number, ward.json("status")["faults"])


def stands_without_history(ward):
    """A history of a newer magwatch is not touched, and its loss is its own alone."""
    path = ward.directory / "state/history.db"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version=99")
    database.close()
    before = path.read_bytes()
    ward.start()
    ward.ready()
    status, body = ward.get(PATH + "trend")
    assert status == 503 and "no trends" in json.loads(body)["error"], (status, body)
    assert ward.json("beds/bed-1")["bed"]["watched"] and ward.chart(kind="avpu", value="alert")[0] == 200
    assert path.read_bytes() == before


def main(magwatchd, magwatch, fill):
    with Ward(magwatchd) as ward:
        (ward.directory / "state").mkdir(mode=0o700)
        subprocess.run([fill, ward.directory / "state", "bed-1", str(HOURS)], check=True)
        ward.start()
        ward.ready()
        looks_back(ward)
        refuses(ward)
        texts = happens(ward)
        exports_csv(ward)
        rules_see_mistakes(exports_fhir(ward))
        tells_by_command(magwatch, ward)
        ward.process.terminate()
        assert ward.process.wait(60) == 0, ward.daemon_log()
        ward.start()
        ward.ready()
        kept = [event["text"] for event in trend(ward, **{"from": utc(-0.5)})["events"]]
        assert kept[:len(texts)] == texts, (kept, texts)
        what_was_answered_is_in_the_next_trend(ward)
        ward.process.terminate()
        ward.process.wait(60)
        stands_without_history(ward)
    print("history_test: passed")


if __name__ == "__main__":
    main(*sys.argv[1:])
