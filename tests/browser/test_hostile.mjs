// A provider, a file and an address full of markup: all of it is shown as text, none of it runs.
import http from "node:http";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { check, downloaded, equal, home, imei, imeis, logIn, picture, pipelines, run, sandbox, service, until, visitor } from "./lib.mjs";

const markup = `"><img src=x onerror=alert(1)><script>alert(2)</script>'><b>&lt;i>`;
const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

// Between the form and the sandbox: what people read of a reply becomes markup.
function meddle(target) {
  const spoken = /<(PackageTitle|Category|TimeTaken|package|note|error|imeierrors)>([^<]*)<\//g;
  const server = http.createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const answer = await fetch(target + request.url, { method: request.method, body: pieces.length ? Buffer.concat(pieces) : undefined,
      headers: { "Content-Type": request.headers["content-type"] ?? "text/plain" } });
    let text = await answer.text();
    text = text.replace(spoken, (_, tag, inside) => `<${tag}>${inside}${escaped(markup)}</`);
    text = text.replace(/<code>([^<]*)<\//g, (_, inside) => `<code>${inside}&lt;br&gt;Carrier: ${escaped(markup)}&lt;br&gt;Model: ${escaped(markup)}</`);
    response.writeHead(answer.status, { "Content-Type": "text/xml", Date: answer.headers.get("date") ?? new Date().toUTCString() });
    response.end(text);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve({ url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() })));
}

await run(async () => {
  const provider = await sandbox("--option", "complete_after=1s");
  const between = await meddle(provider.url);
  pipelines();
  const form = await service(between);
  const page = await visitor(form.url);
  let ran = 0;
  page.on("dialog", (dialog) => { ran++; dialog.dismiss(); });
  await logIn(page);

  async function harmless(name, wanted) {
    const found = await page.evaluate(() => document.querySelectorAll("main img, main b, main i, main iframe, script:not([src]), [onerror]").length);
    check(`${name}: no markup of theirs`, found === 0, found);
    if (wanted) check(`${name}: it is shown as text`, (await page.textContent("main")).includes(wanted));
  }

  await page.goto(form.url + "/services");
  await harmless("services", "<img src=x onerror=alert(1)>");
  await page.goto(form.url + "/services?q=" + encodeURIComponent(markup));
  await harmless("services, looked for");
  await page.goto(form.url + "/?service=" + encodeURIComponent(markup));
  await harmless("new order");
  equal("the word stays in its field", await page.inputValue("#service"), "");
  await page.goto(form.url + "/login?next=" + encodeURIComponent("javascript:alert(1)"));
  check("a script is no next page", page.url() === form.url + "/");

  // --- a file whose name, headers and cells are markup ---
  const file = path.join(home, "<img src=x onerror=alert(3)>.csv");
  writeFileSync(file, `imei,${markup.replace(/"/g, "")},=cmd|'/c calc'!A1\n${imei(1)},${markup.replace(/"/g, "")},=1+1\n"<img src=x>",a,b\n`);
  await page.setInputFiles("#file", file);
  await page.click("main button.primary");
  await page.waitForSelector(".figures");
  await harmless("check", "<img src=x onerror=alert(3)>.csv");
  await picture(page, "hostile-check");
  const bad = await downloaded(page, () => page.click("text=Download these rows"));
  check("a spreadsheet runs nothing of the bad rows", !/(^|,)"?[=+@]/m.test(bad), bad);
  await page.click(".actions button.primary");
  await page.waitForURL(/\/jobs\//);
  await page.waitForSelector(":text('All of it is done.')");
  await harmless("job");
  const rows = await downloaded(page, () => page.click("text=Download all rows as CSV"));
  check("nor of the job's", !/(^|,)"?[=+@]/m.test(rows), rows);

  // --- what the provider says of an order ---
  await until("an order", async () => (await form.api("/api/orders")).orders.length === 1);
  const order = (await form.api("/api/orders")).orders[0].order_id;
  await until("its result", async () => {
    await page.goto(form.url + "/order/" + order);
    await page.click("text=Check now");
    await page.waitForSelector("[role=status]");
    return (await page.textContent("main")).includes("Completed") || (await page.textContent("main")).includes("Rejected");
  });
  await harmless("order", "<script>alert(2)</script>");
  await picture(page, "hostile-order");
  page.expected = /40\d|does not conform/; // no date, no such page
  for (const where of ["/orders", "/jobs", "/ledger?state=placed", "/status", "/orders?q=" + encodeURIComponent(markup), "/orders?since=" + encodeURIComponent(markup),
    "/ledger?state=" + encodeURIComponent(markup), "/jobs?after=" + encodeURIComponent(markup)]) {
    await page.goto(form.url + where);
    await harmless(where.slice(0, 24));
  }
  for (const where of ["/order/" + encodeURIComponent(markup.replace(/\//g, "")), "/jobs/" + encodeURIComponent("<img src=x>"), "/ledger/%3Cimg%3E", "/%3Cimg%3E"]) {
    await page.goto(form.url + where);
    await harmless(where.slice(0, 24));
  }
  page.expected = undefined;
  await page.goto(form.url + "/orders");
  await page.click("summary:has-text('Find many')");
  await page.fill("#imeis", markup);
  await page.click("details.many button");
  await harmless("orders, many");
  const json = await (await fetch(form.url + "/api/orders", { headers: { Authorization: "Bearer script-token-1" } })).text();
  check("JSON holds no markup, either", !json.includes("<") && JSON.parse(json).orders.length === 1);
  equal("nothing of theirs ran", ran, 0);
  await form.stop();
  between.stop();
});
