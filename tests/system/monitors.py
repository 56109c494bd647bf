"""Simulated monitors for a ward under test, over Modbus TCP: one for each of its first beds that live a life of their own, or one
that shows what a test says. Python's standard library only."""
import signal
import socket
import socketserver
import struct
import subprocess
import threading

from receivers import ROOT

NONE = 0xFFFF  # what a register of a Monitor holds of a signal that is not there
REST = {"hr": 80, "rr": 16, "spo2": 97}


def register_map(head):
    """The map of a Monitor's registers, after these keys of its own."""
    return head + "".join(
        f'[[register]]\nsignal = "{name}"\nfunction = 3\naddress = {address}\ntype = "u16"\nunit = "{unit}"\n'
        f"sentinels = [{NONE}]\n" for name, address, unit in (("hr", 0, "/min"), ("rr", 1, "/min"), ("spo2", 2, "%")))


class Monitor(socketserver.ThreadingTCPServer):
    """Holding registers over Modbus TCP; function 3 alone."""
    allow_reuse_address, daemon_threads = True, True

    def __init__(self):
        self.values = dict(REST)

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                while True:
                    try:
                        head = self.request.recv(12, socket.MSG_WAITALL)
                        if len(head) < 12:
                            return
                        number, _, _, unit, function, address, count = struct.unpack(">HHHBBHH", head)
                        words = list(self.server.values.values())[address:address + count]
                        data = struct.pack(f">BBB{count}H", unit, function, 2 * count, *words)
                        self.request.sendall(struct.pack(">HHH", number, 0, len(data)) + data)
                    except OSError:
                        return  # it hung up

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def show(self, values):
        self.values = dict(values)

    def close(self):
        self.shutdown()
        self.server_close()


def configured(count, port):
    """The part of a configuration in which they stand, on ports in a row from this one on."""
    return "".join(f'[[modbus]]\nname = "monitor-{i}"\nbed = "bed-{i}"\nhost = "127.0.0.1"\nport = {port + i - 1}\n'
                   f'map = "{ROOT}/adapters/monitors/modbus/maps/sim-monitor.toml"\n' for i in range(1, count + 1))


class Monitors:
    """They answer on ports in a row from start() to stop()."""

    def __init__(self, ward, simulator, count, port):
        scenario = ward.directory / "scenario.toml"
        scenario.write_text('name = "steady ward"\nseed = 7\n' + "".join(
            f'[[beds]]\nid = "bed-{i}"\nlink = "modbus"\nport = {i - 1}\ninfusion = 1.0\n[beds.patient]\nmagnesium = 1.8\n'
            for i in range(1, count + 1)))
        self.command = [simulator, "--scenario", str(scenario), "--modbus-base-port", str(port)]
        self.output, self.process = ward.output, None

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=self.output, stderr=self.output)

    def stop(self):
        """All at once, as when a switch fails."""
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None
