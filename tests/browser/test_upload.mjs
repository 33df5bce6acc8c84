// 2,000 rows from a file: seen while they are ordered, killed in the middle, seen to the end.
import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { accessible, check, equal, home, imeis, logIn, picture, pipelines, run, sandbox, service, until, visitor } from "./lib.mjs";

const rows = 2000;

await run(async () => {
  const provider = await sandbox("--latency", "60ms");
  pipelines({ form: { listen: "127.0.0.1:0" } });
  let form = await service(provider);
  let page = await visitor(form.url);
  await logIn(page);
  const file = path.join(home, "devices.csv");
  writeFileSync(file, "IMEI No.;Notes\n" + imeis(1, rows).map((imei, i) => `${imei};shelf ${i}`).join("\n") + "\nbroken;row;of;four\n");
  await page.setInputFiles("#file", []);
  const text0 = await readFile(file, "utf8"); // dropped on the form, as from a folder
  const dropped = await page.evaluateHandle(([name, text]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], name, { type: "text/csv" }));
    return transfer;
  }, ["devices.csv", text0]);
  await page.dispatchEvent("form[data-drop]", "drop", { dataTransfer: dropped });
  equal("a file that is dropped on the form is taken", await page.evaluate(() => document.querySelector("#file").files[0].name), "devices.csv");
  await page.click("main button.primary");
  await page.waitForSelector(".figures");
  const text = await page.textContent("main");
  check("the columns found are named", text.includes("devices.csv") && /notes/i.test(text), text.slice(0, 300));
  check("the rows are counted", text.includes("2,000"), text.slice(0, 300));
  check("the broken one is left out", text.includes("Left out"));
  await picture(page, "upload-check");
  await page.click(".actions button.primary");
  await page.waitForURL(/\/jobs\//);
  const job = new URL(page.url()).pathname;
  const placed = async () => Number((await page.textContent("[data-count=placed]")).replace(/,/g, ""));
  await until("progress", async () => (await placed()) >= 100);
  const seen = await placed();
  check("progress is seen while it goes on", seen < rows, seen);
  await picture(page, "job-under-way");
  await accessible(page, "job under way");

  await page.close();
  await form.kill();
  const address = form.url;
  const charged = Number((await provider.books()).charged);
  check("it was killed in the middle", charged < rows, charged);
  form = await service(provider);
  check("the service listens anew", form.url !== "", address);
  page = await visitor(form.url);
  await logIn(page);
  await page.goto(form.url + job);
  await page.waitForSelector(":text('All of it is done.')", { timeout: 240000 });
  const state = (await form.api(`/api/jobs${job.slice(5)}?limit=1`)).job;
  equal("each row has come to its end", state.open + state.waiting, 0);
  const books = await provider.books();
  check("none is charged twice", Number(books.most_charges) <= 1, books);
  check("none is lost: charged is ordered, or in doubt", state.placed + state.in_doubt + state.duplicate >= Number(books.charged), { state, charged: books.charged });
  equal("the page says what was placed", await page.textContent("[data-count=placed]"), state.placed.toLocaleString("en"));
  await picture(page, "job-done");

  // --- as many orders are found again, a page at a time ---
  await page.goto(form.url + "/orders");
  const first = await page.textContent("tbody a >> nth=0");
  await page.click("text=Older ones");
  const next = await page.textContent("tbody a >> nth=0");
  check("there is a page behind the first", Number(next) < Number(first), { first, next });
  equal("as long as that", await page.locator("tbody tr").count(), 50);
  await page.goto(form.url + job + "?state=placed");
  await page.click("text=Next rows");
  check("a job's rows go on, too", Number(await page.textContent("tbody td >> nth=0")) > 200);
  await form.stop();
});
