package view
import "testing"
func TestBrowserDbg(t *testing.T){
 b:=browser(t)
 b.size(360,900)
 b.load(pageOf(t,sample(t)))
 t.Log(eval[[]string](b,`[...document.querySelectorAll('body *')].filter(e=>e.getBoundingClientRect().right>365 && e.tagName!='OPTION').slice(0,20).map(e=>e.tagName+'.'+e.className+' '+Math.round(e.getBoundingClientRect().right)+' '+e.textContent.slice(0,30))`))
 for i:=0;i<3;i++ { b.reload("#"); t.Log(eval[[]string](b,`[...performance.getEntriesByType('navigation').map(n=>'dcl '+n.domContentLoadedEventEnd+' load '+n.loadEventEnd+' resp '+n.responseEnd), ...performance.getEntriesByType('mark').map(n=>n.name+' '+n.startTime), ...performance.getEntriesByType('paint').map(n=>n.name+' '+n.startTime)]`)) }
}
