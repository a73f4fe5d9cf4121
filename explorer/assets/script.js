// What the pages do on top of what they are without it: they follow the chain, and search while
// somebody types. Everything shown comes from the pages themselves.
"use strict";

(() => {
  const live = document.querySelector("[data-live]");
  const announcement = document.getElementById("live");

  // What the reader did in the live part, carried over into what replaces it: what they opened, what
  // they typed, where they are.
  const carryOver = (fresh) => {
    const found = (root, selector, name) => {
      const known = new Map();
      for (const element of root.querySelectorAll(selector)) {
        const key = name(element);
        known.set(key, [...(known.get(key) || []), element]);
      }
      return known;
    };
    const each = (selector, name, work) => {
      const now = found(fresh, selector, name);
      for (const [key, elements] of found(live, selector, name)) {
        elements.forEach((old, index) => now.get(key)?.[index] && work(old, now.get(key)[index]));
      }
    };
    each("details", (details) => details.querySelector("summary")?.textContent, (old, now) => {
      now.open = old.open;
    });
    each("input, select, textarea", (control) => control.id || control.name, (old, now) => {
      if (old.type === "checkbox") now.checked = old.checked;
      else if (old.value !== old.defaultValue) now.value = old.value;
    });
    const focused = document.activeElement;
    if (!live.contains(focused)) return () => {};
    const name = (element) => `${element.tagName} ${element.id || element.getAttribute("href") || element.textContent}`;
    let place = null;
    each("a, button, input, select, summary, [tabindex]", name, (old, now) => {
      if (old === focused) place = now;
    });
    const typing = focused.selectionStart == null ? null : [focused.selectionStart, focused.selectionEnd];
    return () => {
      if (!place) return;
      place.focus({ preventScroll: true });
      if (typing && place.setSelectionRange) place.setSelectionRange(...typing);
    };
  };

  // Follows the chain from the page's height on: at each block, its live part is fetched anew.
  // Only a page that is looked at listens, since a browser opens few connections to one host.
  if (live && window.EventSource && !new URLSearchParams(location.search).get("at")) {
    let tag = null;
    let waiting = false;
    let missed = false;
    let events = null;

    const refresh = async () => {
      if (waiting || document.hidden) {
        missed = true;
        return;
      }
      waiting = true;
      missed = false;
      try {
        const answer = await fetch(location.href, tag ? { headers: { "If-None-Match": tag } } : {});
        if (answer.status === 200) {
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          for (const id of ["standing", "as-of"]) {
            const [told, tells] = [document, page].map((of) => of.getElementById(id));
            if (told && tells && told.textContent !== tells.textContent) told.replaceChildren(...tells.childNodes);
          }
          const fresh = page.querySelector("[data-live]");
          if (fresh) {
            const focus = carryOver(fresh);
            live.replaceChildren(...fresh.childNodes);
            focus();
            tag = answer.headers.get("etag");
          }
        }
      } catch {
        missed = true;
      }
      setTimeout(() => {
        waiting = false;
        if (missed) refresh();
      }, 1500);
    };

    let shown = Number(live.dataset.live);
    const listen = () => {
      if (events) return;
      events = new EventSource(`/api/v1/events?actions=false${shown ? `&from=${shown + 1}` : ""}`);
      events.addEventListener("block", (event) => {
        const height = JSON.parse(event.data).height;
        if (announcement) announcement.textContent = `${announcement.dataset.new} #${height}`;
        document.documentElement.dataset.height = height;
        shown = height;
        refresh();
      });
    };
    const stop = () => {
      if (events) events.close();
      events = null;
    };
    const look = () => {
      if (document.hidden) return stop();
      shown = 0;
      listen();
      refresh();
    };
    if (!document.hidden) listen();
    // A chain that stands still sends nothing: whether it does is asked for now and then.
    setInterval(refresh, 60_000);
    document.addEventListener("visibilitychange", look);
    window.addEventListener("pagehide", stop);
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) look();
    });
  }

  // A picture wider than the screen begins with what it is about.
  for (const centre of document.querySelectorAll(".picture .centre")) {
    const box = centre.closest(".scroll");
    // Where a link of the picture led back to it, that link is what is looked at.
    if (!box || box.querySelector(":target")) continue;
    const place = centre.getBoundingClientRect();
    const seen = box.getBoundingClientRect();
    box.scrollLeft += place.left + place.width / 2 - seen.left - seen.width / 2;
  }

  const later = (work, after) => {
    let timer = 0;
    return () => {
      clearTimeout(timer);
      timer = setTimeout(work, after);
    };
  };

  // Searches while somebody types: on the search page its answers are replaced, elsewhere a short
  // list opens below the field.
  for (const form of document.querySelectorAll("form[role=search][action='/search']")) {
    const field = form.querySelector("input[name=q]");
    const answers = form.dataset.liveSearch && document.getElementById(form.dataset.liveSearch);
    let turn = 0;

    const ask = async (path) => {
      const mine = ++turn;
      const query = new URLSearchParams(new FormData(form));
      const answer = await fetch(`${path}?${query}`);
      if (mine !== turn || !answer.ok) return null;
      return { query, text: await answer.text() };
    };

    if (answers) {
      field.addEventListener("input", later(async () => {
        const found = await ask("/search");
        if (!found) return;
        const page = new DOMParser().parseFromString(found.text, "text/html");
        const fresh = page.getElementById(form.dataset.liveSearch);
        if (fresh) answers.replaceChildren(...fresh.childNodes);
        document.title = page.title;
        // What leads on from the page leads on from what is asked now.
        for (const selector of [".switch", "link[rel=alternate]"]) {
          const [old, now] = [document, page].map((of) => of.querySelector(selector));
          if (old && now) old.setAttribute("href", now.getAttribute("href"));
        }
        for (const selector of ["#as-of", "footer p:last-of-type"]) {
          const [old, now] = [document, page].map((of) => of.querySelector(selector));
          if (old && now) old.replaceChildren(...now.childNodes);
        }
        if (announcement) announcement.textContent = answers.querySelector("[data-told]")?.dataset.told || "";
        history.replaceState(null, "", `/search?${found.query}`);
      }, 120));
      continue;
    }

    const list = document.createElement("div");
    list.className = "suggestions";
    list.hidden = true;
    form.append(list);
    const close = () => {
      turn++;
      list.hidden = true;
    };
    field.addEventListener("input", later(async () => {
      if (!field.value.trim()) return close();
      const found = await ask("/search/suggest");
      if (!found) return;
      const piece = new DOMParser().parseFromString(found.text, "text/html");
      list.replaceChildren(...piece.body.childNodes);
      list.hidden = false;
    }, 120));
    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        close();
        field.focus();
      }
      if (list.hidden || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
      const stops = [field, ...list.querySelectorAll("a")];
      const at = stops.indexOf(document.activeElement);
      const next = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
      if (next) next.focus();
      event.preventDefault();
    });
    form.addEventListener("focusout", (event) => {
      if (!form.contains(event.relatedTarget)) close();
    });
  }
})();
