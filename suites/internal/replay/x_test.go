package replay
import ("testing";"context";"fmt";"acronis-conformance/suites/internal/report";"os";"time";"sort")
func TestX(t *testing.T){
 r,err:=report.Read(os.Getenv("R")); if err!=nil{t.Fatal(err)}
 rs,err:=Requests(r); if err!=nil{t.Fatal(err)}
 fmt.Println(len(rs), r.Run.Requests)
 hook=func(i int, r Request, path string, status int, answer []byte){ }
 n:=0; cnt:=map[string]int{}
 hook=func(i int, r Request, path string, status int, answer []byte){
  if status!=r.Status { n++; cnt[fmt.Sprintf("%d->%d",r.Status,status)]++; if r.Status==200 && status==401 && n>40 && n<140 {fmt.Println(i,r.Method,path,r.Status,status,string(answer)[:min(200,len(answer))], string(r.Body)[:min(100,len(r.Body))])}}
 }
 o,err:=Loop(context.Background(),rs); fmt.Println(o,err, o.Spent/time.Duration(o.Requests)); 
 var k []string; for x:=range cnt {k=append(k,fmt.Sprint(cnt[x]," ",x))}; sort.Strings(k); fmt.Println(k)
}
