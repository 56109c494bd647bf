// The demo ward of a build, for stories in a browser: the real daemon with its simulated beds.
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Demo {
  /** Where the board is served. */
  url: string;
  stop(): Promise<void>;
}

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** Starts it, six quiet beds that are watched, and waits until it says so. */
export async function startDemo(bin: string): Promise<Demo> {
  const child = spawn(join(ROOT, "tools", "demo"), ["--bin", bin, "--calm", "--ports", "auto"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stdout.on("data", (text: Buffer) => (said += text.toString()));
  child.stderr.on("data", (text: Buffer) => (said += text.toString()));
  await until(() => said.includes("Six quiet beds: fresh data"), child, () => said);
  const url = /ward board {2}(http:\S+)\//.exec(said)?.[1];
  if (!url) throw new Error(`the demo has no ward board:\n${said}`);
  return { url, stop: () => stopped(child) };
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
