#!/usr/bin/python3
"""magwatch-simulator against clients that are not ours: pymodbus reads its devices, python3-hl7 parses its
messages. Usage: peers_test.py PATH_OF_MAGWATCH_SIMULATOR"""
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import hl7
from pymodbus.client import ModbusTcpClient

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../support"))
from ports import free_ports  # noqa: E402

SCENARIO = """
physiology_speed = 60
[[beds]]
id = "bed-3"
link = "modbus"
port = 0
clean = true
patient = {rr = 17, hr = 86, spo2 = 98}
pump = {port = 1, rate = 25, concentration = 0.04}
[[beds]]
id = "bed-5"
link = "hl7"
location = "LD^^BED5"
interval = "200 ms"
clean = true
"""


def wait_for(what, condition, limit=30):
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError("never happened: " + what)


class Receiver(threading.Thread):
    """An MLLP receiver that parses with python3-hl7. It hangs up on the first message without a reply and
    answers the second with an application error, so that both kinds of retry are seen."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.messages = []

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            with connection:
                self.serve(connection)

    def serve(self, connection):
        buffer = b""
        while True:
            data = connection.recv(65536)
            if not data:
                return
            buffer += data
            while b"\x1c\r" in buffer:
                frame, buffer = buffer.split(b"\x1c\r", 1)
                message = hl7.parse(frame.lstrip(b"\x0b").decode())
                self.messages.append(message)
                if len(self.messages) == 1:
                    return
                code = "AE" if len(self.messages) == 2 else "AA"
                connection.sendall(b"\x0b" + str(message.create_ack(code)).encode() + b"\x1c\r")


class Control:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        wait_for("the control socket", lambda: os.path.exists(path))
        self.socket.connect(path)
        self.file = self.socket.makefile("rw")

    def __call__(self, line):
        self.file.write(line + "\n")
        self.file.flush()
        return json.loads(self.file.readline())


def read(client, function, address, count, unit=1):
    call = client.read_input_registers if function == 4 else client.read_holding_registers
    return call(address, count, unit if "unit" not in call.__code__.co_varnames else unit)


def check_modbus(base, control):
    monitor = ModbusTcpClient("127.0.0.1", port=base)
    assert wait_for("the monitor listens", monitor.connect)
    registers = read(monitor, 4, 0, 10).registers
    assert registers[0] == 86 and registers[1] == 17 and registers[2] == 980, registers
    assert registers[6] == 368 and registers[7] == 0, registers
    assert read(monitor, 3, 100, 4).registers == [0xFFFF, 0xFFFF, 0xFFFF, 0]
    assert read(monitor, 4, 5, 20).exception_code == 2
    assert monitor.write_register(0, 1, 1).exception_code == 1
    wait_for("the liveness counter moves", lambda: read(monitor, 4, 8, 1).registers[0] != registers[8])

    pump = ModbusTcpClient("127.0.0.1", port=base + 1)
    assert wait_for("the pump listens", pump.connect)

    def flow():
        words = read(pump, 4, 0, 7).registers
        return words[0], struct.unpack(">f", struct.pack(">HH", words[2], words[1]))[0], words[3]

    assert flow() == (1, 25.0, 40), flow()
    assert control("flow bed-3 300")["ok"]
    wait_for("the pump tells 300 mL/h", lambda: flow() == (1, 300.0, 40))
    assert control("stop-pump bed-3")["ok"]
    wait_for("the pump tells that it is stopped", lambda: flow()[:2] == (0, 0.0))

    assert control("chart bed-3 knee 1")["ok"]
    assert read(monitor, 3, 100, 4).registers == [1, 0xFFFF, 0xFFFF, 1]

    assert control("freeze bed-3")["ok"]
    still = read(monitor, 4, 0, 10).registers
    pump_counter = read(pump, 4, 6, 1).registers
    wait_for("the rest of the ward goes on", lambda: read(pump, 4, 6, 1).registers != pump_counter)
    assert read(monitor, 4, 0, 10).registers == still
    assert control("thaw bed-3")["ok"]

    assert control("unplug bed-3")["ok"]
    monitor.close()
    assert not monitor.connect(), "an unplugged monitor refuses"
    assert flow()[2] == 40, "its neighbour answers on"
    assert control("replug bed-3")["ok"]
    assert monitor.connect()
    assert read(monitor, 4, 0, 1).registers == [86]
    assert not control("dance bed-3")["ok"]


def check_hl7(receiver):
    wait_for("eight messages", lambda: len(receiver.messages) >= 8)
    ids = [str(m.segment("MSH")[10]) for m in receiver.messages]
    assert ids[0] == ids[1] == ids[2], "hung up on and refused: the same control id again"
    assert len(set(ids[2:8])) == 6, "after the acknowledgement the next one"
    message = receiver.messages[3]
    assert str(message.segment("MSH")[9]) == "ORU^R01^ORU_R01"
    assert str(message.segment("MSH")[11]) == "P"
    assert str(message.segment("PV1")[3]) == "LD^^BED5"
    values = {str(o[3]).split("^")[1]: str(o[5]) for o in message.segments("OBX")}
    assert values["MDC_ECG_HEART_RATE"] == "86", values
    assert values["MDC_TTHOR_RESP_RATE"] == "17", values
    assert values["MDC_PULS_OXIM_SAT_O2"] == "98", values


def main():
    program = sys.argv[1]
    receiver = Receiver()
    receiver.start()
    with tempfile.TemporaryDirectory() as folder:
        scenario = os.path.join(folder, "ward.toml")
        with open(scenario, "w") as file:
            file.write(SCENARIO)
        control = os.path.join(folder, "control")
        base = free_ports(2)
        arguments = [program, "--scenario", scenario, "--modbus-base-port", str(base), "--mllp",
                     "127.0.0.1:%d" % receiver.port, "--control", control]
        simulator = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        try:
            commands = Control(control)
            check_modbus(base, commands)
            check_hl7(receiver)
            assert commands("status")["beds"][0]["id"] == "bed-3"
            assert commands("quit")["ok"]
            assert simulator.wait(10) == 0
            assert not os.path.exists(control)
        finally:
            simulator.kill()
        taken = socket.create_server(("127.0.0.1", base))
        wrong = subprocess.run(arguments[:-2], capture_output=True, text=True)
        taken.close()
        assert wrong.returncode == 1 and str(base) in wrong.stderr, wrong
        wrong = subprocess.run([program], capture_output=True, text=True)
        assert wrong.returncode == 2, wrong
    print("ok")


main()
