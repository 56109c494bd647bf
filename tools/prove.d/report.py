"""What was seen, beside what is wanted: one verdict for each figure, and a page that a person reads."""
import json
import pathlib

ALL_GOALS = [f"G{number}" for number in range(1, 29)]


def number(value):
    if value is None:
        return "none"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def bar(figure):
    words = [f"at most {number(figure.most)}"] * (figure.most is not None)
    words += [f"at least {number(figure.least)}"] * (figure.least is not None)
    words += [f"{number(figure.wanted)} wanted"] * (figure.wanted is not None)
    return ", ".join(words) or "none"


def verdict(figure, step, total):
    """`total`: the figure over all runs of this commit."""
    if step.failed or figure.broken():
        return "missed"
    if figure.value is None:
        return "no figure" if step.state == "run" else step.state
    if figure.wanted is not None and (total or 0) < figure.wanted:
        return f"held, {100 * (total or 0) / figure.wanted:.0f} % of the size"
    return "reached"


def key_of(figure):
    return (figure["goal"], figure["what"])


def earlier_runs(folder, commit):
    """The results of other runs of this commit in the same folder; none if files were changed since the commit."""
    if not commit or commit.endswith("+"):
        return
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        try:
            result = json.loads(path.read_text())
        except (OSError, ValueError):
            continue
        if isinstance(result, dict) and result.get("commit") == commit:
            yield result


def totals(steps, earlier):
    """{(goal, what): the figure over this run and the earlier ones}; only sums grow by more runs."""
    total = {}
    for step in steps:
        for figure in step.figures:
            if figure.combine == "sum":
                total[(figure.goal, figure.what)] = figure.value or 0
    for result in earlier:
        for step in result.get("steps", []):
            for figure in step["figures"] if not step["failed"] else []:
                if key_of(figure) in total:
                    total[key_of(figure)] += figure["value"] or 0
    return total


def judged(steps, earlier):
    """One row for each figure, in the order of the goals."""
    total, rows = totals(steps, earlier), []
    before = {key_of(row) for result in earlier for row in result["figures"] if row["verdict"].startswith("missed")}
    for step in steps:
        for figure in step.figures:
            whole = total.get((figure.goal, figure.what), figure.value)
            word = verdict(figure, step, whole)
            if word != "missed" and (figure.goal, figure.what) in before:
                word = "missed in an earlier run"
            rows.append({"goal": figure.goal, "what": figure.what, "figure": figure.value, "all_runs": whole,
                         "bar": bar(figure), "verdict": word, "step": step.name})
    return sorted(rows, key=lambda row: int(row["goal"][1:]))


def cell(text):
    return str(text).replace("|", "\\|").replace("\n", " ")


def markdown(head, steps, rows, goals):
    lines = ["# Proof", ""]
    lines += [f"- {what}: {value}" for what, value in head.items()]
    lines += ["", "| Goal | What | This run | All runs of this commit | Bar | Verdict |", "|---|---|---|---|---|---|"]
    for row in rows:
        lines.append("| " + " | ".join(map(cell, (row["goal"], row["what"], number(row["figure"]),
                                                  number(row["all_runs"]), row["bar"], row["verdict"]))) + " |")
    without = [goal for goal in goals if goal not in {row["goal"] for row in rows}]
    lines += [f"| {goal} | nothing measures it | | | | missing |" for goal in without]
    lines += ["", "## Steps", "", "| Step | Goals | Rounds | Seconds | State |", "|---|---|---|---|---|"]
    for step in steps:
        lines.append("| " + " | ".join(map(cell, (step.name, " ".join(step.goals), step.rounds, f"{step.spent:.0f}",
                                                  "failed" if step.failed else step.state))) + " |")
    wrong = [(step, words) for step in steps for words in step.failed]
    if wrong:
        lines += ["", "## What went wrong", ""] + [f"- {step.name}: {words}" for step, words in wrong]
    return "\n".join(lines) + "\n"
