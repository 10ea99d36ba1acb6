// SPDX-License-Identifier: Apache-2.0
#include "tools/tenax/standard_streams.h"

#include "io/file.h"

namespace tenax::cli {

DescriptorBuffer::DescriptorBuffer(int fd) : fd_{fd} {
  setp(unwritten_.data(), unwritten_.data() + unwritten_.size());
}

DescriptorBuffer::int_type DescriptorBuffer::underflow() {
  const io::Result<std::size_t> got = io::read_some(fd_, read_, "standard input");
  // A stream knows no reason why it ended.
  if (!got || *got == 0) return traits_type::eof();
  setg(read_.data(), read_.data(), read_.data() + *got);
  return traits_type::to_int_type(read_.front());
}

DescriptorBuffer::int_type DescriptorBuffer::overflow(int_type c) {
  if (sync() != 0) return traits_type::eof();
  if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
  return sputc(traits_type::to_char_type(c));
}

int DescriptorBuffer::sync() {
  const io::Result<> done =
      io::write_all(fd_, {pbase(), static_cast<std::size_t>(pptr() - pbase())}, "standard output");
  setp(unwritten_.data(), unwritten_.data() + unwritten_.size());
  return done ? 0 : -1;
}

}  // namespace tenax::cli
