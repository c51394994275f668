// What a reader does: zoom, unfold, open, go from box to box; the address follows.
// The scale: the reader's, or what makes the picture fit; small text stays readable.
function scale() {
  const [, , w, h] = view().page.box;
  const room = byId("picture").getBoundingClientRect();
  const fit = Math.min(1, (room.width - 32) / w, (innerHeight - room.top - 60) / h);
  return Math.min(GREATEST, Math.max(LEAST, state.zoom ?? fit));
}

function resize() {
  const [, , w, h] = view().page.box;
  const svg = byId("picture").firstElementChild;
  svg.setAttribute("width", w * scale());
  svg.setAttribute("height", h * scale());
  byId("scale").textContent = `${Math.round(100 * scale())} %`;
}

// Zoom about a point of the window, which stays where it is.
function zoom(factor, x = innerWidth / 2, y = innerHeight / 2) {
  const area = byId("picture");
  const before = scale();
  const room = area.firstElementChild.getBoundingClientRect();
  state.zoom = factor === null ? null : Math.min(GREATEST, Math.max(LEAST, before * factor));
  resize();
  const by = scale() / before;
  const now = area.firstElementChild.getBoundingClientRect();
  area.scrollLeft += now.left + (x - room.left) * by - x;
  area.scrollTop += now.top + (y - room.top) * by - y;
  remember();
}

// T, window, open modules and zoom live in the address: a link shows the same picture.
function remember() {
  const parts = [`T=${state.steps}`];
  if (hasWindows()) parts.push(`from=${state.first}`);
  if (state.open) parts.push(`open=${opened().map(encodeURIComponent).join(",")}`);
  if (state.zoom) parts.push(`zoom=${+state.zoom.toFixed(2)}`);
  history.replaceState(null, "", `#${parts.join("&")}`);
}

function recall() {
  const parts = Object.fromEntries(location.hash.slice(1).split("&").map((one) => one.split("=")));
  const whole = (text, most, other) => (/^\d+$/.test(text ?? "") ? Math.min(+text, most) : other);
  state.steps = whole(parts.T, data.most, state.steps);
  state.first = whole(parts.from, data.most, state.first);
  if (parts.open) {
    const wanted = key(parts.open.split(",").map((name) => decodeURIComponent(name)));
    if (states.has(wanted)) state.open = wanted;
  }
  state.zoom = Number(parts.zoom) || null;
}

function settle() {
  state.first = Math.max(1, Math.min(state.first, Math.max(1, lastFirst())));
  byId("window").hidden = !hasWindows();
  byId("first").max = Math.max(1, lastFirst());
  byId("first").value = state.first;
  const end = Math.min(state.first + data.window.wide, state.steps - 1) - 1;
  byId("shown").textContent = `${state.first + data.start}–${end + data.start}`;
}

function render(focus) {
  settle();
  byId("picture").innerHTML = drawn();
  resize();
  remember();
  byId("steps").value = state.steps;
  byId("count").textContent = state.steps || "folded";
  document.documentElement.dataset.theme = state.dark ? "dark" : "light";
  byId("theme").setAttribute("aria-pressed", state.dark);
  byId("theme").textContent = state.dark ? "light" : "dark";
  byId("opened").innerHTML = opened().map((scope) =>
    `<button type="button" class="chip" data-scope="${escaped(scope)}" ` +
    `title="collapse">${escaped(scope.split("/").pop())} ×</button>`).join(" ");
  const all = [...states.keys()].pop();
  byId("expand").hidden = states.size < 2;
  byId("expand").textContent = state.open === all ? "collapse all" : "expand all";
  byId("legend").hidden = !colored();
  hideTip();
  if (focus) document.getElementById(focus)?.focus();
}

function showTip(element) {
  const tip = byId("tip");
  tip.textContent = shown.get(element.id)?.about || "";
  tip.hidden = !tip.textContent;
  const place = element.getBoundingClientRect();
  const left = Math.min(place.right + 10, innerWidth - tip.offsetWidth - 8);
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${Math.max(8, Math.min(place.top, innerHeight - tip.offsetHeight - 8))}px`;
  document.querySelectorAll(".edge").forEach((one) =>
    one.classList.toggle("near", one.dataset.ends.split(" ").includes(element.id)));
}

function hideTip() {
  byId("tip").hidden = true;
  document.querySelectorAll(".edge.near").forEach((one) => one.classList.remove("near"));
}

function open(scopes, focus) {
  if (scopes === null || !states.has(scopes)) return;
  state.open = scopes;
  render(focus);
}

// Open by the keyboard: the reader goes on at what stands where the module stood.
function enter(scopes, element) {
  const old = new Map([...picture.querySelectorAll("g.node")].map((one) => [one.id, one]));
  const box = element.getBoundingClientRect();
  const middle = (one) => [(one.left + one.right) / 2, (one.top + one.bottom) / 2];
  const [x, y] = middle(box);
  open(scopes, element.id);
  if (document.activeElement?.id === element.id) return;
  const away = (one) => {
    const [a, b] = middle(one.getBoundingClientRect());
    return Math.hypot(a - x, b - y) + (old.has(one.id) ? 1e4 : 0);
  };
  const nodes = [...picture.querySelectorAll("g.node")];
  nodes.sort((one, other) => away(one) - away(other))[0]?.focus();
}

function collapse(scope) {   // it, and what is open inside it
  const rest = opened().filter((one) => one !== scope && !one.startsWith(scope + "/"));
  open(states.has(key(rest)) ? key(rest) : "", null);
  const found = [...shown].find(([, box]) => box.scope === scope);
  document.getElementById(found?.[0])?.focus();
}

// Go to a step's copy of a box; where it is hidden, the window moves there.
function go(box, step) {
  const there = document.getElementById(`${box}-${step}`);
  if (there || !hasWindows() || step < 0 || step >= state.steps) return there?.focus();
  const wide = data.window.wide;
  state.first = step < state.first ? step : step - wide + 1;
  render(`${box}-${step}`);
}

async function copy() {
  const text = byId("picture").firstElementChild.outerHTML;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  byId("said").textContent = "copied";
  setTimeout(() => { byId("said").textContent = ""; }, 2000);
}

const picture = byId("picture");
const over = (event) => event.target.closest?.("g.node");
picture.addEventListener("mouseover", (event) => (over(event) ? showTip(over(event)) : hideTip()));
picture.addEventListener("mouseleave", hideTip);
picture.addEventListener("focusin", (event) => over(event) && showTip(over(event)));
picture.addEventListener("focusout", hideTip);
picture.addEventListener("click", (event) => {
  const found = over(event) && shown.get(over(event).id);
  if (found?.open) open(found.open, null);
});
picture.addEventListener("keydown", (event) => {
  const element = over(event);
  const found = element && shown.get(element.id);
  if (!found) return;
  const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (event.key === "Enter" || event.key === " ") {
    if (found.open) enter(found.open, element);
  } else if (move && found.step !== null) {
    go(found.box, found.step + move);
  } else if (event.key === "Escape") {
    hideTip();
    return;
  } else return;
  event.preventDefault();
});
byId("steps").max = data.most;
byId("steps").addEventListener("input", (event) => { state.steps = +event.target.value; render(); });
byId("run").innerHTML = Object.keys(data.runs).map((name) => `<option>${escaped(name)}</option>`).join("");
byId("run").addEventListener("change", (event) => { state.run = event.target.value; render(); });
byId("norm").addEventListener("change", (event) => { state.norm = event.target.value; render(); });
byId("first").addEventListener("input", (event) => { state.first = +event.target.value; render(); });
byId("in").addEventListener("click", () => zoom(1.25));
byId("out").addEventListener("click", () => zoom(0.8));
byId("fit").addEventListener("click", () => zoom(null));
addEventListener("resize", resize);
addEventListener("hashchange", () => { recall(); render(); });
picture.addEventListener("wheel", (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / 300), event.clientX, event.clientY);
}, { passive: false });
let drag = null;   // where the picture was taken hold of
picture.addEventListener("pointerdown", (event) => {
  if (over(event) || event.button) return;
  drag = [event.clientX + picture.scrollLeft, event.clientY + picture.scrollTop];
  picture.setPointerCapture(event.pointerId);
});
picture.addEventListener("pointermove", (event) => {
  if (drag) [picture.scrollLeft, picture.scrollTop] = [drag[0] - event.clientX, drag[1] - event.clientY];
});
for (const name of ["pointerup", "pointercancel"]) picture.addEventListener(name, () => { drag = null; });
byId("theme").addEventListener("click", () => { state.dark = !state.dark; render(); });
byId("copy").addEventListener("click", copy);
byId("opened").addEventListener("click", (event) => {
  const scope = event.target.dataset?.scope;
  if (scope) collapse(scope);
});
byId("expand").addEventListener("click", () => {
  const all = [...states.keys()].pop();
  open(state.open === all ? "" : all, null);
});
byId("unfold").hidden = !data.most;
byId("choose-run").hidden = Object.keys(data.runs).length < 2;
byId("choose-norm").hidden = !state.run;
byId("legend").querySelector("i").style.background = `linear-gradient(90deg, ${data.scale.stops.join(",")})`;
const prefers = matchMedia("(prefers-color-scheme: dark)");
state.dark = data.dark || prefers.matches;
prefers.addEventListener("change", () => { state.dark = prefers.matches; render(); });
recall();
render();
