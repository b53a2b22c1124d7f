// Verifies the archive of a poll, or a receipt: a second opinion, written from
// app/voting/proof/FORMAT.md and sharing nothing with the program that made
// them. No dependency; the same file runs in a browser and in Node 20:
//
//   import { verifyArchive } from "./verifier.mjs";
//   const report = await verifyArchive(new Uint8Array(await readFile(path)), { key });
//
// SHA-256, the Merkle tree, the checks and the counts are here. Ed25519 is the
// platform's (WebCrypto): without it nothing can be verified, and Unsupported
// is thrown.

export class Unsupported extends Error {}

// ——— SHA-256 (FIPS 180-4)

const K = new Uint32Array(64);
const START = new Uint32Array(8);
for (let n = 2, found = 0; found < 64; n++) {
  let prime = true;
  for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
  if (!prime) continue;
  const fraction = (root) => ((root - Math.floor(root)) * 2 ** 32) >>> 0;
  if (found < 8) START[found] = fraction(Math.sqrt(n));
  K[found++] = fraction(Math.cbrt(n));
}
const W = new Uint32Array(64);
const turn = (x, n) => (x >>> n) | (x << (32 - n));

function compress(h, block, at) {
  for (let i = 0; i < 16; i++, at += 4) W[i] = (block[at] << 24) | (block[at + 1] << 16) | (block[at + 2] << 8) | block[at + 3];
  for (let i = 16; i < 64; i++) {
    const a = W[i - 15];
    const b = W[i - 2];
    W[i] = W[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + W[i - 7] + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10));
  }
  let [a, b, c, d, e, f, g, k] = h;
  for (let i = 0; i < 64; i++) {
    const x = (k + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
    const y = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [k, g, f, e, d, c, b, a] = [g, f, e, (d + x) | 0, c, b, a, (x + y) | 0];
  }
  for (const [i, x] of [a, b, c, d, e, f, g, k].entries()) h[i] += x;
}

export function sha256(...parts) {
  const length = parts.reduce((n, part) => n + part.length, 0);
  const bytes = new Uint8Array((Math.floor((length + 8) / 64) + 1) * 64);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  bytes[at] = 0x80;
  const view = new DataView(bytes.buffer);
  view.setUint32(bytes.length - 8, Math.floor((length * 8) / 2 ** 32));
  view.setUint32(bytes.length - 4, (length * 8) >>> 0);
  const h = START.slice();
  for (let i = 0; i < bytes.length; i += 64) compress(h, bytes, i);
  const out = new DataView(new ArrayBuffer(32));
  for (let i = 0; i < 8; i++) out.setUint32(4 * i, h[i]);
  return new Uint8Array(out.buffer);
}

function hmac(key, message) {
  const padded = new Uint8Array(64);
  padded.set(key.length > 64 ? sha256(key) : key);
  return sha256(padded.map((b) => b ^ 0x5c), sha256(padded.map((b) => b ^ 0x36), message));
}

// ——— bytes and texts

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf8 = (text) => encoder.encode(text);
const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
const unhex = (text, size) =>
  typeof text === "string" && /^([0-9a-f]{2})*$/.test(text) && (size === undefined || text.length === 2 * size)
    ? Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16))
    : null;
const base64 = (bytes) => btoa(String.fromCharCode(...bytes));

// unbase64 reads the one writing of bytes in base64, or nothing.
function unbase64(text) {
  try {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return base64(bytes) === text ? bytes : null;
  } catch {
    return null;
  }
}
const same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);
const hexSum = (text) => hex(sha256(utf8(text)));
const whole = (n) => Number.isSafeInteger(n) && !Object.is(n, -0);
const wellFormed = (text) => !/[\ud800-\udfff]/u.test(text);

function equal(a, b) {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b || Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && equal(a[name], b[name]));
}

// ——— the log: RFC 6962

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const node = (left, right) => sha256(NODE, left, right);
const leafOf = (kind, data) => sha256(LEAF, utf8(kind + "\n"), data);

class Tree {
  size = 0;
  peaks = [];
  append(leaf) {
    for (let n = this.size++; n % 2 === 1; n = (n - 1) / 2) leaf = node(this.peaks.pop(), leaf);
    this.peaks.push(leaf);
  }
  root() {
    return this.size ? this.peaks.reduceRight((right, left) => node(left, right)) : sha256();
  }
}

// included follows the proof that a leaf is in a tree (RFC 9162, 2.1.3.2).
function included(leaf, index, size, path, root) {
  if (index >= size) return false;
  let at = index;
  let last = size - 1;
  let hash = leaf;
  const up = () => ((at = Math.floor(at / 2)), (last = Math.floor(last / 2)));
  for (const beside of path) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = node(beside, hash);
      while (at % 2 === 0 && at !== 0) up();
    } else {
      hash = node(hash, beside);
    }
    up();
  }
  return last === 0 && same(hash, root);
}

// ——— keys and signed notes (C2SP)

const POLL = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const originOf = (host, poll) => `${host}/votes/${poll}/journal`;
const hostOf = (origin) => origin.split("/", 1)[0];

function keyOf(name, bytes) {
  const raw = Uint8Array.of(1, ...bytes);
  const hash = sha256(utf8(name + "\n"), raw).slice(0, 4);
  return { name, bytes, hash, text: `${name}+${hex(hash)}+${base64(raw)}`, named: (other) => keyOf(other, bytes) };
}

export function parseKey(text) {
  const parts = typeof text === "string" ? text.split("+") : [];
  const raw = unbase64(parts.slice(2).join("+"));
  if (!raw || raw.length !== 33 || raw[0] !== 1 || !parts[0] || /[\s\x85]/.test(parts[0])) return null;
  const key = keyOf(parts[0], raw.slice(1));
  return key.text === text ? key : null;
}

const sameKey = (a, b) => same(a.bytes, b.bytes);
const signatureLine = (key, signature) => `\n— ${key.name} ${base64(Uint8Array.of(...key.hash, ...signature))}\n`;

async function signed(key, text, signature) {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) throw new Unsupported("no WebCrypto here");
  try {
    key.ready ??= subtle.importKey("raw", key.bytes, { name: "Ed25519" }, false, ["verify"]);
    return await subtle.verify({ name: "Ed25519" }, await key.ready, signature, utf8(text));
  } catch (error) {
    if (error.name === "NotSupportedError" || error.name === "SyntaxError") throw new Unsupported(error.message);
    return false; // a key that is no point of the curve
  }
}

// open returns the text of a note signed by the key and by nobody else, in its
// one writing; nothing otherwise.
async function open(key, note) {
  const at = note.lastIndexOf("\n\n— ");
  const start = `\n— ${key.name} `;
  if (at < 0 || !note.startsWith(start, at + 1)) return null;
  const text = note.slice(0, at + 1);
  const raw = unbase64(note.slice(at + 1 + start.length, -1));
  if (!raw || raw.length !== 68) return null;
  const signature = raw.slice(4);
  if (text + signatureLine(key, signature) !== note) return null;
  return (await signed(key, text, signature)) ? text : null;
}

const checkpointText = (origin, size, root) => `${origin}\n${size}\n${base64(root)}\n`;
const stampText = (origin, index, leaf, nonce) => `${origin}\nleaf ${index}\n${base64(leaf)}\nnonce ${hex(nonce)}\n`;

function parseCheckpoint(text, origin) {
  const lines = text.split("\n");
  const size = Number(lines[1]);
  const root = unbase64(lines[2] ?? "");
  if (lines.length !== 4 || !whole(size) || size < 0 || root?.length !== 32) return null;
  return checkpointText(origin, size, root) === text ? { size, root } : null;
}

// ——— lines: one writing each

const isText = (...values) => values.every((value) => typeof value === "string" && wellFormed(value));

function encodeLine(line) {
  const o = {};
  if (line.header) Object.assign(o, { format: "parvis-archive/1" }, line.header);
  else if (line.checkpoint !== undefined) o.checkpoint = line.checkpoint;
  else {
    const { index, kind, data, text, ballot } = line.entry;
    Object.assign(o, { leaf: index, kind });
    if (ballot) {
      Object.assign(o, { key: hex(ballot.key), seq: ballot.seq, inner: hex(ballot.inner) });
      if (ballot.opened) Object.assign(o, { nonce: hex(ballot.opened.nonce), marks: ballot.opened.marks });
    } else {
      o.data = data;
      if (text) o.text = text;
    }
  }
  return JSON.stringify(o);
}

function readLine(raw) {
  const w = JSON.parse(raw);
  const { origin = "", poll = "", key = "", leaves = 0, checkpoints = 0 } = w;
  if (w.format !== undefined) {
    if (!isText(origin, poll, key) || !whole(leaves) || !whole(checkpoints)) return null;
    return { header: { origin, poll, key, leaves, checkpoints } };
  }
  if (w.leaf === undefined) return isText(w.checkpoint) ? { checkpoint: w.checkpoint } : null;
  const { leaf: index, kind = "", data = "", text = "", marks = "" } = w;
  if (!whole(index) || !isText(kind, data, text, marks)) return null;
  if (kind !== "ballot") return { entry: { index, kind, data, text } };
  const ballot = { key: unhex(w.key, 32), seq: w.seq, inner: unhex(w.inner, 32) };
  if (!ballot.key || !ballot.inner || !whole(w.seq)) return null;
  if (w.nonce !== undefined) {
    ballot.opened = { nonce: unhex(w.nonce, 16), marks };
    if (!ballot.opened.nonce) return null;
  }
  return { entry: { index, kind, ballot } };
}

function decodeLine(bytes) {
  try {
    const raw = decoder.decode(bytes);
    const line = readLine(raw);
    return line && encodeLine(line) === raw ? line : null;
  } catch {
    return null;
  }
}

// ——— documents of the log

function readDocument(text, fields) {
  try {
    const d = JSON.parse(text);
    if (typeof d !== "object" || !d || Array.isArray(d)) return null;
    const out = {};
    for (const [name, kind] of Object.entries(fields)) {
      const value = Object.hasOwn(d, name) && d[name] !== null ? d[name] : { string: "", number: 0, boolean: false, list: [], object: {} }[kind];
      const ok = kind === "list" ? Array.isArray(value) : kind === "number" ? whole(value) : typeof value === kind;
      if (!ok) return null;
      out[name] = value;
    }
    return out;
  } catch {
    return null;
  }
}

const BUDGETS = ["greedy", "equal-shares"];
const METHODS = ["plurality", "approval", "yes-no-abstain", ...BUDGETS];

function readRules(text) {
  const r = readDocument(text, {
    format: "string", version: "number", poll: "string", question: "string", options: "list", method: "string",
    max_choices: "number", rule: "object", allow_change: "boolean", entitled: "number", paper: "string",
  });
  if (!r || r.format !== "parvis-ruleset/1" || !METHODS.includes(r.method) || r.rule.method !== r.method) return null;
  if (!tiesAreKnown(r) || !whole(r.rule.pointsPerBallot ?? 0) || r.rule.pointsPerBallot < 0) return null;
  r.options = r.options.map((o) => ({ id: o?.id ?? "", label: o?.label ?? "", cost: o?.cost ?? 0, zone: o?.zone ?? "", withdrawn: o?.withdrawn ?? false }));
  return r.options.every((o) => isText(o.id, o.label, o.zone) && whole(o.cost) && typeof o.withdrawn === "boolean") ? r : null;
}

// tiesAreKnown: the public lot, which the rules do not spell out; or, in a
// budget, criteria that anyone can apply and that always decide.
function tiesAreKnown(rules) {
  const { keys = [], seed = "", root = "" } = rules.rule.ties ?? {};
  const listed = Array.isArray(keys) && (!keys.length || BUDGETS.includes(rules.method));
  return seed === "" && root === "" && listed && keys.every((key, i) => ["cost", "votes", "lexicographic"].includes(key) && (i === keys.length - 1) === (key === "lexicographic"));
}

// pointsOf is how many points a ballot may give; 0 where it chooses.
const pointsOf = (rules) => (BUDGETS.includes(rules.method) && rules.rule.pointsPerBallot) || 0;

// sameOptions: a project may be withdrawn, and never comes back.
function sameOptions(was, next) {
  return was.length === next.length && was.every((o, i) => equal({ ...o, withdrawn: o.withdrawn || next[i].withdrawn }, next[i]));
}

const FROZEN = ["rule", "question", "method", "max_choices", "allow_change", "entitled", "paper"];

const NULL_SHEET = /^![a-z_]{1,20}$/;
const DOCUMENTED = ["ruleset", "paper", "correction", "result"];
const AFTER_CLOSING = ["paper", "correction", "paper_done", "result"];

const MARK = /^([a-z0-9]{1,8})=(0|-?[1-9][0-9]{0,6})$/;

// parseMarks reads "a=1;c=1": by option, none twice.
function parseMarks(text) {
  if (text === "") return [];
  const marks = [];
  for (const part of text.split(";")) {
    const m = MARK.exec(part);
    if (!m || (marks.length && m[1] <= marks.at(-1).option)) return null;
    marks.push({ option: m[1], value: Number(m[2]) });
  }
  return marks;
}

function accepts(rules, marks) {
  let most = rules.options.length;
  if (rules.method === "plurality") most = 1;
  if ((rules.method === "approval" || BUDGETS.includes(rules.method)) && rules.max_choices > 0) most = rules.max_choices;
  const points = pointsOf(rules);
  if (points > 0 && marks.reduce((sum, m) => sum + m.value, 0) > points) return false;
  const allows = (value) => (points > 0 ? value > 0 : (rules.method === "yes-no-abstain" ? [-1, 0, 1] : [1]).includes(value));
  const known = marks.length <= most && marks.every((m) => rules.options.some((o) => o.id === m.option) && allows(m.value));
  return known && (!rules.rule.withinEnvelope || fits(rules, marks));
}

// fits: the projects of each zone cost no more than its envelope.
function fits(rules, marks) {
  return (rules.rule.envelopes ?? []).every((e) => {
    const chosen = rules.options.filter((o) => o.zone === (e.zone ?? "") && marks.some((m) => m.option === o.id));
    return chosen.reduce((sum, o) => sum + o.cost, 0) <= e.cents;
  });
}

// ——— counting: plurality, approval, yes-no-abstain, budgets, with the public
// lot or the criteria of the rules

const NOBODY = {};

function count(rules, rule, tally) {
  const ids = rules.options.map((o) => o.id);
  const votes = new Map(ids.map((id) => [id, new Map()]));
  let ballots = 0;
  for (const [text, n] of tally) {
    ballots += n;
    for (const m of parseMarks(text)) votes.get(m.option).set(m.value, (votes.get(m.option).get(m.value) ?? 0) + n);
  }
  const blank = tally.get("") ?? 0;
  const of = (id, value) => votes.get(id).get(value) ?? 0;
  const cells = [];
  for (const id of [...ids].sort()) {
    for (const value of [...votes.get(id).keys()].sort((a, b) => b - a)) cells.push({ option: id, value, votes: of(id, value) });
  }
  const outcome = { rule: rule.method, winners: [], ties: [], ballots, blank, invalid: 0 };
  const sum = (id, worth) => [...votes.get(id)].reduce((total, [value, n]) => total + worth(value) * n, 0);
  const race = { ids, rule, outcome, ballots, of, sum, expressed: ballots - blank };
  if (rule.method === "yes-no-abstain") answer(race);
  else if (BUDGETS.includes(rule.method)) budget(rules.options, tally, race);
  else elect(race);
  return { outcome, cells, ballots, blank };
}

// grouped puts options in order, those that compare equal together.
function grouped(ids, compare) {
  const groups = [];
  for (const id of [...ids].sort(compare)) {
    if (groups.length && compare(groups.at(-1)[0], id) === 0) groups.at(-1).push(id);
    else groups.push([id]);
  }
  return groups;
}

function elect({ ids, rule, outcome, of, expressed }) {
  const total = (id) => of(id, 1);
  outcome.totals = Object.fromEntries(ids.map((id) => [id, String(total(id))]));
  const groups = grouped(ids, (a, b) => total(b) - total(a));
  outcome.ranking = expressed > 0 ? groups : [ids];
  if (expressed === 0) return;
  const majority = rule.method === "plurality" && rule.absoluteMajority;
  const wins = (id) => (majority ? 2 * total(id) > expressed : total(id) > 0);
  let seats = Math.max(rule.seats ?? 0, 1);
  for (const group of groups) {
    let able = group.filter(wins);
    if (seats <= 0 || !able.length) continue;
    if (able.length > seats) able = draw(rule, outcome, able, seats);
    outcome.winners.push(...able);
    seats -= able.length;
  }
  if (majority && !outcome.winners.length) outcome.runoff = runoff(rule, outcome, groups, total);
}

// runoff names the two first, when nobody has more than half.
function runoff(rule, outcome, groups, total) {
  const pair = [];
  for (const group of groups) {
    if (pair.length >= 2 || total(group[0]) === 0) break;
    const left = 2 - pair.length;
    pair.push(...(group.length > left ? draw(rule, outcome, group, left) : group));
  }
  return pair;
}

// breakerOf says how projects that are tied are put in order, and by what: by
// the criteria of the rules, or by the public lot.
function breakerOf(rule, options, sum) {
  const { keys } = rule.ties;
  if (keys[0] === "lot") {
    return { order: (tied) => byLot(rule, tied), separates: () => "lot", favoured: (tied) => ({ id: byLot(rule, tied)[0], by: "lot" }) };
  }
  const cost = new Map(options.map((o) => [o.id, o.cost]));
  const numbers = options.every((o) => /^[0-9]+$/.test(o.id));
  const compare = {
    cost: (a, b) => cost.get(a) - cost.get(b),
    votes: (a, b) => sum(b, () => 1) - sum(a, () => 1),
    lexicographic: (a, b) => (numbers && Number(a) - Number(b)) || (a < b ? -1 : a > b ? 1 : 0),
  };
  const order = (tied) => [...tied].sort((a, b) => keys.reduce((c, key) => c || compare[key](a, b), 0));
  const separates = (id, others) => keys.find((key) => others.some((o) => compare[key](id, o) !== 0));
  const favoured = (tied) => {
    const [id] = order(tied);
    let left = tied;
    for (const by of keys) {
      left = left.filter((o) => compare[by](id, o) === 0);
      if (left.length === 1) return { id, by };
    }
  };
  return { order, separates, favoured };
}

// byLot puts options in the order of their tickets.
function byLot(rule, tied) {
  const seed = unhex(rule.ties.seed);
  const root = unhex(rule.ties.root);
  const ticket = new Map(tied.map((id) => [id, hex(hmac(seed, Uint8Array.of(...root, ...utf8(id))))]));
  return [...tied].sort((a, b) => (ticket.get(a) < ticket.get(b) ? -1 : 1));
}

// draw takes the smallest tickets of the lot.
function draw(rule, outcome, tied, seats) {
  const chosen = byLot(rule, tied).slice(0, seats);
  outcome.ties.push({ options: tied, by: "lot", chosen });
  return chosen;
}

function answer({ ids, rule, outcome, ballots, of }) {
  const share = rule.majority ?? { num: 1, den: 2 };
  const quorum = rule.quorum ?? {};
  const attending = quorum.of === "present";
  if (quorum.share && !attending && !(rule.entitled > 0)) throw NOBODY;
  const people = (attending ? rule.present : rule.entitled) ?? 0;
  const reached = ballots >= (quorum.ballots ?? 0) && (!quorum.share || ballots * quorum.share.den >= people * quorum.share.num);
  const adopted = new Map();
  for (const id of ids) {
    const yes = of(id, 1);
    let size = yes + of(id, -1);
    if (rule.base === "present") size = rule.present ?? 0;
    if (rule.base === "entitled") size = rule.entitled ?? 0;
    if (["present", "entitled"].includes(rule.base) && size < ballots) throw NOBODY;
    const over = yes * share.den - size * share.num;
    adopted.set(id, reached && yes > 0 && (over > 0 || (over === 0 && !!rule.atLeast)));
  }
  outcome.totals = Object.fromEntries(ids.map((id) => [id, String(of(id, 1))]));
  outcome.ranking = grouped(ids, (a, b) => adopted.get(b) - adopted.get(a) || of(b, 1) - of(a, 1));
  for (const group of outcome.ranking) if (adopted.get(group[0])) outcome.winners.push(...group);
}

// budget spends the envelopes one after the other, zones first. Amounts are in
// cents, whole and below 2^53; shares are exact fractions.
function budget(options, tally, { ids, rule, outcome, sum, expressed }) {
  const total = (id) => sum(id, (value) => value);
  const breaker = breakerOf(rule, options, sum);
  outcome.totals = Object.fromEntries(ids.map((id) => [id, String(total(id))]));
  const envelopes = rule.envelopes ?? [];
  const order = [...envelopes.filter((e) => e.zone), ...envelopes.filter((e) => !e.zone)];
  const withdrawn = options.filter((o) => o.withdrawn).map((o) => o.id);
  const standing = ids.filter((id) => !withdrawn.includes(id));
  const apart = withdrawn.length ? [withdrawn] : [];
  const sound = (o) => o.cost > 0 && order.some((e) => (e.zone ?? "") === o.zone);
  if (!order.length || !options.every(sound) || rule.incompatible || rule.utility) throw NOBODY;
  outcome.spending = [];
  if (expressed === 0) {
    outcome.ranking = [...(standing.length ? [standing] : []), ...apart];
    for (const e of order) outcome.spending.push(spendingOf(e, e.cents, []));
    return;
  }
  const ballots = [...tally].map(([text, weight]) => ({ weight, marks: parseMarks(text).map((m) => m.option) }));
  for (const e of order) {
    const projects = options.filter((o) => o.zone === (e.zone ?? "") && !o.withdrawn && total(o.id) >= (rule.minVotes ?? 0));
    const inZone = new Set(options.filter((o) => o.zone === (e.zone ?? "")).map((o) => o.id));
    spend({ envelope: e, inZone, projects, left: e.cents, round: 0, won: [], rule, outcome, total, breaker, ballots });
  }
  const byTotals = (list) => grouped(list, (a, b) => total(b) - total(a));
  const { winners } = outcome;
  const bought = rule.method === "greedy" ? [] : winners.map((id) => [id]);
  const rest = standing.filter((id) => rule.method === "greedy" || !winners.includes(id));
  outcome.ranking = [...bought, ...byTotals(rest), ...apart];
}

function spendingOf(e, remaining, winners) {
  const s = { envelope: e.cents, spent: e.cents - remaining, remaining, winners };
  return e.zone ? { zone: e.zone, ...s } : s;
}

// spend counts one envelope.
function spend(purse) {
  const { envelope, rule, outcome } = purse;
  let increments = 0;
  const completed = [];
  if (rule.method === "greedy") {
    takeByVotes(purse, !!rule.noSkip, []);
  } else {
    increments = shareEqually(purse);
    if (["utilitarian", "add1u"].includes(rule.completion)) takeByVotes(purse, false, completed);
  }
  const s = spendingOf(envelope, purse.left, purse.won);
  if (increments) s.increments = increments;
  if (completed.length) s.completed = completed;
  outcome.spending.push(s);
  outcome.winners.push(...purse.won);
}

function fund(purse, o) {
  purse.round++;
  purse.left -= o.cost;
  purse.won.push(o.id);
}

// takeByVotes goes by decreasing votes and takes what fits; without skipping,
// up to the first that does not.
function takeByVotes(purse, noSkip, completed) {
  const { breaker, outcome, total, projects } = purse;
  const costs = new Map(projects.map((o) => [o.id, o]));
  let stopped = false;
  for (const group of grouped([...costs.keys()], (a, b) => total(b) - total(a))) {
    const funded = [];
    const refused = [];
    for (const id of breaker.order(group)) {
      if (purse.won.includes(id)) continue;
      if (stopped || costs.get(id).cost > purse.left) {
        stopped ||= noSkip;
        refused.push(id);
        continue;
      }
      fund(purse, costs.get(id));
      completed.push(id);
      funded.push(id);
    }
    if (funded.length && refused.length) {
      outcome.ties.push({ options: [...funded, ...refused], round: purse.round, by: breaker.separates(funded.at(-1), refused), chosen: funded });
    }
  }
}

// shareEqually gives each voter an equal part of the envelope, and buys what
// supporters can pay together; it returns how many times the parts were raised.
function shareEqually(purse) {
  const { envelope, rule, outcome, projects } = purse;
  const zone = envelope.zone ?? "";
  const voters = purse.ballots.filter((b) => zone === "" || b.marks.some((id) => purse.inZone.has(id)));
  const people = voters.reduce((sum, b) => sum + b.weight, 0);
  const raise = rule.completion === "add1" || rule.completion === "add1u";
  let increments = 0;
  let run = { bought: [], spent: 0, blocked: false };
  const buy = (num, den) => buyTogether(purse.breaker, projects, purse.ballots, num, den);
  if (people > 0 && raise && projects.reduce((sum, o) => sum + o.cost, 0) > envelope.cents) {
    const step = rule.step || 100;
    let share = Math.floor(Math.floor(envelope.cents / people) / 100) * 100;
    run = buy(share, 1);
    const room = () => projects.some((o) => !run.bought.some((b) => b.id === o.id) && o.cost <= envelope.cents - run.spent);
    while (run.blocked && (rule.completion === "add1" || room())) {
      const next = buy(share + step, 1);
      if (next.spent > envelope.cents) break;
      run = next;
      share += step;
      increments++;
    }
  } else if (people > 0) {
    run = buy(envelope.cents, people);
  }
  for (const b of run.bought) {
    if (b.tied.length > 1) outcome.ties.push({ options: b.tied, round: purse.round + 1, by: b.by, chosen: [b.id] });
    fund(purse, projects.find((o) => o.id === b.id));
  }
  return increments;
}

// buyTogether runs the method with a share of num/den cents for each voter.
// What voters have left are whole numbers over one denominator.
function buyTogether(breaker, projects, ballots, num, den) {
  let scale = BigInt(den);
  const left = ballots.map(() => BigInt(num));
  const weight = ballots.map((b) => BigInt(b.weight));
  let queue = projects
    .map((o) => ({ o, backers: ballots.flatMap((b, v) => (b.marks.includes(o.id) ? [v] : [])), low: null }))
    .filter((c) => c.backers.length);
  const run = { bought: [], spent: 0, blocked: false };
  while (queue.length) {
    let tied = [];
    let best = null;
    const less = (a, b) => a.num * b.den < b.num * a.den;
    queue.sort((a, b) => (!a.low ? -1 : !b.low ? 1 : less(a.low, b.low) ? -1 : less(b.low, a.low) ? 1 : 0));
    const broke = new Set();
    for (const c of queue) {
      if (best && c.low && less(best, c.low)) break; // prices never fall: voters only get poorer
      const price = priceOf(c, left, weight, scale);
      if (!price) {
        broke.add(c);
        run.blocked = true;
        continue;
      }
      c.low = { num: price.pay, den: price.by * BigInt(c.o.cost) * scale };
      c.price = price;
      if (!best || less(c.low, best)) {
        best = c.low;
        tied = [c];
      } else if (!less(best, c.low)) {
        tied.push(c);
      }
    }
    queue = queue.filter((c) => !broke.has(c));
    if (!tied.length) return run;
    const names = tied.map((c) => c.o.id);
    const { id, by } = names.length > 1 ? breaker.favoured(names) : { id: names[0] };
    const chosen = tied.find((c) => c.o.id === id);
    const factor = chosen.price.by / gcd(chosen.price.pay, chosen.price.by);
    if (factor !== 1n) {
      scale *= factor;
      for (let v = 0; v < left.length; v++) left[v] *= factor;
    }
    const pay = (chosen.price.pay * factor) / chosen.price.by;
    for (const v of chosen.backers) left[v] = left[v] > pay ? left[v] - pay : 0n;
    run.spent += chosen.o.cost;
    run.bought.push({ id, by, tied: names });
    queue = queue.filter((c) => c !== chosen);
  }
  return run;
}

// priceOf is what each supporter pays who does not give all they have, as a
// fraction pay/by over the scale; null when they cannot pay it together.
function priceOf(c, left, weight, scale) {
  let pay = BigInt(c.o.cost) * scale;
  let by = 0n;
  let rich = c.backers;
  for (const v of rich) by += weight[v];
  for (;;) {
    const still = [];
    for (const v of rich) {
      if (left[v] * by < pay) {
        pay -= left[v] * weight[v];
        by -= weight[v];
      } else still.push(v);
    }
    if (by <= 0n || pay <= 0n) return null;
    if (still.length === rich.length) return { pay, by };
    rich = still;
  }
}

function gcd(a, b) {
  while (b) [a, b] = [b, a % b];
  return a;
}

// tiesOf writes ties where rounds buy one project at a time: in which order the
// tied ones were met tells nothing.
function tiesOf(outcome) {
  const ties = outcome.ties ?? [];
  if (outcome.rule !== "equal-shares") return ties;
  return ties.map((t) => (t.chosen?.length === 1 ? { ...t, options: [...t.options].sort() } : t));
}

function sameOutcome(ours, theirs) {
  const told = ["rule", "winners", "ranking", "totals", "ballots", "blank", "invalid"];
  const none = ["quota", "condorcet", "pairwise", "grades"];
  return (
    told.every((name) => equal(ours[name], theirs[name])) && equal(tiesOf(ours), tiesOf(theirs)) &&
    equal(ours.runoff ?? [], theirs.runoff ?? []) && equal(ours.spending ?? [], theirs.spending ?? []) && none.every((name) => !theirs[name])
  );
}

// ——— receipts

const RECEIPT = "parvis-receipt/1";

export function decodeReceipt(bytes) {
  try {
    const raw = (typeof bytes === "string" ? bytes : decoder.decode(bytes)).trim();
    const w = JSON.parse(raw);
    const r = { format: RECEIPT, origin: w.origin, poll: w.poll, key: w.key, index: w.index, nonce: w.nonce, commitment: w.commitment, stamp: w.stamp };
    if (w.checkpoint !== undefined) Object.assign(r, { checkpoint: w.checkpoint, proof: w.proof });
    if (!isText(r.origin, r.poll, r.key, r.stamp, r.checkpoint ?? "") || !whole(r.index) || r.index < 0) return null;
    if (!unhex(r.nonce, 16) || !unhex(r.commitment, 32)) return null;
    if (r.checkpoint !== undefined && (!r.checkpoint || !Array.isArray(r.proof) || !r.proof.every((h) => isText(h) && unbase64(h)?.length === 32))) return null;
    return JSON.stringify(r) === raw ? r : null;
  } catch {
    return null;
  }
}

// decodeCompact reads what a square code holds, for a poll of the town whose
// key is given.
export function decodeCompact(text, town) {
  const raw = unbase64(text.replaceAll("-", "+").replaceAll("_", "/") + "=".repeat((4 - (text.length % 4)) % 4));
  if (!raw || raw[0] !== 1 || /[+/=]/.test(text)) return null;
  const poll = hex(raw.slice(1, 17)).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  let at = 17;
  let index = 0;
  for (let scale = 1; ; scale *= 128) {
    const b = raw[at++];
    if (b === undefined || scale > 2 ** 49 || (b === 0 && scale > 1)) return null;
    index += (b & 127) * scale;
    if (b < 128) break;
  }
  if (raw.length !== at + 16 + 32 + 64) return null;
  const nonce = raw.slice(at, at + 16);
  const commitment = raw.slice(at + 16, at + 48);
  const key = town.named(originOf(town.name, poll));
  const stamp = stampText(key.name, index, leafOf("ballot", commitment), nonce) + signatureLine(key, raw.slice(at + 48));
  return { format: RECEIPT, origin: key.name, poll, key: key.text, index, nonce: hex(nonce), commitment: hex(commitment), stamp };
}

const receiptFault = (r, code) => ({ check: "receipt", code, line: 0, leaf: r.index, from: -1 });

export async function verifyReceipt(r, { key: known } = {}) {
  const report = { ok: false, fault: null, origin: r.origin, poll: r.poll, index: r.index, pinned: false, proven: false, size: 0, counted: false, replaced: false, by: -1, marks: "" };
  const code = await receiptCode(r, known, report);
  report.ok = !code;
  if (code) report.fault = receiptFault(r, code);
  return report;
}

async function receiptCode(r, known, report) {
  const key = parseKey(r.key);
  if (!key || key.name !== r.origin || !POLL.test(r.poll) || r.origin !== originOf(hostOf(r.origin), r.poll)) return "receipt.unreadable";
  if (known && !sameKey(key, known)) return "receipt.other_key";
  report.pinned = !!known;
  const leaf = leafOf("ballot", unhex(r.commitment));
  if ((await open(key, r.stamp)) !== stampText(r.origin, r.index, leaf, unhex(r.nonce))) return "receipt.stamp";
  if (r.checkpoint === undefined) return "";
  const text = await open(key, r.checkpoint);
  const told = text && parseCheckpoint(text, r.origin);
  if (!told) return "receipt.checkpoint";
  if (!included(leaf, r.index, told.size, r.proof.map(unbase64), told.root)) return "receipt.proof";
  report.root = hex(told.root);
  Object.assign(report, { proven: true, size: told.size });
  return "";
}

// ——— archives

class Refused extends Error {
  constructor(fault) {
    super(fault.code);
    this.fault = fault;
  }
}

const commitmentOf = (b) => {
  const seq = new DataView(new ArrayBuffer(8));
  seq.setBigUint64(0, BigInt.asUintN(64, BigInt(b.seq)));
  return sha256(b.key, new Uint8Array(seq.buffer), b.inner);
};

class Verification {
  line = 0;
  tree = new Tree();
  checkpoints = 0;
  covered = 0; // leaves that a checkpoint covers
  pending = false; // the last line was an entry
  rules = null;
  rulesets = 0;
  results = 0;
  voters = new Map();
  nonces = new Set();
  paper = new Map(); // the last version of each batch of paper ballots
  paperDone = false;
  stale = false; // a batch was corrected after the last result
  tally = new Map();
  report = {
    ok: false, done: [], fault: null, origin: "", poll: "", key: "", fingerprint: "", pinned: false, leaves: 0, checkpoints: 0,
    rulesets: 0, ballots: 0, replaced: 0, question: "", options: [], winners: [], result_sha256: "",
  };

  constructor(options) {
    this.known = options.key;
    this.receipt = options.receipt;
  }

  refuse(check, code, leaf = -1, from = -1, line = this.line) {
    throw new Refused({ check, code, line, leaf, from });
  }
  refuseEntry(check, code) {
    this.refuse(check, code, this.tree.size);
  }
  refuseReceipt(code) {
    const fault = { ...receiptFault(this.receipt, code), line: this.line };
    Object.assign(this.report.receipt, { ok: false, fault });
    throw new Refused(fault);
  }

  async read(bytes) {
    const line = decodeLine(bytes);
    if (!line) this.refuse("format", "format.line");
    if (!!line.header !== (this.line === 1)) this.refuse("format", "format.order");
    if (line.header) await this.readHeader(line.header);
    else if (line.entry) this.readEntry(line.entry);
    else await this.readCheckpoint(line.checkpoint);
  }

  async readHeader(h) {
    const key = parseKey(h.key);
    if (!key || key.name !== h.origin) this.refuse("key", "key.unreadable");
    if (!POLL.test(h.poll) || !hostOf(h.origin) || h.origin !== originOf(hostOf(h.origin), h.poll)) this.refuse("key", "key.poll");
    this.header = h;
    this.key = key;
    Object.assign(this.report, { origin: h.origin, poll: h.poll, key: h.key, fingerprint: hex(sha256(key.bytes)) });
    if (this.known) {
      if (!sameKey(key, this.known)) this.refuse("key", "key.other");
      this.report.pinned = true;
    }
    this.report.done.push("key");
    if (!this.receipt) return;
    this.report.receipt = await verifyReceipt(this.receipt, { key });
    if (this.receipt.origin !== h.origin) this.refuseReceipt("receipt.other_poll");
    if (!this.report.receipt.ok) throw new Refused(this.report.receipt.fault);
  }

  async readCheckpoint(note) {
    const text = await open(this.key, note);
    if (text === null) this.refuse("signature", "signature.wrong");
    const told = parseCheckpoint(text, this.header.origin);
    if (!told) this.refuse("signature", "signature.text");
    const last = this.tree.size - 1;
    if (told.size !== this.tree.size || !this.pending) this.refuse("log", "log.size", last, this.covered);
    if (!same(told.root, this.tree.root())) this.refuse("log", "log.root", last, this.covered);
    this.pending = false;
    this.covered = told.size;
    this.checkpoints++;
  }

  readEntry(e) {
    if (e.index !== this.tree.size) this.refuse("format", "format.order");
    this.readKind(e);
    const commitment = e.ballot && commitmentOf(e.ballot);
    if (this.receipt?.index === e.index) this.compareReceipt(e, commitment);
    this.tree.append(e.ballot ? leafOf("ballot", commitment) : leafOf(e.kind, utf8(e.data)));
    this.pending = true;
    const told = this.report.receipt;
    if (told?.proven && told.size === this.tree.size) this.agreed = hex(this.tree.root()) === told.root;
  }

  readKind(e) {
    const { kind, index } = e;
    if (e.text && !DOCUMENTED.includes(kind)) this.refuseEntry("format", "format.order");
    if ((index === 0 && kind !== "ruleset") || (index === 1 && kind !== "opened") || (index > 1 && kind === "opened")) this.refuseEntry("rules", "rules.first");
    if (this.closed && !AFTER_CLOSING.includes(kind)) this.refuseEntry("closing", "closing.after");
    if (!this.closed && (kind === "result" || kind === "paper_done")) this.refuseEntry("closing", "closing.before");
    if (this.paperDone ? kind === "paper" || kind === "paper_done" : kind === "result" && this.rules.paper) this.refuseEntry("closing", "closing.paper");
    if (kind === "ruleset") this.readRuleset(e);
    else if (kind === "opened") this.readOpened(e);
    else if (kind === "ballot") this.readBallot(e.ballot);
    else if (kind === "paper" || kind === "correction") this.readPaper(e);
    else if (kind === "paper_done") this.readPaperDone(e);
    else if (kind === "closed") this.readClosed(e);
    else if (kind === "result") this.readResult(e);
    else if (kind !== "extended") this.refuseEntry("rules", "rules.kind");
  }

  // hashed: the entry holds the hash of its document, and its version.
  hashed(e, version) {
    const d = readDocument(e.data, { version: "number", sha256: "string" });
    return d && d.version === version && d.sha256 === hexSum(e.text);
  }

  readRuleset(e) {
    const version = this.rulesets + 1;
    if (!this.hashed(e, version)) this.refuseEntry("rules", "rules.hash");
    const next = readRules(e.text);
    if (!next || next.version !== version) this.refuseEntry("rules", "rules.content");
    if (next.poll !== this.header.poll) this.refuseEntry("rules", "rules.poll");
    if (this.voters.size + this.paper.size && !(sameOptions(this.rules.options, next.options) && FROZEN.every((name) => equal(next[name], this.rules[name])))) this.refuseEntry("rules", "rules.frozen");
    this.rules = next;
    this.rulesets = version;
    if (version === 1) this.first = hexSum(e.text);
    Object.assign(this.report, { rulesets: version, question: next.question, options: next.options });
  }

  readOpened(e) {
    const d = readDocument(e.data, { poll: "string", ruleset_sha256: "string", lot_sha256: "string" });
    if (!d) this.refuseEntry("rules", "rules.content");
    if (d.poll !== this.header.poll) this.refuseEntry("rules", "rules.poll");
    if (d.ruleset_sha256 !== this.first) this.refuseEntry("rules", "rules.opened");
    this.sealed = d.lot_sha256;
  }

  readBallot(b) {
    const key = hex(b.key);
    const was = this.voters.get(key);
    if (b.seq !== (was?.seq ?? 0) + 1) this.refuseEntry("ballots", "ballots.sequence");
    if (was && !this.rules.allow_change) this.refuseEntry("ballots", "ballots.again");
    if (was?.opened) this.refuseEntry("ballots", "ballots.replaced_opened");
    const now = { seq: b.seq, leaf: this.tree.size, line: this.line, opened: !!b.opened, marks: b.opened?.marks };
    if (b.opened) this.openBallot(b);
    this.voters.set(key, now);
  }

  openBallot({ inner, opened: { nonce, marks } }) {
    if (!same(sha256(nonce, utf8(marks)), inner)) this.refuseEntry("ballots", "ballots.inner");
    const read = parseMarks(marks);
    if (!read || !accepts(this.rules, read)) this.refuseEntry("ballots", "ballots.marks");
    if (this.nonces.has(hex(nonce))) this.refuseEntry("ballots", "ballots.nonce");
    this.nonces.add(hex(nonce));
    this.tally.set(marks, (this.tally.get(marks) ?? 0) + 1);
  }

  // readPaper reads a batch of paper ballots, or a correction of one, which is
  // all of it again.
  readPaper(e) {
    const refuse = (code) => this.refuseEntry("ballots", "ballots.paper_" + code);
    if (!this.rules.paper) refuse("refused");
    const d = readDocument(e.data, { batch: "number", version: "number", sheets: "number", sha256: "string", reason: "string" });
    if (!d || d.sha256 !== hexSum(e.text)) refuse("hash");
    const b = readDocument(e.text, { format: "string", poll: "string", typing: "string", batch: "number", version: "number", sheets: "list" });
    const about = b && b.format === "parvis-paper/1" && b.poll === this.header.poll && b.typing === this.rules.paper && b.batch === d.batch && b.version === d.version;
    if (!about || !b.sheets.length || b.sheets.length !== d.sheets || !b.sheets.every((said) => typeof said === "string")) refuse("content");
    const was = this.paper.get(b.batch);
    const follows = e.kind === "paper" ? !was && b.version === 1 && b.batch > 0 : was && b.version === was.version + 1 && b.sheets.length === was.sheets.length;
    if (!follows) refuse("sequence");
    if (e.kind === "correction" && !d.reason) refuse("reason");
    for (const said of b.sheets) {
      const marks = parseMarks(said);
      if (!NULL_SHEET.test(said) && !(marks && accepts(this.rules, marks))) refuse("marks");
    }
    this.paper.set(b.batch, b);
    this.stale = this.results > 0;
  }

  readPaperDone(e) {
    if (!this.rules.paper) this.refuseEntry("ballots", "ballots.paper_refused");
    const d = readDocument(e.data, { handed: "number", logged: "number", reason: "string" });
    if (!d || d.logged !== this.sheets() || (d.handed !== d.logged && !d.reason)) this.refuseEntry("ballots", "ballots.paper_done");
    this.paperDone = true;
  }

  sheets() {
    return [...this.paper.values()].reduce((n, b) => n + b.sheets.length, 0);
  }

  // addPaper puts the paper ballots into the tally, and returns how many are null.
  addPaper() {
    let none = 0;
    for (const said of [...this.paper.values()].flatMap((b) => b.sheets)) {
      if (said.startsWith("!")) none++;
      else this.tally.set(said, (this.tally.get(said) ?? 0) + 1);
    }
    return none;
  }

  readClosed(e) {
    const c = readDocument(e.data, { at: "string", ballots: "number", size: "number", root: "string", lot: "string" });
    const seed = c && unhex(c.lot);
    if (!seed) this.refuseEntry("closing", "closing.content");
    if (c.size !== this.tree.size || c.root !== hex(this.tree.root())) this.refuseEntry("closing", "closing.root");
    if (c.ballots !== this.voters.size + this.sheets()) this.refuseEntry("closing", "closing.ballots");
    if (hex(sha256(seed)) !== this.sealed) this.refuseEntry("seed", "seed.hash");
    this.closed = c;
  }

  readResult(e) {
    const version = this.results + 1;
    if (!this.hashed(e, version)) this.refuseEntry("result", "result.hash");
    const r = readDocument(e.text, {
      format: "string", version: "number", poll: "string", closed_at: "string", log_size: "number", root: "string", rule: "object", ballots: "number",
      blank: "number", null: "number", base: "number", present: "number", entitled: "number", counts: "list", outcome: "object",
    });
    if (r?.format !== "parvis-result/1" || r.version !== version) this.refuseEntry("result", "result.content");
    this.results = version;
    this.stale = false;
    this.last = { ...r, leaf: this.tree.size, line: this.line };
    this.report.result_sha256 = hexSum(e.text);
  }

  compareReceipt(e, commitment) {
    if (!commitment || hex(commitment) !== this.receipt.commitment) this.refuseReceipt("receipt.leaf");
    if (e.ballot.opened && hex(e.ballot.opened.nonce) !== this.receipt.nonce) this.refuseReceipt("receipt.nonce");
    this.held = hex(e.ballot.key);
  }

  end() {
    const { header, tree, report } = this;
    if (!header || this.pending || header.leaves !== tree.size || header.checkpoints !== this.checkpoints || !this.last) this.refuse("format", "format.cut");
    report.done.push("format", "signature", "log", "rules", "closing", "seed");
    for (const voter of [...this.voters.values()].sort((a, b) => a.leaf - b.leaf)) {
      if (!voter.opened) this.refuse("ballots", "ballots.dropped", voter.leaf, -1, voter.line);
    }
    report.done.push("ballots");
    this.recount();
    if (this.receipt) this.closeReceipt();
  }

  recount() {
    const { rules, closed, last, report } = this;
    const wrong = (check, code) => this.refuse(check, code, last.leaf, -1, last.line);
    if (this.stale) wrong("count", "count.stale");
    const none = this.addPaper();
    const { ties, present, entitled, ...own } = rules.rule;
    const rule = { ...own, ties: ties?.keys?.length ? { keys: ties.keys } : { keys: ["lot"], seed: closed.lot, root: closed.root } };
    if (last.present) rule.present = last.present;
    let people = rules.entitled;
    if (rule.base === "entitled") people = Math.max(people, none + [...this.tally.values()].reduce((sum, n) => sum + n, 0)); // never fewer than have voted
    if (people) rule.entitled = people;
    let counted;
    try {
      counted = count(rules, rule, this.tally);
    } catch {
      wrong("count", "count.other");
    }
    if (!sameOutcome(counted.outcome, last.outcome) || !equal(counted.cells, last.counts)) wrong("count", "count.other");
    report.done.push("count");
    report.winners = counted.outcome.winners;
    const fields = last.poll === this.header.poll && last.closed_at === closed.at && last.log_size === closed.size && last.root === closed.root &&
      last.ballots === counted.ballots + none && last.blank === counted.blank && last.null === none && last.base === counted.ballots - counted.blank && last.entitled === rules.entitled;
    if (!fields || !equal(rule, last.rule)) wrong("result", "result.fields");
    report.done.push("result");
  }

  closeReceipt() {
    const told = this.report.receipt;
    if (this.held === undefined) this.refuseReceipt("receipt.leaf");
    if (told.proven && !this.agreed) this.refuseReceipt("receipt.log");
    const last = this.voters.get(this.held);
    if (last.leaf === this.receipt.index) Object.assign(told, { counted: true, marks: last.marks });
    else Object.assign(told, { replaced: true, by: last.leaf });
    this.report.done.push("receipt");
  }

  close() {
    Object.assign(this.report, { leaves: this.tree.size, checkpoints: this.checkpoints, ballots: this.voters.size + this.sheets() });
    for (const voter of this.voters.values()) this.report.replaced += voter.seq - 1;
    return this.report;
  }
}

const MAX_LINE = 16 << 20;

// verifyArchive reads an archive, a Uint8Array. Options: key, the town's as
// parseKey reads it; receipt, as decodeReceipt reads it.
export async function verifyArchive(bytes, options = {}) {
  const v = new Verification(options);
  try {
    for (let at = 0; at < bytes.length; ) {
      const end = bytes.indexOf(10, at);
      v.line++;
      if (end < 0 || end - at >= MAX_LINE) v.refuse("format", "format.line");
      await v.read(bytes.subarray(at, end));
      at = end + 1;
    }
    v.end();
    v.report.ok = true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    v.report.fault = error.fault;
  }
  return v.close();
}
