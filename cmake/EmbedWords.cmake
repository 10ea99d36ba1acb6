# SPDX-License-Identifier: Apache-2.0
# cmake -DWORDS=a.words;b.words -DOUT=words.cpp -P EmbedWords.cmake: files of phrases as a source of the bounce room.
set(rows "")
foreach(file IN LISTS WORDS)
  get_filename_component(tag ${file} NAME_WE)
  file(READ ${file} text)
  string(FIND "${text}" ")words\"" ends)
  if(NOT ends EQUAL -1)
    message(FATAL_ERROR "${file}: )words\" would end its literal")
  endif()
  string(APPEND rows "    Words{\"${tag}\", R\"words(${text})words\"},\n")
endforeach()
file(WRITE ${OUT} "// Made by cmake/EmbedWords.cmake.
#include \"bounce/built_in_words.h\"

#include <array>

namespace tenax::bounce {

std::span<const Words> built_in_words() {
  static constexpr std::array kWords = {
${rows}  };
  return kWords;
}

}  // namespace tenax::bounce
")
