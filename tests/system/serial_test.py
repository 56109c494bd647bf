#!/usr/bin/python3
"""A bed on a serial line, socat for the cable and pymodbus for the monitor: its sign rings, a pulled cable is a
technical alarm, and a line that comes back is read again.

  serial_test.py MAGWATCHD MAGWATCH
"""
import os
import subprocess
import sys
import unittest

from ward_process import ROOT, WardTest, wait_for

CLI, BINARY = sys.argv.pop(2), sys.argv.pop(1)
MAP = '''name = "bed"
model = "pymodbus"
commissioned = true
interval = "500 ms"
timeout = "500 ms"
'''
HR, RR, SPO2 = 0, 1, 2
SILENT_AFTER = 5  # seconds: three polls, at least 5 s; what is above is for a busy machine


def rules(ward):
    alarms = ward.json("alarms")
    return {a["rule"] for a in (alarms["alarms"] if isinstance(alarms, dict) else alarms)}


class Line:
    """Two ptys that socat joins, and a pymodbus RTU server on the far one."""

    def __init__(self, directory):
        self.near, self.far = directory / "ttyUSB0", directory / "far"
        self.cable = subprocess.Popen(["socat", f"pty,rawer,link={self.near}", f"pty,rawer,link={self.far}"])
        wait_for("the line", lambda: self.near.exists() and self.far.exists(), 30)
        self.server = subprocess.Popen(
            ["/usr/bin/python3", "-B", str(ROOT / "tests/integration/modbus/pymodbus_rtu_server.py"), str(self.far)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.server.stdout.readline() == "READY\n"

    def set(self, address, value, unit=1):
        self.server.stdin.write(f"{unit} {address} {value}\n")
        self.server.stdin.flush()

    def healthy(self):
        for address, value in ((HR, 80), (RR, 16), (SPO2, 97)):
            self.set(address, value)

    def pull(self):
        self.cable.terminate()
        self.cable.wait(30)
        wait_for("the device is gone", lambda: not os.path.lexists(self.near), 30)

    def close(self):
        for process in (self.server, self.cable):
            if process.poll() is None:
                process.kill()
            process.wait()
        self.server.stdin.close()
        self.server.stdout.close()


class Serial(WardTest):
    binary = BINARY

    def setUp(self):
        super().setUp()
        directory = self.ward.directory
        registers = "".join(f'[[register]]\nsignal = "{signal}"\nfunction = 3\naddress = {address}\ntype = "u16"\n'
                            f'unit = "{unit}"\n' for signal, address, unit in
                            (("hr", HR, "/min"), ("rr", RR, "/min"), ("spo2", SPO2, "%")))
        self.map = directory / "bed.toml"
        self.map.write_text(MAP + registers)
        self.config.write_text(self.config.read_text() + f'''
[[modbus]]
name = "monitor-1"
serial = "{directory}/ttyUSB0"
baud = 115200
parity = "none"
unit = 1
map = "bed.toml"
bed = "bed-1"
''')
        self.line = Line(directory)
        self.addCleanup(lambda: self.line.close())  # whichever it is then
        self.line.healthy()

    def test_it_rings_and_a_pulled_cable_is_told(self):
        self.start()
        self.ward.watch()
        wait_for("values", lambda: b'16' in self.ward.get("/api/v1/beds")[1], 60)
        self.assertNotIn("technical.silent", rules(self.ward))
        self.line.set(RR, 7)
        wait_for("her breathing rings", lambda: rules(self.ward) & {"rr-low", "rr-critical"}, 90)
        wait_for("a page of it", lambda: any("breath" in str(p).lower() or "rr-" in str(p)
                                             for p in self.ward.receiver.arrived()), 60)
        self.line.pull()
        wait_for("the cable is told", lambda: "technical.silent" in rules(self.ward), SILENT_AFTER + 25)
        self.assertTrue(rules(self.ward) & {"rr-low", "rr-critical"}, "a failed device ends no alarm")
        self.line.close()
        self.line = Line(self.ward.directory)
        self.line.healthy()
        wait_for("it is read again", lambda: "technical.silent" not in rules(self.ward), 60)

    def test_the_probe_reads_the_same_line(self):
        done = subprocess.run([CLI, "modbus", "probe", str(self.map), str(self.line.near), "--baud", "115200",
                               "--parity", "none"], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        self.assertIn("97 %", done.stdout)
        for wrong in (["--parity", "none"], ["--baud", "9600"], ["--baud", "9600", "--parity", "odd", "--unit", "0"]):
            done = subprocess.run([CLI, "modbus", "probe", str(self.map), str(self.line.near)] + wrong,
                                  capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 2, wrong)


if __name__ == "__main__":
    unittest.main()
