// The control room in an empty page, whose kernel is played here: `open` draws it, `run` lets seconds pass.
const HISTORY = 700;

window.room = {
  async open([code, style, packed, run]) {
    const plotly = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const { default: widget } = await import(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
    const hearers = {};
    const tell = (name, ...told) => (hearers[name] ?? []).forEach((hear) => hear(...told));
    const second = (seconds) => ({ ...run[seconds % run.length], seconds });
    const answers = {
      plotly: () => tell('msg:custom', { kind: 'plotly' }, [plotly]),
      // More than the charts have points: from then on they grow no more.
      history: () => tell('msg:custom', { kind: 'ticks', ticks: Array.from({ length: HISTORY }, (_, each) => second(each)) }),
    };
    let snapshot = second(HISTORY);
    const model = {
      get: (name) => (name === 'snapshot' ? snapshot : {}),
      on: (name, hear) => (hearers[name] ??= []).push(hear),
      off: () => {},
      send: (message) => setTimeout(() => answers[message.do]?.()),
    };
    document.head.append(Object.assign(document.createElement('style'), { textContent: style }));
    widget.render({ model, el: document.body });
    this.next = async () => {
      snapshot = second(snapshot.seconds + 1);
      tell('change:snapshot');
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    };
    this.length = run.length;
  },

  // Returns how many updates were drawn.
  async run(rounds) {
    for (let each = 0; each < rounds * this.length; each += 1) await this.next();
    return rounds * this.length;
  },
};
