import { change } from "../api/client";
import { bedOf } from "../live/store";
import { ActSheet } from "../people/ActSheet";

/** For whoever has neither name nor PIN here: it is shown and recorded, and nothing else follows from it. */
export function SomebodySheet(props: { bed: string }) {
  return (
    <ActSheet
      title={`${bedOf(props.bed)?.place ?? props.bed}: somebody is here`}
      button="SOMEBODY IS HERE (no name)"
      send={() => change("/api/v1/here", { bed: props.bed })}
    >
      <p>
        No name and no PIN. It is recorded and shown to all. Paging goes on and nothing is acknowledged: only a name
        can answer a call.
      </p>
    </ActSheet>
  );
}
