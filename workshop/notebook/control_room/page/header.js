// The head of the room: how the run stands, Start, Pause and Stop, and the moment that is looked at.

const RUN = {
  ready: ["○ Ready", "quiet"],
  sending: ["▶ Sending", "info"],
  paused: ["❚❚ Paused", "warn"],
  settling: ["◐ Settling", "info"],
  done: ["✓ Done", "ok"],
  stopped: ["■ Stopped", "warn"],
  failed: ["✗ Failed", "bad"],
};
const UNDER_WAY = new Set(["sending", "paused", "settling"]);

function makeHeader(act) {
  const pill = make("span", { class: "pill" });
  const text = make("span", { class: "ws-run-text" });
  const progress = make("progress", { max: 1, "aria-label": "Messages sent" });
  const count = make("span", { class: "figure soft" });
  const button = (name, does) => make("button", { type: "button", class: "ws-button", onclick: () => act.command({ do: does }) }, name);
  const start = button("▶ Start", "start");
  const pause = button("❚❚ Pause", "pause");
  const stop = button("■ Stop", "stop");
  const save = make("button", { type: "button", class: "ws-button quiet", onclick: () => act.command({ do: "export" }) }, "⤓ CSV");
  mark(save, "aria-label", "Export the run as CSV");
  mark(start, "class", "ws-button main");
  const buttons = make("div", { class: "ws-buttons", role: "group", "aria-label": "The run" }, start, pause, stop, save);
  const status = make("div", { class: "ws-run", role: "status" }, pill, text);
  const element = make(
    "header",
    { class: "ws-top" },
    make("h3", {}, "Control room"),
    status,
    make("span", { class: "grow" }),
    make("span", { class: "ws-progress" }, progress, count),
    buttons,
  );
  return {
    element,
    buttons: () => [start, pause, stop, save],
    show({ run }, isDead) {
      const [word, tone] = RUN[run.state] ?? [run.state, ""];
      tell(pill, word);
      mark(pill, "class", `pill ${tone}`);
      tell(text, run.text ?? "");
      progress.value = run.total ? (run.sent ?? 0) / run.total : 0;
      tell(count, run.total ? `${whole(run.sent)} of ${whole(run.total)} sent` : "");
      const restart = run.state === "done" || run.state === "stopped" || run.state === "failed";
      tell(start, run.state === "paused" ? "▶ Go on" : restart ? "▶ Start again" : "▶ Start");
      // A disabled button loses the focus; one that would do nothing now says so instead.
      ease(start, isDead || run.state === "sending" || run.state === "settling");
      ease(pause, isDead || run.state !== "sending");
      ease(stop, isDead || !UNDER_WAY.has(run.state));
      ease(save, isDead);
    },
  };
}

function ease(button, isIdle) {
  mark(button, "aria-disabled", isIdle ? "true" : null);
}

/** The slider that scrolls back through the run. */
function makeScrubber(choose) {
  const range = make("input", { type: "range", min: 0, max: 1, step: 1, "aria-label": "Moment of the run" });
  const told = make("span", { class: "ws-moment figure" });
  const now = make("button", { type: "button", class: "ws-button quiet", onclick: () => choose(null) }, "Latest");
  const element = make("div", { class: "ws-scrub" }, make("span", { class: "soft" }, "Look back"), range, told, now);
  range.addEventListener("input", () => choose(Number(range.value) >= Number(range.max) ? null : Number(range.value)));
  return {
    element,
    show(ticks, at) {
      element.hidden = ticks.length < 2;
      const place = at ?? ticks.length - 1;
      if (range.max !== String(ticks.length - 1)) range.max = String(ticks.length - 1);
      if (range.value !== String(place)) range.value = String(place);
      const moment = `${seconds(ticks[place]?.seconds)} of ${seconds(ticks.at(-1)?.seconds)}`;
      tell(told, at == null ? `${seconds(ticks.at(-1)?.seconds)}, latest` : moment);
      mark(range, "aria-valuetext", told.textContent);
      mark(element, "class", at == null ? "ws-scrub" : "ws-scrub back");
      now.hidden = at == null;
    },
  };
}
