/** The report's one stylesheet: the citizen page's colours, both schemes, print. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --sheet: #ffffff; --ground: #f4f7f5; --ink: #13201b; --soft: #52635b; --line: #cbd5cf;
  --band: #d3e6dc; --band2: #a9cfbd;
  --model0: #0b5a4a; --model1: #6f2a5b; --model2: #a87620; --model3: #2f6f9f; --model4: #a3371a;
  --model5: #5b6b1f; --model6: #7b8b83; --model7: #3d3d8f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --sheet: #17221d; --ground: #0d1512; --ink: #e9f1ec; --soft: #a3b5ab; --line: #33433b;
    --band: #223c33; --band2: #34604f;
    --model0: #7fd0b6; --model1: #dfa3cf; --model2: #e8b552; --model3: #8fc4ea; --model4: #ff9d7d;
    --model5: #c3d06b; --model6: #9fb0a7; --model7: #b3b3ff;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 8px; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 0 0 4px; }
h3 { font-size: 1rem; margin: 0 0 2px; overflow-wrap: anywhere; }
p { margin: 0 0 12px; max-width: 70ch; }
.lead { font-size: 1.15rem; max-width: 62ch; }
small { font-weight: 400; }
.soft, small { color: var(--soft); font-size: 0.9rem; }
section { background: var(--sheet); border: 1px solid var(--line); border-radius: 12px; padding: 20px; margin-top: 20px; }
.pair { display: grid; gap: 20px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); }
.pair > section { margin-top: 0; }
.pair { margin-top: 20px; }
.cases { display: grid; gap: 24px; grid-template-columns: minmax(0, 1fr); }
.cases.days { grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); }
figure { margin: 8px 0 0; overflow-x: auto; }
figure svg { display: block; width: 100%; min-width: 440px; height: auto; }
figure.square svg { max-width: 480px; min-width: 340px; }
.cases figure svg { min-width: 760px; }
.days figure svg { min-width: 380px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 0.95rem; }
th, td { text-align: right; padding: 6px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; color: var(--soft); font-size: 0.85rem; vertical-align: bottom; }
th:first-child, td:first-child, .words td, .words th { text-align: left; }
.words td:last-child { white-space: normal; min-width: 18em; }
tr.first td { font-weight: 600; }
.best { color: var(--model0); font-weight: 700; }
.key { display: flex; flex-wrap: wrap; gap: 4px 20px; padding: 0; margin: 4px 0 16px; list-style: none; font-size: 0.9rem; color: var(--soft); }
.key i { display: inline-block; width: 22px; height: 10px; margin-right: 6px; border-radius: 2px; vertical-align: baseline; }
.key .truth { background: var(--ink); height: 3px; vertical-align: middle; }
.key .point { background: var(--model0); height: 3px; vertical-align: middle; }
.key .fifty { background: var(--band2); }
.key .eighty { background: var(--band); }
.dot { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin-right: 8px; }
summary { cursor: pointer; font-weight: 600; }
details[open] > summary { margin-bottom: 10px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 0; font-size: 0.9rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }
@media (max-width: 560px) {
  main { padding: 20px 12px 48px; }
  section { padding: 14px; border-radius: 8px; }
  dl { grid-template-columns: 1fr; }
}
@media print { body { background: #fff; } section { break-inside: avoid; } }
`
