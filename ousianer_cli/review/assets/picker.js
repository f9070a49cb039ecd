// The tree of types, searched by a few letters; a list that the arrow keys walk.

const list = document.getElementById("picker-list");
const input = document.getElementById("picker-input");
const dialog = document.getElementById("picker");
const head = document.getElementById("picker-for");

export class Picker {
  constructor(types) {
    this.types = types; // in tree order: {name, parent, level, class, phantom}
    this.byName = new Map(types.map((type) => [type.name, type]));
    this.recent = [];
    this.rows = [];
    this.at = 0;
    this.done = null;
    input.addEventListener("input", () => this.search());
    input.addEventListener("keydown", (event) => this.key(event));
    list.addEventListener("click", (event) => {
      const row = event.target.closest("li[data-row]");
      if (row) { this.at = Number(row.dataset.row); this.choose(scopeOf(event)); }
    });
    dialog.addEventListener("close", () => this.finish(null));
    dialog.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  }

  // {type, scope} that was chosen, or null.
  ask(words, likely, present) {
    head.textContent = words;
    input.value = "";
    this.likely = [...new Set([...likely, ...this.recent])].filter((name) => this.byName.has(name) || name === "-").slice(0, 9);
    this.present = present;
    this.search();
    dialog.showModal();
    input.focus();
    return new Promise((done) => { this.done = done; });
  }

  finish(result) {
    const done = this.done;
    this.done = null;
    if (dialog.open) dialog.close();
    if (done) done(result);
  }

  key(event) {
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (event.key in moves) {
      event.preventDefault();
      this.move(moves[event.key]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.choose(scopeOf(event));
    }
    event.stopPropagation();
  }

  move(by) {
    let at = this.at;
    for (let left = Math.abs(by); left > 0; left -= 1) {
      let next = at + Math.sign(by);
      while (next >= 0 && next < this.rows.length && !this.rows[next].choice) next += Math.sign(by);
      if (next < 0 || next >= this.rows.length) break;
      at = next;
    }
    this.at = at;
    this.mark();
  }

  choose(scope) {
    const row = this.rows[this.at];
    if (!row?.choice) return;
    this.recent = [row.name, ...this.recent.filter((name) => name !== row.name)].slice(0, 4);
    this.finish({ type: row.name, scope });
  }

  search() {
    const parts = input.value.toLowerCase().split(/[\s.]+/).filter(Boolean);
    this.rows = parts.length ? this.found(parts) : this.all();
    const best = this.rows.findIndex((row) => row.choice && row.best);
    this.at = Math.max(0, best >= 0 ? best : this.rows.findIndex((row) => row.choice));
    this.draw();
  }

  all() {
    const rows = [];
    for (const name of this.likely) rows.push({ name, choice: true, flat: true, best: name === this.present });
    if (rows.length) rows.push({ rule: true });
    for (const type of this.types) rows.push({ name: type.name, choice: !type.phantom });
    return rows;
  }

  found(parts) {
    const scored = [];
    for (const type of this.types) {
      const score = type.phantom ? 0 : match(type.name.toLowerCase(), parts);
      if (score) scored.push([score, type]);
    }
    const best = scored.reduce((a, b) => (b[0] > a[0] ? b : a), [0, null])[1];
    const shown = new Set(scored.map(([, type]) => type.name));
    for (const name of [...shown]) {
      for (let above = this.byName.get(name).parent; above; above = this.byName.get(above).parent) shown.add(above);
    }
    const hits = new Set(scored.map(([, type]) => type));
    return this.types.filter((type) => shown.has(type.name))
      .map((type) => ({ name: type.name, choice: hits.has(type), best: type === best }));
  }

  draw() {
    const rows = this.rows.map((row, number) => {
      const item = document.createElement("li");
      if (row.rule) { item.className = "rule"; item.setAttribute("role", "separator"); return item; }
      const type = this.byName.get(row.name);
      item.dataset.row = number;
      item.id = `row-${number}`;
      item.setAttribute("role", "option");
      item.className = row.name === "-" ? "t-outside" : type.class;
      if (!row.choice) item.classList.add("passed");
      const dot = document.createElement("i");
      const label = document.createElement("span");
      if (row.name === "-") {
        label.textContent = "outside the taxonomy";
      } else if (row.flat) {
        label.textContent = row.name;
      } else {
        item.classList.add(`level-${Math.min(4, type.level)}`);
        const own = type.parent && type.name.startsWith(`${type.parent}.`) ? type.name.slice(type.parent.length + 1) : type.name;
        label.textContent = own;
      }
      item.append(dot, label);
      if (row.name === this.present) {
        const here = document.createElement("small");
        here.textContent = "now";
        item.append(here);
      }
      return item;
    });
    if (!rows.length) {
      const none = document.createElement("li");
      none.className = "passed";
      none.textContent = "no type has these letters";
      rows.push(none);
    }
    list.replaceChildren(...rows);
    this.mark();
  }

  mark() {
    list.querySelector(".chosen")?.classList.remove("chosen");
    const row = list.querySelector(`li[data-row="${this.at}"]`);
    if (!row) return;
    row.classList.add("chosen");
    row.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", row.id);
    row.scrollIntoView({ block: "nearest" });
  }
}

export function scopeOf(event) {
  if (event.ctrlKey || event.metaKey) return "run";
  return event.shiftKey ? "document" : null;
}

// How well a type's path holds all parts: at the beginning of a level best, the last level before those above it.
function match(path, parts) {
  const levels = path.split(".");
  let score = 1;
  for (const part of parts) {
    let best = 0;
    levels.forEach((level, depth) => {
      const at = level.indexOf(part);
      if (at < 0) return;
      const worth = (at === 0 ? 4 : 1) + (level === part ? 3 : 0) + (depth === levels.length - 1 ? 2 : 0);
      best = Math.max(best, worth);
    });
    if (!best) return 0;
    score += best;
  }
  return score - levels.length * 0.1;
}
