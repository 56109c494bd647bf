// The demo ward of a build, for stories in a browser: the real daemon with its simulated beds.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { wardZone } from "../clock";

export interface Demo {
  /** Where the board is served. */
  url: string;
  /** The daemon of this ward, which its director starts again when it ends. */
  daemon(): number;
  /** Who starts it again. */
  director: number;
  stop(): Promise<void>;
}

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** Starts it, six quiet beds that are watched, and waits until it says so. */
export async function startDemo(bin: string): Promise<Demo> {
  const keep = join(mkdtempSync(join(tmpdir(), "magwatch-story-")), "run");
  const child = spawn(join(ROOT, "tools", "demo"), ["--bin", bin, "--calm", "--ports", "auto", "--keep", keep], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TZ: wardZone() },
  });
  let said = "";
  child.stdout.on("data", (text: Buffer) => (said += text.toString()));
  child.stderr.on("data", (text: Buffer) => (said += text.toString()));
  await until(() => said.includes("Six quiet beds: fresh data"), child, () => said);
  const url = /ward board {2}(http:\S+)\//.exec(said)?.[1];
  if (!url) throw new Error(`the demo has no ward board:\n${said}`);
  return {
    url,
    daemon: () => pidOf("magwatchd", join(keep, "magwatch.toml")),
    director: child.pid ?? 0,
    stop: () => stopped(child).then(() => rmSync(dirname(keep), { recursive: true, force: true })),
  };
}

/** The one process of this program that runs with this very file. */
function pidOf(program: string, file: string): number {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      if (words[0]?.endsWith(`/${program}`) && words.includes(file)) return Number(pid);
    } catch {
      // It ended meanwhile.
    }
  }
  throw new Error(`no ${program} runs with ${file}`);
}

async function until(there: () => boolean, child: ChildProcess, said: () => string): Promise<void> {
  while (!there()) {
    if (child.exitCode !== null) throw new Error(`the demo ended with ${child.exitCode}:\n${said()}`);
    await new Promise((later) => setTimeout(later, 50));
  }
}

function stopped(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    child.once("exit", () => done());
    child.kill("SIGINT");
  });
}
