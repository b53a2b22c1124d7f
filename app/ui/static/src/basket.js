// The basket of a vote on a budget: what is left of each envelope, as projects
// are ticked. The server counts the same at the review; nothing is decided here.
const lang = document.documentElement.lang || "fr";
const euros = (cents) =>
  new Intl.NumberFormat(lang, { style: "currency", currency: "EUR", minimumFractionDigits: cents % 100 ? 2 : 0, maximumFractionDigits: 2 }).format(cents / 100);
const fill = (text, value) => text.replace(/\[\w\]/, value);

let said = 0;
let timer;
// say reads how the basket stands aloud, at most every five seconds.
const say = (form, text) => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    said = Date.now();
    form.querySelector("[data-basket-say]").textContent = text;
  }, Math.max(600, said + 5000 - Date.now()));
};

const recount = (form, aloud) => {
  const chosen = [...form.querySelectorAll("input[data-cost]:checked")];
  const count = form.querySelector("[data-basket-count]");
  count.textContent = fill(count.dataset.basketCount, chosen.length);
  const words = [count.textContent];
  const purses = [...form.querySelectorAll("[data-purse]")];
  for (const purse of purses) {
    const { purse: zone, cents, left, over } = purse.dataset;
    const spent = chosen.filter((box) => box.dataset.zone === zone).reduce((sum, box) => sum + Number(box.dataset.cost), 0);
    const rest = cents - spent;
    const text = rest < 0 ? fill(over, euros(-rest)) : fill(left, euros(rest));
    purse.classList.toggle("is-over", rest < 0);
    purse.classList.toggle("is-untouched", spent === 0 && purses.length > 2);
    purse.querySelector("[data-purse-text]").textContent = text;
    purse.querySelector("meter").value = Math.min(spent, cents);
    const name = purse.querySelector(".basket-name")?.textContent;
    if (spent > 0 || purses.length === 1) words.push(name ? `${name} : ${text}` : text);
  }
  if (aloud) say(form, words.join(". "));
};

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-basket]");
  if (form) recount(form, true);
});
for (const form of document.querySelectorAll("form[data-basket]")) recount(form, false);
