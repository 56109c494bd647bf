"""Simulated monitors for a ward under test: one for each of its first beds, over Modbus TCP. Python's standard library only."""
import signal
import subprocess

from receivers import ROOT


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
