// A document as its operations: what is sent where, and what may come back. Knows no judge.

import { resolved } from "./references.mjs";
import { sample, typed } from "./sample.mjs";

const methods = ["get", "put", "post", "delete", "options", "head", "patch"];

/**
 * Every operation that a client can ask for: `?` and `#` cannot be part of a path, and of two paths that differ only in what
 * their parameters are called nobody can tell which is meant by a method that both have.
 */
export function* operations(document) {
  const seen = new Map();
  for (const found of written(document)) {
    const form = `${found.method} ${found.path.replace(/\{[^}]*\}/g, "{}")}`;
    seen.set(form, [...(seen.get(form) ?? []), found]);
  }
  for (const same of seen.values()) if (same.length === 1) yield same[0];
}

function* written(document) {
  for (const [path, found] of Object.entries(document.paths ?? {})) {
    const item = resolved(document, found) ?? {};
    if (path.startsWith("x-") || /[?#]/.test(path)) continue;
    for (const method of methods.filter((method) => item[method])) {
      const operation = item[method];
      yield { path, method, operation, parameters: parameters(document, item, operation), base: base(document, item, operation) };
    }
  }
}

/** Those of the operation replace those of its path that have the same place and name. */
function parameters(document, item, operation) {
  const found = new Map();
  for (const one of [...(item.parameters ?? []), ...(operation.parameters ?? [])]) {
    const parameter = resolved(document, one);
    if (parameter) found.set(`${parameter.in} ${parameter.name}`, parameter);
  }
  return [...found.values()];
}

/** The documented address, without its last slash; a relative one is on a host of examples. */
function base(document, item, operation) {
  const server = (operation.servers ?? item.servers ?? document.servers ?? [])[0] ?? { url: "/" };
  const url = server.url.replace(/\{([^}]*)\}/g, (_, name) => server.variables?.[name]?.default ?? "x");
  return new URL(url, "https://example.com").href.replace(/[?#].*$/, "").replace(/\/+$/, "");
}

/** A request as the document asks for it: target below the base, header fields, body; undefined where no value of a path is valid. */
export function request(document, found, random, oracle) {
  const given = found.parameters.map((parameter) => [parameter, value(document, parameter, random, oracle)]);
  if (given.some(([parameter, sent]) => parameter.in === "path" && sent === undefined)) return undefined;
  const at = (place) => given.filter(([parameter, sent]) => parameter.in === place && (parameter.required || place === "path") && sent !== undefined);
  const headers = at("header").map(([parameter, sent]) => [parameter.name, simple(sent)]);
  const cookies = at("cookie").map(([parameter, sent]) => `${parameter.name}=${encodeURIComponent(simple(sent))}`);
  const query = at("query").flatMap(([parameter, sent]) => inQuery(parameter, sent));
  credentials(document, found.operation, headers, query, cookies);
  if (cookies.length > 0) headers.push(["Cookie", cookies.join("; ")]);
  const body = requestBody(document, found.operation, random);
  if (body) headers.push(["Content-Type", body.mediaType]);
  const target = filled(found.path, at("path")) + (query.length > 0 ? `?${query.join("&")}` : "");
  return { method: found.method.toUpperCase(), target, headers: headers.filter(([name]) => !/^(accept|content-length|host)$/i.test(name)), body: body?.text };
}

/** The first example that is valid, or else a value that is made. */
function value(document, parameter, random, oracle) {
  const [mediaType] = Object.values(parameter.content ?? {});
  const schema = parameter.schema ?? mediaType?.schema ?? { type: "string" };
  const named = Object.values(parameter.examples ?? {}).map((example) => resolved(document, example)?.value);
  const likely = [parameter.example, ...named, sample(document, schema, random, "request")];
  return likely.find((example) => example !== undefined && typed(document, schema, example) && oracle.judge(schema, example)?.strict);
}

const simple = (sent) =>
  Array.isArray(sent) ? sent.join(",") : sent && typeof sent === "object" ? Object.entries(sent).flat().join(",") : String(sent);

function inQuery(parameter, sent) {
  const pair = (name, text) => `${encodeURIComponent(name)}=${encodeURIComponent(text)}`;
  if (Array.isArray(sent)) return parameter.explode === false ? [pair(parameter.name, sent.join(","))] : sent.map((item) => pair(parameter.name, simple(item)));
  if (sent && typeof sent === "object" && !parameter.content) {
    const name = (key) => (parameter.style === "deepObject" ? `${parameter.name}[${key}]` : key);
    return Object.entries(sent).map(([key, item]) => pair(name(key), simple(item)));
  }
  return [pair(parameter.name, parameter.content ? JSON.stringify(sent) : simple(sent))];
}

/** A segment is never empty, and no segment is `.` or `..`; what cannot stand in a path is encoded. */
function filled(path, given) {
  const before = { label: () => ".", matrix: (name) => `;${name}=` };
  return path.replace(/\{([^}]*)\}|[^!-~]|["<>\\^`|]/gu, (part, name) => {
    if (name === undefined) return encodeURIComponent(part);
    const [parameter, sent] = given.find(([parameter]) => parameter.name === name) ?? [{}, "x1"];
    const text = /^\.*$/.test(simple(sent)) ? "x1" : simple(sent);
    return (before[parameter.style]?.(name) ?? "") + encodeURIComponent(text.toWellFormed());
  });
}

/** The first of the documented ways to show who asks. */
function credentials(document, operation, headers, query, cookies) {
  const [needs] = operation.security ?? document.security ?? [];
  for (const name of Object.keys(needs ?? {})) {
    const scheme = resolved(document, document.components?.securitySchemes?.[name]) ?? {};
    if (scheme.type !== "apiKey") headers.push(["Authorization", scheme.scheme?.toLowerCase() === "basic" ? "Basic eDp5" : "Bearer x"]);
    else if (scheme.in === "header") headers.push([scheme.name, "x"]);
    else if (scheme.in === "query") query.push(`${encodeURIComponent(scheme.name)}=x`);
    else cookies.push(`${scheme.name}=x`);
  }
}

export const isJson = (mediaType) => /^application\/([^;]*\+)?json *(;|$)/i.test(mediaType);

function requestBody(document, operation, random) {
  const content = Object.entries(resolved(document, operation.requestBody)?.content ?? {});
  const [mediaType, media] = content.find(([mediaType]) => isJson(mediaType)) ?? content[0] ?? [];
  if (!mediaType) return undefined;
  const sent = examples(document, media)[0] ?? sample(document, media.schema ?? {}, random, "request");
  if (isJson(mediaType)) return { mediaType, text: JSON.stringify(sent ?? {}) };
  const concrete = mediaType.replace("*/*", "application/octet-stream").replace("/*", "/x");
  if (!/urlencoded/.test(mediaType) || !sent || typeof sent !== "object") return { mediaType: concrete, text: "x" };
  return { mediaType, text: Object.entries(sent).map(([key, item]) => `${encodeURIComponent(key)}=${encodeURIComponent(simple(item))}`).join("&") };
}

/** The examples of a media type: its own, then that of its schema. */
export function examples(document, media) {
  const named = Object.values(media.examples ?? {}).map((example) => resolved(document, example)?.value);
  return [media.example, ...named, resolved(document, media.schema)?.example].filter((example) => example !== undefined);
}

/** What an operation documents as its replies: key, a status that it covers, media types. */
export function* replies(document, operation) {
  const keys = Object.keys(operation.responses ?? {}).filter((key) => !key.startsWith("x-"));
  for (const key of keys) {
    const reply = resolved(document, operation.responses[key]);
    const status = statusOf(key, keys);
    const content = Object.entries(reply?.content ?? {}).filter(([mediaType]) => /^[\w!#$&^+.*-]+\/[\w!#$&^+.*-]+ *(;|$)/.test(mediaType));
    if (reply && status >= 200) yield { key, status, reply, content };
  }
}

function statusOf(key, keys) {
  if (/^\d{3}$/.test(key)) return Number(key);
  const first = /^\dXX$/i.test(key) ? Number(key[0]) * 100 : 500;
  return [...Array(100).keys()].map((more) => first + more).find((status) => !keys.includes(String(status)));
}

/** The media type object that describes an answer: its very media type, else the range that it is in. */
export function mediaFor(document, operation, status, sent) {
  const { responses = {} } = operation;
  const range = Object.keys(responses).find((key) => key.toUpperCase() === `${Math.floor(status / 100)}XX`);
  const content = Object.entries(resolved(document, responses[status] ?? responses[range] ?? responses.default)?.content ?? {});
  const essence = (mediaType) => mediaType.split(";")[0].trim().toLowerCase();
  const wanted = [sent, essence(sent), `${essence(sent).split("/")[0]}/*`, "*/*"];
  return wanted.map((one) => content.find(([mediaType]) => mediaType === one || essence(mediaType) === one)?.[1]).find(Boolean);
}
