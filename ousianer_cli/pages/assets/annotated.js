// Text with highlighted names, any of which may lie inside or across others. Shared by all pages.
"use strict";

const Annotated = (() => {
  // Cuts text into pieces for spans {start, end, ...} in UTF-16 units. Gives a tree of nodes: {text} and
  // {span, first, last, children}; of crossing spans the later one is cut, and `first` and `last` say which part it is.
  function layout(text, spans, from = 0, to = text.length) {
    const inside = spans
      .filter((span) => span.start < to && span.end > from)
      .sort((a, b) => a.start - b.start || b.end - a.end);
    const root = { children: [], end: Infinity };
    let open = [root];
    let at = from;
    let next = 0;
    const write = (until) => {
      if (until > at) open[open.length - 1].children.push({ text: text.slice(at, until) });
      at = Math.max(at, until);
    };
    const begin = (span, first) => {
      const node = { span, first, last: true, children: [], end: span.end };
      open[open.length - 1].children.push(node);
      open.push(node);
    };
    const finish = (place) => {
      // Those that end here are closed; those above them that go on are closed and begun again.
      const deepest = open.findIndex((node) => node.end <= place);
      if (deepest < 0) return;
      const going = open.slice(deepest).filter((node) => node.end > place);
      open = open.slice(0, deepest);
      for (const node of going) {
        node.last = false;
        begin(node.span, false);
      }
    };
    while (next < inside.length || open.length > 1) {
      const start = next < inside.length ? Math.max(inside[next].start, from) : Infinity;
      const end = Math.min(...open.map((node) => node.end), to);
      if (end <= start) {
        write(end);
        if (end >= to) break;
        finish(end);
      } else {
        write(start);
        begin(inside[next], inside[next].start >= from);
        next += 1;
      }
    }
    write(to);
    return root.children;
  }

  // The nodes as DOM. `make(span, first, last)` gives the element of a span's part; text only ever becomes text nodes.
  function build(nodes, make) {
    const fragment = document.createDocumentFragment();
    for (const node of nodes) {
      if (node.span) {
        const element = make(node.span, node.first, node.last);
        element.append(build(node.children, make));
        fragment.append(element);
      } else {
        fragment.append(node.text);
      }
    }
    return fragment;
  }

  // The CSS class of a top type, as pages.palette gives it.
  function typeClass(top) {
    return top === "-" ? "t-outside" : "t-" + top.toLowerCase().replace(/[^a-z0-9-]/g, "-");
  }

  // GPE.Country.Country -> GPE
  function topOf(type) {
    return type.split("|")[0].split(".")[0].toUpperCase();
  }

  return { layout, build, typeClass, topOf };
})();
