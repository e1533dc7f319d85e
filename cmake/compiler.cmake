# Compiler, language level, warnings, hardening and sanitizers. Everything that every target shares, and nothing else.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
  message(FATAL_ERROR
    "g++ ${CMAKE_CXX_COMPILER_VERSION} cannot build Sealpost: it destroys capturing lambdas and aggregate temporaries twice "
    "inside co_await expressions. Use clang 19 (the presets do: cmake --preset release).")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
find_package(Threads REQUIRED)

find_program(SEALPOST_CCACHE ccache)
if(SEALPOST_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SEALPOST_CCACHE})
endif()

set(SEALPOST_SANITIZE "" CACHE STRING "Comma-separated sanitizers: address,undefined or thread")

add_compile_options(
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wimplicit-fallthrough -Wthread-safety -Werror
  -fstack-protector-strong -fstack-clash-protection -fcf-protection -fno-omit-frame-pointer)
add_compile_definitions(_GLIBCXX_ASSERTIONS SEALPOST_VERSION="${PROJECT_VERSION}"
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_VISIBILITY)
add_link_options(-Wl,-z,relro,-z,now)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(SEALPOST_SANITIZE)
  # vptr stops inside Debian's libfmt, whose type information lies in a library that is not instrumented.
  add_compile_options(-fsanitize=${SEALPOST_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SEALPOST_SANITIZE} -fno-sanitize=vptr)
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
# A precompiled header without its timestamp, so that ccache can reuse what was compiled with it.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
endif()
