# SPDX-License-Identifier: Apache-2.0
# Warnings are errors, in our code; third-party sources of a board are compiled without them.
add_compile_options(
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wundef -Wvla
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>)
# The same sources give the same bytes, wherever the checkout stands.
add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
