// The ticks that the page keeps, so that it can look back; the older half is thinned when there are too many.

const MOST_TICKS = 1800;

function makeMemory() {
  let ticks = [];

  function thin() {
    if (ticks.length <= MOST_TICKS) return;
    const middle = Math.floor(ticks.length / 2);
    ticks = ticks.filter((_, place) => place > middle || place % 2 === 0);
  }

  return {
    get ticks() {
      return ticks;
    },
    /** Take in a tick; time that runs backwards is a new run. */
    add(tick) {
      if (tick.seconds < (ticks.at(-1)?.seconds ?? 0)) ticks = [];
      if (tick.seconds === ticks.at(-1)?.seconds) ticks.pop();
      ticks.push(tick);
      thin();
    },
    /** Take in the whole run as the kernel knows it, and what came after it. */
    fill(known) {
      const last = known.at(-1)?.seconds ?? -1;
      ticks = [...known, ...ticks.filter((tick) => tick.seconds > last)];
      thin();
    },
  };
}
