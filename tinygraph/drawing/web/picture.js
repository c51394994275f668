"use strict";
// One state (which modules are open, how many steps, what colours) → one SVG.
const byId = (id) => document.getElementById(`page-${id}`);
const data = JSON.parse(byId("data").textContent);
const state = {
  open: "", steps: data.steps, first: 1, zoom: null,
  run: Object.keys(data.runs)[0] || "", norm: "gradients", dark: false,
};
const LEAST = 0.91, GREATEST = 4;   // of the scale: the smallest text, 10 px, keeps 9
const round = new Set(["input", "state", "held", "initial", "output", "loss", "circle"]);
const sharp = new Set(["parameter", "tied", "constant", "delay", "swatch"]);
const states = new Map(data.states.map((one) => [one.open.join("\n"), one]));
let shown = new Map();   // id of a node → what the tooltip says of it

const escaped = (text) => String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
const opened = () => (state.open ? state.open.split("\n") : []);
const key = (scopes) => [...new Set(scopes)].sort().join("\n");

// The norms of the run at this number of steps; folded, at the greatest there is.
function table() {
  const run = data.runs[state.run] || {};
  return run[state.steps || Math.max(...Object.keys(run))] || null;
}

function longest() {
  const run = data.runs[state.run];
  return run[Math.max(...Object.keys(run))];
}

// Many norms as a text, two signs each: see `coded` in runs.py.
function decoded(text) {
  const { signs, levels, decades } = data.code;
  return text.match(/../g).map((pair) => {
    const level = 90 * signs.indexOf(pair[0]) + signs.indexOf(pair[1]);
    if (level > 8096) return [0, "nan", null][level - 8097];
    return +(10 ** (level / levels - decades)).toPrecision(2);
  });
}

// The norm of a datum at a step; folded, of all steps together.
function norm(which, datum, step) {
  let found = table() && datum !== undefined ? table()[which][datum] : null;
  if (found === true) found = longest()[which][datum];   // it begins as that does
  if (typeof found === "string" && found !== "nan") found = decoded(found);
  if (!Array.isArray(found)) return found;
  if (state.steps) return step === null ? null : found[step];
  return found.includes("nan") ? "nan" : Math.hypot(...found);
}

function color(value) {
  const { lowest, highest, stops, unknown, nan } = data.scale;
  if (value === null || value === undefined) return unknown;
  if (value === "nan") return nan;
  if (value === 0) return "url(#norm-zero)";
  const power = Math.log10(value);
  const part = (Math.min(Math.max(power, lowest), highest) - lowest) / (highest - lowest);
  const place = part * (stops.length - 1);
  const first = Math.min(Math.floor(place), stops.length - 2);
  const mixed = [1, 3, 5].map((i) => {
    const [a, b] = [stops[first], stops[first + 1]].map((stop) => parseInt(stop.slice(i, i + 2), 16));
    return Math.round(a + (b - a) * (place - first)).toString(16).padStart(2, "0");
  });
  return "#" + mixed.join("");
}

function short(value) {
  if (typeof value !== "number") return String(value);
  const plain = value === 0 || (value >= 1e-3 && value < 1e4);
  return plain ? String(+value.toPrecision(3)) : value.toExponential(2).replace("e+", "e");
}

// What is drawn at this T: a page, and which step each of its steps stands for. Above
// eight steps it is a window, stored once at the greatest T: 0, …, first …, T-1. As many
// windows at each end as delays reach over are unlike those in the middle.
function view() {
  const one = states.get(state.open);
  if (!state.steps) return { side: one.folded, page: one.folded.pages[0], real: (s) => s };
  const side = one.unfolded;
  if (!hasWindows()) {
    return { side, page: side.pages[state.steps - 1], real: (s) => s };
  }
  const last = lastFirst();
  const first = Math.min(state.first, last), left = last - first, reach = side.reach;
  const end = data.most - 1 - data.window.wide;
  const [stored, number] = first <= reach ? [first, first - 1]
    : left < reach ? [end - left, 2 * reach - left] : [reach + 1, reach];
  const page = side.windows[number];
  const real = (s) => (s >= data.most - 1 ? s - data.most + state.steps
    : s <= 0 ? s : s - stored + first);
  return { side, page, real };
}

const lastFirst = () => state.steps - 1 - data.window.wide;
const hasWindows = () => {
  const side = states.get(state.open).unfolded;
  return state.steps >= (side?.least ?? 0) && side?.windows.length > 0;
};
const lowered = (n) => String(n).replace("-", "₋").replace(/\d/g, (d) => "₀₁₂₃₄₅₆₇₈₉"[d]);

const colored = () => Boolean(state.norm && table());

function target(path) {   // the open modules after a click on one
  const own = path[path.length - 1];
  const wanted = key([...opened(), own]);
  if (states.has(wanted)) return wanted;
  const alone = key(path.filter((one) => one === own || opened().includes(one)));
  return states.has(alone) ? alone : null;
}

function lines(text) {
  const all = text.split("\n");
  const first = -(all.length - 1) * 0.58;
  return all.map((line, i) =>
    `<tspan x="0" dy="${(i ? 1.16 : first + 0.35).toFixed(2)}em">${escaped(line)}</tspan>`).join("");
}

function outline(kind, w, h, name, style) {
  if (["ellipsis", "note"].includes(kind)) return "";
  if (round.has(kind)) return `<ellipse class="${name}" rx="${w / 2}" ry="${h / 2}"${style}/>`;
  const corner = sharp.has(kind) ? 0 : 7;
  return `<rect class="${name}" x="${-w / 2}" y="${-h / 2}" width="${w}" height="${h}" rx="${corner}"${style}/>`;
}

// The text of a value after the last step, of which the page has the one at the greatest T.
function after(shape, real) {
  const found = /-after(\d+)$/.exec(shape.id || "");
  if (!found) return shape;
  const moved = [0, -1].reduce((text, by) => {
    const step = +found[1] + by;
    return text.replace(lowered(step + data.start), lowered(real(step) + data.start));
  }, shape.t);
  return { ...shape, t: moved };
}

function node(given, side, stored, x, y, real) {
  const shape = after(given, real);
  const step = stored === null ? null : real(stored);
  const box = shape.b === undefined ? { id: shape.id, k: shape.k, a: shape.a, t: [shape.t] } : side.boxes[shape.b];
  const id = step === null ? box.id : `${box.id}-${step}`;
  const text = step === null ? box.t[0] : box.t[step + 1] ?? box.t[0];
  const plain = ["delay", "ellipsis", "note"].includes(box.k);
  const [value, gradient] = ["values", "gradients"].map((which) => norm(which, box.d, step));
  const about = [text.replace("\n", " ") + (step === null ? "" : `  (step ${step})`), data.texts[box.a]];
  if (value !== null) about.push(`value norm ${short(value)}`);
  if (gradient !== null) about.push(`gradient norm ${short(gradient)}`);
  const way = box.o && target(box.o);
  if (way) about.push("click or press Enter to expand");
  const scope = box.o && box.o[box.o.length - 1];
  shown.set(id, { about: about.join("\n"), open: way, step, box: box.id, scope });
  const [look, inks] = box.y || ["", ""];
  const norms = colored() && !plain;
  const paint = norms ? `fill:${color(state.norm === "values" ? value : gradient)}` : "";
  const fill = look || paint ? ` style="${look};${paint}"` : "";
  const ink = norms ? ' style="fill:#1A1A1A"' : inks ? ` style="${inks}"` : "";
  const role = way ? 'role="button" aria-expanded="false"' : 'role="img"';
  return `<g id="${id}" class="node ${box.k}" transform="translate(${x + shape.x} ${y + shape.y})" ` +
    `tabindex="0" ${role} aria-label="${escaped(about.join(", "))}">` +
    outline(box.k, shape.w + 7, shape.h + 7, "ring", ' fill="none" stroke="none" stroke-width="2"') +
    outline(box.k, shape.w, shape.h, "shape", fill) +
    `<text text-anchor="middle"${ink}>${lines(text)}</text></g>`;
}

function edge(line, side, step, x, y, real) {
  const [path, arrow] = side.paths[line.p];
  const end = (name) => (step === null
    ? name.replace(/^(?!more_)([^-]*)-(\d+)$/, (_, box, s) => `${box}-${real(+s)}`)
    : `${name}-${real(step)}`);
  const names = ["edge", line.k || "wire", line.c === undefined ? "" : `c${line.c % 5}`].join(" ");
  const dashed = ["initial", "leaving"].includes(line.k) ? ' stroke-dasharray="5 3"' : "";
  const label = line.t === undefined ? "" : `<text class="${line.wt ? "weight" : ""}" ` +
    `x="${line.lx - line.x}" y="${line.ly - line.y + 4}" text-anchor="middle">${escaped(line.t)}</text>`;
  return `<g class="${names}" data-ends="${end(line.a)} ${end(line.z)}" ` +
    `transform="translate(${x + line.x} ${y + line.y})"><path d="${path}" fill="none"${dashed}/>` +
    (arrow ? `<polygon points="${arrow}"/>` : "") + label + "</g>";
}

function frame(x, y, w, h, title, above) {
  const height = above ? y + 16 : y + h - 8;
  return `<g class="frame"><rect x="${x}" y="${y}" width="${w}" height="${h}" rx="9"/>` +
    `<text x="${x + w / 2}" y="${height}" text-anchor="middle">${escaped(title)}</text></g>`;
}

function scope(s) {
  return `<g class="open-scope"><rect x="${s.x}" y="${s.y}" width="${s.w}" height="${s.h}" rx="9" ` +
    `fill="none" stroke-dasharray="5 3"/><text x="${s.lx}" y="${s.ly + 4}" text-anchor="middle">${escaped(s.t)}</text></g>`;
}

function drawn() {
  const { side, page, real } = view();
  const [x, y, w, h] = page.box;
  const title = (p) => p.t.replace(/[-−]?\d+$/, String(real(p.s) + data.start).replace("-", "−"));
  const once = (numbers) => numbers.map((number) => side.drawn[number]);
  const parts = page.steps.map((place) => ({ ...place, part: side.parts[place.p] }));
  shown = new Map();
  return `<svg xmlns="http://www.w3.org/2000/svg" role="group" aria-label="${escaped(data.title)}" ` +
    `width="${w}" height="${h}" viewBox="${x} ${y} ${w} ${h}" data-theme="${state.dark ? "dark" : "light"}" ` +
    `font-family="${escaped(data.font)}" font-size="13">` +
    `<style>${byId("picture-style").innerHTML} .edge text{font-size:11px} .edge .weight{font-size:13px}</style>` +
    (colored() ? data.scale.zero : "") +
    `<rect class="paper" x="${x}" y="${y}" width="${w}" height="${h}"/>` +
    page.frames.map((f) => frame(f.x, f.y, f.w, f.h, f.t, f.above)).join("") +
    parts.map((p) => frame(p.x, p.y, p.part.w, p.part.h, title(p), p.part.above)).join("") +
    once(page.scopes).map(scope).join("") +
    parts.map((p) => p.part.lines.map((l) => edge(l, side, p.s, p.x, p.y, real)).join("")).join("") +
    once(page.lines).map((l) => edge(l, side, null, 0, 0, real)).join("") +
    parts.map((p) => p.part.shapes.map((s) => node(s, side, p.s, p.x, p.y, real)).join("")).join("") +
    once(page.shapes).map((s) => node(s, side, null, 0, 0, real)).join("") + "</svg>";
}
