# Warnings, hardening and sanitizers, carried by one INTERFACE target that every target of ours links.
add_library(magwatch_options INTERFACE)
target_compile_options(magwatch_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wswitch
  -ffp-contract=off -fno-fast-math -fstack-protector-strong)
if(MAGWATCH_WERROR)
  target_compile_options(magwatch_options INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these falsely inside optimised coroutines and libstdc++.
  target_compile_options(magwatch_options INTERFACE -Wno-maybe-uninitialized -Wno-restrict -Wno-dangling-pointer
    -Wno-mismatched-new-delete)
endif()
target_compile_definitions(magwatch_options INTERFACE _GLIBCXX_ASSERTIONS)
# toml++ 3.3 asserts that its own parser may not go where some files that people write take it ("[" and a control
# character); what follows each such assertion is an ordinary syntax error. A mistyped file must never end a daemon.
target_compile_options(magwatch_options INTERFACE "-DTOML_ASSERT(condition)=static_cast<void>(0)")

set(MAGWATCH_SANITIZE "" CACHE STRING "sanitizers, such as address,undefined or thread")
if(MAGWATCH_SANITIZE)
  target_compile_options(magwatch_options INTERFACE
    -fsanitize=${MAGWATCH_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(magwatch_options INTERFACE -fsanitize=${MAGWATCH_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND MAGWATCH_SANITIZE MATCHES "thread")
    # Asio uses a fence that g++ 12 cannot follow under tsan; its queues are locked besides.
    target_compile_options(magwatch_options INTERFACE -Wno-tsan)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # clang 14 cannot assemble coroutines with the function sanitizer.
    target_compile_options(magwatch_options INTERFACE -fno-sanitize=function)
  endif()
else()
  # No function pointer of the linker stays writable.
  target_link_options(magwatch_options INTERFACE -Wl,-z,relro,-z,now)
  if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    target_compile_definitions(magwatch_options INTERFACE _FORTIFY_SOURCE=2)
  endif()
endif()

option(MAGWATCH_COVERAGE "count what runs, for llvm-cov (clang; tools/coverage)" OFF)
if(MAGWATCH_COVERAGE)
  # Counters that several threads raise lose counts, and none falls back to 0: that is all that coverage asks.
  target_compile_options(magwatch_options INTERFACE -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(magwatch_options INTERFACE -fprofile-instr-generate)
endif()

if(MAGWATCH_FUZZ)
  # Coverage feedback from every library of ours; the targets add the fuzzer's main.
  target_compile_options(magwatch_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
