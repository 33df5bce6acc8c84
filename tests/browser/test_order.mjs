// A person logs in, orders one and many, finds what was ordered before, searches, exports, looks at results.
import { accessible, check, downloaded, equal, imei, imeis, logIn, picture, pipelines, run, sandbox, service, until, visitor } from "./lib.mjs";

const heading = (page) => page.textContent("h1");
const figure = async (page, label) => (await page.textContent(`.figures div:has(dt:text-is("${label}")) dd`)).trim();
const done = (page) => page.waitForSelector("body[data-done], :text('All of it is done.')");

await run(async () => {
  const provider = await sandbox("--fault", "charge-always");
  pipelines();
  const form = await service(provider);
  const page = await visitor(form.url);

  // --- coming in ---
  page.expected = /403/; // the browser says so of a refused password
  await page.goto(form.url + "/orders");
  equal("who isn't known is asked to log in", await heading(page), "Log in");
  await picture(page, "login");
  await accessible(page, "login");
  await logIn(page, "wrong");
  check("a wrong password is refused in words", (await page.textContent("[role=alert]")).includes("isn't the password"));
  await page.goto(form.url + "/login?next=/jobs");
  await page.fill("#password", "correct-horse");
  await page.keyboard.press("Enter");
  equal("the right one leads on to where one was going", await heading(page), "Jobs");
  page.expected = undefined;

  // --- one ---
  await page.goto(form.url + "/");
  await picture(page, "new-order");
  await accessible(page, "new order");
  await page.fill("#imeis", "12345");
  await page.waitForSelector("#imeis-check .wrong");
  check("a bad line is told of while it is typed", (await page.textContent("#imeis-check")).includes("has 5 digits, not 15"));
  await page.fill("#imeis", imei(1));
  await until("the check of the line", async () => (await page.textContent("#imeis-check")).includes("all well-formed"));
  await page.fill("input[data-filter]", "1739");
  const shown = await page.locator("#service option").count();
  check("the list of services is narrowed by a word", shown >= 2 && shown < 20, shown);
  equal("and says how many", await page.textContent("[data-filter-count]"), "1 service found");
  await page.selectOption("#service", "1739");
  await page.click("main button.primary");
  await page.waitForSelector(".figures");
  equal("the cost stands before the button", await figure(page, "To be ordered"), "1");
  check("with the balance", /\d/.test(await figure(page, "Balance now")));
  check("so does the name of what is bought", (await page.textContent("p.services")).includes("1739 · Apple Carrier"));
  await picture(page, "check");
  await accessible(page, "check");
  equal("nothing is ordered yet", Number((await provider.books()).charged), 0);
  const draft = page.url();
  await page.dblclick(".actions button.primary");
  await page.waitForURL(/\/jobs\//);
  await done(page);
  const job = page.url();
  equal("a double click orders once", Number((await provider.books()).charged), 1);
  await page.goto(draft);
  equal("back at the old page one sees the job", page.url(), job);
  await page.reload();
  equal("a reload orders nothing", Number((await provider.books()).charged), 1);

  // --- fifty, some of them bad, one of them ordered before ---
  await page.goto(form.url + "/");
  const good = imeis(2, 45);
  await page.fill("#imeis", [...good, imei(1), good[0], "004900000000014", "123", "not-an-imei"].join("\n"));
  await page.click("main button.primary");
  await page.waitForSelector(".figures");
  equal("the good ones are to be ordered", await figure(page, "To be ordered"), "45");
  equal("what was ordered before is counted", await figure(page, "Ordered before"), "1");
  const text = await page.textContent("main");
  check("each bad line has its reason", text.includes("not-an-imei") && text.includes("004900000000014"));
  await picture(page, "check-many");
  await accessible(page, "check of many");
  const bad = await downloaded(page, () => page.click("text=Download these rows"));
  check("the bad lines can be downloaded", bad.includes("not-an-imei") && bad.includes("_reason") && bad.split("\r\n").length >= 5, bad);
  await page.click(".actions button.primary");
  await page.waitForURL(/\/jobs\//);
  await done(page);
  equal("they are ordered", Number((await provider.books()).charged), 46);
  await picture(page, "job");
  await accessible(page, "job");
  const rows = await downloaded(page, () => page.click("text=Download all rows as CSV"));
  equal("the job's rows can be downloaded", rows.trim().split("\r\n").length, 51);

  // --- again, on purpose ---
  await page.goto(form.url + "/");
  await page.fill("#imeis", imei(1));
  await page.click("main button.primary");
  await page.waitForSelector("text=All of it was ordered before");
  check("the order that there is, is shown", (await page.locator("table a[href^='/order/']").count()) === 1);
  equal("there is no button to order", await page.locator(".actions button.primary").count(), 0);
  await page.click("details.again summary");
  await picture(page, "again");
  await page.click("details.again button");
  await page.waitForURL(/\/jobs\//);
  await done(page);
  equal("it is ordered again when that is meant", Number((await provider.books()).charged), 47);

  // --- finding ---
  await page.goto(form.url + "/orders");
  equal("orders are listed, a page at a time", await page.locator("tbody tr").count(), 47);
  await picture(page, "orders");
  await accessible(page, "orders");
  await page.fill("#q", imei(5));
  await page.click("form[role=search] button.primary");
  equal("one is found by its IMEI", await page.locator("tbody tr").count(), 1);
  await page.goto(form.url + "/orders");
  await page.click("summary:has-text('Find many')");
  await page.fill("#imeis", imeis(1, 20).join("\n"));
  await page.click("details.many button");
  equal("many are found at once", await page.locator("tbody tr").count(), 21);
  const some = await downloaded(page, () => page.click("text=All of these as CSV"));
  equal("what is shown can be exported", some.trim().split(/\r?\n/).length, 22);
  await page.goto(form.url + "/orders");
  const all = await downloaded(page, () => page.click("text=In the provider's format"));
  check("in the provider's format, too", all.includes("IMEI NO.") && all.trim().split("\r\n").length === 48, all.slice(0, 300));

  // --- one order ---
  await page.click("tbody a >> nth=0");
  check("an order has a page", (await heading(page)).startsWith("Order "));
  await page.click("text=Check now");
  await page.waitForSelector("[role=status]");
  console.log("# " + (await page.textContent("[role=status]")));
  check("the provider was asked about it", /Pending|In Process|Completed/.test(await page.textContent("[role=status]")));
  check("what happened to it is told", (await page.textContent("main")).includes("History"));
  await picture(page, "order");
  await accessible(page, "order");

  // --- the other pages ---
  await page.goto(form.url + "/services?q=1739");
  equal("a service is found", await page.locator("tbody tr").count(), 1);
  await picture(page, "services");
  await accessible(page, "services");
  await page.goto(form.url + "/status");
  check("the status says who is asked and what was spent", /Reachable/.test(await page.textContent("main")) && /Spent today/.test(await page.textContent("main")));
  await picture(page, "status");
  await accessible(page, "status");
  await page.goto(form.url + "/jobs");
  equal("the jobs are listed", await page.locator("tbody tr").count(), 3);
  await accessible(page, "jobs");

  // --- the same on a phone, in the dark ---
  const phone = await visitor(form.url, { viewport: { width: 390, height: 800 }, colorScheme: "dark", hasTouch: true, isMobile: true });
  await logIn(phone);
  for (const where of ["/", "/jobs", "/orders", "/services?q=17", "/ledger", "/status", new URL(job).pathname]) {
    await phone.goto(form.url + where);
    await accessible(phone, `${where} on a phone in the dark`);
    await picture(phone, `phone-${where.split(/[/?]/)[1] || "new-order"}`);
  }

  // --- going ---
  await page.click("text=Log out");
  await page.goto(form.url + "/orders");
  equal("who has logged out is out", await heading(page), "Log in");
  equal("the service ends when it is told to", await form.stop(), 0);
});
