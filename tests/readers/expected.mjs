// What every reader should say of a folder of reports, from its report.json.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const json = (...parts) => JSON.parse(readFileSync(join(...parts), 'utf8'));

// The scenarios with the words that readers use.
export function expected(folder) {
  const report = json(folder, 'report.json');
  const file = (name) => name.split('#')[0];
  const scenarios = report.scenarios.map((scenario) => {
    const at = file(scenario.name).lastIndexOf('/');
    const denied = (scenario.findings ?? []).find((finding) => finding.level === 'deny');
    const split = at >= 0 && at + 1 < scenario.name.length;
    return {
      name: split ? scenario.name.slice(at + 1) : scenario.name,
      verdict: scenario.verdict,
      flaky: scenario.verdict === 'passed' && (scenario.earlier ?? []).length > 0,
      message: denied?.message ?? scenario.reason,
      traces: scenario.exchanges.flatMap((exchange) => (exchange.trace ? [exchange.trace.trace_id] : [])),
    };
  });
  return { counts: report.counts, scenarios };
}

export function equal(what, found, wanted) {
  const [one, other] = [found, wanted].map((value) => JSON.stringify(value));
  if (one === other) return;
  console.error(`readers: ${what}: ${one}, and not ${other}`);
  process.exitCode = 1;
}
