# SPDX-License-Identifier: Apache-2.0
# How everything here is compiled.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(TENAX_TESTS "Build the tests" ON)
option(TENAX_FUZZ "Build the libFuzzer targets (clang)" OFF)
option(TENAX_WERROR "Warnings are errors" ON)
set(TENAX_PROFILE "" CACHE STRING "A release that records what runs, or one that was made of such records: record or use (g++)")
set(TENAX_SANITIZE "" CACHE STRING "Sanitizers for everything: address,undefined or thread")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(tenax_flags INTERFACE)
target_include_directories(tenax_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(tenax_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                                             $<$<NOT:$<CONFIG:Release>>:-fno-omit-frame-pointer>
                                             $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2 -fstack-protector-strong>)
# Nothing here is part of a shared library, where another one may put its own function in the place of each of ours.
target_compile_options(tenax_flags INTERFACE $<$<CONFIG:Release>:-fPIE>)
if(TENAX_WERROR)
  target_compile_options(tenax_flags INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False alarms of g++ 12 in inlined std::string and coroutine frames (GCC 105329, 105562).
  target_compile_options(tenax_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow
                                               -Wno-array-bounds -Wno-stringop-overread
                                               $<$<COMPILE_LANGUAGE:CXX>:-Wno-mismatched-new-delete>)
endif()
# Asio's function bodies are compiled once, in io/asio_impl.cpp, instead of in every file. Its memory comes from operator new:
# std::aligned_alloc and Boost's posix_memalign, by which it would get the same alignment, take the allocator's slow way.
target_compile_definitions(tenax_flags INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
                                                 BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC BOOST_ASIO_DISABLE_BOOST_ALIGN
                                                 TENAX_VERSION="${PROJECT_VERSION}")
if(TENAX_PROFILE STREQUAL "record")
  # Counters of many threads, and of a program that is started once for each message.
  add_compile_options(-fprofile-generate -fprofile-update=prefer-atomic)
  add_link_options(-fprofile-generate)
elseif(TENAX_PROFILE STREQUAL "use")
  # What never ran while it was recorded is compiled as if there was no profile, not for size.
  add_compile_options(-fprofile-use -fprofile-partial-training -Wno-missing-profile)
  # One more false alarm of g++ 12 about coroutine frames, where more is inlined.
  target_compile_options(tenax_flags INTERFACE -Wno-free-nonheap-object)
endif()
if(TENAX_SANITIZE)
  add_compile_options(-fsanitize=${TENAX_SANITIZE} -fno-sanitize-recover=all -g1)
  add_link_options(-fsanitize=${TENAX_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    # Marks functions in front of their code, which clang 14 cannot do with coroutines.
    add_compile_options(-fno-sanitize=function)
  endif()
  if(TENAX_SANITIZE MATCHES thread)
    # Asio's counters end in a fence, which TSan does not see; without std::atomic they do without it.
    add_compile_definitions(BOOST_ASIO_DISABLE_STD_ATOMIC)
  endif()
  if(TENAX_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan)     # asio uses atomic_thread_fence, which TSan does not see
  endif()
endif()

# The presets that nobody ships compile several files of a room as one (CMAKE_UNITY_BUILD), in half of the time. The names in a
# room's unnamed namespaces are then each other's neighbours: two files with the same ones say so, and one gets another name.
target_compile_options(tenax_flags INTERFACE
  $<$<AND:$<COMPILE_LANG_AND_ID:CXX,GNU>,$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>:-Wno-subobject-linkage>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>:-Wno-shadow>)

# tenax_room(NAME [DIR folder] [FILES a.cpp ...] [EXCEPT a.cpp ...] [ALONE a.cpp ...] SEES targets...)
# One static library per room, linked only to what the plan allows it to see. ALONE: files much alike, like the doors of the
# engine, that rightly have the same words for what is theirs, are never compiled as one with others.
function(tenax_room name)
  cmake_parse_arguments(ROOM "" "DIR" "FILES;EXCEPT;ALONE;SEES" ${ARGN})
  if(NOT ROOM_DIR)
    set(ROOM_DIR ${name})
  endif()
  if(ROOM_FILES)
    set(sources ${ROOM_FILES})
    list(TRANSFORM sources PREPEND ${CMAKE_SOURCE_DIR}/${ROOM_DIR}/)
  else()
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${ROOM_DIR}/*.cpp)
    foreach(file IN LISTS ROOM_EXCEPT)
      list(REMOVE_ITEM sources ${CMAKE_SOURCE_DIR}/${ROOM_DIR}/${file})
    endforeach()
  endif()
  list(TRANSFORM ROOM_ALONE PREPEND ${CMAKE_SOURCE_DIR}/${ROOM_DIR}/)
  set_source_files_properties(${ROOM_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC tenax_flags ${ROOM_SEES})
endfunction()

# tenax_embed(ROOM KIND file...): files of data become part of the room, as docs/architecture.md tells.
function(tenax_embed room kind)
  if(NOT TARGET embed_data)
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/embed/*.cpp)
    add_executable(embed_data ${sources})
    target_link_libraries(embed_data PRIVATE tenax_flags data_readers)
  endif()
  set(source ${CMAKE_BINARY_DIR}/${room}/${kind}_data.cpp)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/${room})
  list(TRANSFORM ARGN PREPEND ${CMAKE_SOURCE_DIR}/ OUTPUT_VARIABLE files)
  add_custom_command(OUTPUT ${source} COMMAND embed_data ${kind} ${source} ${ARGN} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
                     DEPENDS embed_data ${files} VERBATIM)
  target_sources(${room} PRIVATE ${source})
endfunction()
