#!/usr/bin/python3
"""A TCP proxy that breaks what passes through it: in front of any receiver of pages, or any device.

  fault_proxy.py --to HOST:PORT [--protocol NAME] [--listen PORT] [FAULT [OPTION=VALUE...]]

NAME is http, alertmanager, wctp, mllp, snpp, smtp or bytes. Prints "READY PORT", then one JSON object for each whole request that it saw. A line on standard input ("FAULT
OPTION=VALUE...") changes the fault for connections from then on.

  pass         nothing is broken
  refused      nobody listens
  reset        accepts, then RST
  black_hole   accepts, never reads, never answers
  slow         chunk=1 bytes at a time, each after pause=0.2 s, both ways; side=answer: only what the receiver says
  cut          closes at=connect | begun (after the request's first byte) | mid (half of the request) | whole (all of it,
               which the receiver takes, and no answer) | answer (in its first words)
  answers      status=N instead of the answer, and the receiver never sees the request; told=1: it does, and its answer
               is thrown away
  undelivered  the best of answers, and the receiver never sees the request
  twice        the receiver gets the request twice, the sender the answer twice
  overtaken    the receiver gets a request after the next one, or after pause=0.2 s where none comes
  certificate  TLS with a certificate=FILE and key=FILE of the test's making (after STARTTLS where the protocol has it)

Python's standard library only; in tests, House runs any number of them on one thread.
"""
import asyncio
import collections
import dataclasses
import json
import logging
import re
import socket
import ssl
import struct
import sys
import threading
import time


KINDS = ("pass", "refused", "reset", "black_hole", "slow", "cut", "answers", "undelivered", "twice", "overtaken", "certificate")


@dataclasses.dataclass(frozen=True)
class Fault:
    kind: str = "pass"
    at: str = ""
    status: int = 0
    told: bool = False
    chunk: int = 1
    pause: float = 0.2
    side: str = "both"
    certificate: str = ""
    key: str = ""

    @staticmethod
    def parse(text):
        words = text.split() or ["pass"]
        options = dict(word.split("=", 1) for word in words[1:])
        known = {field.name: field.type for field in dataclasses.fields(Fault)}
        if words[0] not in KINDS or not set(options) <= set(known) - {"kind"}:
            raise ValueError(f"{text.strip()!r}: no such fault or option")
        return Fault(words[0], **{name: known[name](int(value) if known[name] is bool else value)
                                  for name, value in options.items()})


# --- protocols: when is a request whole, and what does a receiver answer ---
# feed() takes what the client sent and gives (bytes, mark): "" passes; "begun", "mid" and "whole" are the first byte,
# the first half and the rest of what counts, a request over HTTP and MLLP, the page itself in a dialogue.

class Whole:
    """What counts is a message of its own."""
    greets = False

    def __init__(self):
        self.data = b""
        self.begun = False

    def length(self):
        """Of the first whole message in self.data; 0 = not whole yet."""
        return len(self.data)

    def feed(self, data):
        self.data += data
        out = []
        if not self.begun and self.data:
            self.begun = True
            out.append((self.data[:1], "begun"))
        end = self.length()
        while end:
            message, self.data = self.data[:end], self.data[end:]
            half = max(1, end // 2)
            out += [(message[1:half], "mid"), (message[half:], "whole")]
            self.request = message
            self.begun = bool(self.data)
            if self.data:
                out.append((self.data[:1], "begun"))
            end = self.length() if self.data else 0
        return out

    def answer(self, status):
        return b"", False

    def counts(self, request):
        return True


class Http(Whole):
    body = b"{}"

    def length(self):
        head, found, _ = self.data.partition(b"\r\n\r\n")
        size = re.search(rb"(?im)^content-length:\s*(\d+)", head)
        total = len(head) + 4 + (int(size.group(1)) if size else 0)
        return total if found and len(self.data) >= total else 0

    def answer(self, status):
        status = status or 200
        body = self.body if status == 200 else b"broken on purpose"
        return (b"HTTP/1.1 %d Answer\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(body)) + body,
                True)

    def counts(self, request):
        return request.startswith(b"POST")


class Alertmanager(Http):
    """Over HTTP; an empty list of alerts asks whether it is there."""
    def counts(self, request):
        return b'"labels"' in request


class Wctp(Http):
    """Over HTTP; a status of 1000 and more is a failure of the carrier's own: 1601 = wctp-Failure 601."""
    def answer(self, status):
        if 100 <= status < 600:
            return super().answer(status)
        inside = (b'<wctp-Failure errorCode="%d" errorText="no"/>' % (status - 1000) if status else
                  b'<wctp-Success successCode="200" successText="ok">ok</wctp-Success>')
        body = (b'<?xml version="1.0"?><wctp-Operation wctpVersion="wctp-dtd-v1r3"><wctp-Confirmation>' + inside +
                b'</wctp-Confirmation></wctp-Operation>')
        return (b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
                % len(body) + body, True)

    def counts(self, request):
        return b"wctp-SubmitRequest" in request


class Mllp(Whole):
    """Of HL7; a status is the code of MSA-1: 1 = CE, 2 = CR, else CA."""
    def length(self):
        return self.data.find(b"\x1c\r") + 2 if b"\x1c\r" in self.data else 0

    def answer(self, status):
        code = {1: b"CE", 2: b"CR"}.get(status, b"CA")
        control = self.request.split(b"\r")[0].split(b"|")[9]
        return (b"\x0bMSH|^~\\&|PROXY||magwatch||20261121021405||ACK^R40^ACK|a1|P|2.6\rMSA|" + code + b"|" + control +
                b"\r\x1c\r", False)

    def counts(self, request):
        return b"ORU^R40" in request and b"|watchdog." not in request


class Dialogue:
    """Lines, and the reply of each waits for it."""
    greets = True

    def __init__(self):
        self.data = b""
        self.request = b""

    def cut(self, piece, last):
        half = max(1, len(piece) // 2)
        return [(piece[:1], "begun"), (piece[1:half], "mid"), (piece[half:], last)]

    def counts(self, request):
        return True


class Snpp(Dialogue):
    def feed(self, data):
        self.data += data
        out = []
        while b"\n" in self.data:
            line, self.data = self.data.split(b"\n", 1)
            line += b"\n"
            if line.startswith((b"PAGE", b"MESS")):
                self.request += line
            if line.startswith(b"MESS"):
                out += self.cut(line, "")
            else:
                out.append((line, "whole" if line.startswith(b"SEND") else ""))
        return out

    def answer(self, status):
        return b"%d Answer\r\n" % (status or 250), False


class Smtp(Dialogue):
    def __init__(self):
        super().__init__()
        self.mail = False

    def feed(self, data):
        self.data += data
        out = []
        while True:
            if self.mail:
                if b"\r\n.\r\n" not in self.data:
                    return out
                text, self.data = self.data.split(b"\r\n.\r\n", 1)
                self.request += text
                self.mail = False
                out += self.cut(text + b"\r\n.\r\n", "whole")
            elif b"\n" in self.data:
                line, self.data = self.data.split(b"\n", 1)
                self.mail = line.upper().startswith(b"DATA")
                if line.upper().startswith(b"RCPT"):
                    self.request += line + b"\n"
                out.append((line + b"\n", ""))
            else:
                return out

    def answer(self, status):
        return b"%d Answer\r\n" % (status or 250), False


class Bytes(Whole):
    """Anything else: what arrives at once is one message."""


PROTOCOLS = {"http": Http, "alertmanager": Alertmanager, "wctp": Wctp, "mllp": Mllp, "snpp": Snpp, "smtp": Smtp, "bytes": Bytes}


class Connection:
    """One of a client, and the one to the receiver behind it."""

    def __init__(self, proxy, reader, writer):
        self.proxy, self.reader, self.writer = proxy, reader, writer
        self.fault = proxy.fault
        self.protocol = PROTOCOLS[proxy.protocol]()
        self.upstream = None
        self.answering = asyncio.Event()  # the next bytes of the receiver answer what counts
        self.answered = asyncio.Event()
        self.sent = []                    # all of the client's pieces, for "twice"
        self.held = []                    # those of a request that the receiver may never see

    async def run(self):
        kind, at = self.fault.kind, self.fault.at
        if kind == "reset":
            self.reset()
            return
        if kind == "cut" and at == "connect":
            return
        if kind == "black_hole":
            self.writer.transport.pause_reading()
            await asyncio.Event().wait()
        starttls = kind == "certificate" and self.protocol.greets
        if starttls and not await self.offer_tls():
            return
        self.upstream = await asyncio.open_connection(*self.proxy.to)
        if starttls:
            await self.upstream[0].readline()  # the client was greeted
        try:
            tasks = [asyncio.create_task(self.client_side()), asyncio.create_task(self.receiver_side())]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            self.upstream[1].close()

    def reset(self):
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def offer_tls(self):
        """STARTTLS of a mail server; False when the client went away."""
        self.writer.write(b"220 proxy\r\n")
        while line := await self.reader.readline():
            if line.upper().startswith(b"STARTTLS"):
                self.writer.write(b"220 ready\r\n")
                await self.writer.start_tls(self.proxy.context(self.fault))
                return True
            self.writer.write(b"250-proxy\r\n250 STARTTLS\r\n")
        return False

    async def write(self, writer, data):
        if self.fault.kind != "slow" or (self.fault.side == "answer" and writer is not self.writer):
            writer.write(data)
            return await writer.drain()
        for i in range(0, len(data), self.fault.chunk):
            writer.write(data[i:i + self.fault.chunk])
            await writer.drain()
            await asyncio.sleep(self.fault.pause)

    async def client_side(self):
        """Until the client has gone, or is to be cut off."""
        while data := await self.reader.read(65536):
            for piece, mark in self.protocol.feed(data):
                if await self.pass_on(piece, mark):
                    return
        # A client that has said all may still listen.
        await asyncio.wait_for(self.answered.wait(), 1)

    async def pass_on(self, piece, mark):
        """True when the connection is over."""
        fault = self.fault
        withholds = fault.kind == "undelivered" or (fault.kind == "answers" and not fault.told)
        if withholds and mark in ("begun", "mid"):
            self.held.append((piece, mark))
            return False
        counts = mark == "whole" and self.protocol.counts(self.protocol.request)
        ahead = await self.proxy.overtaken(fault.pause) if counts and fault.kind == "overtaken" else None
        if counts:
            self.proxy.saw(self.protocol.request, fault, 0 if withholds else 2 if fault.kind == "twice" else 1)
            self.answering.set()
        held, self.held = self.held, []
        if counts and withholds:
            return await self.say_instead()
        for one in [*held, (piece, mark)]:
            await self.write(self.upstream[1], one[0])
            self.sent.append(one)
        if ahead:
            await asyncio.wait_for(self.answered.wait(), 30)  # the receiver has taken this one
            ahead.set()
        if counts and (fault.kind == "answers" or (fault.kind == "cut" and fault.at == "whole")):
            await asyncio.wait_for(self.answered.wait(), 30)
            return fault.kind == "cut" or await self.say_instead()
        return fault.kind == "cut" and fault.at == mark and mark != "whole"

    async def say_instead(self):
        """The answer of our own; True when the connection is over."""
        text, close = self.protocol.answer(self.fault.status)
        self.writer.write(text)
        await self.writer.drain()
        if not close and self.protocol.greets:
            await self.reader.readline()  # QUIT
            close = True
        return close

    async def receiver_side(self):
        while data := await self.upstream[0].read(65536):
            if not self.answering.is_set():
                await self.write(self.writer, data)
                continue
            self.answering.clear()
            kind, at = self.fault.kind, self.fault.at
            if kind == "cut" and at == "answer":
                self.writer.write(data[:max(1, min(10, len(data) // 2))])  # not even a whole status line
                await self.writer.drain()
                return
            if kind == "twice":
                await self.again()
                data += data
            swallows = kind == "answers" or (kind == "cut" and at == "whole")
            if not swallows:
                await self.write(self.writer, data)
            self.answered.set()
            if swallows:
                await asyncio.Event().wait()  # nor what else it says

    async def again(self):
        """The same request on a connection of its own; in a dialogue each line waits for its reply."""
        reader, writer = await asyncio.open_connection(*self.proxy.to)
        try:
            if self.protocol.greets:
                await reader.readline()
            for piece, mark in self.sent:
                writer.write(piece)
                if mark == "whole" or (self.protocol.greets and not mark and piece.endswith(b"\n")):
                    await asyncio.wait_for(reader.read(65536), 10)
        finally:
            writer.close()


class Proxy:
    """One listener. `requests`: what was seen whole, oldest first."""

    def __init__(self, to, protocol, fault, port=0, told=None):
        self.to, self.protocol, self.fault, self.told = to, protocol, fault, told
        self.requests = []
        self.ahead = None  # lets the request go on that waits to be overtaken
        self.connections = 0
        self.server = None
        self.tasks = set()
        self.socket = self.bound(port)
        self.port = self.socket.getsockname()[1]

    @staticmethod
    def bound(port):
        # Bound and not listening is refused, and nobody else gets the port.
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.1", port))
        return one

    @staticmethod
    def context(fault):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(fault.certificate, fault.key)
        return context

    def saw(self, request, fault, forwarded):
        seen = {"at": time.time(), "fault": fault.kind, "forwarded": forwarded,
                "request": request.decode("utf-8", "replace")}
        self.requests.append(seen)
        if self.told:
            self.told(seen)

    async def overtaken(self, pause):
        """Of the first request of two: waits until the second has been taken, for so long. Of the second: what lets the first
        go on then."""
        ahead, self.ahead = self.ahead, None
        if ahead:
            return ahead
        mine = self.ahead = asyncio.Event()
        try:
            await asyncio.wait_for(mine.wait(), pause)
        except asyncio.TimeoutError:
            self.ahead = None if self.ahead is mine else self.ahead
        return None

    async def set(self, fault):
        """For connections from now on; those that are open are closed."""
        if self.server:
            self.server.close()
            self.server = None
            self.socket = self.bound(self.port)
        for task in self.tasks:
            task.cancel()
        self.fault = fault
        if fault.kind == "refused":
            return
        greets = PROTOCOLS[self.protocol].greets
        tls = self.context(fault) if fault.kind == "certificate" and not greets else None
        self.server = await asyncio.start_server(self.accepted, sock=self.socket, ssl=tls)

    async def accepted(self, reader, writer):
        self.connections += 1
        task = asyncio.current_task()
        self.tasks.add(task)
        try:
            await Connection(self, reader, writer).run()
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # the client or the receiver went away
        except asyncio.CancelledError:
            pass  # the fault is another one now
        finally:
            self.tasks.discard(task)
            writer.close()


class House:
    """Any number of proxies on a thread of their own."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda *_: None)  # a refused handshake is what is tested
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.proxies = []

    def add(self, to, protocol="bytes", fault=Fault()):
        proxy = Proxy(to, protocol, fault)
        self.proxies.append(proxy)
        self.set(proxy, fault)
        return proxy

    def set(self, proxy, fault):
        asyncio.run_coroutine_threadsafe(proxy.set(fault), self.loop).result(30)

    def close(self):
        async def end():
            for proxy in self.proxies:
                await proxy.set(Fault("refused"))
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        asyncio.run_coroutine_threadsafe(end(), self.loop).result(30)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        for proxy in self.proxies:
            proxy.socket.close()


async def main(arguments):
    options = collections.defaultdict(str)
    while arguments and arguments[0].startswith("--"):
        options[arguments[0]] = arguments[1]
        del arguments[:2]
    host, _, port = options["--to"].rpartition(":")
    proxy = Proxy((host, int(port)), options["--protocol"] or "bytes", Fault(), int(options["--listen"] or 0),
                  lambda seen: print(json.dumps(seen), flush=True))
    await proxy.set(Fault.parse(" ".join(arguments)))
    print("READY", proxy.port, flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        try:
            await proxy.set(Fault.parse(line))
        except ValueError as mistake:
            print(mistake, file=sys.stderr, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        sys.exit(0 if sys.argv[1:2] and sys.argv[1] in ("-h", "--help") else 2)
    try:
        asyncio.run(main(sys.argv[1:]))
    except ValueError as mistake:
        print(f"fault_proxy.py: {mistake}", file=sys.stderr)
        sys.exit(2)
