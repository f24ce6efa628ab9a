// Answers with one thing changed, at a place where the schema seems to forbid it. The oracle says which are really broken.

import { resolved } from "./references.mjs";

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** Each place of a value, as keys, with the schemas that describe it. */
function* places(document, schema, value, keys = [], depth = 0) {
  const found = resolved(document, schema);
  if (!found || depth > 12) return;
  yield { keys, schema: found, value };
  for (const part of [...(found.allOf ?? []), ...(found.anyOf ?? []), ...(found.oneOf ?? [])]) yield* places(document, part, value, keys, depth + 1);
  if (Array.isArray(value) && found.items) yield* places(document, found.items, value[0], [...keys, 0], depth + 1);
  if (!isObject(value)) return;
  for (const name of Object.keys(value)) {
    const part = found.properties?.[name] ?? (isObject(found.additionalProperties) ? found.additionalProperties : undefined);
    if (part) yield* places(document, part, value[name], [...keys, name], depth + 1);
  }
}

const other = { string: 7, integer: "seven", number: "seven", boolean: "yes", object: [], array: {} };
const broken = {
  date: { "date without zeros": "2024-1-5", "date with a blank": " 2024-01-05", "date that is none": "2023-02-30" },
  "date-time": { "date-time without zone": "2024-01-05T10:00:00", "date-time without zeros": "2024-1-5T10:00:00Z", "date-time that is none": "2024-01-05T25:00:00Z" },
  int32: { "beyond int32": 2147483648, "below int32": -2147483649 },
  int64: { "beyond int64": 1e19, "below int64": -1e19 },
  byte: { "no base64": "%%%%", "base64 of five": "YWJj*" },
  uuid: { "no uuid": "0a6d3c52-7f5e-4f0e-9d7a-53d0b4f4a00" },
  email: { "no e-mail address": "nobody" },
  ipv4: { "no IPv4 address": "192.0.2.300" },
  ipv6: { "no IPv6 address": "2001:db8::g" },
  uri: { "no URI": "not a uri" },
};

/** What can be changed at a place: kind, and what stands there then. */
function* changes({ schema, value }) {
  const { type, format } = schema;
  if (other[type] !== undefined) yield ["wrong type", other[type]];
  if (type && !schema.nullable) yield ["null", null];
  if (type === "integer") yield ["fraction", 1.5];
  if (Array.isArray(schema.enum)) yield ["outside of enum", typeof value === "number" ? value + 987654 : `${value}~`];
  if (typeof value === "string") yield* texts(schema, value);
  if (typeof value === "number") yield* numbers(schema);
  if (Array.isArray(value)) yield* arrays(schema, value);
  if (isObject(value)) yield* objects(schema, value);
  if (value !== undefined && typeof value !== "object") yield* Object.entries(broken[format] ?? {});
}

function* texts({ maxLength, minLength, pattern }, value) {
  if (maxLength !== undefined && maxLength < 10000) yield ["too long", value.padEnd(maxLength + 1, "x")];
  if (minLength > 0) yield ["too short", [...value].slice(0, minLength - 1).join("")];
  if (pattern) yield ["outside of pattern", `\u0007${value}\u0007`];
}

function* numbers({ maximum, minimum, multipleOf }) {
  if (maximum !== undefined) yield ["too great", maximum + 1];
  if (minimum !== undefined) yield ["too small", minimum - 1];
  if (multipleOf !== undefined) yield ["no multiple", multipleOf * 1.5];
}

function* arrays({ maxItems, minItems, uniqueItems }, value) {
  if (maxItems < 1000 && value.length > 0) yield ["too many items", Array.from({ length: maxItems + 1 }, (_, i) => value[i] ?? value[0])];
  if (minItems > 0) yield ["too few items", value.slice(0, minItems - 1)];
  if (uniqueItems && value.length > 0) yield ["the same item twice", [...value, value[0]]];
}

function* objects(schema, value) {
  for (const name of schema.required ?? []) if (Object.hasOwn(value, name)) yield ["missing property", without(value, name)];
  if (schema.additionalProperties === false) yield ["additional property", { ...value, undocumented: 1 }];
  if (isObject(schema.additionalProperties)) yield ["additional property of another type", { ...value, undocumented: other[schema.additionalProperties.type] ?? null }];
  if (schema.maxProperties < 100) yield ["too many properties", { ...value, ...Object.fromEntries([...Array(schema.maxProperties + 1).keys()].map((i) => [`p${i}`, value[Object.keys(value)[0]]])) }];
  if (schema.minProperties > 0) yield ["too few properties", {}];
}

function without(value, name) {
  const { [name]: _, ...rest } = value;
  return rest;
}

/** A copy of a value with another part at one place. */
function placed(value, keys, part) {
  if (keys.length === 0) return part;
  const copy = Array.isArray(value) ? [...value] : { ...value };
  copy[keys[0]] = placed(value[keys[0]], keys.slice(1), part);
  return copy;
}

/** One mutant of each kind, at a place by chance. */
export function mutants(document, schema, value, random) {
  const kinds = new Map();
  for (const place of places(document, schema, value)) {
    for (const [kind, part] of changes(place)) kinds.set(kind, [...(kinds.get(kind) ?? []), { place, part }]);
  }
  return [...kinds].map(([kind, found]) => {
    const { place, part } = random.pick(found);
    return { kind, pointer: place.keys.map((key) => `/${key}`).join(""), schema: place.schema, body: placed(value, place.keys, part) };
  });
}
