// The parts of a run are one run to CTRF. Usage: node parts.mjs NODE_MODULES FOLDER WHOLE

import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { equal, json } from './expected.mjs';

const [modules, folder, whole] = process.argv.slice(2).map((path) => resolve(path));
const ctrf = createRequire(join(modules, 'x.js'))('ctrf');
const parts = readdirSync(folder).sort().map((name) => json(folder, name));
parts.forEach((part) => ctrf.validateStrict(part));
const united = json(whole, 'ctrf-report.json');
equal('ctrf: one run', [...new Set([...parts, united].map((part) => part.runId))], ['readers']);
equal('ctrf: documents', new Set([...parts, united].map((part) => part.reportId)).size, parts.length + 1);
equal('ctrf: shards', parts.map((part) => part.results.environment.shardId), [1, 2, 3, 4, 5].map((part) => `${part}-of-5`));
const merged = ctrf.merge(parts, { deduplicateTests: true });
ctrf.validateStrict(merged);
const numbers = (report) => ['tests', 'passed', 'failed', 'skipped', 'other'].map((name) => report.results.summary[name]);
equal('ctrf: merged by its library, and by ours', numbers(merged), numbers(united));
const ids = (report) => report.results.tests.map((test) => test.testId).sort();
equal('ctrf: the tests of both', ids(merged), ids(united));
