// Editing takes the place of reading; what was written is kept when it is left. Part of the review:
// review.js, which comes after it, has what these functions call.
"use strict";

const drafts = new Map(); // texts of edits that were left, by example

const written = () => Object.fromEntries([...$("#edit").querySelectorAll("textarea")].map((t) => [t.name, t.value]));

const edit = async () => {
  if (ended() || $("#edit")) return;
  clear();
  const id = card().dataset.id;
  const answer = await fetch(`/review/edit?id=${encodeURIComponent(id)}`);
  if (!answer.ok || card().dataset.id !== id) return;
  const form = parse(await answer.text());
  card().querySelector(".example").append(form);
  card().classList.add("editing");
  for (const area of form.querySelectorAll("textarea")) area.value = drafts.get(id)?.[area.name] ?? area.value;
  form.addEventListener("submit", (event) => { event.preventDefault(); save(); });
  const first = [...form.querySelectorAll("textarea")].find((area) => !area.name.startsWith("0."));
  (first || form.querySelector("textarea")).focus();
  say("Editing. Ctrl+Enter accepts your version, Esc leaves.");
};

const leave = () => {
  if (!$("#edit")) return;
  drafts.set(card().dataset.id, written());
  $("#edit").remove();
  card().classList.remove("editing");
  say("Left as it was; e goes on with what you wrote.");
};

const save = async () => {
  const id = card().dataset.id;
  const body = { example_id: id, answer: "edit", texts: written(), blind: unseen && blind() };
  try {
    const said = await inTurn(() => send("/review/decide", body));
    drafts.delete(id);
    remember([id]);
    await forward();
    say(body.blind ? `${said.message} ${said.critic}` : said.message);
    makeOffer(said.offer, "");
  } catch (error) {
    const wrong = $("#edit .wrong");
    if (!wrong) return;
    wrong.textContent = error.message;
    wrong.hidden = false;
  }
};
