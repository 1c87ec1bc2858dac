// What the tests ask of a notebook's page; `panel` selects the notebook.
window.look = {
  // How many faces the output of each code cell has shown so far, its text with all its shapes; only of cells
  // whose code matches `live`, since to read large charts again and again takes most of a browser's time.
  faces: ([panel, live]) =>
    [...document.querySelectorAll(`${panel} .jp-CodeCell`)].map((cell) => {
      const output = cell.querySelector('.jp-OutputArea');
      const code = cell.querySelector('.jp-InputArea-editor')?.textContent ?? '';
      if (!output || (code && !new RegExp(live).test(code))) return 0;
      const shapes = [...output.querySelectorAll('path')].map((path) => path.getAttribute('d'));
      const face = output.textContent + shapes.join();
      output.faces ??= new Set();
      if (face) output.faces.add(face);
      return output.faces.size;
    }),

  // The code cells, counted from 1, that were not run.
  leftOut: (panel) =>
    [...document.querySelectorAll(`${panel} .jp-CodeCell`)].flatMap((cell, index) => {
      const isEmpty = !cell.querySelector('.jp-InputArea-editor')?.textContent.trim();
      return cell.querySelector('.jp-InputPrompt')?.textContent === '[ ]:' && !isEmpty ? [index + 1] : [];
    }),

  // Everything that is wider than the place it has.
  tooWide: (panel) =>
    ['.jp-WindowedPanel-outer', '.cm-scroller', '.jp-OutputArea-output', '.jp-RenderedMarkdown', '.ws-scroll']
      .flatMap((place) => [...document.querySelectorAll(`${panel} ${place}`)])
      .filter((place) => place.scrollWidth > place.clientWidth + 1)
      .map((place) => {
        const [wide, room] = [place.scrollWidth, place.clientWidth];
        return `${wide} > ${room}: ${place.className}: ${place.textContent.trim().slice(0, 80)}`;
      }),

  // Charts that are drawn so low that nobody sees them.
  flat: (panel) =>
    [...document.querySelectorAll(`${panel} .js-plotly-plot`)]
      .filter((chart) => chart.clientHeight < 200)
      .map((chart) => `${chart.clientHeight} high: ${chart.textContent.slice(0, 80)}`),

  // How many Mermaid diagrams were drawn, how many could not be, and of how many the house's stylesheet does not know
  // in which theme they were drawn: it looks for the colour of Mermaid's boxes.
  diagrams: (panel) => {
    const all = [...document.querySelectorAll(`${panel} .jp-RenderedMermaid`)];
    const refused = all.filter((diagram) => diagram.classList.contains('jp-mod-warning')).length;
    const drawnIn = (theme) => all.filter((diagram) => diagram.querySelector(`img[src*="${theme}"]`)).length;
    const unknown = all.length - refused - drawnIn('ECECFF') - drawnIn('1f2020');
    return { drawn: all.length - refused, refused, unknown };
  },

  // Scrolls to `top`, and returns the notebook's height and the height of what is visible.
  scroll: (panel, top) => {
    const outer = document.querySelector(`${panel} .jp-WindowedPanel-outer`);
    outer.scrollTop = top;
    return [outer.querySelector('.jp-WindowedPanel-viewport').scrollHeight, outer.clientHeight];
  },
};
