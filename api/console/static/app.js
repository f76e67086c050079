// The console's one script. Every page works without it; with it, pages stay live and forms answer in place.
//
//   data-into="id …"    a form or link whose answer replaces only these elements of this page
//   data-every="15"     an element with an id that is fetched anew every so many seconds while the page is seen
//   data-live="/url"    the page's live feed (server-sent events)
//   data-search         the field that "/" jumps to
const policy = window.trustedTypes && window.trustedTypes.createPolicy("anju", { createHTML: (html) => html });
const trusted = (html) => (policy ? policy.createHTML(html) : html); // HTML made by our own server's templates only
const byId = (id) => document.getElementById(id);

function pieces(html) {
  const template = document.createElement("template");
  template.innerHTML = trusted(html);
  return [...template.content.children];
}

// ---- Answers in place -------------------------------------------------------------------------------------------
async function load(url, ids, options = {}) {
  const response = await fetch(url, { credentials: "same-origin", headers: { "Anju-Fragment": "1" }, ...options });
  const page = new DOMParser().parseFromString(trusted(await response.text()), "text/html");
  if (response.status === 401 || ids.every((id) => !page.getElementById(id))) {
    document.documentElement.replaceWith(document.adoptNode(page.documentElement)); // signed out, or an error page
    prepare(document);
    return response.url;
  }
  for (const id of [...ids, "nav"]) {
    const [old, fresh] = [byId(id), page.getElementById(id)];
    if (old && fresh) {
      old.replaceWith(document.adoptNode(fresh));
      prepare(fresh);
    }
  }
  return response.url;
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.into) return;
  const ids = form.dataset.into.split(" ");
  event.preventDefault();
  const button = event.submitter;
  const fields = new FormData(form);
  if (button && button.name) fields.append(button.name, button.value);
  if (button) button.disabled = true;
  form.setAttribute("aria-busy", "true");
  try {
    if (form.method === "get") {
      const url = `${form.getAttribute("action") || location.pathname}?${new URLSearchParams(fields)}`;
      history.replaceState(null, "", await load(url, ids));
    } else {
      const body = form.enctype === "multipart/form-data" ? fields : new URLSearchParams(fields);
      await load(form.action, ids, { method: "POST", body });
    }
    const heard = byId(ids[0]) && byId(ids[0]).querySelector("[role=alert], [role=status]");
    if (heard) heard.focus();
  } catch {
    form.removeAttribute("aria-busy");
    if (button) button.disabled = false;
    HTMLFormElement.prototype.submit.call(form); // the server did not answer: let the browser try and say so
  }
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-into]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  try {
    history.pushState(null, "", await load(link.href, link.dataset.into.split(" ")));
  } catch {
    location.assign(link.href);
  }
});
window.addEventListener("popstate", () => location.reload());

// Menus close on Escape and when something else is used.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.pick[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.pick[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// ---- Live -------------------------------------------------------------------------------------------------------
const ROWS_KEPT = 60;
let source = null;
let retry = 0;
let opened = false;

function say(state) {
  const dot = byId("live-state");
  if (!dot || dot.dataset.state === state) return;
  dot.dataset.state = state;
  dot.textContent = state === "on" ? dot.dataset.on : dot.dataset.off;
}

const onEvent = {
  sighting(html) {
    const list = byId("live-rows");
    if (!list) return;
    const empty = byId("live-empty");
    if (empty) empty.remove();
    for (const row of pieces(html)) {
      if (byId(row.id)) continue;
      row.classList.add("new");
      list.prepend(row);
    }
    while (list.children.length > ROWS_KEPT) list.lastElementChild.remove();
  },
  parts(html) {
    for (const part of pieces(html)) {
      const old = byId(part.id);
      if (!old) continue;
      if (part.classList.contains("cell")) part.tabIndex = old.tabIndex;
      const focused = document.activeElement === old;
      old.replaceWith(part);
      if (focused) part.focus();
      prepare(part);
    }
  },
  stale(ids) {
    load(location.href, ids.split(" ")).catch(() => say("off"));
  },
};

function connect() {
  const place = document.querySelector("[data-live]");
  if (!place || source || document.hidden) return;
  source = new EventSource(place.dataset.live);
  source.onopen = () => {
    say("on");
    if (opened) onEvent.stale(place.dataset.parts); // it was away: what it shows may be old
    opened = true;
  };
  source.onerror = () => {
    say("off");
    if (source && source.readyState === EventSource.CLOSED) {
      source = null;
      clearTimeout(retry);
      retry = setTimeout(connect, 5000);
    }
  };
  for (const [name, act] of Object.entries(onEvent)) source.addEventListener(name, (event) => act(event.data));
}

// A browser opens few connections to one host: a page that nobody sees gives its own back.
document.addEventListener("visibilitychange", () => {
  if (document.hidden && source) {
    source.close();
    source = null;
  } else if (!document.hidden) connect();
});

// ---- Keyboard ---------------------------------------------------------------------------------------------------
function arrow(cell, key) {
  if (key === "ArrowLeft") return cell.previousElementSibling;
  if (key === "ArrowRight") return cell.nextElementSibling;
  const floor = cell.parentElement;
  const other = key === "ArrowUp" ? floor.previousElementSibling : floor.nextElementSibling;
  return other && other.children[Math.min([...floor.children].indexOf(cell), other.children.length - 1)];
}

document.addEventListener("keydown", (event) => {
  const cell = event.target.closest && event.target.closest(".cell");
  if (!cell || !event.key.startsWith("Arrow")) return;
  const next = arrow(cell, event.key);
  if (!next || !next.classList.contains("cell")) return;
  event.preventDefault();
  cell.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});

function showHelp() {
  const help = byId("help");
  if (help && help.showModal && !help.open) help.showModal();
}

let going = 0;
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    const field = document.querySelector("[data-search]");
    if (field) {
      event.preventDefault();
      field.focus();
    }
  } else if (event.key === "?") {
    showHelp();
  } else if (event.key === "g") {
    going = Date.now();
  } else if (Date.now() - going < 1500) {
    const link = document.querySelector(`.nav a[data-key="${CSS.escape(event.key)}"]`);
    if (link) link.click();
    going = 0;
  }
});

// ---- Each piece of page, when it arrives -------------------------------------------------------------------------
function filterBoard(board, chosen) {
  board.dataset.only = chosen;
  for (const button of board.querySelectorAll("[data-state-filter]"))
    button.setAttribute("aria-pressed", String(button.dataset.stateFilter === chosen));
}

function preview(input) {
  const list = byId(input.dataset.preview);
  if (!list) return;
  list.replaceChildren(
    ...[...input.files].slice(0, 6).map((file) => {
      const figure = document.createElement("figure");
      const image = new Image();
      image.src = URL.createObjectURL(file);
      image.alt = file.name;
      image.onload = () => URL.revokeObjectURL(image.src);
      const caption = document.createElement("figcaption");
      caption.textContent = file.name;
      figure.append(image, caption);
      return figure;
    }),
  );
}

function prepare(root) {
  for (const building of root.querySelectorAll(".building")) {
    const cells = [...building.querySelectorAll(".cell")];
    cells.forEach((cell, place) => (cell.tabIndex = place ? -1 : 0)); // one stop for Tab; arrows move inside
  }
  for (const button of root.querySelectorAll("[data-state-filter]")) {
    const [board, state] = [button.closest(".board"), button.dataset.stateFilter];
    button.setAttribute("aria-pressed", String(board.dataset.only === state));
    button.addEventListener("click", () => filterBoard(board, board.dataset.only === state ? "" : state));
  }
  for (const button of root.querySelectorAll("[data-help]")) {
    button.hidden = false;
    button.addEventListener("click", showHelp);
  }
  for (const input of root.querySelectorAll("input[data-preview]")) input.addEventListener("change", () => preview(input));
  for (const strip of root.querySelectorAll(".strip")) strip.scrollLeft = strip.scrollWidth; // today is at its end
  for (const part of root.querySelectorAll("[data-every]")) refresh(part);
  if (root.dataset && root.dataset.every) refresh(root);
}

function refresh(part) {
  setTimeout(() => {
    if (!part.isConnected) return;
    if (document.hidden || part.contains(document.activeElement)) refresh(part);
    else load(location.href, [part.id]).catch(() => refresh(part));
  }, Number(part.dataset.every) * 1000);
}

prepare(document);
connect();
