#!/usr/bin/python3
"""Debian's prometheus scrapes the server, and its query API gives the series back."""
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../../support")]
import support  # noqa: E402
from ports import free_port  # noqa: E402
from support import FakeWard  # noqa: E402

CONFIG = """
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: magwatch
    static_configs: [{targets: ["127.0.0.1:%d"]}]
"""
QUERIES = [
    'up{job="magwatch"} == 1', "magwatch_build_info",
    'sum by (priority) (magwatch_alarms_active{kind="physiological"})',
    "max(magwatch_pages_unanswered)", "time() - magwatch_rule_last_evaluation_timestamp_seconds",
    "sum(rate(magwatch_http_requests_total[1m]))", "sum by (rule) (increase(magwatch_alarms_raised_total[1d]))",
    "histogram_quantile(0.99, sum by (le) (rate(magwatch_rule_evaluation_duration_seconds_bucket[5m])))",
]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Prometheus(unittest.TestCase):
    def query(self, port, expression):
        url = "http://127.0.0.1:%d/api/v1/query?%s" % (port, urllib.parse.urlencode({"query": expression}))
        try:
            with opener.open(url, timeout=10) as reply:
                answer = json.loads(reply.read())
        except OSError:
            return []
        return answer["data"]["result"] if answer["status"] == "success" else []

    def test_scrapes_and_answers(self):
        with FakeWard() as ward, tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "prometheus.yml"), "w", encoding="utf-8") as config:
                config.write(CONFIG % ward.port)
            port = free_port()
            with open(os.path.join(folder, "log"), "w", encoding="utf-8") as log:
                arguments = ["prometheus", "--config.file=%s/prometheus.yml" % folder,
                             "--storage.tsdb.path=%s/data" % folder, "--web.listen-address=127.0.0.1:%d" % port]
                prometheus = subprocess.Popen(arguments, stdout=log, stderr=log)
                try:
                    for expression in QUERIES:
                        deadline = time.monotonic() + 60
                        while not self.query(port, expression) and time.monotonic() < deadline:
                            time.sleep(0.2)
                        self.assertTrue(self.query(port, expression), expression)
                    active = self.query(port, 'magwatch_alarms_active{kind="physiological",priority="high"}')
                    self.assertEqual(active[0]["value"][1], "1")
                finally:
                    prometheus.terminate()
                    prometheus.wait(timeout=30)

    def test_promtool_finds_nothing_to_say(self):
        with FakeWard() as ward:
            text = ward.request("GET", "/metrics")[2]
            found = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
            self.assertEqual((found.returncode, found.stdout + found.stderr), (0, b""))


if __name__ == "__main__":
    support.PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
