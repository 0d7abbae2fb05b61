// What every page has: quotes that light up where they stand, pages that open at the passage, and
// the overview's live numbers.
"use strict";

const light = (button, on) => {
  const card = button.closest("article") || document;
  for (const mark of card.querySelectorAll("mark[data-quotes]")) {
    if (mark.dataset.quotes.split(" ").includes(button.dataset.quote)) mark.classList.toggle("lit", on);
  }
};

for (const [name, on] of [["mouseover", true], ["mouseout", false], ["focusin", true], ["focusout", false]]) {
  document.addEventListener(name, (event) => {
    const button = event.target.closest?.("[data-quote]");
    if (button) light(button, on);
  });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-quote]");
  const mark = button && (button.closest("article") || document).querySelector("mark.lit");
  if (mark) mark.scrollIntoView({ block: "center", behavior: "smooth" });
});

// A page of the book opens where the passage is.
document.addEventListener("load", (event) => {
  const sheet = event.target.closest?.(".sheet");
  if (sheet) sheet.scrollTop = (sheet.scrollHeight * (Number(sheet.dataset.top) - 4)) / 100;
}, true);

// Forms that ask before they act.
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

const live = document.querySelector("[data-live]");
if (live) {
  let source = null;
  const follow = () => {
    if (document.hidden) {
      source?.close();
      source = null;
    } else if (!source) {
      source = new EventSource(live.dataset.live);
      source.addEventListener("standing", (event) => {
        const inside = live.contains(document.activeElement) && document.activeElement.id;
        live.innerHTML = JSON.parse(event.data);
        if (inside) document.getElementById(inside)?.focus();
      });
    }
  };
  document.addEventListener("visibilitychange", follow);
  window.addEventListener("pagehide", () => source?.close());
  follow();
}
