"""The steps of a plan, and how one is run: round after round, each with a seed of its own, until its time is over."""
import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEEDS_A_ROUND = 100_000  # a round may take its seed and those after it
END_S = 20  # for a program that is asked to end
KEYS = {"goals", "name", "command", "each", "build", "targets", "share", "seconds", "limit", "needs", "once", "figures"}


class BadPlan(Exception):
    pass


@dataclasses.dataclass
class Figure:
    """One number of what a step prints. `pattern` has one group; without a pattern every good round counts 1."""
    goal: str
    what: str
    pattern: str = ""
    combine: str = "sum"        # of all that match, in all rounds: sum, max or min
    most: float | None = None   # the goal is missed above
    least: float | None = None  # the goal is missed below
    wanted: float | None = None  # a release wants so many in all
    value: float | None = None

    def add(self, numbers):
        if numbers:
            before = [] if self.value is None else [self.value]
            self.value = {"sum": sum, "max": max, "min": min}[self.combine](before + numbers)

    def read(self, output, good):
        if not self.pattern:
            self.add([1.0] if good else [])
            return
        self.add([float(number.replace(",", "")) for number in re.findall(self.pattern, output)])

    def broken(self):
        if self.value is None:
            return False
        above = self.most is not None and self.value > self.most
        return above or (self.least is not None and self.value < self.least)


@dataclasses.dataclass
class Step:
    goals: list
    name: str
    command: list
    figures: list
    build: str = "dev"          # preset; its programs are {bin}
    targets: list = dataclasses.field(default_factory=list)
    share: float = 1            # of the time
    seconds: float = 0          # the longest that {seconds} may be in one round; 0: the whole slice
    limit: float = 3600         # s; a round that takes longer is ended, and has failed
    needs: float = 0            # s; with less it is not run
    once: bool = False          # a second round would say nothing new
    rounds: int = 0
    failed: list = dataclasses.field(default_factory=list)  # what went wrong, in words
    spent: float = 0
    state: str = "not run"      # or "run", "interrupted", "not built", "not run: it needs 2.0 h"


def expanded(table):
    """The table once for each word of its `each`."""
    words = table.pop("each", None)
    if words is None:
        return [table]
    text = json.dumps(table)
    return [json.loads(text.replace("{each}", word)) for word in words]


def read_plan(path):
    try:
        with open(path, "rb") as file:
            tables = tomllib.load(file)["step"]
        steps = []
        for table in [one for table in tables for one in expanded(table)]:
            unknown = set(table) - KEYS
            if unknown:
                raise BadPlan(f"{path}: no such key: {sorted(unknown)[0]}")
            figures = [Figure(**{"goal": table["goals"][0], **figure}) for figure in table.pop("figures")]
            for figure in figures:
                if figure.pattern and re.compile(figure.pattern).groups != 1:
                    raise BadPlan(f"{path}: '{figure.pattern}' needs one group")
            if {figure.goal for figure in figures} != set(table["goals"]):
                raise BadPlan(f"{path}: '{table['name']}' needs a figure for each of its goals, and for no other")
            steps.append(Step(figures=figures, **table))
        return steps
    except (OSError, KeyError, TypeError, re.error, tomllib.TOMLDecodeError) as problem:
        raise BadPlan(f"{path}: {problem}") from None


def end(process):
    """Ends what was started here with all that it started; it has a session of its own."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(END_S)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue


def run_round(step, words, log, scratch):
    """None if it went well, else in words what did not."""
    with open(log, "ab") as output:
        process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                   start_new_session=True, env={**os.environ, "TMPDIR": str(scratch)})
        try:
            status = process.wait(step.limit)
        except subprocess.TimeoutExpired:
            end(process)
            return f"took longer than {step.limit:.0f} s"
        except BaseException:
            end(process)
            raise
    return None if status == 0 else f"ended with {status}"


def run_step(step, until, seed, places, progress):
    """Rounds until that instant; the first begins in any case. `places` fills {bin}, {build} and {root}."""
    began = time.monotonic()
    step.state = "interrupted"
    folder = pathlib.Path(places["logs"])
    try:
        while True:
            started = time.monotonic()
            seconds = max(1, int(min(until - started, step.seconds or until - started)))
            fill = {**places, "seed": seed + step.rounds * SEEDS_A_ROUND, "seconds": seconds}
            words = [str(word).format_map(fill) for word in step.command]
            log = folder / f"{re.sub(r'[^a-z0-9]+', '-', step.name.lower())}-{step.rounds + 1}.log"
            wrong = run_round(step, words, log, places["scratch"])
            step.rounds += 1
            step.spent = time.monotonic() - began
            output = log.read_text(errors="replace")
            for figure in step.figures:
                figure.read(output, wrong is None)
            if wrong:
                step.failed.append(f"round {step.rounds} {wrong}: {log}")
            progress(step)
            mean = step.spent / step.rounds
            if step.once or time.monotonic() + mean > until:
                break
        step.state = "run"
    except FileNotFoundError as problem:
        step.state = "run"
        step.rounds += 1
        step.failed.append(f"cannot be started: {problem}")
    finally:
        step.spent = time.monotonic() - began


def slices(steps, seconds, run):
    """Calls run(step, until) for each; what a step leaves goes to those after it, and a step for which no time is
    left is not run."""
    finish = time.monotonic() + seconds
    for at, step in enumerate(steps):
        left = finish - time.monotonic()
        mine = left * step.share / sum(s.share for s in steps[at:])
        if mine < step.needs:
            step.state = f"not run: it needs {step.needs / 3600:.1f} h"
        elif left > 0:
            run(step, time.monotonic() + mine)


def as_json(step):
    table = dataclasses.asdict(step)
    return json.loads(json.dumps(table))
