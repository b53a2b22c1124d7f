// The page /verifier: checks in the browser what its form holds, and the
// examples, and shows the same report as the server does. Words and pieces of
// HTML come from the page, in its language; nothing is sent. The verifier is
// loaded when it is needed: the very file that the page gives to download.

const place = document.querySelector("[data-verifier]");
const words = JSON.parse(place.dataset.verifier);
let verifier; // the module
let town; // its key
const numbers = new Intl.NumberFormat(document.documentElement.lang || "fr");
const lists = new Intl.ListFormat(document.documentElement.lang || "fr");

const say = (key, values = {}) =>
  words[key].replace(/\[(\w+)\]/g, (whole, name) => (name in values ? (typeof values[name] === "number" ? numbers.format(values[name]) : values[name]) : whole));

// piece returns a copy of a piece of HTML, its words in brackets filled in; a
// paragraph left empty is taken out.
function piece(name, values = {}) {
  const copy = document.querySelector(`template[data-piece="${name}"]`).content.cloneNode(true);
  const walker = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT);
  for (const text of Array.from({ length: 1e3 }, () => walker.nextNode()).filter(Boolean)) {
    text.data = text.data.replace(/\[(\w+)\]/g, (whole, key) => values[key] ?? whole);
  }
  for (const p of copy.querySelectorAll("p")) if (!p.textContent.trim()) p.remove();
  return copy;
}

// ——— what was found, in words

function where(fault) {
  const places = [];
  if (fault.line > 0) places.push(say("where.line", { Line: fault.line }));
  if (fault.from >= 0 && fault.from < fault.leaf) places.push(say("where.range", { From: fault.from, Leaf: fault.leaf }));
  else if (fault.leaf >= 0) places.push(say("where.leaf", { Leaf: fault.leaf }));
  return places.join(" ");
}

const label = (options, id) => options.find((o) => o.id === id)?.label ?? id;

function marksWords(marks, options) {
  const answers = /=(0|-1)/.test(marks);
  const each = marks.split(";").map((mark) => {
    const [id, value] = mark.split("=");
    const name = label(options, id);
    if (!answers) return name;
    return say(value > 0 ? "answer.yes" : value < 0 ? "answer.no" : "answer.abstain", { Label: name });
  });
  return lists.format(each);
}

function receiptRow(r, options) {
  const title = say("check.receipt");
  if (!r.ok) {
    if (!r.fault) return piece("row-skipped", { title, text: say("skipped") });
    return piece("row-bad", { title, text: `${say("fault." + r.fault.code)} ${where(r.fault)}` });
  }
  const said = [say(r.pinned ? "good.receipt.known" : "good.receipt.signed", { Leaf: r.index })];
  said.push(r.proven ? say("good.receipt.proven", { Size: r.size }) : say("good.receipt.unproven"));
  if (r.counted) said.push(r.marks ? say("good.receipt.counted", { Marks: marksWords(r.marks, options) }) : say("good.receipt.blank"));
  if (r.replaced) said.push(say("good.receipt.replaced", { By: r.by }));
  return piece("row-good", { title, text: said.join(" ") });
}

function checkRow(r, check) {
  const title = say("check." + check);
  if (r.fault?.check === check) return piece("row-bad", { title, text: `${say("fault." + r.fault.code)} ${where(r.fault)}` });
  if (!r.done.includes(check)) return piece("row-skipped", { title, text: say("skipped") });
  const values = { Leaves: r.leaves, Checkpoints: r.checkpoints, Rulesets: r.rulesets, Ballots: r.ballots, Replaced: r.replaced };
  return piece("row-good", { title, text: say(check === "key" && r.pinned ? "good.key_known" : "good." + check, values) });
}

function facts(entries) {
  const list = piece("facts");
  const dl = list.querySelector("dl");
  const one = dl.firstElementChild;
  for (const [term, text] of entries) {
    if (!text) continue;
    const fact = one.cloneNode(true);
    fact.querySelector("dt").textContent = term;
    const number = fact.querySelector("dd .digits");
    number.textContent = text;
    if (text.length <= 30 || text.includes(" ")) number.replaceWith(text);
    dl.append(fact);
  }
  one.remove();
  return list;
}

function rows(list) {
  const holder = piece("list");
  holder.querySelector("ul, ol").append(...list);
  return holder;
}

function show(...parts) {
  place.replaceChildren(...parts);
  place.removeAttribute("aria-busy");
  place.focus();
  place.scrollIntoView({ block: "start" });
}

const notice = (tone, title, text = "", at = "") => piece("notice-" + tone, { title, text, place: at });

const CHECKS = ["format", "key", "signature", "log", "rules", "ballots", "closing", "seed", "count", "result"];

function showArchive(r) {
  const head = r.fault
    ? notice("danger", say("report.bad"), say("fault." + r.fault.code), where(r.fault))
    : r.pinned
      ? notice("success", say("report.good"), say("report.good.text"))
      : notice("warning", say("report.unknown"), say("report.unknown.text", { Host: r.origin.split("/")[0] }));
  const list = CHECKS.map((check) => checkRow(r, check));
  if (r.receipt) list.push(receiptRow(r.receipt, r.options));
  const won = r.winners.length ? lists.format(r.winners.map((id) => label(r.options, id))) : say("fact.nobody");
  show(head, rows(list), facts([
    [say("fact.question"), r.question], [say("fact.winners"), r.ok && won], [say("fact.poll"), r.poll],
    [say("fact.key"), r.fingerprint], [say("fact.result"), r.result_sha256],
  ]));
}

function showReceipt(r) {
  const head = r.fault
    ? notice("danger", say("report.bad_receipt"), say("fault." + r.fault.code), where(r.fault))
    : notice(r.pinned ? "success" : "warning", say("report.good_receipt"), r.pinned ? "" : say("command.key", { Address: `https://${r.origin.split("/")[0]}/verifier` }));
  show(head, rows([receiptRow(r, [])]), facts([[say("fact.poll"), r.poll]]));
}

// ——— what is asked

async function work(task) {
  place.setAttribute("aria-busy", "true");
  place.replaceChildren(notice("info", say("working")));
  await new Promise((seen) => setTimeout(seen, 20));
  verifier ??= await import(place.dataset.verifierScript);
  town ??= verifier.parseKey(place.dataset.verifierKey);
  try {
    await task();
  } catch (error) {
    if (!(error instanceof verifier.Unsupported)) throw error;
    show(notice("warning", say("unsupported")));
  }
}

const bytesOf = async (file) => (file?.size ? new Uint8Array(await file.arrayBuffer()) : null);

// The town's key is known for what is of this town.
const known = (origin) => (origin?.split("/")[0] === town.name ? town : undefined);

function originOf(archive) {
  try {
    return JSON.parse(new TextDecoder().decode(archive.subarray(0, archive.indexOf(10)))).origin;
  } catch {
    return "";
  }
}

function readReceipt(bytes, text) {
  text = bytes ? new TextDecoder().decode(bytes).trim() : text.trim();
  if (!text) return null;
  const receipt = text.startsWith("{") ? verifier.decodeReceipt(text) : verifier.decodeCompact(text.split("?r=").at(-1), town);
  return receipt ?? false;
}

async function checkForm(form) {
  const fields = form.elements;
  const receipt = readReceipt(await bytesOf(fields.recepisse.files[0]), fields.texte.value);
  const archive = await bytesOf(fields.archive.files[0]);
  if (receipt === false) return show(notice("danger", say("form.unreadable")));
  if (!receipt && !archive) return show(notice("warning", say("form.missing")));
  if (!archive) return showReceipt(await verifier.verifyReceipt(receipt, { key: known(receipt.origin) }));
  showArchive(await verifier.verifyArchive(archive, { key: known(originOf(archive)), receipt: receipt ?? undefined }));
}

async function checkFile(address) {
  const response = await fetch(address);
  const archive = new Uint8Array(await response.arrayBuffer());
  showArchive(await verifier.verifyArchive(archive, { key: verifier.parseKey(place.dataset.verifierSampleKey) }));
}

for (const button of document.querySelectorAll("[data-verify-form], [data-verify-file]")) {
  button.hidden = false;
  button.addEventListener("click", () => work(() => (button.dataset.verifyFile ? checkFile(button.dataset.verifyFile) : checkForm(button.form))));
}
