// SPDX-License-Identifier: Apache-2.0
// Puts how long it is until then behind each instant that is waited for, in days, hours, minutes and seconds, by
// the browser's clock; the page says what days are called. Who has a page read aloud hears the instant alone, and
// not each second.
(function () {
  "use strict";

  function two(number) {
    return String(number).padStart(2, "0");
  }

  function left(until, daysAreCalled) {
    var seconds = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    var days = Math.floor(seconds / 86400);
    var clock = [Math.floor(seconds / 3600) % 24, two(Math.floor(seconds / 60) % 60), two(seconds % 60)].join(":");
    return days ? days + " " + daysAreCalled + " " + clock : clock;
  }

  function counter(time) {
    var next = time.nextElementSibling;
    if (next === null || !next.hasAttribute("data-spot-left")) {
      next = document.createElement("strong");
      next.setAttribute("data-spot-left", "");
      next.setAttribute("aria-hidden", "true");
      next.className = "text-nowrap";
      time.insertAdjacentElement("afterend", next);
    }
    return next;
  }

  function draw() {
    document.querySelectorAll("time[data-spot-awaited]").forEach(function (time) {
      counter(time).textContent = " " + left(Date.parse(time.dateTime), time.getAttribute("data-spot-awaited"));
    });
  }

  draw();
  window.setInterval(draw, 1000);
})();
