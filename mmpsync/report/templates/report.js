"use strict";
(() => {
  const open = (details) => details && (details.open = true);
  const follow = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.matches("details")) open(target);
  };
  addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => event.target.closest("a[href^='#']") && setTimeout(follow));
  follow();

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach(open);
  });
  addEventListener("afterprint", () => closed.forEach((details) => (details.open = false)));

  const words = document.getElementById("words");
  if (!words) return;
  const count = document.getElementById("count");
  const rows = [...document.querySelectorAll(".examples tbody tr")].map((row) => ({
    row,
    text: `${row.textContent} ${row.querySelector("a").hash}`.toLowerCase(),
  }));
  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const { row, text } of rows) {
      row.hidden = !wanted.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    count.textContent = `${shown} of ${rows.length} shown`;
  };
  words.addEventListener("input", filter);
  words.parentElement.hidden = false;
  filter();
})();
