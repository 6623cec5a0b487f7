/* SPDX-License-Identifier: Apache-2.0 */
/* What lwIP wants to know of the compiler. */
#ifndef ARCH_CC_H
#define ARCH_CC_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifndef BYTE_ORDER
#define BYTE_ORDER LITTLE_ENDIAN
#endif
#ifndef SSIZE_MAX
#define SSIZE_MAX INT32_MAX
#endif
#define LWIP_NO_UNISTD_H 1

#ifdef __cplusplus
extern "C" {
#endif
__attribute__((noreturn)) void lwip_assertion(const char* message);
uint32_t lwip_random(void);
#ifdef __cplusplus
}
#endif

#define LWIP_PLATFORM_DIAG(message) \
  do {                              \
  } while (0)
#define LWIP_PLATFORM_ASSERT(message) lwip_assertion(message)
#define LWIP_RAND() lwip_random()

#endif
