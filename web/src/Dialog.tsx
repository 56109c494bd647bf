import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { ageSeconds, bedOf, liveness, lostBecause, simulated, ward } from "./live/store";
import { byUrgency } from "./words/marks";

const LINES = 2;

/** A sheet hides the board, so what nobody has taken yet is told on the sheet, too. */
function Urgent() {
  const high = (ward.value?.alarms ?? [])
    .filter((alarm) => alarm.priority === "high" && !alarm.acknowledged)
    .sort(byUrgency);
  if (high.length === 0 || liveness.value === "lost") return null;
  const words = high.slice(0, LINES).map((alarm) => `${bedOf(alarm.bed)?.place ?? "the whole ward"}: ${alarm.message}`);
  const more = high.length > LINES ? `, and ${high.length - LINES} more` : "";
  return (
    <p class="bar red" role="alert">
      *** ALARM at {words.join(" - ")}
      {more}
    </p>
  );
}

/** What became of an act, or what is missing for it: read out at once. */
export function Said(props: { text: string | null }) {
  if (props.text === null) return null;
  return (
    <p class="problem" role="alert">
      {props.text}
    </p>
  );
}

/**
 * A sheet above the page: the browser keeps the focus in it. Escape closes it only where that loses nothing
 * (`escape`); a tap beside it never does.
 */
export function Dialog(props: {
  title: string;
  close: () => void;
  escape?: boolean;
  wide?: boolean;
  keys?: (event: KeyboardEvent) => void;
  children: ComponentChildren;
}) {
  const id = useId();
  const box = useRef<HTMLDialogElement>(null);
  const leaving = useRef(false);
  useEffect(() => {
    const before = document.activeElement;
    const sheet = box.current;
    // A browser lets a page hold back one Escape and closes the sheet at the next: so it never hears of one.
    const hold = (event: KeyboardEvent) => {
      const open = document.querySelectorAll("dialog");
      if (event.key === "Escape" && !props.escape && open[open.length - 1] === sheet) event.preventDefault();
    };
    document.addEventListener("keydown", hold);
    sheet?.showModal();
    return () => {
      document.removeEventListener("keydown", hold);
      leaving.current = true;
      // What lies below a modal takes no focus: it closes first.
      sheet?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  /** Closed by the browser all the same, as by the "back" of a telephone: nobody may be left behind a page that is stuck. */
  function closed(): void {
    if (leaving.current) return;
    if (props.escape) props.close();
    else box.current?.showModal();
  }
  return (
    <dialog
      ref={box}
      class={props.wide ? "wide" : ""}
      aria-labelledby={id}
      onKeyDown={(event) => props.keys?.(event)}
      onCancel={(event) => {
        event.preventDefault();
        if (props.escape) props.close();
      }}
      onClose={closed}
    >
      {/* It stays in sight, however far the sheet is scrolled: it hides the bars of the page. */}
      <div class="head">
        {simulated.value && <p class="stamp">SIMULATION - NOT A PATIENT</p>}
        <Connection />
        <Urgent />
        {/* The focus begins here: no keyboard pops up, and digits reach the reflex buttons. */}
        <h2 id={id} tabIndex={-1} autofocus>
          {props.title}
        </h2>
      </div>
      {props.children}
    </dialog>
  );
}

/** The page's own bar lies behind the sheet, and what is typed into it depends on the connection. */
function Connection() {
  if (liveness.value === "late")
    return (
      <p class="bar amber" role="status">
        Connection lost {ageSeconds.value} s
      </p>
    );
  if (liveness.value !== "lost") return null;
  return (
    <p class="bar red" role="alert">
      NOT LIVE - {lostBecause()}. What is entered now cannot be confirmed.
    </p>
  );
}
