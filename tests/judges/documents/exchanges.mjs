// Exchanges of a document: as answers from its own examples, as answers of prism, and as a HAR that Flowproof judges.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { request as send } from "node:http";
import path from "node:path";

import { examples, isJson, operations, replies, request } from "./document.mjs";
import { resolved } from "./references.mjs";
import { sample, typed } from "./sample.mjs";
import { ran, root } from "./tools.mjs";

/** Every documented reply that has an example, its own or parts of it, and every reply without content. */
export function ownExamples(document, random, oracle) {
  const out = [];
  for (const found of operations(document)) {
    for (const { status, reply, content } of replies(document, found.operation)) {
      const sent = request(document, found, random, oracle);
      if (!sent) continue;
      const headers = required(document, reply, random);
      if (content.length === 0) out.push({ found, sent, status, headers, text: "" });
      for (const [mediaType, media] of content) {
        for (const text of new Set(texts(document, mediaType, media, random))) {
          out.push({ found, sent, status, headers: [["Content-Type", concrete(mediaType)], ...headers], text: bare(found, status) ? "" : text });
        }
      }
    }
  }
  return out;
}

/** What never has content. */
const bare = (found, status) => found.method === "head" || [204, 205, 304].includes(status);
const concrete = (mediaType) => (mediaType.includes("*") ? mediaType.replace("*/*", "application/json").replace("/*", "/x") : mediaType);

function texts(document, mediaType, media, random) {
  const given = examples(document, media);
  if (given.length === 0 && hasExample(document, media.schema)) given.push(sample(document, media.schema, random, "response"));
  return given.map((value) => written(document, mediaType, media, value));
}

/** An example of JSON may be a text that contains it. */
function written(document, mediaType, media, value) {
  if (typeof value !== "string") return JSON.stringify(value);
  if (!isJson(concrete(mediaType)) || (!typed(document, media.schema ?? {}, value) && isText(value))) return value;
  return JSON.stringify(value);
}

function isText(value) {
  try {
    return Boolean(JSON.parse(value));
  } catch {
    return false;
  }
}

function hasExample(document, schema, seen = new Set()) {
  const found = resolved(document, schema);
  if (!found || typeof found !== "object" || seen.has(found)) return false;
  seen.add(found);
  if (found.example !== undefined) return true;
  const parts = [...Object.values(found.properties ?? {}), ...(found.allOf ?? []), ...(found.oneOf ?? []), ...(found.anyOf ?? []), found.items];
  return parts.some((part) => hasExample(document, part, seen));
}

function required(document, reply, random) {
  return Object.entries(reply.headers ?? {}).flatMap(([name, one]) => {
    const header = resolved(document, one);
    if (!header?.required || /^content-/i.test(name)) return [];
    const value = header.example ?? sample(document, header.schema ?? {}, random, "response");
    return value === null || typeof value === "object" ? [] : [[name, String(value)]];
  });
}

/** Lets prism answer: each operation as it likes, with values of chance, and with each documented status. */
export async function prismAnswers(document, random, oracle, file, most) {
  const prism = await started(file);
  const out = [];
  try {
    for (const found of random.shuffled([...operations(document)]).slice(0, most)) {
      const statuses = [...replies(document, found.operation)].map(({ key }) => `code=${key}`).filter((prefer) => /\d{3}$/.test(prefer));
      for (const prefer of [undefined, "dynamic=true", ...statuses]) {
        const sent = request(document, found, random, oracle);
        const answer = sent && await asked(prism.port, sent, prefer).catch(() => undefined);
        if (answer && !ofItself(answer)) out.push({ found, sent, ...answer });
      }
    }
  } finally {
    prism.child.kill();
    await prism.closed;
  }
  return out;
}

/** Its own answers, about the request or about itself, are not those of the document. */
const ofItself = ({ text }) => /https:\/\/stoplight\.io\/prism\/errors/.test(text);

async function started(file) {
  const port = 20000 + (process.pid % 20000);
  const parameters = [path.join(root, "node_modules/.bin/prism"), "mock", file, "--host", "127.0.0.1", "--port", port, "--seed", "flowproof", "--cors", "false"];
  const child = spawn(process.execPath, parameters.map(String), { stdio: ["ignore", "pipe", "ignore"] });
  let ended = false, ready = false;
  // Prism may end by itself before anybody asks it to.
  const closed = once(child, "close").then(() => (ended = true));
  child.stdout.on("data", (bytes) => (ready ||= bytes.includes("is listening")));
  for (let i = 0; i < 600 && !ended && !ready; i++) await new Promise((on) => setTimeout(on, 100));
  if (ready) return { child, closed, port };
  child.kill();
  throw new Error("prism does not serve it");
}

function asked(port, { method, target, headers, body }, prefer) {
  const fields = Object.fromEntries(headers.map(([name, value]) => [name, String(value).replace(/[^\t\x20-\x7e]/g, "x")]));
  if (prefer) fields.Prefer = prefer;
  if (body !== undefined) fields["Content-Length"] = Buffer.byteLength(body);
  return new Promise((done, failed) => {
    const call = send({ host: "127.0.0.1", port, method, path: target, headers: fields, timeout: 20000 }, (answer) => {
      const parts = [];
      answer.on("data", (bytes) => parts.push(bytes));
      answer.on("error", failed);
      answer.on("end", () => done({ status: answer.statusCode, headers: pairs(answer.rawHeaders), text: Buffer.concat(parts).toString() }));
    });
    call.on("timeout", () => call.destroy(new Error("late")));
    call.on("error", failed);
    call.end(body);
  });
}

const pairs = (raw) => raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1]]] : []));

/** An exchange as HAR has it. */
export function entry({ found, sent, status, headers, text }) {
  const named = (list) => list.map(([name, value]) => ({ name, value: String(value) }));
  const mimeType = headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
  const type = sent.headers.find(([name]) => name === "Content-Type")?.[1] ?? "";
  const postData = sent.body === undefined ? {} : { postData: { mimeType: type, text: sent.body } };
  return {
    startedDateTime: "2026-01-01T00:00:00.000Z",
    time: 1,
    request: { method: sent.method, url: found.base + sent.target, httpVersion: "HTTP/1.1", cookies: [], headers: named(sent.headers), queryString: [], headersSize: -1, bodySize: -1, ...postData },
    response: { status, statusText: "", httpVersion: "HTTP/1.1", cookies: [], headers: named(headers), content: { size: Buffer.byteLength(text), mimeType, text }, redirectURL: "", headersSize: -1, bodySize: -1 },
    cache: {},
    timings: { send: 0, wait: 1, receive: 0 },
  };
}

/** What Flowproof says of exchanges: { verdicts, end }, a verdict for each, none where it refuses the document. */
export async function judged(flowproof, file, exchanges, limits) {
  const cwd = path.join(root, "work");
  mkdirSync(cwd, { recursive: true });
  const log = { version: "1.2", creator: { name: "documents", version: "1" }, entries: exchanges.map(entry) };
  writeFileSync(path.join(cwd, "session.har"), JSON.stringify({ log }));
  const end = await ran(flowproof, ["replay", "--format", "json", "--contract", file, "session.har"], { cwd, ...limits });
  const verdicts = end.stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  return { verdicts, end };
}
