// The page, put together.
"use strict";

(function start() {
  const main = document.getElementById("main");
  document.body.className = DATA.kind === "image" ? "image" : "series";

  const head = element("header", {}, element("p", { class: "over" }, "aelab · a page to play with"), element("h1", {}, DATA.title),
    element("p", { class: "facts" }, `${DATA.facts}. An autoencoder that squeezes each ${WORD} into ${model.size} number${model.size === 1 ? "" : "s"}. It runs here, in your browser; nothing is sent anywhere.`));
  model.label = EVENTS[0].label || 0;
  if (DATA.condition) {
    const choice = element("select", { id: "told" }, ...DATA.classes.map((name, i) => element("option", { value: i }, String(name))));
    choice.addEventListener("change", () => tell(Number(choice.value)));
    choice.value = model.label;
    head.append(element("div", { class: "tools" }, element("label", {}, "The class that the model is told", choice)));
  }
  main.append(head, slidersPart(), mapPart(), betweenPart(), drawingPart(), holePart());
  const foot = element("footer", {});
  main.append(foot);
  setTimeout(() => {
    const time = decodeTime();
    const rounded = DATA.rounding ? ` Weights are rounded to 16 bits, which changes a rebuilt number by ${DATA.rounding.toPrecision(1)} at most.` : "";
    foot.textContent = `One decode takes ${time < 0.1 ? "less than 0.1" : time.toFixed(1)} ms here.${rounded}`;
  }, 300);
})();
