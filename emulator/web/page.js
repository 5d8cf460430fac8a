// The page over the control API: it reads and shows, and every button is one call. Text is set as text, never as HTML.
"use strict";

const api = "_control/v1/";
const byId = (id) => document.getElementById(id);
let session = "default";
let source = null;

async function call(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  const token = sessionStorage.getItem("token");
  if (token) headers.Authorization = `Bearer ${token}`;
  const answer = await fetch(api + path, {
    method, headers, body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (answer.status === 401) {
    const given = prompt("This control port asks for its token");
    if (given) {
      sessionStorage.setItem("token", given);
      return call(method, path, body);
    }
  }
  const text = await answer.text();
  const value = text ? JSON.parse(text) : null;
  if (!answer.ok) throw new Error(`${value?.champ ? value.champ + ": " : ""}${value?.detail ?? answer.status}`);
  return value;
}

const mine = (path) => `sessions/${encodeURIComponent(session)}/${path}`;

function say(problem) {
  byId("problem").hidden = !problem;
  byId("problem").textContent = problem ? problem.message : "";
}

async function act(work) {
  try {
    await work();
    say(null);
  } catch (problem) {
    say(problem);
  }
}

function fill(list, rows) {
  list.replaceChildren(...rows);
}

function element(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text ?? "";
  if (className) made.className = className;
  return made;
}

function row(cells) {
  const made = document.createElement("tr");
  made.append(...cells);
  return made;
}

// Centimes are whole numbers and stay so: the comma is put in by text.
function money(centimes) {
  if (centimes === null || centimes === undefined) return "non connu";
  const digits = String(Math.abs(centimes)).padStart(3, "0");
  const euros = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  return `${centimes < 0 ? "-" : ""}${euros},${digits.slice(-2)}\u00a0€`;
}
const instant = (iso) => (iso ? iso.replace("T", " ").replace(/\.\d+/, "") : "none");

async function showSessions() {
  const all = (await call("GET", "sessions")).elements;
  if (!all.some((one) => one.id === session)) session = "default";
  fill(byId("session"), all.map((one) => {
    const option = element("option", one.id);
    option.selected = one.id === session;
    return option;
  }));
  const bases = all.find((one) => one.id === session).plateformes;
  fill(byId("bases"), Object.entries(bases).map(([name, base]) => {
    const item = element("li", `${name}: `);
    const link = element("a", base);
    link.href = `${base}/`;
    item.append(link);
    return item;
  }));
  const select = document.querySelector("#add-effect [name=plateforme]");
  if (select.options.length !== Object.keys(bases).length) {
    fill(select, Object.keys(bases).map((name) => element("option", name)));
  }
}

async function showClock() {
  const clock = await call("GET", mine("clock"));
  byId("now").textContent = instant(clock.now);
  byId("pace").textContent = clock.frozen ? "(frozen)" : clock.speed === 1 ? "" : `(× ${clock.speed})`;
  byId("due").textContent = instant(clock.prochaine_echeance);
}

const words = (one) =>
  [one.plateforme, one.service, one.operation, one.magasin, one.effet, JSON.stringify(one.parametres ?? {}),
    one.fois ? `${one.fois} more` : "", one.probabilite ? `with probability ${one.probabilite}` : ""]
    .filter(Boolean).join(" ");

async function showEffects() {
  const effects = await call("GET", mine("effects"));
  const tape = await call("GET", mine("tape"));
  const rows = [
    ...effects.map((one) => element("li", words(one))),
    ...(tape.en_vigueur ?? []).map((one) => element("li", `${words(one)} (tape)`)),
  ];
  fill(byId("effects"), rows.length ? rows : [element("li", "Everything works.")]);
  if (tape.bandes) {
    fill(byId("tape"), ["", ...tape.bandes].map((name) => element("option", name)));
    byId("tape-state").textContent = "";
  } else {
    const next = tape.evenements.find((event) => !event.fait);
    fill(byId("tape"), ["", tape.nom].map((name) => {
      const option = element("option", name);
      option.selected = name === tape.nom;
      return option;
    }));
    byId("tape-state").textContent = next
      ? `next ${instant(next.a)}: ${next.plateforme} ${next.effet}` : "nothing more to come";
  }
}

async function showJournal() {
  const last = (await call("GET", mine("journal?derniers=30"))).elements.reverse();
  fill(byId("journal"), last.map((one) => {
    const made = row([
      element("td", one.numero), element("td", instant(one.virtuel)), element("td", one.plateforme),
      element("td", one.operation ?? one.chemin), element("td", one.magasin),
      element("td", one.verdict), element("td", one.statut ?? "none"), element("td", one.effets.join(", ")),
      element("td", [...one.codes, one.regle].filter(Boolean).join(", ")),
    ]);
    made.tabIndex = 0;
    const open = () => act(async () => {
      const whole = await call("GET", mine(`journal/${one.numero}`));
      byId("exchange").hidden = false;
      byId("exchange").textContent = [whole.demande.texte, whole.reponse?.texte ?? "(no answer)"].join("\n\n");
    });
    made.addEventListener("click", open);
    made.addEventListener("keydown", (event) => event.key === "Enter" && open());
    return made;
  }));
}

async function showLedger() {
  const [ledger, check] = await Promise.all([call("GET", mine("ledger")), call("GET", mine("ledger/check"))]);
  byId("ledger-ok").textContent = check.ok ? "(adds up)" : `(${check.ecarts.length} things do not add up)`;
  fill(byId("ledger"), ledger.factures.map((one) => row([
    element("td", one.plateforme), element("td", one.numero), element("td", one.reference_magasin),
    element("td", one.dossier), element("td", one.pec), element("td", money(one.montant_amc_centimes), "money"),
    element("td", one.etat), element("td", instant(one.recue_le)),
  ])));
}

const showAll = () => act(async () => {
  await showSessions();
  await Promise.all([showClock(), showEffects(), showJournal(), showLedger()]);
});

function listen() {
  source?.close();
  if (sessionStorage.getItem("token")) return; // an event stream cannot carry the token: the page is read again by hand
  source = new EventSource(api + mine("events"));
  let planned = null;
  const soon = () => {
    planned ??= setTimeout(() => {
      planned = null;
      showAll();
    }, 200);
  };
  for (const kind of ["echange", "bande", "remise_a_zero", "reglage"]) source.addEventListener(kind, soon);
}

byId("session").addEventListener("change", (event) => {
  session = event.target.value;
  listen();
  showAll();
});
byId("new-session").addEventListener("click", () => act(async () => {
  session = (await call("POST", "sessions", {})).id;
  listen();
  await showAll();
}));
byId("reset").addEventListener("click", () => act(async () => {
  await call("POST", mine("reset"), {});
  await showAll();
}));
for (const button of document.querySelectorAll("[data-clock]")) {
  button.addEventListener("click", () => act(async () => {
    await call("POST", mine("clock"), JSON.parse(button.dataset.clock));
    await showAll();
  }));
}
byId("set-clock").addEventListener("submit", (event) => {
  event.preventDefault();
  act(async () => {
    await call("POST", mine("clock"), { set: event.target.instant.value.trim() });
    await showAll();
  });
});
byId("add-effect").addEventListener("submit", (event) => {
  event.preventDefault();
  act(async () => {
    const form = event.target;
    const added = { plateforme: form.plateforme.value, service: form.service.value, ...JSON.parse(form.effet.value) };
    if (form.fois.value) added.fois = Number(form.fois.value);
    await call("PUT", mine("effects"), [...(await call("GET", mine("effects"))), added]);
    await showAll();
  });
});
byId("clear-effects").addEventListener("click", () => act(async () => {
  await call("DELETE", mine("effects"));
  await showAll();
}));
byId("tape").addEventListener("change", (event) => act(async () => {
  await call("PUT", mine("tape"), { nom: event.target.value || null, depuis_maintenant: Boolean(event.target.value) });
  await showAll();
}));

listen();
showAll();
setInterval(() => act(showClock), 1000);
