import { type Outcome, change } from "../api/client";
import type { Role } from "../api/types";
import { Choice, TextField, useForm } from "../entry/fields";
import { ActSheet } from "./ActSheet";
import { loadPeople, roleWords } from "./session";

const FIRST: Role[] = ["charge", "admin"];

/** The first person of a ward, with the code that the engineer read on the ward PC. It works once. */
export function SetupSheet() {
  const { draft, form, found } = useForm();

  function wrong(): Record<string, string> {
    const text = (field: string) => (draft[field] ?? "").trim();
    return {
      ...(text("code") === "" ? { code: "The code that the ward PC showed." } : {}),
      ...(/^[a-z0-9][a-z0-9-]{0,63}$/.test(text("name")) ? {} : { name: "Small letters, digits and dashes." }),
      ...(text("label") === "" ? { label: "How the name is shown." } : {}),
      ...(text("role") === "" ? { role: "Choose one." } : {}),
      ...(/^\d{6,12}$/.test(text("pin")) ? {} : { pin: "6 to 12 digits." }),
      ...(text("pin") === text("again") ? {} : { again: "The two are not the same." }),
    };
  }

  async function send(): Promise<Outcome | null> {
    const missing = wrong();
    found(missing);
    if (Object.keys(missing).length > 0) return null;
    const { code = "", name = "", label = "", role = "", pin = "" } = draft;
    const first = { code: code.trim(), name: name.trim(), label: label.trim(), role, pin };
    const outcome = await change("/api/v1/setup", first);
    if (outcome.kind === "refused" && outcome.field !== null) found({ [outcome.field]: outcome.reason });
    if (outcome.kind === "saved") await loadPeople();
    return outcome;
  }

  return (
    <ActSheet title="Set up the first person" button="SET UP" send={send}>
      <p>
        Nobody has a PIN on this ward yet, so nothing can be charted. On the ward PC the engineer gets a code that works
        once: <code>magwatch user setup-code</code>.
      </p>
      <TextField form={form} field="code" label="One-time code" long />
      <TextField form={form} field="label" label="Name as it is shown" placeholder="A. Night (RM)" long />
      <TextField form={form} field="name" label="Badge or short name" placeholder="a-night" long />
      <Choice
        form={form}
        field="role"
        legend="Role"
        of={FIRST.map((role) => ({ value: role, label: roleWords(role) }))}
      />
      <TextField form={form} field="pin" label="PIN" secret />
      <TextField form={form} field="again" label="PIN once more" secret />
    </ActSheet>
  );
}
