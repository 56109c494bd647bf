#!/usr/bin/python3
"""Recordings as live devices: the real daemon reaches the alarms that a replay of the file reaches.

  serve_test.py MAGWATCHD MAGWATCH
"""
import csv
import datetime
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

import hl7

from ward_process import ROOT, Ward, free_port, free_ports, wait_for

MAGWATCH = sys.argv.pop(2)
BINARY = sys.argv.pop(1)
RECORDING = ROOT / "tests/data/numerics/bidmc_05_1hz.csv"
# rr falls to 9 and 3 from 162 s to 188 s, hr reaches 100 from 235 s and from 266 s to 281 s, rr 13 from 278 s to 302 s.
PARTS = [(155, 190), (233, 245), (262, 303)]
LEAD_S = 120  # of the first row, for the daemon to come up in
SPEED = 3    # so that each lasts for several polls

# Without delays: what rings must not hang on how fast the recording runs.
PACK = '''name = "serve"
title = "Rules without delay"
version = "1"
example = true
''' + "".join(f'''[[rule]]
id = "{name}"
title = "{name}"
message = "{name}"
prompt = "Examine."
source = "test"
priority = "high"
grade = 2
latching = true
when = "{when}"
''' for name, when in [("hr-high", "hr >= 100 /min"), ("rr-high", "rr >= 13 /min"), ("rr-slow", "rr < 9.5 /min")])


def first_raises(lines, bed):
    """The rules of a bed's vital signs in the order in which they first rang."""
    rules = []
    for line in lines.splitlines():
        entry = json.loads(line)
        if entry.get("event") == "raised" and entry["kind"] == "physiological" and entry["bed"] == bed:
            if entry["rule"] not in rules:
                rules.append(entry["rule"])
    return rules


class Serving:
    """magwatch replay --serve as a process; its lines as they come."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([MAGWATCH, "replay", "--serve", "--json", *map(str, arguments)],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def ready(self):
        wait_for("served", lambda: self.event("progress") or self.process.poll() is not None, 30)
        assert self.event("progress"), self.process.stderr.read()

    def event(self, name):
        return next((line for line in self.lines if line["event"] == name), None)

    def wait(self):
        status = self.process.wait(120)
        self.reader.join()
        errors = self.process.stderr.read()
        self.process.stderr.close()
        self.process.stdout.close()
        return status, errors

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.wait()


def config_only(*arguments):
    return subprocess.run([MAGWATCH, "replay", "--serve", "--config-only", *map(str, arguments)], check=True,
                          stdout=subprocess.PIPE, text=True).stdout


class Watched(unittest.TestCase):
    def cut(self, folder):
        """These parts of the recording, one after the other in a file of its own."""
        with open(RECORDING, newline="") as file:
            head, *rows = list(csv.reader(file))
        rows = [row for row in rows if any(first <= float(row[0]) < last for first, last in PARTS)]
        part = folder / "part.csv"
        with open(part, "w", newline="") as file:
            out = csv.writer(file)
            out.writerow(head)
            for second, row in enumerate([rows[0]] * LEAD_S + rows):
                out.writerow([second, *row[1:]])
        return part

    def test_the_daemon_reaches_the_alarms_of_a_replay_over_both_protocols(self):
        ward = Ward(BINARY, beds=2)
        self.addCleanup(ward.close)
        part, pack = self.cut(ward.directory), ward.directory / "serve.toml"
        pack.write_text(PACK)
        modbus = ("bed-1=" + str(part), "--modbus-port", free_port())
        hl7 = ("bed-2=" + str(part), "--modbus-port", 0, "--mllp", f"127.0.0.1:{free_port()}")
        path = ward.directory / "magwatch.toml"
        told = re.sub(r"(?ms)^\[\[bed\]\].*?(?=^\[)", "", config_only(*modbus) + config_only(*hl7))
        self.assertIn("SIMULATION", told)
        path.write_text(path.read_text().replace('"example.toml"', '"serve.toml"') + told)
        # The device is there before the daemon, as on a ward; a gateway comes to the daemon.
        served = [Serving("--speed", SPEED, *modbus)]
        served[0].ready()
        ward.start()
        ward.ready()
        ward.watch(1)
        ward.watch(2)
        self.assertLess(served[0].lines[-1]["position_s"], LEAD_S, "this machine is too slow for the lead")
        served.append(Serving("--speed", SPEED, *hl7))
        for one in served:
            status, errors = one.wait()
            self.assertEqual(status, 0, errors)
            self.assertEqual(one.event("end")["why"], "the recording is over")
            self.assertTrue(all(line["simulation"] for line in one.lines))
            self.assertLess(one.event("progress")["position_s"], one.lines[-2]["position_s"])
        ward.process.send_signal(signal.SIGTERM)
        self.assertEqual(ward.process.wait(60), 0, ward.daemon_log())
        live = subprocess.run([MAGWATCH, "replay", "--json", str(ward.directory / "state")], stdout=subprocess.PIPE, text=True)
        offline = subprocess.run([MAGWATCH, "replay", "--json", "--pack", str(pack), str(part)], check=True,
                                 stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL)
        expected = first_raises(offline.stdout, "bed-1")
        self.assertEqual(expected, ["rr-slow", "hr-high", "rr-high"])
        self.assertEqual(first_raises(live.stdout, "bed-1"), expected, "over Modbus")
        self.assertEqual(first_raises(live.stdout, "bed-2"), expected, "over HL7")
        self.play_the_journal_again(ward.directory / "state")

    def play_the_journal_again(self, state):
        """What that daemon recorded is a recording, too."""
        port = free_port()
        served = Serving("--speed", 1000, "--bed", "bed-1", "--modbus-port", port, state)
        status, errors = served.wait()
        self.assertEqual(status, 0, errors)
        toml = served.event("config")["toml"]
        self.assertIn('bed = "bed-1"', toml)
        self.assertNotIn("bed-2", toml)


class Wire(unittest.TestCase):
    def read_registers(self, port, count):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
            link.sendall(bytes([0, 1, 0, 0, 0, 6, 1, 4, 0, 0, 0, count]))
            reply = link.recv(300)
        self.assertEqual(reply[7], 4, reply)
        return [int.from_bytes(reply[9 + 2 * i:11 + 2 * i], "big") for i in range(count)]

    def test_what_is_missing_shows_as_no_reading_and_sigint_ends_in_peace(self):
        port = free_port()
        # 139 s to 144 s of this recording have no SpO2 and no pulse; so slow that they last.
        served = Serving("--start", "141s", "--speed", "0.01", "--modbus-port", port, RECORDING)
        served.ready()
        hr, rr, spo2, sbp, dbp, mean, temp, pulse = self.read_registers(port, 8)
        with open(RECORDING, newline="") as file:
            shown = next(row for row in csv.DictReader(file) if float(row["time_s"]) == 141)
        self.assertEqual((hr, rr), (10 * int(shown["hr_bpm"]), 10 * int(shown["rr_bpm"])))
        self.assertEqual({spo2, sbp, dbp, mean, temp, pulse}, {0x7FFF})
        status, errors = served.stop()
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(served.lines[-1]["why"], "stopped")

    def test_plain_lines_in_a_pipe_and_sections_apart_from_them(self):
        done = subprocess.run([MAGWATCH, "replay", "--serve", "--speed", "1000", "--modbus-port", str(free_port()), RECORDING],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("[[modbus]]", done.stdout)
        self.assertNotIn("[[modbus]]", done.stderr)
        self.assertNotIn("\r", done.stderr)
        self.assertIn("SIMULATION  00:00:00 of 00:08:01, 00:08:01 left, speed 1000", done.stderr)
        self.assertIn("SIMULATION  the recording is over", done.stderr)

    def test_a_scenario_is_played_by_the_simulator(self):
        port = free_ports(8)  # its beds and a pump
        served = Serving("--modbus-port", port, ROOT / "tools/demo.d/scenario.toml")
        served.ready()
        toml = served.event("config")["toml"]
        self.assertIn('kind = "pump"', toml)
        self.assertIn("sim-monitor.toml", toml)
        self.assertGreater(self.read_registers(port, 1)[0], 40)
        self.assertEqual(served.stop()[0], 0)

    def test_what_cannot_be_played_is_refused_in_words(self):
        def refused(status, words, *arguments):
            done = subprocess.run([MAGWATCH, "replay", "--serve", *map(str, arguments)], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertIn(words, done.stderr)
        refused(2, "HOST:PORT", "--mllp", "here", RECORDING)
        refused(2, "behind the end", "--start", "1h", RECORDING)
        refused(1, "a second bed-1", "bed-1=" + str(RECORDING), "bed-1=" + str(RECORDING))
        refused(1, "nothing was recorded of 'bed-9'", "--bed", "bed-9", RECORDING)
        refused(1, "cannot be read", "no-such.csv")
        refused(2, "nothing to serve", "--modbus-port", 0, RECORDING)
        refused(2, "belong to the daemon", "--pack", "x.toml", RECORDING)
        messages = ROOT / "tests/data/hl7/realm_minimal.hl7"
        refused(2, "give --mllp HOST:PORT", messages)
        to = ("--mllp", "127.0.0.1:2575")
        refused(2, "apart from other recordings", *to, messages, RECORDING)
        refused(2, "leave out --bed and --map", *to, "--bed", "bed-1", messages)
        refused(2, "behind the end", *to, "--start", "1h", messages)
        with tempfile.NamedTemporaryFile(suffix=".hl7") as empty:
            refused(1, "holds no HL7 message", *to, empty.name)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            refused(1, "cannot listen", "--modbus-port", taken.getsockname()[1], RECORDING)


class Listener:
    """Takes messages over MLLP, read and answered by python3-hl7; `codes` are the answers, the last one for the rest."""

    def __init__(self, *codes):
        self.codes, self.bytes, self.taken, self.link = list(codes), [], [], None
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                self.link = self.server.accept()[0]
                with self.link:
                    self.serve(self.link)
            except OSError:
                return  # closed

    def serve(self, link):
        waiting = b""
        while chunk := link.recv(65536):
            waiting += chunk
            while b"\x1c\r" in waiting:
                frame, waiting = waiting.split(b"\x1c\r", 1)
                text = frame.removeprefix(b"\x0b").decode()
                message = hl7.parse(text)
                self.bytes.append(frame + b"\x1c\r")
                self.taken.append((datetime.datetime.now(datetime.timezone.utc), message))
                code = self.codes.pop(0) if len(self.codes) > 1 else self.codes[0]
                link.sendall(b"\x0b" + str(message.create_ack(code)).encode() + b"\x1c\r")

    def close(self):
        self.server.shutdown(socket.SHUT_RDWR)
        if self.link and self.link.fileno() >= 0:
            self.link.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join()


def hl7_time(text):
    return datetime.datetime.strptime(str(text), "%Y%m%d%H%M%S.%f%z")


class Messages(unittest.TestCase):
    """Recorded HL7 messages, sent again."""

    def listener(self, *codes):
        one = Listener(*codes)
        self.addCleanup(one.close)
        return one

    def play(self, port, *arguments):
        served = Serving("--mllp", f"127.0.0.1:{port}", *arguments)
        self.addCleanup(served.process.kill)
        status, errors = served.wait()
        return status, errors, served

    def test_a_peer_gets_every_message_as_one_of_now(self):
        peer = self.listener("AA")
        files = [ROOT / "tests/data/hl7" / name for name in ("simhospital_vitals.hl7", "nist_pcd01_monitor.hl7", "realm_batch.hl7")]
        status, errors, served = self.play(peer.port, "--speed", 100, *files)
        self.assertEqual((status, served.event("end")["why"]), (0, "the recording is over"), errors)
        self.assertEqual([served.lines[-1][key] for key in ("accepted", "refused", "not_answered")], [len(peer.taken), 0, 0])
        self.assertEqual(len(peer.taken), sum(file.read_bytes().count(b"MSH|") for file in files))
        ids = [str(message["MSH.F10"]) for _, message in peer.taken]
        self.assertEqual(len(set(ids)), len(ids))
        self.assertTrue(all(one.startswith("REPLAY") for one in ids), ids)
        for at, message in peer.taken:
            self.assertEqual(str(message["MSH.F11"]), "T")
            self.assertLess(abs((at - hl7_time(message["MSH.F7"])).total_seconds()), 60)
            self.assertNotIn("Rahman", str(message))  # who it was
        vitals = next(message for _, message in peer.taken if str(message["MSH.F3"]) == "SIMHOSP")
        # Taken in the minute in which it was sent, then as now.
        self.assertEqual(hl7_time(vitals["OBX.F14"]), hl7_time(vitals["MSH.F7"]))
        self.assertEqual(hl7_time(vitals["OBR.F7"]), hl7_time(vitals["MSH.F7"]))

    def test_what_a_peer_refuses_is_told_and_fails(self):
        peer = self.listener("AA", "AR")
        file = ROOT / "tests/data/hl7/simhospital_vitals.hl7"
        status, _, served = self.play(peer.port, "--speed", 1000, file)
        self.assertEqual(status, 1)
        self.assertEqual([served.lines[-1][key] for key in ("accepted", "refused", "not_answered")], [1, 19, 0])
        done = subprocess.run([MAGWATCH, "replay", "--serve", "--speed", "1000", "--mllp", f"127.0.0.1:{peer.port}", file],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("the recording is over: messages: 0 accepted, 20 refused (20 AR)", done.stderr)
        self.assertIn('application = "SIMHOSP"', done.stdout)

    def test_the_daemon_takes_them_and_judges_them_as_of_now(self):
        # What a monitor sent half an hour ago, recorded on its way.
        gateway = self.listener("AA")
        ward = Ward(BINARY)
        self.addCleanup(ward.close)
        short = ward.directory / "short.csv"
        short.write_text("time_s,hr_bpm,rr_bpm,spo2_pct\n" + "".join(f"{s},104,{14 if s < 4 else 7},96\n" for s in range(8)))
        status, errors, _ = self.play(gateway.port, "--modbus-port", 0, short)
        self.assertEqual(status, 0, errors)
        recording = ward.directory / "gateway.hl7"
        recording.write_bytes(re.sub(rb"(?<=[|+])20\d{6}(?=\d{6}\.)", b"20080815", b"".join(gateway.bytes)))
        self.assertGreaterEqual(len(gateway.bytes), 7)
        nist = ROOT / "tests/data/hl7/nist_pcd01_monitor.hl7"
        where = ("--mllp", f"127.0.0.1:{free_port()}")
        path = ward.directory / "magwatch.toml"
        (ward.directory / "serve.toml").write_text(PACK)
        told = config_only(*where, recording, nist)
        told = told.replace('alias = "bed-2"', 'alias = "bed-2"', 1)
        beds = re.findall(r'(?m)^"(.*)" = "(bed-\d)"', told)
        self.assertEqual([bed for _, bed in beds], ["bed-1", "bed-2"], told)
        without_first = re.sub(r'(?ms)^\[\[bed\]\][^\n]*\nalias = "bed-1".*?(?=^\[)', "", told)
        path.write_text(path.read_text().replace('"example.toml"', '"serve.toml"') + without_first)
        ward.start()
        ward.ready()
        ward.watch(1)
        ward.watch(2)
        played = Serving(*where, recording, nist)
        self.addCleanup(played.process.kill)
        status, errors = played.wait()
        self.assertEqual((status, played.lines[-1]["refused"]), (0, 0), errors)
        self.assertEqual(played.lines[-1]["accepted"], len(gateway.bytes) + 1)
        wait_for("the slow breathing of now", lambda: "rr-slow" in {
            alarm["rule"] for alarm in ward.json("alarms")["alarms"] if alarm["bed"] == "bed-1"}, 30)

        def pressures():
            values = {s["signal"]: s["value"] for s in ward.json("beds/bed-2")["bed"]["signals"]}
            return values.get("art_sys"), values.get("art_mean")
        wait_for("the pressures of the other", lambda: pressures() == (108, 91), 30)


class Compared(unittest.TestCase):
    def diff(self, *arguments, json_lines=False):
        words = [MAGWATCH, "replay", "--diff", *(["--json"] if json_lines else []), *map(str, arguments)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout, done.stderr

    def test_two_packs_on_a_recording(self):
        packs = ["--pack", ROOT / "rules/packs/example.toml", "--pack", ROOT / "rules/packs/ggc.toml"]
        status, told, errors = self.diff(*packs, RECORDING)
        self.assertEqual(status, 1, errors)
        # The example wants a slow rate longer than ggc does.
        self.assertRegex(told, r"84\.0 s +bed-1 +high +rr-low +in B 24\.0 s earlier")
        self.assertRegex(told, r"pages +bed-1 +rr-low +to doctor: 6 in A, 7 in B")
        status, told, errors = self.diff(*packs, RECORDING, ROOT / "tests/data/numerics/bidmc_04_1hz.csv", json_lines=True)
        self.assertEqual(status, 1, errors)
        first, second = map(json.loads, told.splitlines())
        self.assertEqual([(c["rule"], c["later_by_s"]) for c in first["changed"]], [("rr-low", -24.0)])
        self.assertEqual(first["only_in_b"], [])
        self.assertEqual(first["only_in_a"], [])
        self.assertEqual(second["file"], str(ROOT / "tests/data/numerics/bidmc_04_1hz.csv"))

    def test_one_pack_is_equal_to_itself(self):
        pack = ROOT / "rules/packs/example.toml"
        status, told, errors = self.diff("--pack", pack, "--pack", pack, RECORDING)
        self.assertEqual(status, 0, errors)
        self.assertIn("equal: alarms 2 and 2", told)

    def test_timelines_that_were_written_before(self):
        with tempfile.TemporaryDirectory() as name:
            files = []
            for pack in "example", "ggc":
                files.append(pathlib.Path(name) / (pack + ".json"))
                with open(files[-1], "w") as out:
                    subprocess.run([MAGWATCH, "replay", "--json", "--pack", ROOT / f"rules/packs/{pack}.toml", RECORDING],
                                   check=True, stdout=out, stderr=subprocess.DEVNULL)
            self.assertEqual(self.diff(files[0], files[0])[0], 0)
            status, told, errors = self.diff(*files)
            self.assertEqual(status, 1, errors)
            self.assertIn("24.0 s earlier", told)
            files[0].write_text("no timeline\n")
            self.assertEqual(self.diff(*files)[0], 2)
            self.assertEqual(self.diff(files[1])[0], 2)
            self.assertEqual(self.diff("--pack", "no-such.toml", "--pack", "no-such.toml", RECORDING)[0], 2)


if __name__ == "__main__":
    unittest.main()
