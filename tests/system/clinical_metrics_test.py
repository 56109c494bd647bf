#!/usr/bin/python3
"""Values of beds leave a ward only where the site said so: a real magwatchd, in each mode, over a reload.

  clinical_metrics_test.py MAGWATCHD
"""
import http.client
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from ward_process import ROOT, free_port, wait_for

CONFIG = """[ward]
name = "l4"
label = "Ward L4"
mode = "{mode}"
[http]
listen = "127.0.0.1:{port}"
socket = "{directory}/socket"
[journal]
directory = "{directory}/state"
[rules]
pack = "{root}/rules/packs/ggc.toml"
"""
ON, OFF = "[metrics]\nclinical = true\n", "[metrics]\nclinical = false\n"


class Daemon:
    def __init__(self, binary, mode, metrics):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="magwatch-test-"))
        self.port = free_port()
        self.config = self.directory / "magwatch.toml"
        self.text = CONFIG.format(mode=mode, port=self.port, directory=self.directory, root=ROOT)
        self.config.write_text(self.text + metrics)
        with open(self.directory / "log", "wb") as log:
            self.process = subprocess.Popen([binary, "--config", str(self.config)], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)
        wait_for("the daemon is ready", lambda: self.get("/readyz")[0] == 200, 30)

    def get(self, path):
        assert self.process.poll() is None, (self.directory / "log").read_text()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path)
            reply = connection.getresponse()
            return reply.status, reply.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def reload(self, metrics):
        self.config.write_text(self.text + metrics)
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        shutil.rmtree(self.directory)


def is_on(daemon):
    status, text = daemon.get("/metrics/clinical")
    if status == 200:
        assert "# TYPE magwatch_clinical_bed_watched gauge\n" in text, text
        return True
    assert status == 404 and "[metrics] clinical = true" in text, (status, text)
    return False


def main(binary):
    for mode, metrics, expected in (("ward", "", False), ("ward", ON, True), ("demo", "", True), ("demo", OFF, False)):
        daemon = Daemon(binary, mode, metrics)
        try:
            assert is_on(daemon) == expected, (mode, metrics)
            assert daemon.get("/metrics")[0] == 200 and "magwatch_clinical" not in daemon.get("/metrics")[1]
            if mode == "ward":
                # A site changes its mind without a restart, both ways.
                daemon.reload(OFF if expected else ON)
                wait_for("the reload changes it", lambda: is_on(daemon) != expected, 30)
        finally:
            daemon.stop()


main(sys.argv[1])
