/*
 * -h and help, made from the tables.
 */
#ifndef CMD_USAGE_H
#define CMD_USAGE_H

#include "cmd/cmd.h"

/* One command's usage and options; returns 129, as git's own -h does. */
int bbk_usage(FILE *out, const struct bbk_cmd *cmd);
/* The list of commands. */
void bbk_usage_all(FILE *out);

#endif
