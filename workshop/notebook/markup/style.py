"""The one stylesheet of everything the notebooks show.

It takes JupyterLab's own variables and falls back to colours of its own, so that VS Code and others show the
same. It is part of every output, because a notebook that is opened later has only its outputs. Each colour
has a word or a shape beside it, and 4.5:1 against the ground it stands on, in light and in dark. JupyterLab
draws a diagram once, in the theme of that moment. In the other one it is turned round: the colour of its
boxes, `ECECFF` in light and `1f2020` in dark, tells in which it was drawn. A halo keeps its lines in sight.
"""

__all__ = ["STYLESHEET"]

STYLESHEET = """
.ws{--ink:var(--jp-content-font-color1,#1f2328);--soft:#59636e;--line:var(--jp-border-color2,#d1d9e0);
--ground:var(--jp-layout-color1,#fff);--raised:#f6f8fa;--ok:#1a7f37;--ok-bg:#dafbe1;--bad:#b42318;--bad-bg:#ffebe9;
--warn:#8a5a00;--warn-bg:#fff4d6;--info:#0a58b9;--info-bg:#e3f0ff;--quiet-bg:#eef1f4;
color:var(--ink);font:13.5px/1.5 var(--jp-ui-font-family,system-ui,sans-serif);max-width:880px;margin:4px 0 6px}
[data-jp-theme-light=false] .ws,.vscode-dark .ws{--ink:var(--jp-content-font-color1,#e6edf3);--soft:#a3adb8;
--raised:#191a1d;--ok:#56d364;--ok-bg:#12351f;--bad:#ff938a;--bad-bg:#4a1a17;--warn:#e8b339;--warn-bg:#3b2d0b;
--info:#7ab7ff;--info-bg:#132f52;--quiet-bg:#2a3038}
.jp-RenderedText pre{word-break:normal;overflow-wrap:anywhere}
.jp-RenderedPlotly img{max-width:100%;height:auto}
.ws *{box-sizing:border-box}
.ws p{margin:4px 0}
.ws code,.ws .card pre{font-family:var(--jp-code-font-family,ui-monospace,monospace);font-size:12.5px}
.ws code{background:var(--quiet-bg);border-radius:4px;padding:1px 4px;overflow-wrap:anywhere;color:inherit}
.ws .card pre{white-space:pre-wrap;background:var(--raised);border:1px solid var(--line);border-radius:6px;padding:10px 12px;margin:6px 0;
overflow-x:auto;line-height:1.45;color:var(--ink);word-break:normal;overflow-wrap:anywhere}
.ws .soft{color:var(--soft)}
.ws .card{background:var(--ground);border:1px solid var(--line);border-radius:8px;padding:10px 14px;border-left-width:4px}
.ws .card.ok{border-left-color:var(--ok)}.ws .card.bad{border-left-color:var(--bad)}
.ws .card.warn{border-left-color:var(--warn)}.ws .card.info{border-left-color:var(--info)}
.ws .title{font-weight:600;font-size:15px;line-height:1.4}
.ws .plainly{font-weight:400;font-size:13.5px}
.ws .figure{white-space:nowrap;font-variant-numeric:tabular-nums}
.ws .row{display:flex;flex-wrap:wrap;gap:4px 12px;align-items:center}
.ws .title .row:not(.plainly){flex-wrap:nowrap;align-items:baseline}
.ws .grow{flex:1 1 auto;min-width:0}
.ws .prose{white-space:pre-line;overflow-wrap:anywhere}
.ws .pill{display:inline-flex;align-items:center;gap:5px;border-radius:999px;padding:1px 9px;font-size:12px;font-weight:600;
white-space:nowrap;background:var(--quiet-bg);color:var(--ink)}
.ws .pill.ok{background:var(--ok-bg);color:var(--ok)}.ws .pill.bad{background:var(--bad-bg);color:var(--bad)}
.ws .pill.warn{background:var(--warn-bg);color:var(--warn)}.ws .pill.info{background:var(--info-bg);color:var(--info)}
.ws .meter{height:6px;border-radius:3px;background:var(--quiet-bg);overflow:hidden;min-width:120px}
.ws .meter>span{display:block;height:100%;background:var(--ok)}
.ws .ws-scroll{container-type:inline-size;overflow-x:auto;border:1px solid var(--line);border-radius:8px;background:var(--ground);margin:4px 0}
.ws .ws-scroll:focus-visible,.ws summary:focus-visible{outline:2px solid var(--info);outline-offset:1px}
.ws .ws-scroll table{border-collapse:collapse;width:100%;margin:0;font-size:13px;table-layout:auto;border:0;color:var(--ink)}
.ws .ws-scroll caption{caption-side:top;text-align:left;padding:8px 8px 6px;font-weight:600;color:var(--ink);font-size:13.5px}
.ws caption .soft{font-weight:400}
.ws .ws-scroll thead th{color:var(--soft);font-weight:600;font-size:12px;text-align:left;background:var(--raised);
border:0;border-bottom:1px solid var(--line);padding:5px 8px;vertical-align:bottom}
.ws .ws-scroll tbody th,.ws .ws-scroll tbody td{text-align:left;font-weight:400;padding:4px 8px;vertical-align:top;border:0;
border-top:1px solid var(--line);background:transparent;max-width:none;overflow-wrap:anywhere;line-height:1.45}
.ws .ws-scroll tbody tr:first-child>*{border-top:0}
.ws .ws-scroll tbody tr,.ws .ws-scroll tbody tr:nth-child(even),.ws .ws-scroll tbody tr:hover{background:transparent}
.ws .ws-scroll .num{text-align:right;font-variant-numeric:tabular-nums}
.ws .ws-scroll tbody .num{white-space:nowrap;overflow-wrap:normal}
.ws .ws-scroll tbody .id{min-width:132px;font-family:var(--jp-code-font-family,ui-monospace,monospace);font-size:12px}
.ws .ws-scroll tbody .tight{white-space:nowrap;overflow-wrap:normal}
@container (min-width:700px){.ws .ws-scroll tbody .whole{overflow-wrap:normal}}
@container (max-width:640px){.ws .ws-scroll table{font-size:12px}.ws .ws-scroll table :is(th,td){padding-inline:5px}
.ws .ws-scroll tbody .id{min-width:76px;font-size:11.5px}.ws .ws-scroll :is(tbody .tight,.step,.word){white-space:normal}
.ws-grid table :is(th,td){padding-inline:2px!important}.ws-grid .word{font-size:10.5px!important;padding-inline:2px!important}}
.ws .ws-grid .word{display:block;text-align:center;border-radius:6px;padding:3px 5px;background:var(--quiet-bg);line-height:1.35;white-space:normal}
.ws .ws-grid .word.ok{background:var(--ok-bg)}.ws .ws-grid .word.bad{background:var(--bad-bg)}
.ws .ws-grid .word.info{background:var(--info-bg)}.ws .ws-grid table :is(th,td):not(:first-child){text-align:center;padding-inline:3px}
.ws .ws-grid tbody :is(th,td){vertical-align:middle}.ws .ws-grid :is(th,td):not(:first-child){width:8.5%}
.ws .diploma{padding:20px 24px 14px;border:4px double var(--info);border-radius:10px;background:var(--ground)}
.ws .diploma,.ws .diploma :is(p,dt,dd){text-align:center}
.ws .diploma .course{font:400 17px/1.4 Georgia,serif;letter-spacing:.03em;color:var(--info);margin-top:10px}
.ws .diploma .name{display:inline-block;font:400 30px/1.3 Georgia,serif;border-bottom:1px solid var(--line);padding:0 28px 2px;margin:8px 0 10px;
overflow-wrap:anywhere}
.ws .diploma dl{display:flex;flex-wrap:wrap;justify-content:center;gap:10px 36px;margin:16px 0}
.ws .diploma dl>div{display:flex;flex-direction:column-reverse}.ws .diploma :is(dt,dd){float:none;width:auto;margin:0;padding:0}
.ws .diploma dt{color:var(--soft);font-size:12.5px;font-weight:400}
.ws .diploma dd{font:400 26px/1.3 Georgia,serif;font-variant-numeric:tabular-nums}
:is(.ws-room,.fit) .ws-scroll{container-type:normal}
.ws .fit .ws-scroll{display:inline-block;max-width:100%}.ws .fit .ws-scroll table{width:auto;min-width:240px}
.ws tbody tr.added>*:first-child{box-shadow:inset 3px 0 var(--ok)}
.ws tbody tr.changed>*:first-child{box-shadow:inset 3px 0 var(--warn)}
.ws tbody tr.removed>*:first-child{box-shadow:inset 3px 0 var(--bad)}
.ws tbody tr.removed .value{text-decoration:line-through;color:var(--soft)}
.ws .pairs{display:inline-grid;grid-template-columns:max-content max-content;gap:0 12px}
.ws .pairs>:nth-child(even){text-align:right;font-variant-numeric:tabular-nums}
.ws .line{display:block;min-height:1.45em}
.ws .pair{white-space:nowrap;margin-right:8px;display:inline-block}
.ws .ws-scroll tr.top>*{font-weight:600}
.ws .ws-scroll tr.sum>*{font-weight:700;border-top:2px solid var(--soft)}
.ws .step{display:inline-block;white-space:nowrap}
.ws .step .was{display:block}
.ws .was{color:var(--soft);text-decoration:line-through}
.ws .now{font-weight:600;background:var(--warn-bg);border-radius:3px;padding:0 3px}
.ws .word{font-weight:600;white-space:nowrap;font-size:12px}
.ws .word.ok{color:var(--ok)}.ws .word.bad{color:var(--bad)}.ws .word.warn{color:var(--warn)}.ws .word.info{color:var(--info)}
.ws ol,.ws ul{margin:4px 0;padding-left:22px}
.ws li{margin:2px 0}
.ws ul.plain{list-style:none;padding-left:0}
.js-plotly-plot .main-svg[style*="rgba(0, 0, 0, 0)"] [class$=tick] text,
.js-plotly-plot .main-svg[style*="rgba(0, 0, 0, 0)"]~.main-svg :is([class^=legend][class$=text],[class^=g-] text){
fill:var(--jp-ui-font-color1,#7c7f85)!important}
.jp-RenderedMermaid img{--turn:brightness(1);--halo:drop-shadow(0 0 .5px #59636e);
filter:var(--turn) var(--halo) var(--halo) var(--halo)}
[data-jp-theme-light=false] .jp-RenderedMermaid img{--halo:drop-shadow(0 0 .5px #c3ccd6)}
[data-jp-theme-light=false] .jp-RenderedMermaid img[src*=ECECFF],
[data-jp-theme-light=true] .jp-RenderedMermaid img[src*="1f2020"]{--turn:invert(1) hue-rotate(180deg)}
.jp-OutputArea-child:has(+.jp-OutputArea-child .ws-option:not(.jupyter-widgets-disconnected)) .ws-options{display:none}
.jupyter-widgets.ws-option{text-align:left;white-space:normal;height:auto;min-height:32px;padding:5px 12px;line-height:1.4;
max-width:880px;border:1px solid var(--jp-border-color2,#d1d9e0);border-radius:6px}
.jp-OutputArea-output.jupyter-widgets{font-size:0}
.jp-OutputArea-output>.jupyter-widgets-disconnected::before,.jp-OutputArea-output>.jupyter-widgets-disconnected>*{display:none}
.jp-OutputArea-output.jupyter-widgets::before,.jp-OutputArea-output>.jupyter-widgets-disconnected::after{
content:"△ No kernel knows these controls any more: run this cell again.";color:var(--jp-ui-font-color1,#1f2328);
font:600 13px/1.5 var(--jp-ui-font-family,system-ui,sans-serif)}
.ws .letter{display:inline-block;min-width:20px;color:var(--info)}
.jupyter-widgets.jupyter-button:focus-visible{outline:2px solid var(--jp-brand-color1,#0a58b9)!important;outline-offset:1px}
.ws summary{cursor:pointer;border-radius:4px}
.ws svg text{font-family:var(--jp-ui-font-family,system-ui,sans-serif);fill:var(--ink)}
.ws svg .soft{fill:var(--soft)}
.ws .ws-picture{display:block;max-width:880px;height:auto}
.ws-picture text{text-anchor:middle}
.ws-picture .name{font-size:13.5px;font-weight:600}
.ws-picture .figure{font-size:15px;font-weight:600;font-variant-numeric:tabular-nums}
.ws-picture .note{font-size:11.5px}
.ws-picture .lag,.ws-picture .state{font-size:11.5px;font-variant-numeric:tabular-nums}
.ws-picture .lag{fill:var(--soft)}.ws-picture .lag.busy{fill:var(--info);font-weight:600}
.ws-picture .state.ok{fill:var(--ok)}.ws-picture .state.warn{fill:var(--warn)}
.ws-picture .box{stroke:var(--line);stroke-width:1.2;fill:var(--raised)}
.ws-picture .box.function{fill:var(--info-bg);stroke:var(--info)}
.ws-picture .box.outside{fill:none;stroke-dasharray:4 4}
.ws-picture .way{fill:none;stroke:var(--soft);stroke-width:1.4}
.ws-picture .way.mapping{stroke:var(--info);stroke-width:2.2}
.ws-picture .way.open{stroke:var(--soft);stroke-dasharray:3 5;stroke-width:1.4}
.ws-picture .way.busy{stroke-dasharray:7 5;animation:ws-run .7s linear infinite}
.ws-picture .head{fill:var(--soft)}
@keyframes ws-run{to{stroke-dashoffset:-12}}
@media (prefers-reduced-motion:reduce){.ws-picture .way.busy{animation:none}}
""".strip()  # noqa: E501 - a rule stands on as few lines as it can
