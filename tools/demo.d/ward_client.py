"""What the director knows of the ward: only what magwatchd's API, the page receiver and the simulator say."""
import http.client
import itertools
import json
import os
import socket
import time
import urllib.error
import urllib.request


class Refused(Exception):
    """The daemon said no, and why."""


class Unconfirmed(Exception):
    """Perhaps stored, perhaps not: to be sent again."""


class Daemon:
    """magwatchd by its JSON API."""

    def __init__(self, port, on_trouble):
        self.on_trouble = on_trouble  # called when it does not answer; it may have been killed by a visitor
        self.base = "http://127.0.0.1:%d" % port
        # No proxy of the environment may stand between two programs of one machine.
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.keys = itertools.count(1)
        self.run = "demo-%d-%d" % (os.getpid(), int(time.time()))

    def _call(self, path, body=None):
        """Asks again for a while if nobody answers, or nothing is confirmed: an entry's key makes that safe."""
        deadline = time.monotonic() + 30
        in_doubt = False
        while True:
            try:
                return self._ask(path, body)
            except Refused:
                # What has no key may have been stored the first time: then the ward refuses it as already done.
                if in_doubt and body is not None and "key" not in body:
                    return None
                raise
            except (OSError, http.client.HTTPException, Unconfirmed) as error:
                if time.monotonic() > deadline:
                    raise Refused("%s: no answer for 30 s: %s" % (path, error)) from None
                in_doubt = True
                self.on_trouble()
                time.sleep(0.1)

    def _ask(self, path, body):
        request = urllib.request.Request(self.base + path)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
            request.add_header("X-Magwatch-Client", "magwatch-demo")
        try:
            with self.opener.open(request, timeout=5) as reply:
                return json.loads(reply.read() or b"null")
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            if error.code == 503 and '"confirmed":false' in text.replace(" ", ""):
                raise Unconfirmed(text) from None
            raise Refused("%s: HTTP %d %s" % (path, error.code, text)) from None

    def ready(self):
        try:
            with self.opener.open(self.base + "/readyz", timeout=2) as reply:
                return reply.status == 200
        except (OSError, urllib.error.HTTPError):
            return False

    def get(self, what):
        return self._call("/api/v1/" + what)

    def post(self, what, **body):
        return self._call("/api/v1/" + what, body)

    def enter(self, bed, kind, person="midwife", **values):
        key = "%s-%d" % (self.run, next(self.keys))
        return self.post("entries", key=key, bed=bed, person=person, kind=kind, **values)


class Simulator:
    """magwatch-simulator by its control socket."""

    def __init__(self, path):
        self.path = path
        self.file = None

    def __call__(self, line):
        if self.file is None:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(5)
            connection.connect(self.path)
            self.file = connection.makefile("rw")
        self.file.write(line + "\n")
        self.file.flush()
        answer = json.loads(self.file.readline())
        if answer.get("ok") is False:
            raise Refused("simulator: %s: %s" % (line, answer["text"]))
        return answer

    def truth(self):
        return {bed["id"]: bed for bed in self("status")["beds"]}
