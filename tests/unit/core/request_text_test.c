/* The words of core/request.h, for each edition and scope. */
#include "test.h"

#include "core/request.h"

static struct bbk_access_request usual(void)
{
	return (struct bbk_access_request){
		.edition = "datacenter", .base = "https://b",
		.api = "https://b/rest", .project = "PROJ",
		.label = "bbkey u@h", .line = "ssh-ed25519 AAAA bbkey u@h",
		.fingerprint = "SHA256:x", .key_word = "ED25519",
		.machine = "u@h", .page = "https://b/keys",
		.instead = "https://b", .next = "git bbkey init --wait URL",
	};
}

/* Word for word; what is to be pasted is on a line of its own. */
static void expect(const struct bbk_access_request *request, const char *want)
{
	BBK_AUTO(str) got = BBK_STR_INIT;

	bbk_access_request_text(request, &got);
	miss_text(bbk_str_get(&got), want, "the text");
}

static void a_project_of_data_center(void **state)
{
	struct bbk_access_request request = usual();

	(void)state;
	expect(&request,
		"Please add an SSH access key to project PROJ in Bitbucket\n"
		"\n"
		"The machine u@h is to clone and fetch the repositories of "
		"project PROJ on\n"
		"https://b, over SSH. An access key lets it do that and "
		"nothing else: it belongs\n"
		"to no account, and can be taken away again at any time. "
		"Only an admin of the\n"
		"project may add one.\n"
		"\n"
		"The public key, all on one line (it is no secret):\n"
		"\n"
		"ssh-ed25519 AAAA bbkey u@h\n"
		"\n"
		"  Fingerprint  SHA256:x (ED25519)\n"
		"  Label        bbkey u@h\n"
		"  Permission   Read\n"
		"\n"
		"To add it, open this page (Project settings > Access "
		"keys), click \"Add key\",\n"
		"paste the key, choose the permission \"Read\" and save:\n"
		"\n"
		"https://b/keys\n"
		"\n"
		"Or with one command, where TOKEN is an HTTP access token "
		"of yours with the\n"
		"permission \"Project admin\":\n"
		"\n"
		"printf 'oauth2-bearer = \"%s\"' \"$TOKEN\" | curl -K - -H "
		"'Content-Type: application/json' -d '{\"key\": {\"text\": "
		"\"ssh-ed25519 AAAA bbkey u@h\", \"label\": \"bbkey "
		"u@h\"}, \"permission\": \"PROJECT_READ\"}' "
		"'https://b/rest/keys/latest/projects/PROJ/ssh'\n"
		"\n"
		"When it is there, u@h goes on with:\n"
		"\n"
		"git bbkey init --wait URL\n");
}

static void a_repository_of_data_center_to_push_to(void **state)
{
	struct bbk_access_request request = usual();

	(void)state;
	request.repo = "app";
	request.scope = BBK_SCOPE_REPO;
	request.write = true;
	request.expires = 90;
	expect(&request,
		"Please add an SSH access key to repository PROJ/app in "
		"Bitbucket\n"
		"\n"
		"The machine u@h is to clone, fetch and push to repository "
		"PROJ/app on https://b,\n"
		"over SSH. An access key lets it do that and nothing else: "
		"it belongs to no\n"
		"account, and can be taken away again at any time. Only an "
		"admin of the\n"
		"repository may add one.\n"
		"\n"
		"The public key, all on one line (it is no secret):\n"
		"\n"
		"ssh-ed25519 AAAA bbkey u@h\n"
		"\n"
		"  Fingerprint  SHA256:x (ED25519)\n"
		"  Label        bbkey u@h\n"
		"  Permission   Read/Write\n"
		"  Expires      in 90 days\n"
		"\n"
		"To add it, open this page (Repository settings > Access "
		"keys), click \"Add key\",\n"
		"paste the key, choose the permission \"Read/Write\", let "
		"it expire as above and\n"
		"save:\n"
		"\n"
		"https://b/keys\n"
		"\n"
		"Or with one command, where TOKEN is an HTTP access token "
		"of yours with the\n"
		"permission \"Repository admin\":\n"
		"\n"
		"printf 'oauth2-bearer = \"%s\"' \"$TOKEN\" | curl -K - -H "
		"'Content-Type: application/json' -d '{\"key\": {\"text\": "
		"\"ssh-ed25519 AAAA bbkey u@h\", \"label\": \"bbkey u@h\", "
		"\"expiryDays\": 90}, \"permission\": \"REPO_WRITE\"}' "
		"'https://b/rest/keys/latest/projects/PROJ/repos/app/ssh'\n"
		"\n"
		"When it is there, u@h goes on with:\n"
		"\n"
		"git bbkey init --wait URL\n");
}

static void an_account_of_data_center(void **state)
{
	struct bbk_access_request request = usual();

	(void)state;
	request.project = NULL;
	request.scope = BBK_SCOPE_PERSONAL;
	request.page = "https://b/plugins/servlet/ssh/account/keys";
	expect(&request,
		"Add this SSH key to your own Bitbucket account\n"
		"\n"
		"No admin is needed for that. With it, the machine u@h may "
		"do over SSH what your\n"
		"account may do on https://b.\n"
		"\n"
		"The public key, all on one line (it is no secret):\n"
		"\n"
		"ssh-ed25519 AAAA bbkey u@h\n"
		"\n"
		"  Fingerprint  SHA256:x (ED25519)\n"
		"  Label        bbkey u@h\n"
		"\n"
		"To add it, open this page (the SSH keys of your account), "
		"click \"Add key\", paste\n"
		"the key and save:\n"
		"\n"
		"https://b/plugins/servlet/ssh/account/keys\n"
		"\n"
		"When it is there, this machine goes on with:\n"
		"\n"
		"git bbkey init --wait URL\n");
}

static void a_project_with_sync(void **state)
{
	struct bbk_access_request request = usual();

	(void)state;
	request.sync = true;
	expect(&request,
		"Please add an SSH access key to project PROJ in Bitbucket\n"
		"\n"
		"The machine u@h is to clone and fetch the repositories of "
		"project PROJ on\n"
		"https://b, over SSH. An access key lets it do that and "
		"nothing else: it belongs\n"
		"to no account, and can be taken away again at any time. "
		"Only an admin of the\n"
		"project may add one.\n"
		"\n"
		"The public key, all on one line (it is no secret):\n"
		"\n"
		"ssh-ed25519 AAAA bbkey u@h\n"
		"\n"
		"  Fingerprint  SHA256:x (ED25519)\n"
		"  Label        bbkey u@h\n"
		"  Permission   Read\n"
		"\n"
		"To add it, open this page (Project settings > Access "
		"keys), click \"Add key\",\n"
		"paste the key, choose the permission \"Read\" and save:\n"
		"\n"
		"https://b/keys\n"
		"\n"
		"Or with one command, where TOKEN is an HTTP access token "
		"of yours with the\n"
		"permission \"Project admin\":\n"
		"\n"
		"printf 'oauth2-bearer = \"%s\"' \"$TOKEN\" | curl -K - -H "
		"'Content-Type: application/json' -d '{\"key\": {\"text\": "
		"\"ssh-ed25519 AAAA bbkey u@h\", \"label\": \"bbkey "
		"u@h\"}, \"permission\": \"PROJECT_READ\"}' "
		"'https://b/rest/keys/latest/projects/PROJ/ssh'\n"
		"\n"
		"Or with git-bbkey, where this is the file keys.json:\n"
		"\n"
		"{\n"
		"  \"version\": 1,\n"
		"  \"instance\": \"https://b\",\n"
		"  \"keys\": {\n"
		"    \"bbkey u@h\": {\n"
		"      \"text\": \"ssh-ed25519 AAAA bbkey u@h\"\n"
		"    }\n"
		"  },\n"
		"  \"grants\": [\n"
		"    {\n"
		"      \"project\": \"PROJ\",\n"
		"      \"key\": \"bbkey u@h\",\n"
		"      \"permission\": \"read\"\n"
		"    }\n"
		"  ]\n"
		"}\n"
		"\n"
		"git bbkey sync keys.json\n"
		"\n"
		"When it is there, u@h goes on with:\n"
		"\n"
		"git bbkey init --wait URL\n");
}

static void a_project_of_cloud(void **state)
{
	struct bbk_access_request request = usual();

	(void)state;
	request.edition = "cloud";
	request.base = "https://bitbucket.org";
	request.api = "https://api.bitbucket.org/2.0";
	request.workspace = "ws";
	request.page = NULL;
	request.instead = "https://bitbucket.org/ws/workspace/projects/PROJ";
	expect(&request,
		"Please add an SSH access key to project PROJ of workspace "
		"ws in Bitbucket\n"
		"\n"
		"The machine u@h is to clone and fetch the repositories of "
		"project PROJ of\n"
		"workspace ws on https://bitbucket.org, over SSH. An "
		"access key lets it do that\n"
		"and nothing else: it belongs to no account, and can be "
		"taken away again at any\n"
		"time. Only an admin of the project may add one.\n"
		"\n"
		"The public key, all on one line (it is no secret):\n"
		"\n"
		"ssh-ed25519 AAAA bbkey u@h\n"
		"\n"
		"  Fingerprint  SHA256:x (ED25519)\n"
		"  Label        bbkey u@h\n"
		"  Permission   Read\n"
		"\n"
		"To add it, begin at this page, go to Project settings > "
		"Access keys, click \"Add\n"
		"key\", paste the key and save:\n"
		"\n"
		"https://bitbucket.org/ws/workspace/projects/PROJ\n"
		"\n"
		"Or with one command, where EMAIL is the e-mail address of "
		"your Atlassian account\n"
		"and TOKEN an API token of it with the scopes "
		"admin:project:bitbucket and\n"
		"write:ssh-key:bitbucket:\n"
		"\n"
		"printf 'user = \"%s:%s\"' \"$EMAIL\" \"$TOKEN\" | curl "
		"-K - -H 'Content-Type: "
		"application/json' -d '{\"key\": \"ssh-ed25519 AAAA bbkey "
		"u@h\", \"label\": \"bbkey u@h\"}' "
		"'https://api.bitbucket.org/2.0/workspaces/ws/projects/PROJ"
		"/deploy-keys'\n"
		"\n"
		"When it is there, u@h goes on with:\n"
		"\n"
		"git bbkey init --wait URL\n");
}

static void a_repository_of_cloud(void **state)
{
	struct bbk_access_request request = usual();

	(void)state;
	request.edition = "cloud";
	request.base = "https://bitbucket.org";
	request.api = "https://api.bitbucket.org/2.0";
	request.workspace = "ws";
	request.repo = "app";
	request.scope = BBK_SCOPE_REPO;
	request.page = NULL;
	request.instead = "https://bitbucket.org/ws/app";
	expect(&request,
		"Please add an SSH access key to repository ws/app in "
		"Bitbucket\n"
		"\n"
		"The machine u@h is to clone and fetch repository ws/app on\n"
		"https://bitbucket.org, over SSH. An access key lets it do "
		"that and nothing else:\n"
		"it belongs to no account, and can be taken away again at "
		"any time. Only an admin\n"
		"of the repository may add one.\n"
		"\n"
		"The public key, all on one line (it is no secret):\n"
		"\n"
		"ssh-ed25519 AAAA bbkey u@h\n"
		"\n"
		"  Fingerprint  SHA256:x (ED25519)\n"
		"  Label        bbkey u@h\n"
		"  Permission   Read\n"
		"\n"
		"To add it, begin at this page, go to Repository settings "
		"> Access keys, click\n"
		"\"Add key\", paste the key and save:\n"
		"\n"
		"https://bitbucket.org/ws/app\n"
		"\n"
		"Or with one command, where EMAIL is the e-mail address of "
		"your Atlassian account\n"
		"and TOKEN an API token of it with the scopes "
		"admin:repository:bitbucket and\n"
		"write:ssh-key:bitbucket:\n"
		"\n"
		"printf 'user = \"%s:%s\"' \"$EMAIL\" \"$TOKEN\" | curl "
		"-K - -H 'Content-Type: "
		"application/json' -d '{\"key\": \"ssh-ed25519 AAAA bbkey "
		"u@h\", \"label\": \"bbkey u@h\"}' "
		"'https://api.bitbucket.org/2.0/repositories/ws/app/deploy-"
		"keys'\n"
		"\n"
		"When it is there, u@h goes on with:\n"
		"\n"
		"git bbkey init --wait URL\n");
}

static void an_account_of_cloud(void **state)
{
	struct bbk_access_request request = usual();

	(void)state;
	request.edition = "cloud";
	request.base = "https://bitbucket.org";
	request.api = "https://api.bitbucket.org/2.0";
	request.workspace = "ws";
	request.project = NULL;
	request.scope = BBK_SCOPE_PERSONAL;
	request.page = NULL;
	request.instead = "https://bitbucket.org";
	expect(&request,
		"Add this SSH key to your own Bitbucket account\n"
		"\n"
		"No admin is needed for that. With it, the machine u@h may "
		"do over SSH what your\n"
		"account may do on https://bitbucket.org.\n"
		"\n"
		"The public key, all on one line (it is no secret):\n"
		"\n"
		"ssh-ed25519 AAAA bbkey u@h\n"
		"\n"
		"  Fingerprint  SHA256:x (ED25519)\n"
		"  Label        bbkey u@h\n"
		"\n"
		"To add it, begin at this page, go to the SSH keys of your "
		"account, click \"Add\n"
		"key\", paste the key and save:\n"
		"\n"
		"https://bitbucket.org\n"
		"\n"
		"When it is there, this machine goes on with:\n"
		"\n"
		"git bbkey init --wait URL\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_project_of_data_center),
		TEST(a_repository_of_data_center_to_push_to),
		TEST(an_account_of_data_center),
		TEST(a_project_with_sync),
		TEST(a_project_of_cloud),
		TEST(a_repository_of_cloud),
		TEST(an_account_of_cloud),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
