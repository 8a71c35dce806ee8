import { oneLine } from '../one-line.ts'

/**
 * Keeps the desk fresh: while it is in front, every 5 s the page is asked for again and the part marked `id=live` is
 * exchanged, but never under the fingers of someone who is at a button or marks a text in it. Tables stay scrolled as
 * they were. A page that is no longer the desk (signed out) is opened whole. Without scripts, reload by hand.
 */
export const liveDesk = oneLine`
(function(){
var d=document,box=d.getElementById('live');
function busy(){
var on=d.activeElement,marked=window.getSelection();
return box.contains(on)&&on.tagName=='BUTTON'||!marked.isCollapsed&&box.contains(marked.anchorNode)
}
function show(html){
var was=box.querySelectorAll('.scroll'),left=[],held=-1,i,now;
for(i=0;i<was.length;i++){left[i]=was[i].scrollLeft;if(was[i]==d.activeElement)held=i}
box.innerHTML=html;
now=box.querySelectorAll('.scroll');
for(i=0;i<now.length;i++){now[i].scrollLeft=left[i]||0;if(i==held)now[i].focus()}
}
function fresh(){
if(d.hidden||busy())return;
var x=new XMLHttpRequest();
x.open('GET',location.pathname);
x.timeout=4000;
x.responseType='document';
x.onload=function(){
var next=x.response&&x.response.getElementById('live');
if(next){if(!busy())show(next.innerHTML)}
else if(x.status<500)location.reload()
};
x.send()
}
setInterval(fresh,5000);
d.addEventListener('visibilitychange',fresh)
})()
`
