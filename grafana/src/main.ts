// Writes everything that is generated: node build/main.js [FOLDER], by default into grafana/ itself.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { dashboard } from "./board.js";
import { beds } from "./boards/beds.js";
import { devices } from "./boards/devices.js";
import { paging } from "./boards/paging.js";
import { replay } from "./boards/replay.js";
import { ward } from "./boards/ward.js";
import { ruleFile, testFile } from "./rules.js";

const folder = process.argv[2] ?? path.join(path.dirname(fileURLToPath(import.meta.url)), "..");

function write(name: string, text: string): void {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

for (const board of [ward, devices, paging, replay, beds])
  write(`dashboards/${board.uid}.json`, `${JSON.stringify(dashboard(board), null, 2)}\n`);
write("prometheus/magwatch.rules.yml", ruleFile());
write("prometheus/magwatch.rules.test.yml", testFile("magwatch.rules.yml"));
