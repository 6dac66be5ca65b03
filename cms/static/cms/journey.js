// Leaving at once, one entry in the list of pages, a count beside a long text, a little arithmetic.
// Every page works without it.
"use strict";
{
  const SLOW = 8000;
  const root = document.documentElement;
  let hasLeft = false;
  let isPlain = false;
  let trip = null;
  let toil = {};

  const find = (selector) => document.querySelector(selector);

  const words = (name) => find("[data-say]").dataset[name];
  const say = (text, isQuiet) => {
    const region = find("[data-say]");
    region.className = isQuiet ? "extra" : "say";
    region.textContent = text;
  };

  // Leaving. The screen is empty before anything is asked of the network.

  const leave = () => {
    const link = find("[data-leave]");
    if (hasLeft || !link) return;
    hasLeft = true;
    const { href } = link;
    const { away } = link.dataset;
    // If this does not reach the server now, it erases at the next visit.
    if (find("[name=csrfmiddlewaretoken]")) document.cookie = "left=1;path=/;samesite=strict";
    toil = {};
    if (trip) trip.abort();
    document.title = away ? new URL(away).host : "";
    document.body.replaceChildren();
    location.replace(navigator.sendBeacon(href) && away ? away : href);
  };

  let shifts = [];
  addEventListener("keydown", (event) => {
    if (event.repeat) return;
    shifts = event.key === "Shift" ? [...shifts.slice(-2), event.timeStamp] : [];
    if (shifts[2] - shifts[0] < 1500) leave();
  }, true);
  addEventListener("pointerdown", () => { shifts = []; }, true);

  addEventListener("pageshow", (event) => {
    if (hasLeft && event.persisted) location.reload();
  });

  // Sending. The answer takes this page's place.

  const show = (text, address) => {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    // Only pages of a journey have a way out.
    if (!fresh.querySelector("[data-leave]")) return false;
    root.lang = fresh.documentElement.lang;
    root.dir = fresh.documentElement.dir;
    document.title = fresh.title;
    document.body.replaceWith(fresh.body);
    if (address !== location.href) history.replaceState(null, "", address);
    arrive();
    const first = find(".error-summary") || find("h1");
    first.tabIndex = -1;
    first.focus({ preventScroll: true });
    scrollTo(0, 0);
    return true;
  };

  const lose = (form, why) => {
    const note = document.createElement("p");
    note.className = "callout lost";
    note.setAttribute("role", "alert");
    note.textContent = words(why);
    (form.querySelector(".actions") || form.lastChild).before(note);
    note.scrollIntoView({ block: "nearest" });
  };

  const send = async (form, button) => {
    const isErasing = button && button.value === "erase";
    if (trip && !trip.isSlow && !isErasing) return;
    if (trip) trip.abort();
    const isUpload = form.enctype === "multipart/form-data";
    const mine = trip = new AbortController();
    const data = new FormData(form);
    if (button && button.name) data.append(button.name, button.value);
    for (const note of form.querySelectorAll(".lost")) note.remove();
    const wait = setTimeout(() => say(words("wait")), 500);
    const slow = setTimeout(() => {
      mine.isSlow = true;
      say(words("slow"));
    }, isUpload ? SLOW * 8 : SLOW);
    let response;
    let text = null;
    try {
      response = await fetch(form.action, {
        method: "POST",
        body: isUpload ? data : new URLSearchParams(data),
        signal: mine.signal,
      });
      text = await response.text();
    } catch (error) {
      // No network, or given up: seen to below.
    }
    clearTimeout(wait);
    clearTimeout(slow);
    if (hasLeft || trip !== mine) return;
    trip = null;
    say("");
    const isPage = text !== null && /^text\/html/.test(response.headers.get("Content-Type"));
    // What was too much was not read, and its page does not have the words.
    const isTooMuch = text !== null && response.status === 413;
    if (isPage && !isTooMuch && show(text, response.url)) return;
    // A page of somebody else's would take the place of the words.
    if (text === null || response.status >= 400) {
      lose(form, isTooMuch ? "much" : "lost");
    } else {
      isPlain = true;
      form.requestSubmit(button);
    }
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const isOurs = form.method === "post" && new URL(form.action).origin === location.origin;
    if (isPlain || !isOurs || !form.requestSubmit || !("submitter" in event)) return;
    event.preventDefault();
    if (!hasLeft) send(form, event.submitter);
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    if (link.matches("[data-leave]")) {
      event.preventDefault();
      leave();
    } else if (link.matches(".error-summary a")) {
      // Following "#" would add an entry to the list.
      event.preventDefault();
      const target = document.getElementById(link.hash.slice(1));
      if (!target) return;
      target.scrollIntoView();
      (target.querySelector("input, textarea") || target).focus();
    } else if (link.matches("[hreflang]")) {
      event.preventDefault();
      location.replace(link.href);
    }
  });

  // A count beside a text that has an end.

  let pause;
  const count = (area) => {
    const limit = Number(area.dataset.limit);
    const room = limit - [...area.value].length;
    const text = words(room < 0 ? "over" : "room").replace(
      "#", Math.abs(room).toLocaleString(root.lang),
    );
    document.getElementById(`${area.id}-count`).textContent = text;
    clearTimeout(pause);
    if (area === document.activeElement && room < limit / 10) {
      pause = setTimeout(() => say(text, true), 1000);
    }
  };

  document.addEventListener("input", (event) => {
    if (event.target.dataset.limit) count(event.target);
  });

  // Work that speaks for a person who is fast.

  const work = async (form) => {
    const { mark, bits } = form.dataset;
    const field = () => find(`[data-mark="${CSS.escape(mark)}"] [name=w]`);
    if (toil.mark === mark) {
      if (toil.number) field().value = toil.number;
      return;
    }
    const mine = toil = { mark };
    const encoder = new TextEncoder();
    for (let number = 0; toil === mine; number += 1) {
      const bytes = encoder.encode(`${mark}:${number}`);
      const digest = new DataView(await crypto.subtle.digest("SHA-256", bytes));
      if (digest.getUint32(0) >>> (32 - bits) === 0) {
        mine.number = String(number);
        if (field()) field().value = mine.number;
        return;
      }
      if (number % 64 === 63) await new Promise((then) => { setTimeout(then); });
    }
  };

  // Some telephones lay the keyboard over the way out.

  const lift = () => {
    const bar = find(".leave");
    if (!bar) return;
    const covered = innerHeight - visualViewport.height - visualViewport.offsetTop;
    const isCovered = visualViewport.scale < 1.05 && covered > 60;
    bar.style.insetBlockEnd = isCovered ? `${covered}px` : "";
  };

  const arrive = () => {
    for (const part of document.querySelectorAll("[data-script]")) part.hidden = false;
    for (const area of document.querySelectorAll("textarea[data-limit]")) {
      if (document.getElementById(`${area.id}-count`)) continue;
      const note = document.createElement("p");
      note.className = "count";
      note.id = `${area.id}-count`;
      area.after(note);
      const known = area.getAttribute("aria-describedby");
      area.setAttribute("aria-describedby", known ? `${known} ${note.id}` : note.id);
      count(area);
    }
    const form = find("[data-mark]");
    if (form && form.querySelector("[name=w]") && window.crypto && crypto.subtle) work(form);
    else toil = {};
    if (window.visualViewport) lift();
  };

  if (window.visualViewport) {
    visualViewport.addEventListener("resize", lift);
    visualViewport.addEventListener("scroll", lift);
  }
  arrive();
}
