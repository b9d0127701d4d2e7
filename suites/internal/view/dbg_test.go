package view
import ("testing";"github.com/chromedp/chromedp")
func TestBrowserDbg(t *testing.T){
 b:=browser(t)
 b.load(pageOf(t,sample(t)))
 for range 3 {
 t.Log(get(b,chromedp.Evaluate[[]string](`(async()=>{const o=[];let t=performance.now();const m=(n)=>{o.push(n+' '+Math.round(performance.now()-t));t=performance.now()};
 const text=byId('data').textContent.trim();m('text');const p=text.replaceAll('-', '+').replaceAll('_', '/');m('repl');const a=atob(p);m('atob');const by=Uint8Array.from(a,(c)=>c.charCodeAt(0));m('bytes');
 const s=await new Response(new Blob([by]).stream().pipeThrough(new DecompressionStream('gzip'))).text();m('inflate '+s.length);JSON.parse(s);m('parse');
 applyFilter();m('filter');show();m('show');document.body.offsetHeight;m('layout');return o})()`,chromedp.EvalAwaitPromise)))
 b.reload("#")
 t.Log(eval[[]string](b,`[...performance.getEntriesByType('navigation').map(n=>'dcl '+n.domContentLoadedEventEnd+' interactive '+n.domInteractive), ...performance.getEntriesByType('mark').map(n=>n.name+' '+n.startTime), ...performance.getEntriesByType('paint').map(n=>n.name+' '+n.startTime)]`))
 }
}
