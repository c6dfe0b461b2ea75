/*
 * How far a key reaches: one project (the default), one repository of it, or
 * everything that its owner may see.
 */
#ifndef BASE_SCOPE_H
#define BASE_SCOPE_H

#include "base/attr.h"

enum bbk_scope { BBK_SCOPE_PROJECT, BBK_SCOPE_REPO, BBK_SCOPE_PERSONAL };

const char *bbk_scope_word(enum bbk_scope scope); /* as in --scope */
/* " --scope repo"; "" for the default. */
const char *bbk_scope_option(enum bbk_scope scope);
/* 0, or -1 where there is no such word. */
int bbk_scope_parse(enum bbk_scope *scope, const char *word) BBK_MUST_CHECK;

#endif
