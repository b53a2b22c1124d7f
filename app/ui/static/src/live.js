// Keeps a page up to date with the live topics it shows. The page is right
// without it; nothing here decides what may be seen. The protocol is described
// in the package realtime.
//
// An element follows a topic:
//   data-live="voting/<poll>"     also written data-live-topic
//   data-live-audience="screen"   as whom; public without it
//   data-live-rev="12"            the revision that the page was made with
//
// Inside it, numbers are replaced as they change:
//   data-live-bind="turnout"      a field of the state; words around the number stay; a <time> gets its datetime
//   data-live-text="{turnout} votants sur {entitled}"   fields in a sentence; data-live-text-one where
//                                 the first number is singular (and -many, -two… of the language)
//   data-live-count="a"           the votes of option a ("a=2": with the mark 2)
//   data-live-percent="a"         the same, as a part of the base
//   data-live-bar="a"             the same, as the width of an SVG rect; or a field, as a part of data-live-max
//                                 (a number or a field; "entitled" without it)
//   data-live-scale="base"        what a full bar is: a number or a field; the largest count without it
//   data-live-announce="{turnout} votants"   a sentence to be read aloud, at most every 5 seconds
//   data-live-now                 the server's time when the page was made (anywhere in it)
//   data-live-countdown           a <time> (or an ISO time as the value) that counts down by the server's clock
//
// or it is fetched again, at most once a second, when the state changes:
//   data-live-swap="/address"     of a page or fragment; the element of the same id is taken out of it
//   data-live-swap-on="state"     only when this field changes; data-live-was is its value in the page
//
// The page shows how it stands: <html data-live-state="connected|lost" data-live-since="…">,
// [data-live-lost] is hidden while connected, [data-live-lost-at] says when the last news came.
// Each state is an event "live" on the element, with detail {topic, rev, state}; a listener that
// prevents its default draws it itself. "live:swap" likewise, with detail {content}.

const root = document.documentElement;
const lang = root.lang || "fr";
const numbers = new Intl.NumberFormat(lang);
// A tenth of a percent means something from 200 answers on, as in i18n.Percent.
const share = (n, base) => (n / base).toLocaleString(lang, { style: "percent", maximumFractionDigits: base < 200 ? 0 : 1 }).replace("\u00a0", "\u202f");
const plurals = new Intl.PluralRules(lang);
const topics = new Map(); // name → {audience, rev, state, elements}
const followers = "[data-live],[data-live-topic]";

let socket = null;
let failures = 0; // in a row
let heard = 0; // when the last frame came
let begun = 0; // when the socket was asked for
let lost = 0; // timer
let retry = 0; // timer
// The server's clock to ours, as the page tells it, then as the fastest message does.
const shown = Date.parse(document.querySelector("[data-live-now]")?.dataset.liveNow) - Date.now() || -Infinity;
let skew = shown;

// ——— which topics

const name = (element) => element.dataset.live || element.dataset.liveTopic;

function scan() {
  for (const topic of topics.values()) topic.elements = [];
  for (const element of document.querySelectorAll(followers)) {
    const { liveAudience, liveRev } = element.dataset;
    let topic = topics.get(name(element));
    if (!topic) topics.set(name(element), (topic = { name: name(element), rev: +liveRev || 0 }));
    topic.audience ||= liveAudience;
    (topic.elements ||= []).push(element);
    if (topic.state) draw(element, topic.state);
  }
  const left = [...topics.values()].filter((topic) => !topic.elements.length);
  left.forEach((topic) => topics.delete(topic.name));
  connect();
  ask(left);
}

// wanted returns the topics that the socket was not asked for yet.
const wanted = () => [...topics.values()].filter((topic) => topic.asked !== socket && !topic.gone).slice(0, 20);

function ask(left = []) {
  if (socket?.readyState !== 1) return;
  const sub = wanted();
  sub.forEach((topic) => (topic.asked = socket));
  if (sub.length + left.length) {
    socket.send(JSON.stringify({
      sub: sub.map((topic) => ({ t: topic.name, a: topic.audience, rev: topic.rev })),
      unsub: left.map((topic) => topic.name),
    }));
  }
}

// ——— the connection

function connect() {
  clearTimeout(retry);
  const first = wanted();
  if (socket || !first.length) return;
  const query = new URLSearchParams();
  for (const topic of first) {
    query.append("t", topic.name);
    query.append("a", topic.audience || "public");
    query.append("rev", topic.rev);
  }
  skew = shown;
  heard ||= Date.now(); // the page itself
  try {
    const opening = (socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/direct?" + query));
    first.forEach((topic) => (topic.asked = opening));
    begun = Date.now();
    opening.onopen = connected;
    opening.onmessage = (event) => receive(JSON.parse(event.data));
    opening.onclose = disconnected;
  } catch {
    disconnected();
  }
}

function connected() {
  clearTimeout(lost);
  lost = 0;
  heard = Date.now();
  stand("connected");
  ask();
}

function disconnected() {
  socket = null;
  failures++;
  lost ||= setTimeout(stand, 2000, "lost"); // a moment's cut is not worth a word
  retry = setTimeout(connect, Math.random() * Math.min(15000, 1000 * 2 ** failures));
}

// hangUp lets the socket go without waiting for its end: a dead network never tells.
function hangUp() {
  const old = socket;
  socket = null;
  if (old) {
    old.onopen = old.onmessage = old.onclose = null;
    old.close();
  }
}

// check gives a silent connection up: the server is heard every 25 seconds.
function check() {
  if (socket && Date.now() - Math.max(heard, begun) > 40000) {
    hangUp();
    disconnected();
  }
}

// wake connects at once: somebody looks, or the network is back.
function wake() {
  check();
  failures = 0;
  connect();
}

function stand(state) {
  const at = new Date(heard);
  root.dataset.liveState = state;
  root.dataset.liveSince = at.toISOString();
  const words = at.toLocaleTimeString(lang, { hour: "numeric", minute: "2-digit" });
  each(document, "lost-at", (part) => text(part, lang.startsWith("fr") ? words.replace(":", "\u00a0h\u00a0") : words));
  each(document, "lost", (part) => (part.hidden = state !== "lost"));
}

function receive(frame) {
  heard = Date.now();
  failures = 0;
  const topic = topics.get(frame.t);
  if (!topic) return;
  const { gone, rev, s: state = {} } = frame;
  const before = topic.state;
  topic.gone = gone;
  topic.state = gone ? null : state;
  topic.rev = rev || 0;
  const at = Date.parse(state.server_now);
  if (at) skew = Math.max(skew, at - heard); // the fastest message tells best
  for (const element of topic.elements) {
    if (!tell(element, "live", { topic: frame.t, rev: topic.rev, state: topic.state })) continue;
    if (!gone) draw(element, state);
    const { liveSwap, liveSwapOn: on, liveWas } = element.dataset;
    if (liveSwap !== undefined && (gone || !on || state[on] !== (before ? before[on] : liveWas ?? state[on]))) swapSoon(element);
  }
}

const tell = (element, type, detail) => element.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, cancelable: true }));

// ——— drawing

// each calls change for the parts of the element that bear the mark, itself included,
// but not for those that follow another topic.
function each(element, mark, change) {
  const selector = `[data-live-${mark}]`;
  for (const part of [element, ...element.querySelectorAll(selector)]) {
    const own = element === document || name(part.closest(followers)) === name(element);
    if (part.matches?.(selector) && own) change(part);
  }
}

function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

// tally gives the votes by option, and by "option=mark".
function tally(counts) {
  if (!Array.isArray(counts)) return counts;
  const votes = {};
  for (const { option, value, votes: n } of counts) {
    votes[`${option}=${value}`] = n;
    if (value === 1) votes[option] = n;
  }
  return votes;
}

function draw(element, state) {
  const votes = tally(state.counts);
  const number = (key) => (key in state ? state[key] : +key) || 0;
  each(element, "bind", (part) => bind(part, state[part.dataset.liveBind]));
  each(element, "text", (part) => text(part, sentence(part.dataset, "liveText", state)));
  each(element, "announce", (part) => announce(part, sentence(part.dataset, "liveAnnounce", state)));
  if (votes) {
    const base = number("base") || number("turnout");
    each(element, "count", (part) => text(part, numbers.format(votes[part.dataset.liveCount] || 0)));
    each(element, "percent", (part) => text(part, base ? share(votes[part.dataset.livePercent] || 0, base) : ""));
  }
  each(element, "bar", (bar) => {
    const key = bar.dataset.liveBar;
    if (typeof state[key] === "number") {
      width(bar, state[key], number(bar.dataset.liveMax || "entitled"));
    } else if (votes) {
      const scale = bar.closest("[data-live-scale]")?.dataset.liveScale;
      width(bar, votes[key] || 0, scale ? number(scale) : Math.max(...Object.values(votes)));
    }
  });
}

function bind(part, value) {
  if (value === undefined || value === null) return;
  if (part.localName === "time") {
    part.dateTime = value;
  } else if (typeof value === "number") {
    const now = part.textContent;
    const shown = now.match(/\d+(?:[\s.,]\d+)*/g) || [];
    // Several numbers in a sentence: no telling which; it wants a data-live-text.
    if (shown.length < 2) text(part, shown.length ? now.replace(shown[0], numbers.format(value)) : numbers.format(value));
  } else {
    text(part, String(value));
  }
}

// sentence fills in the fields, in the plural form that the first one asks for.
function sentence(data, key, state) {
  const first = /{(\w+)}/.exec(data[key]);
  const form = first ? plurals.select(+state[first[1]] || 0) : "other";
  const words = data[key + form[0].toUpperCase() + form.slice(1)] || data[key];
  return words.replace(/{(\w+)}/g, (_, field) => {
    const value = state[field] ?? "";
    return typeof value === "number" ? numbers.format(value) : value;
  });
}

function width(bar, value, full) {
  const whole = bar.ownerSVGElement?.viewBox.baseVal.width || 100;
  bar.setAttribute("width", full > 0 ? Math.min(whole, Math.round((whole * value) / full)) : 0);
}

const speaking = new WeakMap(); // element → timer or words to come

function announce(part, words) {
  const turn = speaking.get(part);
  if (turn) {
    turn.words = words;
    return;
  }
  text(part, words);
  const waiting = { words };
  speaking.set(part, waiting);
  setTimeout(() => {
    speaking.delete(part);
    if (waiting.words !== words) announce(part, waiting.words);
  }, 5000);
}

// ——— fetching again

const swaps = new WeakMap(); // element → {at, timer}

function swapSoon(element) {
  const last = swaps.get(element) || { at: 0 };
  swaps.set(element, last);
  last.timer ||= setTimeout(() => {
    last.timer = 0;
    last.at = Date.now();
    swap(element);
  }, Math.max(0, last.at + 1000 - Date.now()));
}

async function swap(...elements) {
  const pages = {}; // several elements of one address ask once
  for (const element of elements) {
    const address = element.dataset.liveSwap || location.href;
    try {
      const page = await (pages[address] ||= load(address));
      const content = (element.id && page.getElementById(element.id)) || page.body;
      if (element.isConnected && tell(element, "live:swap", { content })) replace(element, content);
    } catch {
      // no network, or no such page: the next change or turn tries again
    }
  }
  scan();
}

async function load(address) {
  const answer = await fetch(address, { headers: { "X-Live": "1" } });
  if (!answer.ok) throw answer.status;
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function replace(element, content) {
  const focus = element.contains(document.activeElement) && document.activeElement.id;
  if (content.localName === element.localName) {
    for (const { name, value } of content.attributes) element.setAttribute(name, value);
  }
  element.replaceChildren(...content.childNodes);
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
}

// Without a connection after three attempts, the page asks.
setInterval(() => {
  check();
  if (failures < 3 || socket?.readyState === 1) return;
  const can = (element) => element.id || element.dataset.liveSwap || element === document.body;
  swap(...[...document.querySelectorAll(followers)].filter(can));
}, 10000);

// ——— time

const two = (n) => String(n).padStart(2, "0");

function tick() {
  const now = Date.now() + (skew > -Infinity ? skew : 0);
  document.querySelectorAll("[data-live-countdown],[data-countdown]").forEach((element) => {
    const until = Date.parse(element.dataset.liveCountdown || element.getAttribute("datetime"));
    const left = Math.max(0, Math.ceil((until - now) / 1000));
    if (!(left < 86400)) return; // the words of the page are right for days
    const hours = Math.floor(left / 3600);
    const minutes = Math.floor(left / 60) % 60;
    text(element, (hours ? hours + ":" + two(minutes) : minutes) + ":" + two(left % 60));
  });
}

// ——— begin

setInterval(tick, 1000);
addEventListener("pageshow", wake);
addEventListener("pagehide", hangUp); // or the page could not be kept for the way back
addEventListener("online", () => (hangUp(), wake()));
addEventListener("htmx:load", scan);
document.addEventListener("visibilitychange", () => document.hidden || wake());
scan();
tick();
