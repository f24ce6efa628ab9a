// Runs axe-core on pages in headless Chromium, light and dark, with everything open, through chromedriver's plain HTTP.
//
// Usage: node axe.mjs AXE-SCRIPT DRIVER-URL PAGE...
//
// Ends with 1 when a rule is broken. Rules that only advise ("best-practice") count like those of WCAG.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [script, server, ...pages] = process.argv.slice(2);
const axe = readFileSync(script, "utf8");

const call = async (method, path, body) => {
  const answer = await fetch(server + path, { method, body: body && JSON.stringify(body) });
  const { value } = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${value.message}`);
  return value;
};

const args = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,900"];
const capabilities = { alwaysMatch: { browserName: "chrome", "goog:chromeOptions": { args } } };
const { sessionId } = await call("POST", "/session", { capabilities });
const session = "/session/" + sessionId;

// What is closed is not looked at, and what is packed is not there yet.
const open = `
  for (const one of document.querySelectorAll("details")) one.open = true;
  const done = arguments[0];
  setTimeout(() => { for (const one of document.querySelectorAll("details")) one.open = true; done(); }, 500);`;
const judge = `
  const done = arguments[arguments.length - 1];
  axe.run({ resultTypes: ["violations"] }).then(({ violations }) => done(violations.map(({ id, help, nodes }) => (
    { id, help, count: nodes.length, first: nodes.slice(0, 3).map((node) => node.target.join(" ") + ": " + (node.any[0]?.message ?? "") + " " + node.html.slice(0, 160)) }))), (error) => done([{ id: String(error), help: "", count: 1, first: [] }]));`;

let broken = 0;
try {
  await call("POST", session + "/timeouts", { script: 120000 });
  for (const page of pages) {
    for (const value of ["light", "dark"]) {
      await call("POST", session + "/goog/cdp/execute", { cmd: "Emulation.setEmulatedMedia", params: { features: [{ name: "prefers-color-scheme", value }] } });
      await call("POST", session + "/url", { url: pathToFileURL(resolve(page)).href });
      await call("POST", session + "/execute/async", { script: open, args: [] });
      await call("POST", session + "/execute/sync", { script: axe, args: [] });
      for (const { id, help, count, first } of await call("POST", session + "/execute/async", { script: judge, args: [] })) {
        broken += count;
        console.error(`${page} (${value}): ${id}: ${help}, ${count} times\n  ${first.join("\n  ")}`);
      }
    }
  }
} finally {
  await call("DELETE", session);
}
process.exit(broken === 0 ? 0 : 1);
