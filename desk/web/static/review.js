// The review by keys. The next example is fetched beforehand, so that a decision shows at once; what
// was decided is sent in the background, one after the other, and said to have failed if it did.
"use strict";

const DECIDING = ["a", "x", " ", "e"];
const THROTTLE = 250; // milliseconds: a key pressed twice by accident decides once

const $ = (selector) => document.querySelector(selector);
const card = () => $("#card");
const ended = () => "end" in card().dataset;
const pressed = { name: "", at: -THROTTLE };
const skipped = new Set();
let next = null; // {from, promise}: the card after this one
let sending = Promise.resolve();
let pending = 0;
let rejected = null; // the example whose reason a digit may still give
let offered = null;
let unseen = false; // nothing of the verdict of this one was ever shown

const stack = JSON.parse(sessionStorage.getItem("decided") || "[]");
const remember = (group) => {
  stack.push(group);
  sessionStorage.setItem("decided", JSON.stringify(stack.slice(-200)));
};

const blind = () => document.documentElement.classList.contains("blind");
const setBlind = (on) => {
  document.documentElement.classList.toggle("blind", on);
  $("#blind").setAttribute("aria-pressed", String(on));
  localStorage.setItem("blind", on ? "yes" : "");
};

const say = (text, wrong = false) => {
  $("#said").textContent = text;
  $("#said").classList.toggle("wrong", wrong);
};

const parse = (html) => {
  const box = document.createElement("template");
  box.innerHTML = html;
  return box.content.firstElementChild;
};

const fetchCard = async (query) => {
  const answer = await fetch(`/review/card?${query}`);
  if (!answer.ok) throw new Error((await answer.text()).slice(0, 200));
  return parse(await answer.text());
};

const send = async (path, body) => {
  const answer = await fetch(path, {
    method: "POST",
    keepalive: JSON.stringify(body).length < 60000,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const said = await answer.json().catch(() => ({ error: "The desk gave no answer it can read." }));
  if (!answer.ok) throw new Error(said.error || said.detail || `The desk said ${answer.status}.`);
  $("#waiting").textContent = said.waiting.toLocaleString("en");
  return said;
};

// One after the other, so that an undo never overtakes the decision it takes back.
const inTurn = (work) => {
  pending += 1;
  const done = sending.then(work).finally(() => { pending -= 1; });
  sending = done.catch(() => {});
  return done;
};

const warm = (element) => {
  for (const image of element.querySelectorAll("img")) new Image().src = image.getAttribute("src");
  return element;
};

const prefetch = () => {
  const from = ended() ? null : card().dataset.queued;
  next = from === null ? null : { from, promise: fetchCard(`after=${from}`).then(warm).catch(() => null) };
};

// An example that fits stays in sight while the other column is read.
const keepInSight = () => {
  const example = card().querySelector(".example");
  example?.classList.toggle("fits", example.querySelector(".reading").offsetHeight < window.innerHeight - 180);
};

const show = (element) => {
  card().replaceWith(element);
  keepInSight();
  if (window.htmx) window.htmx.process(element);
  unseen = blind();
  window.scrollTo(0, 0);
  const id = element.dataset.id;
  history.replaceState(null, "", id ? `/review?id=${encodeURIComponent(id)}` : "/review");
  document.title = `${element.querySelector("h1").textContent} · Review · Inscape`;
  prefetch();
};

const following = async () => {
  const from = card().dataset.queued;
  let element = next && next.from === from ? await next.promise : null;
  element ??= await fetchCard(`after=${from}`);
  while (element.dataset.id && skipped.has(element.dataset.id)) {
    element = await fetchCard(`after=${element.dataset.queued}`);
  }
  return element;
};

const forward = async () => {
  if (ended()) return say("That was the last one.");
  let element = await following();
  if ("end" in element.dataset) {
    await sending; // the end counts what still waits: everything must have been written
    element = await fetchCard("after=9007199254740991");
  }
  show(element);
};

const back = async () => {
  const query = ended() ? "before=9007199254740991" : `before=${card().dataset.queued}`;
  const element = await fetchCard(query);
  if ("end" in element.dataset) return say("This is the first one.");
  show(element);
};

const again = async () => {
  skipped.clear();
  show(await fetchCard("after=-1"));
};

const clear = () => {
  rejected = null;
  offered = null;
  $("#reasons").hidden = true;
  $("#offer").hidden = true;
};

const makeOffer = (offer, reason) => {
  if (!offer) return;
  offered = { ...offer, reason };
  const many = offer.others === 1 ? "1 other waits" : `${offer.others} others wait`;
  const code = offer.defect.replaceAll("-", " ");
  const box = $("#offer");
  box.replaceChildren(`${many} with “${code}”. `);
  const reject = document.createElement("button");
  reject.type = "button";
  reject.dataset.key = "l";
  reject.innerHTML = "<kbd>l</kbd> ";
  reject.append(offer.others === 1 ? "Reject it too" : "Reject them all");
  const look = document.createElement("a");
  look.href = `/examples?status=escalated&defect=${encodeURIComponent(offer.defect)}`;
  look.textContent = "Look at them";
  box.append(reject, " ", look);
  box.hidden = false;
};

const failed = async (id, error) => {
  const group = stack.findIndex((one) => one.includes(id));
  if (group >= 0) stack.splice(group, 1);
  skipped.delete(id);
  say(`Not decided: ${error.message}`, true);
  const element = await fetchCard(`id=${encodeURIComponent(id)}`).catch(() => null);
  if (element && element.dataset.id) show(element); // it still waits: look at it again
};

const decide = async (answer) => {
  if (ended()) return say("Nothing is left to decide. u takes the last one back.");
  clear();
  const id = card().dataset.id;
  const wasBlind = unseen && blind();
  const fails = [...card().querySelectorAll("input[name=fails]:checked")].map((box) => box.value);
  const reason = answer === "reject" && fails.length ? `fails: ${fails.join(", ")}` : "";
  const body = { example_id: id, answer, reason, blind: wasBlind };
  if (answer === "ignore") skipped.add(id);
  remember([id]);
  const sent = inTurn(() => send("/review/decide", body));
  await forward();
  if (answer === "reject" && !reason) {
    rejected = id;
    $("#reasons").hidden = false;
  }
  say({ accept: "Accepted.", reject: reason ? `Rejected: ${reason}.` : "Rejected. Why?", ignore: "Skipped." }[answer]);
  sent.then((said) => {
    if (wasBlind && answer !== "ignore") say(`${$("#said").textContent} ${said.critic}`);
    makeOffer(said.offer, reason);
  }).catch((error) => failed(id, error));
};

const explain = (digit) => {
  const id = rejected;
  clear();
  inTurn(() => send("/review/explain", { example_id: id, reason: digit }))
    .then((said) => {
      say(said.message);
      makeOffer(said.offer, said.message.slice("Rejected: ".length, -1));
    })
    .catch((error) => say(`Not said: ${error.message}`, true));
};

const alike = () => {
  if (!offered) return;
  const body = { example_id: offered.example_id, defect: offered.defect, reason: offered.reason };
  clear();
  inTurn(() => send("/review/alike", body))
    .then(async (said) => {
      if (said.examples.length) remember(said.examples);
      next = null; // it may be one of those
      if (said.examples.includes(card().dataset.id)) await forward();
      else prefetch();
      say(said.message);
    })
    .catch((error) => say(error.message, true));
};

const undo = async () => {
  clear();
  await sending;
  const group = stack.pop() || [];
  sessionStorage.setItem("decided", JSON.stringify(stack));
  try {
    const said = await inTurn(() => send("/review/undo", { examples: group }));
    skipped.delete(said.id);
    const element = await fetchCard(`id=${encodeURIComponent(said.id)}`);
    if (element.dataset.id) show(element);
    say(said.message);
  } catch (error) {
    say(error.message, true);
  }
};

const turnBlind = () => {
  setBlind(!blind());
  unseen = false; // a verdict once seen stays seen
  say(blind() ? "Blind: the verdict stays hidden until you have decided." : "");
};

const compare = () => {
  const details = card().querySelector("details.compare");
  if (details) details.open = !details.open;
  if (details?.open) details.scrollIntoView({ block: "nearest" });
};

const ACTIONS = {
  a: () => decide("accept"),
  x: () => decide("reject"),
  " ": () => decide("ignore"),
  e: edit,
  u: undo,
  j: forward,
  ArrowRight: forward,
  k: back,
  ArrowLeft: back,
  b: turnBlind,
  d: compare,
  l: alike,
  again,
  leave,
  "?": () => $("#help").showModal(),
  h: () => $("#help").showModal(),
};
const ALIASES = { Backspace: "u", Spacebar: " " };
let busy = false;

// `at`: when the key went down, by the event; a busy browser may come to it much later.
const press = async (key, at) => {
  if (/^[1-9]$/.test(key)) {
    if (rejected) explain(Number(key));
    return;
  }
  const name = ALIASES[key] || key;
  const action = ACTIONS[name];
  const twice = name === pressed.name || (DECIDING.includes(name) && DECIDING.includes(pressed.name));
  if (!action || busy || (twice && at - pressed.at < THROTTLE)) return;
  pressed.at = at;
  pressed.name = name;
  busy = true;
  try {
    await action();
  } catch (error) {
    say(error.message, true);
  } finally {
    busy = false;
  }
};

const writing = (target) => target.closest?.("textarea, select, input:not([type=checkbox]), [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  if ($("#edit")) {
    if (event.key === "Escape") leave();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save();
    return;
  }
  if (writing(event.target) || event.repeat || event.altKey) return;
  const undoes = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
  if ((event.ctrlKey || event.metaKey) && !undoes) return;
  const held = event.target.closest?.("button, a, summary, input");
  if (held && (event.key === " " || event.key === "Enter")) return; // it means the thing in focus
  const key = undoes ? "u" : event.key;
  if (key in ACTIONS || key in ALIASES || /^[1-9]$/.test(key)) event.preventDefault();
  press(key, event.timeStamp);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-key], [data-reason]");
  if (!button) return;
  if (event.detail) button.blur(); // clicked: the space bar skips afterwards, and does not press this again
  press(button.dataset.key || button.dataset.reason, event.timeStamp);
});

window.addEventListener("beforeunload", (event) => {
  if (pending) event.preventDefault();
});

window.addEventListener("resize", keepInSight);
keepInSight();
setBlind(localStorage.getItem("blind") === "yes");
unseen = blind();
prefetch();
