// The card beside a name: all that is known of it. And the list of keys.
const ReportCard = (() => {
  const { KIND, CONFIDENCE, GOLD, VERDICT, PARTNER, REST, START, END } = ReportText;
  const WORDS = {
    right: "as in gold",
    type: "gold has another type",
    boundary: "overlaps a name of the other side",
    missed: "the run has not found it",
    spurious: "gold has no name here",
    outside: "gold has a name outside the taxonomy here",
  };

  function element(kind, text = "", className = "") {
    const made = document.createElement(kind);
    if (text !== "") made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function path(kind) {
    const made = element("div", "", "path");
    kind.split("|").forEach((way, number) => {
      if (number) made.append(element("i", "or"));
      const line = element("span", "", Annotated.typeClass(Annotated.topOf(way)));
      way.split(".").forEach((part) => line.append(element("b", part)));
      made.append(line);
    });
    return made;
  }

  function bars(title, shares, coloured) {
    // Pairs of words and a share from 0 to 1.
    const made = element("div", "", "shares");
    made.append(element("h4", title));
    for (const [kind, share] of shares) {
      const row = element("div", "", coloured ? Annotated.typeClass(Annotated.topOf(kind)) : "plain");
      const track = element("span", "", "track"), bar = element("i");
      bar.style.width = `${100 * share}%`;
      track.append(bar);
      row.append(element("span", kind), track, element("span", share.toFixed(2)));
      made.append(row);
    }
    return made;
  }

  function content(data, docNumber, nameNumber) {
    const doc = data.docs[docNumber], name = doc.names[nameNumber], rest = name[REST];
    const named = (shares) => shares.map(([kind, share]) => [data.types[kind], share]);
    const made = document.createDocumentFragment();
    const words = doc.text.slice(name[START], name[END]).replace(/\s+/g, " ");
    made.append(element("div", words, "words"), path(data.types[name[KIND]]));
    const verdict = data.verdicts[name[VERDICT]];
    if (verdict !== "none") {
      const line = element("div", WORDS[verdict], `verdict v-${verdict}`);
      if (rest.why) line.append(element("span", `: ${rest.why}`));
      made.append(line);
      const partner = doc.names[name[PARTNER]];
      if (partner && verdict !== "right") {
        const side = element("div", name[GOLD] ? "run" : "gold", "partner");
        if (verdict === "boundary") side.append(element("q", doc.text.slice(partner[START], partner[END])));
        side.append(path(data.types[partner[KIND]]));
        made.append(side);
      }
    }
    if (name[CONFIDENCE] !== null && !name[GOLD]) made.append(bars("", [["confidence", name[CONFIDENCE]]], false));
    if (rest.detection !== undefined) made.append(bars("", [["is a name", rest.detection]], false));
    if (rest.alternatives) made.append(bars("might be", named(rest.alternatives), true));
    if (rest.yago) made.append(bars("YAGO", named(rest.yago), false));
    const facts = [`${doc.id}:${rest.at[0]}–${rest.at[1]}`, name[GOLD] ? "gold" : "", rest.form, rest.kb, rest.id];
    made.append(element("div", facts.filter(Boolean).join("  ·  "), "facts"));
    return made;
  }

  function show(data, docNumber, nameNumber, anchor, card) {
    card.replaceChildren(content(data, docNumber, nameNumber));
    card.hidden = false;
    const around = anchor.getClientRects()[0] || anchor.getBoundingClientRect();
    const { width, height } = card.getBoundingClientRect();
    const below = around.bottom + 10 + height < window.innerHeight;
    const left = Math.max(8, Math.min(around.left, window.innerWidth - width - 8));
    card.style.left = `${left}px`;
    card.style.top = `${below ? around.bottom + 10 : Math.max(8, around.top - height - 10)}px`;
  }

  const KEYS = [
    ["n  p", "next and previous name"],
    ["]  [", "next and previous document"],
    ["e  E", "next and previous error (with gold)"],
    ["/", "search by type or words"],
    ["1 – 9", "hide and show a top type"],
    ["0", "show all names"],
    ["o", "only documents with a name that is shown"],
    ["s", "gold and run side by side"],
    ["g", "summary"],
    ["d", "light or dark"],
    ["?", "this list"],
    ["Esc", "close"],
  ];

  function keys(dialog, hasGold) {
    const table = element("table");
    for (const [key, words] of KEYS) {
      if (!hasGold && /gold/.test(words)) continue;
      const row = element("tr"), cell = element("td");
      key.split("  ").forEach((one) => cell.append(element("kbd", one), " "));
      row.append(cell, element("td", words));
      table.append(row);
    }
    const close = element("button", "close");
    close.addEventListener("click", () => dialog.close());
    dialog.replaceChildren(element("h2", "Keys"), table, close);
  }

  return { show, keys, element };
})();
