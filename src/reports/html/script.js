"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const index = JSON.parse(byId("index").textContent);
  const filter = byId("filter"), search = byId("search"), shown = byId("shown"), toggle = byId("toggle"), touching = byId("touching");
  const boxes = all("[name=verdict]", filter), selects = all("select", filter), groups = all(".group");

  // Most rows of a long list are text until they are shown: `noscript` holds them for those who have no script.
  const rows = groups.flatMap((group) => [
    ...all(".case", group).map((node) => ({ node, home: group })),
    ...all("noscript", group).flatMap((rest) => rest.textContent.split("</details>\n").slice(0, -1)).map((markup) => ({ markup, home: group })),
  ]);
  const cases = index.cases.map(([set, ...packed], at) => ({ ...rows[at], group: rows[at].home.id, facets: index.sets[set], packed, text: "" }));
  const byNode = new Map(cases.map((one) => [one.node, one]));
  let anchors = null;
  const byAnchor = (name) => {
    anchors ??= new Map(cases.map((one) => [one.node?.id ?? one.markup.match(/ id="([^"]*)"/)[1], one]));
    return anchors.get(name);
  };

  // How many scenarios are listed at once, and how many more on demand; the one that an address names is always there.
  const FIRST = 50, MORE = 400;
  let limit = FIRST, touched = null, named = null, visible = new Set(cases.filter((one) => one.node));

  const more = document.createElement("button");
  more.type = "button";
  more.id = "more";
  byId("empty").before(more);

  const signs = { amp: "&", lt: "<", gt: ">", quot: '"', "#x27": "'", "#x60": "`", "#x3D": "=" };
  const plain = (markup) => markup.slice(0, markup.indexOf("</summary>")).replace(/<[^>]*>/g, " ").replace(/&([^;]+);/g, (all, name) => signs[name] ?? all);
  const textOf = (one) => one.text ||= (one.markup ? plain(one.markup) : one.node.firstElementChild.textContent).toLowerCase();

  const workshop = document.createElement("template");
  const nodeOf = (one) => {
    if (!one.node) {
      // The report's own templates wrote this, escaped like the rest of the page; the policy lets nothing in it run.
      workshop.innerHTML = one.markup + "</details>";
      one.node = workshop.content.querySelector(".case");
      byNode.set(one.node, one);
    }
    return one.node;
  };
  // Rows that came from text leave the page again; the others are hidden, so that their places stay known.
  const show = (chosen) => {
    for (const one of visible) {
      if (chosen.has(one)) continue;
      if (one.markup) one.node.remove();
      else one.node.hidden = true;
    }
    const last = new Map(groups.map((group) => [group, group.firstElementChild]));
    for (const one of chosen) {
      const node = nodeOf(one), before = last.get(one.home);
      if (one.markup && before.nextElementSibling !== node) before.after(node);
      if (node.hidden) node.hidden = false;
      last.set(one.home, node);
    }
    for (const group of groups) group.hidden = last.get(group) === group.firstElementChild;
    visible = chosen;
  };

  const wantedBy = (words, verdicts, facets) => {
    // A word that names a check, a tag, an operation or a requirement finds all that touch it.
    const touching = words.map((word) => new Set(index.facets.flatMap(([, name], number) => (name && name.toLowerCase().includes(word) ? [number] : []))));
    return (one) => verdicts.has(one.group) && facets.every((facet) => one.facets.includes(facet))
      && words.every((word, at) => textOf(one).includes(word) || touching[at].size && one.facets.some((facet) => touching[at].has(facet)));
  };
  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const facets = selects.map((select) => select.value).filter(Boolean).map(Number);
    if (touched !== null) facets.push(touched);
    const matching = cases.filter(wantedBy(words, verdicts, facets)), count = matching.length;
    const chosen = new Set(matching.slice(0, limit));
    if (named && !chosen.has(named)) chosen.add(named);
    show(chosen);
    byId("empty").hidden = count > 0 || named !== null;
    more.hidden = count <= limit;
    more.textContent = "Show " + Math.min(MORE, count - limit) + " more of " + count;
    shown.textContent = count + " of " + cases.length + (cases.length === 1 ? " scenario" : " scenarios");
  };
  const start = () => {
    limit = FIRST;
    named = null;
    apply();
  };

  // Accounts are inflated by the block; the last few blocks are kept.
  const blocks = new Map();
  const inflate = (id) => {
    const bytes = Uint8Array.from(atob(byId(id).textContent), (c) => c.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).text();
  };
  // Each of their lines is the number of a form, unless it is the next, and what is filled into it; a value that was shown before
  // is its number. A line that has no form stands as it is.
  let forms = null;
  const together = (account, forms) => {
    const known = [];
    let next = 0;
    const value = (text = "") => {
      if (text[0] === "\u0003") return known[text.slice(1)];
      if (text.length >= 4) known.push(text);
      return text;
    };
    return account.split("\n").map((line) => {
      if (line[0] === "\u0002") return line.slice(1);
      const [form, ...values] = line.split("\u0001");
      const number = form === "" ? next : +form;
      next = number + 1;
      return forms[number].map((part, at) => part + value(values[at])).join("");
    }).join("\n");
  };
  const accountsOf = (block) => {
    if (!blocks.has(block)) {
      forms ??= inflate("forms").then((text) => text.split("\n").map((form) => form.split("\u0001")));
      blocks.set(block, inflate("block-" + block).then((text) => text.split("\0")));
      if (blocks.size > 8) blocks.delete(blocks.keys().next().value);
    }
    return blocks.get(block);
  };
  const unpack = async (one) => {
    if (!one?.packed.length) return;
    const [block, place] = one.packed;
    one.packed = [];
    const account = together((await accountsOf(block))[place], await forms);
    // The report's own templates wrote this, escaped like the rest of the page; the policy lets nothing in it run.
    one.node.lastElementChild.outerHTML = account;
  };

  const reveal = async () => {
    const name = decodeURIComponent(location.hash.slice(1));
    if (!name) return;
    const one = byAnchor(name.replace(/__x\d+$/, ""));
    if (one) {
      named = one;
      apply();
      await unpack(one);
    }
    const goal = byId(name) ?? one?.node;
    if (!goal) return;
    for (let node = goal; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
    }
    goal.scrollIntoView();
    // What was just opened takes its place in the next frame.
    requestAnimationFrame(() => goal.scrollIntoView());
    (goal.tagName === "DETAILS" ? goal.firstElementChild : goal).focus({ preventScroll: true });
  };

  const touch = (facet, label) => {
    touched = facet;
    touching.hidden = facet === null;
    touching.textContent = label + "  ✕";
    touching.setAttribute("aria-label", "Only those that touch " + label + "; press to show all again");
    start();
  };
  const labelOf = (link) => {
    const named = link.dataset.label ?? index.facets[link.dataset.facet][1];
    return (named || link.getAttribute("title") || link.querySelector("title")?.textContent || "this").split(/\n|: (?:taken|never|tried|\d)/)[0];
  };

  const copy = async (button) => {
    const text = button.parentElement.querySelector("code")?.textContent ?? button.parentElement.nextElementSibling.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Copying is not allowed here";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".copy");
    if (button) return void copy(button);
    const link = event.target.closest?.("[data-facet]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      touch(Number(link.dataset.facet), labelOf(link));
      byId("scenarios").scrollIntoView();
      touching.focus({ preventScroll: true });
      return;
    }
    // A link to where one is already changes no address, and must lead there all the same.
    if (event.target.closest?.("a")?.hash === location.hash && location.hash) reveal();
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.open) unpack(byNode.get(event.target));
  }, true);

  const light = (diagram, node) => {
    diagram.classList.toggle("lit", node !== null);
    for (const part of all("[data-from], [data-node]", diagram)) {
      const { from, to, node: own } = part.dataset;
      part.classList.toggle("near", node !== null && (from === node || to === node || own === node));
    }
  };
  for (const diagram of all(".diagram svg")) {
    for (const name of ["pointerover", "focusin"]) {
      diagram.addEventListener(name, (event) => light(diagram, event.target.closest("[data-node]")?.dataset.node ?? null));
    }
    for (const name of ["pointerleave", "focusout"]) diagram.addEventListener(name, () => light(diagram, null));
  }

  const themes = ["system", "light", "dark"], theme = byId("theme");
  const dress = (name) => {
    if (name === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    theme.textContent = "Theme: " + name;
    theme.value = name;
  };
  theme.addEventListener("click", () => {
    dress(themes[(themes.indexOf(theme.value) + 1) % themes.length]);
    try { localStorage.setItem("flowproof-theme", theme.value); } catch { /* a file may have no storage */ }
  });
  let kept = null;
  try { kept = localStorage.getItem("flowproof-theme"); } catch { /* likewise */ }
  dress(themes.includes(kept) ? kept : "system");

  toggle.addEventListener("click", () => {
    const open = toggle.textContent === "Open all";
    for (const one of visible) one.node.open = open;
    toggle.textContent = open ? "Close all" : "Open all";
  });
  more.addEventListener("click", () => {
    const before = visible;
    limit += MORE;
    apply();
    [...visible].find((one) => !before.has(one))?.node.firstElementChild.focus();
  });
  touching.addEventListener("click", () => {
    touch(null, "");
    search.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, select")) return;
    event.preventDefault();
    search.focus();
  });

  for (const select of selects) {
    const options = index.facets.map(([kind, name], number) => ({ kind, name, number })).filter((facet) => facet.kind === select.dataset.kind);
    options.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name, number } of options) select.append(new Option(name, number));
  }
  for (const box of boxes) {
    if (!cases.some((one) => one.group === box.value)) box.parentElement.hidden = true;
  }
  filter.addEventListener("input", start);
  window.addEventListener("hashchange", reveal);
  apply();
  document.documentElement.classList.add("scripted");
  filter.hidden = theme.hidden = false;
  reveal();

  // What the search looks through is gathered while nobody waits for it.
  let gathered = 0;
  const gather = (deadline) => {
    while (gathered < cases.length && deadline.timeRemaining() > 2) textOf(cases[gathered++]);
    if (gathered < cases.length) requestIdleCallback(gather);
  };
  window.requestIdleCallback?.(gather);
})();
