#!/usr/bin/python3
"""docs/openapi.yaml against the program: the tables of its server, the fields that its readers ask for, and every answer
of a running daemon.

  openapi_test.py MAGWATCHD HTTP_ROUTE_TABLE
"""
import http.client
import json
import re
import socket
import subprocess
import sys
import unittest

from openapi_document import DOCUMENT, Document, of_now
from ward_process import ROOT, WardTest, wait_for

TABLE, BINARY = sys.argv.pop(2), sys.argv.pop(1)
FIELD = re.compile(r'\b(?:text|optional_text|optional_texts|optional_flag|number|optional_number|optional_time|optional_any_time|time|'
                   r'choice|quantity_in|optional_objects|object|has|text_at)\(\s*(?:\w+,\s*)?"(\w+)"')
READERS = ["bodies.cpp", "checklist.cpp", "commissioning.cpp", "gate.cpp", "service.cpp"]
# Read by the ward from signals' own names, and by Fields itself.
FIELDS_BY_NAME = {"value", "unit"}

MAP = '''name = "m"
model = "Simulated"
interval = "1 s"
timeout = "1 s"
[[register]]
signal = "rr"
function = 3
address = 0
type = "u16"
unit = "/min"
'''


def program():
    return json.loads(subprocess.run([TABLE], check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout)


class Told(unittest.TestCase):
    """The document against the tables and the sources of the program."""

    def setUp(self):
        self.document = Document()
        self.table = program()

    def test_somebody_elses_validator_takes_it_for_openapi_3_1(self):
        script = ("import {Validator} from '@seriousme/openapi-schema-validator'; const v = new Validator();"
                  "const r = await v.validate(process.argv[1]); console.log(JSON.stringify([r, v.version]))")
        done = subprocess.run(["node", "--input-type=module", "-e", script, str(DOCUMENT)], cwd=ROOT / "tests/peers",
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout), [{"valid": True}, "3.1"])

    def test_it_has_every_route_and_no_other(self):
        served = {(route["method"], route["path"]): route["name"] for route in self.table["routes"]}
        told = {key: operation["operationId"] for key, operation in self.document.operations.items()}
        self.assertEqual(told, served)

    def test_every_parameter_of_a_path_is_told(self):
        for path, item in self.document.text["paths"].items():
            told = [self.document.resolved(one)["name"] for one in item.get("parameters", [])]
            self.assertEqual(told, re.findall(r"\{(\w+)\}", path), path)

    def test_statuses_are_those_that_a_route_can_give(self):
        for route in self.table["routes"]:
            told = self.document.operations[route["method"], route["path"]]["responses"]
            self.assertEqual(sorted(told), sorted(map(str, route["codes"])) + ["default"], route["name"])
            otherwise = self.document.resolved(told["default"])
            self.assertEqual(otherwise["x-statuses"], self.table["none"], route["name"])

    def test_access_is_that_of_the_table(self):
        for route in self.table["routes"]:
            told = self.document.operations[route["method"], route["path"]]
            self.assertEqual(told.get("x-access"), route["access"], route["name"])
            session = route["access"] and route["access"]["proof"] == "session"
            self.assertEqual(told["security"], [{"session": []}] if session else [], route["name"])
            headers = [self.document.resolved(one)["name"] for one in told.get("parameters", [])]
            self.assertEqual("X-Magwatch-Client" in headers, route["guard"] == "change", route["name"])

    def test_every_object_says_whether_it_may_hold_more(self):
        def look(node, where):
            if isinstance(node, list):
                for i, one in enumerate(node):
                    look(one, f"{where}/{i}")
            elif isinstance(node, dict):
                if "properties" in node and isinstance(node["properties"], dict) and "resourceType" not in node["properties"]:
                    self.assertIs(node.get("additionalProperties"), False, where)
                for name, one in node.items():
                    if name not in ("example", "examples"):
                        look(one, f"{where}/{name}")
        look(self.document.schemas, "schemas")

    def test_every_field_that_the_readers_ask_for_is_in_a_body(self):
        asked = set()
        for name in READERS:
            asked |= set(FIELD.findall((ROOT / "daemon/http" / name).read_text()))
        self.assertLess({"key", "not_possible", "over_seconds", "second_person", "fingerprint", "pin"}, asked)
        told = set()

        def look(node):
            if isinstance(node, list):
                for one in node:
                    look(one)
            elif isinstance(node, dict):
                told.update(node.get("properties", {}))
                for one in node.values():
                    look(one)
                if "$ref" in node:
                    look(self.document.resolved(node))
        for operation in self.document.operations.values():
            for schema in self.document.body_schemas(operation):
                look(schema)
        self.assertEqual(asked - told - FIELDS_BY_NAME, set())

    def test_the_examples_of_a_body_hold_every_field_that_is_told_of_it(self):
        for (_, path), operation in self.document.operations.items():
            examples = self.document.bodies(operation).values()
            for schema in self.document.body_schemas(operation):
                kind = schema["properties"].get("kind", {}).get("const")
                mine = [one for one in examples if kind is None or one["kind"] == kind]
                self.assertTrue(mine, (path, kind))
                shown = set().union(*mine)
                # The Unix socket asks for no PIN.
                pins = set() if path.endswith(("/people", "/unlock", "/setup")) else {"pin"}
                if path == "/api/v1/entries" and kind not in ("strike", "decision"):
                    pins |= {"corrects", "reason"}  # of every kind; one example shows both
                    shown -= {"corrects", "reason"}
                elif kind == "decision":
                    pins |= {"corrects"}
                if path.endswith("/protocol/step") or kind == "infusion":
                    pins |= {"second_pin"}
                self.assertEqual(set(schema["properties"]) - pins, shown, (path, kind))


class Running(WardTest):
    """Every answer of a demo daemon, through a night on its ward."""
    binary = BINARY
    beds = 3

    def setUp(self):
        super().setUp()
        self.document = Document()
        self.seen = {}  # operationId -> statuses that came
        web = self.ward.directory / "web"
        (web / "assets").mkdir(parents=True)
        (web / "index.html").write_text("<!doctype html><title>board</title>")
        (web / "assets/board-0123456789.js").write_text("0")
        roster = '[[roster]]\nname = "midwives"\nlast_resort = "midwife-1"\ngaps_to_last_resort = true\n'
        text = self.config.read_text().replace("[http]", f'[http]\nweb_root = "{web}"')
        text = text.replace("[escalation.high]", roster + "[escalation.high]")
        (self.ward.directory / "map.toml").write_text(MAP)
        self.config.write_text(text + f'''
[pager]
answer_url = "http://127.0.0.1:{self.ward.port}"
[[modbus]]
name = "monitor-1"
host = "127.0.0.1"
port = 1
map = "map.toml"
bed = "bed-1"
''')

    def ask(self, method, target, body=None, tcp=False, fits=None, **headers):
        """(status, answer), once the answer fits what the document says of it."""
        connection = http.client.HTTPConnection("localhost", self.ward.port, timeout=60)
        if not tcp:
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.settimeout(60)
            connection.sock.connect(str(self.ward.directory / "magwatchd.sock"))
        sent = {"Content-Type": "application/json", "X-Magwatch-Client": "test"} if method == "POST" else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, target, body if body is None or isinstance(body, str) else json.dumps(body), sent)
            reply = connection.getresponse()
            content_type, text = reply.getheader("Content-Type"), reply.read().decode()
        finally:
            connection.close()
        answer = json.loads(text) if "json" in content_type else text
        operation = self.document.operation(method, target)
        wrong = self.document.answer_mistakes(operation, reply.status, content_type, answer)
        self.assertEqual(wrong, [], (method, target, reply.status, text[:500]))
        self.seen.setdefault(operation["operationId"], set()).add(reply.status)
        if fits is not None:
            self.assertEqual(reply.status, fits, (method, target, body, text[:600]))
        return reply.status, answer

    def get_all(self):
        for path in ("metrics", "metrics/clinical", "healthz", "readyz", "", "assets/board-0123456789.js"):
            self.ask("GET", "/" + path, fits=200)
        for path in ("status", "beds", "alarms", "calls", "pages", "sources", "commissioning", "commissioning/monitor-1",
                     "oncall", "oncall/" + of_now("2026-03-01T04:00:00Z"), "backup", "people", "session"):
            self.ask("GET", "/api/v1/" + path, fits=200)
        for bed in ("bed-1", "bed-2", "bed-3"):
            for path in ("", "/prediction", "/limits", "/protocol", "/chart", "/trend", "/trend?points=10&signals=mg,reflex_knee"):
                self.ask("GET", f"/api/v1/beds/{bed}{path}", fits=200)

    def path(self, operation):
        return next(key for key, one in self.document.operations.items() if one["operationId"] == operation)

    def send(self, operation, name="", fits=200, parameter=None, **changes):
        method, path = self.path(operation)
        body = self.document.bodies(self.document.operations[method, path])[name]
        return self.ask(method, re.sub(r"\{\w+\}", parameter or "", path), {**body, **changes}, fits=fits)[1]

    def refuse(self, operation, parameter=None, **changes):
        """A field that nobody knows, and each one that is missing."""
        method, path = self.path(operation)
        target = re.sub(r"\{\w+\}", parameter or "", path)
        examples = self.document.bodies(self.document.operations[method, path])
        for schema in self.document.body_schemas(self.document.operations[method, path]):
            kind = schema["properties"].get("kind", {}).get("const")
            if kind == "strike":
                continue  # what it names is looked for first
            body = next(one for one in examples.values() if kind is None or one["kind"] == kind) | changes
            status, answer = self.ask(method, target, {**body, "nonsense": 1})
            self.assertEqual((status, answer["field"]), (422, "nonsense"), (operation, kind, answer))
            for name in schema.get("required", []):
                status, answer = self.ask(method, target, {key: value for key, value in body.items() if key != name})
                self.assertEqual((status, answer["field"].split(".")[0]), (422, name), (operation, kind, answer))

    def stream_until(self, wanted, act):
        """Reads the live stream until an event of each name came; `act` happens after the first."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ward.port, timeout=60)
        connection.request("GET", "/api/v1/stream")
        reply = connection.getresponse()
        media = self.document.operation("GET", "/api/v1/stream")["responses"]["200"]["content"]["text/event-stream"]
        self.assertEqual((reply.status, reply.getheader("Content-Type").split(";")[0]), (200, "text/event-stream"))
        came, name = set(), None
        while not wanted <= came:
            line = reply.readline().decode().rstrip("\n")
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                wrong = self.document.mistakes(media["x-events"][name], json.loads(line.removeprefix("data: ")))
                self.assertEqual(wrong, [], name)
                if not came:
                    act()
                came.add(name)
        self.seen["stream"] = {200}
        connection.close()

    def chart(self):
        """Every kind of entry, as the document shows it."""
        for name in self.document.bodies(self.document.operation("POST", "/api/v1/entries")):
            if name not in ("stop", "decision", "reflex", "correction", "strike"):
                self.send("entries", name)
        self.send("entries", "decision", about="setting")
        self.send("entries", "reflex")
        ids = {one["kind"]: one["id"] for one in self.ask("GET", "/api/v1/beds/bed-1/chart", fits=200)[1]["entries"]}
        self.send("entries", "correction", corrects=ids["reflex"])
        self.send("entries", "strike", corrects=ids["weight"])

    def commission(self):
        device = self.ask("GET", "/api/v1/commissioning/monitor-1", fits=200)[1]["device"]
        true = {"fingerprint": device["fingerprint"], "place": device["place"], "left_out": []}
        self.refuse("commission", "monitor-1", **true)
        self.send("commission", parameter="monitor-1", fits=409, **{**true, "place": "elsewhere"})
        self.send("commission", parameter="monitor-1", fits=409, **true)  # one value alone is no comparison
        pairs = [{"bed": "bed-1", "signal": "rr", "screen": screen, "looks": 2, "at": of_now("2026-03-01T02:14:00Z"), **read}
                 for screen, read in (("14", {"read": 14}), ("28", {"read": 28}), ("none", {}))]
        self.send("commission", parameter="monitor-1", **{**true, "pairs": pairs})
        device = self.ask("GET", "/api/v1/commissioning/monitor-1", fits=200)[1]
        self.assertIsNotNone(device["device"]["record"])
        self.assertIsNotNone(device["sealed"])
        self.refuse("commission_revoke", "monitor-1")
        self.send("commission_revoke", parameter="monitor-1")

    def crisis(self):
        """A reflex is lost: a call, its answers, the checklist and a page's link."""
        self.stream_until({"snapshot", "update", "heartbeat"}, lambda: self.send(
            "entries", "reflex", key="n1-lost", value=0, at=of_now("2026-03-01T02:14:20Z")))
        call = wait_for("call", self.ward.calls, 60)[0]
        alarm = self.ward.json("alarms")["alarms"][0]
        self.get_all()
        rule = self.ask("GET", f"/api/v1/alarms/{alarm['id']}/rule", fits=200)[1]
        self.assertEqual((rule["rule"], rule["bed"]), (alarm["rule"], alarm["bed"]))
        self.refuse("acknowledge", alarm["id"])
        self.send("acknowledge", parameter=alarm["id"])
        self.refuse("shelve", alarm["id"])
        self.send("shelve", parameter=alarm["id"], fits=409)  # it is about the patient
        self.ward.chart(kind="infusion", key="n1-changed", value=0.5, unit="g/h")
        self.refuse("check_rate", "bed-1")
        self.send("check_rate", parameter="bed-1")
        self.send("check_rate", parameter="bed-1", fits=409)
        self.refuse("pause", "bed-1")
        self.send("pause", parameter="bed-1")
        self.refuse("call_again", call["id"])
        self.send("call_again", parameter=call["id"])
        self.refuse("call_phoned", call["id"])
        self.send("call_phoned", parameter=call["id"])
        self.refuse("here")
        self.send("here")
        self.refuse("answer_call", call["id"])
        self.send("answer_call", parameter=call["id"])
        self.answer_by_link()
        self.refuse("protocol_open", "bed-1")
        self.send("protocol_open", parameter="bed-1")
        self.refuse("protocol_step", "bed-1")
        self.send("protocol_step", "done", parameter="bed-1")
        self.send("protocol_step", "start", parameter="bed-1")
        self.send("protocol_step", "not done", parameter="bed-1", step="tilt")
        self.get_all()
        self.refuse("protocol_close", "bed-1")
        self.send("protocol_close", parameter="bed-1")

    def answer_by_link(self):
        links = wait_for("page with links", lambda: [one["page"] for one in self.ward.receiver.arrived()
                                                     if "answers" in one["page"]], 60)[-1]["answers"]
        path = "/answer/" + links["here"].rpartition("/")[2]
        form = {"Content_Type": "application/x-www-form-urlencoded"}
        self.ask("GET", path, tcp=True, fits=200)
        self.ask("POST", path, "", tcp=True, fits=200, **form)
        self.ask("GET", "/answer/x", tcp=True, fits=404)
        self.ask("POST", "/answer/x", "", tcp=True, fits=404, **form)
        self.ask("POST", path, "", tcp=True, fits=415)

    def leave(self):
        self.send("watch_transfer")
        self.send("watch_confirm")
        self.send("entries", "stop", bed="bed-2")
        self.send("entries", "decision", bed="bed-2", key="n1-after")
        self.get_all()
        self.send("watch_start", bed="bed-3", hammer_at_bed=False)
        alarms = self.ask("GET", "/api/v1/alarms", fits=200)[1]["alarms"]
        known = next(one["id"] for one in alarms if one["rule"] == "technical.preparation")
        self.send("shelve", parameter=known)
        self.get_all()
        self.refuse("unshelve", known)
        self.send("unshelve", parameter=known)
        self.send("watch_end", bed="bed-3")

    def people(self):
        for operation in ("people_set", "session_unlock", "session_lock", "board_sound"):
            self.send(operation)
        self.refuse("board_sound")
        for operation in ("setup", "setup_code"):
            self.send(operation, fits=409)  # in a demo everybody has a PIN
        self.refuse("people_set")
        self.refuse("session_unlock")
        self.ask("POST", "/api/v1/session/unlock", {"person": "midwife-1", "pin": "000000"}, tcp=True, fits=401)
        self.ask("POST", "/api/v1/people", {"name": "x"}, tcp=True, fits=403)

    def test_every_answer_is_as_the_document_says(self):
        self.start()
        self.assertFalse(self.ward.json("status")["fallback"], self.ward.daemon_log())
        self.get_all()
        for operation in ("watch_start", "watch_transfer", "watch_confirm", "watch_end", "entries", "oncall_set",
                          "oncall_take_back", "test_page", "backup_copy"):
            if operation != "backup_copy":  # all of its fields are optional
                self.refuse(operation)
        self.send("watch_start")
        self.refuse("limits", "bed-1")
        self.send("limits", "set", parameter="bed-1")
        self.chart()
        self.get_all()
        self.commission()
        self.crisis()
        self.send("limits", "end", parameter="bed-1")
        self.send("oncall_set", "for a while")
        self.send("oncall_set", "until")
        self.get_all()
        self.send("oncall_take_back")
        self.send("test_page")
        self.people()
        self.leave()
        self.get_all()
        for path in ("export.csv", "export.fhir.json"):
            self.ask("GET", f"/api/v1/beds/bed-2/{path}", fits=200)
        self.send("backup_copy")
        wait_for("copies", lambda: self.ask("GET", "/api/v1/backup")[1]["copy"]["state"] == "ready", 60)
        for method, target in (("GET", "/api/v1/beds/bed-9"), ("GET", "/api/v1/oncall/yesterday"), ("GET", "/assets/none"),
                               ("GET", "/api/v1/beds/bed-9/limits"), ("GET", "/api/v1/commissioning/nobody"),
                               ("POST", "/api/v1/calls/9/answer")):
            self.ask(method, target, {"person": "midwife-1", "answer": "here"} if method == "POST" else None, fits=404)
        self.ask("GET", "/api/v1/beds?x=1", fits=400)
        self.ask("POST", "/api/v1/entries", "{", fits=400)
        never = {one["operationId"] for one in self.document.operations.values()} - {
            name for name, statuses in self.seen.items() if 200 in statuses}
        self.assertEqual(never, {"setup", "setup_code"}, "what no answer of 200 was seen of; of these two in system_audit")


if __name__ == "__main__":
    unittest.main()
