// The page: filters, the list of documents, going from name to name.
(() => {
  const { KIND, CONFIDENCE, GOLD, VERDICT, START, END } = ReportText;
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const hasGold = data.gold !== "";
  const main = byId("documents"), list = byId("list"), card = byId("card");
  const standing = ReportText.inOneText(data);
  const topOfKind = data.types.map((kind) => Annotated.topOf(kind));
  const state = { tops: new Set(data.tops), verdicts: new Set(), least: 0, greatest: 1, words: "", only: false };
  const ERRORS = ["type", "boundary", "missed", "spurious", "outside"];
  let sided = false, at = null, shown = [];

  // ---- documents ----------------------------------------------------------------------------------------------------

  const sections = data.docs.map((doc, number) => {
    const section = document.createElement("section");
    section.className = "document";
    section.dataset.doc = number;
    section.style.minHeight = `${Math.ceil(doc.text.length / 75) * 31 + 90}px`;
    const head = document.createElement("h2");
    head.textContent = doc.id;
    section.append(head);
    main.append(section);
    const item = document.createElement("li"), link = document.createElement("button"), count = document.createElement("span");
    link.append(doc.id);
    link.title = doc.id;
    item.append(link, count);
    link.addEventListener("click", () => goToDocument(number));
    list.append(item);
    return { section, item, count, filled: false, visible: 0 };
  });

  function ensure(number) {
    const one = sections[number];
    if (one.filled) return;
    one.filled = true;
    ReportText.fill(data, number, one.section, sided);
    mute(number);
  }

  const near = new IntersectionObserver(
    (entries) => entries.forEach((entry) => entry.isIntersecting && ensure(Number(entry.target.dataset.doc))),
    { rootMargin: "900px 0px" },
  );
  const current = new IntersectionObserver(
    (entries) =>
      entries.forEach((entry) => {
        const { item } = sections[Number(entry.target.dataset.doc)];
        item.classList.toggle("here", entry.isIntersecting);
        if (entry.isIntersecting) item.scrollIntoView({ block: "nearest" });
      }),
    { rootMargin: "-30% 0px -65% 0px" },
  );
  for (const { section } of sections) {
    near.observe(section);
    current.observe(section);
  }
  window.addEventListener("beforeprint", () => sections.forEach((one, number) => !one.section.hidden && ensure(number)));

  // ---- filters ------------------------------------------------------------------------------------------------------

  function fits(doc, name) {
    if (!state.tops.has(topOfKind[name[KIND]])) return false;
    if (hasGold && !state.verdicts.has(data.verdicts[name[VERDICT]])) return false;
    const sure = name[GOLD] || name[CONFIDENCE] === null ? 1 : name[CONFIDENCE];
    if (sure < state.least || (sure > state.greatest && !(name[GOLD] && state.greatest === 1))) return false;
    if (state.words === "") return true;
    if (data.types[name[KIND]].toLowerCase().includes(state.words)) return true;
    return doc.text.slice(name[START], name[END]).toLowerCase().replace(/\s+/g, " ").includes(state.words);
  }

  function apply() {
    shown = [];
    let total = 0;
    data.docs.forEach((doc, number) => {
      const one = sections[number];
      one.fits = doc.names.map((name) => fits(doc, name));
      const order = doc.names.map((name, place) => place).filter((place) => one.fits[place]);
      const listed = order.filter((place) => sided || standing(doc.names[place]));
      listed.forEach((place) => shown.push([number, place]));
      total += doc.names.filter((name) => sided || standing(name)).length;
      one.count.textContent = listed.length || "";
      one.item.classList.toggle("empty", listed.length === 0);
      one.item.hidden = one.section.hidden = state.only && listed.length === 0;
      if (one.filled) mute(number);
    });
    const all = shown.length === total;
    byId("reset").hidden = all;
    at = null;
    place(all ? `${total.toLocaleString("en")} names` : `${shown.length.toLocaleString("en")} of ${total.toLocaleString("en")} names`);
    findDocuments();
  }

  function mute(number) {
    const one = sections[number];
    for (const mark of one.section.querySelectorAll("mark.name")) mark.classList.toggle("off", !one.fits[mark.dataset.name]);
  }

  function findDocuments() {
    const words = byId("filter").value.trim().toLowerCase();
    sections.forEach((one, number) => {
      one.item.hidden = one.section.hidden || (words !== "" && !data.docs[number].id.toLowerCase().includes(words));
    });
  }

  function chips(box, names, chosen, label, className) {
    const buttons = names.map((name, number) => {
      const button = document.createElement("button");
      button.className = `chip ${className(name)}`;
      button.textContent = label(name);
      button.setAttribute("aria-pressed", "true");
      if (number < 9 && box.id === "tops") button.title = `hide or show (${number + 1}); with Shift alone`;
      button.addEventListener("click", (event) => {
        if (event.shiftKey) {
          chosen.clear();
          chosen.add(name);
        } else if (!chosen.delete(name)) chosen.add(name);
        refresh();
        apply();
      });
      box.append(button);
      return button;
    });
    const refresh = () => buttons.forEach((button, n) => button.setAttribute("aria-pressed", chosen.has(names[n])));
    refreshers.push(refresh);
    return buttons;
  }
  const refreshers = [];
  const topChips = chips(byId("tops"), data.tops, state.tops, (top) => top, Annotated.typeClass);
  if (hasGold) {
    const words = { right: "right", type: "type", boundary: "boundary", missed: "missed", spurious: "spurious", outside: "outside" };
    const there = new Set(data.docs.flatMap((doc) => doc.names.map((name) => data.verdicts[name[VERDICT]])));
    const kinds = Object.keys(words).filter((verdict) => there.has(verdict));
    kinds.forEach((verdict) => state.verdicts.add(verdict));
    chips(byId("verdicts"), kinds, state.verdicts, (verdict) => words[verdict], (verdict) => `v-${verdict}`);
    byId("verdicts").hidden = byId("sides").hidden = false;
  }

  function bounds() {
    const [least, greatest] = [byId("least"), byId("greatest")].map((input) => Number(input.value) / 100);
    state.least = Math.min(least, greatest);
    state.greatest = Math.max(least, greatest);
    byId("range").textContent = `${state.least} – ${state.greatest}`;
    apply();
  }
  byId("least").addEventListener("input", bounds);
  byId("greatest").addEventListener("input", bounds);
  byId("confidence").hidden = !data.docs.some((doc) => doc.names.some((name) => !name[GOLD] && name[CONFIDENCE] !== null));

  function search(words) {
    byId("search").value = words;
    state.words = words.trim().toLowerCase().replace(/\s+/g, " ");
    apply();
  }
  byId("search").addEventListener("input", () => search(byId("search").value));
  byId("filter").addEventListener("input", findDocuments);

  function reset() {
    data.tops.forEach((top) => state.tops.add(top));
    Object.values(data.verdicts).forEach((verdict) => verdict !== "none" && hasGold && state.verdicts.add(verdict));
    byId("least").value = 0;
    byId("greatest").value = 100;
    byId("search").value = state.words = "";
    refreshers.forEach((refresh) => refresh());
    bounds();
  }

  function only(button = byId("only")) {
    state.only = !state.only;
    button.setAttribute("aria-pressed", state.only);
    apply();
  }

  function sides() {
    if (!hasGold) return;
    sided = !sided;
    byId("sides").setAttribute("aria-pressed", sided);
    byId("sides").textContent = sided ? "in one text" : "side by side";
    const here = Math.max(0, sections.findIndex(({ item }) => item.classList.contains("here")));
    sections.forEach((one, number) => {
      if (one.filled) ReportText.fill(data, number, one.section, sided);
    });
    document.body.classList.toggle("wide", sided);
    apply();
    if (at === null && window.scrollY > 400) goToDocument(here);
  }

  // The summary's plots and tables filter too.
  byId("summary").addEventListener("click", (event) => {
    const hit = event.target.closest("[data-top], [data-type], [data-verdict]");
    if (!hit) return;
    const { top, type, verdict } = hit.dataset;
    if (type) search(type);
    for (const [value, chosen] of [[top, state.tops], [verdict, state.verdicts]]) {
      if (value) {
        chosen.clear();
        chosen.add(value);
      }
    }
    refreshers.forEach((refresh) => refresh());
    apply();
    step(1);
  });

  // ---- going about --------------------------------------------------------------------------------------------------

  function place(text) {
    byId("place").textContent = text;
  }

  function goToDocument(number) {
    ensure(number);
    sections[number].section.scrollIntoView({ block: "start" });
    requestAnimationFrame(() => sections[number].section.scrollIntoView({ block: "start" }));
    // The next step goes on from here.
    at = shown.findIndex(([doc]) => doc >= number) - 1;
    hide();
  }

  function step(by, wanted = () => true) {
    if (!shown.length) return place("no name is shown");
    let next = at === null ? (by > 0 ? firstFromHere() : shown.length - 1) : at + by;
    while (next >= 0 && next < shown.length && !wanted(shown[next])) next += by;
    if (next < 0 || next >= shown.length) return place(by > 0 ? "no more names below" : "no more names above");
    at = next;
    return select(...shown[at]);
  }

  function firstFromHere() {
    const here = sections.findIndex(({ section }) => !section.hidden && section.getBoundingClientRect().bottom > 120);
    const found = shown.findIndex(([doc]) => doc >= here);
    return found < 0 ? 0 : found;
  }

  function select(number, nameNumber) {
    ensure(number);
    document.querySelectorAll("mark.chosen").forEach((mark) => mark.classList.remove("chosen"));
    const marks = sections[number].section.querySelectorAll(`mark[data-name="${nameNumber}"]`);
    if (!marks.length) return;
    marks.forEach((mark) => mark.classList.add("chosen"));
    const go = () => marks[0].scrollIntoView({ block: "center" });
    go();
    requestAnimationFrame(() => {
      go();
      ReportCard.show(data, number, nameNumber, marks[0], card);
    });
    const doc = data.docs[number], name = doc.names[nameNumber];
    const words = doc.text.slice(name[START], name[END]).replace(/\s+/g, " ");
    place(`${(at + 1).toLocaleString("en")} of ${shown.length.toLocaleString("en")}: ${words}, ${data.types[name[KIND]]}`);
  }

  function stepDocument(by) {
    const here = sections.findIndex(({ item }) => item.classList.contains("here"));
    let next = here < 0 ? (by > 0 ? 0 : sections.length - 1) : here + by;
    while (sections[next] && sections[next].section.hidden) next += by;
    if (sections[next]) goToDocument(next);
  }

  function isError([doc, name]) {
    return ERRORS.includes(data.verdicts[data.docs[doc].names[name][VERDICT]]);
  }

  function hide() {
    card.hidden = true;
  }

  main.addEventListener("mouseover", (event) => {
    const mark = event.target.closest("mark.name");
    if (mark && !mark.classList.contains("off")) {
      ReportCard.show(data, Number(mark.dataset.doc), Number(mark.dataset.name), mark, card);
    } else hide();
  });
  main.addEventListener("mouseleave", hide);
  main.addEventListener("click", (event) => {
    const mark = event.target.closest("mark.name:not(.off)");
    if (!mark) return;
    const found = shown.findIndex(([doc, name]) => doc === Number(mark.dataset.doc) && name === Number(mark.dataset.name));
    if (found >= 0) at = found;
  });
  window.addEventListener("wheel", hide, { passive: true });

  function theme() {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  }

  const KEYS = {
    n: () => step(1),
    p: () => step(-1),
    "]": () => stepDocument(1),
    "[": () => stepDocument(-1),
    e: () => hasGold && step(1, isError),
    E: () => hasGold && step(-1, isError),
    "/": () => byId("search").focus(),
    0: reset,
    o: () => only(),
    s: sides,
    g: () => window.scrollTo({ top: 0 }),
    d: theme,
    "?": () => byId("keys").showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId("keys").open) return;
    if (event.key === "Escape") {
      hide();
      document.activeElement.blur();
      return;
    }
    if (event.target.matches("input[type=search]")) {
      if (event.key === "Enter" && event.target.id === "search") {
        event.target.blur();
        step(1);
      }
      return;
    }
    const act = /^[1-9]$/.test(event.key) ? () => topChips[Number(event.key) - 1]?.click() : KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  for (const [id, act] of Object.entries({ next: KEYS.n, previous: KEYS.p, sides, only: () => only(), reset, theme, help: KEYS["?"] })) {
    byId(id).addEventListener("click", act);
  }
  new ResizeObserver(() => {
    document.documentElement.style.setProperty("--bar", `${byId("bar").offsetHeight}px`);
  }).observe(byId("bar"));
  ReportCard.keys(byId("keys"), hasGold);
  apply();
  document.body.classList.add("ready");
})();
