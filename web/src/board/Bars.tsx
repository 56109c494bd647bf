import { LATE_AFTER_SECONDS } from "../live/freshness";
import { ageSeconds, liveness, lostBecause, serverNow, simulated, stoppedAt, ward } from "../live/store";
import { allowSound, soundOn } from "../sound/sounder";

/** What is wrong with this screen itself, above everything else. */
export function Bars() {
  return (
    <aside aria-label="State of this screen">
      {simulated.value && <p class="bar striped">SIMULATION - NOT A PATIENT</p>}
      <ConnectionBar />
      {!soundOn.value && (
        <button type="button" class="bar red" onClick={() => void allowSound()}>
          SOUND IS OFF - touch here
        </button>
      )}
      <WardBars />
    </aside>
  );
}

function ConnectionBar() {
  const age = ageSeconds.value;
  switch (liveness.value) {
    case "lost":
      return (
        <p class="bar red huge" role="alert">
          NOT LIVE - do not rely on this screen: {lostBecause()}. Watch the bedside monitors.
        </p>
      );
    case "late":
      return (
        <p class="bar amber" role="status">
          Connection lost {age} s
        </p>
      );
    case "starting":
      return (
        <p class="bar amber" role="status">
          Loading. No value is shown yet.
          {age >= LATE_AFTER_SECONDS / 2 ? ` No answer from the server for ${age} s.` : ""}
        </p>
      );
    default:
      return null;
  }
}

const RECENT_START_MS = 60_000;

function WardBars() {
  const now = ward.value;
  if (now === null || stoppedAt.value !== null) return null;
  const { status } = now;
  const recent = serverNow.value - Date.parse(status.started) < RECENT_START_MS;
  return (
    <>
      {!status.ready && (
        <p class="bar red">
          System is not ready{status.not_ready_because === null ? "" : `: ${status.not_ready_because}`}. Watch the
          bedside monitors.
        </p>
      )}
      {recent && !status.ready && <p class="bar amber">System restarting. Watch the bedside monitors.</p>}
      {status.fallback && (
        <p class="bar red">Running on a fallback configuration: {status.fallback_reason ?? "reason unknown"}</p>
      )}
    </>
  );
}
