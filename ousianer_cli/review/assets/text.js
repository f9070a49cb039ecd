// A document's text with its names, as a row of pieces cut wherever a name begins or ends. Names may lie inside one
// another or cross. Everything goes in as text, never as markup.

const starts = new WeakMap(); // text node -> its place in the document

export function shownType(name) {
  if (name.verdict !== null) return name.verdict;
  if (name.type !== null) return name.type;
  if (name.second !== null) return name.second;
  return name.others.length ? name.others.at(-1)[1] : null;
}

export function topOf(type) {
  if (type === null) return "?";
  if (type === "-") return "outside";
  if (type === "no name") return "none";
  return type.split(".")[0];
}

export function classOf(type, types) {
  if (type === "-") return "t-outside";
  return types.get(type)?.class ?? "t-none";
}

export function sameName(name, place) {
  return place !== null && name.start === place.start && name.end === place.end;
}

export function render(container, view, { current, draft, types, changed }) {
  const { text, names } = view;
  const cuts = new Set([0, text.length]);
  for (const name of names) { cuts.add(name.start); cuts.add(name.end); }
  for (const [start, end] of view.segments) { cuts.add(start); cuts.add(end); }
  if (draft) { cuts.add(draft.start); cuts.add(draft.end); }
  const places = [...cuts].sort((a, b) => a - b);
  const pieces = document.createDocumentFragment();
  const open = [];
  let next = 0, segment = 0;
  for (let i = 0; i + 1 < places.length; i += 1) {
    const [start, end] = [places[i], places[i + 1]];
    for (let k = open.length - 1; k >= 0; k -= 1) if (open[k].end <= start) open.splice(k, 1);
    while (next < names.length && names[next].start <= start) open.push(names[next++]);
    while (segment < view.segments.length && view.segments[segment][1] <= start) segment += 1;
    const running = segment < view.segments.length && view.segments[segment][0] <= start;
    pieces.append(piece(text, start, end, open, running, { current, draft, types, changed }));
  }
  container.replaceChildren(pieces);
}

function piece(text, start, end, open, running, { current, draft, types, changed }) {
  const node = document.createTextNode(text.slice(start, end));
  starts.set(node, start);
  const inDraft = draft !== null && draft.start <= start && end <= draft.end;
  if (!open.length && running && !inDraft) return node;
  const span = document.createElement("span");
  span.append(node);
  if (!running && !open.length) span.className = "apart";
  if (inDraft) span.classList.add("draft");
  if (!open.length) return span;
  const inner = open.reduce((a, b) => (b.end - b.start <= a.end - a.start ? b : a));
  const type = shownType(inner);
  span.classList.add("name", classOf(type, types));
  if (open.length > 1) span.classList.add("nested");
  span.dataset.start = inner.start;
  span.dataset.end = inner.end;
  if (inner.verdict !== null) span.classList.add("judged");
  if (type === "no name") span.classList.add("no-name");
  if (type === "-") span.classList.add("outside");
  if (inner.type === null && inner.verdict === null) span.classList.add("proposed");
  if (changed?.has(`${inner.start}-${inner.end}`)) span.classList.add("changed");
  if (inner.start === start) span.classList.add("first");
  const ending = open.filter((name) => name.end === end);
  if (ending.length) {
    span.classList.add("last");
    span.dataset.top = ending.sort((a, b) => b.start - a.start).map((name) => topOf(shownType(name))).join(" ");
  }
  const held = current && open.find((name) => sameName(name, current));
  if (held) {
    span.classList.add("current");
    if (held.start === start) span.classList.add("current-first");
    if (held.end === end) span.classList.add("current-last");
  }
  return span;
}

// [start, end) of what is selected in a container; null where nothing is.
export function selected(container) {
  const selection = window.getSelection();
  if (selection.isCollapsed || !selection.rangeCount) return null;
  const range = selection.getRangeAt(0);
  if (!container.contains(range.commonAncestorContainer)) return null;
  const walker = document.createTreeWalker(container, NodeFilter.SHOW_TEXT);
  let start = null, end = null;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!range.intersectsNode(node)) continue;
    const at = starts.get(node);
    const from = node === range.startContainer ? range.startOffset : 0;
    const to = node === range.endContainer ? range.endOffset : node.data.length;
    if (to <= from) continue;
    start ??= at + from;
    end = at + to;
  }
  return start === null ? null : { start, end };
}

// The words of a view as [start, end) pairs, and the first and last of them that a stretch touches.
export function wordsOf(view) {
  const words = [];
  for (let i = 0; i < view.words.length; i += 2) words.push([view.words[i], view.words[i + 1]]);
  return words;
}

export function wordsIn(words, start, end) {
  const touched = words.map((w, i) => [w, i]).filter(([w]) => w[0] < end && w[1] > start).map(([, i]) => i);
  return touched.length ? [touched[0], touched.at(-1)] : null;
}
