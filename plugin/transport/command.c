#include "transport/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"

/* ssh(1), OpenSSH 9.2 */
#define FLAGS "1246AaCfgKkMNnqsTtvXxYy"
#define WITH_VALUE "BbcDEeFIiJLlmOopQRSWw"

void bbk_command_release(struct bbk_command *command)
{
	free(command->user);
	free(command->host);
	free(command->project);
	free(command->repo);
	*command = (struct bbk_command)BBK_COMMAND_INIT;
}

/* What was found on the way; borrowed from argv. */
struct line {
	const char *dest;
	const char *user;
	const char *port;
	const char *remote; /* the remote command: one argument */
	bool batch;
	bool own_user;	    /* -l came before user@host, and wins */
	bool foreign;	    /* something that leaves nothing for us to do */
};

/* "-o name=value" or "-o name value": is it this name? */
static bool option_is(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (bbk_lower(text[i]) != name[i])
			return false;
	return !bbk_is_alnum(text[len]);
}

static void read_o(struct line *line, const char *text)
{
	static const char *const ours[] = { "hostname", "port", "user",
					    "identityfile", "hostkeyalias",
					    "certificatefile" };

	if (!bbk_is_alnum(text[0])) /* blanks and quotes ssh would skip */
		line->foreign = true;
	if (option_is(text, "batchmode")) {
		const char *value = text + strlen("batchmode");

		value += strspn(value, " \t=");
		line->batch = bbk_same_nocase(value, "yes");
	}
	for (size_t i = 0; i < BBK_ARRAY_LEN(ours); i++)
		if (option_is(text, ours[i]))
			line->foreign = true;
}

static void read_value(struct line *line, char letter, const char *value)
{
	switch (letter) {
	case 'l': /* of two, ssh takes the first */
		if (!line->user)
			line->user = value;
		break;
	case 'p':
		if (!line->port)
			line->port = value;
		break;
	case 'o':
		read_o(line, value);
		break;
	case 'i': /* the caller knows its key, or its configuration */
	case 'F':
	case 'S':
	case 'O':
	case 'Q':
	case 'W':
		line->foreign = true;
		break;
	default:
		break;
	}
}

/* One argument of options; true where it is one that we do not know. */
static bool read_options(struct line *line, int argc, char *const *argv,
			 int *i)
{
	for (const char *c = argv[*i] + 1; *c; c++) {
		if (strchr(FLAGS, *c))
			continue;
		if (!strchr(WITH_VALUE, *c))
			return true; /* -G, -V, and whatever comes next */
		if (c[1]) {
			read_value(line, *c, c + 1);
			return false;
		}
		if (++*i >= argc)
			return true;
		read_value(line, *c, argv[*i]);
		return false;
	}
	return false;
}

/* ssh reads options behind the host, too; then comes the command. */
static bool read_line(struct line *line, int argc, char *const *argv)
{
	bool options = true;

	for (int i = 1; i < argc; i++) {
		if (options && !strcmp(argv[i], "--")) {
			options = false;
		} else if (options && argv[i][0] == '-' && argv[i][1]) {
			if (read_options(line, argc, argv, &i))
				return false;
		} else if (!line->dest) {
			line->dest = argv[i];
			line->own_user = line->user != NULL;
		} else {
			line->remote = argv[i];
			return i + 1 == argc;
		}
	}
	return line->dest != NULL;
}

static bool made_of(const char *text, const char *others)
{
	for (; *text; text++)
		if (!bbk_is_alnum(*text) && !strchr(others, *text))
			return false;
	return true;
}

/* As git hands it over: bare, or in brackets. */
static bool is_ipv6(const char *host)
{
	char *bracketed = host[0] == '[' ? bbk_strdup(host) :
					   bbk_strf("[%s]", host);
	bool valid = bbk_host_is_valid(bracketed);

	free(bracketed);
	return valid;
}

/*
 * Wider than what Bitbucket can have (an alias may have an underscore), and
 * still nothing that a shell, an option parser or a ProxyCommand could take
 * for something else.
 */
static bool is_harmless(const char *user, const char *host)
{
	if (!*host || *host == '-')
		return false;
	if (strchr(host, ':') ? !is_ipv6(host) : !made_of(host, "._-"))
		return false;
	return !user || (*user && *user != '-' && made_of(user, "._+-"));
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

static const char *skip_service(const char *remote)
{
	static const char *const services[] = {
		"upload-pack ", "receive-pack ", "upload-archive ",
		"lfs-authenticate ", "lfs-transfer ",
	};

	if (!bbk_begins(remote, "git-") && !bbk_begins(remote, "git "))
		return NULL;
	remote += 4;
	for (size_t i = 0; i < BBK_ARRAY_LEN(services); i++)
		if (bbk_begins(remote, services[i]))
			return remote + strlen(services[i]);
	return NULL;
}

/* "'/proj/app.git'", "/proj/app.git download": the path, or NULL */
static char *path_of(const char *text, bool lfs)
{
	bool quoted = *text == '\'';
	size_t len, rest;

	text += quoted;
	len = strcspn(text, quoted ? "'" : " ");
	if (quoted && (text[len] != '\'' ||
		       (text[len + 1] && text[len + 1] != ' ')))
		return NULL;
	rest = len + quoted + (text[len + quoted] == ' ');
	if (text[rest] && (!lfs || !made_of(text + rest, "-")))
		return NULL;
	return bbk_strndup(text, len);
}

static bool set_path(struct bbk_command *command, const char *path)
{
	const char *slash;
	size_t len;

	path += *path == '/';
	slash = strchr(path, '/');
	if (!slash)
		return false;
	len = strlen(slash + 1);
	command->dot_git = bbk_ends(slash + 1, ".git");
	if (command->dot_git)
		len -= 4;
	command->project = bbk_strndup(path, (size_t)(slash - path));
	command->repo = bbk_strndup(slash + 1, len);
	return bbk_project_is_valid(command->project) &&
	       bbk_repo_is_valid(command->repo);
}

/* "/acme/app/wiki": what there may be beside a repository, plainly written. */
static bool goes_on_below(const char *path)
{
	int parts = 0;

	for (const char *p = path + (*path == '/'); *p; parts++) {
		size_t len = strcspn(p, "/");
		char *part = bbk_strndup(p, len);
		bool plain = parts == 0 ? bbk_project_is_valid(part) :
					  bbk_repo_is_valid(part);

		free(part);
		if (!plain)
			return false;
		p += len + (p[len] == '/');
	}
	return parts > 2;
}

static enum bbk_command_kind set_remote(struct bbk_command *command,
					const char *remote)
{
	const char *text = skip_service(remote);
	char *path = text ? path_of(text, bbk_begins(remote + 4, "lfs-")) :
			    NULL;
	enum bbk_command_kind kind = !path ? BBK_COMMAND_STRANGE :
		set_path(command, path) ? BBK_COMMAND_GIT :
		goes_on_below(path) ? BBK_COMMAND_OTHER : BBK_COMMAND_STRANGE;

	free(path);
	if (kind != BBK_COMMAND_GIT) {
		free(command->project);
		free(command->repo);
		command->project = command->repo = NULL;
	}
	return kind;
}

static bool set_place(struct bbk_command *command, const struct line *line,
		      const char *host)
{
	bool bare = strchr(host, ':') && host[0] != '[';
	char *bracketed = bare ? bbk_strf("[%s]", host) : bbk_strdup(host);
	long port = 22;
	bool valid = bbk_host_is_valid(bracketed);

	if (valid)
		command->host = bbk_host_canonical(bracketed);
	free(bracketed);
	if (line->port && bbk_parse_number(line->port, 1, 65535, &port) < 0)
		return false;
	command->port = (unsigned)port;
	command->port_given = line->port != NULL;
	return valid;
}

static enum bbk_command_kind fill(struct bbk_command *command,
				  const struct line *line)
{
	const char *at = strrchr(line->dest, '@');
	const char *host = at ? at + 1 : line->dest;
	char *named = at ? bbk_strndup(line->dest, (size_t)(at - line->dest)) :
			   NULL;
	bool harmless = is_harmless(named, host);
	long port;

	command->user = line->own_user || !named ?
		bbk_strdup(line->user ? line->user : "git") :
		bbk_strdup(named);
	free(named);
	if (!harmless || !is_harmless(command->user, host) ||
	    (line->port && bbk_parse_number(line->port, 1, 65535, &port) < 0) ||
	    (line->remote && has_control(line->remote)))
		return BBK_COMMAND_REFUSED;
	if (!set_place(command, line, host) ||
	    !bbk_user_is_valid(command->user) || line->foreign ||
	    !line->remote || !skip_service(line->remote))
		return BBK_COMMAND_OTHER;
	command->batch = line->batch;
	command->fetch = bbk_begins(line->remote + 4, "upload-pack ");
	command->push = bbk_begins(line->remote + 4, "receive-pack ");
	command->lfs = bbk_begins(line->remote + 4, "lfs-authenticate ");
	return set_remote(command, line->remote);
}

enum bbk_command_kind bbk_command_parse(struct bbk_command *command, int argc,
					char *const *argv)
{
	BBK_AUTO(command) parsed = BBK_COMMAND_INIT;
	struct line line = { .dest = NULL };
	enum bbk_command_kind kind;

	if (!read_line(&line, argc, argv))
		return BBK_COMMAND_OTHER;
	kind = fill(&parsed, &line);
	if (kind == BBK_COMMAND_GIT || kind == BBK_COMMAND_STRANGE) {
		bbk_command_release(command);
		*command = parsed;
		parsed = (struct bbk_command)BBK_COMMAND_INIT;
	}
	return kind;
}
