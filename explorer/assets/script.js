// What the pages do on top of what they are without it: they follow the chain, and search while
// somebody types. Everything shown comes from the pages themselves.
"use strict";

(() => {
  const live = document.querySelector("[data-live]");
  const announcement = document.getElementById("live");

  // Follows the chain: at each new block, the live part is replaced by what the same page says now.
  if (live && window.EventSource && !new URLSearchParams(location.search).get("at")) {
    let tag = null;
    let waiting = false;
    let missed = false;

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
          tag = answer.headers.get("etag");
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          const fresh = page.querySelector("[data-live]");
          if (fresh && !live.contains(document.activeElement)) {
            live.replaceChildren(...fresh.childNodes);
          } else if (fresh) {
            missed = true;
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

    const events = new EventSource("/api/v1/events?actions=false");
    events.addEventListener("block", (event) => {
      const height = JSON.parse(event.data).height;
      if (announcement) announcement.textContent = `${announcement.dataset.new} #${height}`;
      document.documentElement.dataset.height = height;
      refresh();
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && missed) refresh();
    });
    window.addEventListener("pagehide", () => events.close());
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
