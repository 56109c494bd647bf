import type { Call, Page } from "../api/types";
import { sheet } from "../navigation";
import { AnswerButtons } from "../alarms/AlarmPanel";
import { callWords } from "../board/BedCard";
import { bedOf, serverNow, usable, ward } from "../live/store";
import { labelOf } from "../people/session";
import { clockTime, span, stopwatch } from "../words/times";

/** "sent" is the channel's word and never a person's; "delivered" only where the channel confirmed it. */
const STATES: Record<string, string> = {
  queued: "queued",
  sending: "leaving",
  sent: "sent, not confirmed by anybody",
  delivered: "delivered to the device, no answer",
  read: "read, no answer",
  failed: "FAILED",
  withdrawn: "not sent, no longer needed",
  no_answer: "no answer, and the alarm manager has given up",
  unknown: "not known whether it arrived",
  accepted: "answered: COMING",
  declined: "answered: CANNOT",
  attended: "answered: AT THE BED",
};

export function pageState(state: string): string {
  return STATES[state] ?? state;
}

export function Pages() {
  const now = ward.value;
  const calls = [...(now?.calls ?? [])].sort(mostUrgent);
  return (
    <main class={usable.value ? "" : "dim"}>
      <h1>Paging</h1>
      {!usable.value && <p class="empty">NOT LIVE: nobody knows here who is being paged now.</p>}
      {usable.value && calls.length === 0 && <p class="empty">Nobody is being called.</p>}
      <ul class="alarms">
        {calls.map((call) => (
          <CallRow key={call.id} call={call} pages={(now?.pages ?? []).filter((p) => p.call === call.id)} />
        ))}
      </ul>
      <Earlier pages={(now?.pages ?? []).filter((p) => !calls.some((c) => c.id === p.call))} />
    </main>
  );
}

const URGENCY = { high: 0, medium: 1, low: 2 };
const WAITING = { calling: 0, waiting: 1, accepted: 2, attended: 3 };

/** The gravest first, and of those the one that nobody has answered. */
function mostUrgent(a: Call, b: Call): number {
  return URGENCY[a.priority] - URGENCY[b.priority] || WAITING[a.state] - WAITING[b.state] || a.number - b.number;
}

function CallRow(props: { call: Call; pages: Page[] }) {
  const { call } = props;
  const next = call.next_page === null ? null : Date.parse(call.next_page) - serverNow.value;
  return (
    <li class="alarm">
      <h2>
        #{call.number} {bedOf(call.bed)?.place ?? "Whole ward"}, {call.priority.toUpperCase()}
        {call.kind === "technical" ? " TECHNICAL" : ""}
      </h2>
      <p>
        <strong>{callWords(call)}</strong>. Step {call.rung + 1} of the ladder.{" "}
        {next !== null && (next > 0 ? `Next page in ${stopwatch(next)}.` : "Next page is due now.")}
      </p>
      <Told call={call} />
      <PageTable pages={props.pages} caption={`Pages of #${call.number}`} />
      <div class="actions">
        <AnswerButtons call={call.id} />
        <button type="button" class="tall primary" onClick={() => (sheet.value = { kind: "again", call: call.id })}>
          PAGE AGAIN
        </button>
        <button type="button" class="tall" onClick={() => (sheet.value = { kind: "phoned", call: call.id })}>
          I PHONED
        </button>
      </div>
    </li>
  );
}

const ANSWERS: Record<string, string> = {
  undefined: "no answer",
  accepted: "COMING",
  declined: "CANNOT",
  attended: "AT THE BED",
};

/** Each person with the answer that counts, and how long it took. What was said by telephone says so. */
function Told(props: { call: Call }) {
  const offset = ward.value?.offsetMinutes ?? 0;
  if (props.call.told.length === 0) return null;
  return (
    <ul class="told">
      {props.call.told.map((t) => (
        <li key={`${t.person} ${t.rung} ${t.at}`}>
          {labelOf(t.person)}, step {t.rung + 1} at {clockTime(Date.parse(t.at), offset)}:{" "}
          <strong>{ANSWERS[t.answer] ?? t.answer}</strong>
          {t.by_phone ? " by telephone" : ""}
          {t.answered === null ? "" : ` after ${span(Date.parse(t.answered) - Date.parse(t.at))}`}
        </li>
      ))}
    </ul>
  );
}

function Earlier(props: { pages: Page[] }) {
  if (props.pages.length === 0) return null;
  return (
    <section>
      <h2>Earlier pages</h2>
      <PageTable pages={props.pages} caption="Earlier pages" />
    </section>
  );
}

function PageTable(props: { pages: Page[]; caption: string }) {
  const offset = ward.value?.offsetMinutes ?? 0;
  if (props.pages.length === 0) return <p>No page has left for this call.</p>;
  return (
    <div class="scrolls" tabIndex={0} role="region" aria-label={props.caption}>
      <table>
        <caption class="unseen">{props.caption}</caption>
        <thead>
          <tr>
            <th scope="col">At</th>
            <th scope="col">To</th>
            <th scope="col">What</th>
            <th scope="col">By</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {[...props.pages]
            .sort((a, b) => b.at.localeCompare(a.at))
            .map((page) => (
              <tr key={page.key}>
                <td>{clockTime(Date.parse(page.at), offset, true)}</td>
                <td>{labelOf(page.person)}</td>
                <td>
                  {page.place}: {page.words.join(", ")}
                </td>
                <td>{page.channel}</td>
                <td class={page.state === "failed" ? "problem" : ""}>
                  {pageState(page.state)} <small>{span(serverNow.value - Date.parse(page.at))} ago</small>
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
