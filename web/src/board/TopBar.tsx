import { link, night, sheet, unlocking } from "../navigation";
import { ageSeconds, liveness, serverNow, ward } from "../live/store";
import { lock, session, unlocked } from "../people/session";
import { soundOn, testSound } from "../sound/sounder";
import { clockTime } from "../words/times";

const LIVE_WORDS = { starting: "LOADING", live: "LIVE", late: "LATE", lost: "NOT LIVE" };

function Clock() {
  const now = ward.value;
  if (now === null || serverNow.value === 0 || liveness.value === "lost") return <span class="clock">--:--:--</span>;
  const wrong = now.status.faults.some((fault) => fault.fault === "clock_unsynchronised");
  return (
    <span class="clock">
      {clockTime(serverNow.value, now.offsetMinutes, true)}
      {wrong && <small> clock?</small>}
    </span>
  );
}

/** On every page: ward, clock, live, sound, alarms, who. */
export function TopBar() {
  const alarms = (ward.value?.alarms ?? []).filter((alarm) => alarm.priority !== "low").length;
  const live = liveness.value;
  const who = unlocked.value;
  return (
    <header class="top">
      <strong class="ward">{ward.value?.name ?? "magwatch"}</strong>
      <Clock />
      <span class={`live ${live}`} data-live={live}>
        <span aria-hidden="true" class="dot" /> {LIVE_WORDS[live]}, {ageSeconds.value} s
      </span>
      <span class="sound">
        Sound {soundOn.value ? "ON" : "OFF"}{" "}
        <button type="button" onClick={() => void testSound()}>
          test sound
        </button>
      </span>
      <nav aria-label="Screens">
        <a class="button" href={link("board")}>
          BOARD
        </a>
        <a class={alarms > 0 ? "button loud" : "button"} href={link("alarms")}>
          ALARMS {live === "lost" || ward.value === null ? "--" : alarms}
        </a>
        <a class="button" href={link("pages")}>
          PAGES
        </a>
        <a class="button" href={link("status")}>
          STATUS
        </a>
      </nav>
      <span class="who">
        {session.value?.setup_needed && (
          <button type="button" class="loud" onClick={() => (sheet.value = { kind: "setup" })}>
            SET UP
          </button>
        )}
        {who === null ? (
          <button type="button" onClick={() => (unlocking.value = true)}>
            UNLOCK
          </button>
        ) : (
          <>
            {who.label}{" "}
            <button type="button" onClick={() => void lock()}>
              LOCK
            </button>
          </>
        )}
        <button type="button" onClick={() => (night.value = !night.value)}>
          {night.value ? "DAY" : "NIGHT"}
        </button>
        <button type="button" aria-label="Keys and help" onClick={() => (sheet.value = { kind: "help" })}>
          ?
        </button>
      </span>
    </header>
  );
}
