"use strict";
// Moves the figures and the dots of a panel with its threshold. Counts come with the page; nothing is fetched.
for (const panel of document.querySelectorAll("[data-counts]")) {
  const counts = JSON.parse(panel.dataset.counts);
  const input = panel.querySelector("input");
  const dots = document.querySelectorAll(`[data-follows="${panel.id}"]`);
  const share = (part, all) => (all ? part / all : null);
  const percent = (value) => (value === null ? "n/a" : `${(100 * value).toFixed(1)}\u202f%`);
  const rate = (value) => {
    if (value === null) return "n/a";
    return value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(value >= 10 ? 1 : 2);
  };

  function at(place) {
    const [tp, fp, fn, tn] = ["true_positive", "false_positive", "false_negative", "true_negative"].map(
      (name) => counts[name][place],
    );
    const flagged = share(fp, fp + tn);
    return {
      threshold: counts.threshold[place],
      count: { true_positive: tp, false_positive: fp, false_negative: fn, true_negative: tn },
      sensitivity: share(tp, tp + fn),
      specificity: share(tn, fp + tn),
      precision: share(tp, tp + fp),
      flagged,
      hourly: counts.hourly === null || flagged === null ? null : flagged * counts.hourly,
    };
  }

  function show() {
    const now = at(Number(input.value));
    const texts = { threshold: now.threshold.toFixed(3).replace(/^0/, ""), false_alarms_per_hour: rate(now.hourly) };
    for (const name of ["sensitivity", "specificity", "precision"]) texts[name] = percent(now[name]);
    for (const [name, count] of Object.entries(now.count)) texts[name] = count.toLocaleString("en");
    for (const place of panel.querySelectorAll("[data-says]")) place.textContent = texts[place.dataset.says];
    input.setAttribute("aria-valuetext", `${texts.threshold}: sensitivity ${texts.sensitivity}, precision ${texts.precision}`);
    for (const dot of dots) {
      const [x, y] = [now[dot.dataset.x], now[dot.dataset.y]];
      const [left, top, right, bottom] = dot.dataset.box.split(" ").map(Number);
      dot.style.display = x === null || y === null ? "none" : "";
      dot.setAttribute("cx", left + (x ?? 0) * (right - left));
      dot.setAttribute("cy", bottom - (y ?? 0) * (bottom - top));
    }
  }

  input.addEventListener("input", show);
  input.value = input.defaultValue; // a reload would keep where it was dragged to
  show();
}
