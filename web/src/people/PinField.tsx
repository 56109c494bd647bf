import { simulated } from "../live/store";

/** The PIN: typed, or tapped with gloves. Never shown, never kept. */
export function PinField(props: {
  pin: string;
  change: (pin: string) => void;
  enter?: () => void;
  problem?: string | null;
}) {
  const keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "clear", "0", "back"];
  function press(key: string): void {
    if (key === "clear") props.change("");
    else if (key === "back") props.change(props.pin.slice(0, -1));
    else props.change((props.pin + key).slice(0, 12));
  }
  return (
    <div class="pin">
      <label>
        PIN
        <input
          type="password"
          inputMode="numeric"
          autocomplete="off"
          maxLength={12}
          value={props.pin}
          aria-invalid={props.problem ? "true" : "false"}
          onInput={(event) => props.change(event.currentTarget.value.replace(/\D/g, ""))}
          onKeyDown={(event) => {
            if (event.key === "Enter") {
              event.preventDefault();
              props.enter?.();
            }
          }}
        />
      </label>
      {simulated.value && <p class="hint">Demo PIN 246810</p>}
      <div class="keypad" role="group" aria-label="PIN keys">
        {keys.map((key) => (
          <button key={key} type="button" class="tall" onClick={() => press(key)}>
            {key}
          </button>
        ))}
      </div>
      {props.problem && (
        <p class="problem" role="alert">
          {props.problem}
        </p>
      )}
    </div>
  );
}
