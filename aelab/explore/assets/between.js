// From one test event to another, along the straight line between their codes.
"use strict";

function betweenPart() {
  const out = picture("On the way", "view"), other = Math.max(1, EVENTS.findIndex((event) => event.label !== EVENTS[0].label)) % EVENTS.length;
  const ends = [EVENTS[0], EVENTS[other]];
  let share = 0.5;
  const refresh = eachFrame(() => {
    const conditions = ends.map((event) => model.condition(event.label)), mix = (a, b) => a.map((from, i) => (1 - share) * from + share * b[i]);
    const [a, b] = ends.map((event, k) => model.encode(event.x, event.length, conditions[k]).mean);
    const length = ends[0].length && Math.round((1 - share) * ends[0].length + share * ends[1].length);
    show(out.canvas, model.decode(mix(a, b), length, DATA.condition ? mix(...conditions) : null), { length });
  });
  const choose = (which) => (event) => {
    ends[which] = event;
    refresh();
  };
  const way = slider({
    id: "between-share", name: "Share of the way", low: 0, high: 1, value: 0.5, step: 0.01,
    input(value) {
      share = value;
      refresh();
    },
  });
  refresh();
  const sentence = `The slider walks from the code of one test ${WORD} to that of another, and the model rebuilds what lies
    between. Could it be a real ${WORD}, or does one only fade into the other?`;
  return section("between", `Between two ${DATA.kind === "image" ? "images" : DATA.kind === "series" ? "series" : "rows"}`, sentence,
    element("div", { class: "pair" }, out.figure, element("div", {},
      element("h3", {}, "From"), strip("From", 0, choose(0), { keep: true }).group, element("h3", {}, "To"), strip("To", other, choose(1), { keep: true }).group, way.row)));
}
