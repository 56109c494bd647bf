#!/usr/bin/python3
"""A WCTP carrier written from wctp-dtd-v1r3.dtd on http.server and Python's own XML parser.

  wctp_peer.py [option...] [ANSWER...]   one answer for each submission, the last one stays (default: success)

Answers: success; fail:CODE (wctp-Failure); html (200 and no WCTP); a status (500); hang; utf16 (success in UTF-16);
entity (success behind a document type that declares an entity); doctype (success, the DTD named as carriers do).
Options: --interval S (minNextPollInterval); --no-poll CODE (refuses polls); --events EVENT,... what a poll brings for
each accepted page: queued, delivered, read, fail:CODE, coming, cannot, typed:TEXT, twice (all of it again although it
was confirmed), foreign (about a message nobody sent), garbage (an unknown status); --pad BYTES of nothing in each answer
to a poll.

Prints "READY PORT", then one JSON object for each operation: {"op": name, "attributes": {element: {...}},
"text", "choices", "received": [sequence numbers]}.
"""
import http.server
import json
import sys
import threading
import time
import xml.etree.ElementTree as ET

options = {"--interval": "0", "--no-poll": "", "--events": "", "--pad": "0"}
arguments = sys.argv[1:]
while arguments and arguments[0] in options:
    options[arguments[0]] = arguments[1]
    del arguments[:2]
script = arguments or ["success"]
events = [event for event in options["--events"].split(",") if event]
lock = threading.Lock()
stop = threading.Event()
waiting = []  # (sequence number, XML)
number = 0


def operation(inside):
    return f'<?xml version="1.0"?><wctp-Operation wctpVersion="wctp-dtd-v1r3">{inside}</wctp-Operation>'


def confirmation(answer):
    name, _, value = answer.partition(":")
    if name == "fail":
        return operation(f'<wctp-Confirmation><wctp-Failure errorCode="{value}" errorText="No &amp; never"/>'
                         '</wctp-Confirmation>').encode()
    good = operation('<wctp-Confirmation><wctp-Success successCode="200" successText="ok">x</wctp-Success>'
                     '</wctp-Confirmation>')
    if name == "utf16":
        return good.replace('"1.0"', '"1.0" encoding="UTF-16"').encode("utf-16")
    if name == "doctype":
        return good.replace("?>", '?><!DOCTYPE wctp-Operation SYSTEM "http://127.0.0.1:1/wctp-dtd-v1r3.dtd">').encode()
    if name == "entity":
        return good.replace("?>", '?><!DOCTYPE wctp-Operation [<!ENTITY a "b">]>').encode()
    if name == "html":
        return b"<html><body>Log in"
    return good.encode()


def response(message_id, recipient, kind, inside):
    return (f'<wctp-{kind}><wctp-ResponseHeader responseToMessageID="{message_id}"><wctp-Originator '
            f'senderID="{recipient}"/><wctp-MessageControl messageID="r1"/><wctp-Recipient recipientID="ward"/>'
            f'</wctp-ResponseHeader>{inside}</wctp-{kind}>')


def queue(message_id, recipient):
    global number
    for event in events:
        name, _, value = event.partition(":")
        if name == "twice":
            waiting.extend(list(waiting))
            continue
        number += 1
        if name in ("queued", "delivered", "read", "foreign", "garbage"):
            word = {"foreign": "READ", "garbage": "EATEN"}.get(name, name.upper())
            told = response("somebody-elses" if name == "foreign" else message_id, recipient, "StatusInfo",
                            f'<wctp-Notification type="{word}"/>')
        elif name == "fail":
            told = response(message_id, recipient, "StatusInfo", f'<wctp-Failure errorCode="{value}"/>')
        else:
            words = value or {"coming": "Coming", "cannot": "Cannot"}[name]
            told = response(message_id, recipient, "MessageReply",
                            f"<wctp-Payload><wctp-Alphanumeric>{words}</wctp-Alphanumeric></wctp-Payload>")
        waiting.append((str(number), told))


def poll(element):
    if options["--no-poll"]:
        return operation(f'<wctp-PollResponse minNextPollInterval="{options["--interval"]}">'
                         f'<wctp-Failure errorCode="{options["--no-poll"]}"/></wctp-PollResponse>')
    for taken in [one.get("sequenceNo") for one in element.findall("wctp-MessageReceived")]:
        for one in waiting:
            if one[0] == taken:
                waiting.remove(one)
                break
    inside = "".join(f'<wctp-Message sequenceNo="{n}">{told}</wctp-Message>' for n, told in waiting)
    return operation(f'<wctp-PollResponse minNextPollInterval="{options["--interval"]}">'
                     f'{inside or "<wctp-NoMessages/>"}{" " * int(options["--pad"])}</wctp-PollResponse>')


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_POST(self):
        root = ET.fromstring(self.rfile.read(int(self.headers["Content-Length"])))
        assert root.tag == "wctp-Operation" and root.get("wctpVersion") == "wctp-dtd-v1r3"
        element = root[0]
        with lock:
            print(json.dumps({"op": element.tag, "type": self.headers["Content-Type"], "at": time.monotonic(),
                              "attributes": {one.tag: one.attrib for one in root.iter()},
                              "text": "".join(one.text or "" for one in root.iter()
                                              if one.tag in ("wctp-MessageText", "wctp-Alphanumeric")),
                              "choices": [one.text for one in root.iter("wctp-Choice")],
                              "received": [one.get("sequenceNo") for one in root.iter("wctp-MessageReceived")]}),
                  flush=True)
            status, out = 200, b""
            if element.tag == "wctp-SubmitRequest":
                answer = script.pop(0) if len(script) > 1 else script[0]
                status = int(answer) if answer.isdigit() else 200
                out = confirmation(answer)
                if answer in ("success", "utf16", "doctype"):
                    queue(next(root.iter("wctp-MessageControl")).get("messageID"),
                          next(root.iter("wctp-Recipient")).get("recipientID"))
            elif element.tag == "wctp-PollForMessages":
                answer, out = "", poll(element).encode()
            else:
                answer, out = "", operation('<wctp-VersionResponse responder="peer">'
                                            '<wctp-DTDSupport dtdName="wctp-dtd-v1r3"/></wctp-VersionResponse>').encode()
        if answer == "hang":
            stop.wait(60)
            return
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print("READY", server.server_address[1], flush=True)
server.serve_forever()
