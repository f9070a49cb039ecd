// The card beside the text: the name in hand, what is known of it, and what can be done.

import { classOf, shownType } from "./text.js";

const card = document.getElementById("card");

export const ACTIONS = [
  ["Enter", "accept", "accept"],
  ["t", "type", "change the type"],
  ["b", "bounds", "change the boundaries"],
  ["o", "outside", "outside the taxonomy"],
  ["x", "no name", "no name"],
  ["a", "add", "add a missed name"],
  ["n", "skip", "skip for now"],
];

const SCOPES = { one: "this name only", document: "all equal in this document", run: "all equal in the run" };

export function draw(view, name, { types, scope, equals, act }) {
  if (!name) {
    const note = element("p", "quiet", view && view.names.length === 0
      ? "There is no name in this document. Select words, or press a, to add one."
      : "Choose a name with the arrow keys, or press n for the next one to judge.");
    card.replaceChildren(note, element("div", "rest"), actions(["add", "skip"], act));
    return;
  }
  const type = shownType(name);
  const parts = [element("div", "words", view.text.slice(name.start, name.end).replace(/\s+/g, " "))];
  parts.push(path(type, types));
  parts.push(standing(name));
  if (name.alternatives.length) parts.push(alternatives(name, type, types, act));
  if (name.second !== null) parts.push(opinion("second run", name.second, types));
  for (const [who, what] of name.others) parts.push(opinion(who, what, types));
  parts.push(element("div", "rest"));
  parts.push(scopes(scope, equals, act));
  parts.push(actions(ACTIONS.map(([, kind]) => kind), act));
  card.replaceChildren(...parts);
}

function path(type, types) {
  const line = element("div", "path");
  line.classList.add(classOf(type, types));
  if (type === null) line.append(element("span", "quiet", "no type yet"));
  else if (type === "-") line.append(element("span", "leaf", "outside the taxonomy"));
  else if (type === "no name") line.append(element("span", "leaf", "no name"));
  else {
    const levels = type.split(".");
    levels.forEach((level, i) => {
      if (i) line.append(element("span", "quiet", " › "));
      line.append(element("span", i === levels.length - 1 ? "leaf" : "above", level));
    });
  }
  return line;
}

function standing(name) {
  const line = element("div", "standing");
  if (name.verdict !== null) {
    const words = { accept: "accepted", type: "type chosen", bounds: "boundaries changed", add: "added", outside: "judged", "no name": "judged" };
    line.append(element("span", "tick", "✓ "), words[name.kind] ?? "judged", " by you");
  } else if (name.confidence !== null) {
    const meter = element("span", "meter");
    const bar = element("span");
    bar.style.width = `${Math.round(name.confidence * 100)}%`;
    meter.append(bar);
    line.append(meter, ` confidence ${name.confidence.toFixed(2)}`);
  } else {
    line.append("not in the run");
  }
  return line;
}

function alternatives(name, type, types, act) {
  const list = element("ol", "alternatives");
  name.alternatives.slice(0, 9).forEach(([other, p], i) => {
    const item = element("li");
    const button = element("button", classOf(other, types));
    button.type = "button";
    button.append(element("kbd", "", String(i + 1)), element("i"), label(other), element("span", "figures", p.toFixed(2)));
    if (other === type) button.classList.add("present");
    button.addEventListener("click", () => act("alternative", i));
    item.append(button);
    list.append(item);
  });
  return list;
}

// The last level first: what is cut off where it is too long is known from the colour.
function label(type) {
  const box = element("span", "label");
  if (type === "-") { box.textContent = "outside"; return box; }
  const levels = type.split(".");
  box.append(levels.at(-1));
  if (levels.length > 1) box.append(element("small", "", levels.slice(0, -1).join(".")));
  box.title = type;
  return box;
}

function opinion(who, type, types) {
  const line = element("div", "opinion");
  const what = element("b", classOf(type, types), type === "-" ? "outside" : type);
  line.append(`${who}: `, what);
  return line;
}

function scopes(scope, equals, act) {
  const box = element("div", "scope");
  const button = element("button", scope === "one" ? "" : "wide");
  button.type = "button";
  button.append(element("kbd", "", "s"), ` for ${SCOPES[scope]}`);
  button.addEventListener("click", () => act("scope"));
  box.append(button, element("span", "quiet", equals > 1 ? `${equals} equal here` : ""));
  return box;
}

function actions(wanted, act) {
  const list = element("ul", "actions");
  for (const [key, kind, label] of ACTIONS) {
    if (!wanted.includes(kind)) continue;
    const item = element("li");
    const button = element("button");
    button.type = "button";
    button.dataset.kind = kind;
    button.append(element("kbd", "", key), ` ${label}`);
    button.addEventListener("click", () => act(kind));
    item.append(button);
    list.append(item);
  }
  return list;
}

export function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}
