# SPDX-License-Identifier: Apache-2.0
# The firmware of a board: the demo application over lwIP with libsodium's Ed25519, the runner, and firmware for tests.
# The board's CMakeLists.txt sets PERDITA_BOARD_SOURCES, and PERDITA_BOARD_NATIVE to the name of its native engine where
# it has one, and includes this. A board has start-up and stack.h (startup.cc),
# uart.h (uart.cc), in PERDITA_BOARD_SOURCES what else there is, clock.h and ethernet.h among it, and board.h, measure.h,
# memory.ld, and emulator (emulator.md).
set(PERDITA_PLATFORM_TABLE "" CACHE FILEPATH "C file that 'perdita platform table' made of the demo's platform")
set(PERDITA_PLATFORM_HEADER "" CACHE FILEPATH "header that 'perdita platform table --header' made of it")
set(PERDITA_TRUST "" CACHE FILEPATH "file that 'perdita key show --c' made: the keys this firmware trusts")
option(PERDITA_ALLOW_UNCLAIMED "programs without a verifier's claim run, in the guarded engine" OFF)
set(PERDITA_ENGINE interpreter CACHE STRING "engine for programs with a claim: interpreter, guarded or native")
set_property(CACHE PERDITA_ENGINE PROPERTY STRINGS interpreter guarded native)

foreach(input PERDITA_PLATFORM_TABLE PERDITA_PLATFORM_HEADER PERDITA_TRUST)
  if("${${input}}" STREQUAL "" OR NOT EXISTS "${${input}}")
    message(FATAL_ERROR "${input} ('${${input}}') is not there. script/build ${PERDITA_BOARD} makes it and passes it on.")
  endif()
endforeach()
string(TOUPPER "${PERDITA_ENGINE}" engine)
if(NOT engine MATCHES "^(INTERPRETER|GUARDED|NATIVE)$")
  message(FATAL_ERROR "PERDITA_ENGINE is '${PERDITA_ENGINE}': interpreter, guarded or native")
endif()
if(engine STREQUAL NATIVE AND NOT PERDITA_BOARD_NATIVE)
  message(FATAL_ERROR "There is no native code for the board ${PERDITA_BOARD} yet: PERDITA_ENGINE is interpreter or guarded")
endif()

set(common ${PROJECT_SOURCE_DIR}/boards/common)
set(board ${CMAKE_CURRENT_SOURCE_DIR})

# ---- other people's code: without our warnings, each in a library of its own ----
set(sources ${PROJECT_SOURCE_DIR}/.cache/sources)
foreach(source lwip libsodium)
  if(NOT EXISTS ${sources}/${source})
    message(FATAL_ERROR "The sources of ${source} are missing. script/bootstrap fetches them.")
  endif()
endforeach()

set(lwip ${sources}/lwip/src)
add_library(lwip STATIC
  ${lwip}/core/def.c ${lwip}/core/inet_chksum.c ${lwip}/core/init.c ${lwip}/core/ip.c ${lwip}/core/mem.c
  ${lwip}/core/memp.c ${lwip}/core/netif.c ${lwip}/core/pbuf.c ${lwip}/core/timeouts.c ${lwip}/core/udp.c
  ${lwip}/core/ipv4/etharp.c ${lwip}/core/ipv4/icmp.c ${lwip}/core/ipv4/ip4.c ${lwip}/core/ipv4/ip4_addr.c
  ${lwip}/netif/ethernet.c)
target_include_directories(lwip SYSTEM PUBLIC ${lwip}/include ${common}/lwip)
target_compile_options(lwip PRIVATE -w)

set(sodium ${sources}/libsodium/src/libsodium)
add_library(sodium STATIC
  ${sodium}/crypto_core/ed25519/ref10/ed25519_ref10.c ${sodium}/crypto_hash/sha256/cp/hash_sha256_cp.c
  ${sodium}/crypto_hash/sha512/cp/hash_sha512_cp.c ${sodium}/crypto_sign/ed25519/ref10/open.c
  ${sodium}/crypto_verify/sodium/verify.c)
target_include_directories(sodium SYSTEM PUBLIC ${sodium}/include/sodium)
target_compile_definitions(sodium PRIVATE CONFIGURED=1)
target_compile_options(sodium PRIVATE -w)

# How the images are run, beside them.
configure_file(${board}/emulator ${CMAKE_BINARY_DIR}/bin/emulator COPYONLY)

# Compiled once for all images: the board, and the application but for its configuration.
list(TRANSFORM PERDITA_BOARD_SOURCES PREPEND ${board}/)
add_library(board_start OBJECT ${board}/startup.cc ${board}/uart.cc ${common}/atomics.cc ${common}/console.cc)
add_library(board_drivers OBJECT ${PERDITA_BOARD_SOURCES})
add_library(demo OBJECT ${common}/crypto.cc ${common}/demo_functions.cc ${common}/port.cc ${common}/random.cc ${PERDITA_PLATFORM_TABLE})
foreach(part board_start board_drivers demo)
  target_include_directories(${part} PRIVATE ${board} ${common} ${PROJECT_SOURCE_DIR}/examples/demo)
  target_compile_options(${part} PRIVATE -ffreestanding)
endforeach()
target_link_libraries(demo PRIVATE sodium)

# What every image of this board is made with. No C++ library is linked: some boards' compilers have none.
function(perdita_board_image name)
  set_target_properties(${name} PROPERTIES SUFFIX .elf LINKER_LANGUAGE C LINK_DEPENDS ${board}/memory.ld)
  target_include_directories(${name} PRIVATE ${board} ${common})
  target_compile_options(${name} PRIVATE -ffreestanding)
  target_link_libraries(${name} PRIVATE board_start)
  target_link_options(${name} PRIVATE -nostartfiles -T ${board}/memory.ld
    -Wl,-Map=${CMAKE_BINARY_DIR}/bin/${name}.map -Wl,--fatal-warnings)
endfunction()

# ---- the board and the application ----
# perdita_firmware(NAME UNCLAIMED ENGINE): the application in one configuration.
function(perdita_firmware name unclaimed engine)
  # Native: the engine with its generator, for this target.
  set(native nullptr)
  if(engine STREQUAL NATIVE)
    set(native &${PERDITA_BOARD_NATIVE})
  endif()
  add_executable(${name} ${common}/main.cc ${common}/network.cc)
  perdita_board_image(${name})
  set_property(SOURCE ${common}/main.cc APPEND PROPERTY OBJECT_DEPENDS "${PERDITA_PLATFORM_HEADER};${PERDITA_TRUST}")
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/examples/demo)
  target_compile_definitions(${name} PRIVATE
    PERDITA_VERSION="${PROJECT_VERSION}"
    PERDITA_PLATFORM_HEADER="${PERDITA_PLATFORM_HEADER}"
    PERDITA_TRUST="${PERDITA_TRUST}"
    PERDITA_CONFIGURED_ENGINE=PERDITA_ENGINE_${engine}
    PERDITA_CONFIGURED_NATIVE=${native}
    PERDITA_CONFIGURED_UNCLAIMED=$<BOOL:${unclaimed}>)
  target_link_libraries(${name} PRIVATE board_drivers demo perdita_control perdita_runtime perdita_jit perdita_wire perdita_isa lwip sodium)
  target_link_options(${name} PRIVATE -Wl,--print-memory-usage)
endfunction()
perdita_firmware(firmware ${PERDITA_ALLOW_UNCLAIMED} ${engine})
if(PERDITA_BOARD_NATIVE)
  # For tests: programs run as machine code, made on the board.
  perdita_firmware(firmware_native OFF NATIVE)
endif()

# ---- runs programs in the engines and counts: for script/bench, tests and perdita-plugin ----
add_executable(runner ${common}/runner.cc)
perdita_board_image(runner)
target_link_libraries(runner PRIVATE board_drivers perdita_runtime perdita_jit perdita_isa)
target_link_options(runner PRIVATE -Wl,--gc-sections)

# ---- takes packages for any platform and runs their programs: for `perdita run --target` and tests ----
add_executable(trial ${common}/trial.cc)
perdita_board_image(trial)
if(PERDITA_BOARD_NATIVE)
  target_compile_definitions(trial PRIVATE PERDITA_CONFIGURED_NATIVE=&${PERDITA_BOARD_NATIVE})
else()
  target_compile_definitions(trial PRIVATE PERDITA_CONFIGURED_NATIVE=nullptr)
endif()
target_link_libraries(trial PRIVATE board_drivers demo perdita_control perdita_runtime perdita_jit perdita_wire perdita_isa sodium)
target_link_options(trial PRIVATE -Wl,--gc-sections)

# ---- native code beside what gcc -O2 makes of the same C: for script/bench native ----
file(GLOB twins CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/native/*.bpf.c)
add_executable(native_bench ${PROJECT_SOURCE_DIR}/bench/native/board.cc ${twins})
set_source_files_properties(${twins} PROPERTIES COMPILE_OPTIONS -O2)
perdita_board_image(native_bench)
target_include_directories(native_bench PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(native_bench PRIVATE perdita_runtime perdita_jit perdita_isa)
target_link_options(native_bench PRIVATE -Wl,--gc-sections)

# ---- test firmware: no network, no application; tests/board runs it ----
# perdita_test_firmware(SOURCE LIBS...): the image is named after its source, which is the board's or common to all.
function(perdita_test_firmware source)
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  perdita_board_image(${name})
  target_include_directories(${name} PRIVATE ${common}/tests)
  target_link_libraries(${name} PRIVATE ${ARGN})
endfunction()
# Interrupted at every instruction, on this board's own.
perdita_test_firmware(${common}/tests/map_test.cc perdita_map_exercise perdita_runtime perdita_wire perdita_isa)
perdita_test_firmware(${common}/tests/atomic_test.cc perdita_runtime perdita_isa)
# What becomes of a fault.
perdita_test_firmware(${common}/tests/fault_test.cc)
# What this board's instructions take of what the verifier promises.
perdita_test_firmware(${common}/tests/helper_cost_test.cc perdita_runtime perdita_wire perdita_isa)
if(PERDITA_BOARD_NATIVE)
  perdita_test_firmware(${common}/tests/fire_cost_test.cc perdita_runtime perdita_jit perdita_wire perdita_isa)
endif()
perdita_test_firmware(${common}/tests/function_cost_test.cc
  board_drivers demo perdita_control perdita_runtime perdita_wire perdita_isa sodium)
set_property(SOURCE ${common}/tests/function_cost_test.cc APPEND PROPERTY OBJECT_DEPENDS "${PERDITA_PLATFORM_HEADER}")
target_include_directories(function_cost_test PRIVATE ${PROJECT_SOURCE_DIR}/examples/demo)
target_compile_definitions(function_cost_test PRIVATE PERDITA_PLATFORM_HEADER="${PERDITA_PLATFORM_HEADER}")
