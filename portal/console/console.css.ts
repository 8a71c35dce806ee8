import { oneLine } from '../one-line.ts'
import { tokensCss } from '../tokens.css.ts'

/** The console: dense, calm, tabular figures; the voucher sheet prints three to a row on A4. */
export const consoleCss = oneLine`
${tokensCss}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
svg{fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.top{display:flex;flex-wrap:wrap;align-items:center;padding:6px 24px;background:var(--card);border-bottom:1px solid var(--hair)}
.top b{margin-right:auto;font-size:1rem}
.top form{margin-left:16px}
.door{width:24px;height:24px;margin-right:8px;color:var(--accent)}
.leaf{fill:var(--tint)}
main{max-width:1360px;margin:0 auto;padding:20px 24px 40px}
h1{font-size:1.375rem;margin:0 0 16px}
h2{display:flex;align-items:baseline;font-size:.9375rem;margin:0;padding:12px 16px;border-bottom:1px solid var(--hair)}
h2 small{margin-left:8px;font-weight:400;color:var(--muted)}
.panel{background:var(--card);border:1px solid var(--hair);border-radius:12px;margin:0 0 16px;overflow:hidden}
.muted{color:var(--muted)}
.counts{display:flex;flex-wrap:wrap;margin:0 -6px 10px;padding:0;list-style:none}
.counts li{flex:1 1 150px;margin:0 6px 12px;padding:12px 16px;background:var(--card);border:1px solid var(--hair);border-radius:12px}
.counts b{display:block;font-size:1.625rem;line-height:1.25;font-weight:650;letter-spacing:-.01em}
.counts .alarm{background:var(--error-tint);border-color:var(--error);color:var(--error)}
.counts .alarm .muted{color:inherit}
.cols{display:grid;grid-template-columns:minmax(0,1.2fr) minmax(0,1fr);grid-gap:0 16px;align-items:start}
.scroll{overflow-x:auto}
table{width:100%;border-collapse:collapse}
th,td{padding:7px 8px;text-align:left;vertical-align:baseline;white-space:nowrap}
th:first-child,td:first-child{padding-left:16px}
th:last-child,td:last-child{padding-right:16px}
th{font-weight:500;font-size:.8125rem;color:var(--muted)}
tbody td{border-top:1px solid var(--hair)}
tbody tr:hover{background:var(--ground)}
.n{text-align:right}
.wrap{white-space:normal;overflow-wrap:anywhere;min-width:14rem}
.code{font-family:ui-monospace,Menlo,"DejaVu Sans Mono",monospace;font-size:.8125rem}
.zero{color:var(--muted)}
.pill{display:inline-block;padding:0 8px;border-radius:99px;font-size:.8125rem;line-height:1.6;background:var(--ground);color:var(--muted)}
.pill.good{background:var(--tint);color:var(--accent)}
.pill.bad{background:var(--error-tint);color:var(--error)}
.pill.wait{background:var(--warn-tint);color:var(--warn)}
.empty{margin:0;padding:16px;color:var(--muted)}
label{display:block;font-weight:600;margin:0 0 4px}
input,select{width:100%;min-height:44px;padding:8px 12px;font:inherit;font-size:1rem;color:inherit;background:var(--card);border:1.5px solid var(--edge);border-radius:8px}
button,.btn{display:inline-block;min-height:44px;padding:10px 18px;font:inherit;font-weight:600;color:var(--on-accent);background:var(--accent);border:1.5px solid var(--accent);border-radius:8px;text-decoration:none;cursor:pointer}
.quiet{background:transparent;color:var(--accent);border-color:var(--edge)}
td button{min-height:44px;padding:4px 14px;margin:-4px 0}
.sell{display:flex;flex-wrap:wrap;align-items:flex-end;padding:16px 16px 4px}
.sell div{flex:3 1 180px;margin:0 12px 12px 0}
.sell .few{flex:1 1 84px}
.sell button{margin-bottom:12px}
.days{padding-top:0}
.days label{display:flex;align-items:center;min-height:44px;margin:0 16px 12px 0}
.days input{width:24px;min-height:24px;margin-right:8px}
.days button{margin-left:auto}
.note{margin:0 0 16px;padding:12px 16px;border-left:4px solid var(--accent);border-radius:8px;background:var(--tint)}
.note.bad{border-color:var(--error);background:var(--error-tint);color:var(--error)}
.door-step{max-width:22rem;margin:10vh auto 0}
.door-step .panel{padding:24px}
.door-step .door{width:40px;height:40px;margin:0 0 12px}
.door-step p{margin:0 0 20px}
.door-step input{margin-bottom:16px}
.door-step button{width:100%;min-height:48px}
.bar{display:flex;flex-wrap:wrap;align-items:center;margin:0 0 16px}
.bar h1{margin:0 auto 0 0}
.bar .btn{margin-left:12px}
.sheet{display:grid;grid-template-columns:repeat(auto-fill,minmax(190px,1fr));margin:0;padding:0;list-style:none;background:#fff;color:#111;border:1px dashed #777;border-width:1px 0 0 1px}
.sheet li{min-height:35mm;padding:4mm;border:1px dashed #777;border-width:0 1px 1px 0;font-size:11px;line-height:1.35;break-inside:avoid;overflow-wrap:anywhere}
.sheet .head{display:flex;justify-content:space-between;font-weight:600}
.sheet .code{display:block;margin:2mm 0;font-size:18px;font-weight:700;letter-spacing:.02em;white-space:nowrap}
.sheet p{margin:0}
@media(max-width:900px){.cols{display:block}main{padding:16px}.top{padding:6px 16px}}
@media print{@page{size:A4;margin:8mm}.top,.bar,.note{display:none}body{background:#fff}main{padding:0;max-width:none}.sheet{grid-template-columns:repeat(3,1fr)}}
`
