// Counts a cooling-off down; without it the page shows the moment at which it ends.
"use strict";

const MINUTE = 60 * 1000;

function remaining(until) {
  const minutes = Math.max(0, Math.ceil((until - Date.now()) / MINUTE));
  const days = Math.floor(minutes / 1440);
  const clock = [Math.floor((minutes % 1440) / 60), minutes % 60]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
  return days ? `${days} × 24 h + ${clock}` : clock;
}

function show() {
  for (const place of document.querySelectorAll("[data-until]")) {
    place.textContent = remaining(Date.parse(place.dataset.until));
  }
}

show();
setInterval(show, MINUTE / 4);
