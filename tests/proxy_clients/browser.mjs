// Signs on in Chromium, through the proxy: the page is an answer of the proxy, and its script goes on from there.
//
// Usage: node browser.mjs MODULES PROXY

import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [modules, proxy] = process.argv.slice(2);
const { chromium } = createRequire(join(resolve(modules), 'any.js'))('playwright-core');
const environment = '00000000-0000-4000-8000-000000000001';
const application = '00000000-0000-4000-8000-000000000008';

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  const page = await browser.newPage();
  const begin = `${proxy}/${environment}/as/authorize?client_id=${application}&response_type=code&response_mode=pi.flow&scope=openid`;
  const answer = await page.goto(begin);
  const flow = await answer.json();
  const status = await page.evaluate(async (address) => {
    const headers = { 'Content-Type': 'application/vnd.pingidentity.usernamePassword.check+json' };
    const body = JSON.stringify({ username: 'anna', password: 'Correct-Horse-7' });
    const signedOn = await fetch(address, { method: 'POST', headers, body });
    return (await signedOn.json()).status;
  }, `${proxy}/${environment}/flows/${flow.id}`);
  if (status !== 'COMPLETED') throw new Error(`the flow is ${status}`);
} finally {
  await browser.close();
}
