import { useEffect, useState } from "preact/hooks";
import { browserClock } from "../live/freshness";

const COUNT_SECONDS = 60;

/** A minute to count breaths in: the steady clock of the page, since it only measures a length of time. */
export function CountTimer() {
  const [began, setBegan] = useState<number | null>(null);
  const [left, setLeft] = useState(COUNT_SECONDS);
  useEffect(() => {
    if (began === null) return undefined;
    const timer = setInterval(() => {
      setLeft(Math.max(0, Math.ceil(COUNT_SECONDS - (browserClock.steady() - began))));
    }, 200);
    return () => clearInterval(timer);
  }, [began]);
  if (began === null) {
    return (
      <button type="button" class="tall" onClick={() => setBegan(browserClock.steady())}>
        START 60 s TIMER
      </button>
    );
  }
  return (
    <button
      type="button"
      class="tall"
      onClick={() => {
        setLeft(COUNT_SECONDS);
        setBegan(browserClock.steady());
      }}
    >
      <span role="status">{left > 0 ? `COUNT: ${left} s left` : "60 s OVER: enter the count"}</span>
    </button>
  );
}
