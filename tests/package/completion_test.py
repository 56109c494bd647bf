#!/usr/bin/python3
"""What bash and zsh complete, asked of the shells themselves, against what the program's --help names.

  completion_test.py MAGWATCH FOLDER_OF_COMPLETIONS
"""
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time
import unittest

MAGWATCH, FOLDER = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
BASH, ZSH = os.path.join(FOLDER, "magwatch"), os.path.join(FOLDER, "_magwatch")


def told_by_help(path):
    """The subcommands and options that `magwatch PATH --help` names."""
    text = subprocess.run([MAGWATCH, *path, "--help"], capture_output=True, text=True, check=True).stdout
    part, commands, options = "", [], []
    for line in text.splitlines():
        if re.fullmatch(r"\w+:", line):
            part = line
        elif part == "Subcommands:" and re.match(r"  \S", line):
            commands.append(line.split()[0])
        elif part == "Options:":
            option = re.match(r"  (?:-\w,)?(--[\w-]+)", line)
            if option:
                options.append(option.group(1))
    return commands, options


def every_command(path=()):
    commands, options = told_by_help(path)
    yield list(path), commands, options
    for name in commands:
        yield from every_command((*path, name))


def bash_many(lines):
    """For each line of words, of which the last is being typed, what bash would offer."""
    script = f"source {BASH}\n"
    for words in lines:
        quoted = " ".join("'" + word + "'" for word in words)
        script += (f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; COMPREPLY=(); _magwatch\n"
                   'printf "%s\\n" "${COMPREPLY[@]}"; echo ---\n')
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == "", done.stderr
    return [sorted(filter(None, part.split("\n"))) for part in done.stdout.split("---\n")[:-1]]


def bash(*words):
    return bash_many([words])[0]


class Zsh:
    """A zsh on a terminal of its own."""

    def __init__(self, folder):
        environment = {"PATH": os.environ["PATH"], "TERM": "dumb", "HOME": folder, "ZDOTDIR": folder, "LANG": "C"}
        with open(os.path.join(folder, ".zshrc"), "w") as start:
            start.write(f"PROMPT='READY> '; fpath=({FOLDER} $fpath); unsetopt beep; LISTMAX=10000\n"
                        f"autoload -Uz compinit; compinit -u -d {folder}/dump\n")
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe("zsh", ["zsh", "-d", "-i"], environment)
        self.ask("", "READY> ")

    def ask(self, typed, until, seconds=60):
        """Types, and waits for what the shell makes of it."""
        os.write(self.terminal, typed.encode())
        seen, end = "", time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self.terminal], [], [], 0.1)[0]:
                seen += os.read(self.terminal, 65536).decode(errors="replace")
            if re.search(until, seen):
                return seen
        raise AssertionError(f"zsh never showed {until!r}: {seen!r}")

    def close(self):
        os.close(self.terminal)
        os.waitpid(self.pid, 0)


class Completion(unittest.TestCase):
    def test_bash_offers_every_command_and_option_and_nothing_else(self):
        all_of_it = list(every_command())
        self.assertGreater(len(all_of_it), 50)
        for (path, commands, options), typed in zip(
                all_of_it, bash_many([["magwatch", *path, "-"] for path, _, _ in all_of_it])):
            self.assertEqual(typed, sorted(options), path)
        for (path, commands, options), typed in zip(
                all_of_it, bash_many([["magwatch", *path, ""] for path, _, _ in all_of_it])):
            if commands:
                self.assertEqual(typed, sorted(commands + options), path)

    def test_bash_offers_what_a_value_may_be(self):
        self.assertEqual(bash("magwatch", "enter", "reflex", "--site", ""), ["arm", "knee"])
        self.assertEqual(bash("magwatch", "enter", "avpu", "--"), sorted(told_by_help(["enter", "avpu"])[1]))
        self.assertEqual(bash("magwatch", "watch", "start", "bed-1", "--epidural", "y"), ["yes"])
        self.assertEqual(bash("magwatch", "enter", "level", "--person", ""), [])
        self.assertEqual(bash("magwatch", "ent"), ["enter"])

    def test_bash_takes_no_value_for_a_command(self):
        self.assertIn("--grade", bash("magwatch", "enter", "reflex", "--person", "status", "--g"))

    def test_bash_offers_files_where_files_are_meant(self):
        self.assertIn("/etc/passwd", bash("magwatch", "config", "check", "/etc/passw"))
        self.assertIn("/etc/passwd", bash("magwatch", "replay", "--pack", "/etc/passw"))
        self.assertEqual(bash("magwatch", "enter", "level", "/etc/passw"), [])

    def test_zsh_reads_it_and_completes(self):
        subprocess.run(["zsh", "-n", ZSH], check=True)
        with tempfile.TemporaryDirectory() as folder:
            zsh = Zsh(folder)
            try:
                # Single matches are written out on the line; several are listed.
                zsh.ask("magwatch ent\t", "magwatch enter ")
                zsh.ask("ref\t", "reflex ")
                zsh.ask("--gra\t", "--grade ")
                zsh.ask("2 --site kn\t", "knee ")
                zsh.ask("\x15magwatch config check /etc/os-rel\t", "/etc/os-release ")
                listed = zsh.ask("\x15magwatch rules c\t", r"coverage +--")
                self.assertRegex(listed, r"cases +-- incidents")
            finally:
                zsh.close()


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]], verbosity=2)
