// A little help for pages that work without it.
"use strict";

(function () {
  const one = (selector, within) => (within || document).querySelector(selector);
  const all = (selector, within) => Array.from((within || document).querySelectorAll(selector));
  const number = (count) => count.toLocaleString("en");

  function element(name, text, className) {
    const made = document.createElement(name);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  // ---- times, as the reader's clock shows them ----
  function localTimes(within) {
    for (const time of all("time[datetime]", within)) {
      const date = new Date(time.dateTime);
      if (isNaN(date)) continue;
      time.title = time.textContent + " UTC";
      time.textContent = date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
    }
  }

  // ---- what was typed, line by line ----
  function checkDigit(digits) {
    let sum = 0;
    for (let i = 0; i < 14; i++) {
      const value = Number(digits[i]) * (i % 2 ? 2 : 1);
      sum += value > 9 ? value - 9 : value;
    }
    return String((10 - (sum % 10)) % 10);
  }

  function fault(piece) {
    const digits = piece.replace(/[\s.\-\/]/g, "");
    if (!/^[0-9]+$/.test(digits)) return "isn't only digits";
    if (digits.length !== 15) return "has " + digits.length + " digits, not 15";
    if (digits[14] !== checkDigit(digits)) return "has a wrong check digit: a typing mistake?";
    return "";
  }

  function pieces(text) {
    const found = [];
    const bare = text.replace(/(^|[\s,;])imei\s*(?:\d(?=[:)=.]))?[:)=.# ]*/gi, "$1"); // "IMEI: 35…"
    for (const line of bare.split(/[\n\r,;\t]+/)) {
      const piece = line.trim();
      if (!piece) continue;
      if (/\s/.test(piece) && fault(piece)) found.push(...piece.split(/\s+/));
      else found.push(piece);
    }
    return found;
  }

  function watchLines(area, out) {
    const most = 5;
    function look() {
      const found = pieces(area.value), seen = new Set(), wrong = [];
      let twice = 0;
      for (const piece of found) {
        const reason = fault(piece), key = piece.replace(/[\s.\-\/]/g, "");
        if (reason) wrong.push([piece, reason]);
        else if (seen.has(key)) twice++;
        seen.add(key);
      }
      out.textContent = "";
      if (!found.length) return;
      let said = number(found.length) + (found.length === 1 ? " IMEI" : " IMEIs");
      said += wrong.length ? ", " + number(wrong.length) + " to look at" : ", all well-formed";
      if (twice) said += ", " + number(twice) + " twice";
      out.append(element("span", said + ".", wrong.length ? "wrong" : ""));
      if (!wrong.length) return;
      const list = document.createElement("ul");
      for (const [piece, reason] of wrong.slice(0, most)) list.append(element("li", piece.slice(0, 40) + " " + reason));
      if (wrong.length > most) list.append(element("li", "and " + number(wrong.length - most) + " more"));
      out.append(list);
    }
    let timer = 0;
    area.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, 150); });
    look();
  }

  // ---- a file dropped anywhere on the form; one that is too large is not sent at all ----
  function takeDrops(form) {
    const input = one("input[type=file]", form);
    if (!input) return;
    const most = Number(input.dataset.most);
    const look = () => {
      const file = input.files[0];
      const many = input.files.length > 1 ? "One file at a time, please." : "";
      input.setCustomValidity(file && file.size > most ? "This file is larger than the form takes." : many);
      if (file) input.reportValidity();
    };
    input.addEventListener("change", look);
    for (const type of ["dragenter", "dragover"])
      form.addEventListener(type, (event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        form.classList.add("dropping");
      });
    for (const type of ["dragleave", "drop"]) form.addEventListener(type, () => form.classList.remove("dropping"));
    form.addEventListener("drop", (event) => {
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      input.files = event.dataTransfer.files;
      look();
    });
  }

  // ---- a long list, narrowed by a word ----
  function filterChoices(find) {
    const select = document.getElementById(find.dataset.filter);
    const said = one("[data-filter-count]");
    if (!select || select.options.length < 8) return;
    const options = Array.from(select.options).map((option) => [option, option.textContent.toLowerCase()]);
    find.hidden = false;
    find.addEventListener("input", () => {
      const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
      const chosen = select.value, shown = [];
      let found = 0;
      for (const [option, text] of options) {
        const fits = words.every((word) => text.includes(word));
        if (fits && option.value) found++;
        if (fits || option.value === "" || option.value === chosen) shown.push(option);
      }
      select.replaceChildren(...shown);
      select.value = chosen;
      select.size = words.length ? Math.min(8, Math.max(2, shown.length)) : 1;
      said.textContent = number(found) + (found === 1 ? " service" : " services") + (words.length ? " found" : "");
    });
    find.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") { event.preventDefault(); select.focus(); }
      if (event.key === "Enter") event.preventDefault();
    });
    select.addEventListener("change", () => { select.size = 1; });
  }

  // ---- a button that is pressed once ----
  function pressOnce(form) {
    form.addEventListener("submit", () => {
      // Later, so that the button's own value is still sent.
      setTimeout(() => { for (const button of all("button", form)) button.disabled = true; }, 0);
    });
  }
  // Back from the next page the buttons can be pressed again.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) for (const button of all("form button[disabled]")) button.disabled = false;
  });

  // ---- a job's progress ----
  function left(seconds) {
    if (seconds < 90) return "about " + Math.max(1, Math.round(seconds)) + " s left";
    if (seconds < 5400) return "about " + Math.round(seconds / 60) + " min left";
    return "about " + Math.round(seconds / 3600) + " h left";
  }

  function showProgress(job) {
    const progress = one("#progress progress"), said = one("#progress [data-said]");
    const done = job.rows - job.open - job.waiting;
    progress.max = job.rows;
    progress.value = done;
    let text = number(done) + " of " + number(job.rows) + " done";
    if (job.done) text = "All of it is done.";
    else if (job.eta_s !== undefined) text += ", " + left(job.eta_s) + ". You may close this page: it goes on.";
    else text += ". You may close this page: it goes on.";
    said.textContent = text;
    for (const cell of all("#progress [data-count]")) {
      const value = job[cell.dataset.count];
      cell.textContent = typeof value === "number" ? number(value) : value || "–";
    }
  }

  // The page itself is asked for what the events don't say: rows, and counts that weren't there before.
  async function refresh() {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ["rows", "progress"]) {
      const now = document.getElementById(id), then = fresh.getElementById(id);
      if (now && then) { now.replaceWith(then); localTimes(then); }
    }
  }

  function watchJob(mark) {
    const every = 3000;
    let asked = 0, timer = 0;
    const source = new EventSource(mark.dataset.events);
    source.onmessage = (event) => {
      const job = JSON.parse(event.data);
      showProgress(job);
      clearTimeout(timer);
      if (job.done) {
        source.close();
        refresh().then(() => { document.title = document.title.replace("under way", "done"); document.body.dataset.done = "1"; });
        return;
      }
      const wait = Math.max(0, asked + every - Date.now());
      timer = setTimeout(() => { asked = Date.now(); refresh(); }, wait);
    };
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 10000);
    };
  }

  localTimes();
  const area = one("#imeis"), out = one("#imeis-check");
  if (area && out) watchLines(area, out);
  all("form[data-drop]").forEach(takeDrops);
  all("input[data-filter]").forEach(filterChoices);
  all("form[data-once]").forEach(pressOnce);
  const mark = one("[data-events]");
  if (mark) watchJob(mark);
})();
