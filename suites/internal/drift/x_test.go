package drift
import ("testing";"fmt";"context";"os";"strings";"acronis-conformance/schemas")
func TestX(t *testing.T){
 ref:=schemas.Reference()
 for n,d:=range map[string]string{"empty":"","html":"<!DOCTYPE html>\n<html><body>hello</body>\n</html>","sw2":"swagger: '2.0'\ninfo: {title: a, version: '1'}\npaths: {}\n","nopaths":"openapi: 3.0.3\ninfo: {title: a, version: '1'}\npaths: {}\n","badyaml":"openapi: [\n","invalid":"openapi: 3.0.3\ninfo: {title: a, version: '1'}\npaths: {/a: {get: {operationId: X}}}\n","ref":"openapi: 3.0.3\ninfo: {title: a, version: '1'}\npaths: {/a: {$ref: 'file:///etc/passwd'}}\n","noinfo":"openapi: 3.0.3\npaths: {/a: {get: {responses: {'200': {description: ok}}}}}\n",
 "31":strings.Replace(string(ref),"openapi: 3.0.3","openapi: 3.1.0",1),"num":"openapi: 3\ninfo: {title: a, version: '1'}\npaths: {/a: {get: {responses: {'200': {description: ok}}}}}\n","array":"[1,2]", "badschema":strings.Replace(string(ref),"show_skus: {type: boolean}","show_skus: {type: booleann}",1)}{
  dr,err:=Compare(context.Background(),ref,[]byte(d))
  fmt.Println("=====",n,"err:",err)
  if err==nil{ if len(dr.Breaking)>5{dr.Breaking=dr.Breaking[:5]}; if len(dr.Other)>5 {dr.Other=dr.Other[:5]}; dr.Print(os.Stdout)}
 }
}
