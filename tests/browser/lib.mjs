// A sandbox, a service with a form, a browser, and checks printed as TAP. Nothing is left behind but the pictures.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, mkdirSync, writeFileSync, existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const program = process.env.SLUICE;
const pictures = process.env.SLUICE_PICTURES;
export const password = "correct-horse";
export const token = "script-token-1";
export const home = mkdtempSync(path.join(tmpdir(), "sluice-browser."));
const children = new Set();
let checks = 0, failed = 0;

// ---- TAP ----
export function check(name, good, detail) {
  checks++;
  if (!good) failed++;
  console.log(`${good ? "ok" : "not ok"} ${checks} - ${name}`);
  if (!good && detail !== undefined) console.log("# " + String(typeof detail === "string" ? detail : JSON.stringify(detail)).split("\n").slice(0, 20).join("\n# "));
}
export const equal = (name, got, want) => check(name, got === want, `got: ${JSON.stringify(got)}\nwant: ${JSON.stringify(want)}`);

export async function until(what, condition, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    const value = await condition();
    if (value) return value;
    await sleep(50);
  }
  throw new Error(`${what}: not within ${seconds} s`);
}

// ---- identifiers of the test range ----
export function imei(number) {
  const digits = "00" + String(number).padStart(12, "0");
  let sum = 0;
  for (let i = 0; i < 14; i++) {
    const value = Number(digits[i]) * (i % 2 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return digits + String((10 - (sum % 10)) % 10);
}
export const imeis = (first, count) => Array.from({ length: count }, (_, i) => imei(first + i));

// ---- programs ----
function begin(args, environment, ready) {
  const child = spawn(program, args, { cwd: home, env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  child.said = "";
  child.stdout.on("data", (data) => { child.said += data; });
  child.stderr.on("data", (data) => { child.said += data; });
  child.ended = new Promise((resolve) => child.on("exit", (code, signal) => { children.delete(child); resolve(code ?? signal); }));
  let over = false;
  child.ended.then(() => { over = true; });
  return until(args.join(" "), () => {
    if (over) throw new Error(`${args.join(" ")} has ended:\n${child.said}`);
    const found = child.said.match(ready);
    return found && { child, found };
  });
}

export async function sandbox(...flags) {
  const { child, found } = await begin(["sandbox", "gsm_fusion", "--listen", "127.0.0.1:0", ...flags], {}, /^(http:\S+)$/m);
  const url = found[1];
  return {
    url,
    books: async () => (await fetch(url + "/_sandbox")).json(),
    stop: async () => { child.kill("SIGTERM"); await child.ended; },
  };
}

const store = "{sqlite: {path: orders.db}}";
export function pipelines(options = {}) {
  const form = { listen: "127.0.0.1:0", password, token, ...options.form };
  const given = Object.entries(form).filter(([, value]) => value !== null).map(([key, value]) => `${key}: "${value}"`).join(", ");
  writeFileSync(path.join(home, "web.yaml"), `name: web
source:
  form: {${given}}
actions:
  - imei: {}
  - gsm_fusion.place: {service_id: "1739"}
sinks:
  - orders: {store: ${store}}
spend: {confirm: false, ${options.spend ?? "max_run: 100000.00, max_in_doubt: 1000000"}}
`);
  writeFileSync(path.join(home, "sync.yaml"), `name: sync
trigger: {every: 1h}
source:
  orders: {store: ${store}, status: [Pending, In Process]}
actions:
  - gsm_fusion.check: {}
sinks:
  - orders: {store: ${store}}
`);
}

export async function service(provider) {
  const environment = { GSM_FUSION_BASE_URL: provider.url, GSM_FUSION_USERNAME: "tester", GSM_FUSION_API_KEY: "sandbox-key",
    XDG_STATE_HOME: path.join(home, "xdg"), NO_COLOR: "1" };
  for (const name of ["SUPABASE_URL", "SUPABASE_KEY", "SUPABASE_DB_URL"]) delete process.env[name];
  const { child } = await begin(["--state-dir", path.join(home, "state"), "serve", "web.yaml", "sync.yaml", "--listen", "none"],
    environment, /pipelines loaded/);
  const address = child.said.match(/(https?:\/\/[0-9.]+:[0-9]+)\//);
  const api = async (where, more = {}) => fetch(address[1] + where, { ...more, headers: { Authorization: `Bearer ${token}`, ...more.headers } });
  return {
    url: address[1],
    said: () => child.said,
    entry: (child.said.match(/http\S+enter\?key=\S+/) || [])[0],
    api: async (where) => (await api(where)).json(),
    send: async (body) => (await api("/api/orders", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) })).json(),
    stop: async () => { child.kill("SIGTERM"); return child.ended; },
    kill: async () => { child.kill("SIGKILL"); return child.ended; },
  };
}

// ---- the browser ----
let browser = null;
const trouble = [];

async function chromium() {
  const found = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
  if (!found) throw new Error("there is no Chromium; .ci/deps test installs it");
  const { chromium } = await import("playwright-core");
  return chromium.launch({ executablePath: found, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
}

// A page whose errors, and whose requests to anywhere else, are failures at the end.
export async function visitor(url, options = {}) {
  browser ??= await chromium();
  const context = await browser.newContext({ viewport: { width: 1200, height: 850 }, timezoneId: "UTC", locale: "en-GB",
    acceptDownloads: true, ...options });
  context.setDefaultTimeout(60000);
  const page = await context.newPage();
  page.on("console", (message) => { if (["error", "warning"].includes(message.type()) && !page.expected?.test(message.text())) trouble.push(`console: ${message.text()}`); });
  page.on("pageerror", (error) => trouble.push(`script: ${error}`));
  page.on("request", (request) => { if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(page.home ?? url)) trouble.push(`elsewhere: ${request.url()}`); });
  page.home = url;
  return page;
}

export async function logIn(page, word = password) {
  await page.goto(page.home + "/login");
  await page.fill("#password", word);
  await page.click("main button");
}

export async function picture(page, name) {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: path.join(pictures, name + ".png"), fullPage: true });
}

// What a person who sees badly, or doesn't see, or has a small screen, needs.
export async function accessible(page, name) {
  const found = await page.evaluate(() => {
    const wrong = [];
    const seen = (element) => element.checkVisibility?.({ checkOpacity: true, checkVisibilityCSS: true }) ?? true;
    const colour = (text) => {
      const parts = text.match(/[\d.]+/g).map(Number);
      return { rgb: parts.slice(0, 3), alpha: parts.length > 3 ? parts[3] : 1 };
    };
    const light = (rgb) => {
      const [r, g, b] = rgb.map((value) => { const v = value / 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const { rgb, alpha } = colour(getComputedStyle(at).backgroundColor);
        if (alpha > 0.99) return rgb;
      }
      return [255, 255, 255];
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const done = new Set();
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.data.trim() || done.has(element) || !seen(element) || element.closest("noscript, script, [disabled]")) continue;
      done.add(element);
      const style = getComputedStyle(element);
      const [a, b] = [light(colour(style.color).rgb), light(ground(element))].sort((x, y) => y - x);
      const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const ratio = (a + 0.05) / (b + 0.05);
      if (ratio < (large ? 3 : 4.5)) wrong.push(`contrast ${ratio.toFixed(2)}: "${node.data.trim().slice(0, 30)}"`);
    }
    for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
      if (seen(field) && !field.labels?.length && !field.getAttribute("aria-label")) wrong.push(`no label: ${field.name}`);
    for (const pressed of document.querySelectorAll("button, a, summary"))
      if (seen(pressed) && !pressed.textContent.trim() && !pressed.getAttribute("aria-label")) wrong.push(`nothing to read: ${pressed.outerHTML.slice(0, 60)}`);
    if (document.querySelectorAll("h1").length !== 1) wrong.push("not one h1");
    if (!document.documentElement.lang || !document.title || !document.querySelector("main")) wrong.push("no language, title or main");
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    if (new Set(ids).size !== ids.length) wrong.push("an id twice");
    if (document.documentElement.scrollWidth > innerWidth + 1) wrong.push(`wider than the screen: ${document.documentElement.scrollWidth}`);
    return wrong;
  });
  check(`${name}: labels, contrast and width`, found.length === 0, found.join("\n"));
}

export async function downloaded(page, press) {
  const [download] = await Promise.all([page.waitForEvent("download"), press()]);
  return readFileSync(await download.path(), "utf8");
}

// ---- from the beginning to the end ----
export async function run(test) {
  try {
    await test();
  } catch (error) {
    check(`it goes on to the end`, false, error.stack);
  }
  equal("no error in the console, nothing asked for elsewhere", trouble.join("\n"), "");
  await browser?.close();
  for (const child of children) child.kill("SIGKILL");
  rmSync(home, { recursive: true, force: true });
  console.log(`1..${checks}`);
  process.exit(failed ? 1 : 0);
}
