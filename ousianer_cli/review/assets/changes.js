// What the last apply changed.

import { element } from "./card.js";
import { classOf } from "./text.js";

const dialog = document.getElementById("changes");
const body = document.getElementById("changes-body");
const buttons = document.getElementById("changes-buttons");

// document number -> the places in it that changed
export function places(answer) {
  const found = new Map();
  for (const change of answer.places ?? []) {
    const [doc, start, end] = change.at;
    if (!found.has(doc)) found.set(doc, new Set());
    found.get(doc).add(`${start}-${end}`);
  }
  return found;
}

export function show(answer, types, { go, keep, discard }) {
  const { counts } = answer;
  const moved = counts.moved ? `, ${counts.moved} with other boundaries` : "";
  const head = element("h1", "", "What changed");
  const sum = element("p", "sum", `${counts.retyped} retyped, ${counts.added} added, ${counts.removed} removed${moved}; ${answer.names} names now`);
  const learned = element("p", "quiet", answer.message);
  const list = element("ul", "change-list");
  for (const change of answer.places) list.append(row(change, types, go));
  const more = counts.retyped + counts.added + counts.removed + counts.moved - answer.places.length;
  if (more > 0) list.append(element("li", "quiet", `and ${more} more`));
  if (!answer.places.length) list.append(element("li", "quiet", "Nothing: the model already says what you said."));
  body.replaceChildren(head, sum, learned, list);
  const made = [button("Go on", "the new model stays for this session", () => {})];
  if (answer.keepable) made.push(button("Keep the model", `write it to ${answer.keepable}`, keep));
  made.push(button("Discard", "back to the model and run before", discard));
  buttons.replaceChildren(...made);
  dialog.showModal();
  made[0].focus();
}

function row(change, types, go) {
  const item = element("li");
  const pressed = element("button", change.what);
  pressed.type = "button";
  pressed.append(element("span", "words", change.words));
  const from = element("span", `type ${classOf(change.before, types)}`, change.before ?? "—");
  const to = element("span", `type ${classOf(change.after, types)}`, change.after ?? "—");
  pressed.append(from, element("span", "quiet", "→"), to);
  pressed.addEventListener("click", () => { dialog.close(); go(change.at); });
  item.append(pressed);
  return item;
}

function button(label, title, deed) {
  const made = element("button", "", label);
  made.type = "button";
  made.title = title;
  made.addEventListener("click", () => { dialog.close(); deed(); });
  return made;
}
