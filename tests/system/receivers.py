"""Receivers of what a daemon sends: webhooks, SMS, and the peers of tests/integration/pagers. Python's standard library
only."""
import hashlib
import hmac
import http.server
import json
import pathlib
import queue
import ssl
import subprocess
import threading
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Receiver:
    """tools/page_receiver as a separate process; its log is what has really arrived."""

    def __init__(self, directory, key_file):
        self.log = directory / "arrived.jsonl"
        self.process = subprocess.Popen(
            ["/usr/bin/python3", str(ROOT / "tools/page_receiver/page_receiver.py"), "--port", "0",
             "--key-file", str(key_file), "--log", str(self.log), "--json"],
            stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline()
        assert ready.startswith("READY"), ready
        self.port = int(ready.split("http=")[1].split()[0])
        # Nobody may wait for a full pipe.
        self.drain = subprocess.Popen(["cat"], stdin=self.process.stdout, stdout=subprocess.DEVNULL)

    def arrived(self):
        if not self.log.exists():
            return []
        pages = []
        for line in self.log.read_text().splitlines():
            try:
                pages.append(json.loads(line))
            except ValueError:
                pass  # the line is being written
        return pages

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.drain.wait()
        self.process.stdout.close()


class Peer:
    """A peer of tests/integration/pagers: "READY PORT", then a JSON object a line."""

    def __init__(self, script, *arguments):
        self.process = subprocess.Popen(["/usr/bin/python3", str(ROOT / "tests/integration/pagers" / script),
                                         *arguments], stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline()
        assert ready.startswith("READY "), ready
        self.port = int(ready.split()[1])
        self.reports = queue.Queue()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.reports.put(json.loads(line))

    def next(self, wanted, seconds=60):
        """The next report that has such a field."""
        while True:
            report = self.reports.get(timeout=seconds)
            if wanted in report:
                return report

    def close(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()


class Listener(http.server.ThreadingHTTPServer):
    """Takes what is POSTed to it, in this process. What `take` makes of it is kept in `heard` before the sender has its
    answer, and told to `took` after it."""
    status = 204

    def __init__(self, certificate=None):
        self.heard = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                taken = self.server.take(self.headers, self.rfile.read(int(self.headers["Content-Length"])))
                if taken is not None:
                    self.server.heard.append(taken)
                self.send_response(self.server.status)
                if self.server.status != 204:
                    self.send_header("Content-Length", "0")
                self.end_headers()
                self.server.took(taken)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.handle_error = lambda *_: None  # of a sender that was killed, or refuses our certificate
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def take(self, headers, body):
        """What is kept of one; None: nothing."""
        return json.loads(body)

    def took(self, taken):
        pass

    def close(self):
        self.shutdown()
        self.server_close()


class SmsGateway(Listener):
    """Takes messages as an SMS gateway does. Of each `took(message)` is called once the sender has its answer."""
    NUMBER = "+447700900123"
    SECRET = "a-secret-that-the-gateway-shares"
    status = 201

    def __init__(self, took=lambda message: None):
        self.took = took
        super().__init__()

    def take(self, headers, body):
        return dict(urllib.parse.parse_qsl(body.decode()))

    def configure(self, ward, callbacks, url, section=""):
        """Makes it the first channel of the ward's first person, calling back at port `callbacks`."""
        secret = ward.directory / "gateway.secret"
        secret.write_text(self.SECRET)
        secret.chmod(0o600)
        config = ward.directory / "magwatch.toml"
        text = config.read_text()
        at = text.index("channels = [") + len("channels = [")
        text = text[:at] + f'{{ kind = "sms", gateway = "hospital", to = "{self.NUMBER}" }}, ' + text[at:]
        config.write_text(text + f'''
[callbacks]
listen = "127.0.0.1:{callbacks}"
url = "{url}"
{section}
[[pager.sms]]
name = "hospital"
url = "http://127.0.0.1:{self.server_port}/messages"
format = "form"
fields = {{ To = "{{to}}", Body = "{{text}}", StatusCallback = "{{status_url}}", Key = "{{key}}" }}
[pager.sms.callback]
proof = "hmac-sha256"
header = "X-Signature"
secret = "file:{secret}"
reference = "id"
status = "status"
words = {{ delivered = "delivered", failed = "failed", sent = "under_way" }}
sender = "from"
text = "text"
''')

    @classmethod
    def signature(cls, body, secret=SECRET):
        return hmac.new(secret.encode(), body.encode(), hashlib.sha256)
