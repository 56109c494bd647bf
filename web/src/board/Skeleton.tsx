import { useState } from "preact/hooks";
import { useAsked } from "../api/asked";
import { ageSeconds, ward } from "../live/store";
import { lastPlaces } from "./places";

const REASON_AFTER_SECONDS = 5;
const ASK_AGAIN_MS = 5000;
/** Cards without a name, where this screen never showed a ward. */
const NAMELESS = 3;

/** What is not known yet has no digits, not even a zero: names of beds if they are known, and the word. */
export function Skeleton() {
  const [places] = useState(lastPlaces);
  const names = places.length > 0 ? places.map((one) => one.place) : Array.from({ length: NAMELESS }, () => "");
  return (
    <>
      <Loading what="the beds" />
      <div class="cards" aria-busy="true">
        {names.map((name, index) => (
          <article key={index} class="card loading" aria-label={name === "" ? "Loading" : `${name}, loading`}>
            <div class="band">
              <h2>
                {name !== "" && <span class="label">{name}</span>}
                <span class="message">Loading</span>
              </h2>
            </div>
            <div class="bones" aria-hidden="true">
              <span />
              <span />
              <span />
              <span />
            </div>
          </article>
        ))}
      </div>
    </>
  );
}

/** "Loading", and after 5 s why it takes so long, as far as this page can tell. Nothing once the ward is known. */
export function Loading(props: { what: string }) {
  const slow = ageSeconds.value >= REASON_AFTER_SECONDS;
  const asked = useAsked<object>(slow && ward.value === null ? "/api/v1/status" : null, ASK_AGAIN_MS);
  if (ward.value !== null) return null;
  return (
    <p class="empty" role="status">
      Loading {props.what}. Watch the bedside monitors.
      {asked !== null && ` ${reasonOf(asked)}`}
    </p>
  );
}

function reasonOf(asked: { data: object } | { why: string }): string {
  if ("why" in asked) return `Why it takes so long: ${asked.why}.`;
  return "Why it takes so long: the server answers, but its live stream does not come through. Call the engineer.";
}
