#!/usr/bin/python3
"""The calcium gluconate checklist through the daemon and the command line, over a kill; and which file a ward takes.

  protocol_test.py MAGWATCHD MAGWATCH
"""
import datetime
import json
import re
import signal
import subprocess
import sys

from ward_process import on_one_watched_bed, wait_for

MAGWATCH = sys.argv[2]


def run(ward, *arguments, code=0):
    command = [MAGWATCH, "protocol", *arguments, "--socket", str(ward.directory / "magwatchd.sock")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return done


def shown(ward):
    return json.loads(run(ward, "show", "bed-1", "--json").stdout)


def step(ward, wanted):
    return next(one for one in shown(ward)["checklist"]["steps"] if one["id"] == wanted)


def leaves(value):
    """What stands in it, in its order, without times: the wall clock of another start differs by a millisecond."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [leaf for one in value for leaf in leaves(one)]
    return [] if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value) else [value]


def due(checklist):
    calcium = next(one for one in checklist["steps"] if one["id"] == "calcium")
    return datetime.datetime.strptime(calcium["timer"]["due"], "%Y-%m-%dT%H:%M:%S.%fZ")


def a_crisis(ward):
    who = ["--person", "midwife-1"]
    assert shown(ward)["checklist"] is None and shown(ward)["example"] is True
    assert ward.json("status")["protocol_example"] is True
    ward.ring()
    assert shown(ward)["checklist"]["branch"] == "grade1"
    run(ward, "open", "bed-1", "--grade", "2", "--reason", "breathing shallow", *who)
    run(ward, "done", "bed-1", "stop", *who)
    assert ward.json("beds/bed-1")["bed"]["after_stop"] is not None
    assert "another person" in run(ward, "start", "bed-1", "calcium", "--second", "midwife-1", *who, code=1).stderr
    run(ward, "start", "bed-1", "calcium", "--key", "dose-1", *who)
    assert step(ward, "calcium")["give"]["second_check_missing"] is True
    run(ward, "second", "bed-1", "calcium", "--person", "charge-1")
    run(ward, "not-done", "bed-1", "tilt", *who, code=2)  # a reason is needed
    run(ward, "not-done", "bed-1", "tilt", "--reason", "already born", *who)
    before = shown(ward)["checklist"]

    ward.kill()
    ward.start()
    ward.ready()
    after = shown(ward)["checklist"]
    assert leaves(after) == leaves(before), "nothing of it is lost by a kill"
    assert abs(due(after) - due(before)) < datetime.timedelta(seconds=1), "and no timer begins anew"
    run(ward, "start", "bed-1", "calcium", "--key", "dose-1", *who)  # not confirmed, and sent again
    assert step(ward, "calcium")["give"]["started"] == 1

    text = run(ward, "show", "bed-1").stdout
    for words in ("EXAMPLE", "STOP the magnesium infusion", "calcium gluconate 10 % 10 mL (1 g) over 10 min",
                  "already born", "The team decides", "LINE:"):
        assert words in text, (words, text)
    run(ward, "done", "bed-1", "decision", "--text", "ends here", "--person", "doctor-1")
    assert ward.json("beds/bed-1")["bed"]["after_stop"]["decided"] is True
    status, answer = ward.post("watch/end", {"bed": "bed-1", "person": "midwife-1", "reason": "home",
                                             "second_person": "doctor-1"})
    assert status == 409, answer
    run(ward, "close", "bed-1", "--reason", "recovered", *who, code=2)
    run(ward, "close", "bed-1", "--reason", "recovered", "--doctor", "Dr 1", *who)
    assert shown(ward)["checklist"]["closed"]["doctor"] == "Dr 1"
    assert "no checklist is open" in run(ward, "done", "bed-1", "call", *who, code=1).stderr


def which_file_a_ward_takes(ward):
    """config check says what start and reload say: it is their parser."""
    config = ward.directory / "magwatch.toml"
    site = ward.directory / "example.protocol.toml"
    demo, example = config.read_text(), site.read_text()

    def errors(text):
        config.write_text(text)
        done = subprocess.run([MAGWATCH, "config", "check", str(config), "--json"], capture_output=True, text=True,
                              timeout=60, check=False)
        return [one["message"] for one in json.loads(done.stdout)["errors"]]

    assert not errors(demo)
    on_ward = demo.replace('mode = "demo"', 'mode = "ward"')
    assert any("example protocol runs in mode" in one for one in errors(on_ward)), errors(on_ward)
    none = on_ward.replace('[protocol]\nfile = "example.protocol.toml"\n', "")
    assert any("no [protocol]" in one for one in errors(none)), errors(none)
    site.write_text(example.replace("\nexample = true\n", '\napprover = "Dr A. Lead"\napproved = "2026-05-01"\n'))
    assert not any("protocol" in one for one in errors(on_ward)), errors(on_ward)
    site.write_text(example + "\nverson = 2\n")
    assert any("verson" in one for one in errors(demo)), "a mistake is one in every mode"

    # A reload with it is refused, and what ran runs on.
    ward.process.send_signal(signal.SIGHUP)
    wait_for("the reload", lambda: ward.json("status")["config_last_reload_successful"] is False, 60)
    status = ward.json("status")
    assert status["config_last_reload_successful"] is False and "MG-EXAMPLE" in status["protocol"], status
    site.write_text(example)
    config.write_text(demo)


if __name__ == "__main__":
    on_one_watched_bed(sys.argv[1], a_crisis, which_file_a_ward_takes)
