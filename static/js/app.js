// Toasts, focus after swaps, words for failed requests; loaded last, so that it knows when keys work.
// The modules import nothing from each other: hashed file names need no rewriting then.

function startToasts() {
  for (const toast of document.querySelectorAll("[data-toast]:not([data-started])")) {
    toast.dataset.started = "";
    const seconds = Number(toast.dataset.toast);
    if (seconds > 0) setTimeout(() => toast.remove(), seconds * 1000);
  }
}

function complain(words, way) {
  const toast = Object.assign(document.createElement("div"), { className: "toast bad", textContent: words });
  if (way) toast.append(" ", way);
  toast.dataset.toast = way ? "0" : "10";
  document.querySelector(".toasts")?.append(toast);
  document.getElementById("alert")?.replaceChildren(words);
  startToasts();
}

function settle(event) {
  startToasts();
  document.documentElement.dataset.ready = "";
  const wrong = document.querySelector("[data-focus-me]");
  if (wrong) wrong.focus();
  else if (event.detail.boosted || document.activeElement === document.body) {
    document.querySelector("main h1")?.focus({ preventScroll: true });
  }
}

async function copy(event) {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    button.querySelector("[data-label]").textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(source);
  }
}

// The address holds the whole view: tab, filter, order; never a word of evidence.
async function copyLink(event) {
  if (!event.target.closest?.("[data-copy-link]")) return;
  try {
    await navigator.clipboard.writeText(location.href);
    say("The link is copied.");
  } catch {
    say(`The browser does not let the desk copy. The link: ${location.href}`);
  }
}

function say(words) {
  const toast = Object.assign(document.createElement("div"), { className: "toast", textContent: words });
  toast.dataset.toast = "4";
  document.querySelector(".toasts")?.append(toast);
  document.getElementById("status")?.replaceChildren(words);
  startToasts();
}

function submitOnce(event) {
  const form = event.target;
  if (form.dataset.busy !== undefined) return event.preventDefault();
  form.dataset.busy = "";
  setTimeout(() => delete form.dataset.busy, 2000);
}

// Signing in again, in a second tab, changes the token that a page which is open still holds.
function renewToken(event) {
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  const field = event.target.elements?.csrfmiddlewaretoken;
  if (token && field) field.value = token;
}

function signIn() {
  return Object.assign(document.createElement("a"), { href: "/login/", target: "_blank", rel: "noopener", textContent: "Sign in in a second tab" });
}

startToasts();
for (const button of document.querySelectorAll("[data-copy-link]")) button.hidden = false;
document.addEventListener("click", copy);
document.addEventListener("click", copyLink);
document.addEventListener("submit", renewToken, true);
document.addEventListener("submit", submitOnce);
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.shouldSwap) delete document.documentElement.dataset.ready;
});
document.addEventListener("htmx:afterSettle", settle);
document.addEventListener("htmx:afterRequest", (event) => delete event.target.dataset?.busy);
document.addEventListener("htmx:sendError", () => complain("The desk cannot be reached. Nothing was lost; try again."));
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if (status === 401) return complain("You are signed out. Nothing was lost: send it again afterwards.", signIn());
  complain(status === 404 ? "This is not there any more." : `The desk answered with an error (${status}). Nothing was lost.`);
});
document.documentElement.dataset.ready = "";
