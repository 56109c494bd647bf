import type { Bed } from "../api/types";
import { alarmsOf, usable, ward } from "../live/store";
import { urgentFirst } from "../navigation";
import { byUrgency, mark, priorityWords } from "../words/marks";
import { BedCard } from "./BedCard";
import { Skeleton } from "./Skeleton";

/** Alarms that belong to no bed stand above the cards. */
function WardAlarms() {
  const alarms = [...alarmsOf(null)].sort(byUrgency);
  if (alarms.length === 0) return null;
  return (
    <ul class="ward-alarms">
      {alarms.map((alarm) => (
        <li key={alarm.id}>
          <span class="mark">{mark(alarm)}</span> {priorityWords(alarm)}: {alarm.message}
        </li>
      ))}
    </ul>
  );
}

export function Board() {
  const now = ward.value;
  return (
    <main>
      <h1 class="unseen">Ward board</h1>
      <WardAlarms />
      {now === null && <Skeleton />}
      {now !== null && now.beds.length === 0 && <p class="empty">No bed is configured. Nothing is being monitored.</p>}
      {now !== null && now.beds.length > 0 && !now.beds.some((bed) => bed.watched) && (
        <p class="empty">No bed is being monitored.</p>
      )}
      <div class={usable.value ? "cards" : "cards dim"}>
        {inOrder(now?.beds ?? []).map((bed) => (
          <BedCard key={bed.alias} bed={bed} />
        ))}
      </div>
      <Legend />
    </main>
  );
}

/** Most urgent first only where somebody asked for it; else every bed stays where it always was. */
function inOrder(beds: Bed[]): Bed[] {
  if (!urgentFirst.value) return beds;
  const worst = new Map(beds.map((bed) => [bed.alias, [...alarmsOf(bed.alias)].sort(byUrgency)[0]]));
  return [...beds].sort((a, b) => {
    const [one, other] = [worst.get(a.alias), worst.get(b.alias)];
    if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
    return byUrgency(one, other);
  });
}

function Legend() {
  return (
    <p class="legend">
      <button
        type="button"
        class="choice"
        aria-pressed={urgentFirst.value}
        onClick={() => (urgentFirst.value = !urgentFirst.value)}
      >
        most urgent first: {urgentFirst.value ? "on" : "off"}
      </button>{" "}
      <span class="mark">***</span> HIGH <span class="mark">**</span> MEDIUM <span class="mark">?</span> TECHNICAL{" "}
      <span aria-hidden="true" class="clock-icon" /> due or overdue. Second alarm system: the bedside monitor's own
      alarms stay primary.
    </p>
  );
}
