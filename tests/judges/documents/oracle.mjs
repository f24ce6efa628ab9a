// What is valid, by ajv, in two readings: where the standards leave something open, `strict` says no and `lenient` yes.
// Only what both say counts for or against Flowproof.
//
// A schema of OpenAPI 3.0 becomes one of JSON Schema draft 4:
//   nullable     beside a `type` it adds "null" to it; elsewhere, beside a reference, and where an enum lacks null: open
//   writeOnly    may be absent from a response although it is required: open, because it hangs on where it is said
//   references   what stands beside `$ref` is ignored
//   formats      those of OpenAPI, and those of draft 4; open where ajv-formats is wider or narrower than the RFC
//   patterns     ECMA-262 with the flag `u`, or without where that is no pattern; else there is none
//
// One of OpenAPI 3.1 is JSON Schema 2020-12 as it stands, but for `writeOnly`, formats and patterns, as above.

import { Script, createContext } from "node:vm";

import { resolved } from "./references.mjs";
import { require } from "./tools.mjs";

const Ajv04 = require("ajv-draft-04").default;
const Ajv2020 = require("ajv/dist/2020.js").default;
const { fullFormats } = require("ajv-formats/dist/formats.js");

const plain = [
  "maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "multipleOf", "maxLength", "minLength", "pattern", "maxItems", "minItems",
  "uniqueItems", "maxProperties", "minProperties",
];

const asWritten = new Set([...plain, "type", "enum", "const", "minContains", "maxContains", "dependentRequired"]);
const schemaLists = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);
const singleSchemas = new Set(["not", "items", "additionalProperties", "if", "then", "else", "contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties"]);

const whole = (from, to) => ({ type: "number", validate: (value) => Number.isInteger(value) && value >= from && value <= to });
const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

const common = {
  date: fullFormats.date, email: fullFormats.email, hostname: fullFormats.hostname, ipv4: fullFormats.ipv4, ipv6: fullFormats.ipv6,
  "date-time": fullFormats["date-time"], int32: whole(-(2 ** 31), 2 ** 31 - 1),
};
const strictly = {
  ...common,
  "date-time": (text) => RFC3339.test(text) && fullFormats["date-time"].validate(text),
  int64: whole(-(2 ** 63), 2 ** 63 - 1025), uri: fullFormats.uri, uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  byte: /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
};
const leniently = {
  ...common, int64: whole(-(2 ** 63), 2 ** 63), uri: /^[a-z][a-z0-9+.-]*:\S*$/i, uuid: fullFormats.uuid, byte: /^[A-Za-z0-9+/_\s-]*={0,2}\s*$/,
};

/** Some published patterns take for ever on a text that nearly fits; after a second nobody can say, which `judge` catches. */
const look = new Script("pattern.test(text)");
const place = createContext({});

function pattern(source) {
  const made = compiled(source);
  // What has no repetition of a group ends by itself.
  if (!/\)[*+{]/.test(source)) return made;
  const test = (text) => look.runInContext(Object.assign(place, { pattern: made, text }), { timeout: 1000 });
  return { test, toString: () => String(made) };
}

function compiled(source) {
  for (const flags of ["u", ""]) {
    try {
      return new RegExp(source, flags);
    } catch {
      continue;
    }
  }
  return /(?:)/;
}

function ajv(Ajv, formats, multipleOfPrecision) {
  const regExp = Object.assign(pattern, { code: "pattern" });
  const made = new Ajv({ strict: false, validateSchema: false, logger: false, multipleOfPrecision, inlineRefs: false, code: { regExp, optimize: false } });
  for (const [name, format] of Object.entries(formats)) made.addFormat(name, format);
  return made;
}

/** The schemas of one document, each compiled when it is first asked for. */
export class Oracle {
  #document;
  #secrets;
  #isModern;
  #readings;
  #compiled = new Map();

  constructor(document) {
    this.#document = document;
    this.#secrets = writeOnly(document);
    this.#isModern = document.openapi.startsWith("3.1.");
    const Ajv = this.#isModern ? Ajv2020 : Ajv04;
    this.#readings = [["strict", ajv(Ajv, strictly)], ["lenient", ajv(Ajv, leniently, 6)]];
  }

  /** { strict, lenient }: whether a value is valid; undefined where ajv cannot say. `error` is the first that the strict one sees. */
  judge(schema, value) {
    try {
      const [strict, lenient] = this.#validators(schema);
      const valid = strict(value);
      return { strict: valid, lenient: lenient(value), error: strict.errors?.[0] };
    } catch {
      return undefined;
    }
  }

  #validators(schema) {
    if (!this.#compiled.has(schema)) this.#compiled.set(schema, this.#readings.map(([reading, judge]) => this.#compile(schema, reading, judge)));
    return this.#compiled.get(schema);
  }

  /** What a schema refers to is added first, each once and by the text of its reference. */
  #compile(schema, reading, judge) {
    const waiting = [];
    const refer = ($ref) => {
      const key = encodeURIComponent($ref);
      if (!judge.schemas[key]) waiting.push([key, $ref]);
      return { $ref: key };
    };
    const top = this.#translated(schema, reading, refer);
    for (const [key, $ref] of waiting) {
      const target = resolved(this.#document, { $ref });
      if (target === undefined) throw new Error(`${$ref} leads nowhere`);
      if (!judge.schemas[key]) judge.addSchema(this.#translated(target, reading, refer), key);
    }
    return judge.compile(top);
  }

  #translated(schema, reading, refer) {
    if (this.#isModern && typeof schema === "boolean") return schema;
    if (!schema || typeof schema !== "object") return {};
    const lenient = reading === "lenient";
    if (this.#isModern) return this.#modern(schema, reading, refer);
    if (typeof schema.$ref === "string") return open(lenient && schema.nullable, refer(schema.$ref));
    const inner = (part) => this.#translated(part, reading, refer);
    const out = {};
    for (const key of plain) if (schema[key] !== undefined) out[key] = schema[key];
    for (const key of ["allOf", "anyOf", "oneOf"]) if (Array.isArray(schema[key]) && schema[key].length > 0) out[key] = schema[key].map(inner);
    for (const key of ["not", "items"]) if (schema[key]) out[key] = inner(schema[key]);
    if (Array.isArray(schema.enum)) out.enum = [...new Set(schema.enum)];
    if (typeof schema.type === "string") out.type = schema.nullable ? [schema.type, "null"] : schema.type;
    if (schema.format && (!lenient || applies(schema))) out.format = schema.format;
    if (schema.properties) out.properties = Object.fromEntries(Object.entries(schema.properties).map(([name, part]) => [name, this.#property(part, lenient, inner)]));
    if (schema.additionalProperties !== undefined) out.additionalProperties = typeof schema.additionalProperties === "object" ? inner(schema.additionalProperties) : schema.additionalProperties;
    if (Array.isArray(schema.required)) out.required = schema.required.filter((name) => !lenient || !this.#secrets.has(name));
    if (out.required?.length === 0) delete out.required;
    return open(lenient && schema.nullable, out);
  }

  #modern(schema, reading, refer) {
    const lenient = reading === "lenient";
    const inner = (part) => this.#translated(part, reading, refer);
    const members = (parts, of) => Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, of(part)]));
    const out = {};
    for (const [key, value] of Object.entries(schema)) {
      if (asWritten.has(key)) out[key] = value;
      else if (key === "$ref") Object.assign(out, refer(value));
      else if (key === "format" && (!lenient || applies(schema))) out.format = value;
      else if (key === "required") out.required = value.filter((name) => !this.#secrets.has(name));
      else if (key === "properties") out.properties = members(value, (part) => this.#property(part, lenient, inner));
      else if (key === "patternProperties" || key === "dependentSchemas") out[key] = members(value, inner);
      else if (schemaLists.has(key)) out[key] = value.map(inner);
      else if (singleSchemas.has(key)) out[key] = inner(value);
    }
    return out;
  }

  #property(part, lenient, inner) {
    const hidden = !lenient && part && (part.writeOnly || resolved(this.#document, part)?.writeOnly);
    return hidden ? { not: {} } : inner(part);
  }
}

const open = (nullable, schema) => (nullable ? { anyOf: [{ type: "null" }, schema] } : schema);

/** A format says something of the type that it belongs to. */
const applies = ({ type, format }) => [type].flat().includes(/^int/.test(format) ? "integer" : "string");

/** The names of all properties that are writeOnly anywhere in the document. */
function writeOnly(node, names = new Set(), name = "") {
  if (node === null || typeof node !== "object") return names;
  if (node.writeOnly === true) names.add(name);
  for (const [key, part] of Object.entries(node)) writeOnly(part, names, key);
  return names;
}
