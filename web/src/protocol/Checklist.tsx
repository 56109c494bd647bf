import { useEffect, useRef, useState } from "preact/hooks";
import { Said } from "../Dialog";
import { type Outcome, UNCONFIRMED, changeByKey, newKey, outcomeWords } from "../api/client";
import type { Bed, Checklist as List, Give, Step } from "../api/types";
import { link, unlocking } from "../navigation";
import { bedOf, callOf, serverNow, usable, ward } from "../live/store";
import { PersonPicker } from "../people/PersonPicker";
import { PersonPin } from "../people/PersonPin";
import { labelOf, unlocked } from "../people/session";
import { callWords } from "../board/BedCard";
import { beep } from "../sound/sounder";
import { clockTime, stopwatch, timerWords } from "../words/times";

type Act = "done" | "start" | "second" | "better" | "result" | "not-done";

interface Asking {
  step: Step;
  act: Act;
  words: string;
}

/** Full screen, one column, black on white also at night. Any order; the stop stays on top until it is done. */
export function ChecklistScreen(props: { bed: string }) {
  const bed = bedOf(props.bed);
  const list = bed?.checklist ?? null;
  return (
    <main class="checklist">
      {bed !== undefined && list !== null ? <Open key={list.opened} bed={bed} list={list} /> : <None bed={bed} />}
    </main>
  );
}

function None(props: { bed: Bed | undefined }) {
  const { bed } = props;
  if (bed === undefined) return <h1>There is no such bed</h1>;
  return (
    <>
      <h1>{bed.place}: no checklist is open</h1>
      <Branches bed={bed.alias} above={null} />
      <div class="actions">
        <a class="button tall" href={link("bed", bed.alias)}>
          Back to the bed
        </a>
      </div>
    </>
  );
}

/** From the least to the gravest, as the server ranks them. */
const BRANCHES = [
  ["grade1", "Reflexes lost, high level or dose error"],
  ["grade2", "Slow breathing, low oxygen, slow heart"],
  ["arrest", "ARREST"],
] as const;

/**
 * Opens a list by hand, also again after one that was closed; with `above`, the branch of an open one, makes it graver.
 * Each branch has a key of its own: another one is another act.
 */
function Branches(props: { bed: string; above: string | null }) {
  const { bed, above } = props;
  const [branch, setBranch] = useState<string | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const keys = useRef(new Map<string, string>());
  const of = BRANCHES.slice(BRANCHES.findIndex(([value]) => value === above) + 1);
  if (of.length === 0) return null;
  async function open(now: string): Promise<void> {
    const who = unlocked.value;
    if (who === null) {
      unlocking.value = true;
      return;
    }
    const key = keys.current.get(now) ?? newKey();
    keys.current.set(now, key);
    const path = `/api/v1/beds/${encodeURIComponent(bed)}/protocol/open`;
    const body = { key, person: who.person, branch: now };
    const outcome = await changeByKey(path, body, () => setSaid("NOT CONFIRMED, checking"));
    if (outcome.kind !== "unconfirmed") keys.current.delete(now);
    if (outcome.kind === "saved") setBranch(null);
    setSaid(outcome.kind === "saved" ? null : outcomeWords(outcome));
  }
  return (
    <section class="branches no-print">
      <fieldset class="choices">
        <legend>
          {above === null ? "Open the calcium gluconate checklist by hand for" : "Is it worse? Make this list graver"}
        </legend>
        {of.map(([value, label]) => (
          <button
            key={value}
            type="button"
            class="choice tall"
            aria-pressed={branch === value}
            onClick={() => setBranch(value)}
          >
            {above === null || value === "arrest" ? label : `GRAVER: ${label}`}
          </button>
        ))}
      </fieldset>
      <button
        type="button"
        class="tall primary"
        disabled={branch === null}
        onClick={() => branch !== null && void open(branch)}
      >
        {above === null ? "OPEN CHECKLIST" : "MAKE IT GRAVER"}
      </button>
      <Said text={said} />
    </section>
  );
}

function Open(props: { bed: Bed; list: List }) {
  const { bed, list } = props;
  const [asking, setAsking] = useState<(Asking & { turn: number }) | null>(null);
  const turn = useRef(0);
  /** What became of a question that is not on the screen any more, where it was not saved. */
  const [late, setLate] = useState<string | null>(null);
  const [closing, setClosing] = useState(false);
  const offset = ward.value?.offsetMinutes ?? 0;
  const steps = [...list.steps].sort((a, b) => Number(b.on_top) - Number(a.on_top));
  // Each question is a new one: the person, the words and the key of another step are not for it.
  const ask = (about: Asking) => {
    setLate(null);
    setAsking({ ...about, turn: ++turn.current });
  };
  return (
    <>
      {list.example && <p class="stamp">EXAMPLE protocol: approved by nobody. Not for patients.</p>}
      <h1>
        {bed.place} <span>{list.title}</span>
      </h1>
      <p class="about">
        {list.open ? `open ${stopwatch(serverNow.value - Date.parse(list.opened))}` : "CLOSED"} · {list.stamp}
      </p>
      <p class="why">Why: {list.why.map((w) => `${w.what} ${clockTime(Date.parse(w.at), offset)}`).join("; ")}.</p>
      <CallState bed={bed} />
      {list.precautions.map((p) => (
        <p key={p.id} class="precaution">
          {p.words}
        </p>
      ))}
      <ol>
        {steps.map((step) => (
          <StepRow key={step.id} step={step} number={list.steps.indexOf(step) + 1} ask={ask} open={list.open} />
        ))}
      </ol>
      {asking !== null && (
        <AskTap key={asking.turn} bed={bed.alias} asking={asking} done={() => setAsking(null)} late={setLate} />
      )}
      <Said text={late} />
      {closing && <CloseList bed={bed.alias} done={() => setClosing(false)} />}
      <div class="actions">
        {list.open && (
          <button type="button" class="tall" onClick={() => setClosing(true)}>
            CLOSE THE LIST: reason and doctor
          </button>
        )}
        <a class="button tall" href={link("board")}>
          Back to the board
        </a>
        <button type="button" class="tall" onClick={() => print()} disabled={!usable.value}>
          PRINT
        </button>
      </div>
      {list.closed !== null && (
        <p>
          Closed {clockTime(Date.parse(list.closed.at), offset)} by {labelOf(list.closed.by)}: {list.closed.reason}.
          Doctor: {list.closed.doctor}.
        </p>
      )}
      <Branches key={String(list.open)} bed={bed.alias} above={list.open ? list.branch : null} />
      <Printed list={list} />
      <p class="notice">{list.notice ?? "The team decides. This list does not replace the prescription."}</p>
    </>
  );
}

/** Every tap in its order, for the paper alone. */
function Printed(props: { list: List }) {
  const offset = ward.value?.offsetMinutes ?? 0;
  const taps = props.list.steps.flatMap((step) => step.taps.map((tap) => ({ ...tap, words: step.words })));
  const told = taps
    .sort((x, y) => x.at.localeCompare(y.at))
    .map((tap) => `${clockTime(Date.parse(tap.at), offset, true)} ${tap.words} ${tap.act.toUpperCase()} ${labelOf(tap.by)}`);
  return (
    <p class="print-only">
      Printed {clockTime(serverNow.value, offset)}, not live. Every tap: {told.join("; ")}.
    </p>
  );
}

function CallState(props: { bed: Bed }) {
  const calls = props.bed.alarms.map((alarm) => callOf(alarm.call)).filter((call) => call !== undefined);
  const words = [...new Set(calls.map(callWords))].join("; ");
  return words === "" ? null : <p class="about">Page: {usable.value ? words : "--"}</p>;
}

export function giveWords(give: Give): string {
  const times =
    give.started > 0 || give.most !== null ? ` (dose ${Math.max(1, give.started)} of at most ${give.most ?? "?"})` : "";
  return `${give.drug} ${give.concentration}: ${give.volume} (${give.dose}) over ${give.over}${times}`;
}

/** What may be tapped at a step now, in the order in which it is wanted. */
export function actsOf(step: Step): { act: Act; words: string }[] {
  const last = step.taps[step.taps.length - 1]?.act;
  switch (step.kind) {
    case "give": {
      const acts: { act: Act; words: string }[] = [];
      if (step.give?.second_check_missing) acts.push({ act: "second", words: "SECOND CHECK" });
      if (step.state === "running" && step.timer?.what === "giving") acts.unshift({ act: "done", words: "GIVEN" });
      else if (last !== "better")
        acts.unshift({ act: "start", words: step.taps.length > 0 ? "ONE MORE DOSE" : step.button });
      if (step.timer?.what === "repeat") acts.push({ act: "better", words: "BETTER: no more" });
      return acts;
    }
    case "sample":
      return step.state === "running"
        ? [{ act: "result", words: "RESULT IS BACK" }]
        : [{ act: "done", words: step.button }];
    case "check":
      return [{ act: "done", words: step.button }];
    default:
      return step.state === "done" ? [] : [{ act: "done", words: step.button }];
  }
}

function StepRow(props: { step: Step; number: number; ask: (asking: Asking) => void; open: boolean }) {
  const { step, open } = props;
  const offset = ward.value?.offsetMinutes ?? 0;
  const tap = step.taps[step.taps.length - 1];
  return (
    <li class={`step ${step.state}${step.on_top ? " on-top" : ""}`}>
      <div class="words">
        <span class="number">{props.number}</span> {step.words}
        {step.give !== null && <strong class="give">{giveWords(step.give)}</strong>}
        {step.give?.second_check_missing && <strong class="doubt">Second check MISSING</strong>}
        {step.doubt !== null && <strong class="doubt">{step.doubt.words}</strong>}
        {tap !== undefined && (
          <span class="tap">
            {tap.act.toUpperCase()} {clockTime(Date.parse(tap.at), offset)} {labelOf(tap.by)}
            {tap.text === null ? "" : `: ${tap.text}`}
          </span>
        )}
        {step.timer !== null && usable.value && <Timer what={step.timer.what} due={step.timer.due} />}
      </div>
      {open && (
        <div class="actions">
          {actsOf(step).map((a) => (
            <button key={a.act} type="button" class="tall primary" onClick={() => props.ask({ step, ...a })}>
              {a.words}
            </button>
          ))}
          {step.state === "open" && (
            <button type="button" class="tall" onClick={() => props.ask({ step, act: "not-done", words: "NOT DONE" })}>
              NOT DONE: reason
            </button>
          )}
        </div>
      )}
    </li>
  );
}

/** The server's timer: it goes on counting past its end, and beeps once when it gets there. */
function Timer(props: { what: string; due: string }) {
  const over = serverNow.value > Date.parse(props.due);
  const before = useRef(over);
  useEffect(() => {
    if (over && !before.current) beep();
    before.current = over;
  }, [over]);
  return (
    <span class={over ? "timer over" : "timer"}>
      {props.what}: {timerWords(props.due, serverNow.value)}
    </span>
  );
}

/** A name tap, no PIN: nothing may hold up a hand that saves. A second check that comes later holds up nothing: it needs one. */
function AskTap(props: { bed: string; asking: Asking; done: () => void; late: (words: string) => void }) {
  const { step, act, words } = props.asking;
  const [key] = useState(newKey);
  const [text, setText] = useState("");
  const [giver, setGiver] = useState<string | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  /** It is recorded, with a warning that has to be read. */
  const [sent, setSent] = useState(false);
  const head = useRef<HTMLHeadingElement>(null);
  const here = useRef(true);
  useEffect(() => {
    head.current?.focus();
    return () => {
      here.current = false;
    };
  }, []);
  const needsText = act === "not-done" || (step.kind === "decide" && act === "done");
  const needsSecond = act === "start" && step.give?.second_check === true;
  async function send(person: string, second: object = {}): Promise<void> {
    if (needsText && text.trim() === "") return setSaid("Say it in a few words first.");
    setSaid("Sending");
    const extra = act === "not-done" ? { reason: text.trim() } : needsText ? { text: text.trim() } : second;
    const path = `/api/v1/beds/${encodeURIComponent(props.bed)}/protocol/step`;
    const outcome: Outcome = await changeByKey(path, { key, person, step: step.id, act, ...extra }, () =>
      setSaid("NOT CONFIRMED, checking"),
    );
    if (!here.current) {
      // Another question may stand in its place: it is told beside it what must be known.
      const plain = outcome.kind === "saved" && outcome.warning === null;
      return plain ? undefined : props.late(`${words}, ${step.words}: ${outcomeWords(outcome)}`);
    }
    setSent(outcome.kind === "saved");
    if (outcome.kind === "saved" && outcome.warning === null) props.done();
    else setSaid(outcome.kind === "unconfirmed" ? UNCONFIRMED : outcomeWords(outcome));
  }
  return (
    <section class="ask" aria-label={words}>
      <h2 ref={head} tabIndex={-1}>
        {words}: {step.words}
      </h2>
      {step.give !== null && <p class="dose">{giveWords(step.give)}</p>}
      <Said text={said} />
      {needsText && (
        <label>
          {act === "not-done" ? "Why not?" : "What was decided, by which doctor?"}
          <input class="long" value={text} maxLength={120} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
      )}
      {sent ? null : act === "second" ? (
        <PersonPin
          legend="Who checks it? Another person than who gave it"
          button="CHECKED"
          except={[...step.taps].reverse().find((tap) => tap.act === "start")?.by ?? null}
          go={(person, pin) => void send(person, { pin })}
        />
      ) : giver === null ? (
        <PersonPicker
          legend={needsSecond ? "Who gives it? Tap your name" : "Tap your name"}
          chosen={null}
          choose={(name) => (needsSecond ? setGiver(name) : void send(name))}
        />
      ) : (
        <SecondCheck giver={giver} start={(second) => void send(giver, second)} />
      )}
      <button type="button" class="tall" onClick={props.done}>
        {sent ? "CLOSE" : "Cancel"}
      </button>
    </section>
  );
}

/** Two people look at the dose. Where the second is not there the dose waits for nobody: the check is shown as missing. */
function SecondCheck(props: { giver: string; start: (second: object) => void }) {
  return (
    <>
      <p>Given by {labelOf(props.giver)}.</p>
      <button type="button" class="tall danger" onClick={() => props.start({})}>
        START NOW: second check missing
      </button>
      <PersonPin
        legend="Second person"
        button="START, checked by two"
        except={props.giver}
        go={(person, pin) => props.start({ second_person: person, second_pin: pin })}
      />
    </>
  );
}

function CloseList(props: { bed: string; done: () => void }) {
  const [key] = useState(newKey);
  const [reason, setReason] = useState("");
  const [doctor, setDoctor] = useState("");
  const [said, setSaid] = useState<string | null>(null);
  const who = unlocked.value;
  async function send(): Promise<void> {
    if (who === null) {
      unlocking.value = true;
      return;
    }
    if (reason.trim() === "" || doctor.trim() === "")
      return setSaid("Both are needed: the reason, and the doctor's name.");
    const path = `/api/v1/beds/${encodeURIComponent(props.bed)}/protocol/close`;
    const body = { key, person: who.person, reason: reason.trim(), doctor: doctor.trim() };
    const outcome = await changeByKey(path, body, () => setSaid("NOT CONFIRMED, checking"));
    if (outcome.kind === "saved") props.done();
    else setSaid(outcomeWords(outcome));
  }
  return (
    <section class="ask" aria-label="Close the list">
      <h2>Close the list</h2>
      <label>
        Reason
        <input class="long" value={reason} maxLength={120} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
      <label>
        Doctor
        <input class="long" value={doctor} maxLength={60} onInput={(event) => setDoctor(event.currentTarget.value)} />
      </label>
      <Said text={said} />
      <div class="actions">
        <button type="button" class="tall primary" onClick={() => void send()}>
          {who === null ? "UNLOCK, then close" : `CLOSE as ${who.label}`}
        </button>
        <button type="button" class="tall" onClick={props.done}>
          Keep it open
        </button>
      </div>
    </section>
  );
}
