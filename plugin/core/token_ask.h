/*
 * A person, asked for their token: a part of token.c.
 */
#ifndef CORE_TOKEN_ASK_H
#define CORE_TOKEN_ASK_H

#include "core/instance.h"

/*
 * By a program (GIT_ASKPASS and its kin, as git would use them), else on the
 * terminal.  At login they have come to give one, and it is Cloud's e-mail
 * address that is asked for first; else it is asked for behind the token, where
 * there is one.  1: nobody is there, or they have none.
 */
int bbk_token_from_person(struct bbk_instance *instance, struct bbk_env *env,
			  bool at_login, struct bbk_err *err) BBK_MUST_CHECK;
bool bbk_token_can_ask(const struct bbk_env *env);

#endif
