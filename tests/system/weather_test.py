#!/usr/bin/python3
"""Starting and reloading in bad weather: what is refused says why, and somebody is still watched.

  weather_test.py MAGWATCHD MAGWATCH
"""
import http.client
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import unittest

from ward_process import ROOT, WardTest, wait_for

CLI, BINARY = sys.argv.pop(2), sys.argv.pop(1)


def rules(ward):
    alarms = ward.json("alarms")
    return {a["rule"] for a in (alarms["alarms"] if isinstance(alarms, dict) else alarms)}


def watched(ward):
    beds = ward.json("beds")
    return [b for b in (beds["beds"] if isinstance(beds, dict) else beds) if b["watched"]]


class Weather(WardTest):
    binary = BINARY

    def spoil(self):
        self.config.write_text(self.config.read_text() + "\n[nonsense]\nkey = 1\n")

    def test_a_bad_file_at_a_cold_start_runs_the_last_good_one_and_says_so(self):
        self.start()
        self.ward.watch()
        self.ward.kill()
        self.spoil()
        # The journal's place stands in the file that cannot be read: the command line tells it.
        self.ward.extra = ["--state-directory", str(self.ward.directory / "state")]
        self.start()
        self.assertEqual(len(watched(self.ward)), 1)
        wait_for("fallback alarm", lambda: "technical.fallback" in rules(self.ward), 60)

    def test_a_bad_pack_at_the_first_start_runs_the_minimal_one(self):
        (self.ward.directory / "example.toml").write_text("this is no pack")
        self.ward.extra = ["--state-directory", str(self.ward.directory / "state")]
        self.start()
        self.ward.watch()
        wait_for("fallback alarm", lambda: "technical.fallback" in rules(self.ward), 60)
        self.ward.must("entries", {"key": "k", "bed": "bed-1", "person": "midwife-1", "kind": "reflex",
                                   "site": "knee", "value": 0})
        wait_for("the sign rings all the same", lambda: "reflex-absent" in rules(self.ward), 60)

    def test_a_bad_file_of_a_ward_that_watched_nobody_runs_the_last_good_one_too(self):
        nobody = (ROOT / "systemd/magwatch.toml").read_text()  # as it is shipped
        nobody = nobody.replace("/var/lib/magwatch", str(self.ward.directory / "state"))
        nobody = nobody.replace('listen = "127.0.0.1:8300"', f'listen = "127.0.0.1:{self.ward.port}"\n'
                                f'socket = "{self.ward.directory}/magwatchd.sock"')
        self.config.write_text(nobody)
        self.start()
        self.ward.process.send_signal(signal.SIGTERM)  # not a kill: nothing here waits for the first commit
        self.assertEqual(self.ward.process.wait(60), 0)
        self.spoil()
        self.ward.extra = ["--state-directory", str(self.ward.directory / "state")]
        self.start()
        wait_for("fallback alarm", lambda: "technical.fallback" in rules(self.ward), 60)

    def test_without_any_configuration_ever_it_exits_78(self):
        self.config.write_text("[ward\n")
        done = subprocess.run([BINARY, "--config", str(self.config), "--state-directory",
                               str(self.ward.directory / "state")], capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn(b"magwatch.toml:1:", done.stderr)

    def test_a_journal_of_a_newer_magwatch_is_left_alone_and_ends_it_with_78(self):
        self.start()
        self.ward.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.ward.process.wait(60), 0)
        journal = self.ward.directory / "state/journal.db"
        database = sqlite3.connect(journal)
        database.execute("PRAGMA user_version=70000")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        before = journal.read_bytes()
        self.ward.start()
        self.assertEqual(self.ward.process.wait(60), 78, self.ward.daemon_log())
        self.assertIn("it was made by a newer one", self.ward.daemon_log())
        self.assertEqual(journal.read_bytes(), before)

    def test_a_reload_is_all_or_nothing(self):
        self.start()
        self.ward.watch()
        good = self.config.read_text()
        self.spoil()
        self.ward.process.send_signal(signal.SIGHUP)
        wait_for("refusal", lambda: "technical.configuration" in rules(self.ward), 60)
        self.assertEqual(len(watched(self.ward)), 1)
        self.config.write_text(good + '\n[[bed]]\nalias = "bed-9"\nplace = "Ward L4 Bed 9"\n')
        self.ward.process.send_signal(signal.SIGHUP)
        wait_for("new bed", lambda: b"bed-9" in self.ward.get("/api/v1/beds")[1], 60)
        wait_for("refusal over", lambda: "technical.configuration" not in rules(self.ward), 60)
        self.assertEqual(len(watched(self.ward)), 1)

    def test_whoever_reloads_goes_on_with_the_new_file_in_force_or_knows_why_not(self):
        def reload():
            return subprocess.run([CLI, "config", "check", "--reload", str(self.ward.process.pid), self.config],
                                  capture_output=True, text=True, timeout=120)
        self.start()
        good = self.config.read_text()
        self.config.write_text(good + '\n[[bed]]\nalias = "bed-9"\nplace = "Ward L4 Bed 9"\n')
        done = reload()
        self.assertEqual(done.returncode, 0, done)
        self.assertNotIn("it was told", done.stderr)
        self.assertIn(b"bed-9", self.ward.get("/api/v1/beds")[1])
        self.config.write_text(good.replace(f'listen = "127.0.0.1:{self.ward.port}"', 'listen = "127.0.0.1:1"'))
        done = reload()
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("not in force after 10 s: New configuration refused: [http] takes a restart", done.stderr)

    def test_a_refusal_that_was_mended_while_nobody_ran_is_over_after_the_start(self):
        self.start()
        good = self.config.read_text()
        self.spoil()
        self.ward.process.send_signal(signal.SIGHUP)
        wait_for("refusal", lambda: "technical.configuration" in rules(self.ward), 60)
        self.ward.kill()
        self.config.write_text(good)
        self.start()
        wait_for("refusal over", lambda: "technical.configuration" not in rules(self.ward), 120)

    def test_a_pack_whose_case_fails_is_refused_and_the_old_one_runs_on(self):
        cases = (ROOT / "rules/packs/example.test.toml").read_text()
        beside = self.ward.directory / "example.test.toml"
        beside.write_text(cases)
        self.start()
        self.ward.watch()
        beside.write_text(cases.replace('expect = ["raised ', 'expect = ["raised 1', 1))
        self.ward.process.send_signal(signal.SIGHUP)

        def said():
            faults = {f["fault"]: f["detail"] for f in self.ward.json("status")["faults"]}
            return faults.get("configuration", "")

        self.assertIn("example.test.toml:", wait_for("refusal", said, 60))
        self.assertIn(" fails: expected, but not seen: ", said())
        # The same at a cold start: what ran before runs on, and says so.
        self.ward.kill()
        self.ward.extra = ["--state-directory", str(self.ward.directory / "state")]
        self.start()
        self.assertEqual(len(watched(self.ward)), 1)
        wait_for("fallback alarm", lambda: "technical.fallback" in rules(self.ward), 60)
        self.assertIn("the last good one runs", str(self.ward.json("status")))
        beside.write_text(cases)
        self.ward.process.send_signal(signal.SIGHUP)
        wait_for("fallback over", lambda: "technical.fallback" not in rules(self.ward), 60)

    def test_a_reload_that_drops_a_watched_bed_says_which_and_what_to_do(self):
        self.start()
        self.ward.watch()
        good = self.config.read_text()
        self.spoil()  # an earlier refusal must not hide the reason of this one
        self.ward.process.send_signal(signal.SIGHUP)
        wait_for("first refusal", lambda: "technical.configuration" in rules(self.ward), 60)
        self.config.write_text(good.replace('alias = "bed-1"', 'alias = "bed-7"'))
        self.ward.process.send_signal(signal.SIGHUP)

        def details():
            faults = {f["fault"]: f["detail"] for f in self.ward.json("status")["faults"]}
            alarms = [a["message"] for a in self.ward.json("alarms")["alarms"] if a["rule"] == "technical.configuration"]
            return [faults.get("configuration", "")] + alarms

        said = wait_for("the bed's name", lambda: details() if all("bed-1" in d for d in details()) else None, 60)
        self.assertEqual(len(said), 2)
        for text in said:
            self.assertIn("magwatch watch end bed-1", text)
            self.assertIn("magwatch watch transfer bed-1", text)
        self.assertEqual(len(watched(self.ward)), 1)
        # What it says works.
        self.ward.must("watch/end", {"bed": "bed-1", "person": "midwife-1", "reason": "moved",
                                     "second_person": "charge-1"})
        self.ward.process.send_signal(signal.SIGHUP)
        wait_for("new bed", lambda: b"bed-7" in self.ward.get("/api/v1/beds")[1], 60)
        wait_for("refusal over", lambda: "technical.configuration" not in rules(self.ward), 60)

    def test_a_disk_that_takes_nothing_does_not_stop_a_page(self):
        (self.ward.directory / "state").write_text("a file where the folder should be")
        self.start()
        wait_for("journal alarm", lambda: "technical.journal" in rules(self.ward), 60)
        self.ward.watch()
        self.ward.must("entries", {"key": "k", "bed": "bed-1", "person": "midwife-1", "kind": "reflex",
                                   "site": "knee", "value": 0})
        wait_for("page", lambda: [p for p in self.ward.receiver.arrived() if "No reflexes" in str(p)], 60)

    def test_the_shipped_configuration_starts_and_reloads_and_watches_nobody(self):
        shipped = (ROOT / "systemd/magwatch.toml").read_text()
        text = shipped.replace("/var/lib/magwatch", str(self.ward.directory / "state"))
        text = text.replace('listen = "127.0.0.1:8300"', f'listen = "127.0.0.1:{self.ward.port}"\n'
                            f'socket = "{self.ward.directory}/magwatchd.sock"')
        ward = (self.ward.directory / "magwatch.toml").read_text()
        (self.ward.directory / "magwatch.toml").write_text(text)
        self.start()
        for label in ("New", "Newer"):
            (self.ward.directory / "magwatch.toml").write_text(text.replace("Ward (not configured)", label))
            before = self.ward.json("status")["config_loaded"]
            self.ward.process.send_signal(signal.SIGHUP)
            wait_for("the reload", lambda: self.ward.json("status")["config_loaded"] != before, 60)
            status = self.ward.json("status")
            self.assertTrue(status["config_last_reload_successful"])
            self.assertEqual(status["beds"], 0)
            self.assertNotIn("technical.configuration", rules(self.ward))
        # From nobody to a ward.
        (self.ward.directory / "magwatch.toml").write_text(ward)
        self.ward.process.send_signal(signal.SIGHUP)
        wait_for("a bed", lambda: self.ward.json("status")["beds"] == 1, 60)

    def asked_by_socket(self, path):
        """What the API says on the Unix socket; None while nobody is there."""
        connection = http.client.HTTPConnection("localhost", timeout=10)
        try:
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.connect(str(self.ward.directory / "magwatchd.sock"))
            connection.request("GET", "/api/v1/" + path)
            return json.loads(connection.getresponse().read())
        except OSError:
            return None
        finally:
            connection.close()

    def test_a_port_that_is_taken_is_told_until_it_is_free_and_keeps_nobody_from_the_socket(self):
        def told():
            return "technical.configuration" in {alarm["rule"] for alarm in self.asked_by_socket("alarms")["alarms"]}

        def reason():
            # None for a moment, where one reason takes the place of another.
            faults = {fault["fault"]: fault["detail"] for fault in self.asked_by_socket("status")["faults"]}
            return faults.get("configuration", "")

        def reload():
            status = self.asked_by_socket("status")
            self.ward.process.send_signal(signal.SIGHUP)
            return status["config_loaded"]

        with socket.create_server(("127.0.0.1", self.ward.port)) as other:
            self.ward.start()
            wait_for("the socket", lambda: self.asked_by_socket("status"), 60)
            self.ward.watch()
            wait_for("it is told", told, 60)
            wait_for("its reason", lambda: reason() == "HTTP cannot listen", 20)
            before = reload()
            wait_for("the reload", lambda: self.asked_by_socket("status")["config_loaded"] != before, 60)
            wait_for("it is told after a reload", told, 20)
            wait_for("its reason after a reload", lambda: reason() == "HTTP cannot listen", 20)
            good = self.config.read_text()
            self.spoil()
            reload()
            wait_for("both are told", lambda: reason().startswith("New configuration refused: ") and
                     reason().endswith(". HTTP cannot listen"), 60)
            other.close()
            self.ward.ready()
        wait_for("the refusal alone", lambda: reason().startswith("New configuration refused: ") and
                 "HTTP" not in reason(), 60)
        self.config.write_text(good)
        reload()
        wait_for("it is over", lambda: not told(), 60)
        self.assertEqual(reason(), "")
        self.assertEqual(len(watched(self.ward)), 1)

    def test_an_hl7_port_that_is_taken_is_told_and_heard_as_soon_as_it_is_free(self):
        def reason():
            return {fault["fault"]: fault["detail"] for fault in self.ward.json("status")["faults"]}.get("configuration", "")

        def connected():
            try:
                socket.create_connection(("127.0.0.1", port), 5).close()
                return True
            except OSError:
                return False

        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            self.config.write_text(self.config.read_text() + f'\n[hl7]\nlisten = "127.0.0.1:{port}"\n'
                                   '[[hl7.source]]\nname = "gateway"\napplication = "GW"\nzone = "+00:00"\n'
                                   'beds = { "1" = "bed-1" }\n')
            self.start()
            wait_for("it is told", lambda: reason().startswith(f"HL7 cannot listen on 127.0.0.1:{port}: "), 60)
            wait_for("its alarm", lambda: "technical.configuration" in rules(self.ward), 60)
            sources = {s["name"]: s for s in self.ward.json("sources")["sources"]}
            self.assertFalse(sources["gateway"]["connected"])
        wait_for("it is heard", connected, 60)
        wait_for("it is over", lambda: not reason(), 60)

    def test_a_reload_that_names_a_secret_which_cannot_be_read_changes_nothing(self):
        self.start()
        good = self.config.read_text()
        self.assertIn('secret = "', good)
        before, _, after = good.partition('secret = "')
        self.config.write_text(before + 'secret = "file:/there/is/none' + after[after.index('"'):])
        self.ward.process.send_signal(signal.SIGHUP)

        def refused():
            faults = {f["fault"]: f["detail"] for f in self.ward.json("status")["faults"]}
            return "/there/is/none" in faults.get("configuration", "")

        wait_for("refusal", refused, 60)
        self.ward.watch()
        self.ward.must("entries", {"key": "k", "bed": "bed-1", "person": "midwife-1", "kind": "reflex",
                                   "site": "knee", "value": 0})
        wait_for("page", lambda: [p for p in self.ward.receiver.arrived() if "No reflexes" in str(p)], 60)

    def test_sigterm_ends_cleanly_and_soon(self):
        self.start()
        self.ward.process.terminate()
        self.assertEqual(self.ward.process.wait(15), 0)

    def test_asked_to_stop_by_several_it_stops_once(self):
        self.start()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
            self.ward.process.send_signal(number)
        self.assertEqual(self.ward.process.wait(15), 0)
        self.assertEqual(self.ward.daemon_log().count("stopping: nobody watches"), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
