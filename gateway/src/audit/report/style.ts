/** Style of the HTML report: for a screen, and for A4. */
export const reportStyle = `:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #1b1f24; font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 64rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1, h2, h3 { line-height: 1.25; text-wrap: balance; }
h1 { margin: 0 0 1rem; font-size: 1.9rem; }
h2 { margin: 2.75rem 0 0.75rem; padding-top: 1rem; border-top: 2px solid #1b1f24; font-size: 1.35rem; }
h3 { margin: 1.75rem 0 0.5rem; font-size: 1.05rem; }
p, ul { max-width: 46rem; margin: 0 0 0.75rem; }
ul { padding-left: 1.25rem; }
p, li { overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { width: 100%; margin: 0 0 1.25rem; border-collapse: collapse; font-size: 0.875rem; }
table.wide { font-size: 0.8rem; }
table.narrow { width: auto; min-width: min(100%, 26rem); }
caption { padding: 0.25rem 0; color: #57606a; font-size: 0.8rem; text-align: left; }
th, td { padding: 0.35rem 0.75rem 0.35rem 0; border-bottom: 1px solid #d0d7de; text-align: left; vertical-align: top; }
th { border-bottom-color: #57606a; font-weight: 600; }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
pre { margin: 0 0 1.25rem; padding: 0.75rem 1rem; border: 1px solid #d0d7de; border-radius: 4px; background: #f6f8fa; font: 0.8rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.added { color: #0a5127; }
.removed { color: #8c1a1f; }
@page { size: A4; margin: 16mm 14mm; }
@media print {
  body { font-size: 9.5pt; }
  main { max-width: none; padding: 0; }
  h2 { margin-top: 1.5rem; }
  h1, h2, h3, caption { break-after: avoid; }
  .scroll { overflow: visible; }
  thead { display: table-header-group; }
  tr, pre, li { break-inside: avoid; }
  table { font-size: 8.5pt; }
  table.wide { font-size: 7pt; }
  pre { font-size: 7.5pt; }
}
`;
