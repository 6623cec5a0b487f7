# SPDX-License-Identifier: Apache-2.0
# How a room declares what it holds.

# perdita_freestanding(NAME SOURCES...): a room for host and device: no exceptions, no RTTI, no static constructors' guards.
function(perdita_freestanding name)
  add_library(${name} STATIC ${ARGN})
  target_compile_options(${name} PRIVATE -ffreestanding $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>
    $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti> $<$<COMPILE_LANGUAGE:CXX>:-fno-threadsafe-statics>)
endfunction()

# perdita_host_room(NAME): a room of the host shares the reading of the headers that nearly all of them include, which is half of
# what a file of theirs takes to build.
function(perdita_host_room name)
  find_package(fmt REQUIRED)
  if(NOT TARGET perdita_host_headers)
    find_package(nlohmann_json REQUIRED)
    file(WRITE ${CMAKE_BINARY_DIR}/host_headers.cc "")
    add_library(perdita_host_headers OBJECT ${CMAKE_BINARY_DIR}/host_headers.cc)
    target_link_libraries(perdita_host_headers PRIVATE fmt::fmt nlohmann_json::nlohmann_json)
    target_precompile_headers(perdita_host_headers PRIVATE <algorithm> <array> <chrono> <cstdint> <filesystem> <functional> <map>
      <memory> <optional> <string> <string_view> <variant> <vector> <fmt/format.h> <nlohmann/json.hpp>)
  endif()
  target_link_libraries(${name} PRIVATE fmt::fmt)
  target_precompile_headers(${name} REUSE_FROM perdita_host_headers)
endfunction()

# What nearly every test includes, read once for all of them: two thirds of a small test's time to build are these.
function(perdita_test_headers)
  file(WRITE ${CMAKE_BINARY_DIR}/tests/headers.cc "")
  add_library(perdita_test_headers OBJECT ${CMAKE_BINARY_DIR}/tests/headers.cc)
  target_link_libraries(perdita_test_headers PRIVATE GTest::gtest GTest::gmock)
  target_compile_options(perdita_test_headers PRIVATE -O0)
  target_precompile_headers(perdita_test_headers PRIVATE <gtest/gtest.h> <gmock/gmock.h> <array> <cstdint> <optional> <span>
    <string> <string_view> <vector>)
endfunction()

# perdita_test(NAME [OPTIMISED] SOURCES... LIBS...): a GoogleTest program, registered with CTest. Nothing on a board build.
# Its own sources are built without optimisation, which takes a third of the time; what it tests is built as ever. OPTIMISED is
# for tests of templates, which are compiled into the test.
# SHARED_DIR in a test's environment names the optional data beside the checkout; a test that needs it skips without.
function(perdita_test name)
  if(PERDITA_BOARD)
    return()
  endif()
  cmake_parse_arguments(arg "OPTIMISED" "TIMEOUT" "SOURCES;LIBS" ${ARGN})
  find_package(GTest REQUIRED)
  if(NOT TARGET perdita_test_headers)
    perdita_test_headers()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBS} GTest::gtest GTest::gmock GTest::gtest_main)
  if(NOT arg_OPTIMISED)
    target_compile_options(${name} PRIVATE -O0)
    target_precompile_headers(${name} REUSE_FROM perdita_test_headers)
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 600)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT "PERDITA_SHARED=${PROJECT_SOURCE_DIR}/../shared;PERDITA_BIN=${CMAKE_BINARY_DIR}/bin;PERDITA_SOURCE=${PROJECT_SOURCE_DIR}")
endfunction()
