"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const filter = byId("filter"), search = byId("search"), tag = byId("tag"), shown = byId("shown"), toggle = byId("toggle");
  const boxes = [...filter.querySelectorAll("[name=verdict]")];
  const cases = [...document.querySelectorAll(".case")].map((node) => ({
    node,
    verdict: node.dataset.verdict,
    tags: node.dataset.tags.split("\n").filter(Boolean),
    text: (node.firstElementChild.textContent + " " + node.dataset.words).toLowerCase(),
  }));
  const groups = [...document.querySelectorAll(".group")];

  for (const name of [...new Set(cases.flatMap((one) => one.tags))].sort()) {
    tag.append(new Option(name, name));
  }

  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let count = 0;
    for (const one of cases) {
      const fits = verdicts.has(one.verdict) && (!tag.value || one.tags.includes(tag.value))
        && words.every((word) => one.text.includes(word));
      one.node.hidden = !fits;
      count += fits;
    }
    for (const group of groups) group.hidden = !group.querySelector(".case:not([hidden])");
    byId("empty").hidden = count > 0;
    shown.textContent = count + " of " + cases.length;
  };

  const reveal = () => {
    const goal = location.hash.length > 1 && byId(decodeURIComponent(location.hash.slice(1)));
    if (!goal) return;
    for (let node = goal; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
      node.hidden = false;
    }
    goal.scrollIntoView();
  };

  toggle.addEventListener("click", () => {
    const open = toggle.textContent === "Open all";
    for (const one of cases) if (!one.node.hidden) one.node.open = open;
    toggle.textContent = open ? "Close all" : "Open all";
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, select")) return;
    event.preventDefault();
    search.focus();
  });
  filter.addEventListener("input", apply);
  window.addEventListener("hashchange", reveal);
  filter.hidden = false;
  apply();
  reveal();
})();
