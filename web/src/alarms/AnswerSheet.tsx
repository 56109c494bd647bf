import { sheet } from "../navigation";
import { bedOf, callOf } from "../live/store";
import { NameTapSheet } from "../people/NameTapSheet";

const WORDS = {
  coming: {
    title: "I am coming",
    explain: "Others are not paged for a short while. The ward goes on sounding until somebody is at the bed.",
  },
  here: { title: "I am at the bed", explain: "Paging stops. The alarm stays until its cause is gone." },
  cannot: { title: "I cannot come", explain: "The next person is paged at once." },
};

/** Coming, here or cannot: one tap on a name, no PIN. */
export function AnswerSheet(props: { call: string; answer: "coming" | "cannot" | "here" }) {
  const call = callOf(props.call);
  const words = WORDS[props.answer];
  const bed = bedOf(call?.bed ?? null);
  return (
    <NameTapSheet
      title={`${bed?.place ?? "the ward"}: ${words.title}`}
      explain={words.explain}
      path={`/api/v1/calls/${encodeURIComponent(props.call)}/answer`}
      make={() => ({ answer: props.answer })}
      more={
        props.answer === "here" &&
        bed !== undefined && (
          <button type="button" class="tall" onClick={() => (sheet.value = { kind: "somebody", bed: bed.alias })}>
            My name is not here
          </button>
        )
      }
    />
  );
}
