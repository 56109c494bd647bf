#!/usr/bin/python3
"""What was charted and struck through, through the daemon and the command line, over kills: the chart, the values, the
exports; and what staff say besides values.

  chart_test.py MAGWATCHD MAGWATCH
"""
import json
import subprocess
import sys

from ward_process import on_one_watched_bed, wait_for

MAGWATCH = sys.argv[2]
WHO = ["--person", "midwife-1"]


def run(ward, *arguments, code=0):
    command = [MAGWATCH, *arguments, "--socket", str(ward.directory / "magwatchd.sock")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return done


def chart(ward):
    return json.loads(run(ward, "chart", "bed-1", "--json").stdout)["entries"]


def newest(ward, kind):
    return next(one for one in chart(ward) if one["kind"] == kind)


def bed(ward):
    return ward.json("beds/bed-1")["bed"]


def value(ward, name):
    return next((one["value"] for one in bed(ward)["signals"] if one["signal"] == name), None)


def again(ward):
    """Killed, and started on what the disk has."""
    ward.kill()
    ward.start()
    ward.ready()


def corrections(ward):
    run(ward, "enter", "infusion", "bed-1", "--g-per-h", "1", *WHO)
    run(ward, "enter", "reflex", "bed-1", "--site", "knee", "--grade", "0", *WHO)
    wrong = newest(ward, "reflex")
    assert wrong["text"] == "knee reflex 0" and wrong["by"] == "midwife-1" and wrong["struck"] is None, wrong
    alarm = next(one for one in bed(ward)["alarms"] if one["kind"] == "physiological")
    count = bed(ward)["chart_count"]
    run(ward, "enter", "reflex", "bed-1", "--site", "knee", "--grade", "2", "--corrects", wrong["id"], *WHO, code=2)
    run(ward, "enter", "reflex", "bed-1", "--site", "knee", "--grade", "2", "--corrects", wrong["id"], "--reason",
        "typed wrong", "--person", "charge-1")
    assert bed(ward)["chart_count"] > count
    right, struck = newest(ward, "reflex"), next(one for one in chart(ward) if one["id"] == wrong["id"])
    assert right["corrects"] == wrong["id"] and right["at"] == wrong["at"], right
    assert struck["struck"]["by"] == "charge-1" and struck["struck"]["reason"] == "typed wrong", struck
    assert struck["struck"]["instead"] == right["id"], struck
    assert value(ward, "reflex") == 2
    assert alarm["id"] in [one["id"] for one in bed(ward)["alarms"]], "a correction ends no alarm"

    run(ward, "enter", "stop", "bed-1", *WHO)
    stop = newest(ward, "stop")
    before = chart(ward)
    again(ward)
    assert chart(ward) == before, "a kill takes nothing from the chart"
    assert value(ward, "reflex") == 2 and bed(ward)["infusion"]["running"] is False
    run(ward, "enter", "strike", "bed-1", stop["id"], "--reason", "it ran on", *WHO)
    assert bed(ward)["infusion"]["running"] is True, "struck after the kill, it is undone as before it"
    again(ward)
    assert next(one for one in chart(ward) if one["id"] == stop["id"])["struck"]["instead"] is None
    assert bed(ward)["infusion"]["running"] is True
    refused = run(ward, "enter", "strike", "bed-1", stop["id"], "--reason", "once more", *WHO, code=1)
    assert "already corrected" in refused.stderr, refused.stderr
    assert "typed wrong" in run(ward, "chart", "bed-1").stdout


def exports(ward):
    run(ward, "enter", "rr", "bed-1", "--per-min", "40", *WHO)
    run(ward, "enter", "strike", "bed-1", newest(ward, "rr")["id"], "--reason", "other bed", *WHO)

    def rows():
        return ward.get("/api/v1/beds/bed-1/export.csv")[1].decode().splitlines()

    wait_for("the correction in the history", lambda: any(",event,correction," in row for row in rows()), 60)
    assert any(",struck,rr_counted,40," in row for row in rows()), rows()
    assert not any(",value,rr_counted,40," in row for row in rows()), rows()
    trend = ward.json("beds/bed-1/trend")
    assert not trend["signals"].get("rr_counted", {}).get("points"), trend["signals"]
    bundle = json.loads(ward.get("/api/v1/beds/bed-1/export.fhir.json")[1])
    wrong = [one["resource"] for one in bundle["entry"] if one["resource"].get("status") == "entered-in-error"]
    assert [one["valueQuantity"]["value"] for one in wrong] == [40], wrong


def staff(ward):
    run(ward, "enter", "concerned", "bed-1", "--note", "grey and quiet", *WHO)
    assert bed(ward)["concerned"]["note"] == "grey and quiet"
    alarm = next(one for one in bed(ward)["alarms"] if one["rule"] == "staff.concerned")
    run(ward, "calls", "again", alarm["call"], *WHO)
    wait_for("the page", lambda: any(one["reason"] == "again" for one in ward.json("pages")["pages"]), 60)
    assert "wait" in run(ward, "calls", "again", alarm["call"], *WHO, code=1).stderr
    run(ward, "calls", "phoned", alarm["call"], "--to", "anaesthetist", "--said", "coming", *WHO)
    run(ward, "here", "bed-1", "--station", "desk")

    def call():
        return next(one for one in ward.json("calls")["calls"] if one["id"] == alarm["call"])

    assert call()["state"] == "accepted" and call()["person"] == "anaesthetist", call()
    assert [one["person"] for one in call()["told"] if one["by_phone"]] == ["anaesthetist"], call()
    assert bed(ward)["somebody_here"]["station"] == "desk"
    again(ward)
    assert bed(ward)["somebody_here"]["station"] == "desk" and bed(ward)["concerned"]["by"] == "midwife-1"
    status, answer = ward.post("here", {"bed": "bed-1"}, tcp=True)
    assert status == 200 and answer["accepted"] is True, (status, answer)
    run(ward, "enter", "not-concerned", "bed-1", "--note", "RR 16, talks", *WHO)
    assert bed(ward)["concerned"] is None


if __name__ == "__main__":
    on_one_watched_bed(sys.argv[1], corrections, exports, staff)
