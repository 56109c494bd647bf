#!/usr/bin/python3
"""Receives pages as a telephone would and shows them: in the terminal, in the browser and as JSON.

A process of its own, so that what arrives here has really left magwatch. It checks the signature of every
webhook (Standard Webhooks), drops second copies by webhook-id and says so. With --smtp-port it takes mail too.
For demonstrations and tests; it listens on loopback only.

  page_receiver.py --port 8400 --key-file KEY
  page_receiver.py --port 0 --key whsec_... --fail 2      # the first two requests get a 503

  POST /page         a webhook            GET /            the pages in a browser
  GET  /pages.json   everything so far    GET /events      the same, as it arrives (SSE)
  POST /control      {"fail": 3} {"status": 503} {"delay": 2.5} {"black_hole": true} {"ok": true}

The first line on standard output is "READY http=PORT smtp=PORT" (smtp=0 without mail).
Python's standard library only; mail needs aiosmtpd.
"""
import argparse
import base64
import binascii
import collections
import datetime
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import os
import re
import signal
import sys
import threading
import time

TOLERANCE_S = 300          # Standard Webhooks
BODY_MAX = 64 * 1024
PAGES_MAX = 1000
STREAMS_MAX = 32
ANSWERS = [("coming", "I am coming"), ("cannot", "I cannot come"), ("here", "I am at the bed")]


def decode_key(text):
    text = text.strip()
    if not text.startswith("whsec_"):
        raise ValueError("a key is whsec_ and base64")
    try:
        key = base64.b64decode(text[len("whsec_"):], validate=True)
    except binascii.Error as error:
        raise ValueError(f"a key is whsec_ and base64: {error}") from None
    if not 24 <= len(key) <= 64:
        raise ValueError("a key has 24 to 64 bytes")
    return key


def check_signature(keys, headers, body, now):
    """None if good, else what is wrong."""
    message_id = headers.get("webhook-id", "")
    stamp = headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "").split(" ")
    if not message_id or not re.fullmatch(r"[0-9]{1,12}", stamp) or given == [""]:
        return "headers missing or malformed"
    if abs(now - int(stamp)) > TOLERANCE_S:
        return "timestamp more than 5 minutes off"
    content = f"{message_id}.{stamp}.".encode("latin-1") + body
    good = False
    for key in keys:
        expected = b"v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest())
        for one in given:
            good |= hmac.compare_digest(one.encode("latin-1", "replace"), expected)
    return None if good else "wrong signature"


def printable(text, limit=400):
    """No terminal control, no line break, no direction mark, whatever a page carries."""
    clean = "".join(c if c.isprintable() else " " for c in str(text))
    return clean[:limit]


class Pages:
    """Everything that has arrived. Thread-safe."""

    def __init__(self, log_path, show):
        self.changed = threading.Condition()
        self.by_id = collections.OrderedDict()
        self.version = 0
        self.refused = 0
        self.duplicates = 0
        self.show = show
        self.log = open(log_path, "a", encoding="utf-8", buffering=1) if log_path else None

    def add(self, message_id, channel, page):
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        with self.changed:
            record = self.by_id.get(message_id)
            if record is None:
                record = {**page, "id": message_id, "channel": channel, "received": now, "sends": 0}
                self.by_id[message_id] = record
                while len(self.by_id) > PAGES_MAX:
                    self.by_id.popitem(last=False)
            record["sends"] += 1
            record["last_received"] = now
            if record["sends"] > 1:
                self.duplicates += 1
            self.version += 1
            if self.log:
                self.log.write(json.dumps({"received": now, "id": message_id, "channel": channel,
                                           "sends": record["sends"], "page": page}) + "\n")
            self.changed.notify_all()
            self.show(record)

    def refuse(self, why):
        with self.changed:
            self.refused += 1
            self.version += 1
            self.changed.notify_all()
        say(f"REFUSED a message: {why}", "33")

    def snapshot(self):
        with self.changed:
            return self.version, {"pages": list(self.by_id.values()), "refused": self.refused,
                                  "duplicates": self.duplicates}


class Behaviour:
    """How requests are answered: normally, or as a broken channel would. Thread-safe."""

    def __init__(self, fail=0, status=0, delay=0.0, black_hole=False):
        self.lock = threading.Lock()
        self.state = {"fail": fail, "status": status, "delay": delay, "black_hole": black_hole}

    def change(self, request):
        allowed = {"fail": int, "status": int, "delay": (int, float), "black_hole": bool, "ok": bool}
        for name, value in request.items():
            if name not in allowed or not isinstance(value, allowed[name]):
                raise ValueError(f"{name}: not known, or of the wrong type")
        with self.lock:
            if request.pop("ok", False):
                self.state = {"fail": 0, "status": 0, "delay": 0.0, "black_hole": False}
            self.state.update(request)

    def take(self):
        """(status to answer with or 0 for the usual, delay in s, black hole?) of one request."""
        with self.lock:
            status = self.state["status"]
            if self.state["fail"] > 0:
                self.state["fail"] -= 1
                status = 503
            return status, self.state["delay"], self.state["black_hole"]


colour = False
say_lock = threading.Lock()


def say(text, code=""):
    with say_lock:
        print(f"\x1b[{code}m{text}\x1b[0m" if colour and code else text, flush=True)


def show_page(record):
    """One page in plain words."""
    clock = datetime.datetime.now().strftime("%H:%M:%S")
    if record["sends"] > 1:
        times = "twice" if record["sends"] == 2 else f"{record['sends']} times"
        say(f"{clock}  (page #{record.get('number', '?')} was sent {times}; shown once)", "2")
        return
    kind = "TECHNICAL" if record.get("kind") == "technical" else str(record.get("priority", "")).upper()
    code = {"HIGH": "1;37;41", "MEDIUM": "1;30;43", "TECHNICAL": "1;30;46"}.get(kind, "1")
    to = str(record.get("key", "")).split("/")
    person = f" to {printable(to[3])}" if len(to) > 3 else ""
    stamp = "SIMULATION  " if record.get("simulation") else ""
    lines = [f"{clock}  PAGE #{record.get('number', '?')} by {record['channel']}{person}  {stamp}{kind}  "
             f"{printable(record.get('place', ''))}",
             f"          {printable(record.get('text', ''))}"]
    for name, words in ANSWERS:
        if record.get("answers", {}).get(name):
            lines.append(f"          {words + ':':16} {printable(record['answers'][name], 700)}")
    with say_lock:
        for i, line in enumerate(lines):
            print(f"\x1b[{code}m{line}\x1b[0m" if colour and i == 0 else line, flush=True)


HTML = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pages</title><link rel="stylesheet" href="/page.css"><script src="/page.js" defer></script></head>
<body><p id="stamp" hidden>SIMULATION</p>
<p id="lost" role="alert" hidden>NOT LIVE: the page receiver does not answer.</p>
<main><h1>Pages</h1><p id="count" role="status">No page yet.</p>
<ol id="pages" aria-live="polite" aria-relevant="additions"></ol></main></body></html>
"""
CSS = """
:root{color-scheme:light dark;--ink:#111;--paper:#fff;--line:#767676;--high:#b00020;--medium:#8a5a00;
--technical:#00566b}
@media (prefers-color-scheme:dark){:root{--ink:#f2f2f2;--paper:#141414;--line:#8c8c8c;--high:#c62828;
--medium:#8a5a00;--technical:#00677f}}
body{margin:0;font:1.125rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
main{max-width:46rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem;margin:.25rem 0}
ol{list-style:none;margin:0;padding:0}
li{border:.125rem solid var(--line);border-left:.75rem solid var(--line);border-radius:.5rem;margin:.75rem 0;
padding:.75rem}
li.high{border-color:var(--high)}li.medium{border-color:var(--medium)}li.technical{border-color:var(--technical)}
h2{font-size:1.25rem;margin:0}
.word{display:inline-block;color:#fff;padding:0 .5rem;border-radius:.25rem;background:#555;margin-right:.5rem}
.high .word{background:var(--high)}.medium .word{background:var(--medium)}
.technical .word{background:var(--technical)}
.text{font-size:1.25rem;margin:.5rem 0}
.note{margin:.25rem 0}
nav{display:flex;flex-wrap:wrap;gap:.5rem;margin-top:.5rem}
nav a{display:inline-flex;align-items:center;min-height:3rem;padding:0 1rem;border-radius:.5rem;background:#0b3d91;
color:#fff;font-weight:700;text-decoration:none}
a:focus-visible{outline:.25rem solid #ffbf00;outline-offset:.125rem}
#stamp{margin:0;background:#7a4d00;color:#fff;font-weight:700;text-align:center;letter-spacing:.3em;padding:.25rem}
body.simulation{border:1rem solid #7a4d00;min-height:calc(100vh - 2rem)}
#lost{margin:0;background:#b00020;color:#fff;font-weight:700;text-align:center;padding:.75rem}
"""
JS = """
'use strict';
const answers = [['coming', 'I am coming'], ['cannot', 'I cannot come'], ['here', 'I am at the bed']];
const byId = new Map();
const $ = id => document.getElementById(id);
let lastHeard = Date.now();

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}
function clock(iso) {
  const time = new Date(iso);
  return isNaN(time) ? '' : time.toLocaleTimeString();
}
function sendsText(page) {
  return page.sends > 1 ? `Sent ${page.sends === 2 ? 'twice' : page.sends + ' times'}; shown once.` : '';
}
function item(page) {
  const technical = page.kind === 'technical';
  const word = technical ? 'TECHNICAL' : String(page.priority || 'page').toUpperCase();
  const li = element('li', undefined, technical ? 'technical' : String(page.priority || ''));
  const head = element('h2');
  head.append(element('span', (page.simulation ? 'SIMULATION ' : '') + word, 'word'),
              document.createTextNode(`${page.place || ''} #${page.number ?? ''}`));
  const person = String(page.key || '').split('/')[3];
  li.append(head, element('p', page.text, 'text'),
            element('p', `${clock(page.received)} by ${page.channel}${person ? ' to ' + person : ''}`, 'note'),
            element('p', sendsText(page), 'note sends'));
  const nav = element('nav');
  nav.setAttribute('aria-label', `Answer page #${page.number ?? ''}`);
  for (const [name, words] of answers) {
    const url = (page.answers || {})[name];
    if (!/^https?:\\/\\//.test(url || '')) continue;
    const link = element('a', words);
    link.href = url;
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
    nav.append(link);
  }
  if (nav.children.length) li.append(nav);
  return li;
}
function show(data) {
  for (const page of data.pages) {
    const known = byId.get(page.id);
    if (!known) {
      const li = item(page);
      byId.set(page.id, li);
      $('pages').prepend(li);
    } else {
      const note = known.querySelector('.sends');
      if (note.textContent !== sendsText(page)) note.textContent = sendsText(page);
    }
  }
  const n = byId.size;
  let text = n === 0 ? 'No page yet.' : n === 1 ? '1 page.' : `${n} pages, newest first.`;
  if (data.refused) text += ` ${data.refused} refused: wrong signature or form.`;
  if ($('count').textContent !== text) $('count').textContent = text;
  document.title = n ? `(${n}) Pages` : 'Pages';
  if (data.simulation || data.pages.some(p => p.simulation)) {
    document.body.classList.add('simulation');
    $('stamp').hidden = false;
  }
}
function listen() {
  const events = new EventSource('/events');
  events.onmessage = event => { lastHeard = Date.now(); show(JSON.parse(event.data)); };
  events.addEventListener('beat', () => { lastHeard = Date.now(); });
  events.onerror = () => { if (events.readyState === EventSource.CLOSED) setTimeout(listen, 2000); };
}
setInterval(() => { $('lost').hidden = Date.now() - lastHeard < 6000; }, 1000);
listen();
"""
ASSETS = {"/": ("text/html; charset=utf-8", HTML), "/page.css": ("text/css; charset=utf-8", CSS),
          "/page.js": ("text/javascript; charset=utf-8", JS)}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "page_receiver"
    sys_version = ""
    timeout = 20  # of a silent connection

    def log_message(self, *args):
        pass

    def answer(self, status, body="", content_type="text/plain; charset=utf-8"):
        data = body.encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; "
                         "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def do_GET(self):
        path = self.path.split("?")[0]
        if path in ASSETS:
            self.answer(200, ASSETS[path][1], ASSETS[path][0])
        elif path == "/pages.json":
            self.answer(200, json.dumps(self.server.pages.snapshot()[1], indent=1), "application/json")
        elif path == "/events" and self.command == "GET":
            self.stream()
        else:
            self.answer(404, "not found\n")

    do_HEAD = do_GET

    def stream(self):
        if not self.server.streams.acquire(blocking=False):
            self.answer(503, "too many viewers\n")
            return
        try:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Cache-Control", "no-store")
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            seen = -1
            while True:
                version, data = self.server.pages.snapshot()
                if version != seen:
                    data["simulation"] = self.server.simulation
                    self.wfile.write(f"data: {json.dumps(data)}\n\n".encode("utf-8"))
                    seen = version
                else:
                    self.wfile.write(b"event: beat\ndata: 1\n\n")  # a live page must be able to prove it
                self.wfile.flush()
                with self.server.pages.changed:
                    if self.server.pages.version == seen:
                        self.server.pages.changed.wait(2)
        except OSError:
            pass
        finally:
            self.server.streams.release()

    def body(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            self.close_connection = True
            self.answer(411, "length needed\n")
            return None
        if int(length) > BODY_MAX:
            self.close_connection = True
            self.answer(413, "too long\n")
            return None
        return self.rfile.read(int(length))

    def do_POST(self):
        body = self.body()
        if body is None:
            return
        if self.path == "/page":
            self.take_page(body)
        elif self.path == "/control":
            self.control(body)
        else:
            self.answer(404, "not found\n")

    def control(self, body):
        # A form of another site cannot send this type without asking first.
        if self.headers.get("Content-Type") != "application/json":
            self.answer(415, "application/json\n")
            return
        try:
            self.server.behaviour.change(dict(json.loads(body)))
        except (ValueError, TypeError) as error:
            self.answer(400, f"{error}\n")
            return
        self.answer(200, "{}\n", "application/json")

    def take_page(self, body):
        status, delay, black_hole = self.server.behaviour.take()
        if black_hole:
            say("(black hole: a request arrived and gets no answer)", "2")
            self.server.stopped.wait(120)
            self.close_connection = True
            return
        if delay:
            self.server.stopped.wait(delay)
        if status:
            say(f"(answering {status}, as asked for)", "2")
            self.answer(status, "as asked for\n")
            return
        wrong = check_signature(self.server.keys, self.headers, body, time.time())
        if wrong:
            self.server.pages.refuse(wrong)
            self.answer(401, wrong + "\n")
            return
        try:
            page = json.loads(body)
        except ValueError:
            page = None
        if not isinstance(page, dict) or page.get("type") != "magwatch.page" or not isinstance(page.get("text"), str) \
                or not isinstance(page.get("answers", {}), dict):
            self.server.pages.refuse("not a magwatch.page")
            self.answer(400, "not a magwatch.page\n")
            return
        self.server.pages.add(self.headers["webhook-id"], "webhook", page)
        self.answer(204)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a sender that was killed is no news
            super().handle_error(request, client_address)


class MailHandler:
    """aiosmtpd's handler: one mail is one page."""

    def __init__(self, pages):
        self.pages = pages

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        lines = mail.get_content().splitlines() or [""]
        subject = str(mail["Subject"] or "")
        number = re.search(r"#(\d+)$", subject)
        answers = {}
        for name, words in ANSWERS:
            for line in lines:
                if line.startswith(words + ": "):
                    answers[name] = line[len(words) + 2:]
        message_id = str(mail["Message-ID"] or "")
        page = {"text": lines[0], "place": "", "number": int(number.group(1)) if number else None,
                "key": message_id.strip("<>").rsplit("@", 1)[0],
                "priority": next((w.lower() for w in ("HIGH", "MEDIUM", "LOW") if w in subject.split()), ""),
                "kind": "technical" if "TECHNICAL" in subject.split() else "physiological",
                "simulation": subject.startswith("SIMULATION"), "to": envelope.rcpt_tos, "answers": answers}
        self.pages.add(message_id, "mail", page)
        return "250 OK"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8400,
                        help="HTTP port on 127.0.0.1; 0 = any free one (default 8400)")
    parser.add_argument("--key", action="append", default=[], metavar="whsec_...", help="signing key; may be repeated")
    parser.add_argument("--key-file", action="append", default=[], metavar="FILE", help="file with a signing key")
    parser.add_argument("--smtp-port", type=int, metavar="PORT",
                        help="take mail too, plain, on 127.0.0.1; 0 = any free port")
    parser.add_argument("--log", metavar="FILE", help="append every arrival as one JSON object a line")
    parser.add_argument("--simulation", action="store_true", help="stamp the browser page before the first page comes")
    parser.add_argument("--fail", type=int, default=0, metavar="N", help="answer 503 to the first N webhooks")
    parser.add_argument("--status", type=int, default=0, metavar="CODE", help="answer every webhook with this status")
    parser.add_argument("--delay", type=float, default=0.0, metavar="S", help="wait before each answer")
    parser.add_argument("--black-hole", action="store_true", help="take webhooks and never answer")
    parser.add_argument("--json", action="store_true", help="print each arrival as JSON instead of words")
    options = parser.parse_args()
    keys = []
    try:
        for text in options.key:
            keys.append(decode_key(text))
        for path in options.key_file:
            with open(path, encoding="ascii") as file:
                keys.append(decode_key(file.read()))
    except (OSError, ValueError) as error:
        parser.error(str(error))
    if not keys:
        parser.error("a signing key is needed: --key or --key-file")
    return options, keys


def start_mail(port, pages):
    try:
        from aiosmtpd.controller import Controller
    except ImportError:
        sys.exit("page_receiver: --smtp-port needs aiosmtpd (Debian: python3-aiosmtpd)")

    class AnyPort(Controller):
        # The base class dials the port it was asked for, which 0 is not.
        def _trigger_server(self):
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    mail = AnyPort(MailHandler(pages), hostname="127.0.0.1", port=port)
    mail.start()
    return mail


def main():
    global colour
    options, keys = arguments()
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    show = (lambda record: say(json.dumps(record))) if options.json else show_page
    try:
        server = Server(("127.0.0.1", options.port), Handler)
    except OSError as error:
        sys.exit(f"page_receiver: port {options.port}: {error.strerror}")
    server.keys = keys
    server.pages = Pages(options.log, show)
    server.behaviour = Behaviour(options.fail, options.status, options.delay, options.black_hole)
    server.streams = threading.BoundedSemaphore(STREAMS_MAX)
    server.stopped = threading.Event()
    server.simulation = options.simulation
    mail = start_mail(options.smtp_port, server.pages) if options.smtp_port is not None else None

    def stop(*_):
        server.stopped.set()
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    say(f"READY http={server.server_address[1]} smtp={mail.port if mail else 0}")
    say(f"Pages in the browser: http://127.0.0.1:{server.server_address[1]}/")
    server.serve_forever(poll_interval=0.2)
    if mail:
        mail.stop()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
