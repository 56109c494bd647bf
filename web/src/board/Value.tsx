import type { Bed } from "../api/types";
import { timeAt, usable } from "../live/store";
import { UNKNOWN, digits, lastWords, signalOf, unitWords } from "../words/signals";
import { tidy } from "../words/units";

/** One vital sign in large digits; what is not known is a dash, with what it was and when. */
export function Value(props: { bed: Bed; signal: string; label: string; unit?: boolean }) {
  const found = signalOf(props.bed, props.signal);
  const text = digits(found, usable.value);
  const was = text === UNKNOWN && usable.value && found?.last ? found : null;
  const unit = props.unit && found && text !== UNKNOWN ? unitWords(found.unit) : "";
  return (
    <div class="value">
      <dt>{props.label}</dt>
      <dd>
        <span class={text === UNKNOWN ? "digits unknown" : "digits"}>{text}</span>
        {unit !== "" && <span class="unit"> {unit}</span>}
        {was !== null && (
          <span class="was">
            was {props.unit ? lastWords(was) : tidy(was.last?.value ?? NaN, 1)} <wbr />
            at {timeAt(was.last?.at ?? "")}
          </span>
        )}
      </dd>
    </div>
  );
}
