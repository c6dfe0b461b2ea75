#include "ssh/keygen.h"

#include <stdlib.h>
#include <string.h>

#include "base/paths.h"
#include "base/process.h"
#include "base/text.h"

#define KEYGEN_MS 60000 /* RSA 4096 on a small machine takes seconds */
#define OUTPUT_MAX 16384
#define LINE_MAX_BYTES 128 /* of what it says of one key */

static const char *const words[] = { "ed25519", "ecdsa", "rsa", "ed25519-sk" };

const char *bbk_key_type_word(enum bbk_key_type type)
{
	return words[type];
}

int bbk_key_type_parse(enum bbk_key_type *type, const char *word)
{
	for (size_t i = 0; i < BBK_ARRAY_LEN(words); i++) {
		if (bbk_same_nocase(word, words[i])) {
			*type = (enum bbk_key_type)i;
			return 0;
		}
	}
	return -1;
}

static int start(struct bbk_process *process, struct bbk_err *err)
{
	char *program;

	if (bbk_program_need(&program, "ssh-keygen", err) < 0)
		return -1;
	bbk_strv_add(&process->argv, program);
	free(program);
	bbk_strv_add(&process->env, "LC_ALL=C");
	bbk_strv_add(&process->env, "SSH_ASKPASS_REQUIRE=never");
	process->out_max = process->err_max = OUTPUT_MAX;
	process->deadline_ms = KEYGEN_MS;
	return 0;
}

static int failed(struct bbk_process *process, struct bbk_err *err,
		  enum bbk_class class, const char *wanted)
{
	char *said = bbk_scrubbed(bbk_str_get(&process->err));

	bbk_err_set(err, class, "cannot %s: ssh-keygen %s%s", wanted,
		    process->timed_out ? "did not end in time" :
		    *said ? "said: " : "failed",
		    process->timed_out ? "" : said);
	free(said);
	return -1;
}

int bbk_keygen_make(const char *path, enum bbk_key_type type,
		    const char *comment, bool passphrase, struct bbk_err *err)
{
	BBK_AUTO(process) process = BBK_PROCESS_INIT;

	if (start(&process, err) < 0)
		return -1;
	bbk_strv_addl(&process.argv, "-q", "-t", words[type], "-C", comment,
		      "-f", path, NULL);
	if (type == BBK_KEY_RSA)
		bbk_strv_addl(&process.argv, "-b", "4096", NULL);
	if (!passphrase)
		bbk_strv_addl(&process.argv, "-N", "", NULL);
	if (passphrase || type == BBK_KEY_ED25519_SK) {
		process.inherit = true;
		process.deadline_ms = 0;
	}
	if (bbk_process_run(&process, err) < 0)
		return -1;
	return process.status ?
		failed(&process, err, BBK_E_LOCAL, "make a key") : 0;
}

/* Load key "<path>": incorrect passphrase supplied to decrypt private key */
static bool wants_passphrase(const char *text)
{
	const char *quote = strrchr(text, '"');

	return quote && bbk_begins(quote, "\": incorrect passphrase");
}

int bbk_keygen_public(const char *path, struct bbk_str *line,
		      struct bbk_err *err)
{
	BBK_AUTO(process) process = BBK_PROCESS_INIT;

	if (start(&process, err) < 0)
		return -1;
	bbk_strv_addl(&process.argv, "-y", "-P", "", "-f", path, NULL);
	if (bbk_process_run(&process, err) < 0)
		return -1;
	if (process.status && wants_passphrase(bbk_str_get(&process.err)))
		return 1;
	if (process.status)
		return failed(&process, err, BBK_E_KEYFILE, "read the key");
	bbk_str_set(line, bbk_str_get(&process.out));
	return 0;
}

void bbk_key_facts_release(struct bbk_key_facts *facts)
{
	free(facts->fingerprint);
	free(facts->word);
	*facts = (struct bbk_key_facts)BBK_KEY_FACTS_INIT;
}

/* "256 SHA256:abc comment (ED25519)" */
static int parse_facts(struct bbk_key_facts *facts, const char *text)
{
	char bits[12] = "";
	size_t len = strcspn(text, " ");
	const char *fingerprint = text + len + 1;
	const char *word = strrchr(text, '(');

	if (len >= sizeof(bits) || !text[len] || !word ||
	    !bbk_begins(fingerprint, "SHA256:"))
		return -1;
	memcpy(bits, text, len);
	if (bbk_parse_number(bits, 1, 65536, &facts->bits) < 0)
		return -1;
	free(facts->fingerprint);
	free(facts->word);
	facts->fingerprint = bbk_strndup(fingerprint,
					 strcspn(fingerprint, " \r\n"));
	facts->word = bbk_strndup(word + 1, strcspn(word + 1, ")"));
	return 0;
}

int bbk_keygen_describe(const char *line, struct bbk_key_facts *facts,
			struct bbk_err *err)
{
	BBK_AUTO(process) process = BBK_PROCESS_INIT;

	if (start(&process, err) < 0)
		return -1;
	bbk_strv_addl(&process.argv, "-l", "-E", "sha256", "-f", "-", NULL);
	process.input = line;
	process.input_len = strlen(line);
	if (bbk_process_run(&process, err) < 0)
		return -1;
	if (process.status ||
	    parse_facts(facts, bbk_str_get(&process.out)) < 0)
		return failed(&process, err, BBK_E_KEYFILE,
			      "read the public key");
	return 0;
}

/* "type blob <number>", where the line has no more than these characters. */
static void add_numbered(struct bbk_str *input, const char *line,
			 size_t number)
{
	size_t type = strcspn(line, " ");
	size_t blob = line[type] ? strcspn(line + type + 1, " \t\r\n") : 0;

	for (size_t i = 0; i < type; i++)
		if (!bbk_is_alnum(line[i]) && !strchr("@.-", line[i]))
			return;
	for (size_t i = 0; i < blob; i++)
		if (!bbk_is_alnum(line[type + 1 + i]) &&
		    !strchr("+/=", line[type + 1 + i]))
			return;
	if (type && blob)
		bbk_str_addf(input, "%.*s %zu\n", (int)(type + 1 + blob), line,
			     number);
}

/* "256 SHA256:abc <number> (ED25519)" */
static void take_numbered(struct bbk_key_facts *facts, size_t len,
			  const char *text)
{
	const char *at = strchr(text, ' ');
	char number[24] = "";
	long i = 0;

	at = at ? strchr(at + 1, ' ') : NULL;
	if (!at)
		return;
	strncpy(number, at + 1, sizeof(number) - 1);
	number[strcspn(number, " ")] = '\0';
	if (bbk_parse_number(number, 0, (long)len - 1, &i) == 0)
		(void)parse_facts(&facts[i], text);
}

int bbk_keygen_describe_all(const struct bbk_strv *lines,
			    struct bbk_key_facts *facts, struct bbk_err *err)
{
	BBK_AUTO(process) process = BBK_PROCESS_INIT;
	BBK_AUTO(str) input = BBK_STR_INIT;
	char *line, *next;

	for (size_t i = 0; i < lines->len; i++)
		add_numbered(&input, lines->v[i], i);
	if (!input.len)
		return 0;
	if (start(&process, err) < 0)
		return -1;
	bbk_strv_addl(&process.argv, "-l", "-E", "sha256", "-f", "-", NULL);
	process.input = input.s;
	process.input_len = input.len;
	process.out_max = OUTPUT_MAX + lines->len * LINE_MAX_BYTES;
	if (bbk_process_run(&process, err) < 0)
		return -1;
	for (line = process.out.s; line && *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		take_numbered(facts, lines->len, line);
	}
	return 0;
}
