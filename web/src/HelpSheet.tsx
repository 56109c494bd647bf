import { Dialog } from "./Dialog";
import { sheet } from "./navigation";
import { keysOn } from "./keys";

const KEYS = [
  ["b", "board"],
  ["l", "list of alarms"],
  ["1 to 9", "that bed"],
  ["e", "enter a check (at a bed)"],
  ["a", "acknowledge the alarm that has the focus, else the most urgent one"],
  ["p", "pause the sound (at a bed)"],
  ["?", "this help"],
  ["Enter", "the next field of the entry sheet"],
  ["Ctrl+Enter", "save the entry sheet"],
] as const;

export function HelpSheet() {
  return (
    <Dialog title="Help" escape close={() => (sheet.value = null)}>
      <p>
        magwatch is a second alarm system. The bedside monitor's own alarms stay primary. When this screen says NOT
        LIVE, look at the patients.
      </p>
      <table>
        <caption class="unseen">Keys</caption>
        <tbody>
          {KEYS.map(([key, what]) => (
            <tr key={key}>
              <th scope="row">{key}</th>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="actions">
        <button
          type="button"
          class="choice tall"
          aria-pressed={!keysOn.value}
          onClick={() => (keysOn.value = !keysOn.value)}
        >
          Keys are {keysOn.value ? "on: turn off" : "off: turn on"}
        </button>
        <button type="button" class="tall primary" onClick={() => (sheet.value = null)}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
