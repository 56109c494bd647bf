#!/usr/bin/python3
"""A site that expects a ward board hears when none shows the ward: [http] boards_expected.

  boards_test.py MAGWATCHD
"""
import sys
import unittest

from board_streams import Reader, faults
from ward_process import WardTest, wait_for

BINARY = sys.argv.pop(1)


class Boards(WardTest):
    binary = BINARY

    def expect(self, boards):
        self.config.write_text(self.config.read_text().replace("[http]", f"[http]\nboards_expected = {boards}"))
        self.start()
        self.assertFalse(self.ward.json("status")["fallback"], self.ward.daemon_log())

    def reader(self, board):
        one = Reader(self.ward.port, board)
        self.addCleanup(one.close)
        return one

    def told(self):
        return faults(self.ward).get("board")

    def test_a_watched_ward_without_its_board_is_a_fault_until_one_is_live(self):
        self.expect(1)
        self.assertIsNone(self.told(), "nobody is watched")
        self.ward.watch()
        wait_for("fault", lambda: self.told() == "No ward board is live", 30)
        program = self.reader(board=False)
        wait_for("stream", lambda: program.heard("heartbeat"), 30)
        self.assertIsNotNone(self.told(), "a program that reads is no board")
        board = self.reader(board=True)
        wait_for("its end", lambda: self.told() is None, 30)
        board.close()
        wait_for("fault again", self.told, 30)

    def test_each_board_that_is_missing_is_told(self):
        self.expect(2)
        self.ward.watch()
        self.reader(board=True)
        wait_for("one of two", lambda: self.told() == "1 of 2 ward boards are live", 30)
        self.reader(board=True)
        wait_for("its end", lambda: self.told() is None, 30)

    def test_who_expects_none_hears_nothing(self):
        self.start()
        self.ward.watch()
        board = self.reader(board=True)
        wait_for("stream", lambda: board.heard("heartbeat"), 30)
        board.close()
        self.assertIsNone(self.told())


if __name__ == "__main__":
    unittest.main()
