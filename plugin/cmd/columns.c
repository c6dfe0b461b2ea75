#include "cmd/columns.h"

#include <string.h>
#include <sys/ioctl.h>

#include "base/text.h"

#define GAP 2
#define MIN_ELASTIC 16

void bbk_columns_init(struct bbk_columns *columns,
		      const struct bbk_column *column, size_t len)
{
	*columns = (struct bbk_columns){ column, len, BBK_STRV_INIT };
}

void bbk_columns_release(struct bbk_columns *columns)
{
	bbk_strv_release(&columns->cells);
}

void bbk_columns_add(struct bbk_columns *columns, const char *text)
{
	bbk_strv_add(&columns->cells, text ? text : "");
}

static const char *cell(const struct bbk_columns *columns, size_t row,
			size_t i)
{
	return columns->cells.v[row * columns->len + i];
}

static size_t rows_of(const struct bbk_columns *columns)
{
	return columns->cells.len / columns->len;
}

/* As wide as its widest cell and its title; 0: it is empty. */
static size_t width_of(const struct bbk_columns *columns, size_t i)
{
	size_t widest = 0, title = bbk_columns(columns->column[i].title);

	for (size_t row = 0; row < rows_of(columns); row++) {
		size_t width = bbk_columns(cell(columns, row, i));

		if (width > widest)
			widest = width;
	}
	return widest && widest < title ? title : widest;
}

/* All of them, but with the elastic one at this width at most. */
static size_t total(const size_t *widths, size_t len, size_t indent,
		    size_t elastic, size_t most)
{
	size_t sum = indent, shown = 0;

	for (size_t i = 0; i < len; i++) {
		if (!widths[i])
			continue;
		sum += i == elastic && widths[i] > most ? most : widths[i];
		shown++;
	}
	return sum + (shown ? shown - 1 : 0) * GAP;
}

/* Which column goes next; len: none may. */
static size_t sparest(const struct bbk_columns *columns, const size_t *widths)
{
	size_t found = columns->len;

	for (size_t i = 0; i < columns->len; i++) {
		unsigned spare = columns->column[i].spare;

		if (widths[i] && spare &&
		    (found == columns->len ||
		     spare < columns->column[found].spare))
			found = i;
	}
	return found;
}

static void fit(const struct bbk_columns *columns, size_t *widths,
		size_t width, size_t indent)
{
	size_t elastic = 0, rest, most;

	for (size_t i = 0; i < columns->len; i++) {
		widths[i] = width_of(columns, i);
		if (columns->column[i].elastic)
			elastic = i;
	}
	if (!width)
		return;
	while (total(widths, columns->len, indent, elastic, MIN_ELASTIC) >
	       width) {
		size_t gone = sparest(columns, widths);

		if (gone == columns->len)
			break;
		widths[gone] = 0;
	}
	rest = total(widths, columns->len, indent, elastic, 0);
	most = rest + MIN_ELASTIC > width ? MIN_ELASTIC : width - rest;
	if (widths[elastic] > most)
		widths[elastic] = most;
}

/* At most `width` characters; what is cut ends with an ellipsis. */
static void add_cell(struct bbk_str *out, const char *text, size_t width,
		     bool utf8)
{
	const char *dots = utf8 ? "\u2026" : "...";
	size_t keep = width > bbk_columns(dots) ? width - bbk_columns(dots) : 0;

	if (bbk_columns(text) <= width) {
		bbk_str_add(out, text);
		return;
	}
	for (; *text && (keep || (*text & 0xc0) == 0x80); text++) {
		bbk_str_addc(out, *text);
		keep -= (text[1] & 0xc0) != 0x80;
	}
	bbk_str_add(out, dots);
}

static void add_row(const struct bbk_columns *columns, struct bbk_str *out,
		    const size_t *widths, size_t row, size_t indent, bool utf8)
{
	size_t start = out->len;

	bbk_str_addf(out, "%*s", (int)indent, "");
	for (size_t i = 0, gap = 0; i < columns->len; i++) {
		BBK_AUTO(str) text = BBK_STR_INIT;

		if (!widths[i])
			continue;
		add_cell(&text, row ? cell(columns, row - 1, i) :
				      columns->column[i].title, widths[i],
			 utf8);
		bbk_str_addf(out, "%*s%s", (int)gap, "", bbk_str_get(&text));
		gap = GAP + widths[i] - bbk_columns(bbk_str_get(&text));
	}
	while (out->len > start && out->s[out->len - 1] == ' ')
		bbk_str_cut(out, out->len - 1);
	bbk_str_addc(out, '\n');
}

void bbk_columns_text(const struct bbk_columns *columns, struct bbk_str *out,
		      size_t width, size_t indent, bool utf8)
{
	size_t widths[BBK_COLUMNS_MAX] = { 0 };

	fit(columns, widths, width, indent);
	for (size_t row = 0; row <= rows_of(columns); row++)
		add_row(columns, out, widths, row, indent, utf8);
}

static size_t terminal_width(FILE *out, const struct bbk_env *env)
{
	struct winsize size;

	if (!env->out_is_terminal || env->verbose)
		return 0;
	return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col ?
		size.ws_col : 80;
}

void bbk_columns_print(const struct bbk_columns *columns, FILE *out,
		       const struct bbk_env *env, size_t indent)
{
	BBK_AUTO(str) text = BBK_STR_INIT;

	bbk_columns_text(columns, &text, terminal_width(out, env), indent,
			 env->utf8);
	fputs(bbk_str_get(&text), out);
}
