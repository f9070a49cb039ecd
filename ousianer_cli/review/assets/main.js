// The page's state and its keys.

import { get, newId, post } from "./api.js";
import * as card from "./card.js";
import * as changes from "./changes.js";
import * as help from "./help.js";
import { Picker, scopeOf } from "./picker.js";
import { render, sameName, selected, shownType, wordsIn, wordsOf } from "./text.js";

const $ = (id) => document.getElementById(id);
const state = {
  start: null, types: new Map(), queue: [], queueVersion: 0, views: new Map(),
  doc: 0, current: null, at: -1, history: [], scope: "one",
  mode: "judge", draft: null, words: [], pending: Promise.resolve(), busy: 0,
  status: {}, changed: new Map(), progress: null,
};
let picker = null;

// ---- beginning -------------------------------------------------------------------------------------------------------

async function begin() {
  history.replaceState(null, "", "/"); // the key to the session need not stand in the address
  state.start = await get("/api/start");
  state.types = new Map(state.start.types.map((type) => [type.name, type]));
  state.progress = state.start.progress;
  picker = new Picker(state.start.types);
  help.fill($("help-body"));
  $("run").textContent = state.start.run;
  $("order").textContent = { uncertain: "most doubtful first", document: "in text order", disagreement: "where opinions differ" }[state.start.order];
  document.title = `${state.start.run} · ousianer review`;
  drawDocuments();
  drawProgress();
  await readQueue();
  await watch();
  const first = nextToJudge(-1);
  if (first >= 0) await goToPlace(state.queue[first], first);
  else await openDocument(0, null);
  setInterval(() => watch().catch((error) => say(error.message, "bad")), 2000);
  document.documentElement.dataset.ready = "yes";
}

async function readQueue() {
  const found = await get("/api/queue");
  state.queue = found.places;
  state.queueVersion = found.version;
}

async function watch() {
  const status = await get("/api/status");
  state.status = status;
  if (status.queue !== state.queueVersion && state.queueVersion) {
    await readQueue();
    state.at = state.queue.findIndex(([doc, a, b]) => state.current && doc === state.doc && a === state.current.start && b === state.current.end);
    state.views.clear();
    await openDocument(state.doc, state.current, { still: true });
  }
  $("apply").disabled = status.model !== "ready";
  $("apply").title = {
    none: "this session was started without a model", loading: "the model is being loaded: a moment", working: "the model is at work",
    failed: status.message,
  }[status.model] ?? "tune the model on what was judged, and tag again (g)";
  $("saved").textContent = status.trouble ? "kept in the journal" : state.busy ? "saving…" : "all saved";
  $("saved").title = status.trouble || `in the journal of ${state.start.annotator}, and in ${state.start.out}`;
  $("saved").classList.toggle("bad", Boolean(status.trouble));
}

// ---- going about -----------------------------------------------------------------------------------------------------

async function viewOf(number) {
  if (!state.views.has(number)) {
    state.views.set(number, await get(`/api/document/${number}`));
    if (state.views.size > 40) {
      const oldest = [...state.views.keys()].find((n) => n !== number && n !== state.doc);
      state.views.delete(oldest);
    }
  }
  return state.views.get(number);
}

async function openDocument(number, place, { still = false } = {}) {
  const view = await viewOf(number);
  const other = number !== state.doc || !state.opened;
  state.opened = true;
  state.doc = number;
  state.words = wordsOf(view);
  state.current = place && view.names.find((name) => sameName(name, place)) ? { start: place.start, end: place.end } : null;
  state.mode = "judge";
  state.draft = null;
  if (other) {
    $("title").textContent = state.start.documents[number];
    if (!still) $("main").scrollTop = 0;
    markDocument();
  }
  draw();
  if (!still) show();
}

async function goToPlace([doc, start, end], at = -1) {
  if (state.current) state.history.push([state.doc, state.current.start, state.current.end]);
  if (state.history.length > 500) state.history.shift();
  if (at >= 0) state.at = at;
  await openDocument(doc, { start, end });
  const following = state.queue[nextToJudge(state.at)];
  if (following && following[0] !== doc) viewOf(following[0]).catch(() => {});
}

function nextToJudge(after) {
  const judged = (i) => {
    const [doc, start, end, flag] = state.queue[i];
    const view = state.views.get(doc);
    const [done, total] = state.progress.documents[doc];
    if (done === total) return true;
    if (!view) return flag === 1; // as it was when the queue was read; looked at again once it is open
    const name = view.names.find((n) => n.start === start && n.end === end);
    return !name || name.verdict !== null;
  };
  for (let step = 1; step <= state.queue.length; step += 1) {
    const i = (after + step + state.queue.length) % state.queue.length;
    if (!judged(i)) return i;
  }
  return -1;
}

async function next() {
  let after = state.at;
  for (;;) {
    const i = nextToJudge(after);
    if (i < 0) {
      draw();
      say("Everything is judged. g applies it to the model; Ctrl-C in the terminal ends the session.", "good");
      return;
    }
    // A document that was not open may have been judged in an earlier session.
    const [doc, start, end] = state.queue[i];
    const view = await viewOf(doc);
    const name = view.names.find((n) => n.start === start && n.end === end);
    if (name && name.verdict === null) { await goToPlace(state.queue[i], i); return; }
    after = i;
  }
}

async function back() {
  const place = state.history.pop();
  if (!place) return;
  state.current = null;
  await goToPlace(place);
}

function stepInText(by) {
  const { names } = state.views.get(state.doc);
  if (!names.length) return;
  let i = state.current ? names.findIndex((name) => sameName(name, state.current)) : (by > 0 ? -1 : names.length);
  i = Math.max(0, Math.min(names.length - 1, i + by));
  take(names[i]);
}

function take(name) {
  if (state.current) state.history.push([state.doc, state.current.start, state.current.end]);
  state.current = { start: name.start, end: name.end };
  const at = state.queue.findIndex(([doc, a, b]) => doc === state.doc && a === name.start && b === name.end);
  if (at >= 0 && state.start.order === "document") state.at = at;
  draw();
  show();
}

async function otherDocument(by) {
  const number = state.doc + by;
  if (number < 0 || number >= state.start.documents.length) return;
  const view = await viewOf(number);
  await openDocument(number, view.names.find((name) => name.verdict === null) ?? view.names[0] ?? null);
}

// ---- deciding --------------------------------------------------------------------------------------------------------

function now() {
  const view = state.views.get(state.doc);
  return state.current ? view.names.find((name) => sameName(name, state.current)) ?? null : null;
}

// Deeds follow one another, however quick the keys.
function inOrder(deed) {
  state.pending = state.pending.then(deed).catch((error) => say(error.message, "bad"));
  return state.pending;
}

async function decide(kind, more = {}, { stay = false } = {}) {
  const place = more.place ?? state.current;
  const { place: _, ...rest } = more;
  const asked = { id: newId(), kind, document: state.doc, start: place.start, end: place.end, scope: state.scope, ...rest };
  saving(1);
  try {
    const answer = await post("/api/decide", asked);
    await takeIn(answer);
    if (answer.names > 1) say(`done for ${kind === "bounds" ? answer.names / 2 : answer.names} names`, "good");
    else say("");
    state.scope = "one";
  } finally {
    saving(-1);
  }
  if (stay) { draw(); show(); } else await next();
}

async function takeIn(answer) {
  for (const number of answer.changed) state.views.delete(number);
  Object.assign(state.progress.documents, answer.progress.documents);
  state.progress.done = answer.progress.done;
  state.progress.total = answer.progress.total;
  await viewOf(state.doc);
  state.words = wordsOf(state.views.get(state.doc));
  drawProgress(answer.changed);
}

async function undo(redo) {
  const answer = await post("/api/undo", { redo });
  await takeIn(answer);
  if (answer.at) await openDocument(answer.at[0], { start: answer.at[1], end: answer.at[2] });
  else draw();
  say(`${redo ? "done again" : "undone"}: ${answer.kind}${answer.names > 1 ? ` (${answer.names})` : ""}`);
}

async function chooseType() {
  const name = now();
  if (!name) return;
  const view = state.views.get(state.doc);
  const chosen = await picker.ask(oneLine(view.text.slice(name.start, name.end)), likelyFor(name), shownType(name));
  if (!chosen) return;
  if (chosen.scope) state.scope = chosen.scope;
  await decide(chosen.type === "-" ? "outside" : "type", { type: chosen.type });
}

function likelyFor(name) {
  const found = name.alternatives.map(([type]) => type);
  for (const type of [shownType(name), name.second, ...name.others.map(([, what]) => what)]) if (type) found.unshift(type);
  return found;
}

async function addName(range) {
  const view = state.views.get(state.doc);
  const touched = wordsIn(state.words, range.start, range.end);
  if (!touched) { say("Select words of the text first.", "bad"); return; }
  const place = { start: state.words[touched[0]][0], end: state.words[touched[1]][1] };
  state.draft = place;
  draw();
  const chosen = await picker.ask(oneLine(view.text.slice(place.start, place.end)), [], null);
  window.getSelection().removeAllRanges();
  state.draft = null;
  state.mode = "judge";
  if (!chosen) { draw(); return; }
  if (chosen.scope) state.scope = chosen.scope;
  await decide("add", { place, type: chosen.type }, { stay: true });
  const added = state.views.get(state.doc).names.find((name) => sameName(name, place));
  if (added) take(added);
}

function alternative(i) {
  const name = now();
  const other = name?.alternatives[i];
  if (!other) return;
  const [type] = other;
  inOrder(() => decide(type === shownType(name) ? "accept" : type === "-" ? "outside" : "type", { type }));
}

const DEEDS = {
  accept: () => now() && inOrder(() => decide("accept")),
  outside: () => now() && inOrder(() => decide("outside")),
  "no name": () => now() && inOrder(() => decide("no name")),
  type: () => inOrder(chooseType),
  bounds: () => startDraft("bounds"),
  add: () => {
    const range = selected($("text"));
    if (range) inOrder(() => addName(range));
    else startDraft("add");
  },
  skip: () => inOrder(next),
  scope: () => { state.scope = { one: "document", document: "run", run: "one" }[state.scope]; draw(); },
  alternative,
};

const act = (kind, ...more) => DEEDS[kind]?.(...more);

// ---- boundaries and missed names by keys -----------------------------------------------------------------------------

function startDraft(mode) {
  if (!state.words.length) return;
  let from, to;
  if (mode === "bounds") {
    if (!state.current) return;
    [from, to] = wordsIn(state.words, state.current.start, state.current.end) ?? [0, 0];
  } else {
    const after = state.current ? state.words.findIndex(([start]) => start >= state.current.end) : 0;
    from = to = after < 0 ? state.words.length - 1 : after;
  }
  state.mode = mode;
  state.range = [from, to];
  setDraft();
}

function setDraft() {
  const [from, to] = state.range;
  state.draft = { start: state.words[from][0], end: state.words[to][1] };
  draw();
  $("text").querySelector(".draft")?.scrollIntoView({ block: "nearest" });
}

function draftKey(event) {
  let [from, to] = state.range;
  const last = state.words.length - 1;
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -10, ArrowDown: 10 }[event.key];
  if (event.key === "Escape") {
    state.mode = "judge";
    state.draft = null;
    draw();
  } else if (event.key === "Enter") {
    const place = state.draft;
    if (state.mode === "add") inOrder(() => addName(place));
    else inOrder(() => saveBounds(place));
  } else if (by) {
    const bounded = (i) => Math.max(0, Math.min(last, i));
    if (event.shiftKey) to = Math.max(from, bounded(to + by));
    else if (state.mode === "add" && from === to) from = to = bounded(from + by);
    else from = Math.min(to, bounded(from + by));
    state.range = [from, to];
    setDraft();
  } else {
    return;
  }
  event.preventDefault();
}

async function saveBounds(place) {
  const old = state.current;
  state.mode = "judge";
  state.draft = null;
  if (sameName(old, place)) { draw(); return; }
  await decide("bounds", { new_start: place.start, new_end: place.end }, { stay: true });
  const moved = state.views.get(state.doc).names.find((name) => sameName(name, place));
  if (moved) take(moved);
}

// ---- apply -----------------------------------------------------------------------------------------------------------

async function apply() {
  if (state.status.model !== "ready") {
    say($("apply").title, "bad");
    return;
  }
  const began = performance.now();
  const ticking = setInterval(() => say(`tuning the model on what was judged… ${((performance.now() - began) / 1000).toFixed(0)} s`), 500);
  $("apply").disabled = true;
  try {
    state.changes = await post("/api/apply");
  } finally {
    clearInterval(ticking);
  }
  await afterModel(state.changes);
  say(`tuned and tagged again in ${state.changes.seconds.toFixed(1)} s`, "good");
  showChanges();
}

async function afterModel(answer) {
  state.views.clear();
  state.progress = answer.progress;
  state.changed = changes.places(answer);
  await readQueue();
  await openDocument(state.doc, state.current, { still: true });
  drawProgress();
}

function showChanges() {
  if (!state.changes) { say("nothing was applied yet: g does it"); return; }
  changes.show(state.changes, state.types, {
    go: (place) => inOrder(() => goToPlace(place)),
    keep: () => inOrder(async () => { const answer = await post("/api/keep"); say(answer.message, "good"); }),
    discard: () => inOrder(async () => {
      const answer = await post("/api/discard");
      state.changes = null;
      await afterModel({ ...answer, places: [] });
      say("back to the model and run before");
    }),
  });
}

// ---- drawing ---------------------------------------------------------------------------------------------------------

function draw() {
  const view = state.views.get(state.doc);
  render($("text"), view, { current: state.current, draft: state.draft, types: state.types, changed: state.changed.get(state.doc) });
  const name = now();
  let equals = 0;
  if (name) {
    const words = oneLine(view.text.slice(name.start, name.end));
    equals = view.names.filter((other) => oneLine(view.text.slice(other.start, other.end)) === words).length;
  }
  card.draw(view, name, { types: state.types, scope: state.scope, equals, act });
  $("mode").textContent = {
    judge: "",
    bounds: "boundaries: ← → the beginning, Shift ← → the end, Enter done, Esc leave",
    add: "a missed name: ← → ↑ ↓ to its first word, Shift → to its last, Enter, Esc leave",
  }[state.mode];
  document.body.dataset.mode = state.mode;
}

function show() {
  $("text").querySelector(".current")?.scrollIntoView({ block: "center" });
}

function drawDocuments() {
  const rows = state.start.documents.map((id, number) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.number = number;
    const label = document.createElement("span");
    label.className = "label";
    label.textContent = id;
    const figures = document.createElement("span");
    figures.className = "figures";
    button.append(label, figures);
    item.append(button);
    return item;
  });
  $("documents").replaceChildren(...rows);
  $("documents").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) inOrder(() => otherDocument(Number(button.dataset.number) - state.doc));
  });
}

function markDocument() {
  const rows = $("documents").children;
  $("documents").querySelector(".open")?.classList.remove("open");
  rows[state.doc].classList.add("open");
  rows[state.doc].scrollIntoView({ block: "nearest" });
}

function drawProgress(numbers = null) {
  const { documents, done, total } = state.progress;
  $("bar").style.width = total ? `${(100 * done) / total}%` : "0";
  $("bar").parentElement.setAttribute("aria-valuenow", done);
  $("bar").parentElement.setAttribute("aria-valuemax", total);
  $("count").textContent = `${done.toLocaleString("en")} of ${total.toLocaleString("en")} judged`;
  const rows = $("documents").children;
  for (const number of numbers ?? Object.keys(documents)) {
    const [ready, all] = documents[number];
    rows[number].classList.toggle("done", all > 0 && ready === all);
    rows[number].querySelector(".figures").textContent = all && ready === all ? "✓" : `${ready}/${all}`;
  }
}

function saving(by) {
  state.busy += by;
  if (state.busy) $("saved").textContent = "saving…";
  else if (!state.status.trouble) $("saved").textContent = "all saved";
}

let fading = 0;
function say(text, kind = "") {
  const box = $("message");
  box.textContent = text;
  box.className = kind;
  clearTimeout(fading);
  if (text && kind !== "bad") fading = setTimeout(() => { box.textContent = ""; }, 6000);
}

function oneLine(text) {
  return text.replace(/\s+/g, " ");
}

function showHelp() {
  $("help").showModal();
  $("help").scrollTop = 0;
}

// ---- looks -----------------------------------------------------------------------------------------------------------

function theme(cycle) {
  let chosen = localStorage.getItem("theme") ?? "system";
  if (cycle) {
    chosen = { system: "dark", dark: "light", light: "system" }[chosen] ?? "system";
    localStorage.setItem("theme", chosen);
    say(`colours: ${chosen}`);
  }
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

function size(by) {
  const now = Math.max(13, Math.min(28, Number(localStorage.getItem("size") ?? 18) + by));
  if (by) localStorage.setItem("size", now);
  document.documentElement.style.setProperty("--text", `${now}px`);
}

// ---- keys and mouse --------------------------------------------------------------------------------------------------

const KEYS = {
  Enter: (event) => { const scope = scopeOf(event); if (scope) state.scope = scope; act("accept"); },
  t: () => act("type"), b: () => act("bounds"), o: () => act("outside"), x: () => act("no name"), a: () => act("add"),
  Delete: () => act("no name"), n: () => act("skip"), p: () => inOrder(back), s: () => act("scope"),
  ArrowDown: () => stepInText(1), j: () => stepInText(1), ArrowUp: () => stepInText(-1), k: () => stepInText(-1),
  "]": () => inOrder(() => otherDocument(1)), "[": () => inOrder(() => otherDocument(-1)),
  u: () => inOrder(() => undo(false)), U: () => inOrder(() => undo(true)),
  g: () => inOrder(apply), c: () => showChanges(), d: () => theme(true), "+": () => size(1), "=": () => size(1), "-": () => size(-1),
  "?": () => showHelp(),
};

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  if (event.ctrlKey || event.metaKey) {
    const key = event.key.toLowerCase();
    if (key === "z" || key === "y") {
      event.preventDefault();
      inOrder(() => undo(key === "y" || event.shiftKey));
      return;
    }
    if (key !== "enter") return;
  }
  if (event.altKey) return;
  if (state.mode !== "judge") { draftKey(event); return; }
  if (/^[1-9]$/.test(event.key)) { alternative(Number(event.key) - 1); return; }
  const deed = KEYS[event.key];
  if (deed) { event.preventDefault(); deed(event); }
});

$("text").addEventListener("click", (event) => {
  if (selected($("text"))) { say("a adds the selected words as a name"); return; }
  const piece = event.target.closest(".name");
  if (piece && state.mode === "judge") take({ start: Number(piece.dataset.start), end: Number(piece.dataset.end) });
});
$("undo").addEventListener("click", () => inOrder(() => undo(false)));
$("apply").addEventListener("click", () => inOrder(apply));
$("help-button").addEventListener("click", showHelp);
$("help-close").addEventListener("click", () => $("help").close());
// A button keeps no focus: Enter is to accept the name in hand, not to press the button again.
document.addEventListener("click", (event) => {
  if (event.target.closest("button") && !document.querySelector("dialog[open]")) document.activeElement?.blur();
});

theme(false);
size(0);
begin().catch((error) => say(error.message, "bad"));
