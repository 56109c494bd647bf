import { type Asked, useAsked } from "../api/asked";
import type { Backup, Page, Status } from "../api/types";
import { ageSeconds, liveness, usable, ward } from "../live/store";
import { pageState } from "../paging/Pages";
import { people, peopleMissing, roleWords } from "../people/session";
import { soundOn } from "../sound/sounder";
import { clockTime, span } from "../words/times";

interface SourceRow {
  name?: string;
  source?: string;
  connected?: boolean;
  age_seconds?: number | null;
  frozen?: boolean;
  commissioning?: string;
}

const EVERY_MS = 5000;

/** What an engineer asks first. Nothing can be changed here: files and reload do that, so every change is reviewed. */
export function StatusPage() {
  const now = ward.value;
  // Asked for here alone: nobody else needs them each second.
  const sources = useAsked<{ sources?: SourceRow[] }>("/api/v1/sources", EVERY_MS);
  const backup = useAsked<Backup>("/api/v1/backup", 60_000);
  if (now === null) {
    return (
      <main>
        <h1>Status</h1>
        <p class="empty">Nothing was heard from the server yet.</p>
      </main>
    );
  }
  const { status } = now;
  const time = (text: string) => clockTime(Date.parse(text), now.offsetMinutes, true);
  const rows: [string, string][] = [
    ["Ward", `${now.name}, mode ${now.mode}`],
    ["Version", status.version],
    ["This screen", `${liveness.value}, last word ${ageSeconds.value} s ago, sound ${soundOn.value ? "on" : "OFF"}`],
    ["Ready", status.ready ? "yes" : `NO: ${status.not_ready_because ?? "reason unknown"}`],
    ["Started", time(status.started)],
    ["Rules", status.pack],
    ["Calcium gluconate protocol", status.protocol],
    ["Configuration", `${status.config_hash.slice(0, 12)}, loaded ${time(status.config_loaded)}`],
    ["Last reload", status.config_last_reload_successful ? "good" : "REFUSED, the old one runs on"],
    ["Beds watched", `${status.beds_watched} of ${status.beds}`],
    ["Devices connected", `${status.sources_connected} of ${status.sources}`],
    ["Calls open, pages sent", `${status.calls_open}, ${status.pages_sent}`],
    ["Pages that wait", String(now.pages.filter((p) => p.state === "queued" || p.state === "sending").length)],
    ["Last test page", lastTest(now.pages, time)],
    ["Clock", status.faults.some((f) => f.fault === "clock_unsynchronised") ? "NOT SYNCHRONISED" : "synchronised"],
    ["Last good backup", backupWords(backup, time)],
    ["Audit trail", auditWords(status.audit)],
    ["Room for the store", `${Math.floor(status.store_free_bytes / 1e9)} GB`],
    ["Beds that rely on charted checks", status.relies_on_charted_checks.join(", ") || "none"],
  ];
  return (
    <main class={usable.value ? "" : "dim"}>
      <h1>Status</h1>
      <h2>Faults now</h2>
      {status.faults.length === 0 ? <p>None.</p> : null}
      <ul>
        {status.faults.map((fault) => (
          <li key={`${fault.fault} ${fault.detail}`} class="problem">
            {fault.detail}
          </li>
        ))}
      </ul>
      <table class="facts">
        <caption class="unseen">The daemon</caption>
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h2>Devices and senders</h2>
      {sources === null && <p>Loading the devices.</p>}
      {sources !== null && "why" in sources && <p>Not known: {sources.why}.</p>}
      {sources !== null && "data" in sources && <Sources rows={sources.data.sources ?? []} />}
      <h2>People</h2>
      {peopleMissing.value === null ? (
        <ul>
          {people.value.map((p) => (
            <li key={p.name}>
              {p.label}, {roleWords(p.role)}
              {p.has_pin ? "" : ", no PIN yet"}
            </li>
          ))}
        </ul>
      ) : (
        <p>Not known: {peopleMissing.value}.</p>
      )}
    </main>
  );
}

function lastTest(pages: Page[], time: (text: string) => string): string {
  const tests = pages.filter((page) => page.reason === "test").sort((a, b) => b.at.localeCompare(a.at));
  return tests[0] === undefined ? "none among the newest pages" : `${time(tests[0].at)}, ${pageState(tests[0].state)}`;
}

function auditWords(audit: Status["audit"]): string {
  if (audit === undefined) return "this server keeps none";
  const lost = audit.lost === 0 ? "" : `, ${audit.lost} rows LOST`;
  const head = audit.hash?.slice(0, 12) ?? "--";
  return `${audit.writing ? "is written" : "NOT WRITTEN"}, row ${audit.sequence}, head ${head}${lost}`;
}

function backupWords(asked: Asked<Backup>, time: (text: string) => string): string {
  if (asked === null) return "not asked yet";
  if ("why" in asked) return `not known: ${asked.why}`;
  const { last_good, failed_because } = asked.data;
  const failed = failed_because === null ? "" : `; the last try FAILED: ${failed_because}`;
  return (last_good === null ? "NONE" : `${last_good.slice(0, 10)} ${time(last_good)}`) + failed;
}

function Sources(props: { rows: SourceRow[] }) {
  return (
    <div class="scrolls" tabIndex={0} role="region" aria-label="Devices and senders">
      <table>
        <caption class="unseen">Devices and senders</caption>
        <thead>
          <tr>
            <th scope="col">Device</th>
            <th scope="col">Connection</th>
            <th scope="col">Last value</th>
            <th scope="col">Commissioning</th>
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row, index) => (
            <tr key={row.name ?? row.source ?? index}>
              <td>{row.name ?? row.source ?? "?"}</td>
              <td class={row.connected ? "" : "problem"}>
                {row.connected ? "connected" : "NOT CONNECTED"}
                {row.frozen ? ", FROZEN" : ""}
              </td>
              <td>{typeof row.age_seconds === "number" ? `${span(row.age_seconds * 1000)} ago` : "never"}</td>
              <td>{row.commissioning ?? ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
