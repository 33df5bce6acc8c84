// Without JavaScript, and without a password: the link of the log, an order, its job, a search.
import { check, equal, imei, imeis, picture, pipelines, run, sandbox, service, token, until, visitor } from "./lib.mjs";

await run(async () => {
  const provider = await sandbox();
  pipelines({ form: { password: null, token } });
  const form = await service(provider);
  const page = await visitor(form.url, { javaScriptEnabled: false });
  page.expected = /403/;
  await page.goto(form.url + "/");
  check("without the link one reads where it is", (await page.textContent("main")).includes("into its log"));
  await page.goto(form.entry);
  equal("the link leads in", await page.textContent("h1"), "New order");
  const other = await visitor(form.url, { javaScriptEnabled: false });
  other.expected = /403/;
  await other.goto(form.entry);
  check("and works once", (await other.textContent("[role=alert]")).includes("no longer"));

  await page.fill("#imeis", imeis(1, 3).join("\n") + "\nwrong");
  await page.selectOption("#service", "1739");
  await page.click("main button.primary");
  equal("the check needs no script", await page.textContent("h1"), "Order this?");
  await accessibleWithout(page);
  await page.click("text=Change");
  equal("back at the form the lines are as they were", await page.inputValue("#imeis"), imeis(1, 3).join("\n") + "\nwrong");
  await page.click("main button.primary");
  await page.click(".actions button.primary");
  check("nor does ordering", /\/jobs\//.test(page.url()));
  await until("the job", async () => { await page.reload(); return (await page.textContent("main")).includes("All of it is done."); });
  equal("nor the job's page", await page.textContent("[data-count=placed]"), "3");
  await picture(page, "plain-job");
  await page.goto(form.url + "/orders?q=" + imei(2));
  equal("nor finding", await page.locator("tbody tr").count(), 1);
  await page.click("tbody a");
  check("nor an order's page", (await page.textContent("h1")).startsWith("Order "));
  equal("three were charged", Number((await provider.books()).charged), 3);
  await form.stop();
});

async function accessibleWithout(page) {
  equal("nothing waits for a script to be seen", await page.locator("button.primary:visible").count(), 1);
}
