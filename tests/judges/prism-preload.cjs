// Two corrections to Prism 5.16, loaded with `node --require`; nothing else of it is touched.
//
// * Prism compares only what follows the `+` of a media type: to it every `application/vnd.…+json` is the first one of
//   the operation, and that one's schema judges them all. In this contract the media type is what names the operation.
// * Prism follows redirects by itself. Here the redirect is the answer, and it leads to a host that is not ours.

"use strict";

const path = require("node:path");

const modules = process.env.JUDGES_NODE_MODULES;

const essence = (mediaType) => mediaType.split(";")[0].trim().toLowerCase();
const matching = require(path.join(
  modules, "@stoplight", "prism-http", "dist", "validator", "utils", "wildcardMediaTypeMatch.js"));
matching.wildcardMediaTypeMatch = (sent, documented) => essence(sent) === essence(documented);

const http = require(require.resolve("node-fetch", { paths: [path.join(modules, "@stoplight", "prism-http")] }));
const fetch = http.default;
http.default = (url, options) => fetch(url, { ...options, redirect: "manual" });
