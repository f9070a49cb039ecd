// All keys on one page.

import { element } from "./card.js";

const KEYS = [
  ["Judge the name in hand", [
    ["Enter", "accept it as it is, and go to the next"],
    ["1 … 9", "take the type of that number"],
    ["t", "change the type: search the tree"],
    ["o", "outside the taxonomy: a name, but of none of its types"],
    ["x", "no name: these words name nothing"],
    ["b", "change the boundaries"],
    ["a", "add a missed name: the selected words, or words chosen by keys"],
    ["Shift+Enter", "accept all equal strings of the document"],
    ["Ctrl+Enter", "accept all equal strings of the run"],
    ["s", "what the next decision is for: this name, the document, the run"],
  ]],
  ["Go about", [
    ["n", "the next name to judge, leaving this one"],
    ["p", "back to where you were"],
    ["↓ j   ↑ k", "the next and the previous name of the text"],
    ["]   [", "the next and the previous document"],
  ]],
  ["Boundaries and missed names", [
    ["←  →", "move the beginning, word by word"],
    ["Shift+←  →", "move the end"],
    ["↑  ↓", "ten words back or on, when adding"],
    ["Enter", "done"],
    ["Esc", "leave it as it was"],
  ]],
  ["All", [
    ["u  Ctrl+Z", "undo"],
    ["U  Ctrl+Y", "redo"],
    ["g", "apply: tune the model on what was judged, and tag again"],
    ["c", "what the last apply changed"],
    ["d", "dark, light, or as the system has it"],
    ["+   −", "larger and smaller text"],
    ["?", "this page"],
  ]],
];

export function fill(body) {
  const columns = element("div", "keys");
  for (const [title, rows] of KEYS) {
    const part = element("section");
    part.append(element("h2", "", title));
    const table = element("dl");
    for (const [keys, what] of rows) {
      const term = element("dt");
      for (const key of keys.split(/\s{2,}/)) term.append(element("kbd", "", key), " ");
      table.append(term, element("dd", "", what));
    }
    part.append(table);
    columns.append(part);
  }
  const note = element("p", "quiet", "Every decision is on the disk before the page goes on. Ctrl-C in the terminal ends the session; the same command goes on with it.");
  body.replaceChildren(element("h1", "", "Keys"), columns, note);
}
