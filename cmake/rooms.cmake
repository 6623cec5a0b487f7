# SPDX-License-Identifier: Apache-2.0
# How a room declares what it holds.

# perdita_freestanding(NAME SOURCES...): a room for host and device: no exceptions, no RTTI, no static constructors' guards.
function(perdita_freestanding name)
  add_library(${name} STATIC ${ARGN})
  target_compile_options(${name} PRIVATE -ffreestanding $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>
    $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti> $<$<COMPILE_LANGUAGE:CXX>:-fno-threadsafe-statics>)
endfunction()

# perdita_test(NAME SOURCES... LIBS...): a GoogleTest program, registered with CTest. Nothing on a board build.
# SHARED_DIR in a test's environment names the optional data beside the checkout; a test that needs it skips without.
function(perdita_test name)
  if(PERDITA_BOARD)
    return()
  endif()
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LIBS" ${ARGN})
  find_package(GTest REQUIRED)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBS} GTest::gtest GTest::gmock GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 600)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT "PERDITA_SHARED=${PROJECT_SOURCE_DIR}/../shared;PERDITA_BIN=${CMAKE_BINARY_DIR}/bin;PERDITA_SOURCE=${PROJECT_SOURCE_DIR}")
endfunction()
