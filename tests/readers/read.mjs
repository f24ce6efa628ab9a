// Reads a folder of reports by the tools of npm. Usage: node read.mjs NODE_MODULES FOLDER

import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { equal, expected, json } from './expected.mjs';

const [modules, folder] = process.argv.slice(2).map((path) => resolve(path));
const require = createRequire(join(modules, 'x.js'));
const { counts, scenarios } = expected(folder);
const { passed, failed, errored, skipped } = counts;
const flaky = counts.flaky ?? 0;
const plain = (text) => /^[\x20-\x7e]*$/.test(text ?? '');

// CTRF
const ctrf = require('ctrf');
const report = json(folder, 'ctrf-report.json');
ctrf.validateStrict(report);
const computed = ctrf.calculateSummary(report.results.tests);
computed.flaky ??= 0; // It leaves out a count of none.
for (const name of ['tests', 'passed', 'failed', 'skipped', 'other', 'flaky']) {
  equal(`ctrf: its own count of ${name}`, report.results.summary[name], computed[name]);
}
equal('ctrf', [computed.passed, computed.failed, computed.other, computed.skipped, computed.flaky], [passed, failed, errored, skipped, flaky]);
report.results.tests.forEach((test, at) => {
  const { verdict, name, message, traces } = scenarios[at];
  if (plain(name)) {
    equal('ctrf: a name', test.name, name);
    equal('ctrf: the id that its library would give', test.testId, ctrf.generateTestId(test));
  }
  equal(`ctrf: the raw status of ${test.name}`, test.rawStatus, verdict);
  if (verdict !== 'passed' && plain(message)) equal(`ctrf: the message of ${test.name}`, test.message, message);
  const told = test.steps.flatMap((step) => step.extra.exchanges.flatMap((exchange) => exchange.traceId ?? []));
  equal(`ctrf: the traces of ${test.name}`, told, traces);
});

// JUnit
const parsed = require('test-results-parser').parse({ type: 'junit', files: [join(folder, 'junit.xml')] });
equal('test-results-parser', [parsed.passed, parsed.failed, parsed.errors, parsed.skipped], [passed, failed, errored, skipped]);
const cases = parsed.suites.flatMap((suite) => suite.cases);
const words = { passed: 'PASS', failed: 'FAIL', errored: 'FAIL', skipped: 'SKIP' };
for (const { name, verdict, message } of scenarios.filter((scenario) => plain(scenario.name))) {
  const found = cases.filter((test) => test.name === name);
  equal(`test-results-parser: the status of ${name}`, found.some((test) => test.status === words[verdict]), true);
  if (['failed', 'errored'].includes(verdict) && plain(message)) {
    equal(`test-results-parser: the message of ${name}`, found.some((test) => test.failure === message), true);
  }
}
const converted = json(folder, 'of-junit.json').results;
equal('junit-to-ctrf', [converted.summary.passed, converted.summary.failed, converted.summary.skipped], [passed, failed + errored, skipped]);
equal('junit-to-ctrf: cases', converted.tests.length, scenarios.length);

// xunit-viewer shows a flaky case as one of its own status.
const shown = readFileSync(join(folder, 'xunit-viewer.txt'), 'utf8');
const last = (word) => Number([...shown.matchAll(new RegExp(`(\\d+) ${word}`, 'g'))].at(-1)?.[1] ?? 0);
equal('xunit-viewer', ['failure', 'error', 'skipped'].map(last), [failed, errored, skipped]);

// Allure
const summary = readdirSync(join(folder, 'allure-report'), { recursive: true }).find((name) => /(^|\/)statistic\.json$/.test(name));
const statistic = json(folder, 'allure-report', summary);
const of = (name) => statistic[name] ?? 0;
equal('allure', ['passed', 'failed', 'broken', 'skipped'].map(of), [passed, failed, errored, skipped]);
equal('allure: flaky', of('flaky'), flaky);
equal('allure: all', of('total'), scenarios.length);
