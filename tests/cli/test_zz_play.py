from home import Home
import pexpect, json
def show(t):
    t.expect(pexpect.EOF); print(t.before)
def test_play(home):
    home.enrol("always")
    home.git("clone", home.https_url())
    home.git("clone", home.https_url("lib","core"))
    home.make_key(home.ssh_folder/"id_rsa","rsa")
    home.make_key(home.ssh_folder/"id_x",passphrase="abcde")
    (home.ssh_folder/"id_x").chmod(0o644)
    line=(home.ssh_folder/"id_rsa.pub").read_text()
    home.sandbox.control("POST","/keys",{"scope":"project","project":"PROJ","text":line,"permission":"PROJECT_WRITE","label":"ci on the build server with a long name","expiryDays":30})
    home.sandbox.control("POST","/keys",{"scope":"repo","project":"PROJ","repo":"tool","text":line,"permission":"REPO_READ","label":"tool deploy"})
    for words in [["list"],["list","-v"],["list","--project","proj"],["list","--repo","PROJ/tool"],["list","--all"],["list","--account"],["list","-h"]]:
        print("$ git bbkey", *words); show(home.terminal("git","bbkey",*words))
    r=home.bbkey("list","--project","PROJ","--json"); print(r.out, r.err)
    r=home.bbkey("list","--public"); print(r.out, r.err)
    r=home.bbkey("list","--public","--project","OTHER"); print(r)
    r=home.bbkey("list","--project","NOPE"); print(r)
    r=home.bbkey("list","--project","OTHER"); print(r)
    r=home.bbkey("list","--all"); print(r)
def test_cloud(cloud):
    r=cloud.bbkey("init", cloud.base, "--auto","always"); print(r)
    print(cloud.git("clone", cloud.https_url()))
    for words in [["list"],["list","--project","acme/proj"],["list","--repo","acme/tool"],["list","--all"],["list","--account"],["list","--project","PROJ"], ["list",cloud.https_url()]]:
        print("$ git bbkey", *words); show(cloud.terminal("git","bbkey",*words))
