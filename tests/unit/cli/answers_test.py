#!/usr/bin/python3
"""What magwatch makes of a daemon's answers: exit codes that a script may rely on.

  answers_test.py MAGWATCH ROOT
"""
import http.server
import json
import os
import pathlib
import shutil
import socketserver
import subprocess
import sys
import tempfile
import threading
import unittest

ROOT = pathlib.Path(sys.argv.pop(2))
MAGWATCH = sys.argv.pop(1)
OK, FAILED, USAGE = 0, 1, 2


class Daemon(socketserver.ThreadingUnixStreamServer):
    """Answers at a socket as a daemon would: `answers` by path."""
    daemon_threads = True

    def __init__(self, path, answers):
        answered = answers

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = json.dumps(answered.get(self.path.split("?")[0], {})).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer

            def address_string(self):
                return "a socket"

            def log_message(self, *_):
                pass

        super().__init__(str(path), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()


class Answered(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="magwatch-cli-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.socket = self.folder / "daemon.sock"

    def daemon(self, answers):
        daemon = Daemon(self.socket, answers)
        self.addCleanup(daemon.close)

    def run_it(self, *words, **more):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAGWATCH_")}
        return subprocess.run([MAGWATCH, *words], env={**environment, **more}, capture_output=True, text=True,
                              check=False, timeout=120)


class Answers(Answered):
    def test_a_test_page_fails_only_where_a_channel_did_not_take_it(self):
        answers = {"/api/v1/pages/test": {"text": "test #T7 goes to midwife-1"}}
        self.daemon(answers)
        for outcomes, code in ((["accepted"], OK), (["delivered"], OK), (["read", "accepted"], OK), (["failed"], FAILED),
                               (["accepted", "unknown"], FAILED), (["delivered", None], FAILED), ([], FAILED)):
            answers["/api/v1/pages"] = {"pages": [
                {"reason": "test", "number": 7, "channel": "a", "channel_kind": "sms", "outcome": outcome, "detail": None}
                for outcome in outcomes]}
            done = self.run_it("page", "test", "--to", "midwife-1", "--person", "engineer-1", "--wait", "0", "--socket",
                               str(self.socket))
            self.assertEqual(done.returncode, code, (outcomes, done))

    def test_an_export_that_ends_before_it_begins_is_a_mistake(self):
        self.daemon({"/api/v1/beds/bed-1/trend": {"to": "2026-03-01T05:00:00Z", "stays": []}})
        at = [f"2026-03-01T0{hour}:00:00Z" for hour in range(7)]
        for times in (["--from", at[4], "--to", at[3]], ["--from", at[3], "--to", at[3]], ["--from", at[6]]):
            written = self.folder / "out.csv"
            done = self.run_it("export", "--bed", "bed-1", "--socket", str(self.socket), "--output", str(written), *times)
            self.assertEqual(done.returncode, USAGE, (times, done))
            self.assertIn("--from must be earlier than --to", done.stderr)
            self.assertFalse(written.exists())


class Reload(Answered):
    def setUp(self):
        super().setUp()
        self.file = self.folder / "magwatch.toml"
        shipped = (ROOT / "systemd/magwatch.toml").read_text()
        self.file.write_text(shipped.replace("[http]\n", f'[http]\nsocket = "{self.folder}/elsewhere.sock"\n'))
        self.told = subprocess.Popen(["sh", "-c", "trap '' HUP; echo; exec sleep infinity"], stdout=subprocess.PIPE)
        self.told.stdout.readline()
        self.addCleanup(self.end)

    def end(self):
        self.told.kill()
        self.told.wait()
        self.told.stdout.close()

    def reload(self, **more):
        return self.run_it("config", "check", "--reload", str(self.told.pid), str(self.file), **more)

    def test_a_refused_change_of_the_socket_is_found_where_the_daemon_listens(self):
        self.daemon({"/api/v1/status": {"config_hash": "the old one", "faults": [
            {"fault": "configuration", "detail": "New configuration refused: [http] takes a restart"}]}})
        done = self.reload(MAGWATCH_SOCKET=str(self.socket))
        self.assertEqual(done.returncode, FAILED, done)
        self.assertIn("New configuration refused: [http] takes a restart", done.stderr)

    def test_where_nobody_answers_nothing_is_in_force(self):
        done = self.reload()
        self.assertEqual(done.returncode, FAILED, done)
        self.assertIn(f"nobody says at {self.folder}/elsewhere.sock, /run/magwatch/magwatchd.sock", done.stderr)


unittest.main()
