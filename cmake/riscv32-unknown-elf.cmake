# SPDX-License-Identifier: Apache-2.0
# Debian's gcc-riscv64-unknown-elf with picolibc, for 32 bits; it has no C++ library. With this version of the ISA's
# specification CSR instructions and fence.i are part of the base: named as extensions, the 64-bit libraries are linked.
# Unaligned accesses are not relied on: many small cores trap on them.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv32)
set(CMAKE_C_COMPILER riscv64-unknown-elf-gcc)
set(CMAKE_CXX_COMPILER riscv64-unknown-elf-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_C_FLAGS_INIT "--specs=picolibc.specs -march=rv32imc -mabi=ilp32 -misa-spec=2.2 -mstrict-align -ffunction-sections -fdata-sections")
set(CMAKE_CXX_FLAGS_INIT "${CMAKE_C_FLAGS_INIT} -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-use-cxa-atexit")
