// Values that a schema describes: its example, or one that is made. They are material; the oracle says whether they are valid.

import { resolved } from "./references.mjs";
import { require } from "./tools.mjs";

const RandExp = require("randexp");

const formats = {
  date: "2026-01-05", "date-time": "2026-01-05T10:20:30Z", uuid: "0a6d3c52-7f5e-4f0e-9d7a-53d0b4f4a001", email: "ann@example.com",
  uri: "https://example.com/a", url: "https://example.com/a", hostname: "example.com", ipv4: "192.0.2.1", ipv6: "2001:db8::1", byte: "YWJj",
};

/** Whether an example has the type that its schema names. */
export function typed(document, schema, value) {
  const found = resolved(document, schema) ?? {};
  if (Array.isArray(found.type)) return found.type.some((type) => typed(document, { type }, value));
  const { type } = found;
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return value !== null && typeof value === "object" && !Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  return type === undefined || typeof value === type;
}

/** `direction` is "request" or "response"; properties of the other one are left out. */
export function sample(document, schema, random, direction, depth = 0) {
  const found = resolved(document, schema);
  if (!found || depth > 6) return null;
  const given = [found.example, ...(Array.isArray(found.examples) ? found.examples : []), found.default, found.const, found.enum?.[0]].find((value) => value !== undefined && value !== null && typed(document, found, value));
  if (given !== undefined) return given;
  const made = (part) => sample(document, part, random, direction, depth + 1);
  if (found.allOf) return all([...found.allOf.map(made), object(document, found, random, direction, depth)]);
  const choice = (found.oneOf ?? found.anyOf)?.filter((part) => part?.type !== "null");
  if (choice?.length > 0) return all([made(random.pick(choice)), object(document, found, random, direction, depth)]);
  return one(document, found, random, direction, depth, made);
}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** Objects are one object; of anything else the first that says something. */
function all(parts) {
  const said = parts.filter((part) => part !== undefined && part !== null);
  return said.every(isObject) ? Object.assign({}, ...said) : said[0];
}

function one(document, schema, random, direction, depth, made) {
  const type = [schema.type].flat().find((type) => type !== "null");
  if (type === "object" || schema.properties || (!type && schema.additionalProperties)) return object(document, schema, random, direction, depth) ?? {};
  if (type === "array") return Array.from({ length: Math.min(20, Math.max(1, schema.minItems ?? 1)) }, () => made(schema.items ?? {}));
  if (type === "boolean") return true;
  if (type === "integer" || type === "number") return number(schema);
  return type === "string" ? text(schema, random) : "x";
}

/** Undefined where the schema says nothing of properties. */
function object(document, schema, random, direction, depth) {
  if (!schema.properties) return undefined;
  const hidden = direction === "request" ? "readOnly" : "writeOnly";
  const members = Object.entries(schema.properties)
    .filter(([name, part]) => schema.required?.includes?.(name) || (depth < 3 && random.below(4) > 0 && !resolved(document, part)?.[hidden]))
    .map(([name, part]) => [name, sample(document, part, random, direction, depth + 1)]);
  return Object.fromEntries(members.filter(([, value]) => value !== null && value !== undefined));
}

function number({ minimum, maximum, exclusiveMinimum, multipleOf = 1 }) {
  if (typeof exclusiveMinimum === "number") return Math.floor(exclusiveMinimum / multipleOf) * multipleOf + multipleOf;
  if (minimum !== undefined) return Math.ceil(minimum / multipleOf) * multipleOf + (exclusiveMinimum ? multipleOf : 0);
  return maximum !== undefined && maximum < 1 ? maximum : multipleOf;
}

function text({ format, pattern, minLength = 0, maxLength = Infinity }, random) {
  if (pattern) return matching(pattern, random) ?? "x1";
  const made = formats[format] ?? "x1";
  return made.padEnd(Math.min(minLength, 1000), "x").slice(0, Math.max(1, maxLength));
}

function matching(pattern, random) {
  try {
    const words = new RandExp(pattern);
    words.max = 3;
    words.randInt = (from, to) => from + random.below(to - from + 1);
    return words.gen();
  } catch {
    return undefined;
  }
}
