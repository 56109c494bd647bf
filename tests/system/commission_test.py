#!/usr/bin/python3
"""A ward believes a device once an engineer compared it with its own screen: by the CLI, over a kill, until its map
changes, its record is revoked or its seal does not fit. For Modbus and for HL7.

  commission_test.py MAGWATCHD MAGWATCH
"""
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

import mllp
import monitors
from monitors import NONE, REST, Monitor
from ward_process import WardTest, free_port, on_a_ward, wait_for

CLI, BINARY = sys.argv.pop(2), sys.argv.pop(1)
WHO = ["--person", "A. Engineer", "--role", "biomedical engineer", "--reason", "first commissioning, simulator",
       "--firmware", "2.1", "--serial", "SN-77"]
MAP = monitors.register_map('name = "ward-monitor"\nmodel = "Simulated, firmware 2.1"\ninterval = "200 ms"\ntimeout = "2 s"\n')
OTHER, OFF = {"hr": 120, "rr": 28, "spo2": 88}, dict.fromkeys(("hr", "rr", "spo2"), NONE)


class Gateway:
    """Sends what the monitor of bed-1 shows, twice a second."""

    def __init__(self, port):
        self.port, self.values, self.stopping = port, dict(REST), threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def show(self, values):
        self.values = dict(values)

    def message(self, number):
        now = time.strftime("%Y%m%d%H%M%S", time.gmtime()) + "+0000"
        codes = {"hr": ("8867-4^Heart rate^LN", "/min"), "rr": ("9279-1^Respiratory rate^LN", "/min"),
                 "spo2": ("59408-5^Oxygen saturation^LN", "%")}
        lines = [f"MSH|^~\\&|GW|ICU|||{now}||ORU^R01^ORU_R01|{os.getpid()}-{id(self)}-{number}|P|2.6", "PID|1||X",
                 "PV1|1|I|bed-1", f"OBR|1|||V|||{now}"]
        for i, (name, value) in enumerate(self.values.items(), 1):
            code, unit = codes[name]
            told = ("", "X") if value == NONE else (value, "R")
            lines.append(f"OBX|{i}|NM|{code}||{told[0]}|{unit}|||||{told[1]}")
        return "\r".join(lines) + "\r"

    def run(self):
        number = 0
        while not self.stopping.wait(0.5):
            number += 1
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=10) as wire:
                    mllp.exchange(wire, self.message(number))
            except OSError:
                pass  # the daemon is not there now

    def close(self):
        self.stopping.set()
        self.thread.join()


class Commission(WardTest):
    binary = BINARY

    def setUp(self):
        super().setUp()
        self.socket = ["--socket", str(self.ward.directory / "magwatchd.sock")]

    # --- what the ward says ---

    def state(self):
        return self.ward.json(f"commissioning/{self.device}")["device"]

    def rules(self):
        return {alarm["rule"] for alarm in self.ward.json("alarms")["alarms"]}

    def bed(self):
        return self.ward.json("beds/bed-1")["bed"]

    def value(self, signal):
        return next((s["value"] for s in self.bed()["signals"] if s["signal"] == signal), None)

    def unverified(self, signal):
        return next((s["value"] for s in self.bed()["unverified"] if s["signal"] == signal), None)

    def gauge(self):
        text = self.ward.get("/metrics")[1].decode()
        return f'magwatch_device_commissioned{{device="{self.device}"}} 1' in text

    # --- what an engineer does ---

    def run_cli(self, *arguments, code=0, talks=True):
        done = subprocess.run([CLI, "commission", *arguments, *(self.socket if talks else [])], capture_output=True,
                              text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def answer(self, lines, code, settle="1"):
        file = self.ward.directory / "answers.jsonl"
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return self.run_cli(self.device, "--answers", str(file), "--settle", settle, *WHO, code=code)

    def commission(self, screen):
        """Three rounds, each typed once the screen shows it."""
        cli = subprocess.Popen([CLI, "commission", self.device, "--answers", "-", "--settle", "60", *WHO,
                                *self.socket], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True)
        said = []
        for values in (REST, OTHER, OFF):
            screen.show(values)
            for name, value in values.items():
                cli.stdin.write(json.dumps({"signal": name, "screen": "none" if value == NONE else str(value)}) + "\n")
                cli.stdin.flush()
                while not said or not said[-1].startswith("  same:") or name not in said[-1]:
                    line = cli.stderr.readline()
                    self.assertTrue(line, said)
                    said.append(line)
                said.append("")
        out, err = cli.communicate(timeout=120)
        self.assertEqual(cli.returncode, 0, out + err + "".join(said))
        screen.show(REST)
        return out

    def commission_by_hand(self, screen):
        """At a terminal, with one slip of the finger."""
        names = {reading["title"]: reading["signal"]
                 for reading in self.ward.json(f"commissioning/{self.device}")["readings"]}
        words = iter(WHO[i] for i in (7, 9, 1, 3, 5))  # firmware, serial, name, role, remark
        terminal, stdin = pty.openpty()
        self.addCleanup(os.close, terminal)
        cli = subprocess.Popen([CLI, "commission", self.device, "--settle", "5", *self.socket], stdin=stdin,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.close(stdin)
        said, answered, slipped = "", 0, False
        while part := os.read(cli.stderr.fileno(), 4096):
            said += part.decode()
            if len(said) == answered or not said.endswith(": "):
                continue
            answered = len(said)
            prompt = said.splitlines()[-1]
            if "[" in prompt:
                values = (REST, OTHER, OFF)[said.count("Round ") - 1]
                screen.show(values)
                value = values[names[prompt.split(", ", 1)[1].split(" [")[0]]]
                answer = "none" if value == NONE else str(value) if slipped else "60"
                slipped = True
            else:
                answer = next(words)
            os.write(terminal, f"{answer}\n".encode())
        out = cli.communicate(timeout=120)[0].decode()
        self.assertEqual(cli.returncode, 0, said + out)
        self.assertIn("DOES NOT MATCH: magwatch reads 80 /min, the screen shows 60", said)
        self.assertIn("is commissioned by A. Engineer", out)
        screen.show(REST)

    def not_believed_before(self):
        self.start()
        self.ward.watch()
        self.ward.chart(kind="infusion", value=1, unit="g/h")
        wait_for("its values are shown as unverified", lambda: self.unverified("rr") == 16, 60)
        self.assertIsNone(self.value("rr"))
        wait_for("the finding", lambda: "technical.uncommissioned" in self.rules(), 60)
        self.assertIn("breathing", {check["id"] for check in self.bed()["checks"]}, "she is to be counted by hand")
        self.assertEqual(self.state()["state"], "not commissioned")
        self.assertFalse(self.gauge())
        said = subprocess.run([CLI, "status", *self.socket], capture_output=True, text=True, timeout=60, check=True)
        self.assertIn(f"bed-1: {self.device} not commissioned, relies on charted checks", said.stdout)

    def believed_after(self):
        wait_for("its values are used", lambda: self.value("rr") == 16, 60)
        self.assertEqual(self.state()["state"], "commissioned")
        wait_for("the finding is over", lambda: "technical.uncommissioned" not in self.rules(), 60)
        wait_for("the gauge", self.gauge, 60)
        self.assertEqual(self.ward.json("status")["relies_on_charted_checks"], [])

    def restart(self):
        self.ward.kill()
        self.start()

    # --- the tests ---

    def test_a_modbus_monitor(self):
        self.device = "monitor-1"
        monitor = Monitor()
        self.addCleanup(monitor.close)
        register_map = self.ward.directory / "bed.toml"
        register_map.write_text(MAP)
        on_a_ward(self.ward, f'''
[[modbus]]
name = "monitor-1"
host = "127.0.0.1"
port = {monitor.server_address[1]}
map = "bed.toml"
bed = "bed-1"
''')
        self.not_believed_before()
        self.what_does_not_match_is_refused()
        self.assertIn("is commissioned by A. Engineer", self.commission(monitor))
        self.believed_after()
        self.restart()
        self.believed_after()
        self.the_record_is_sealed()
        self.a_changed_map_is_unverified(register_map)
        self.another_key_is_no_seal()

    def what_does_not_match_is_refused(self):
        said = self.answer([{"signal": "hr", "screen": "16"}], 1)
        self.assertIn("magwatch reads 80 /min, the screen shows 16", said)
        self.assertIn("address: this is what magwatch reads as rr", said)
        said = self.answer([{"signal": "spo2", "screen": "9.7"}], 1)
        self.assertIn("divide 'scale' by 10", said)
        self.assertIn("sentinels", self.answer([{"signal": "hr", "screen": "none"}], 1))
        said = self.answer([{"signal": "hr", "screen": "80"}], 1)  # one value of one signal
        self.assertIn("NOT commissioned", said)
        self.assertIn("two values that are well apart", said)
        self.assertIn("rr: no value of it was compared", said)
        self.answer([{"signal": "hr"}], 2)
        self.run_cli(self.device, "--answers", "-", code=2)  # nobody signs
        self.run_cli(self.device, code=2)                    # nobody to ask
        self.assertEqual(self.state()["state"], "not commissioned")
        body = {"person": "x", "role": "x", "remark": "x", "firmware": "1", "serial": "1", "pairs": [],
                "fingerprint": "0" * 64, "place": self.state()["place"]}
        self.assertEqual(self.ward.post(f"commissioning/{self.device}", body)[0], 409)
        self.assertEqual(self.ward.post(f"commissioning/{self.device}", body | {"place": "elsewhere"})[0], 409)
        self.assertEqual(self.ward.post("commissioning/nobody", body)[0], 404)

    def the_record_is_sealed(self):
        record = self.ward.directory / "record.txt"
        self.run_cli(self.device, "--export", str(record))
        text = record.read_text()
        digest = subprocess.run(["sha256sum", str(self.ward.directory / "bed.toml")], capture_output=True, text=True,
                                check=True).stdout.split()[0]
        for wanted in ("signed off by: A. Engineer", "role: biomedical engineer", f"fingerprint: {digest}",
                       "firmware: 2.1", "serial: SN-77", "bed-1, spo2: magwatch 88 %, screen 88",
                       "bed-1, rr: magwatch none, screen none"):
            self.assertIn(wanted, text)
        self.assertIn("unchanged", self.run_cli("--verify", str(record), talks=False))
        record.write_text(text.replace("screen 88", "screen 89"))
        self.run_cli("--verify", str(record), code=1, talks=False)
        self.assertIn("A. Engineer", self.run_cli("--list"))
        listed = json.loads(self.run_cli("--status", "--json"))
        self.assertEqual([d["state"] for d in listed["devices"]], ["commissioned"])

    def doctor(self):
        """(verdict, what it found) of the doctor about this device's record."""
        done = subprocess.run([CLI, "doctor", "--json", "--config", str(self.config)], capture_output=True, text=True,
                              timeout=120, check=False)
        [found] = [check for check in json.loads(done.stdout)["checks"] if check["check"] == "commissioned"]
        self.assertIn(self.device, found["found"])
        return found["verdict"], found["found"]

    def reload(self):
        before = self.ward.json("status")["config_loaded"]
        self.ward.process.send_signal(signal.SIGHUP)
        wait_for("the reload", lambda: self.ward.json("status")["config_loaded"] != before, 60)

    def a_changed_map_is_unverified(self, register_map):
        register_map.write_text(MAP.replace("address = 1\n", "address = 0\n"))
        self.reload()
        wait_for("it is told aloud", lambda: "technical.commission_lost" in self.rules(), 60)
        self.assertEqual(self.state()["state"], "changed")
        self.assertIn("map", self.state()["why"])
        wait_for("what it reads now is unverified", lambda: self.unverified("rr") == 80, 60)
        self.assertIsNone(self.value("rr"))
        self.restart()  # and stays so
        self.assertEqual(self.state()["state"], "changed")
        register_map.write_text(MAP)
        self.reload()
        wait_for("the old map is the one of the record", lambda: self.value("rr") == 16, 60)
        wait_for("the alarm is over", lambda: "technical.commission_lost" not in self.rules(), 60)

    def another_key_is_no_seal(self):
        self.ward.kill()
        (self.ward.directory / "state/commission.key").write_bytes(os.urandom(32))
        self.start()
        self.assertEqual(self.state()["state"], "revoked")
        self.assertIn("seal", self.state()["why"])
        wait_for("it is told aloud", lambda: "technical.commission_lost" in self.rules(), 60)

    def test_an_hl7_gateway(self):
        self.device = "gateway"
        port = free_port()
        on_a_ward(self.ward, f'''
[hl7]
listen = "127.0.0.1:{port}"
[[hl7.source]]
name = "gateway"
application = "GW"
''')
        gateway = Gateway(port)
        self.addCleanup(gateway.close)
        self.not_believed_before()
        self.assertEqual(self.doctor(), ("warning", 'gateway: not commissioned, so its values are "unverified" and the '
                                                    "beds that it tells of rely on charted checks"))
        self.assertIn("magwatch reads 80 /min, the screen shows 60",
                      self.answer([{"signal": "hr", "screen": "60", "bed": "bed-1"}], 1))
        self.commission_by_hand(gateway)
        self.believed_after()
        self.assertEqual(self.doctor(), ("ok", "gateway"))
        config = self.ward.directory / "magwatch.toml"
        config.write_text(config.read_text() + "usable_with_status_x = true\n")
        self.reload()
        wait_for("another profile", lambda: self.state()["state"] == "changed", 60)
        config.write_text(config.read_text().replace("usable_with_status_x = true\n", ""))
        self.reload()
        self.believed_after()
        self.run_cli(self.device, "--revoke", code=2)
        self.run_cli(self.device, "--revoke", "--person", "A. Engineer", "--reason", "gateway replaced")
        self.assertIn("gateway replaced", self.state()["why"])
        wait_for("it is told aloud", lambda: "technical.commission_lost" in self.rules(), 60)
        self.assertIsNone(self.value("rr"))


if __name__ == "__main__":
    unittest.main()
