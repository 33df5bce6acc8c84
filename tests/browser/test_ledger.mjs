// An order whose answer got lost is in doubt: it is seen, asked about, and settled by a person who knows.
import { accessible, check, equal, imei, logIn, picture, pipelines, run, sandbox, service, until, visitor } from "./lib.mjs";

await run(async () => {
  const provider = await sandbox("--fault", "close=first", "--fault", "list-late:2h");
  pipelines();
  const form = await service(provider);
  const page = await visitor(form.url);
  await logIn(page);
  await page.goto(form.url + "/ledger");
  check("at first nothing is in doubt", (await page.textContent("main")).includes("Nothing is in doubt"));
  await page.goto(form.url + "/");
  await page.fill("#imeis", imei(1));
  await page.click("main button.primary");
  await page.click(".actions button.primary");
  await page.waitForURL(/\/jobs\//);
  const job = page.url();
  await page.waitForSelector(":text('All of it is done.')");
  check("the job says that it is in doubt", (await page.textContent("main")).includes("may have been charged"));
  await accessible(page, "job in doubt");

  await page.goto(form.url + "/");
  await page.fill("#imeis", imei(1));
  await page.click("main button.primary");
  await page.waitForSelector("h1:has-text('Order this?')");
  equal("what is in doubt isn't offered again", await page.locator(".actions button.primary").count(), 0);

  await page.goto(form.url + "/ledger");
  equal("the ledger shows it", await page.locator("tbody tr").count(), 1);
  await picture(page, "ledger");
  await accessible(page, "ledger");
  await page.click("text=Ask the provider now");
  await page.waitForSelector("[role=status]");
  check("the provider was asked", (await page.textContent("[role=status]")).length > 5);

  await page.goto(form.url + "/ledger");
  await page.click("tbody a");
  await page.waitForSelector("text=Settle it by hand");
  await picture(page, "ledger-order");
  await accessible(page, "order in the ledger");
  page.expected = /409/; // the browser says so of what was refused
  await page.fill("#order_id", "1");
  await page.click("button:text-is('It was bought')");
  await page.waitForSelector("h1:has-text('That wasn')");
  check("a wrong number is refused", true);
  page.expected = undefined;
  await page.goBack();
  await page.fill("#order_id", "5000001");
  await page.click("button:text-is('It was bought')");
  await page.waitForSelector("[role=status]");
  check("the right one settles it", (await page.textContent(".card .state")).includes("Ordered"));
  check("the history says who did that", /form/.test(await page.textContent("main")));
  await until("the order in the store", async () => (await form.api(`/api/orders?q=${imei(1)}`)).orders.length === 1).catch(() => {});
  equal("it was charged once", Number((await provider.books()).charged), 1);
  await page.goto(job);
  check("the job's page is still there", (await page.textContent("h1")).startsWith("Job of"));

  // --- nothing is ordered while somebody says so ---
  await page.goto(form.url + "/status");
  await page.click("summary:has-text('Stop ordering')");
  await page.fill("#reason", "stocktaking <b>");
  await page.click("button.danger");
  await page.waitForSelector("text=stocktaking <b>");
  check("ordering can be stopped", true);
  await picture(page, "paused");
  await accessible(page, "paused");
  await page.click("text=Order again from now on");
  await page.waitForSelector("summary:has-text('Stop ordering')");
  check("and begun again", true);
  await form.stop();
});
