import { cspSource } from '../csp-source.ts'
import { oneLine } from '../one-line.ts'

/**
 * Keeps the desk fresh: while it is in front, every 5 s the page is asked for again and the part marked `id=live` is
 * exchanged, but never under the fingers of someone who works in it. A page that is no longer the desk (signed out)
 * is opened whole. Without scripts the page is simply reloaded by hand.
 */
export const liveDesk = oneLine`
(function(){
var box=document.getElementById('live');
function fresh(){
if(document.hidden||box.contains(document.activeElement))return;
var x=new XMLHttpRequest();
x.open('GET',location.pathname);
x.timeout=4000;
x.responseType='document';
x.onload=function(){
var next=x.response&&x.response.getElementById('live');
if(next){if(!box.contains(document.activeElement))box.innerHTML=next.innerHTML}
else if(x.status<500)location.reload()
};
x.send()
}
setInterval(fresh,5000);
document.addEventListener('visibilitychange',fresh)
})()
`

/** For `script-src` of the console. */
export const liveDeskCspSource = cspSource(liveDesk)
