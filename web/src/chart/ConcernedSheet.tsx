import { useState } from "preact/hooks";
import { bedOf } from "../live/store";
import { NameTapSheet } from "../people/NameTapSheet";
import { KeyedForm } from "../watch/KeyedForm";

/** Somebody looked, and the concern is over: that is charted, by whoever unlocked the station. */
export function CalmedSheet(props: { bed: string }) {
  const [note, setNote] = useState("");
  return (
    <KeyedForm
      title={`${bedOf(props.bed)?.place ?? props.bed}: no longer concerned`}
      button="NO LONGER CONCERNED"
      make={() => {
        const words = note.trim();
        const body = { bed: props.bed, kind: "not_concerned", ...(words === "" ? {} : { note: words }) };
        return { path: "/api/v1/entries", keyed: true, body };
      }}
    >
      <label class="field">
        What was found? (may be left out)
        <input class="long" value={note} maxLength={120} onInput={(event) => setNote(event.currentTarget.value)} />
      </label>
    </KeyedForm>
  );
}

/** "She looks unwell": what a person sees rings at once, whatever the numbers say. */
export function ConcernedSheet(props: { bed: string }) {
  const [note, setNote] = useState("");
  return (
    <NameTapSheet
      title={`${bedOf(props.bed)?.place ?? props.bed}: I am concerned`}
      explain="This raises a medium alarm at once. No number is needed."
      path="/api/v1/entries"
      keyed
      make={() => ({ bed: props.bed, kind: "concerned", ...(note.trim() === "" ? {} : { note: note.trim() }) })}
    >
      <label class="field">
        What do you see? (may be left out)
        <input class="long" value={note} maxLength={120} onInput={(event) => setNote(event.currentTarget.value)} />
      </label>
    </NameTapSheet>
  );
}
