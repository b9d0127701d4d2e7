package view
import ("testing";"os")
func TestProbe(t *testing.T){
 f,_:=os.Create("/tmp/view/index.html"); defer f.Close()
 if err:=HTML(f,sample(t)); err!=nil {t.Fatal(err)}
 st,_:=f.Stat(); t.Log(st.Size())
}
