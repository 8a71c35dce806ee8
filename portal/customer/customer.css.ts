import { oneLine } from '../one-line.ts'
import { tokensCss } from '../tokens.css.ts'

/**
 * Everything a customer page wears. Flex with margins instead of gaps and no :has, for old WebViews;
 * a page must still read well where custom properties are unknown. 17em are less than any phone has, unless its owner reads
 * text of twice the size.
 */
export const customerCss = oneLine`
${tokensCss}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,Roboto,"Noto Sans",sans-serif}
.w{max-width:26rem;min-height:100vh;margin:0 auto;padding:8px 16px 16px;display:flex;flex-direction:column}
header,.row{display:flex;align-items:center;justify-content:space-between}
header{min-height:48px}
header b{flex:1;min-width:0;overflow-wrap:anywhere}
main{flex:1}
svg{fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
.door{flex:none;width:28px;height:28px;margin-right:8px;color:var(--accent)}
.logo{flex:none;height:32px;max-width:96px;margin-right:8px}
.leaf{fill:var(--tint)}
h1{font-size:1.625rem;line-height:1.2;overflow-wrap:break-word;letter-spacing:-.015em;margin:20px 0 8px}
h2{font-size:1rem;margin:24px 0 8px}
p{margin:0 0 12px}
.muted,.hint,footer{color:var(--muted)}
.hint{font-size:.9375rem;margin:6px 0 0}
.nb,.code{white-space:nowrap}
.gap{margin-bottom:20px}
a{color:var(--accent);text-underline-offset:3px}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.lang,.more,footer a{display:inline-flex;align-items:center;min-height:48px;padding:0 8px;margin-right:-8px}
footer a,.more{margin:0}
label{display:block;font-weight:600;margin:16px 0 6px}
input{width:100%;min-height:56px;padding:8px 14px;font:inherit;font-size:1.375rem;color:inherit;background:var(--card);border:1.5px solid var(--edge);border-radius:12px}
input[aria-invalid]{border:2px solid var(--error)}
.code{font-family:ui-monospace,Menlo,"Roboto Mono","DejaVu Sans Mono",monospace;letter-spacing:.04em}
input.code{text-transform:uppercase}
button,.btn{display:block;width:100%;min-height:56px;padding:15px 16px;border:1.5px solid var(--accent);border-radius:14px;background:var(--accent);color:var(--on-accent);font:inherit;font-weight:600;font-size:1.0625rem;line-height:1.35;text-align:center;text-decoration:none;cursor:pointer;margin:0 0 12px;-webkit-tap-highlight-color:transparent}
form+.btn,.box+.btn,p+.btn{margin-top:20px}
.btn.quiet{background:transparent;color:var(--accent);border-color:var(--edge)}
button:active,.btn:active{transform:scale(.985)}
.pk{display:flex;align-items:center;justify-content:space-between;min-height:76px;padding:12px 12px 12px 16px;background:var(--card);color:var(--ink);border-color:var(--edge);font-weight:400;text-align:left}
.pk:hover,.pk:active{border-color:var(--accent)}
.pk b{display:block;font-size:1.1875rem;overflow-wrap:anywhere}
.pk small{display:block;font-size:.9375rem;color:var(--muted)}
.pk>span:first-child{flex:1 1 50%;min-width:0}
.pk>.nb{margin-left:12px}
.pk i{margin-left:12px;padding:9px 12px;border-radius:9px;background:var(--accent);color:var(--on-accent);font-style:normal;font-weight:600;text-align:center}
.err{margin:16px 0;padding:12px 16px;border-left:4px solid var(--error);border-radius:8px;background:var(--error-tint);color:var(--error);font-weight:500}
.warn{margin:16px 0;padding:12px 16px;border-left:4px solid var(--warn);border-radius:8px;background:var(--warn-tint);color:var(--warn);font-weight:500;text-align:left}
.list{margin:0;padding:0;list-style:none}
.list .pk{border:1.5px solid var(--hair);border-radius:14px;margin:0 0 12px}
footer{padding-top:16px;text-align:center}
@media(max-width:17em){.pk{flex-wrap:wrap}.pk>span:first-child{flex-basis:100%}.pk i,.pk>.nb{max-width:100%;margin:8px 0 0}.pk i{padding:9px 6px;overflow-wrap:anywhere}.err{overflow-wrap:anywhere}p.code{white-space:normal;overflow-wrap:anywhere}}
[hidden]{display:none!important}
`

/** What only pages with an emblem, a box or a square wear: the first page, which most see and many leave, goes without. */
export const stageCss = oneLine`
.stage{text-align:center;padding-top:4vh}
.stage form,.stage .act{margin-top:28px}
.em{position:relative;width:96px;height:96px;margin:28px auto 32px;border-radius:50%;background:var(--tint);color:var(--accent)}
.em.bad{background:var(--error-tint);color:var(--error)}
.em svg{position:absolute;left:26px;top:26px;width:44px;height:44px}
.busy:before,.busy:after{content:"";position:absolute;left:0;top:0;right:0;bottom:0;border-radius:50%;border:2px solid var(--accent);opacity:0;animation:ring 2.4s ease-out infinite}
.busy:after{animation-delay:1.2s}
@keyframes ring{0%{transform:scale(1);opacity:.55}100%{transform:scale(1.65);opacity:0}}
.box{background:var(--card);border:1px solid var(--hair);border-radius:16px;padding:16px;margin:20px 0}
.box .muted{display:block}
.box>.code{display:block;font-size:1.75rem;font-weight:700;line-height:1.3;white-space:normal;overflow-wrap:anywhere}
.box>.code+.muted{margin-top:12px}
.box .hint{text-align:left;padding-top:10px;margin-top:10px;border-top:1px solid var(--hair)}
dl{margin:0;text-align:left}
dl .row{padding:8px 0;align-items:baseline}
dl .row+.row{border-top:1px solid var(--hair)}
dt{color:var(--muted);margin-right:16px}
dd{margin:0;font-weight:600;text-align:right;overflow-wrap:anywhere}
.ios{display:none}
@supports(-webkit-touch-callout:none){.ios{display:block}}
.qr{display:block;width:232px;max-width:100%;margin:20px auto;fill:#000;stroke:none;background:#fff;border-radius:12px}
@media(max-width:17em){dl .row{flex-wrap:wrap}dd{margin-left:auto}}
@media(prefers-reduced-motion:reduce){.busy:before{animation:none;opacity:.35;transform:scale(1.2)}.busy:after{animation:none}}
`
