// Documents as text with their names, made when they come near the window.
const ReportText = (() => {
  const START = 0, END = 1, KIND = 2, CONFIDENCE = 3, GOLD = 4, VERDICT = 5, PARTNER = 6, REST = 7;

  function spansOf(doc, keep) {
    const spans = [];
    doc.names.forEach((name, number) => {
      if (keep(name, number)) spans.push({ start: name[START], end: name[END], number, name });
    });
    for (const [start, end] of doc.markup || []) spans.push({ start, end, markup: true });
    return spans;
  }

  // Of gold only what the run has not right stands in the text beside the run's names.
  function inOneText(data) {
    const missed = data.verdicts.indexOf("missed"), boundary = data.verdicts.indexOf("boundary");
    return (name) => !name[GOLD] || name[VERDICT] === missed || name[VERDICT] === boundary;
  }

  // Paragraphs as [start, end): parted by blank lines, but never inside a name; blanks around them are left out.
  function paragraphs(text, spans) {
    const found = [];
    const names = spans.filter((span) => !span.markup);
    const blank = /\n[ \t\r]*\n\s*/g;
    let from = text.search(/\S/);
    if (from < 0) return found;
    const add = (to) => {
      const part = text.slice(from, to);
      const kept = part.trimEnd();
      if (kept) found.push([from, from + kept.length]);
    };
    for (let match = blank.exec(text); match; match = blank.exec(text)) {
      const [a, b] = [match.index, match.index + match[0].length];
      if (a < from || names.some((span) => span.start < b && span.end > a)) continue;
      add(a);
      from = b;
    }
    add(text.length);
    return found;
  }

  function mark(data, docNumber, gold) {
    return (span, first, last) => {
      const element = document.createElement(span.markup ? "span" : "mark");
      if (span.markup) {
        element.className = "markup";
        return element;
      }
      const name = span.name, kind = data.types[name[KIND]], verdict = data.verdicts[name[VERDICT]];
      element.className = `name ${Annotated.typeClass(Annotated.topOf(kind))}`;
      if (verdict !== "none") element.classList.add(`v-${verdict}`);
      if (name[GOLD]) element.classList.add("of-gold");
      element.dataset.doc = docNumber;
      element.dataset.name = span.number;
      if (!first) element.classList.add("goes-on");
      if (last) element.dataset.tag = tag(data, docNumber, name, gold);
      return element;
    };
  }

  // What stands in small letters behind a name: its top type, and where the type is wrong, where it parts from gold's.
  function tag(data, docNumber, name, sided) {
    const kind = data.types[name[KIND]], own = Annotated.topOf(kind);
    if (sided || data.verdicts[name[VERDICT]] !== "type" || name[GOLD]) return own;
    const gold = data.types[data.docs[docNumber].names[name[PARTNER]][KIND]];
    return Annotated.topOf(gold) === own ? `${last(kind)} ≠ ${last(gold)}` : `${own} ≠ ${Annotated.topOf(gold)}`;
  }

  function last(kind) {
    return kind.split("|")[0].split(".").pop();
  }

  function block(data, number, doc, spans, from, to, sided) {
    const element = document.createElement("p");
    element.append(Annotated.build(Annotated.layout(doc.text, spans, from, to), mark(data, number, sided)));
    return element;
  }

  function fill(data, number, section, sided) {
    const doc = data.docs[number];
    const body = document.createElement("div");
    body.className = sided ? "text sided" : "text";
    if (sided) {
      const gold = spansOf(doc, (name) => name[GOLD]), run = spansOf(doc, (name) => !name[GOLD]);
      for (const words of ["gold", "run"]) {
        const head = document.createElement("h3");
        head.textContent = words;
        body.append(head);
      }
      for (const [from, to] of paragraphs(doc.text, [...gold, ...run])) {
        body.append(block(data, number, doc, gold, from, to, true), block(data, number, doc, run, from, to, true));
      }
    } else {
      const spans = spansOf(doc, inOneText(data));
      for (const [from, to] of paragraphs(doc.text, spans)) body.append(block(data, number, doc, spans, from, to, false));
    }
    section.querySelector(".text")?.remove();
    section.append(body);
    section.style.minHeight = "";
  }

  return { fill, inOneText, START, END, KIND, CONFIDENCE, GOLD, VERDICT, PARTNER, REST };
})();
