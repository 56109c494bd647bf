// A server for the board without a daemon: vite-node dev/serve.ts [--root DIR] [--port N] [--frame NAME]
import { createReadStream, existsSync } from "node:fs";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, extname, join } from "node:path";
import { DevWard, FRAMES, type FrameName, type Reply } from "./ward";

// The policy of the daemon, to the letter: what it would refuse must fail here, too.
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TYPES: Record<string, string> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
};
const HEARTBEAT_MS = 2000;

export interface DevServer {
  url: string;
  ward: DevWard;
  /** Every reader gets the frame as an update. */
  show(frame: FrameName): void;
  /** Tells all readers what `ward` holds now. */
  tell(): void;
  /** Ends every stream, as a restart does. */
  drop(): void;
  close(): Promise<void>;
}

function event(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

function answer(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(JSON.stringify(reply.body));
}

function file(response: ServerResponse, root: string, path: string): void {
  const name = path === "/" ? join(root, "index.html") : join(root, "assets", basename(path));
  if ((path !== "/" && !path.startsWith("/assets/")) || !existsSync(name)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {
    "Content-Type": TYPES[extname(name)] ?? "application/octet-stream",
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": path === "/" ? "no-store" : "public, max-age=31536000, immutable",
  });
  createReadStream(name).pipe(response);
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = "";
  for await (const part of request) text += String(part);
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}

export async function serve(
  root: string,
  port = 0,
  frame: FrameName = "toxic",
  offsetMinutes = 0,
): Promise<DevServer> {
  const ward = new DevWard(frame, offsetMinutes);
  const readers = new Set<ServerResponse>();
  const tellAll = (text: string) => {
    if (!ward.silent) for (const reader of readers) reader.write(text);
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    if (path === "/api/v1/stream") {
      if (ward.silent) return void response.writeHead(503).end();
      response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
      response.write(event("snapshot", ward.snapshot()));
      readers.add(response);
      response.on("close", () => readers.delete(response));
    } else if (request.method === "POST") {
      if (request.headers["x-magwatch-client"] === undefined)
        return answer(response, { status: 403, body: { error: "no client" } });
      answer(response, ward.post(path, await bodyOf(request)));
      tellAll(event("update", ward.update()));
    } else if (path.startsWith("/api/")) answer(response, ward.get(path));
    else file(response, root, path);
  }

  const server: Server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const beat = setInterval(() => tellAll(event("heartbeat", ward.heartbeat())), HEARTBEAT_MS);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ward,
    show: (name) => tellAll(event("update", ward.show(name))),
    tell: () => tellAll(event("update", ward.update())),
    drop: () => {
      for (const reader of readers) reader.destroy();
    },
    close: () => {
      clearInterval(beat);
      for (const reader of readers) reader.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function option(name: string, otherwise: string): string {
  const at = process.argv.indexOf(name);
  return process.argv[at + 1] !== undefined && at > 0 ? (process.argv[at + 1] ?? otherwise) : otherwise;
}

if (process.argv.includes("--root")) {
  const frame = FRAMES.find((name) => name === option("--frame", "toxic")) ?? "toxic";
  void serve(option("--root", "dist"), Number(option("--port", "8399")), frame).then((running) => {
    process.stdout.write(`${running.url} (recorded ward, nobody there is a patient)\n`);
  });
}
