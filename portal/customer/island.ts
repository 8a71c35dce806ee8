import { oneLine } from '../one-line.ts'

/** Payment states in which the waiting page stays as it is; the island compares views, not states. */
const waitingStates = ['created', 'submitting', 'prompted', 'uncertain']

/** What a status address says, as far as it changes what there is to see. */
export interface WatchedStatus {
  status: string
  access?: { online: boolean; data_low?: boolean | undefined } | null | undefined
  provisional_until?: string | undefined
}

/** What the customer looks at: the same page for all waiting states, another one for every other state. */
export function viewOf({ status, access, provisional_until }: WatchedStatus): string {
  const online = access?.online ? `+online${access.data_low ? '+data' : ''}` : ''
  const view = waitingStates.includes(status) ? 'waiting' : status + online
  return view + (provisional_until === undefined ? '' : '+trust')
}

/**
 * The only script a customer gets; every page works without it. ES5 and XMLHttpRequest for old WebViews, no storage.
 * Listens for `status` events, and asks every 2.5 s instead where none comes within 4 s, the stream breaks or a question
 * has no answer. Asks every 30 s all the same, for a box that has lost its power ends no stream, and when the page comes
 * back to the front. Leaves by a full navigation when the view has changed (phones look again for the Internet only
 * then), at most once a second. Every second it shows the text for the time waited, and sends the form that says
 * data-after (s) when the page has stood for so long.
 * Reads from <body>: data-events, data-status, data-view, data-elapsed (s); or data-next: only go there.
 */
export const island = oneLine`
(function(){
var d=document,b=d.body,t0=new Date,gone,live,poll,es;
function at(n){return b.getAttribute('data-'+n)}
function go(u){
if(!gone){gone=1;setTimeout(function(){location.replace(u)},Math.max(0,1e3-(new Date-t0)))}
}
function take(s){
var o=JSON.parse(s),v=o.status,a=o.access;
live=1;
v=/^(${waitingStates.join('|')})$/.test(v)?'waiting':v+(a&&a.online?'+online'+(a.data_low?'+data':''):'');
if(o.provisional_until)v+='+trust';
if(v!=at('view'))go(location.href.split('#')[0])
}
function ask(){
var x=new XMLHttpRequest();
x.open('GET',at('status'));
x.timeout=1e4;
x.onload=function(){if(x.status==200)take(x.responseText)};
x.onerror=x.ontimeout=fall;
x.send()
}
function fall(){
if(es)es.close();
if(!poll){poll=setInterval(ask,2500);ask()}
}
function phase(){
var f=d.querySelector('form[data-after]'),p=d.querySelectorAll('[data-at]'),s=+at('elapsed')+(new Date-t0)/1e3,i,now=0;
for(i=0;i<p.length;i++)if(p[i].getAttribute('data-at')<=s)now=i;
for(i=0;i<p.length;i++)p[i].hidden=i!=now;
if(f&&!gone&&f.getAttribute('data-after')*1e3<=new Date-t0){f.removeAttribute('data-after');f.submit()}
}
if(at('next'))return go(at('next'));
if(window.EventSource){
es=new EventSource(at('events'));
es.addEventListener('status',function(e){take(e.data)});
es.onerror=fall;
setTimeout(function(){live||fall()},4e3)
}else fall();
d.addEventListener('visibilitychange',function(){d.hidden||ask()});
window.addEventListener('pageshow',function(e){if(e.persisted)ask()});
setInterval(phase,1e3);
setInterval(function(){d.hidden||ask()},3e4)
})()
`
