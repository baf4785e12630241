# SPDX-License-Identifier: Apache-2.0
"""Makes garner-license.h of err.h and license_client.h. Use: public_header.py ERR_H CLIENT_H"""
import re
import sys

err = open(sys.argv[1], encoding="utf-8").read()
client = open(sys.argv[2], encoding="utf-8").read()
codes = re.search(r"enum err \{.*?\};\n", err, re.S).group(0)
nodiscard = re.search(r"#define NODISCARD .*\n", err).group(0)
body = client[client.index("/*\n * The customer's side"):client.rindex("#endif")]

print("""/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GARNER_LICENSE_H
#define GARNER_LICENSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A function that can fail returns 0, or one of these. */
""")
print(codes)
print(nodiscard)
print("""/** The message of this thread's last failure; valid until its next one. */
const char *err_message(void);
/** A short stable word for a code. */
const char *err_name(int code);
/** Frees what a function of this library gave. NULL is fine. */
void mem_free(const void *pointer);
""")
print(body.rstrip())
print("""
#ifdef __cplusplus
}
#endif

#endif""")
